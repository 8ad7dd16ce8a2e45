"""An ingestion that is interrupted from outside: by Ctrl-C, and just before a loaded file has left the inbox."""

import signal
import subprocess
import time
from pathlib import Path

from pipelines.ingest import ingest
from tests.pipelines.folders import (
    MORNING,
    ask,
    command,
    drop,
    fingerprints,
    native,
    new_study,
    statuses,
    waiting,
)


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
        while process.poll() is None and not any(path.is_file() for path in study.archive.rglob("*")):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.decode() == "footfall: stopped; the next run finishes the work.\n"
    ingest(study)
    assert statuses(study) == {"loaded": len(days)}
    assert waiting(study) == []
