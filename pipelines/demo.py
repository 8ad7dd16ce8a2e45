"""The demonstration: a seeded study with every kind of trouble in it."""

import shutil
from pathlib import Path

from pipelines.study_folder import StudyFolder, init_study
from sample_data import NAME, TIME_ZONE
from sample_data.study import write_study

_MARK = ".footfall-demo"


def make_demo(root: Path, seed: int = 2024) -> StudyFolder:
    """A new study in the folder with the generator's CSVs and exports in its inbox, and truth/ beside them.

    An earlier demonstration there is replaced; StudyError for any other folder with something in it.
    """
    if (root / _MARK).is_file():
        shutil.rmtree(root)
    study = init_study(root, TIME_ZONE, NAME)
    (root / _MARK).touch()
    truth = write_study(root, seed)
    (root / "truth").mkdir(exist_ok=True)
    truth.write_csv(root / "truth")
    return study
