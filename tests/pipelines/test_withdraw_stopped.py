"""A withdrawal that is stopped at any step is finished by the next run of whatever command, with the same result."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from pipelines.errors import FootfallError
from pipelines.run import BusyError, only_ingester, open_run, wall_clock
from pipelines.study_folder import StudyFolder
from pipelines.withdraw import steps
from pipelines.withdraw.command import search, withdraw
from pipelines.withdraw.intent import begun
from tests.pipelines.withdraw_study import many
from tests.study_builder import MONDAY, ask, drop, make_study, run

#: Of all steps those that leave different things behind; a fault campaign stops at others too.
STEPS = ("archive", "ledger", "receipts", "database", "publication", "locks", "end")
_PUBLISHED = (
    "participant",
    "participant_week",
    "participant_day",
    "minute",
    "exclusion",
    "participant_file",
)


class StoppedError(Exception):
    """What stops a withdrawal here."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    study = make_study(
        tmp_path_factory.mktemp("small") / "study",
        [{"participant_id": "P1", "start_date": MONDAY}, {"participant_id": "P2", "start_date": MONDAY}],
        files={"both.csv": many("P1", "P2"), "P1/own.csv": many("P1", date=MONDAY.replace(day=5))},
    )
    run(study)
    drop(study, {"P1/waiting.csv": many("P1", walked=2)})
    return study


@pytest.fixture(scope="module")
def undisturbed(small: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    study = _copy(small, tmp_path_factory.mktemp("undisturbed"))
    withdraw(study, "P1")
    return _state(study)


def _copy(study: StudyFolder, folder: Path) -> StudyFolder:
    return StudyFolder(Path(shutil.copytree(study.root, folder / "study")))


def _state(study: StudyFolder) -> dict[str, object]:
    """What a withdrawal decides: the published tables, the originals by hash, receipts and study tables."""
    return {
        **{name: ask(study, f"FROM {name} ORDER BY ALL") for name in _PUBLISHED},
        # when it was loaded is another time each time
        "source_file": ask(study, "SELECT * REPLACE (loaded_at IS NULL AS loaded_at) FROM source_file ORDER BY ALL"),
        "files": sorted(
            path.relative_to(study.root).as_posix()
            for folder in ("archive", "quarantine", "inbox", "locks")
            for path in (study.root / folder).rglob("*")
        ),
        **{
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(study.root.iterdir())
            # salts are drawn anew each time
            if path.suffix in (".csv", ".jsonl") and path.name != "withdrawn.jsonl"
        },
    }


def test_a_withdrawal_stopped_before_every_step_one_after_the_other_ends_as_an_undisturbed_one(
    small: StudyFolder, undisturbed: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = _copy(small, tmp_path)
    with only_ingester(study, "withdraw"):
        steps.begin(study, "P1", wall_clock)
    met: list[str] = []
    finish = steps.finish
    for step in STEPS:

        def stop(name: str, here: str = step) -> None:
            met.append(name)
            if name == here:
                raise StoppedError

        # whatever the next command is, it goes on with the withdrawal first
        monkeypatch.setattr(steps, "finish", lambda *given, tell=stop: finish(*given, tell))
        with pytest.raises(StoppedError), open_run(study):
            pass
        assert begun(study) is not None
    assert set(STEPS) <= set(met)
    monkeypatch.setattr(steps, "finish", finish)
    with open_run(study):
        assert begun(study) is None
    assert _state(study) == undisturbed
    assert search(study, "P1").found == {}


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.command import withdraw
withdraw(StudyFolder(Path(sys.argv[1])), "P1", told=lambda step: step == sys.argv[2] and os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(os.name != "posix", reason="processes are killed in another way elsewhere")
@pytest.mark.parametrize("step", ["receipts"])
def test_a_withdrawal_whose_process_was_killed_is_finished_by_the_next_run(
    small: StudyFolder, undisturbed: dict[str, object], tmp_path: Path, step: str
) -> None:
    study = _copy(small, tmp_path)
    done = subprocess.run([sys.executable, "-c", _KILLED, str(study.root), step], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert begun(study) is not None
    with open_run(study):
        assert begun(study) is None
    assert _state(study) == undisturbed


def test_nothing_is_withdrawn_while_the_study_is_served(small: StudyFolder, tmp_path: Path) -> None:
    study = _copy(small, tmp_path)
    with (
        filelock.FileLock(study.private / "serve.lock"),
        pytest.raises(BusyError, match="Stop it, withdraw, and start it again"),
    ):
        withdraw(study, "P1")
    assert begun(study) is None


def test_an_unknown_id_leaves_no_trace_of_having_been_asked_for(small: StudyFolder, tmp_path: Path) -> None:
    study = _copy(small, tmp_path)
    with pytest.raises(FootfallError, match="found no 'P7'"):
        withdraw(study, "P7")
    assert begun(study) is None
