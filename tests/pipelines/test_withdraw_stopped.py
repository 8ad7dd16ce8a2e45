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
from pipelines.run import BusyError, open_run
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.command import search, withdraw
from pipelines.withdraw.steps import is_begun
from tests.pipelines.withdraw_study import many
from tests.study_builder import MONDAY, ask, drop, make_study, run

STEPS = (
    "originals", "archive", "study CSVs", "ledger", "receipts", "files", "database", "publication", "history", "locks",
    "around", "end",
)  # fmt: skip
_PUBLISHED = (
    "participant",
    "participant_week",
    "participant_day",
    "minute",
    "source_file",
    "exclusion",
    "participant_file",
)


class Stopped(Exception):
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
        "files": sorted(
            path.relative_to(study.root).as_posix()
            for folder in ("archive", "quarantine", "inbox", "locks")
            for path in (study.root / folder).rglob("*")
        ),
        **{
            path.name: path.read_text(encoding="utf-8")
            for path in sorted(study.root.iterdir())
            if path.suffix in (".csv", ".jsonl")
        },
    }


def test_a_withdrawal_stopped_before_every_step_one_after_the_other_ends_as_an_undisturbed_one(
    small: StudyFolder, undisturbed: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = _copy(small, tmp_path)
    from pipelines.withdraw import steps

    met: list[str] = []
    finish = steps.finish
    for step in STEPS:

        def stop(name: str, here: str = step) -> None:
            met.append(name)
            if name == here:
                raise Stopped

        # whatever the next command is, it goes on with the withdrawal first
        monkeypatch.setattr(steps, "finish", lambda *given, tell=stop: finish(*given, tell))
        with pytest.raises(Stopped):
            if is_begun(study):
                with open_run(study):
                    pass
            else:
                with open_run(study, "withdraw"):
                    steps.begin(study, "P1", lambda: steps.wall_clock())
                    raise Stopped
        assert is_begun(study)
    assert set(met) <= set(STEPS)
    monkeypatch.setattr(steps, "finish", finish)
    with open_run(study):
        assert not is_begun(study)
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
    assert is_begun(study)
    with open_run(study):
        assert not is_begun(study)
    assert _state(study) == undisturbed


def test_nothing_is_withdrawn_while_the_study_is_served(small: StudyFolder, tmp_path: Path) -> None:
    study = _copy(small, tmp_path)
    with (
        filelock.FileLock(study.private / "serve.lock"),
        pytest.raises(BusyError, match="Stop it, withdraw, and start it again"),
    ):
        withdraw(study, "P1")
    assert not is_begun(study)


def test_an_unknown_id_leaves_no_trace_of_having_been_asked_for(small: StudyFolder, tmp_path: Path) -> None:
    study = _copy(small, tmp_path)
    with pytest.raises(FootfallError, match="found no 'P7'"):
        withdraw(study, "P7")
    assert not is_begun(study)
