"""Start-stop rows: where they are cut, which events they hold, and which weeks' doses stand beside them."""

import collections
import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests.oracles import slow_publication
from tests.study_builder import MONDAY, Row, ask, make_study, native, run, whole_day
from tests.warehouse import made_people
from tests.warehouse.publication_tables import offences, rows_of, warehouse

#: Monday, 4 March 2024, and a Thursday.
START, THURSDAY = MONDAY, MONDAY + dt.timedelta(days=3)
AS_OF = START + dt.timedelta(days=45)


def day(n: int) -> dt.date:
    """The date so many days after START."""
    return START + dt.timedelta(days=n)


def week(
    person: str, number: int, lo: float | None, hi: float | None, days: tuple[int, int] = (7, 0), **more: Any
) -> Row:
    """A row of participant_week; days: valid and partial ones."""
    first = START + dt.timedelta(days=7 * (number - 1))
    row = {"participant_id": person, "protocol_id": "walkback", "week_number": number, "week_start": first}
    row |= {
        "week_end": first + dt.timedelta(days=6),
        "eligible_days": 7,
        "valid_days": days[0],
        "partial_days": days[1],
    }
    return (
        row | {"dose_score_lo": lo, "dose_score_hi": hi, "walking_minutes": 100 * number if sum(days) else None} | more
    )


#: Six whole weeks and three days; the fourth was not observed, and in the fifth rest was prescribed.
WEEKS = [(1.0, 1.0, (7, 0)), (0.5, 0.75, (5, 1)), (0.25, 0.25, (7, 0)), (0.0, 1.0, (0, 0)), (None, None, (7, 0)),
         (0.5, 0.5, (7, 0)), (0.0, 1.0, (0, 0))]  # fmt: skip
EVENTS = [
    ("A", "recurrence", -1), ("A", "recurrence", 0), ("A", "recurrence", 10), ("A", "recurrence", 10),
    ("A", "recurrence", 14), ("A", "recurrence", 45), ("A", "recurrence", 46), ("A", "adverse_event", 1),
    ("D", "death", 20), ("D", "recurrence", 20), ("D", "recurrence", 21), ("W", "recurrence", 3),
    ("N", "adverse_event", 5),
]  # fmt: skip


@pytest.fixture(scope="module")
def worked() -> Iterator[duckdb.DuckDBPyConnection]:
    """A is followed to the as-of date, D dies on day 20, W withdraws data on day 2, E ends on its first day, N has no start."""
    people = [{"participant_id": name, "start_date": START, "arm": "walking"} for name in "ADW"]
    people += [{"participant_id": "E", "start_date": START, "end_date": START}, {"participant_id": "N"}]
    outcomes = [
        {"participant_id": p, "kind": kind, "date": day(n), "value": str(at)} for at, (p, kind, n) in enumerate(EVENTS)
    ]
    outcomes.append({"participant_id": "W", "kind": "withdrawal", "date": day(2), "value": "data"})
    outcomes.append({"participant_id": "A", "kind": "withdrawal", "date": day(2), "value": "walking"})
    weeks = [
        week(person, number, lo, hi, days)
        for person in "ADWE"
        for number, (lo, hi, days) in enumerate(WEEKS, 1)
    ]  # fmt: skip
    with warehouse(people, {"participant_week": weeks}, as_of=AS_OF, outcomes=outcomes) as connection:
        yield connection


def spells(connection: duckdb.DuckDBPyConnection, person: str, kind: str = "recurrence") -> list[tuple[int, ...]]:
    sql = """SELECT tstart, tstop, event, event_number, week_number FROM counting_process
        WHERE participant_id = ? AND event_kind = ? ORDER BY tstart"""
    return [tuple(row.values()) for row in rows_of(connection, sql, person, kind)]


def test_rows_are_cut_at_week_borders_and_events_and_end_with_the_follow_up(worked: duckdb.DuckDBPyConnection) -> None:
    """Events on days 10, 14 and 45; the one on day 14 falls on a border, so it makes no row of its own."""
    assert spells(worked, "A") == [
        (0, 7, 0, 1, 1), (7, 10, 1, 1, 2), (10, 14, 1, 2, 2), (14, 21, 0, 3, 3), (21, 28, 0, 3, 4), (28, 35, 0, 3, 5),
        (35, 42, 0, 3, 6), (42, 45, 1, 3, 7),
    ]  # fmt: skip


