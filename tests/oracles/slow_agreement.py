"""Agreement of two devices and their clocks, said slowly: plain lists, deviations from means, one loop for each sum."""

import dataclasses
import datetime as dt
import fractions
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence

#: Steps by minute since some instant; an absent minute or None was not measured.
Record = Mapping[int, int | None]

LAGS = range(-10, 11)


def compared(a: Record, b: Record) -> dict[int, tuple[int, int]]:
    """Steps of both devices in the minutes in which both measured."""
    found = {}
    for minute in sorted(a):
        steps_a, steps_b = a[minute], b.get(minute)
        if steps_a is not None and steps_b is not None:
            found[minute] = (steps_a, steps_b)
    return found


@dataclasses.dataclass(frozen=True)
class Clock:
    """What one date says of two clocks; correlation None = there is none."""

    offset_minutes: int | None
    correlation: float | None
    starts: int
    ends: int
    is_clock_offset: bool | None


def clocks(
    a: Record, b: Record, date_of: Callable[[int], dt.date], shared: Collection[int] = ()
) -> dict[dt.date, Clock]:
    """The clock check of every date with at least 10 compared minutes; shared: minutes that are part of a longer row."""
    pairs = compared(a, b)
    found = {}
    for date in sorted({date_of(minute) for minute in pairs}):
        here = [minute for minute in pairs if date_of(minute) == date]
        if len(here) >= 10:
            found[date] = _clock(pairs, [minute for minute in here if not {minute, minute - 1} & set(shared)])
    return found


def _clock(pairs: Mapping[int, tuple[int, int]], here: Sequence[int]) -> Clock:
    change_a, change_b = (
        {minute: pairs[minute][n] - pairs[minute - 1][n] for minute in here if minute - 1 in pairs} for n in (0, 1)
    )
    squares_a, squares_b = (sum(change**2 for change in changes.values()) for changes in (change_a, change_b))
    if not squares_a or not squares_b:
        return Clock(None, None, 0, 0, None)
    products = {lag: sum(change * change_b.get(at + lag, 0) for at, change in change_a.items()) for lag in LAGS}
    best = max(LAGS, key=lambda lag: (products[lag], -abs(lag), -lag))
    correlation = products[best] / math.sqrt(squares_a * squares_b)
    edges = [(_edges(change_a, sign), _edges(change_b, sign)) for sign in (1, -1)]
    starts, ends = (_met(*both, best) for both in edges)
    told = None
    if correlation >= 0.3 and all(
        met >= 3 and _above_a_quarter(met, min(map(len, both))) >= 3 - 1e-9
        for met, both in zip((starts, ends), edges, strict=True)
    ):
        if abs(best) < 2:
            told = False
        elif sum(_met(*both, 0) for both in edges) < (starts + ends) / 2:
            told = True
    return Clock(best, correlation, starts, ends, told)


def _edges(changes: Mapping[int, int], sign: int) -> list[int]:
    """Whole seconds of rises (sign 1) or falls (-1) by 30 steps/min or more; consecutive ones are one, at their centre."""
    large = {minute: size * sign for minute, size in changes.items() if size * sign >= 30}
    found = []
    for first in large:
        if first - 1 not in large:
            run = list(itertools.takewhile(large.__contains__, itertools.count(first)))
            centre = sum(fractions.Fraction(large[minute] * minute) for minute in run) / sum(
                large[minute] for minute in run
            )
            found.append(math.floor(60 * centre))
    return found


def _met(edges_a: Sequence[int], edges_b: Sequence[int], lag: int) -> int:
    """How many starts, or ends, both devices have at a lag, to half a minute."""
    return sum(any(abs(b - a - 60 * lag) <= 30 for b in edges_b) for a in edges_a)


def _above_a_quarter(met: int, of: int) -> float:
    """Standard errors by which a share exceeds a quarter."""
    return (met / of - 0.25) / math.sqrt(0.25 * 0.75 / of)


def held_offset(dates: Sequence[Clock]) -> int | None:
    """The largest offset that holds over the dates of two devices, of two of one size the positive one."""
    flagged = [
        (c.offset_minutes, c.starts, c.ends) for c in dates if c.is_clock_offset and c.offset_minutes is not None
    ]
    held = []
    for offset, _, _ in flagged:
        alike = [(starts, ends) for other, starts, ends in flagged if abs(other - offset) <= 1]
        if sum(starts for starts, _ in alike) >= 6 and sum(ends for _, ends in alike) >= 6:
            held.append(offset)
    return max(held, key=lambda offset: (abs(offset), offset), default=None)


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Bland and Altman's figures for repeated measurements; None where there are too few people or minutes."""

    participants: int
    minutes: int
    mean_difference: float | None
    sd_within: float | None
    sd_between: float | None
    limit_lower: float | None
    limit_upper: float | None


def agreement(differences: Sequence[Sequence[int]]) -> Agreement:
    """Agreement of the differences of several people, one list each: one-way analysis of variance by person."""
    people = [person for person in differences if person]
    every = [value for person in people for value in person]
    k, n = len(people), len(every)
    if not n:
        return Agreement(0, 0, None, None, None, None, None)
    mean = sum(every) / n
    means = [sum(person) / len(person) for person in people]
    within = between = None
    if n > k:
        deviations = [(value - m) ** 2 for person, m in zip(people, means, strict=True) for value in person]
        within = math.fsum(deviations) / (n - k)
        if k > 1:
            spread = math.fsum(len(person) * (m - mean) ** 2 for person, m in zip(people, means, strict=True))
            divisor = (n**2 - sum(len(person) ** 2 for person in people)) / ((k - 1) * n)
            between = max(0.0, (spread / (k - 1) - within) / divisor)
    width = None if within is None or between is None else 1.96 * math.sqrt(within + between)
    return Agreement(
        participants=k,
        minutes=n,
        mean_difference=mean,
        sd_within=None if within is None else math.sqrt(within),
        sd_between=None if between is None else math.sqrt(between),
        limit_lower=None if width is None else mean - width,
        limit_upper=None if width is None else mean + width,
    )
