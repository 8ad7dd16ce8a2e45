"""Dates and days of one person, stated slowly: which count, what was worn, what state they are in and why.

Architecture A3: definitions 1, 8, 10 and 11; bouts guide, section 5.
"""

import dataclasses
import datetime as dt
from fractions import Fraction

from tests.oracles.slow_clock import Clock, LocalDate
from tests.oracles.slow_minutes import device_class, proves_wear
from tests.oracles.slow_walks import Grid, Walked, is_seen
from tests.oracles.world import BoutRule, Event, Person, Study, WearRule

#: Zeros on both sides that make a spike of up to two minutes count as zero. Source: Choi 2011.
CHOI_WINDOW, CHOI_SPIKE = 30, 2
_DAY = dt.timedelta(days=1)


@dataclasses.dataclass
class Span:
    """The dates of a person: those from first to last may count; the others have rows only."""

    first: dt.date | None
    last: dt.date | None
    rows: list[dt.date]


def as_of(study: Study, grids: dict[str, Grid]) -> dt.date | None:
    """The study's own, else the latest local date of any kept minute."""
    dates = [row.date for grid in grids.values() for row in grid.values()]
    return study.as_of or max(dates, default=None)


def span(person: Person, grid: Grid, until: dt.date | None) -> Span:
    """Definition 1. Without a start_date: from the first to the last date with a minute row, or a total if nothing else."""
    if until is None:
        # only totals anywhere: no minute says up to when the study has data
        until = max(person.totals, default=None)
    if until is None:
        return Span(None, None, [])
    held = {row.date for row in grid.values()}
    known = held or set(person.totals)
    first, last = person.start_date, until
    if first is None:
        if not known:
            return Span(None, None, [])
        first, last = min(known), min(max(known), until)
    last = min(last, person.end_date or last)
    inside = {first + n * _DAY for n in range((last - first).days + 1)}
    return Span(
        first if inside else None, last if inside else None, sorted(inside | {date for date in known if date <= until})
    )


def ineligible_reason(person: Person, date: dt.date, shape: LocalDate, dates: Span) -> str | None:
    """Why the date does not count; None if it does."""
    start = person.start_date
    holds = {
        "before_start": date < dates.first if dates.first is not None else start is not None and date < start,
        "after_end": dates.last is None or date > dates.last,
        "after_death": any(event.kind == "death" and date > event.date for event in person.events),
        "withdrawn": any(_withdraws(event) and date > event.date for event in person.events),
        "no_such_date": not shape.length,
        "excused": any(
            event.kind == "excused" and event.date <= date <= (event.end_date or event.date) for event in person.events
        ),
    }
    return next((reason for reason, true in holds.items() if true), None)


def _withdraws(event: Event) -> bool:
    return event.kind == "withdrawal" and event.value == "data"


def not_worn(grid: Grid, rule: WearRule) -> set[int]:
    """Minutes of long zero runs under the methods zeros and choi; nothing but steps or an unmeasured minute ends a run."""
    if rule.method not in ("zeros", "choi"):
        return set()
    assert rule.zero_run_minutes is not None
    kept = [minute for minute, row in grid.items() if row.steps is not None]
    zero = {at: grid[at].steps == 0 for at in kept}
    if rule.method == "choi":
        runs = _runs(kept, {at: not is_zero for at, is_zero in zero.items()})
        spikes = [
            (start, end)
            for start, end in runs
            if end - start <= CHOI_SPIKE
            and all(zero.get(at, False) for at in range(start - CHOI_WINDOW, start))
            and all(zero.get(at, False) for at in range(end, end + CHOI_WINDOW))
        ]
        for start, end in spikes:
            zero.update(dict.fromkeys(range(start, end), True))
    found: set[int] = set()
    for start, end in _runs(kept, zero):
        if end - start >= rule.zero_run_minutes:
            found.update(range(start, end))
    return found