def test_kinds_of_events_have_rows_of_their_own(worked: duckdb.DuckDBPyConnection) -> None:
    assert spells(worked, "A", "adverse_event")[:3] == [(0, 1, 1, 1, 1), (1, 7, 0, 2, 1), (7, 14, 0, 2, 2)]
    assert spells(worked, "D", "adverse_event") == [(0, 7, 0, 1, 1), (7, 14, 0, 1, 2), (14, 20, 0, 1, 3)]


def test_an_event_on_the_day_of_death_counts_and_one_after_it_does_not(worked: duckdb.DuckDBPyConnection) -> None:
    assert spells(worked, "D") == [(0, 7, 0, 1, 1), (7, 14, 0, 1, 2), (14, 20, 1, 1, 3)]
    ends = rows_of(worked, "SELECT DISTINCT participant_id, follow_up_ends_by FROM counting_process ORDER BY ALL")
    assert [tuple(row.values()) for row in ends] == [("A", "as_of"), ("D", "death"), ("W", "withdrawn")]


def test_who_was_followed_for_no_day_has_no_row(worked: duckdb.DuckDBPyConnection) -> None:
    assert spells(worked, "E") == spells(worked, "N") == []
    assert spells(worked, "W") == [(0, 2, 0, 1, 1)]


def test_events_outside_the_follow_up_are_excluded_with_a_reason(worked: duckdb.DuckDBPyConnection) -> None:
    found = rows_of(
        worked,
        "SELECT participant_id, event_kind, placement, sum(statements)::INT FROM event_date GROUP BY ALL ORDER BY ALL",
    )
    assert [tuple(row.values()) for row in found if row["placement"] != "inside"] == [
        ("A", "recurrence", "after_follow_up", 1), ("A", "recurrence", "before_follow_up", 2),
        ("D", "recurrence", "after_follow_up", 1), ("N", "adverse_event", "no_start_date", 1),
        ("W", "recurrence", "after_follow_up", 1),
    ]  # fmt: skip


EXPOSURES = {
    # row: status, lag1 lo and hi, minutes and observed days; lag4 lo, hi, counted, observed; cumulative lo, hi, counted, observed
    1: ("none_yet", None, None, None, None, None, None, None, None, None, None, 0, 0),
    2: ("observed", 1.0, 1.0, 100, 7, None, None, None, None, 1.0, 1.0, 1, 1),
    3: ("partly_observed", 0.5, 0.75, 200, 6, None, None, None, None, 1.5, 1.75, 2, 2),
    4: ("observed", 0.25, 0.25, 300, 7, None, None, None, None, 1.75, 2.0, 3, 3),
    # week 4 was not observed: 0 in lo, 1 in hi; (1 + 0.5 + 0.25 + 0) / 4 and (1 + 0.75 + 0.25 + 1) / 4
    5: ("unobserved", None, None, None, 0, 0.4375, 0.75, 4, 3, 1.75, 3.0, 4, 3),
    # week 5 does not count, whatever was walked in it; (0.5 + 0.25 + 0) / 3 and (0.75 + 0.25 + 1) / 3
    6: ("ineligible", None, None, 500, 7, 0.25, 2 / 3, 3, 2, 1.75, 3.0, 4, 3),
    7: ("observed", 0.5, 0.5, 600, 7, 0.25, 1.75 / 3, 3, 2, 2.25, 3.5, 5, 4),
}


