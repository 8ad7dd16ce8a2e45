"""activPAL's event lists: one row for each stride, and for each time of sitting, standing or lying. Source: two real files."""

import dataclasses
import datetime as dt

from sample_data.clock import DAY, seeded
from sample_data.vendors.sample import Sample, TruthRow, epoch, lines
from sample_data.vendors.walker import WALK, Walker, local

_SPREADSHEET = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a clock without a zone
#: samples of the counter in a second
_RATE = 10


@dataclasses.dataclass(frozen=True)
class _Event:
    """A stretch in tenths of a second since the recording began. kind: 0 sitting, 1 standing, 2 stepping, 3.1 lying."""

    begin: int
    tenths: int
    kind: str
    strides: int

    @property
    def seconds(self) -> str:
        return f"{self.tenths / _RATE:.1f}"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Both lists of one short recording, and an older one."""
    return (_events_ex(walker), _events(walker), _old_events(walker))


def _recording(walker: Walker, minutes: int) -> list[_Event]:
    """Sitting down, standing up, some minutes of the walk stride by stride, standing, and hours of lying."""
    dice = seeded("activpal")
    spells = [(3005, "0", False), (23, "1", False)]
    for minute in walker.moving((WALK[0] + 10, WALK[0] + 10 + minutes)):
        strides = walker.count(minute) // 2
        # never under a second: starts are told to the second
        spells += [(max(10, round(600 / strides) + dice.choice((-1, 0, 0, 1))), "2", True) for _ in range(strides)]
        spells.append((dice.randint(11, 40), "1", False))
    spells += [(6012, "0", False), (150341, "3.1", False)]
    events, begin, strides = [], 0, 0
    for number, (length, kind, stride) in enumerate(spells):
        last = number == len(spells) - 1
        # no start on half a second, which would round either way
        tenths = length + (not last and (begin + length) % _RATE == _RATE // 2)
        strides += stride
        events.append(_Event(begin, tenths, kind, strides))
        begin += tenths
    return events


def _start(event: _Event) -> dt.datetime:
    return local(WALK[0], event.begin / _RATE)


def _serial(event: _Event) -> str:
    """The spreadsheet's day number with ten decimals."""
    return f"{(_start(event) - _SPREADSHEET) / dt.timedelta(days=1):.10f}"


def _rounded(moment: dt.datetime) -> dt.datetime:
    return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)


def _truth(events: list[_Event], *, rounded: bool = False) -> tuple[TruthRow, ...]:
    """Each event until the next, two steps for a stride; the day number and Data Count tell starts to a tenth."""
    starts = [_rounded(_start(event)) if rounded else _start(event) for event in events]
    last = starts[-1] + dt.timedelta(seconds=events[-1].tenths / _RATE)
    return tuple(
        epoch(start, (end - start).total_seconds(), 2 if event.kind == "2" else 0)
        for start, end, event in zip(starts, [*starts[1:], last], events, strict=True)
    )


def _score(event: _Event) -> str:
    return f"{event.tenths / _RATE * (4 if event.kind == '2' else 1.25) / 3600:.17g}"


def _events_ex(walker: Walker) -> Sample:
    rows = [
        "sep=;",
        "Time;Time(approx);Data Count;Event Type;Duration (s);Waking Day;Cumulative Step Count;Activity Score (MET.h);"
        "AbsSumDiffX;AbsSumDiffY;AbsSumDiffZ;Time Upright (s);Time Upside Down (s);Time Back Lying (s);"
        "Time Front Lying (s);Time Left Lying (s);Time Right Lying (s)",
    ]
    events = _recording(walker, 6)
    for event in events:
        upright = event.seconds if event.kind in ("1", "2") else "0.0"
        back = event.seconds if event.kind.startswith("3") else "0.0"
        rows.append(
            f"{_serial(event)};{_rounded(_start(event)):%Y-%m-%d %H:%M:%S};{event.begin};{event.kind};{event.seconds};"
            f"{0 if event.tenths > DAY else 1};{event.strides};{_score(event)};479;644;506;"
            f"{upright};0.0;{back};0.0;0.0;0.0;"
        )
    return Sample("activpal_events_ex", "F07-EventsEx.csv", lines(rows), _truth(events), "rows end in a semicolon")


_HEADER = (
    '"Time","DataCount (samples)","Interval (s)","ActivityCode (0=sedentary 1=standing 2=stepping 3.1=primary lying, '
    '3.2=secondary lying 4=non-wear)","CumulativeStepCount","Activity Score (MET.h)","Sum(Abs(DiffX)","Sum(Abs(DiffY)",'
    '"Sum(Abs(DiffZ)"'
)


def _row(event: _Event, stamp: str) -> str:
    return f"{stamp},{event.begin},{event.seconds},{event.kind},{event.strides},{_score(event)},1037,1389,1416"


def _events(walker: Walker) -> Sample:
    events = _recording(walker, 4)
    rows = [_HEADER, *(_row(event, _serial(event)) for event in events)]
    return Sample("activpal_events", "F07_Events.csv", lines(rows), _truth(events), "commas, quoted names")


def _old_events(walker: Walker) -> Sample:
    events = _recording(walker, 1)
    rows = [_HEADER, *(_row(event, f"#{_rounded(_start(event)):%Y-%m-%d %H:%M:%S}#") for event in events)]
    return Sample(
        "activpal_events",
        "F07_old_Events.csv",
        lines(rows),
        _truth(events, rounded=True),
        "an older file: times in whole seconds between number signs",
    )
