"""ActiGraph epochs in each way ActiLife, R and the cloud write them. Source: two real epoch tables, a scoring table, readers."""

import dataclasses

from sample_data.clock import seeded
from sample_data.csv_writer import american
from sample_data.vendors.sample import Sample, TruthRow, epoch, lines
from sample_data.vendors.walker import WALK, Walker, epoch_seconds, local

_SERIAL = "MOS2E39260142"
_NAMES = (
    "Axis1",
    "Axis2",
    "Axis3",
    "Steps",
    "Lux",
    "Inclinometer Off",
    "Inclinometer Standing",
    "Inclinometer Sitting",
    "Inclinometer Lying",
)
_SPAN = (WALK[0], WALK[0] + 40)


@dataclasses.dataclass(frozen=True)
class _Style:
    """How one ActiLife wrote it. order: what line 1 says; dates: the same for strftime-like writing."""

    name: str
    note: str
    order: str = "dd/MM/yyyy"
    seconds: int = 60
    period: str = "00:01:00"
    delimiter: str = ","
    header: str = "Date, Time, " + ",".join(_NAMES) + ",Vector Magnitude"
    stamps: bool = True
    joined: bool = False
    padded: bool = False


_STYLES = (
    _Style("half_minutes.csv", "30 s epochs, the common form", seconds=30, period="00:00:30"),
    _Style(
        "without_header.csv", "values from line 11 on, stamps by counting", order="M/d/yyyy", header="", stamps=False
    ),
    _Style(
        "semicolons.csv",
        "semicolons and decimal commas",
        order="dd-MM-yyyy",
        delimiter=";",
        header="Date; Time; " + ";".join(_NAMES) + ";Vector Magnitude",
    ),
    _Style("from_a_spreadsheet.csv", "preamble padded with commas", order="M/d/yyyy", padded=True),
    _Style(
        "spaces_in_header.csv",
        "a space after every comma of the header; an epoch of 60 seconds",
        period="00:00:60",
        header=", ".join(("Date", "Time", *_NAMES, "Vector Magnitude")),
    ),
    _Style(
        "one_stamp.csv",
        "one column for date and time",
        header="Timestamp," + ",".join(_NAMES) + ",Vector Magnitude",
        joined=True,
    ),
)


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Six of ActiLife's epoch table, and the other forms."""
    return (
        *(_epochs(walker, style) for style in _STYLES),
        _scoring(walker),
        _r_table(walker),
        _centrepoint(walker),
    )


def _date(minute: int, order: str) -> str:
    at = local(minute)
    if order == "M/d/yyyy":
        return f"{at.month}/{at.day}/{at.year}"
    return f"{at:%d/%m/%Y}".replace("/", "-" if "-" in order else "/")


def _split(steps: int, parts: int) -> list[int]:
    """A minute's steps over its epochs."""
    return [steps // parts + (n < steps % parts) for n in range(parts)]


def _values(steps: int, seconds: int, name: str, minute: int) -> tuple[list[int], float]:
    """The nine numbers of an epoch, and the vector magnitude."""
    noise = seeded("actigraph", name, minute, steps)
    axis = steps * 28 + noise.randint(0, 9)
    upright = seconds if steps > 5 else 0
    magnitude = round((axis**2 + (axis * 2 // 3) ** 2 + (axis // 2) ** 2) ** 0.5, 2)
    rest = [noise.randint(0, 90), 0, upright, seconds - upright, 0]
    return [axis, axis * 2 // 3, axis // 2, steps, *rest], magnitude


def _epochs(walker: Walker, style: _Style) -> Sample:
    first, last = local(_SPAN[0]), local(_SPAN[1])
    rows = [
        "------------ Data Table File Created By ActiGraph wGT3XBT ActiLife v6.13.4 Firmware v1.9.2 "
        f"date format {style.order} Filter Normal -----------",
        f"Serial Number: {_SERIAL}",
        f"Start Time {first:%H:%M:%S}",
        f"Start Date {_date(_SPAN[0], style.order)}",
        f"Epoch Period (hh:mm:ss) {style.period}",
        f"Download Time {last:%H:%M:%S}",
        f"Download Date {_date(_SPAN[1], style.order)}",
        "Current Memory Address: 0",
        "Current Battery Voltage: 4.05     Mode = 61",
        "-" * 50,
    ]
    if style.padded:
        rows = [row + "," * style.header.count(",") for row in rows]
    if style.header:
        rows.append(style.header)
    truth: list[TruthRow] = []
    for minute in range(*_SPAN):
        for number, steps in enumerate(_split(walker.count(minute), 60 // style.seconds)):
            at = local(minute, number * style.seconds)
            cells, magnitude = _values(steps, style.seconds, style.name, minute)
            date = _date(minute, style.order)
            stamp = [f"{date} {at:%H:%M:%S}"] if style.joined else [date, f"{at:%H:%M:%S}"]
            written = [*(stamp if style.stamps else []), *map(str, cells)]
            if style.header:
                text = f"{magnitude:.10g}"
                written.append(text.replace(".", ",") if style.delimiter == ";" else text)
            rows.append(style.delimiter.join(written))
            truth.append(epoch(at, style.seconds, steps))
    return Sample("actigraph_epoch", style.name, lines(rows, end="\r\n"), tuple(truth), style.note)


def _scoring(walker: Walker) -> Sample:
    rows = [
        "Data Scoring Details export for: F07_wk1(2026-03-12)60sec.agd",
        "date,epoch,axis1,axis2,axis3,vm,steps,lux,inclinometer off,inclinometer standing,inclinometer sitting,"
        "inclinometer lying",
    ]
    for minute in range(*_SPAN):
        cells, magnitude = _values(walker.count(minute), 60, "scoring", minute)
        numbers = [*cells[:3], round(magnitude), *cells[3:]]
        rows.append(f"{american(minute).replace(' ', ',', 1)},{','.join(map(str, numbers))}")
    truth = tuple(epoch(local(minute), 60, walker.count(minute)) for minute in range(*_SPAN))
    return Sample("actigraph_data_scoring", "data_scoring.csv", lines(rows), truth, "month first, 12-hour clock")


def _r_table(walker: Walker) -> Sample:
    rows = ["timestamp,axis1,axis2,axis3,steps,lux,inclineoff,inclinestanding,inclinesitting,inclinelying"]
    for minute in range(*_SPAN):
        cells, _ = _values(walker.count(minute), 60, "r", minute)
        rows.append(f"{local(minute):%Y-%m-%dT%H:%M:%SZ},{','.join(map(str, cells))}")
    truth = tuple(epoch(local(minute), 60, walker.count(minute)) for minute in range(*_SPAN))
    return Sample("actigraph_r_table", "F07.csv", lines(rows), truth, "the Z is false: local clock")


def _centrepoint(walker: Walker) -> Sample:
    rows = ["Study Id,Subject Id,Device Serial,Timestamp,Axis1,Axis2,Axis3,Vector Magnitude,Steps"]
    for minute in range(*_SPAN):
        cells, magnitude = _values(walker.count(minute), 60, "cloud", minute)
        numbers = [*cells[:3], f"{magnitude:.10g}", cells[3]]
        rows.append(f"1042,F07,{_SERIAL},{epoch_seconds(minute)},{','.join(map(str, numbers))}")
    return Sample(
        "actigraph_centrepoint", "1042_F07_epochs.csv", lines(rows), (), "the maker calls the step column unsupported"
    )
