"""Made-up people with one device whose zeros prove wear, fixed dates and the built-in protocols; and their derived weeks.

The wear window of the built-in rules is shortened to 40 minutes, 20 of which make a valid day, so that days are cheap.
"""

import csv
import dataclasses
import datetime as dt
import random
from pathlib import Path

import polars as pl

from tests.oracles import ledger
from tests.oracles.world import BoutRule, Device, File, Person, Protocol, Statement, Study, WearRule, minute_of
from warehouse.database import connect

MONDAY = dt.date(2024, 3, 4)
DAY = 1440
MIDNIGHT = minute_of(dt.datetime(2024, 3, 4, tzinfo=dt.UTC))
WEAR = WearRule("short", "coverage", None, 20, 600, 640)
#: Lower bounds, which more walking and more data may only raise.
LOWER = ("success_days_lo", "days_score_lo", "minutes_score_lo", "dose_score_lo")
ANSWERS = ("adherent_days", "adherent_days_window", "adherent_minutes", "adherent_days_prorated", "answer")
_RULES = Path(__file__).resolve().parents[2] / "warehouse" / "rules"


def built_in_protocols() -> list[Protocol]:
    """Every built-in protocol with an absolute threshold, its bout rule as shipped, its wear window shortened."""
    with (_RULES / "bout_rule.csv").open(encoding="utf-8") as file:
        rules = {row["bout_rule_id"]: row for row in csv.DictReader(file)}
    with (_RULES / "protocol.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Protocol(
            protocol_id=row["protocol_id"],
            bout_rule=_bout_rule(rules[row["bout_rule_id"]]),
            wear_rule=WEAR,
            days_per_week=int(row["days_per_week"]),
            minutes_per_day=int(row["minutes_per_day"]),
            success=row["success"],
            target=row["target"],
            grace_minutes=int(row["grace_minutes"]),
            running=row["running"],
            vigorous_cadence_spm=int(row["vigorous_cadence_spm"]) if row["vigorous_cadence_spm"] else None,
            vigorous_weight=int(row["vigorous_weight"]),
        )
        for row in rows
        if rules[row["bout_rule_id"]].get("cadence_scale", "absolute") == "absolute"
    ]


def _bout_rule(row: dict[str, str]) -> BoutRule:
    return BoutRule(
        row["bout_rule_id"],
        row["algorithm"],
        int(row["min_cadence_spm"]),
        int(row["min_minutes"]),
        int(row["max_gap_minutes"]),
        round(float(row["min_share"]) * 10) if row["min_share"] else None,
        row["credit"],
        row["missing"],
    )


def walker(name: str, steps: dict[int, int | None], of: Person | None = None) -> Person:
    """A person of two weeks from MONDAY in UTC with these minutes (none: nothing sent); other columns as another person's."""
    person = dataclasses.replace(of) if of else Person(name, "UTC", MONDAY, MONDAY + dt.timedelta(days=13))
    person.participant_id = name
    rows = [Statement(minute, steps[minute]) for minute in sorted(steps)]
    device = Device(f"{name}-device", "pedometer", zeros_prove_wear=True)
    person.files = [File(f"{name}/file", device, "all_day", rows)] if rows else []
    return person


def morning(chance: random.Random, day: int) -> dict[int, int | None]:
    """Walking and standing from 09:30 to 11:00 of a date, the whole window and nothing near midnight."""
    steps: dict[int, int | None] = {}
    at, end = MIDNIGHT + day * DAY + 570, MIDNIGHT + day * DAY + 660
    pace = chance.choice(((60, 61, 70), (100, 110, 120), (130, 140), (59, 60, 99, 100, 129, 130)))
    while at < end:
        kind = chance.choices(("walk", "pause", "still"), (6, 4, 1))[0]
        longest = {"walk": (1, 4, 9, 10, 15, 31), "pause": (1, 1, 2, 3), "still": (10, 25)}[kind]
        for _ in range(chance.choice(longest)):
            if at < end:
                steps[at] = (
                    chance.choice(pace) if kind == "walk" else chance.choice((0, 20, 59)) if kind == "pause" else 0
                )
                at += 1
    return steps


def prescribe(chance: random.Random, person: Person) -> Person:
    """The person with a prescription, which the bout rules may see or not, or without one."""
    if chance.random() < 0.7:
        rd, rm = chance.choice((1, 3, 5, 5, 7)), chance.choice((5, 10, 15, 20, 30, 45))
        person.prescriptions = [(MONDAY, rd, rm)]
    return person


def derived(people: list[Person], protocols: list[Protocol] | None = None) -> dict[str, pl.DataFrame]:
    """The four tables of a study of these people, as of the end of the two weeks."""
    study = Study(people, protocols or built_in_protocols(), as_of=MONDAY + dt.timedelta(days=13))
    with connect() as connection:
        ledger.derive_study(connection, study)
        return {
            name: ledger.take_out(connection, name)
            for name in ("minute", "walking_bout", "participant_day", "participant_week")
        }


def pairs(weeks: pl.DataFrame, before: str, after: str) -> pl.DataFrame:
    """Weeks of people whose ids differ in their last letter only, side by side: columns of the later with the suffix `_then`."""
    person = pl.col("participant_id")
    keyed = weeks.with_columns(person.str.head(-1).alias("who"), person.str.tail(1).alias("stage"))
    return keyed.filter(pl.col("stage") == before).join(
        keyed.filter(pl.col("stage") == after), on=["who", "protocol_id", "week_number"], suffix="_then"
    )