def _runs(minutes: list[int], holds: dict[int, bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for at in minutes:
        if not holds[at]:
            continue
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


@dataclasses.dataclass
class Wear:
    """Worn minutes of a date under a wear rule, and the ones among them inside the window that the bout rule observes."""

    worn: int = 0
    in_window: int = 0


def wear_by_date(grid: Grid, rule: WearRule, bout_rule: BoutRule) -> dict[dt.date, Wear]:
    """Worn: has a heart rate (heart_rate), else observed and not in a long zero run."""
    found: dict[dt.date, Wear] = {}
    off = not_worn(grid, rule)
    by_heart = rule.method == "heart_rate"
    for minute, row in grid.items():
        worn = row.heart_rate if by_heart else row.source is not None and minute not in off
        if worn:
            day = found.setdefault(row.date, Wear())
            day.worn += 1
            day.in_window += rule.day_from <= row.clock < rule.day_to and is_seen(row, bout_rule)
    return found


@dataclasses.dataclass
class Measured:
    """What the minutes of a date add up to, whatever the protocol."""

    rows: int = 0
    of_activities: int = 0
    unworn: int = 0
    observed: int = 0
    steps: int | None = None
    partly_active: int = 0
    by_track: int = 0
    counts: list[int] = dataclasses.field(default_factory=list)
    kinds: set[str] = dataclasses.field(default_factory=set)
    devices: set[str] = dataclasses.field(default_factory=set)

    @property
    def is_known(self) -> bool:
        """Something was measured, or an activity file is there, even if it measured nothing."""
        return self.observed > 0 or self.of_activities > 0

    def minutes_from(self, cadence: int) -> int:
        """Minutes with at least so many steps."""
        return sum(steps >= cadence for steps in self.counts)

    @property
    def peak30(self) -> Fraction | None:
        """The mean of the 30 highest minutes, None with fewer."""
        return Fraction(sum(sorted(self.counts)[-30:]), 30) if len(self.counts) >= 30 else None


def measured_by_date(grid: Grid) -> dict[dt.date, Measured]:
    """The sums of each date that has a row."""
    found: dict[dt.date, Measured] = {}
    for row in grid.values():
        day = found.setdefault(row.date, Measured())
        day.rows += 1
        day.of_activities += row.file.kind != "all_day"
        day.unworn += row.is_worn is False
        if not row.is_observed:
            continue
        day.observed += 1
        day.partly_active += "partly_active" in row.flags
        day.by_track += row.source != "steps"
        day.kinds.add(row.file.kind)
        day.devices.add(row.device_id)
        if row.steps is not None:
            day.counts.append(row.steps)
            day.steps = (day.steps or 0) + row.steps
    return found


@dataclasses.dataclass
class Day:
    """A date under a protocol, before its target is known."""

    date: dt.date
    state: str
    reason: str
    window: int
    measured: Measured
    wear: Wear
    walked: Walked


def declared_until(person: Person, study: Study, grid: Grid) -> dt.date | None:
    """Up to when every eligible day is known by activity files alone (definition 8); None if it never is."""
    if not study.activity_files_are_complete or any(file.kind == "all_day" for file in person.files):
        return None
    return max((row.date for row in grid.values()), default=None)


def is_assigned(person: Person, date: dt.date) -> bool:
    """No gap of devices.csv: some device was theirs on the date, or the calendar does not speak of them."""
    return not person.assignments or any(
        (row.from_date or date) <= date <= (row.to_date or date) for row in person.assignments
    )


def is_long_enough(seen: int, window: int, rule: WearRule) -> bool:
    """The valid day's minutes, which shrink in proportion on a date whose window is shorter than the rule's."""
    nominal = rule.day_to - rule.day_from
    return window > 0 and seen * nominal >= rule.valid_day_minutes * min(window, nominal)


def is_declared(person: Person, date: dt.date, measured: Measured, until: dt.date | None) -> bool:
    """Definition 8: with complete activity files a date is known even without one; until: declared_until."""
    if until is None or date > until or not is_assigned(person, date):
        return False
    return measured.rows > 0 or not person.has_unread_file


def state_of(
    person: Person, date: dt.date, measured: Measured, wear: Wear, window: int, rule: WearRule, until: dt.date | None
) -> tuple[str, str]:
    """(state, reason) of an eligible date; until: declared_until."""
    if is_declared(person, date, measured, until):
        return "valid", "declared_complete"
    if not measured.is_known:
        return "missing", "not_worn" if measured.unworn else "coarse_only" if date in person.totals else "no_data"
    if measured.kinds <= {"activity", "track"}:
        return "partial", "activity_only"
    return ("valid", "worn_enough") if is_long_enough(wear.in_window, window, rule) else ("partial", "short_wear")


def can_resolve_no(person: Person, study: Study) -> bool:
    """Definition 4: some source can show that a day failed.

    Activity files alone cannot, unless they are declared complete, nor a phone whose zeros do not prove that it was carried.
    """
    all_day = [file.device for file in person.files if file.kind == "all_day"]
    if not all_day:
        return study.activity_files_are_complete and bool(person.files)
    return any(device_class(person, device) != "phone" or proves_wear(person, device) for device in all_day)


def local_dates(clock: Clock, dates: Span) -> dict[dt.date, LocalDate]:
    """The shape of every date that has a row."""
    return clock.dates(dates.rows[0], dates.rows[-1]) if dates.rows else {}
