"""The parts of `footfall serve`, each by itself: when a night is due, what a watch hands out, children and their end."""

import collections
import datetime as dt
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import night_tables, serve, stopping
from pipelines.errors import StudyError
from pipelines.run import Report, StorageError, readable_errors
from pipelines.serve import ServeError
from pipelines.serve.children import Child, relay
from pipelines.serve.schedule import Schedule, is_missed, read_schedule
from pipelines.study_folder import StudyFolder
from pipelines.watch import Looks
from tests.pipelines.folders import drop, footfall, native, new_study

SYDNEY = Schedule(dt.time(2, 30), "Australia/Sydney")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def published(study: StudyFolder, *nights: tuple[str, str]) -> None:
    """Writes the history of publications: (kind, instant) each."""
    history = study.research.parent / "history"
    history.mkdir(exist_ok=True)
    lines = []
    for at, (kind, instant) in enumerate(nights):
        (history / f"{at}.duckdb").touch()
        lines.append({"file": f"{at}.duckdb", "sha256": "", "published_at": instant, "kind": kind, "size_bytes": 0})
    (history / "history.json").write_text(json.dumps(lines))


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return new_study(tmp_path / "study", ["P1"], "Australia/Sydney")


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        # eleven hours ahead in summer, ten in winter
        ("2026-01-10T15:30", "2026-01-10T15:30", "2026-01-11T15:30"),
        ("2026-01-10T15:29", "2026-01-09T15:30", "2026-01-10T15:30"),
        ("2026-06-10T16:29", "2026-06-09T16:30", "2026-06-10T16:30"),
        # 02:30 comes twice on 5 April 2026 and is due the first time
        ("2026-04-04T16:00", "2026-04-04T15:30", "2026-04-05T16:30"),
        # 02:30 does not come on 4 October 2026
        ("2026-10-03T15:40", "2026-10-03T15:30", "2026-10-04T15:30"),
    ],
)
def test_a_night_is_due_by_the_clock_of_the_study(now: str, last: str, following: str) -> None:
    assert SYDNEY.last_before(utc(now)) == utc(last)
    assert SYDNEY.next_after(utc(now)) == utc(following)


def test_the_schedule_is_the_one_of_study_toml(study: StudyFolder) -> None:
    settings = study.root / "study.toml"
    settings.write_text(settings.read_text().replace('at = "02:00"', 'at = "23:05"'))
    assert (read_schedule(study).cron, read_schedule(study).time_zone) == ("5 23 * * *", "Australia/Sydney")
    settings.write_text(settings.read_text().replace('at = "23:05"', 'at = "late"'))
    with pytest.raises(StudyError, match="at is a clock time"):
        read_schedule(study)


@pytest.mark.parametrize(
    ("nights", "is_due"),
    [
        ((), True),
        ((("nightly", "2026-01-10T15:31:10+00:00"),), False),
        ((("nightly", "2026-01-09T15:31:10+00:00"),), True),
        # what a watch publishes is no night
        ((("nightly", "2026-01-09T15:31:10+00:00"), ("watch", "2026-01-10T20:00:00+00:00")), True),
        ((("nightly", "2026-01-10T15:31:10+00:00"), ("watch", "2026-01-10T20:00:00+00:00")), False),
    ],
)
def test_a_night_is_missed_if_none_published_since_it_was_due(
    study: StudyFolder, nights: tuple[tuple[str, str], ...], is_due: bool
) -> None:
    published(study, *nights)
    assert is_missed(study, SYDNEY, utc("2026-01-10T22:00")) is is_due


def test_a_file_that_an_ingestion_left_lying_is_not_handed_out_again_before_it_changes(study: StudyFolder) -> None:
    looks = Looks(study, 30)
    path = drop(study, "P1/a.csv", native("P1", [100]))
    assert [looks.again(), looks.again()] == [False, True]
    assert list(looks.found) == ["P1/a.csv"]
    looks.ingested()
    assert looks.again() is False
    path.write_text(native("P1", [100, 90]))
    assert [looks.again(), looks.again()] == [False, True]


def test_after_a_failure_the_watch_pauses_until_a_file_of_the_study_is_edited(study: StudyFolder) -> None:
    looks = Looks(study, 30)
    drop(study, "P1/a.csv", native("P1", [100]))
    assert [looks.again(), looks.again()] == [False, True]
    assert [looks.failed(), looks.failed(), looks.failed()] == [30, 60, 120]
    assert looks.again() is False
    (study.root / "travel.csv").write_text("participant_id,from_utc,time_zone\n# mended\n")
    assert [looks.again(), looks.again()] == [False, True]
    looks.ingested()
    assert looks.failed() == 30


