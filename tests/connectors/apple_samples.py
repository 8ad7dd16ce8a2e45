"""Apple Health exports made from a seed, piece by piece, so that a test knows where each record ends."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

STEPS = "HKQuantityTypeIdentifierStepCount"
START = dt.datetime(2024, 5, 4, 8, 0, tzinfo=dt.UTC)
#: the phone's offset at the export, whatever it was on the walk
OFFSET = dt.timezone(dt.timedelta(hours=2))

PHONE = "Anna’s iPhone"
WATCH = "Anna’s Apple\u00a0Watch"
APP = 'Steps & "more" <free>'
HARDWARE = {
    PHONE: "<<HKDevice: 0x281d3e300>, name:iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone12,8, software:16.1>",
    WATCH: "<<HKDevice: 0x2823cc1e0>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.3>",
}

DTD = """<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 ]> <Record type="HKQuantityTypeIdentifierStepCount" value="1000000"/> -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData locale CDATA #REQUIRED>
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!ATTLIST Record type CDATA #REQUIRED>
]>
"""
#: what iOS 16 wrote between declarations; no parser takes it
MALFORMED_DTD = DTD.replace("]>\n", '<!ELEMENT WorkoutEvent EMPTY>\n  unit CDATA #IMPLIED\n  sum "\n>\n]>\n')
HEAD = """<HealthData locale="en_GB">
 <ExportDate value="2024-06-01 09:30:00 +0200"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1951-02-03" HKCharacteristicTypeIdentifierBiologicalSex="HKBiologicalSexFemale"/>
"""
END = "</HealthData>\n"


def stamp(second: float) -> str:
    """The stamp of so many seconds after START, as the phone prints it."""
    return (START + dt.timedelta(seconds=second)).astimezone(OFFSET).strftime("%Y-%m-%d %H:%M:%S %z")


def record(
    start: float, end: float, value: object, source: str = PHONE, /, *, kind: str = STEPS, **more: str | None
) -> str:
    """A record in the phone's own layout; `more` adds attributes or changes them, None leaves one out.

    `inside` stands between its tags.
    """
    inside = more.pop("inside", "")
    attributes = {
        "type": kind,
        "sourceName": source,
        "sourceVersion": "16.1",
        "device": HARDWARE.get(source),
        "unit": "count",
        "creationDate": stamp(end + 5),
        "startDate": stamp(start),
        "endDate": stamp(end),
        "value": str(value),
    } | more
    written = "".join(f" {name}={quoteattr(text)}" for name, text in attributes.items() if text is not None)
    return f" <Record{written}>\n{inside} </Record>" if inside else f" <Record{written}/>"


def metadata(key: str, value: str) -> str:
    return f'  <MetadataEntry key="{key}" value="{value}"/>\n'


TYPED_IN = metadata("HKWasUserEntered", "1")
_SYNCED = metadata("HKMetadataKeySyncVersion", "2")


def pieces(seed: int, count: int = 12) -> list[str]:
    """Records of a walk with phone, watch and an app, among others: repeats, some typed in, what looks like steps and is none."""
    generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
    others: list[Callable[[int], str]] = [
        lambda s: record(s, s, 87, WATCH, kind="HKQuantityTypeIdentifierHeartRate", unit="count/min", inside=_SYNCED),
        lambda s: f'  <WorkoutStatistics type="{STEPS}" startDate="{stamp(s)}" endDate="{stamp(s + 9)}" sum="70000"/>',
        lambda s: f" <!-- {record(s, s + 9, 80_000)} > -->",
        lambda s: f" <![CDATA[{record(s, s + 9, 90_000)}]]>",
        lambda s: f"<?footfall {record(s, s + 9, 60_000)}?>",
        lambda s: f' <ActivitySummary dateComponents="2024-05-04" note="{STEPS}!"/>',
        lambda s: record(
            s, s + 60, 5, "Yahoo! > ?", kind="HKQuantityTypeIdentifierDistanceWalkingRunning", device=STEPS
        ),
    ]
    made: list[str] = []
    for place in range(count):
        start = 80 * place + generator.randrange(10)
        end = start + generator.randrange(5, 60)
        source = generator.choice([PHONE, WATCH, APP])
        inside = generator.choice(["", "", _SYNCED, _SYNCED + TYPED_IN])
        made.append(record(start, end, generator.randrange(200), source, inside=inside))
        if generator.random() < 0.2:
            made.append(made[-1])
        if generator.random() < 0.6:
            made.append(generator.choice(others)(start))
    return made


def export(*records: str, dtd: str = DTD, end: str = END) -> bytes:
    """An export.xml of these records."""
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', dtd + HEAD + "\n".join(records), end]).encode()


def write(tmp_path: Path, content: bytes, name: str = "export.xml") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


Row = tuple[str, str | None, int, int, float]


def by_lxml(path: Path) -> tuple[list[Row], list[Row]]:
    """The step records that a device wrote, and those typed in: name, hardware, start and end in epoch seconds, value."""
    measured: list[Row] = []
    typed: list[Row] = []
    for _, element in etree.iterparse(str(path), tag="Record"):
        if element.get("type") == STEPS:
            start, end = (
                round(dt.datetime.strptime(element.get(name), "%Y-%m-%d %H:%M:%S %z").timestamp())
                for name in ("startDate", "endDate")
            )
            row = (element.get("sourceName"), element.get("device"), start, end, float(element.get("value")))
            by_hand = any(
                entry.get("key") == "HKWasUserEntered" and entry.get("value") == "1"
                for entry in element.iter("MetadataEntry")
            )
            (typed if by_hand else measured).append(row)
    return measured, typed
