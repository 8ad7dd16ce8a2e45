"""Agreement of two devices and their clocks, said slowly: plain lists, deviations from means, one loop for each sum."""

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence

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
    is_clock_offset: bool | None


def clocks(a: Record, b: Record, date_of: Callable[[int], dt.date]) -> dict[dt.date, Clock]:
    """The clock check of every date with at least 10 compared minutes."""
    pairs = compared(a, b)
    found = {}
    for date in sorted({date_of(minute) for minute in pairs}):
        here = [minute for minute in pairs if date_of(minute) == date]
        if len(here) >= 10:
            found[date] = _clock(pairs, here)
    return found


def _clock(pairs: Mapping[int, tuple[int, int]], here: Sequence[int]) -> Clock:
    change_a, change_b = (
        {minute: pairs[minute][n] - pairs[minute - 1][n] for minute in here if minute - 1 in pairs} for n in (0, 1)
    )
    squares_a, squares_b = (sum(change**2 for change in changes.values()) for changes in (change_a, change_b))
    if not squares_a or not squares_b:
        return Clock(None, None, None)
    products = {lag: sum(change * change_b.get(at + lag, 0) for at, change in change_a.items()) for lag in LAGS}
    best = max(LAGS, key=lambda lag: (products[lag], -abs(lag), -lag))
    correlation, at_zero = (products[lag] / math.sqrt(squares_a * squares_b) for lag in (best, 0))
    if correlation < 0.3:
        return Clock(best, correlation, None)
    counted = sum(max(pairs[minute]) > 0 for minute in here)
    error = 1 / math.sqrt(counted - 3)
    height, height_at_zero = (math.atanh(min(max(value, 0), 0.9999)) for value in (correlation, at_zero))
    if height / error < 5:
        told = None
    elif abs(best) < 2:
        told = False
    else:
        told = True if (height - height_at_zero) / (math.sqrt(2) * error) >= 5 else None
    return Clock(best, correlation, told)


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
