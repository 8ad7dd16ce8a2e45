"""Walking bouts of one person on the minute grid, stated slowly. Architecture A3, definition 9; the rules: slow_rules.py."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterator
from fractions import Fraction

from tests.oracles import slow_rules
from tests.oracles.slow_minutes import Minute
from tests.oracles.slow_rules import Span
from tests.oracles.world import BoutRule, Protocol

#: Above this cadence a track's minutes are not observed. Source: definition 9.
TRACK_CADENCE = 60
#: A hole longer than twice this separates records for good: no rule of the tests looks further.
_REACH = 60

Grid = dict[int, Minute]


@dataclasses.dataclass(frozen=True)
class Bout:
    """A row of walking_bout, with the minutes that qualify in it."""

    start: int
    end: int
    date: dt.date
    qualifying: tuple[int, ...]
    steps: int | None
    mean_cadence: Fraction | None
    peak_cadence: int | None

    @property
    def span(self) -> int:
        """Minutes from start to end, pauses included."""
        return self.end - self.start

    def credited(self, credit: str) -> tuple[int, ...] | range:
        """The minutes that count as walked."""
        return self.qualifying if credit == "active" else range(self.start, self.end)


def rule_function(rule: BoutRule) -> Callable[[list[bool]], set[Span]]:
    """The bout rule as a function of which minutes walk."""
    if rule.algorithm == "strict":
        return functools.partial(slow_rules.strict, min_minutes=rule.min_minutes)
    if rule.algorithm == "gap_merge":
        return functools.partial(slow_rules.gap_merge, min_minutes=rule.min_minutes, max_gap=rule.max_gap_minutes)
    if rule.algorithm == "nci_8of10":
        return functools.partial(slow_rules.nci_8of10, length=rule.min_minutes, tolerance=rule.max_gap_minutes)
    assert rule.min_share_tenths is not None
    return functools.partial(
        slow_rules.window_share,
        length=rule.min_minutes,
        max_gap=rule.max_gap_minutes,
        share=Fraction(rule.min_share_tenths, 10),
    )


def is_seen(minute: Minute, rule: BoutRule) -> bool:
    """Observed for this rule."""
    return minute.source == "steps" or (minute.is_observed and rule.min_cadence_spm <= TRACK_CADENCE)


def qualifies(minute: Minute, rule: BoutRule) -> bool:
    """The seen minute walks; a run does, since what a protocol says of running is not known to the rule."""
    if "not_on_foot" in minute.flags:
        return False
    if minute.steps is not None:
        return minute.steps >= rule.min_cadence_spm
    return minute.source in ("gps", "gps_run")


def _pieces(minutes: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches [start, end) of the record with no hole that a rule could look across, with as much of the hole around."""
    start = previous = minutes[0]
    for minute in minutes[1:]:
        if minute - previous > 2 * _REACH:
            yield start, previous + 1 + _REACH
            start = minute - _REACH
        previous = minute
    yield start, previous + 1


def bouts(grid: Grid, rule: BoutRule) -> list[Bout]:
    """All bouts under a rule, in order; the record lasts from the first to the last minute with a row."""
    if not grid:
        return []
    function = rule_function(rule)
    walks = {minute: int(qualifies(row, rule)) for minute, row in grid.items() if is_seen(row, rule)}
    found: list[Bout] = []
    for start, end in _pieces(list(grid)):
        record = [walks.get(at) for at in range(start, end)]
        for begin, finish in sorted(slow_rules.bouts(record, 1, rule.missing, function)):
            qualifying = tuple(start + at for at in range(begin, finish) if record[at])
            found.append(_bout(grid, start + begin, start + finish, qualifying))
    return found


def _bout(grid: Grid, start: int, end: int, walks: tuple[int, ...]) -> Bout:
    inside = [grid[at].steps for at in range(start, end) if at in grid]
    measured = [steps for steps in inside if steps is not None]
    cadences = [steps for steps in (grid[at].steps for at in walks) if steps is not None]
    return Bout(
        start=start,
        end=end,
        date=grid[start].date,
        qualifying=walks,
        steps=sum(measured) if measured else None,
        mean_cadence=Fraction(sum(cadences), len(cadences)) if cadences else None,
        peak_cadence=max(measured) if measured else None,
    )


@dataclasses.dataclass
class Walked:
    """What of a person's bouts falls on one date: split at midnight, and by whole bouts that start there."""

    minutes: int = 0
    vigorous: int = 0
    bouts: int = 0
    longest: int | None = None
    whole: int = 0
    whole_vigorous: int = 0


def by_date(
    grid: Grid, found: list[Bout], date_of: Callable[[int], dt.date], protocol: Protocol
) -> dict[dt.date, Walked]:
    """The walking of each date. Detection happens before splitting; a minute belongs to its own date.

    Where running is excluded, its minutes are taken out of the bouts; a bout of nothing else is none.
    """
    vigorous = protocol.vigorous_cadence_spm
    dates: dict[dt.date, Walked] = {}
    for bout in found:
        runs = set()
        if protocol.running == "exclude":
            runs = {at for at in range(bout.start, bout.end) if at in grid and "run" in grid[at].flags}
        first = dates.setdefault(bout.date, Walked())
        if bout.span > len(runs):
            first.bouts += 1
            first.longest = max(first.longest or 0, bout.span - len(runs))
        for at in bout.credited(protocol.bout_rule.credit):
            if at in runs:
                continue
            row = grid.get(at)
            day = dates.setdefault(row.date if row is not None else date_of(at), Walked())
            steps = row.steps if row is not None else None
            is_vigorous = vigorous is not None and steps is not None and steps >= vigorous
            day.minutes += 1
            day.vigorous += is_vigorous
            first.whole += 1
            first.whole_vigorous += is_vigorous
    return dates
