"""The device files of the simulated people: FIT monitoring and activities, GPX tracks, Fitabase and ActiGraph tables.

Bytes are made by the writers of `sample_data`. Times are UTC minutes; clocks never change where these people live.
"""

import dataclasses
import random
from collections.abc import Iterator

from sample_data.clock import DAY, midnight, seeded, utc_datetime
from sample_data.csv_writer import Series, actigraph_epochs, fitabase_minute_narrow
from sample_data.fit_activity import activity_file
from sample_data.fit_monitoring import Watch, monitoring_file
from sample_data.gpx_writer import gpx_track
from sample_data.route import loop
from worked_trial.design import UTC_OFFSET_MINUTES
from worked_trial.people import Trial
from worked_trial.walking import MISSING, VALID

#: local minutes: put on, and taken off on a day of whole wear and on one of a few hours
_UP, _DOWN, _NOON = 6 * 60 + 30, 22 * 60, 12 * 60


@dataclasses.dataclass(frozen=True)
class WornDay:
    """A day with a device: UTC minutes of the date and of wear, the start of the walk, and steps by minute."""

    number: int
    span: tuple[int, int]
    worn: tuple[int, int]
    walk_start: int
    walk: tuple[int, ...]
    steps: dict[int, int]


def worn_days(trial: Trial, person: int) -> Iterator[WornDay]:
    """The days of which a device of this person recorded anything."""
    for number in range(7 * trial.plan.weeks):
        state, minutes = int(trial.walking.state[person, number]), int(trial.walking.seen[person, number])
        if state != MISSING:
            yield _worn_day(trial, person, number, minutes, whole=state == VALID)


def _worn_day(trial: Trial, person: int, number: int, minutes: int, *, whole: bool) -> WornDay:
    rng = seeded("worked trial", trial.participant_id(person), trial.start[person], number)
    day_start = midnight(trial.start_date(person)) + number * DAY - UTC_OFFSET_MINUTES
    up = day_start + _UP + rng.randint(0, 30)
    worn = up, day_start + (_DOWN if whole else _NOON) - rng.randint(0, 30)
    walk_start = up + rng.randint(45, worn[1] - up - 90)
    pace = rng.randint(98, 118)
    walk = tuple(pace + rng.randint(-6, 6) for _ in range(minutes))
    steps = _few_steps(rng, worn, (walk_start, walk_start + minutes))
    steps |= {walk_start + n: count for n, count in enumerate(walk)}
    return WornDay(number, (day_start, day_start + DAY), worn, walk_start, walk, steps)


def _few_steps(rng: random.Random, worn: tuple[int, int], walk: tuple[int, int]) -> dict[int, int]:
    """Steps at least every 50 minutes, so that a device on the body is never silent for long, and away from the walk."""
    steps = {worn[0]: 12, worn[1] - 1: 12}
    at = worn[0] + rng.randint(15, 50)
    while at < worn[1] - 5:
        if at + 3 < walk[0] or at > walk[1] + 3:
            steps |= {at + n: rng.randint(6, 42) for n in range(rng.randint(1, 3))}
        at += rng.randint(20, 50)
    return steps


def device_files(trial: Trial, person: int) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file of a person who sends device files."""
    days = list(worn_days(trial, person))
    match trial.sends[person]:
        case "watch":
            yield from _monitoring(person, days)
        case "watch and activities":
            yield from _monitoring(person, days)
            yield from _activities(person, days)
        case "activities":
            yield from _activities(person, days)
        case "tracks":
            yield from _tracks(person, days)
        case "tracker" if days:
            yield "minuteStepsNarrow.csv", fitabase_minute_narrow([_on_the_wall(trial, person, days)])
        case "research" if days:
            yield from _research(trial, person, days)


def _watch(person: int) -> Watch:
    return Watch(3_900_001_000 + person)


def _monitoring(person: int, days: list[WornDay]) -> Iterator[tuple[str, bytes]]:
    for day in days:
        fit = monitoring_file(
            _watch(person), day.number, day.span,
            day_start=day.span[0], offset_minutes=UTC_OFFSET_MINUTES, steps=day.steps, worn=[day.worn], counters={},
        )  # fmt: skip
        yield f"monitoring_{day.number:03d}.fit", fit.to_bytes()


def _activities(person: int, days: list[WornDay]) -> Iterator[tuple[str, bytes]]:
    for day in days:
        if day.walk:
            rng = seeded("worked trial", person, day.number, "route")
            points = loop(rng, 60 * len(day.walk), day.walk[0] * 0.72 / 60)
            fit = activity_file(
                _watch(person), day.walk_start, day.walk, points, offset_minutes=UTC_OFFSET_MINUTES, rng=rng
            )
            yield f"activity_{day.number:03d}.fit", fit.to_bytes()


def _tracks(person: int, days: list[WornDay]) -> Iterator[tuple[str, bytes]]:
    for day in days:
        rng = seeded("worked trial", person, day.number, "route")
        points = loop(rng, 60 * len(day.walk), day.walk[0] * 0.72 / 60)
        yield f"track_{day.number:03d}.gpx", gpx_track("Walk", utc_datetime(day.walk_start), points)


def _on_the_wall(trial: Trial, person: int, days: list[WornDay]) -> Series:
    """Whole days by the clock on the wall, zeros and all, as a tracker's table is exported."""
    spans = [(day.span[0] + UTC_OFFSET_MINUTES, day.span[1] + UTC_OFFSET_MINUTES) for day in days]
    steps = {minute + UTC_OFFSET_MINUTES: count for day in days for minute, count in day.steps.items()}
    return Series(trial.participant_id(person), spans, steps)


def _research(trial: Trial, person: int, days: list[WornDay]) -> Iterator[tuple[str, bytes]]:
    """A research monitor that records from the first to the last day of wear, off the body too."""
    series = _on_the_wall(trial, person, days)
    worn = [(day.worn[0] + UTC_OFFSET_MINUTES, day.worn[1] + UTC_OFFSET_MINUTES) for day in days]
    span = series.spans[0][0], series.spans[-1][1]
    rng = seeded("worked trial", person, "counts")
    yield "30sec.csv", actigraph_epochs(f"MOS2E{person:08d}", span, series.steps, worn, rng)
