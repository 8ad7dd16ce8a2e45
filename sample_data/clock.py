"""Civil time in whole minutes: which local date and clock time a UTC minute has where a participant is.

A minute is counted from 1970-01-01T00:00, in UTC or on the wall clock; spans are half-open (start, end).
"""

import bisect
import datetime as dt
import random
from collections.abc import Sequence
from zoneinfo import ZoneInfo

Span = tuple[int, int]

DAY = 1440
_ORIGIN = dt.date(1970, 1, 1)
_FIRST, _LAST = dt.date(2026, 2, 1), dt.date(2026, 7, 1)


def seeded(*names: object) -> random.Random:
    """A random stream of its own for these names, the same on every machine."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - it has to be repeatable, not secret


def utc_minute(moment: dt.datetime) -> int:
    """The UTC minute that holds an aware moment."""
    return int(moment.timestamp()) // 60


def utc_datetime(minute: int) -> dt.datetime:
    """The start of a UTC minute."""
    return dt.datetime.fromtimestamp(minute * 60, dt.UTC)


def midnight(date: dt.date) -> int:
    """The wall-clock minute 00:00 of a date."""
    return (date - _ORIGIN).days * DAY


def wall_datetime(minute: int) -> dt.datetime:
    """What a calendar and a clock on the wall show at a wall-clock minute."""
    return utc_datetime(minute).replace(tzinfo=None)


def overlap(one: Span, other: Span) -> Span | None:
    """The part that two spans share, or None."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


class Clock:
    """The wall clock of one participant, wherever they are."""

    def __init__(self, stays: Sequence[tuple[int, str]]) -> None:
        """stays: (from UTC minute, IANA zone) in order, on whole hours; the first one holds from the beginning."""
        self._starts: list[int] = []
        self._offsets: list[int] = []
        zones = [ZoneInfo(name) for _, name in stays]
        since = [minute for minute, _ in stays[1:]]
        for hour in range(midnight(_FIRST), midnight(_LAST), 60):
            zone = zones[bisect.bisect_right(since, hour)]
            shift = utc_datetime(hour).astimezone(zone).utcoffset() or dt.timedelta()
            if not self._offsets or self._offsets[-1] != shift // dt.timedelta(minutes=1):
                self._starts.append(hour)
                self._offsets.append(shift // dt.timedelta(minutes=1))

    def offset(self, utc: int) -> int:
        """Minutes to add to UTC at that minute."""
        return self._offsets[bisect.bisect_right(self._starts, utc) - 1]

    def local(self, utc: int) -> int:
        """The wall-clock minute of a UTC minute."""
        return utc + self.offset(utc)

    def date(self, utc: int) -> dt.date:
        """The local date of a UTC minute."""
        return _ORIGIN + dt.timedelta(days=self.local(utc) // DAY)

    def changes(self, span: Span) -> list[int]:
        """UTC minutes inside the span at which the offset changes."""
        return [start for start in self._starts if span[0] < start < span[1]]

    def _pieces(self, wall: Span) -> list[Span]:
        ends = [*self._starts[1:], midnight(_LAST)]
        cuts = (
            overlap((wall[0] - offset, wall[1] - offset), (start, end))
            for start, end, offset in zip(self._starts, ends, self._offsets, strict=True)
        )
        return [cut for cut in cuts if cut]

    def utc(self, date: dt.date, hour: int, minute: int = 0) -> int:
        """The first UTC minute at which it is that time on that date."""
        wall = midnight(date) + hour * 60 + minute
        return self._pieces((wall, wall + 1))[0][0]

    def day(self, date: dt.date) -> Span:
        """All UTC minutes of a local date: 1,440 of them, or more or fewer where clocks change or people travel."""
        pieces = self._pieces((midnight(date), midnight(date) + DAY))
        return pieces[0][0], pieces[-1][1]

    def window(self, date: dt.date, first_hour: int, last_hour: int) -> list[Span]:
        """The UTC minutes of a local date from first_hour to last_hour on the clock."""
        return self._pieces((midnight(date) + first_hour * 60, midnight(date) + last_hour * 60))
