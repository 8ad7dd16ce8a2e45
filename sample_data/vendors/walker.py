"""One made-up walker, by wall-clock minutes of a week in Sydney's summer time: the source of every vendor's rows."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping

from sample_data.clock import DAY, Span, midnight, seeded, utc_datetime, wall_datetime

SEED = 2024

#: Sydney is ahead of UTC by this through the whole week
OFFSET_MINUTES = 660

MONDAY = dt.date(2026, 3, 9)
THURSDAY = MONDAY + dt.timedelta(days=3)
#: the last day the tracker was worn; on Sunday it lay in a drawer
SATURDAY = MONDAY + dt.timedelta(days=5)
SUNDAY = MONDAY + dt.timedelta(days=6)

_THURSDAY = midnight(THURSDAY)
#: an hour asleep
ASLEEP: Span = (_THURSDAY + 3 * 60, _THURSDAY + 4 * 60)
#: a walk, pottering about and, from 08:40 to 09:10, a tracker on the bathroom shelf
MORNING: Span = (_THURSDAY + 7 * 60, _THURSDAY + 9 * 60 + 30)
#: the same in whole hours
MORNING_HOURS: Span = (MORNING[0], _THURSDAY + 10 * 60)
#: from ten minutes before the morning's walk to ten minutes after it
WALK: Span = (_THURSDAY + 7 * 60 + 10, _THURSDAY + 7 * 60 + 58)
#: a walk over midnight
NIGHT: Span = (_THURSDAY + 23 * 60 + 40, _THURSDAY + DAY + 20)


@dataclasses.dataclass(frozen=True)
class Walker:
    """Steps by wall-clock minute (no entry: none), walks, sleep, and when the tracker was worn."""

    steps: Mapping[int, int]
    walks: tuple[Span, ...]
    asleep: tuple[Span, ...]
    worn: tuple[Span, ...]

    def count(self, minute: int) -> int:
        """Steps of a minute; 0 also where the tracker was off."""
        return self.steps.get(minute, 0)

    def total(self, span: Span) -> int:
        """Steps of a span."""
        return sum(map(self.count, range(*span)))

    def day(self, date: dt.date) -> int:
        """Steps of a date."""
        return self.total((midnight(date), midnight(date) + DAY))

    def wears(self, minute: int) -> bool:
        """Whether the tracker was worn."""
        return any(start <= minute < end for start, end in self.worn)

    def walking(self, minute: int) -> bool:
        """Whether the minute is part of a walk."""
        return any(start <= minute < end for start, end in self.walks)

    def moving(self, *spans: Span) -> list[int]:
        """The minutes of the spans in which there were steps."""
        return [minute for span in spans for minute in range(*span) if self.count(minute)]


@functools.cache
def walker(seed: int = SEED) -> Walker:
    """The week."""
    dice = seeded(seed, "vendors")
    steps: dict[int, int] = {}
    walks: list[Span] = []
    asleep: list[Span] = []
    worn: list[Span] = []
    for date in days():
        begin = midnight(date)
        asleep.append((begin + 30, begin + 6 * 60 + 40))
        evening = begin + (23 * 60 + 50 if date == THURSDAY else 17 * 60 + dice.randrange(60))
        today = [(begin + 7 * 60 + 20, begin + 7 * 60 + 48), (evening, evening + dice.randint(15, 22))]
        off = (begin + 8 * 60 + 40, begin + 9 * 60 + 10)
        worn += [(begin, off[0]), (off[1], begin + DAY)]
        walks += today
        for minute in range(begin + 6 * 60 + 40, begin + 23 * 60 + 30):
            if not off[0] <= minute < off[1] and dice.random() < 0.2:
                steps[minute] = dice.randint(2, 44)
        for walk in today:
            pace = dice.randint(97, 118)
            steps.update({minute: pace + dice.randint(-7, 7) for minute in range(*walk)})
    return Walker(steps, tuple(walks), tuple(asleep), tuple(worn))


def days() -> list[dt.date]:
    """Monday to Saturday."""
    return [MONDAY + dt.timedelta(days=number) for number in range(6)]


def local(minute: int, seconds: float = 0) -> dt.datetime:
    """What a clock on the wall shows, some seconds into a minute."""
    return wall_datetime(minute) + dt.timedelta(seconds=seconds)


def instant(minute: int, seconds: float = 0) -> dt.datetime:
    """The same moment in UTC."""
    return utc_datetime(minute - OFFSET_MINUTES) + dt.timedelta(seconds=seconds)


def epoch_seconds(minute: int) -> int:
    """The same moment in seconds since 1970."""
    return (minute - OFFSET_MINUTES) * 60


def quarter_hours(date: dt.date) -> list[Span]:
    """The 96 quarters of an hour of a date."""
    return [(minute, minute + 15) for minute in range(midnight(date), midnight(date) + DAY, 15)]


def made_up_id(*names: object) -> str:
    """An identifier as software makes them, the same each time."""
    digits = f"{seeded('id', *names).getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
