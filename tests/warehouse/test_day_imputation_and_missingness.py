"""Days ready for imputation, with bounds that hold; and where data are missing, counted in ways that agree."""

import collections
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.oracles import slow_publication
from tests.study_builder import MONDAY, Row, ask, at, make_study, minutes, native, run
from tests.warehouse import made_people
from tests.warehouse.publication_tables import offences, rows_of, warehouse

AS_OF = MONDAY + dt.timedelta(days=30)


def day(person: str, n: int, state: str, **more: object) -> Row:
    """A row of participant_day, n days after MONDAY; a valid one was observed whole, a partial one for 400 minutes."""
    seen = {"valid": 1440, "partial": 400}.get(state)
    row = {"participant_id": person, "protocol_id": "walkback", "local_date": MONDAY + dt.timedelta(days=n)}
    row |= {"state": state, "reason": "made", "week_number": n // 7 + 1, "day_length_minutes": 1440}
    row |= {"window_minutes": 1020, "observed_minutes": seen, "wear_minutes": seen}
    row |= dict.fromkeys(("minutes_ge_60", "gps_minutes", "walking_minutes"), 0 if seen else None)
    return row | {"window_observed_minutes": min(seen, 1020) if seen else None} | more


@pytest.fixture(scope="module")
def worked() -> Iterator[duckdb.DuckDBPyConnection]:
    days = [
        # whole days: what was seen is what there was, but for the first and the last, beside which nothing is known
        day("A", 0, "valid", walking_minutes=30, minutes_ge_60=40),
        day("A", 1, "valid", walking_minutes=30, minutes_ge_60=40),
        day("A", 2, "valid", walking_minutes=30, minutes_ge_60=40),
        # 1,340 of 1,440 minutes, all of the window: n = 100 + 20, 120 + 2 x 121 = 362; in the window 20 + 2 x 21 = 62
        day("A", 3, "valid", observed_minutes=1340, wear_minutes=1340, walking_minutes=12, minutes_ge_60=20),
        day("A", 4, "partial", walking_minutes=12, minutes_ge_60=20),
        day("A", 5, "missing"),
        # a spring day, one hour shorter
        day("A", 6, "missing", day_length_minutes=1380, window_minutes=960),
        day("A", 7, "ineligible"),
        day("A", 8, "valid", reason="declared_complete", observed_minutes=30, wear_minutes=30, walking_minutes=28,
            minutes_ge_60=30, window_observed_minutes=30),
        # observed whole, and 100 minutes of it, 20 in the window, not worn under the wear rule
        day("A", 9, "valid", wear_minutes=1340, window_observed_minutes=1000),
    ]  # fmt: skip
    people = [{"participant_id": "A", "start_date": MONDAY, "arm": "walking", "age_years": 54.0}]
    with warehouse(people, {"participant_day": days}, as_of=AS_OF) as connection:
        yield connection


def bounds(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[int | None, ...]]:
    sql = """SELECT (local_date - DATE '2024-03-04')::INT AS n, walking_minutes_lower, walking_minutes_upper,
        walking_minutes_upper_window, unobserved_minutes, window_unobserved_minutes FROM day_imputation"""
    return {row.pop("n"): tuple(row.values()) for row in rows_of(connection, sql)}


def test_only_days_that_count_have_rows(worked: duckdb.DuckDBPyConnection) -> None:
    assert set(bounds(worked)) == {0, 1, 2, 3, 4, 5, 6, 8, 9}


def test_a_day_seen_whole_between_two_such_days_leaves_nothing_open(worked: duckdb.DuckDBPyConnection) -> None:
    found = bounds(worked)
    assert found[1] == (30, 30, 30, 0, 0)
    # beside a day that was not seen whole a walk may have crossed midnight: 40 + 2 x 41
    assert found[0] == found[2] == (30, 122, 122, 0, 0)


def test_unseen_minutes_may_have_been_walked_and_may_join_what_was_too_short(worked: duckdb.DuckDBPyConnection) -> None:
    found = bounds(worked)
    assert found[3] == (12, 362, 62, 100, 0)
    # 1,040 + 20, and pauses: more than the date is long; 620 + 20 in the window, too
    assert found[4] == (12, 1440, 1440, 1040, 620)
    # 100 + 2 x 101, and 20 + 2 x 21
    assert found[9] == (0, 302, 62, 100, 20)


def test_a_missing_day_can_hold_anything_from_nothing_to_its_length(worked: duckdb.DuckDBPyConnection) -> None:
    found = bounds(worked)
    assert found[5] == (None, 1440, 1020, 1440, 1020)
    assert found[6] == (None, 1380, 960, 1380, 960)


def test_a_day_declared_complete_leaves_nothing_open(worked: duckdb.DuckDBPyConnection) -> None:
    assert bounds(worked)[8] == (28, 28, 28, 0, 0)


def test_days_say_how_they_are_censored_and_whose_they_are(worked: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT arm, age_years, weekday, censoring FROM day_imputation ORDER BY local_date"
    found = [tuple(row.values()) for row in rows_of(worked, sql)]
    assert [row[3] for row in found] == ["observed"] * 4 + ["right", "missing", "missing", "observed", "observed"]
    assert found[6] == ("walking", 54.0, 7, "missing")
    assert found[7] == ("walking", 54.0, 2, "observed")


#: Least cadence of a rule that credits qualifying minutes alone (or age) -> what the day below can hold at most.
CADENCES = {
    # every observed minute may have that cadence
    45: 1440,
    # 100 unobserved minutes, 200 that walked, 20 of which only a track tells
    60: 320,
    # a track is no observation from here on: 120 + 200, 120 + 200 (none is counted from 99), 120 + 90, 120 + 40
    61: 320, 99: 320, 100: 210, 130: 160, 200: 160,
    # 120 + 70, and nothing known of somebody without an age
    "age": 190, "no age": 1440,
}  # fmt: skip


def test_a_rule_counts_the_minutes_of_its_own_cadence() -> None:
    rules, days = [], []
    for name in CADENCES:
        rule: Row = {"bout_rule_id": str(name), "credit": "active", "min_cadence_spm": 100}
        rules.append(rule | ({"min_cadence_spm": name} if isinstance(name, int) else {"cadence_scale": "age"}))
        seen = {"observed_minutes": 1340, "wear_minutes": 1340, "gps_minutes": 20, "walking_minutes": 30}
        seen |= {"minutes_ge_60": 200, "minutes_ge_100": 90, "minutes_ge_130": 40}
        seen |= {"minutes_ge_relative": 70} if name == "age" else {}
        days.append(day("A", 0, "valid", **seen) | {"protocol_id": str(name)})
    protocols = [{"protocol_id": str(name), "bout_rule_id": str(name)} for name in CADENCES]
    people = [{"participant_id": "A", "start_date": MONDAY}]
    tables = {"participant_day": days}
    with warehouse(people, tables, as_of=AS_OF, protocols=protocols, bout_rules=rules) as connection:
        found = rows_of(connection, "SELECT protocol_id, walking_minutes_upper FROM day_imputation")
    assert {row["protocol_id"]: row["walking_minutes_upper"] for row in found} == {
        str(n): v for n, v in CADENCES.items()
    }


#: Protocols of every algorithm and credit, and of cadences that no published count is of.
RULES = """bout_rule_id,algorithm,min_cadence_spm,min_minutes,max_gap_minutes,min_share,credit,missing
easy,gap_merge,45,6,3,,span,break
eighty,gap_merge,80,6,1,,active,as_gap
"""
LISTED = ("walkback", "who2020", "nhanes-8of10", "ggir-80", "easy", "eighty")
PAIRS, DAYS = 4, 2


def _person(chance: random.Random) -> tuple[list[int], list[bool]]:
    """Steps of every minute of DAYS days, and which of them were seen."""
    steps: list[int] = []
    while len(steps) < DAYS * 1440:
        length = chance.choice((1, 2, 3, 4, 8, 9, 30, 200))
        steps += [chance.choice((0, 0, 50, 70, 105, 115, 131)) if length > 4 else chance.choice((0, 110))] * length
    seen: list[bool] = []
    while len(seen) < DAYS * 1440:
        seen += [chance.random() < 0.8] * chance.choice((1, 3, 10, 60, 400))
    return steps[: DAYS * 1440], seen[: DAYS * 1440]


def test_the_completed_answer_lies_inside_the_bounds(tmp_path: Path) -> None:
    """The same people twice: with holes, and with what was in them; W: with nothing walked unseen outside the window."""
    chance = random.Random(4)  # noqa: S311
    rows: list[Row] = []
    for n in range(PAIRS):
        steps, seen = _person(chance)
        in_window = [6 * 60 <= minute % 1440 < 23 * 60 for minute in range(len(steps))]
        holes = [value if is_seen else None for value, is_seen in zip(steps, seen, strict=True)]
        kept = [value if a or b else 0 for value, a, b in zip(steps, seen, in_window, strict=True)]
        for name, record in (("H", holes), ("C", steps), ("W", kept)):
            rows += minutes(f"{name}{n:02d}", at(MONDAY), record)
    protocols = "protocol_id,bout_rule_id,days_per_week,minutes_per_day\neasy,easy,5,30\neighty,eighty,5,30\n"
    study = make_study(
        tmp_path / "study",
        [{"participant_id": f"{name}{n:02d}", "start_date": MONDAY} for name in "HCW" for n in range(PAIRS)],
        toml={"protocols": list(LISTED)},
        csvs={"bout_rules.csv": RULES, "protocols.csv": protocols},
        files={"a.csv": native(rows)},
    )
    run(study)
    found = ask(
        study,
        """SELECT open.*, whole.walking_minutes AS whole, kept.walking_minutes AS kept
        FROM day_imputation AS open
        JOIN participant_day AS whole ON whole.participant_id = replace(open.participant_id, 'H', 'C')
            AND whole.protocol_id = open.protocol_id AND whole.local_date = open.local_date
        JOIN participant_day AS kept ON kept.participant_id = replace(open.participant_id, 'H', 'W')
            AND kept.protocol_id = open.protocol_id AND kept.local_date = open.local_date
        WHERE open.participant_id LIKE 'H%'""",
    )
    assert len(found) == PAIRS * DAYS * len(LISTED)
    for row in found:
        assert (row["walking_minutes_lower"] or 0) <= row["whole"] <= row["walking_minutes_upper"], row
        if row["censoring"] != "missing":
            assert row["walking_minutes_lower"] <= row["kept"] <= row["walking_minutes_upper_window"], row
    # the sum of what was seen walking and what was not seen is no bound: walks that were cut were too short for a bout
    assert any(row["whole"] > (row["walking_minutes_lower"] or 0) + row["unobserved_minutes"] for row in found)
    assert any(row["walking_minutes_upper"] < 1440 for row in found)


@pytest.fixture(scope="module")
def missing() -> Iterator[duckdb.DuckDBPyConnection]:
    """A and B in one arm, C in none. A: VVMVM MM in week 1 and MMM in week 2, lost for good. B: PMV and a recurrence. C: none."""
    fitbit, garmin = ["fitbit-hr-01"], ["garmin-fr-01", "fitbit-hr-02"]
    days = [day("A", n, "missing") for n in (2, 4, 5, 6, 7, 8, 9)]
    days += [day("A", n, "valid", sources=fitbit) for n in (0, 1)] + [day("A", 3, "valid", sources=garmin)]
    days += [
        day("B", 0, "partial", sources=["garmin-fr-01"]),
        day("B", 1, "missing"),
        day("B", 2, "valid", sources=fitbit),
    ]
    days += [day("C", n, "missing") for n in (0, 1)] + [day("C", 2, "ineligible")]
    people = [{"participant_id": name, "start_date": MONDAY, "arm": "walking"} for name in "AB"]
    people.append({"participant_id": "C", "start_date": MONDAY})
    outcomes = [{"participant_id": "B", "kind": "recurrence", "date": MONDAY + dt.timedelta(days=2)}]
    with warehouse(people, {"participant_day": days}, as_of=AS_OF, outcomes=outcomes) as connection:
        yield connection


def told(
    connection: duckdb.DuckDBPyConnection, dimension: str, *columns: str
) -> dict[tuple[str, str | None], list[object]]:
    rows = rows_of(connection, "FROM missingness WHERE dimension = ?", dimension)
    return {(row["level"], row["arm"]): [row[name] for name in columns] for row in rows}


def test_missing_days_are_gaps_or_lost_for_good(missing: duckdb.DuckDBPyConnection) -> None:
    names = ("participants", "eligible_days", "missing_days", "missing_intermittent_days", "missing_for_good_days")
    # A: one gap, three days of week 1 and three of week 2 for good; B: one gap; C: two days, none ever came
    assert told(missing, "arm", *names) == {
        ("walking", "walking"): [2, 13, 8, 2, 6],
        ("not given", None): [1, 2, 2, 0, 2],
    }
    shares = told(missing, "arm", "share_missing", "share_observed")
    assert shares["walking", "walking"] == [8 / 13, 5 / 13]


def test_weeks_say_who_was_lost_from_them_on(missing: duckdb.DuckDBPyConnection) -> None:
    names = ("participants_with_gaps", "participants_lost", "participants_newly_lost")
    assert told(missing, "week", *names) == {
        ("1", "walking"): [2, 0, 0], ("2", "walking"): [0, 1, 1], ("1", None): [0, 1, 1],
    }  # fmt: skip
    assert told(missing, "weekday", *names)["1", "walking"] == [None, None, None]


def test_missing_days_belong_to_the_device_last_seen(missing: duckdb.DuckDBPyConnection) -> None:
    assert told(missing, "device", "eligible_days", "missing_days") == {
        # A's first three days; B's last
        ("fitbit-hr", "walking"): [4, 1],
        # A's day with both devices and the six after it; the numbers of a person's own devices are taken off
        ("fitbit-hr + garmin-fr", "walking"): [7, 6],
        ("garmin-fr", "walking"): [2, 1],
        ("none yet", None): [2, 2],
    }


def test_days_before_a_recurrence_stand_against_all_others(missing: duckdb.DuckDBPyConnection) -> None:
    """B's recurrence is on its third day, which is not before it."""
    assert told(missing, "before_event", "eligible_days", "missing_days") == {
        ("before_recurrence", "walking"): [2, 1], ("other", "walking"): [11, 7], ("other", None): [2, 2],
    }  # fmt: skip


def test_the_check_finds_a_day_that_is_lost_or_told_as_another(missing: duckdb.DuckDBPyConnection) -> None:
    assert offences(missing, "missingness_adds_up") == []
    for wrong in (
        "DELETE FROM missingness WHERE dimension = 'week' AND level = '2'",
        "UPDATE missingness SET valid_days = valid_days + 1 WHERE dimension = 'device' AND level = 'none yet'",
        "UPDATE missingness SET missing_for_good_days = 0 WHERE dimension = 'arm'",
        "INSERT INTO missingness BY NAME SELECT 'walkback' AS protocol_id, 'arm' AS dimension, 1 AS eligible_days, '?' AS arm",
    ):
        missing.begin()
        missing.execute(wrong)
        assert len(offences(missing, "missingness_adds_up")) >= 1, wrong
        missing.rollback()


def test_missingness_of_made_up_people_equals_the_slow_statement() -> None:
    people = made_people.make_people(3, 60)
    tables = {"participant_day": [row for person in people for row in made_people.day_rows(person)]}
    outcomes = [outcome for person in people for outcome in person.outcomes]
    with warehouse(
        [person.row for person in people], tables, as_of=made_people.AS_OF, outcomes=outcomes,
        protocols=made_people.PROTOCOL_ROWS,
    ) as connection:  # fmt: skip
        assert offences(connection, "missingness_adds_up") == []
        found = rows_of(connection, "FROM missingness")
    arms = {person.name: person.row["arm"] for person in people}
    recurrences = collections.defaultdict(set)
    for outcome in outcomes:
        if outcome["kind"] == "recurrence":
            recurrences[outcome["participant_id"]].add(outcome["date"])
    for protocol in made_people.PROTOCOLS:
        days = [
            slow_publication.Day(
                row["participant_id"], row["local_date"], row["week_number"], row["state"],
                tuple(name.rpartition("-")[0] for name in row.get("sources", ())),
            )
            for row in tables["participant_day"] if row["protocol_id"] == protocol
        ]  # fmt: skip
        expected = slow_publication.missingness(days, arms, recurrences)
        own = {(row["dimension"], row["level"], row["arm"]): row for row in found if row["protocol_id"] == protocol}
        assert set(own) == set(expected)
        for key, counts in expected.items():
            names = [name for name in own[key] if name.endswith("days") or name.startswith("participants")]
            assert {name: own[key][name] or 0 for name in names} == {name: counts[name] for name in names}, (
                protocol,
                key,
            )
