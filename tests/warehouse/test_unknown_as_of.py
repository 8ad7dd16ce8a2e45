"""Without a minute of anybody and without a stated date the as-of date is unknown, and nothing has rows beyond it."""

import datetime as dt

import pytest

from pipelines.study_folder import StudyFolder
from tests.study_builder import Row, ask, drop, make_study, native, only, run, whole_day
from tests.warehouse.cohort import daily, date
from tests.warehouse.publication_tables import offences, warehouse
from tests.warehouse.test_multiverse import compared

TABLES = ("participant_day", "participant_week", "day_imputation", "counting_process", "missingness", "multiverse")


@pytest.fixture(scope="module")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """ENDS has an end in six years, STARTS none, DIES died; the two without a start sent ten daily totals each."""
    study = make_study(
        tmp_path_factory.mktemp("unknown") / "study",
        [
            {"participant_id": "ENDS", "start_date": date(0), "end_date": dt.date(2030, 1, 6), "arm": "walking"},
            {"participant_id": "STARTS", "start_date": date(0)},
            {"participant_id": "DIES", "start_date": date(0)},
            {"participant_id": "1503960366"},
            {"participant_id": "2503960366", "end_date": date(4)},
        ],
        csvs={"outcomes.csv": f"participant_id,date,kind,value\nDIES,{date(20)},death,\nENDS,{date(3)},recurrence,\n"},
        files={f"{name}.csv": daily(name, 0, [5000] * 10) for name in ("1503960366", "2503960366")},
    )
    compared(study)
    return study


def rows(study: StudyFolder, table: str) -> int:
    return int(only(ask(study, f"SELECT count(*) AS n FROM {table} WHERE participant_id ~ '^[A-Z]'"))["n"])


def test_who_has_a_start_date_has_no_day_and_no_week_whatever_ends_the_follow_up(unknown: StudyFolder) -> None:
    assert only(ask(unknown, "SELECT as_of FROM publication"))["as_of"] is None
    for table in TABLES:
        if table != "missingness":
            assert rows(unknown, table) == 0, table
    assert only(ask(unknown, "SELECT count(*) AS n FROM missingness WHERE arm = 'walking'"))["n"] == 0


def summaries(study: StudyFolder) -> dict[str, Row]:
    return {row["participant_id"]: row for row in ask(study, "FROM participant_summary")}


def test_everybody_has_a_summary_in_which_nothing_is_counted_or_over(unknown: StudyFolder) -> None:
    found = summaries(unknown)
    assert len(found) == 5
    for row in found.values():
        names = ("weeks_eligible", "weeks_yes", "weeks_unknown", "share_lo", "share_hi", "follow_up_ends_by")
        assert [row[name] for name in names] == [0, 0, 0, None, None, None], row["participant_id"]
    assert {name: row["weeks_running"] for name, row in found.items()} == {
        "ENDS": 0, "STARTS": 0, "DIES": 0, "1503960366": 2, "2503960366": 1,
    }  # fmt: skip


def test_totals_alone_make_a_calendar_from_the_first_to_the_last_of_them(unknown: StudyFolder) -> None:
    """Whether its weeks are over nobody knows, so they enter no count and no share."""
    days = ask(unknown, "SELECT participant_id, min(local_date) a, max(local_date) b FROM participant_day GROUP BY 1")
    assert {row["participant_id"]: (row["a"], row["b"]) for row in days} == {
        "1503960366": (date(0), date(9)), "2503960366": (date(0), date(4)),
    }  # fmt: skip
    weeks = ask(unknown, "SELECT DISTINCT answer, in_progress FROM participant_week")
    assert [tuple(row.values()) for row in weeks] == [("unknown", None)]
    assert ask(unknown, "FROM multiverse_summary") == []
    assert {row["is_running"] for row in ask(unknown, "SELECT DISTINCT is_running FROM multiverse")} == {True}


def test_an_event_of_which_nobody_can_tell_whether_it_was_seen_is_excluded(unknown: StudyFolder) -> None:
    left = ask(unknown, "SELECT participant_id, reason FROM exclusion WHERE what = 'event'")
    assert [tuple(row.values()) for row in left] == [("ENDS", "after_follow_up")]


def test_the_first_minute_of_anybody_makes_the_calendars_run_to_its_date(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    study = make_study(
        tmp_path_factory.mktemp("known") / "study",
        [
            {"participant_id": "ENDS", "start_date": date(0), "end_date": dt.date(2030, 1, 6)},
            {"participant_id": "SENDS", "start_date": date(0)},
        ],
    )
    run(study)
    assert rows(study, "participant_day") == 0
    drop(study, {"a.csv": native(whole_day("SENDS", date(9)))})
    run(study)
    last = ask(study, "SELECT participant_id, max(local_date) AS last FROM participant_day GROUP BY ALL ORDER BY 1")
    assert [tuple(row.values()) for row in last] == [("ENDS", date(9)), ("SENDS", date(9))]
    assert {name: (row["weeks_eligible"], row["weeks_running"]) for name, row in summaries(study).items()} == {
        "ENDS": (1, 1), "SENDS": (1, 1),
    }  # fmt: skip


def test_the_check_of_the_counting_process_expects_nobody_without_an_as_of_date() -> None:
    people = [{"participant_id": "A", "start_date": date(0), "end_date": date(30)}]
    with warehouse(people, {}, as_of=None) as connection:
        assert offences(connection, "counting_process_adds_up") == []
        connection.execute(
            "INSERT INTO counting_process BY NAME SELECT 'A' AS participant_id, 'walkback' AS protocol_id,"
            " 'recurrence' AS event_kind, 0 AS tstart, 30 AS tstop, 0 AS event"
        )
        assert len(offences(connection, "counting_process_adds_up")) == 1
