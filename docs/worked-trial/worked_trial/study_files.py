"""Writes a simulated trial into a study folder as a trial would: its CSVs, device files and tables of minutes."""

import csv
import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from worked_trial import design
from worked_trial.device_files import device_files
from worked_trial.people import TABLE, Trial
from worked_trial.walking import MISSING, PROGRESSION_WEEKS, VALID

#: people in one table of native CSV
_PEOPLE_PER_TABLE = 50
#: local minute from which the pedometer of a table is worn, and for how long: enough for a valid day, or too short for one
_WORN_FROM, _WHOLE, _SHORT = 7 * 60, (625, 680), (180, 300)


def write_trial(trial: Trial, study: Path) -> None:
    """Writes participants.csv, prescriptions.csv, outcomes.csv and the inbox, and sets the as-of date in study.toml."""
    people = range(trial.plan.people)
    start = [trial.start_date(person) for person in people]
    _table(
        study / "participants.csv",
        "participant_id time_zone start_date end_date arm age_years",
        (
            (
                trial.participant_id(p), "", start[p], start[p] + dt.timedelta(days=int(trial.follow_up_days[p])),
                "walking" if trial.is_walking[p] else "control", int(trial.age_years[p]),
            )
            for p in people
        ),
    )  # fmt: skip
    _table(
        study / "prescriptions.csv",
        "participant_id valid_from days_per_week minutes_per_day",
        (row for p in people if trial.is_walking[p] for row in _prescriptions(trial, p)),
    )
    _table(
        study / "outcomes.csv",
        "participant_id date kind value end_date",
        (r for p in people for r in _outcomes(trial, p)),
    )
    settings = study / "study.toml"
    text = re.sub(r"(?m)^as_of = .*$", f'as_of = "{design.CLOSE}"', settings.read_text(encoding="utf-8"))
    settings.write_text(text, encoding="utf-8")
    _inbox(trial, study / "inbox")


Cell = str | int | float | dt.date


def _table(path: Path, header: str, rows: Iterable[tuple[Cell, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _prescriptions(trial: Trial, person: int) -> Iterable[tuple[Cell, ...]]:
    """A row for each change: how prescriptions grow is data."""
    before = None
    for week in range(PROGRESSION_WEEKS):
        asked = int(trial.walking.asked_days[person, week]), int(trial.walking.asked_minutes[person, week])
        if asked != before:
            valid_from = trial.start_date(person) + dt.timedelta(days=7 * week)
            yield trial.participant_id(person), valid_from, *asked
        before = asked


def _outcomes(trial: Trial, person: int) -> Iterable[tuple[Cell, ...]]:
    """What a trial could know: nothing after the end of follow-up, and no measure that was not taken."""
    name, start, followed = trial.participant_id(person), trial.start_date(person), trial.follow_up_days[person]
    for kind, day in (("recurrence", trial.recurrence_day[person]), ("adverse_event", trial.adverse_day[person])):
        if day <= followed:
            yield name, start + dt.timedelta(days=int(day)), kind, "", ""
    cost = np.concatenate([[np.nan], trial.cost[person]])
    disability = np.full(len(design.VISIT_DAYS), np.nan)
    disability[[0, -1]] = trial.disability[person]
    for kind, values in (("disability", disability), ("utility", trial.utility[person]), ("cost", cost)):
        for day, value in zip(design.VISIT_DAYS, values, strict=True):
            if not np.isnan(value):
                yield name, start + dt.timedelta(days=day), kind, f"{value:.4f}", ""


def _inbox(trial: Trial, inbox: Path) -> None:
    for person in np.flatnonzero(trial.sends != TABLE):
        folder = inbox / trial.participant_id(int(person))
        folder.mkdir()
        for name, content in device_files(trial, int(person)):
            (folder / name).write_bytes(content)
    rows = np.flatnonzero(trial.sends == TABLE)
    for number, first in enumerate(range(0, len(rows), _PEOPLE_PER_TABLE), start=1):
        frames = [minutes(trial, int(person)) for person in rows[first : first + _PEOPLE_PER_TABLE]]
        pl.concat(frames).write_csv(inbox / f"minutes_{number:02d}.csv")


def minutes(trial: Trial, person: int) -> pl.DataFrame:
    """Native CSV of one person: every minute of the worn part of each day, a measured 0 where no step was taken.

    Nothing is written of the hours off the body, so that a table is no longer than it has to be for the same days and bouts.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((int(trial.start[person]), person))))
    state, seen = trial.walking.state[person], trial.walking.seen[person]
    days = np.flatnonzero(state != MISSING)
    whole = state[days] == VALID
    length = np.where(whole, rng.integers(*_WHOLE, len(days)), rng.integers(*_SHORT, len(days)))
    put_on = _WORN_FROM + rng.integers(0, 60, len(days)) + 1440 * days - design.UTC_OFFSET_MINUTES
    walk_from = rng.integers(10, length - seen[days] - 5)
    total = int(length.sum())
    within = np.arange(total) - np.repeat(np.cumsum(length) - length, length)
    steps = np.where(rng.random(total) < 0.15, rng.integers(4, 46, total), 0)
    since = within - np.repeat(walk_from, length)
    is_walk = (since >= 0) & (since < np.repeat(seen[days], length))
    steps = np.where(is_walk, rng.integers(92, 125, total), steps)
    origin = dt.datetime.combine(trial.start_date(person), dt.time(), dt.UTC)
    frame = pl.DataFrame({"minute": np.repeat(put_on, length) + within, "steps": steps})
    return frame.select(
        pl.lit(trial.participant_id(person)).alias("participant_id"),
        (pl.lit(origin) + pl.duration(minutes="minute")).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("minute_start"),
        "steps",
    )