def test_the_pause_after_failures_never_exceeds_half_an_hour(study: StudyFolder) -> None:
    looks = Looks(study, 30)
    assert max(looks.failed() for _ in range(20)) == 1800


def test_what_an_earlier_ingestion_left_undone_is_taken_up_without_any_file(study: StudyFolder) -> None:
    looks = Looks(study, 30, is_unfinished=True)
    assert looks.again() is True
    assert looks.found == {}
    looks.ingested()
    assert looks.again() is False


def test_a_dialect_that_was_edited_is_taken_up(study: StudyFolder) -> None:
    looks = Looks(study, 30)
    (study.dialects / "new.toml").write_text("# a dialect")
    assert [looks.again(), looks.again()] == [False, True]


def test_a_run_is_asked_to_end_only_by_its_own_file(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.stop", tmp_path / "other.stop"
    stopping.check("")
    stopping.ask(other)
    stopping.check(str(mine))
    stopping.ask(mine)
    with pytest.raises(stopping.StoppedError, match="what was accepted is kept"):
        stopping.check(str(mine))


def test_a_child_that_dies_is_started_again_after_a_growing_pause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "private" / "prefect"
    home.mkdir(parents=True)
    child = Child("thing", ["nothing-of-that-name"], {}, home)
    assert child.keep_up()
    assert child.wait(30)
    assert not child.keep_up()
    assert "the thing ended with status 1; it is started again in 2 s" in capsys.readouterr().out
    assert "nothing-of-that-name" in child.log.read_text()
    time.sleep(2.1)
    assert child.keep_up()
    assert child.wait(30)
    child.keep_up()
    assert "it is started again in 4 s" in capsys.readouterr().out


def test_only_the_lines_for_people_pass_and_the_rest_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "child.log"
    relay(io.BytesIO(b"2026-03-02T01:02:03Z the night is over\nTraceback of a library\n2026 is no stamp\n"), log)
    assert capsys.readouterr().out == "2026-03-02T01:02:03Z the night is over\n"
    assert log.read_text() == "Traceback of a library\n2026 is no stamp\n"


@pytest.mark.skipif(os.name != "posix", reason="a parent cannot be killed so here")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    child = (
        "import pathlib, sys, time\n"
        "from pipelines.serve.lifeline import when_parent_lets_go\n"
        f"when_parent_lets_go(pathlib.Path({str(ended)!r}).touch, within_seconds=0.1)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE, start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert not ended.exists()
        process.kill()
        # the child holds the other end of this pipe too: reading ends once both are gone
        assert process.stdout.read() == b""
    assert ended.exists()


def test_a_port_that_is_taken_is_told_readably(study: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_PORT_SECONDS", 0.0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ServeError, match=f"expected port {port} of 127.0.0.1 to be free"):
            serve.serve(study, "127.0.0.1", port, 30, 60)
    assert not (study.private / serve.OWNER_NAME).exists()


@pytest.mark.parametrize("words", [["--port", "0"], ["--port", "http"], ["--every", "0"], ["--grace", "-1"]])
def test_options_that_cannot_work_are_wrong_usage(study: StudyFolder, words: list[str]) -> None:
    done = footfall("serve", "--study", study.root, *words)
    assert done.returncode == 2
    assert done.stderr.startswith("footfall: argument ")


def test_reasons_of_what_was_set_aside_are_counted_without_names() -> None:
    aside = [("a secret name.csv", "quarantined", "damaged"), ("b.csv", "quarantined", "damaged")]
    report = Report(set_aside=[*aside, ("c.csv", "unattributed", "nobody's")])
    assert night_tables.set_aside(report) == [
        {"status": "quarantined", "reason": "damaged", "files": 2},
        {"status": "unattributed", "reason": "nobody's", "files": 1},
    ]


def test_of_many_reasons_the_rare_ones_are_counted_together() -> None:
    aside = [(f"{at}.csv", "quarantined", f"reason {at}") for at in range(60)]
    rows = night_tables.set_aside(Report(set_aside=aside))
    assert len(rows) == 51
    assert rows[-1] == {"status": "", "reason": "10 other reasons", "files": 10}


def test_a_run_is_one_line_of_words() -> None:
    report = Report(collections.Counter(loaded=2, no_step_data=1), participants_derived=1, verified=3, checks=10)
    assert night_tables.in_words(report) == (
        "files: 2 loaded, 1 no step data; 1 participants derived; 3 verified against the originals; 10 checks passed,"
        " published"
    )


def test_an_error_of_the_disk_names_no_file_of_the_inbox(study: StudyFolder) -> None:
    with pytest.raises(StorageError, match="Input/output error at inbox\\. ") as raised, readable_errors(study):
        raise OSError(5, "Input/output error", str(study.inbox / "P1" / "a secret name.fit"))
    assert "secret" not in str(raised.value)
