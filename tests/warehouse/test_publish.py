"""The published file: swapped in whole, never beside the truth of the checks, and without anybody's name or serial."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines import ingest, intake
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, ask, drop, make_study, native, only, run, whole_day
from warehouse.database import DATABASE_NAME, connect
from warehouse.publish import PUBLISHED, STORAGE_VERSION, CheckFailedError, run_checks
from warehouse.research import query

MINUTES = "SELECT count(*) FROM minute"

#: Opens a database read-only, and answers the same query once for every line of its input.
READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for line in sys.stdin:
        print(connection.execute(sys.argv[2]).fetchone()[0], flush=True)
"""


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    made = make_study(
        tmp_path / "study", [{"participant_id": "P1"}], files={"a.csv": native(whole_day("P1", MONDAY, 30))}
    )
    run(made)
    return made


@contextlib.contextmanager
def reader(path: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(path), MINUTES],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        yield child


def answer(child: "subprocess.Popen[str]") -> int:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("again\n")
    child.stdin.flush()
    return int(child.stdout.readline())


def test_a_reader_with_the_old_file_open_keeps_it(study: StudyFolder) -> None:
    with reader(study.research) as child:
        assert answer(child) == 1440
        drop(study, {"b.csv": native(whole_day("P1", MONDAY.replace(day=5)))})
        run(study)
        assert answer(child) == 1440
        with reader(study.research) as newcomer:
            assert answer(newcomer) == 2880


def test_the_published_file_can_be_read_while_an_ingester_is_at_work(study: StudyFolder) -> None:
    drop(study, {"b.csv": native(whole_day("P1", MONDAY.replace(day=5)))})
    with open_run(study) as at_work:
        ingest.load(at_work, sorted(intake.look(study.inbox)))
        assert query(study.research, MINUTES).rows == [[1440]]
        ingest.derive(at_work)
        assert query(study.research, MINUTES).rows == [[1440]]
        ingest.check(at_work)
        ingest.publish(at_work)
        assert query(study.research, MINUTES).rows == [[2880]]


WRONG = {
    "minute_is_unique: 1 rows": "INSERT INTO minute SELECT * FROM minute LIMIT 1",
    "minute_is_whole": "UPDATE minute SET steps = 301 WHERE steps = 110",
    "days_add_up": "UPDATE participant_day SET state = 'missing'",
    "weeks_add_up": "UPDATE participant_week SET valid_days = 9",
    "every_eligible_week_has_a_row": "DELETE FROM participant_week",
    "bouts_do_not_overlap": "INSERT INTO walking_bout SELECT * FROM walking_bout",
    "flow_adds_up": "DELETE FROM data_flow WHERE step = 'minutes'",
    "missingness_adds_up": "DELETE FROM missingness WHERE dimension = 'device'",
    "counting_process_adds_up": """INSERT INTO counting_process BY NAME SELECT 'P1' AS participant_id,
        'walkback' AS protocol_id, 'recurrence' AS event_kind, 0 AS tstart, 7 AS tstop, 0 AS event""",
    # a run without the multiverse waits for it
    "multiverse_equals_weeks": "DELETE FROM ledger.pending_multiverse",
}


def test_tables_that_contradict_themselves_are_not_published(study: StudyFolder) -> None:
    before = study.research.read_bytes()
    with connect(study.private / DATABASE_NAME) as connection:
        connection.execute(WRONG["minute_is_unique: 1 rows"])
    with pytest.raises(CheckFailedError, match="minute_is_unique: 1 rows"):
        run(study)
    assert study.research.read_bytes() == before
    assert sorted(path.name for path in study.research.parent.iterdir()) == ["history", "research.duckdb"]


def test_every_check_is_named_when_it_finds_something(study: StudyFolder) -> None:
    with connect(study.private / DATABASE_NAME) as connection:
        assert run_checks(connection) == len(WRONG)
        for check, wrong in WRONG.items():
            connection.begin()
            connection.execute(wrong)
            with pytest.raises(CheckFailedError, match=check):
                run_checks(connection)
            connection.rollback()


def test_a_leftover_of_a_stopped_run_is_no_obstacle(study: StudyFolder) -> None:
    beside = study.research.with_name(f".{study.research.name}.new")
    beside.write_bytes(b"half a database")
    run(study)
    assert only(ask(study, "SELECT count(*) AS n FROM minute")) == {"n": 1440}
    assert not beside.exists()


def test_clients_of_some_years_open_the_published_file(study: StudyFolder) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{study.research}' AS published (READ_ONLY)")
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'published'").fetchone()
    assert tags is not None
    assert STORAGE_VERSION in tags[0]["storage_version"]


SECRETS = ("Kim-Smith", "Kim Smith", "77401938", "kims-pedometer", "Lee-Jones")


def test_no_device_id_and_no_original_name_reaches_the_published_file(tmp_path: Path) -> None:
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}, {"participant_id": "P2"}],
        csvs={
            "devices.csv": "device_id,participant_id,from_date,to_date,zeros_prove_wear\n"
            "kims-pedometer-77401938,P1,2024-03-04,,false\n"
        },
        files={
            "Kim-Smith-walk.csv": native(whole_day("P1", MONDAY, 30, device_id="kims-pedometer-77401938")),
            "P1/Kim Smith/garmin 77401938.fit": b"",
            "P1/Lee-Jones.gpx": b"<gpx><trk>Kim Smith",
            "P1/Kim-Smith.csv": native(whole_day("P2", MONDAY)),
            "P2/Kim-Smith.txt": b"\x00\x01 Kim Smith",
            "P2/Kim-Smith table.csv": "name,time,steps\nKim Smith,2024-03-04 10:00,5\n",
            "lost-and-found/Kim-Smith.csv": native(
                {key: value for key, value in row.items() if key != "participant_id"}
                for row in whole_day("", MONDAY, 5, device_id="SN77401938")
            ),
        },
    )
    run(study)
    assert only(ask(study, "SELECT count(DISTINCT status) AS n FROM source_file"))["n"] >= 3
    for name in PUBLISHED:
        text = " ".join(row["line"] for row in ask(study, f"SELECT t::VARCHAR AS line FROM {name} AS t"))
        assert [secret for secret in SECRETS if secret.lower() in text.lower()] == [], name
    content = study.research.read_bytes()
    assert [secret for secret in SECRETS if secret.encode() in content] == []


def test_published_devices_are_numbered_by_their_first_data_and_files_named_by_content(tmp_path: Path) -> None:
    tuesday = MONDAY.replace(day=5)
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}],
        files={
            "1-later.csv": native(whole_day("P1", tuesday, device_id="a-device")),
            "2-earlier.CSV": native(whole_day("P1", MONDAY, device_id="z-device")),
        },
    )
    run(study)
    devices = ask(study, "SELECT DISTINCT local_date, device_id FROM minute ORDER BY ALL")
    assert [(row["local_date"], row["device_id"]) for row in devices] == [
        (MONDAY, "native-csv-01"),
        (tuesday, "native-csv-02"),
    ]
    for row in ask(study, "SELECT source_file_id, file_name FROM source_file"):
        assert row["file_name"] == row["source_file_id"][:12] + ".csv"
