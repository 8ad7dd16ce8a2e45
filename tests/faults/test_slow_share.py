"""An inbox on a slow network share: slow looks and copies, coarse and jumping times, and a share that is away for a while."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import intake
from pipelines.ingest import ingest
from pipelines.run import Report, StorageError
from pipelines.study_folder import StudyFolder
from pipelines.watch import watch
from tests.pipelines.folders import ask, drop, native, new_study, statuses, waiting

_SLOW_COPY = """
import pathlib, sys, time
content, target = pathlib.Path(sys.argv[1]).read_bytes(), pathlib.Path(sys.argv[2])
with target.open("wb") as file:
    for first in range(0, len(content), len(content) // 6 + 1):
        file.write(content[first : first + len(content) // 6 + 1])
        file.flush()
        time.sleep(0.1)
"""


def watched(study: StudyFolder, looks: int, at_look: Callable[[int], object]) -> tuple[list[Report], list[str]]:
    """Reports and complaints of a watch that looks so many times; at_look is called before each."""
    reports: list[Report] = []
    complaints: list[str] = []
    count = itertools.count()

    def keep_on() -> bool:
        at = next(count)
        at_look(at)
        return at < looks

    watch(study, 0.02, reports.append, complaints.append, keep_on)
    return reports, complaints


def test_a_file_that_a_slow_copy_writes_is_taken_once_and_whole(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    (tmp_path / "a.csv").write_text(native("P1", [100] * 600))
    (study.inbox / "P1").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _SLOW_COPY, str(tmp_path / "a.csv"), str(study.inbox / "P1" / "a.csv")]
    ) as copying:
        reports: list[Report] = []
        # two looks lie further apart than two writes
        watch(study, 0.25, reports.append, keep_on=lambda: copying.poll() is None or not reports)
    assert [dict(report.statuses) for report in reports] == [{"loaded": 1}]
    assert ask(study, "SELECT count(*), sum(steps)::INT FROM minute") == [(600, 60_000)]
    assert statuses(study) == {"loaded": 1}


def test_slow_answers_of_the_share_delay_and_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = new_study(tmp_path / "study")
    for number in range(3):
        drop(study, f"P1/{number}.csv", native("P1", [100 + number] * 30, f"d{number}"))

    def slowly(function: Callable[..., object]) -> Callable[..., object]:
        def delayed(*arguments: object, **named: object) -> object:
            if str(arguments[0] if arguments else "").startswith(str(study.inbox)):
                time.sleep(0.02)
            return function(*arguments, **named)

        return delayed

    for name in ("scandir", "stat", "open"):
        monkeypatch.setattr(os, name, slowly(getattr(os, name)))
    monkeypatch.setattr(Path, "open", slowly(Path.open))
    monkeypatch.setattr(Path, "stat", slowly(Path.stat))
    assert ingest(study).statuses == {"loaded": 3}
    assert waiting(study) == []


def test_times_of_two_seconds_hide_no_growth_and_times_that_jump_only_delay(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    path = drop(study, "P1/a.csv", native("P1", [100] * 30))
    lines = native("P1", [90] * 3, "", header=False).replace("T10:", "T12:").splitlines(keepends=True)
    even = 1_773_000_000

    def stamp(second: int) -> None:
        os.utime(path, (second, second))

    def at_look(at: int) -> None:
        if at < 3:
            # grows within the two seconds that the share can tell apart
            with path.open("a") as file:
                file.write(lines[at])
            stamp(even)
        elif at < 6:
            # the server corrects its clock: hours back, a day ahead, a year ahead
            stamp(even + (-7200, 86_400, 31_536_000)[at - 3])

    reports, complaints = watched(study, 9, at_look)
    assert [dict(report.statuses) for report in reports] == [{"loaded": 1}] and not complaints
    assert ask(study, "SELECT count(*) FROM minute") == [(33,)]
    assert waiting(study) == []


def test_a_watch_goes_on_when_the_share_is_back_and_says_once_that_it_was_away(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    away = tmp_path / "away"

    def at_look(at: int) -> None:
        if at == 2:
            study.inbox.rename(away)
        if at == 6:
            away.rename(study.inbox)
            drop(study, "P1/a.csv", native("P1", [100] * 40))

    reports, complaints = watched(study, 10, at_look)
    assert [dict(report.statuses) for report in reports] == [{"loaded": 1}]
    assert len(complaints) == 1
    assert "expected to be able to read and write in the study folder" in complaints[0]
    assert "at inbox" in complaints[0]


def test_a_share_that_refuses_to_be_read_is_told_of_by_every_command_that_takes_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = new_study(tmp_path / "study")
    real = os.scandir

    def scan(folder: Path) -> object:
        if folder == study.inbox:
            raise OSError(107, "Transport endpoint is not connected", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scan)
    with pytest.raises(StorageError, match="Transport endpoint is not connected at inbox"):
        ingest(study)
    with pytest.raises(StorageError):
        watched(study, 2, lambda _: None)
    with pytest.raises(OSError, match="not connected"):
        intake.look(study.inbox)
