"""What must hold whatever the data: more walking and more data never count against anybody, and time has no favourite day.

Each property puts many made-up people into one derivation, and prints how many cases it judged.
"""

import dataclasses
import datetime as dt
import random

import polars as pl
import pytest

from tests.oracles import generated, ledger
from tests.oracles.world import Event, File, Person, Study
from tests.properties.weeks import (
    ANSWERS,
    DAY,
    LOWER,
    MONDAY,
    derived,
    morning,
    pairs,
    prescribe,
    walker,
)
from warehouse.database import connect

PEOPLE = 32
SCORES = ("days_score", "minutes_score", "dose_score")
Steps = dict[int, int | None]


def some_days(chance: random.Random) -> Steps:
    """Two weeks in which some mornings were sent."""
    often = chance.choice((0.5, 0.8, 0.95))
    return {
        minute: steps for day in range(14) if chance.random() < often for minute, steps in morning(chance, day).items()
    }


def with_holes(chance: random.Random, steps: Steps) -> Steps:
    """The same minutes, of which stretches were not measured or not sent."""
    kept: Steps = {}
    kind, left = "there", 0
    for minute in sorted(steps):
        if left == 0:
            kind, left = chance.choices((("there", 12), ("null", 4), ("absent", 20)), (5, 1, 2))[0]
        left -= 1
        if kind != "absent":
            kept[minute] = None if kind == "null" else steps[minute]
    return kept


def raised(chance: random.Random, steps: Steps) -> Steps:
    """More steps in some of the measured minutes, in none fewer."""
    share = chance.choice((0.02, 0.1, 0.5))
    return {
        minute: value if value is None or chance.random() > share else min(300, value + chance.choice((1, 20, 60, 110)))
        for minute, value in steps.items()
    }


def judged(capsys: pytest.CaptureFixture[str], cases: pl.DataFrame, what: str) -> None:
    with capsys.disabled():
        print(f"\n{cases.height:,} cases: {what}")
    assert cases.height > 450


def fell(cases: pl.DataFrame) -> pl.DataFrame:
    """Cases in which a lower bound fell or a yes did not stay."""
    fallen = [pl.col(f"{name}_then") < pl.col(name) - 1e-12 for name in LOWER]
    lost = [(pl.col(name) == "yes") & pl.col(f"{name}_then").ne_missing("yes") for name in ANSWERS]
    return cases.filter(pl.any_horizontal(*fallen, *lost).fill_null(value=False))


def test_more_walking_lowers_no_bound_and_takes_back_no_yes(capsys: pytest.CaptureFixture[str]) -> None:
    """The observed minutes stay the same. No walk crosses midnight: two walks joined there are one session, of one date."""
    chance = random.Random(1)  # noqa: S311
    people = []
    for n in range(PEOPLE):
        steps = with_holes(chance, some_days(chance))
        first = prescribe(chance, walker(f"P{n}a", steps))
        people += [first, walker(f"P{n}b", raised(chance, steps), first)]
    cases = pairs(derived(people)["participant_week"], "a", "b")
    judged(capsys, cases, "weeks before and after more walking")
    assert fell(cases).is_empty()
    assert not cases.filter(pl.col("answer") != pl.col("answer_then")).is_empty()


def test_minutes_that_arrive_inside_a_day_lower_no_bound_and_take_back_no_yes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(2)  # noqa: S311
    people = []
    for n in range(PEOPLE):
        steps = some_days(chance)
        first = prescribe(chance, walker(f"P{n}a", with_holes(chance, steps)))
        people += [first, walker(f"P{n}b", steps, first)]
    cases = pairs(derived(people)["participant_week"], "a", "b")
    judged(capsys, cases, "weeks before and after missing minutes arrived")
    assert fell(cases).is_empty()
    assert not cases.filter(pl.col("valid_days") < pl.col("valid_days_then")).is_empty()


