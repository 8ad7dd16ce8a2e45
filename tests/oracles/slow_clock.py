"""Local time, stated slowly: which civil date and clock time a minute has, how long a date and its window are.

Architecture A3, definition 11: the zone is that of the travel.csv row in force, else the person's own; never the file's.
"""

import collections
import dataclasses
import datetime as dt
import functools
import itertools
import zoneinfo

from tests.oracles.world import Person

_QUARTER = 15
_FIRST_DAY = dt.date(1970, 1, 1).toordinal()


@functools.cache
def _offset(zone: str, quarter: int) -> int:
    # no zone changes its offset but at a full quarter of an hour
    local = dt.datetime.fromtimestamp(quarter * _QUARTER * 60, zoneinfo.ZoneInfo(zone))
    offset = local.utcoffset()
    assert offset is not None
    assert offset % dt.timedelta(minutes=_QUARTER) == dt.timedelta(0)
    return offset // dt.timedelta(minutes=1)


@dataclasses.dataclass
class LocalDate:
    """A civil date as one person lived it: minutes of each zone, and stretches of (clock time, minutes), which a change cuts."""

    length: int = 0
    zones: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    pieces: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    def add(self, clock: int, minutes: int, zone: str) -> None:
        """Adds the next minutes of the date, which begin at a clock time."""
        self.length += minutes
        self.zones[zone] += minutes
        if self.pieces and sum(self.pieces[-1]) == clock:
            self.pieces[-1] = (self.pieces[-1][0], self.pieces[-1][1] + minutes)
        else:
            self.pieces.append((clock, minutes))

    @property
    def time_zone(self) -> str | None:
        """The zone in force for most of the date."""
        return max(self.zones, key=lambda zone: self.zones[zone]) if self.zones else None

    def window_minutes(self, day_from: int, day_to: int) -> int:
        """How many minutes of the date have a clock time in [day_from, day_to): 02:30 may come twice or not at all."""
        return sum(max(0, min(clock + n, day_to) - max(clock, day_from)) for clock, n in self.pieces)


class Clock:
    """The person's clock: home zone, and each journey's zone from its instant on."""

    def __init__(self, person: Person) -> None:
        self.home = person.time_zone
        self.travel = sorted(person.travel)

    def zone_at(self, minute: int) -> str:
        """The zone in force."""
        zone = self.home
        for start, there in self.travel:
            if start <= minute:
                zone = there
        return zone

    def local(self, minute: int) -> tuple[dt.date, int]:
        """The civil date and the minute after its midnight."""
        zone = self.zone_at(minute) if self.travel else self.home
        days, clock = divmod(minute + _offset(zone, minute // _QUARTER), 1440)
        return _date(days), clock

    def dates(self, first: dt.date, last: dt.date) -> dict[dt.date, LocalDate]:
        """Every date from first to last, by walking through all its quarters of an hour; one that travel skips is empty."""
        days = [dt.date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
        return {date: self._lived(date) if self.travel else _at_home(self.home, date) for date in days}

    def _lived(self, date: dt.date) -> LocalDate:
        found = LocalDate()
        noon = (date.toordinal() - _FIRST_DAY) * 1440 + 720
        cuts = [start for start, _ in self.travel]
        # no zone is more than 14 hours away, and a date is over once it is over everywhere
        for quarter in range(noon - 1620, noon + 1620, _QUARTER):
            edges = [quarter, *(cut for cut in cuts if quarter < cut < quarter + _QUARTER), quarter + _QUARTER]
            for start, stop in itertools.pairwise(edges):
                there, clock = self.local(start)
                if there == date:
                    found.add(clock, stop - start, self.zone_at(start))
        return found


@functools.cache
def _at_home(zone: str, date: dt.date) -> LocalDate:
    return Clock(Person("", zone))._lived(date)


@functools.cache
def _date(days: int) -> dt.date:
    return dt.date.fromordinal(_FIRST_DAY + days)
