"""Dates, lengths, numbers and codes as words. The words are English and have no locale."""

import datetime as dt
from collections.abc import Iterable

#: Flags of a minute, said of some minutes.
FLAGS = {
    "apportioned": "steps shared out from a longer interval",
    "partly_active": "the device was active for less than 90 % of its interval",
    "part_minute": "recorded for part of the minute only",
    "run": "running",
    "not_on_foot": "during a ride or a swim, so no walking",
    "revised": "corrected by a later file",
    "zero_run": "zeros for 90 minutes or more in a row, taken as not worn",
    "gps_contradicts_zero": "the device counted 0 while the track shows walking: the track holds",
    "impossible": "a count above 300 steps was set aside",
    "future": "stamped after its file came: counts for no day",
    "local_time_repeated": "in the clock hour that occurs twice when summer time ends",
    "zone_differs": "the device's clock was set to another offset from UTC",
    "clock_offset": "the clocks of two devices differ by minutes",
}

#: Reasons of `exclusion`, said of minutes, rows or totals.
REASONS = {
    "other_device_preferred": "another device counts for these minutes; steps of two devices are never added",
    "revised": "a later file corrected them",
    "zero_run": "zeros for 90 minutes or more in a row, from a device that writes 0 when nobody wears it: taken as not worn",
    "future": "stamped more than a day after their file came",
    "unattributed": "nobody knows whose they are",
    "before_2000": "stamped before 2000, by a clock that was not set",
    "negative_steps": "step counts below zero",
    "impossible_steps": "more than 300 steps a minute",
    "local_time_does_not_exist": "at a clock time that does not exist on that date",
    "local_time_repeated_without_cause": "at a clock time that occurs twice, where no clock was changed",
    "coarser_than_a_minute": "totals of more than a minute, which show no walks",
}

#: Why a date does not count, or is none of the participant's dates.
NOT_COUNTED = {
    "before_start": "before the start date",
    "after_end": "after the end date",
    "withdrawn": "after the withdrawal",
    "after_death": "after the death",
    "excused": "excused",
    "no_such_date": "skipped by travel",
    "after_as_of": "not reached by the study's data yet",
    "outside_data": "outside the dates with data, and no start date is given",
}


def number(value: float) -> str:
    """A number without needless decimals, with a comma for thousands."""
    return f"{int(value):,}" if value == int(value) else f"{value:,.4g}"


def count(value: float, unit: str) -> str:
    """A number with its unit, in the plural unless it is 1."""
    return f"{number(value)} {unit}" if value == 1 else f"{number(value)} {unit}s"


def length(minutes: float) -> str:
    """Minutes as hours and minutes: 3 h 20 min."""
    hours, rest = divmod(minutes, 60)
    words = [f"{number(hours)} h"] * (hours > 0) + [f"{number(rest)} min"] * (rest > 0)
    return " ".join(words) or "0 min"


def day_name(date: str) -> str:
    """Thu 12 March."""
    day = dt.date.fromisoformat(date)
    return f"{day:%a} {day.day} {day:%B}"


def days_named(dates: Iterable[str]) -> str:
    """Dates as words, in order; three or more that follow each other as a stretch: Wed 15 April to Tue 21 April."""
    runs: list[list[str]] = []
    for date in sorted(dates):
        before = runs[-1][-1] if runs else None
        if before and dt.date.fromisoformat(date) - dt.date.fromisoformat(before) == dt.timedelta(days=1):
            runs[-1].append(date)
        else:
            runs.append([date])
    words: list[str] = []
    for run in runs:
        words += [f"{day_name(run[0])} to {day_name(run[-1])}"] if len(run) > 2 else map(day_name, run)
    return listed(words)


def date_name(date: str) -> str:
    """12 March 2026."""
    day = dt.date.fromisoformat(date)
    return f"{day.day} {day:%B} {day.year}"


def listed(words: Iterable[str]) -> str:
    """One, two and three."""
    given = list(words)
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}" if given else ""


def clock(local: str) -> str:
    """The clock time of an ISO instant on the participant's clock."""
    return local[11:16]


def said(words: dict[str, str], code: str) -> str:
    """The words for a code; a code that has none speaks for itself."""
    return words.get(code, code.replace("_", " "))


def sentence(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]