def test_exposures_are_those_of_weeks_that_are_over(worked: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT week_number, exposure_status, dose_lag1_lo, dose_lag1_hi, walking_minutes_lag1, observed_days_lag1,
        dose_lag4_lo, dose_lag4_hi, weeks_counted_lag4, weeks_observed_lag4, dose_cumulative_lo, dose_cumulative_hi,
        weeks_counted, weeks_observed FROM counting_process WHERE participant_id = 'A' AND event_kind = 'recurrence'"""
    found = {row.pop("week_number"): tuple(row.values()) for row in rows_of(worked, sql)}
    assert set(found) == set(EXPOSURES)
    for number, expected in EXPOSURES.items():
        assert found[number] == tuple(v if not isinstance(v, float) else pytest.approx(v) for v in expected), number


def test_no_dose_stands_where_none_of_the_weeks_before_was_observed() -> None:
    """Five weeks without data: bounds of 0 and 1 would be no observation of anything."""
    weeks = [week("A", number, 0.0, 1.0, (0, 0)) for number in range(1, 6)]
    people = [{"participant_id": "A", "start_date": START}]
    with warehouse(people, {"participant_week": weeks}, as_of=day(34)) as connection:
        last = rows_of(connection, "SELECT * FROM counting_process WHERE tstart = 28 AND event_kind = 'recurrence'")[0]
    assert [last[name] for name in ("dose_lag1_lo", "dose_lag4_lo", "dose_lag4_hi", "dose_cumulative_hi")] == [None] * 4
    assert (last["weeks_counted"], last["weeks_observed"], last["exposure_status"]) == (4, 0, "unobserved")


def test_iso_weeks_cut_on_mondays() -> None:
    """Thursday to Thursday week: Mondays are days 4 and 11."""
    weeks = [week("A", 1, 1.0, 1.0), week("A", 2, 1.0, 1.0), week("A", 3, 1.0, 1.0)]
    people = [{"participant_id": "A", "start_date": THURSDAY, "end_date": THURSDAY + dt.timedelta(days=13)}]
    protocol = [{"protocol_id": "walkback", "week": "iso"}]
    with warehouse(people, {"participant_week": weeks}, as_of=AS_OF, protocols=protocol) as connection:
        assert [row[:2] + row[4:] for row in spells(connection, "A")] == [(0, 4, 1), (4, 11, 2), (11, 13, 3)]
        assert offences(connection, "counting_process_adds_up") == []


def test_the_mean_of_four_weeks_is_never_of_a_week_that_was_cut_off() -> None:
    """ISO weeks from a Thursday on: week 5 begins on day 25 and has no four whole weeks before it, week 6 on day 32 has."""
    doses = [1.0, 0.5, 0.5, 0.25, 0.75, 0.0]
    weeks = [week("A", number, dose, dose) for number, dose in enumerate(doses, 1)]
    weeks[0] |= {"eligible_days": 4, "valid_days": 4}
    protocol = [{"protocol_id": "walkback", "week": "iso"}]
    sql = """SELECT tstart, dose_lag1_lo, dose_lag4_lo, dose_lag4_hi, weeks_counted_lag4, weeks_observed_lag4, dose_cumulative_lo
        FROM counting_process WHERE event_kind = 'recurrence' AND week_number IN (2, 5, 6) ORDER BY tstart"""
    people = [{"participant_id": "A", "start_date": THURSDAY}]
    with warehouse(people, {"participant_week": weeks}, as_of=AS_OF, protocols=protocol) as connection:
        assert [tuple(row.values()) for row in rows_of(connection, sql)] == [
            (4, 1.0, None, None, None, None, 1.0), (25, 0.25, None, None, None, None, 2.25),
            (32, 0.75, 0.5, 0.5, 4, 4, 3.0),
        ]  # fmt: skip
    # who starts on a Monday has four whole weeks behind them in week 5
    people = [{"participant_id": "A", "start_date": START}]
    with warehouse(people, {"participant_week": weeks}, as_of=AS_OF, protocols=protocol) as connection:
        found = [tuple(row.values()) for row in rows_of(connection, sql)]
    assert found[1] == (28, 0.25, 0.5625, 0.5625, 4, 4, 2.25)


def test_an_event_on_the_first_date_of_a_week_stands_in_the_row_of_the_week_before() -> None:
    """Day 7 is the first date of week 2: its event ends the row of week 1, and is not exposed to the dose of week 1."""
    weeks = [week("A", 1, 1.0, 1.0), week("A", 2, 0.5, 0.5)]
    people = [{"participant_id": "A", "start_date": START}]
    outcomes = [{"participant_id": "A", "kind": "recurrence", "date": day(7)}]
    with warehouse(people, {"participant_week": weeks}, as_of=day(13), outcomes=outcomes) as connection:
        assert spells(connection, "A") == [(0, 7, 1, 1, 1), (7, 13, 0, 2, 2)]
        row = rows_of(connection, "SELECT exposure_status FROM counting_process WHERE event = 1")[0]
        assert row["exposure_status"] == "none_yet"


def test_the_check_finds_a_lost_day_a_lost_event_and_an_invented_one(worked: duckdb.DuckDBPyConnection) -> None:
    assert offences(worked, "counting_process_adds_up") == []
    for wrong in (
        "DELETE FROM counting_process WHERE participant_id = 'A' AND tstart = 0 AND event_kind = 'recurrence'",
        "UPDATE counting_process SET event = 0 WHERE participant_id = 'A' AND tstop = 10",
        "UPDATE counting_process SET event = 1 WHERE participant_id = 'W' AND event_kind = 'recurrence'",
        "UPDATE counting_process SET dose_lag1_lo = 2 WHERE participant_id = 'D' AND tstart = 7",
    ):
        worked.begin()
        worked.execute(wrong)
        assert len(offences(worked, "counting_process_adds_up")) >= 1, wrong
        worked.rollback()


def test_rows_of_made_up_people_equal_the_slow_statement() -> None:
    people = made_people.make_people(5, 60)
    weeks = {person.name: made_people.week_rows(person)[0] for person in people}
    outcomes = [outcome for person in people for outcome in person.outcomes]
    tables = {"participant_week": [row for rows in weeks.values() for row in rows]}
    rows = [person.row for person in people]
    made: dict[str, Any] = {"as_of": made_people.AS_OF, "outcomes": outcomes, "protocols": made_people.PROTOCOL_ROWS}
    with warehouse(rows, tables, **made) as connection:
        assert offences(connection, "counting_process_adds_up") == []
        found = collections.defaultdict(list)
        for row in rows_of(connection, "FROM counting_process ORDER BY ALL"):
            found[row["participant_id"], row["protocol_id"], row["event_kind"]].append(row)
    compared = 0
    for person in people:
        for protocol in made_people.PROTOCOLS:
            own = made_people.slow_weeks(person, [row for row in weeks[person.name] if row["protocol_id"] == protocol])
            for kind in ("recurrence", "adverse_event"):
                events = {outcome["date"] for outcome in person.outcomes if outcome["kind"] == kind}
                expected = slow_publication.start_stop(person.row["start_date"], person.last, own, events)
                got = found.pop((person.name, protocol, kind), [])
                assert len(got) == len(expected), (person.name, protocol, kind)
                for row, wanted in zip(got, expected, strict=True):
                    for name, value in wanted.items():
                        near = pytest.approx(float(value), abs=1e-9) if isinstance(value, Fraction) else value
                        assert row[name] == near, (person.name, protocol, kind, row["tstart"], name)
                    compared += 1
    assert not found
    assert compared > 3000


def test_a_study_publishes_its_events_and_says_which_it_left_out(tmp_path: Any) -> None:
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY, "arm": "walking"}],
        toml={"as_of": "2024-03-14"},
        csvs={
            "outcomes.csv": "participant_id,date,kind,value\nP1,2024-03-04,recurrence,\nP1,2024-03-12,recurrence,a\n"
            "P1,2024-03-12,recurrence,b\n"
        },
        files={"a.csv": native([row for n in range(7) for row in whole_day("P1", day(n), 15)])},
    )
    run(study)
    sql = """SELECT tstart, tstop, event, dose_lag1_lo, dose_lag1_hi FROM counting_process
        WHERE event_kind = 'recurrence' ORDER BY tstart"""
    # 15 of 30 minutes on 5 days and more: half the dose, seen on seven whole days
    assert [tuple(row.values()) for row in ask(study, sql)] == [
        (0, 7, 0, None, None),
        (7, 8, 1, 0.5, 0.5),
        (8, 10, 0, 0.5, 0.5),
    ]
    left = ask(study, "SELECT reason, n, value FROM exclusion WHERE what = 'event' ORDER BY reason")
    assert [tuple(row.values()) for row in left] == [
        ("before_follow_up", 1, "recurrence"),
        ("same_date", 1, "recurrence"),
    ]
