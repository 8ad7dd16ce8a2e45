"""One real night through Prefect, with the temporary server that it starts by itself. Slow: about 40 s, most of it Prefect."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from typing import NamedTuple

import pytest

from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import ask, drop, native, new_study, waiting

#: Two nights in one process, which share Prefect's temporary server; during the second somebody else holds the lock.
_TWO_NIGHTS = """
import sys
import filelock
from pipelines.cli import main
words = ["nightly", "--study", sys.argv[1]]
statuses = [main(words)]
sys.stderr.write("SECOND NIGHT\\n")
with filelock.FileLock(sys.argv[1] + "/private/ingest.lock"):
    statuses.append(main(words))
print("exit statuses", *statuses)
"""


class Night(NamedTuple):
    """A study after a night, what that run printed, and what the next one said, which was not alone."""

    study: StudyFolder
    printed: str
    log: str
    log_of_the_second: str


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Two good files and an empty one, ingested by `footfall nightly`."""
    study = new_study(tmp_path_factory.mktemp("flow") / "study", ["P1", "P2"])
    drop(study, "P1/a.csv", native("P1", [100] * 40))
    drop(study, "P2/b.csv", native("P2", [100] * 41))
    drop(study, "P2/secret name.fit", b"")
    done = subprocess.run(
        [sys.executable, "-c", _TWO_NIGHTS, str(study.root)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    first, _, second = done.stderr.partition("SECOND NIGHT\n")
    return Night(study, done.stdout, first, second)


def _artifacts(study: StudyFolder) -> dict[str, str]:
    """What Prefect keeps of the first night under each artifact's key."""
    database = study.private / "prefect" / "prefect.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT key, data FROM artifact ORDER BY created DESC").fetchall())


def test_a_night_ends_with_a_published_file(night: Night) -> None:
    assert "Files: 2 loaded, 1 quarantined." in night.printed
    assert "exit statuses 0 1" in night.printed
    assert ask(night.study, "SELECT participant_id, count(*) FROM minute GROUP BY ALL ORDER BY ALL") == [
        ("P1", 40),
        ("P2", 41),
    ]
    assert waiting(night.study) == []


def test_the_log_of_a_night_shows_its_tasks_and_no_original_name(night: Night) -> None:
    log = night.log
    assert [task for task in ("discover", "load-1-to-3", "derive", "check", "publish") if task not in log] == []
    assert "3 files in the inbox" in log
    assert "Traceback" not in log
    assert "secret name" not in log


def test_the_progress_of_a_night_reaches_100(night: Night) -> None:
    assert float(_artifacts(night.study)["nightly-progress"]) == 100


def test_a_night_leaves_a_summary_and_a_list_of_what_was_set_aside(night: Night) -> None:
    artifacts = _artifacts(night.study)
    table = json.loads(artifacts["nightly-summary"])
    rows = json.loads(table) if isinstance(table, str) else table
    counts = {row["what"]: row["count"] for row in rows}
    assert counts["files loaded"] == 2
    assert counts["files quarantined"] == 1
    assert counts["minutes"] == 81
    assert "an empty file" in artifacts["nightly-set-aside"]
    assert "secret name" not in artifacts["nightly-set-aside"]


def test_a_night_fails_readably_while_another_ingester_is_at_work(night: Night) -> None:
    assert "exit statuses 0 1" in night.printed
    assert "\nfootfall: expected to be the only ingester" in night.log_of_the_second
