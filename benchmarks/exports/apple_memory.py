"""Reads a made-up Apple Health export of a given size in a process of its own: seconds, MB/s and the most memory held.

    python benchmarks/exports/apple_memory.py [MEGABYTES]

Beside it the time of an lxml loop over a smaller export of the same make, which does nothing but look at each record's type.
"""

import datetime as dt
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_MB = 10**6
_PEER_MB = 200
_FIRST_DAY = dt.date(2015, 1, 1)
_DAY = b"DDDDDDDDDD"

_HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
]>
<HealthData locale="de_DE">
 <ExportDate value="2026-03-04 09:30:00 +0100"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1951-02-03"/>
"""
_WATCH = "Anna\u2019s Apple\u00a0Watch", "Apple Watch", "Watch", "Watch6,2"
_PHONE = "Anna\u2019s iPhone", "iPhone", "iPhone", "iPhone12,8"
#: type, unit, source, records a day, their seconds
_KINDS = (
    ("HeartRate", "count/min", _WATCH, 340, 0),
    ("ActiveEnergyBurned", "kcal", _WATCH, 420, 60),
    ("BasalEnergyBurned", "kcal", _WATCH, 90, 900),
    ("DistanceWalkingRunning", "km", _WATCH, 150, 300),
    ("StepCount", "count", _WATCH, 90, 300),
    ("StepCount", "count", _PHONE, 50, 400),
)


def _clock(second: int) -> str:
    return f"{_DAY.decode()} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0100"


def _day(kind: tuple[str, str, tuple[str, str, str, str], int, int], generator: random.Random) -> bytes:
    """A day's records of one kind with a mark where the date stands; none overlaps the next."""
    name, unit, (source, device, model, hardware), count, longest = kind
    lines = []
    for place in range(count):
        start = 86_300 * place // count
        end = start + min(generator.randrange(longest + 1), 86_300 // count - 1)
        inside = (
            ' <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="0"/>\n' if name == "HeartRate" else ""
        )
        lines.append(
            f' <Record type="HKQuantityTypeIdentifier{name}" sourceName="{source}" sourceVersion="9.3" '
            f'device="&lt;&lt;HKDevice: 0x28{generator.randrange(16**7):07x}&gt;, name:{device}, '
            f'manufacturer:Apple Inc., model:{model}, hardware:{hardware}, software:9.3&gt;" unit="{unit}" '
            f'creationDate="{_clock(end + 5)}" startDate="{_clock(start)}" endDate="{_clock(end)}" '
            f'value="{generator.randrange(1, 200)}"' + (f">\n {inside} </Record>\n" if inside else "/>\n")
        )
    return "".join(lines).encode()


def _workouts(generator: random.Random) -> bytes:
    start, end = _clock(generator.randrange(30_000, 40_000)), _clock(generator.randrange(41_000, 50_000))
    return (
        ' <Workout workoutActivityType="HKWorkoutActivityTypeWalking" duration="31.7" durationUnit="min" '
        f'sourceName="{_WATCH[0]}" creationDate="{end}" startDate="{start}" endDate="{end}">\n'
        f'  <WorkoutStatistics type="HKQuantityTypeIdentifierStepCount" startDate="{start}" endDate="{end}" sum="3100"/>\n'
        " </Workout>\n"
        f' <ActivitySummary dateComponents="{_DAY.decode()}" activeEnergyBurned="700.7" appleStandHours="16"/>\n'
    ).encode()


def parts(megabytes: int, seed: int = 1) -> Iterator[bytes]:
    """The export in the order of a phone: all records of a type, then those of the next; workouts at the end."""
    generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
    sections: list[list[bytes]] = [[_day(kind, generator) for _ in range(7)] for kind in _KINDS]
    sections.append([_workouts(generator) for _ in range(7)])
    size_of_day = sum(len(week[0]) for week in sections)
    days = max(1, megabytes * _MB // size_of_day)
    yield _HEAD
    for week in sections:
        for day in range(days):
            date = (_FIRST_DAY + dt.timedelta(days=day)).isoformat().encode()
            yield week[day % 7].replace(_DAY, date)
    yield b"</HealthData>\n"


def _write(path: Path, megabytes: int) -> float:
    """Writes the export and returns its size in MB."""
    with path.open("wb") as file:
        file.writelines(parts(megabytes))
    return path.stat().st_size / _MB


_CHILD = """
import re, sys, time
from pathlib import Path
from connectors import apple_health
before, cpu = time.perf_counter(), time.process_time()
recording = apple_health.read(Path(sys.argv[1]))
seconds, cpu = time.perf_counter() - before, time.process_time() - cpu
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(seconds, cpu, peak, recording.rows_read, recording.epochs.height, recording.epochs["steps"].sum())
"""


def _lxml(path: Path) -> int:
    from lxml import etree

    found = 0
    for _, element in etree.iterparse(str(path), tag="Record"):
        found += element.get("type") == "HKQuantityTypeIdentifierStepCount"
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return found


def _timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Seconds, those of the processor, and the result."""
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - start, time.process_time() - cpu, result


def _read(path: Path) -> tuple[float, float, float, str]:
    """Seconds, those of the processor, peak in MB, and what was read."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True, cwd=root
    )
    seconds, cpu, peak, records, epochs, steps = done.stdout.split()
    what = f"{records} step records, {epochs} epochs, {float(steps):.0f} steps"
    return float(seconds), float(cpu), float(peak), what


def _line(what: str, megabytes: float, seconds: float, cpu: float, more: object) -> None:
    speed = f"{megabytes / seconds:6.0f} MB/s"
    print(f"{what:>9} {megabytes:6.0f} MB {seconds:7.2f} s {cpu:7.2f} s of processor {speed}  {more}")


def main(megabytes: int) -> None:
    """Runs the benchmark and prints its figures; the ratio is that of processor seconds, which other work disturbs less."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.xml", Path(folder) / "export.xml"
        small_size, size = _write(small, _PEER_MB), _write(large, megabytes)
        for path, read_size in ((large, size), (small, small_size)):
            seconds, cpu, peak, what = _read(path)
            _line("Footfall", read_size, seconds, cpu, f"at most {peak:.0f} MB of memory, {what}")
        peer_seconds, peer_cpu, found = _timed(lambda: _lxml(small))
        _line("lxml", small_size, peer_seconds, peer_cpu, f"{found} step records")
        print(f"ratio {peer_cpu / cpu:.1f} on {small_size:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
