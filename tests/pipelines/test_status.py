"""What `footfall status` says of a study: silence in each person's own dates, one file's history, and who is at work."""

import csv
import datetime as dt
import io
import json
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import ingest, intake
from pipelines.cli import main
from pipelines.run import only_ingester, open_run
from pipelines.status import print_status
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import drop, native, new_study

#: half past midnight of 21 March in Sydney, still 20 March in Europe
NOW = dt.datetime(2026, 3, 20, 13, 30, tzinfo=dt.UTC)
PEOPLE = {
    "sydney": ",Australia/Sydney,2026-03-02,,",
    "seven": ",,2026-03-02,,",
    "six": ",,2026-03-02,,",
    "midnight": ",,2026-03-02,,",
    "never": ",,2026-03-02,,",
    "nodate": ",,,,",
    "later": ",,2026-04-01,,",
    "ended": ",,2026-03-02,2026-03-19,",
    "lastday": ",,2026-03-02,2026-03-20,",
    "excused": ",,2026-03-02,,",
    "rested": ",,2026-03-02,,",
    "withdrew": ",,2026-03-02,,",
    "walkedon": ",,2026-03-02,,",
    "ahead": ",,2026-03-02,,",
    "travels": ",,2026-03-02,,",
}
OUTCOMES = """participant_id,date,kind,value,end_date
excused,2026-03-15,excused,,2026-03-20
rested,2026-03-10,excused,,2026-03-16
withdrew,2026-03-10,withdrawal,data,
walkedon,2026-03-10,withdrawal,walking,
"""


def _until(end: str, minutes: int = 30) -> dt.datetime:
    return dt.datetime.fromisoformat(end).replace(tzinfo=dt.UTC) - dt.timedelta(minutes=minutes)


#: participant -> end of their last data, UTC
LAST = {
    "sydney": "2026-03-11 12:59",
    "seven": "2026-03-13 23:59",
    "six": "2026-03-14 00:01",
    "midnight": "2026-03-14 00:00",
    "ended": "2026-03-05 12:00",
    "lastday": "2026-03-05 12:00",
    "excused": "2026-03-05 12:00",
    "rested": "2026-03-05 12:00",
    "withdrew": "2026-03-05 12:00",
    "walkedon": "2026-03-05 12:00",
    "travels": "2026-03-13 20:00",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """One run at a clock of our own; the tests only look at it."""
    made = new_study(
        tmp_path_factory.mktemp("status") / "study", [f"{name}{line}" for name, line in PEOPLE.items()], "Europe/London"
    )
    (made.root / "outcomes.csv").write_text(OUTCOMES)
    (made.root / "travel.csv").write_text(
        "participant_id,from_utc,time_zone\ntravels,2026-03-12T00:00:00Z,Asia/Tokyo\n"
    )
    for name, end in LAST.items():
        drop(made, f"{name}/{name}.csv", native(name, [100] * 30, start=_until(end)))
    # a watch whose clock was never set: some of its data lie in another year
    lines = native("ahead", [100] * 30, start=_until("2026-03-09 12:00")) + native(
        "ahead", [100] * 30, start=_until("2031-03-09 12:00"), header=False
    )
    drop(made, "ahead/ahead.csv", lines)
    drop(made, "six/copy/again.csv", native("six", [100] * 30, start=_until(LAST["six"])))
    drop(made, "six/broken.fit", b"")
    with open_run(made, now=lambda: NOW) as run:
        ingest.load(run, sorted(intake.look(made.inbox)))
        ingest.derive(run)
        ingest.publish(run)
    return made


def _rows(study: StudyFolder, capsys: pytest.CaptureFixture[str], asked: str | None = None) -> list[dict[str, Any]]:
    print_status(study, "json", asked, now=lambda: NOW)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def _section(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["section"] == name]


@pytest.fixture
def silence(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int | None, str, bool]]:
    """participant -> days silent, in words, whether to ask; in the order in which they are shown."""
    return {
        row["participant_id"]: (row["days_silent"], row["said"], row["is_silent"])
        for row in _section(_rows(study, capsys), "silence")
    }


Silence = dict[str, tuple[int | None, str, bool]]


def test_days_are_counted_between_dates_of_the_persons_own_zone(silence: Silence) -> None:
    assert silence["sydney"] == (10, "not syncing for 10 days", True)
    assert silence["travels"] == (6, "not syncing for 6 days", False)


def test_the_limit_itself_is_silent_and_a_day_less_is_not(silence: Silence) -> None:
    assert silence["seven"] == (7, "not syncing for 7 days", True)
    assert silence["six"] == (6, "not syncing for 6 days", False)


def test_data_up_to_midnight_are_of_the_date_that_ends_there(silence: Silence) -> None:
    assert silence["midnight"] == (7, "not syncing for 7 days", True)


def test_who_never_sent_anything_is_silent_from_the_start_date_on(silence: Silence) -> None:
    assert silence["never"] == (None, "never sent anything", True)
    # nobody can say since when something was to come
    assert silence["nodate"] == (None, "never sent anything", False)


@pytest.mark.parametrize(
    ("person", "why"),
    [
        ("later", "starts on 2026-04-01"),
        ("ended", "was followed until 2026-03-19 (end_date)"),
        ("excused", "is excused until 2026-03-20"),
        ("withdrew", "was followed until 2026-03-10 (withdrawal)"),
    ],
)
def test_nobody_is_called_silent_while_no_data_are_expected(person: str, why: str, silence: Silence) -> None:
    assert silence[person][1].endswith(f"; {why}")
    assert not silence[person][2]


def test_the_last_day_itself_and_an_end_of_walking_alone_still_expect_data(silence: Silence) -> None:
    assert silence["lastday"] == silence["walkedon"] == (15, "not syncing for 15 days", True)


