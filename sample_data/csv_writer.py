"""Step tables as CSV: the project's own form, three Fitabase tables, ActiGraph epochs. Line ends are LF everywhere."""

import dataclasses
import datetime as dt
import functools
import random
from collections.abc import Iterator, Mapping, Sequence

from sample_data.clock import Clock, Span, wall_datetime


@dataclasses.dataclass(frozen=True)
class Series:
    """Steps of one person by minute over some spans; a minute of a span without an entry is a measured 0.

    Minutes are UTC for the native form and wall-clock minutes for the naive ones. `label` is what the file calls them.
    """

    label: str
    spans: Sequence[Span]
    steps: Mapping[int, int]
    device_id: str = ""

    def minutes(self) -> Iterator[tuple[int, int]]:
        """Every minute of the spans in order, with its steps."""
        for start, end in self.spans:
            for minute in range(start, end):
                yield minute, self.steps.get(minute, 0)


def _encode(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def native_csv(people: Sequence[Series], *, clock: Clock | None = None) -> bytes:
    """participant_id, minute_start, steps and, where a series names one, device_id; stamps end in Z.

    With a clock they carry the offset that held there instead.
    """
    with_device = any(series.device_id for series in people)
    lines = ["participant_id,minute_start,steps" + (",device_id" if with_device else "")]
    for series in people:
        device = f",{series.device_id}" if with_device else ""
        lines += [f"{series.label},{_stamp(minute, clock)},{steps}{device}" for minute, steps in series.minutes()]
    return _encode(lines)


@functools.cache
def _hour(hour: int, form: str) -> str:
    """The written form of an hour: a stamp for each minute would take most of the time there is."""
    return f"{wall_datetime(hour * 60):{form}}"


def _stamp(minute: int, clock: Clock | None) -> str:
    shift = clock.offset(minute) if clock else 0
    zone = "Z" if clock is None else f"{shift // 60:+03d}:{shift % 60:02d}"
    return f"{_hour((minute + shift) // 60, '%Y-%m-%dT%H')}:{minute % 60:02d}:00{zone}"


def _american_date(day: dt.datetime) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def american(minute: int) -> str:
    """A wall-clock minute as Fitabase writes it: 4/12/2016 12:00:00 AM."""
    at = wall_datetime(minute)
    return f"{_american_date(at)} {at.hour % 12 or 12}:{at.minute:02d}:00 {'AM' if at.hour < 12 else 'PM'}"


def fitabase_minute_narrow(people: Sequence[Series]) -> bytes:
    """One row a minute."""
    lines = ["Id,ActivityMinute,Steps"]
    for series in people:
        lines += [f"{series.label},{american(minute)},{steps}" for minute, steps in series.minutes()]
    return _encode(lines)


def fitabase_minute_wide(people: Sequence[Series]) -> bytes:
    """One row an hour with a column for each minute; spans begin and end on whole hours."""
    lines = ["Id,ActivityHour," + ",".join(f"Steps{minute:02d}" for minute in range(60))]
    for series in people:
        for start, end in series.spans:
            for hour in range(start, end, 60):
                cells = (str(series.steps.get(minute, 0)) for minute in range(hour, hour + 60))
                lines.append(f"{series.label},{american(hour)},{','.join(cells)}")
    return _encode(lines)


def fitabase_daily_steps(label: str, totals: Mapping[dt.date, int]) -> bytes:
    """One row a day."""
    rows = (f"{label},{date.month}/{date.day}/{date.year},{steps}" for date, steps in totals.items())
    return _encode(["Id,ActivityDay,StepTotal", *rows])


_RULE = "-" * 50
_COLUMNS = (
    "Date, Time, Axis1,Axis2,Axis3,Steps,Lux,Inclinometer Off,Inclinometer Standing,Inclinometer Sitting,"
    "Inclinometer Lying"
)


def actigraph_epochs(
    serial: str, span: Span, steps: Mapping[int, int], worn: Sequence[Span], seed: random.Random
) -> bytes:
    """30-second epochs from one wall-clock minute to another, by a clock that nobody moves; off the body all is 0."""
    start, end = wall_datetime(span[0]), wall_datetime(span[1])
    lines = [
        "------------ Data Table File Created By ActiGraph wGT3XBT ActiLife v6.13.4 Firmware v1.9.2 "
        "date format dd/MM/yyyy Filter Normal -----------",
        f"Serial Number: {serial}",
        f"Start Time {start:%H:%M:%S}",
        f"Start Date {start:%d/%m/%Y}",
        "Epoch Period (hh:mm:ss) 00:00:30",
        f"Download Time {end:%H:%M:%S}",
        f"Download Date {end:%d/%m/%Y}",
        "Current Memory Address: 0",
        "Current Battery Voltage: 4.05     Mode = 61",
        _RULE,
        _COLUMNS,
    ]
    on_body = {minute for first, last in worn for minute in range(first, last)}
    for minute in range(*span):
        count = steps.get(minute, 0)
        stamp = f"{_hour(minute // 60, '%d/%m/%Y,%H')}:{minute % 60:02d}"
        for second, half in (("00", (count + 1) // 2), ("30", count // 2)):
            lines.append(f"{stamp}:{second},{_epoch(half, minute in on_body, seed)}")
    return _encode(lines)


def _epoch(steps: int, on_body: bool, seed: random.Random) -> str:
    if not on_body:
        return "0,0,0,0,0,30,0,0,0"
    axis = steps * 28 + seed.randint(0, 40)
    upright = 30 if steps > 5 else 0
    return f"{axis},{axis * 2 // 3},{axis // 2},{steps},{seed.randint(0, 90)},0,{upright},{30 - upright},0"
