"""Folders that cannot be written: one readable paragraph, nothing lost, and all is whole once they can be."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.run import StorageError
from tests.faults.kills import in_short_form
from tests.faults.studies import Oracle, is_whole, next_run, nothing_is_lost


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder and all in it cannot be written: by its permissions, or by a mount where nobody asks for them (root)."""
    if os.geteuid():
        paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in paths:
            path.chmod(0o555)
        try:
            yield
        finally:
            for path in paths:
                path.chmod(0o755)
        return
    if not shutil.which("mount"):
        pytest.skip("root may write everywhere, and there is no mount to keep it out")
    done = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"root may write everywhere, and no folder can be mounted here: {done.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", in_short_form(("archive", "published", "inbox"), ("archive",)))
def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_lost(
    name: str, oracle: Oracle, tmp_path: Path
) -> None:
    study = oracle.copy(tmp_path / "study")
    with read_only(study.root / name):
        if name == "inbox":
            # what is accepted and cannot be taken away is met again, and is known
            next_run(study)
        else:
            with pytest.raises(StorageError) as told:
                next_run(study)
            assert "\n" not in str(told.value)
            assert name in str(told.value)
        nothing_is_lost(study, oracle)
    next_run(study)
    is_whole(study, oracle)