def test_days_that_become_complete_settle_the_unknown_inside_its_bounds_and_for_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stage a lacks some days, b fewer, c none. An answer once given stays; every bound holds what c shows."""
    chance = random.Random(3)  # noqa: S311
    people = []
    for n in range(PEOPLE):
        days = {day: morning(chance, day) for day in range(14)}
        lacking = set(chance.sample(range(14), chance.choice((2, 5, 9, 14))))
        later = set(chance.sample(sorted(lacking), len(lacking) // 2))
        first = prescribe(chance, walker(f"P{n}a", {}))
        if chance.random() < 0.3:
            first.events = [Event(MONDAY + dt.timedelta(days=chance.randrange(14)), "excused")]
        for stage, without in (("a", lacking), ("b", later), ("c", set[int]())):
            steps = {at: value for day, held in days.items() if day not in without for at, value in held.items()}
            people.append(walker(f"P{n}{stage}", steps, first))
    weeks = derived(people)["participant_week"]
    scored = pl.col("status_reason").ne_missing("rule_coarser_than_prescription")
    for before, after in (("a", "b"), ("b", "c"), ("a", "c")):
        cases = pairs(weeks.filter(scored), before, after)
        judged(capsys, cases, f"weeks with missing days, stage {before} to {after}")
        assert fell(cases).is_empty()
        for answer in ("adherent_days", "adherent_minutes", "adherent_days_prorated", "answer"):
            settled = cases.filter(pl.col(answer).is_in(["yes", "no"]))
            assert (settled[answer] == settled[f"{answer}_then"]).all(), answer
        for lo, hi in (("success_days_lo", "success_days_hi"), *((f"{s}_lo", f"{s}_hi") for s in SCORES)):
            for bound in (lo, hi):
                inside = pl.col(f"{bound}_then").is_between(pl.col(lo) - 1e-12, pl.col(hi) + 1e-12)
                assert cases.filter(~inside).is_empty(), (lo, hi)
    whole = weeks.filter(scored & pl.col("participant_id").str.ends_with("c"))
    assert set(whole["answer"].drop_nulls()) == {"yes", "no"}
    assert (whole["days_score_lo"] == whole["days_score_hi"]).all()


def test_bouts_never_overlap(capsys: pytest.CaptureFixture[str]) -> None:
    study = generated.study(77, 60)
    with connect() as connection:
        ledger.derive_study(connection, study)
        bouts = ledger.take_out(connection, "walking_bout").sort("participant_id", "bout_rule_id", "bout_start")
    judged(capsys, bouts, "bouts beside the one before")
    before = pl.col("bout_end").shift(1).over("participant_id", "bout_rule_id")
    assert bouts.filter(pl.col("bout_start") < before).is_empty()
    assert bouts.filter(pl.col("bout_end") <= pl.col("bout_start")).is_empty()


def moved(person: Person, days: int) -> Person:
    """The same life so many days later."""
    later = dt.timedelta(days=days)
    assert person.start_date is not None
    return dataclasses.replace(
        person,
        start_date=person.start_date + later,
        end_date=None if person.end_date is None else person.end_date + later,
        prescriptions=[(date + later, rd, rm) for date, rd, rm in person.prescriptions],
        totals={date + later: steps for date, steps in person.totals.items()},
        sessions=[
            dataclasses.replace(each, start=each.start + days * DAY, end=each.end + days * DAY)
            for each in person.sessions
        ],
        events=[
            dataclasses.replace(each, date=each.date + later, end_date=each.end_date and each.end_date + later)
            for each in person.events
        ],
        assignments=[
            dataclasses.replace(
                each, from_date=each.from_date and each.from_date + later, to_date=each.to_date and each.to_date + later
            )
            for each in person.assignments
        ],
        files=[_moved_file(file, days) for file in person.files],
    )


def _moved_file(file: File, days: int) -> File:
    rows = [row._replace(minute=row.minute + days * DAY) for row in file.rows]
    return dataclasses.replace(file, rows=rows)


def tables_moved(study: Study, days: int, week: str) -> dict[str, pl.DataFrame]:
    """The study's tables so many days later, moved back; without what a calendar says of a date."""
    shifted = dataclasses.replace(
        study,
        people=[moved(person, days) for person in study.people],
        protocols=[dataclasses.replace(protocol, week=week) for protocol in study.protocols],
        as_of=dt.date(2024, 4, 20) + dt.timedelta(days=days),
    )
    found = {}
    with connect() as connection:
        ledger.derive_study(connection, shifted)
        for table in ("minute", "walking_bout", "participant_day", "participant_week"):
            frame = ledger.take_out(connection, table).drop("iso_year", "iso_week", "rules_hash", strict=False)
            dates = [name for name, kind in frame.schema.items() if kind in (pl.Date, pl.Datetime("us", "UTC"))]
            back = pl.duration(days=days)
            found[table] = frame.with_columns((pl.col(name) - back).alias(name) for name in dates)
    return found


@pytest.mark.parametrize(("week", "days"), [("study", 1), ("iso", 7)])
def test_a_study_moved_in_time_gives_the_same_weeks_moved(
    week: str, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    made = generated.study(78, 80)
    for person in made.people:
        person.time_zone, person.travel = "UTC", []
    study = dataclasses.replace(made, people=[person for person in made.people if person.start_date is not None][:45])
    here, there = (tables_moved(study, by, week) for by in (0, days))
    judged(capsys, here["participant_day"], f"days of {week} weeks moved by {days} days")
    for table, frame in here.items():
        keys = [name for name, kind in frame.schema.items() if not kind.is_nested()]
        assert frame.sort(keys).equals(there[table].sort(keys)), table