def test_excused_days_that_are_over_do_not_count_towards_the_limit(silence: Silence) -> None:
    assert silence["rested"] == (15, "not syncing for 15 days", False)


def test_a_clock_that_runs_ahead_does_not_hide_a_silence(silence: Silence) -> None:
    assert silence["ahead"] == (11, "not syncing for 11 days", True)


def test_those_to_ask_come_first_the_longest_silence_before_the_others(silence: Silence) -> None:
    expected = [
        "never",
        "lastday",
        "walkedon",
        "ahead",
        "sydney",
        "midnight",
        "seven",
        "nodate",
        "six",
        "travels",
        "rested",
    ]
    assert list(silence)[: len(expected)] == expected
    assert sorted(list(silence)[len(expected) :]) == ["ended", "excused", "later", "withdrew"]


def test_runs_publications_and_verification_are_told(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    rows = _rows(study, capsys)
    [run] = _section(rows, "runs")
    assert (run["run"], run["outcome"], run["started_at"]) == ("ingest", "done", "2026-03-20T13:30Z")
    assert run["files taken"] == f"1 duplicate, {len(LAST) + 1} loaded, 1 quarantined"
    [published] = _section(rows, "publications")
    assert published["published_at"] == "2026-03-20T13:30Z"
    assert published["sha256"] == intake.content_hash(study.research)
    [verified] = _section(rows, "verification")
    assert (verified["participants"], verified["verified"]) == (len(PEOPLE), 0)


def test_the_table_says_its_zone_once_and_programs_get_utc(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.root / "study.toml").write_text(
        (study.root / "study.toml").read_text().replace("Europe/London", "Asia/Kolkata")
    )
    try:
        print_status(study, "table", now=lambda: NOW)
    finally:
        (study.root / "study.toml").write_text(
            (study.root / "study.toml").read_text().replace("Asia/Kolkata", "Europe/London")
        )
    shown = capsys.readouterr().out
    assert shown.count("Asia/Kolkata") == 1
    assert "2026-03-20 19:00" in shown
    print_status(study, "csv", now=lambda: NOW)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["started_at"] for row in rows if row["section"] == "runs"} == {"2026-03-20T13:30Z"}


@pytest.mark.parametrize("asked", ["six/six.csv", "again.csv", "hash", "HASH"])
def test_one_file_is_told_with_every_name_it_came_under(
    asked: str, study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    [original] = [path for path in study.archive.glob("*/*") if path.read_text().startswith("participant_id")
                  and "six," in path.read_text()]  # fmt: skip
    spelled = {"hash": original.name[:6], "HASH": original.name[:9].upper()}.get(asked, asked)
    rows = _rows(study, capsys, spelled)
    assert [row["file"] for row in _section(rows, "receipts")] == ["six/copy/again.csv", "six/six.csv"]
    [content] = _section(rows, "content")
    assert (content["status"], content["participants"]) == ("loaded", "six")
    assert content["original"] == original.relative_to(study.root).as_posix()
    assert [row["status"] for row in _section(rows, "history")] == ["loaded"]


def test_a_quarantined_file_is_found_by_its_name_there(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    [path] = study.quarantine.glob("*.fit")
    rows = _rows(study, capsys, path.name)
    assert [(row["status"], row["original"]) for row in _section(rows, "content")] == [
        ("quarantined", f"quarantine/{path.name}")
    ]


def test_a_file_that_never_came_is_exit_status_1(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("nothing.csv", "abc", "csv"):
        assert main(["status", "--file", asked, "--study", str(study.root)]) == 1
        assert f"found no {asked!r} in the ledger" in capsys.readouterr().err


def test_while_an_ingester_is_at_work_the_last_publication_and_the_inbox_are_told(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    path = drop(study, "six/new.csv", native("six", [100] * 30))
    with only_ingester(study, "nightly"):
        assert main(["status", "--format", "json", "--study", str(study.root)]) == 0
        told = capsys.readouterr()
        assert main(["status", "--file", "six.csv", "--study", str(study.root)]) == 1
        assert "`footfall nightly`" in capsys.readouterr().err
    path.unlink()
    rows = json.loads(told.out)
    [at_work] = _section(rows, "at_work")
    assert (at_work["command"], at_work["state"].split(";")[0]) == ("nightly", "an ingester")
    assert _section(rows, "inbox")[0]["files waiting"] == 1
    assert {row["status"]: row["files"] for row in _section(rows, "files")}["quarantined"] == 1
    last = {row["participant_id"]: row["last_data"] for row in _section(rows, "last_data")}
    assert (last["six"], last["never"]) == ("2026-03-14T00:01Z", None)


def test_a_study_of_an_older_version_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = new_study(tmp_path / "study")
    files = sorted((resources.files("warehouse") / "schema").iterdir(), key=lambda each: each.name)
    with duckdb.connect(str(study.private / "footfall.duckdb")) as connection:
        connection.execute("CREATE TABLE main.schema_migration (name VARCHAR NOT NULL, applied_at TIMESTAMPTZ)")
        for each in files[:3]:
            connection.execute(each.read_text())
            connection.execute("INSERT INTO main.schema_migration VALUES (?, now())", [each.name])
        connection.execute(
            "INSERT INTO ledger.source_file (source_file_id, status, received_at) VALUES ('ab', 'loaded', now())"
        )
        connection.execute("INSERT INTO ledger.receipt VALUES ('ab', 'a.csv', 1, NULL, 1, 1, now())")
    rows = _rows(study, capsys)
    assert [(row["status"], row["files"]) for row in _section(rows, "files")] == [("loaded", 1)]
