"""An ingestion that is killed at any instant: the next one finishes the work, and nothing is lost or shown in half."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.ingest import ingest
from pipelines.study_folder import StudyFolder
from sample_data.archives import gzip_of, zip_of
from tests.pipelines.folders import (
    MORNING,
    ask,
    command,
    drop,
    fingerprints,
    kept,
    native,
    new_study,
    sample,
    statuses,
    waiting,
)
from warehouse.database import DATABASE_NAME

PEOPLE = ("W01", "W04", "W05", "W07", "W08", "W11", "P1", "P2")

#: what the study holds before the run that is killed
FIRST = {
    "W01/monitoring_morning.fit": sample("fit/monitoring_morning.fit"),
    "P1/early.csv": native("P1", [90] * 50, "watch").encode(),
}
#: what the killed run finds in the inbox
THEN = {
    "W01/monitoring_afternoon.fit": sample("fit/monitoring_afternoon.fit"),
    "W01/walk_activity.fit": sample("fit/walk_activity.fit"),
    "W01/settings.fit": sample("fit/settings.fit"),
    "W11/walk.gpx": sample("gpx/walk.gpx"),
    "W11/walk_with_heart_rate.gpx": sample("gpx/walk_with_heart_rate.gpx"),
    "narrow.csv": sample("csv/fitabase_minute_narrow/minuteStepsNarrow_merged.csv"),
    "wide.csv": sample("csv/fitabase_minute_wide/minuteStepsWide_merged.csv"),
    "daily.csv": sample("csv/fitabase_daily_steps/dailySteps_merged.csv"),
    "W07/30sec.csv": sample("csv/actigraph_epoch/30sec.csv"),
    "pedometer.csv": sample("csv/native/pedometer.csv"),
    "W01/damaged.fit": sample("broken/damaged.fit"),
    "W04/picture.fit": sample("broken/picture.fit"),
    "P1/export.zip": zip_of({f"{n}.csv": native("P1", [100 + n] * 60, f"d{n}").encode() for n in range(5)}),
    "P2/steps.csv.gz": gzip_of(native("P2", [110] * 300, "phone").encode(), "steps.csv"),
    "P1/corrected.csv": native("P1", [95] * 70, "watch").encode(),
    "P2/the_same.csv": native("P2", [110] * 300, "phone").encode(),
    "stranger.csv": native("P9", [100] * 40).encode(),
    "busy.csv": "".join(
        native(who, [who_at * 7 + n % 90 for n in range(3000)], "pedo", header=not who_at)
        for who_at, who in enumerate(("P1", "P2", "W08"))
    ).encode(),
}  # fmt: skip


class Undisturbed(NamedTuple):
    """A study before its second run, to be copied, and what it holds before and after that run if nobody kills it."""

    prepared: Path
    before: dict[str, tuple[object, ...]]
    after: dict[str, tuple[object, ...]]
    statuses: dict[str, int]
    originals: set[bytes]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The same study without an accident."""
    root = tmp_path_factory.mktemp("undisturbed")
    study = new_study(root / "prepared", PEOPLE, "Australia/Sydney")
    for name, content in FIRST.items():
        drop(study, name, content)
    ingest(study)
    for name, content in THEN.items():
        drop(study, name, content)
    before = fingerprints(study)
    done = _copy(root / "prepared", root / "done")
    ingest(done)
    return Undisturbed(study.root, before, fingerprints(done), statuses(done), set(kept(done)))


def _copy(prepared: Path, root: Path) -> StudyFolder:
    shutil.copytree(prepared, root)
    return StudyFolder(root)


def _after(seconds: float) -> Callable[[StudyFolder, subprocess.Popen[bytes]], None]:
    return lambda _study, _process: time.sleep(seconds)


def _until(has_happened: Callable[[StudyFolder], bool]) -> Callable[[StudyFolder, subprocess.Popen[bytes]], None]:
    def wait(study: StudyFolder, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not has_happened(study):
            time.sleep(0.002)

    return wait


def _database_is_written(study: StudyFolder) -> bool:
    log = study.private / f"{DATABASE_NAME}.wal"
    return log.exists() and log.stat().st_size > 0


def _some_originals_are_kept(study: StudyFolder) -> bool:
    return sum(path.is_file() for path in study.archive.rglob("*")) > len(FIRST) + 5


def _publication_has_begun(study: StudyFolder) -> bool:
    return any(study.research.parent.glob(".*.new"))


MOMENTS = {
    "after 0.5 s": _after(0.5),
    "after 1 s": _after(1),
    "after 2 s": _after(2),
    "when the private database is written": _until(_database_is_written),
    "when some originals are kept": _until(_some_originals_are_kept),
    "while the published file is written": _until(_publication_has_begun),
}


def _is_whole(study: StudyFolder, undisturbed: Undisturbed) -> None:
    assert waiting(study) == []
    assert fingerprints(study) == undisturbed.after
    assert statuses(study) == undisturbed.statuses
    assert set(kept(study)) == undisturbed.originals
    assert not list(study.private.glob("run-*"))
    assert not [path for path in study.root.rglob(".*.new") if path.is_file()]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_ingestion_killed_at_any_moment_is_finished_by_the_next(
    moment: str, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    study = _copy(undisturbed.prepared, tmp_path / "study")
    with subprocess.Popen(
        command("ingest", "--study", study.root),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        MOMENTS[moment](study, process)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    # readers see the tables from before or from after, and no content has left both the inbox and the archive
    assert fingerprints(study) in (undisturbed.before, undisturbed.after)
    lying = {(study.inbox / name).read_bytes() for name in waiting(study)}
    assert {*FIRST.values(), *THEN.values()} - {THEN["P2/the_same.csv"]} <= lying | set(kept(study))
    ingest(study)
    _is_whole(study, undisturbed)


@pytest.mark.parametrize("files_read", [1, len(THEN)])
def test_a_process_that_dies_between_two_files_leaves_them_to_the_next(
    files_read: int, tmp_path: Path, undisturbed: Undisturbed
) -> None:
    study = _copy(undisturbed.prepared, tmp_path / "study")
    program = (
        "import os, pathlib, signal, sys; from pipelines.ingest import ingest; from pipelines.study_folder import *\n"
        "def die(done, total, aside, share):\n"
        "    if done == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "ingest(find_study(pathlib.Path(sys.argv[1])), progress=die)"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(study.root), str(files_read)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert fingerprints(study) == undisturbed.before
    ingest(study)
    _is_whole(study, undisturbed)


def test_a_file_that_was_loaded_but_not_yet_taken_from_the_inbox_is_not_counted_twice(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    content = native("P1", [100] * 40)
    drop(study, "P1/a.csv", content)
    ingest(study)
    before = fingerprints(study)
    # as if the process had ended between its transaction and the removal
    drop(study, "P1/a.csv", content)
    report = ingest(study)
    assert not report.set_aside
    assert fingerprints(study) == before
    assert waiting(study) == []
    assert ask(study, "SELECT count(*) FROM source_file") == [(1,)]


def test_an_interruption_by_the_keyboard_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    days = [native("P1", [n % 100 for n in range(1440)], "d", MORNING.replace(day=day)) for day in range(1, 29)]
    for number, day in enumerate(days):
        drop(study, f"P1/{number}.csv", day)
    with subprocess.Popen(
        command("ingest", "--study", study.root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        _until(lambda at: any(path.is_file() for path in at.archive.rglob("*")))(study, process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.decode() == "footfall: stopped; the next run finishes the work.\n"
    ingest(study)
    assert statuses(study) == {"loaded": len(days)}
    assert waiting(study) == []
