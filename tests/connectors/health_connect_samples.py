"""Health Connect exports made from a seed with Android's own tables, and a reading of them row by row in plain Python."""

import dataclasses
import datetime as dt
import random
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

START = dt.datetime(2024, 5, 4, 8, 0, tzinfo=dt.UTC)
START_MS = round(START.timestamp() * 1000)

#: application_info_table: row_id, package_name
APPS: dict[object, object] = {
    1: "com.google.android.apps.fitness",
    2: "com.sec.android.app.shealth",
    7: "com.example.watchface",
}
#: device_info_table: row_id, (manufacturer, model, device_type)
DEVICES: dict[object, tuple[object, ...]] = {
    1: ("Google", "Pixel 8", 2),
    2: ("Samsung", "Annas SM-R900", 1),
    3: (None, None, 0),
    4: ("Fitbit", "Charge 6", 6),
}
PHONE_APP, SHEALTH, WATCHFACE = APPS
PHONE, WATCH, UNKNOWN, BAND = DEVICES

#: what Android calls the columns of an interval record, with their types. Source: RecordHelper, IntervalRecordHelper
STEP_COLUMNS = {
    "row_id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "uuid": "BLOB",  # unique on a phone: repeats come from merged files
    "last_modified_time": "INTEGER",
    "client_record_id": "TEXT",
    "client_record_version": "TEXT",
    "device_info_id": "INTEGER",
    "app_info_id": "INTEGER",
    "recording_method": "INTEGER",
    "dedupe_hash": "BLOB",
    "start_time": "INTEGER",
    "start_zone_offset": "INTEGER",
    "end_time": "INTEGER",
    "end_zone_offset": "INTEGER",
    "local_date": "INTEGER",
    "count": "INTEGER",
}
_SCHEMA = {
    "application_info_table": "row_id INTEGER PRIMARY KEY, package_name TEXT, app_name TEXT, app_icon BLOB",
    "device_info_table": "row_id INTEGER PRIMARY KEY, manufacturer TEXT, model TEXT, device_type INTEGER",
}


def _class(milliseconds: int) -> int:
    """Rows up to 2 minutes are finer than those up to 5.5, these finer than longer ones."""
    return sum(milliseconds > bound for bound in (120_000, 330_000))


@dataclasses.dataclass(frozen=True)
class Step:
    """A row of steps_record_table; start and end in milliseconds after START if whole numbers, else as they are."""

    start: object
    end: object
    count: object
    app: object = PHONE_APP
    device: object = PHONE
    uuid: object = None
    method: object = 2

    def row(self) -> dict[str, object]:
        start, end = (START_MS + t if isinstance(t, int) else t for t in (self.start, self.end))
        offset = {"start_zone_offset": 7200, "end_zone_offset": 3600, "local_date": 19847}
        return {"start_time": start, "end_time": end, "count": self.count, "app_info_id": self.app,
                "device_info_id": self.device, "uuid": self.uuid, "recording_method": self.method} | offset  # fmt: skip


def write(
    path: Path,
    steps: Iterable[Step],
    *,
    apps: Mapping[object, object] | None = APPS,
    devices: Mapping[object, tuple[object, ...]] | None = DEVICES,
    without: Collection[str] = (),
    untyped: bool = False,
) -> Path:
    """A database; `without` leaves columns of the steps out, None a whole table, `untyped` keeps values of any type."""
    columns = {name: "" if untyped else kind for name, kind in STEP_COLUMNS.items() if name not in without}
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("BEGIN")
        database.execute("CREATE TABLE android_metadata (locale TEXT)")
        database.execute(f"CREATE TABLE steps_record_table ({', '.join(f'{n} {t}' for n, t in columns.items())})")
        names = [name for name in Step(0, 0, 0).row() if name in columns]
        places = ", ".join("?" * len(names))
        rows = ([step.row()[name] for name in names] for step in steps)
        database.executemany(f"INSERT INTO steps_record_table ({', '.join(names)}) VALUES ({places})", rows)
        if apps is not None:
            database.execute(f"CREATE TABLE application_info_table ({_SCHEMA['application_info_table']})")
            icons = [(row_id, package, "Anna's app", bytes(300)) for row_id, package in apps.items()]
            database.executemany("INSERT INTO application_info_table VALUES (?, ?, ?, ?)", icons)
        if devices is not None:
            database.execute(f"CREATE TABLE device_info_table ({_SCHEMA['device_info_table']})")
            database.executemany(
                "INSERT INTO device_info_table VALUES (?, ?, ?, ?)", [(n, *values) for n, values in devices.items()]
            )
        database.commit()
    return path


def walk(seed: int, minutes: int = 40) -> list[Step]:
    """A walk that a phone, a watch through its app and a second app on the phone count, and whatever goes wrong in rows."""
    generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
    steps = []
    for minute in range(minutes):
        start, count = minute * 60_000, generator.randint(80, 120)
        steps += [
            Step(start, start + 60_000, count),
            Step(start + 500, start + generator.choice([60_000, 60_500, 75_000]), count + 3, SHEALTH, WATCH),
        ]
        if minute % 5 == 0:
            steps.append(Step(start, start + generator.choice([300_000, 660_000, 660_001, 3_600_000]), 500, SHEALTH))
    steps += [dataclasses.replace(step, count=7, method=3) for step in generator.sample(steps, 3)]
    steps = [dataclasses.replace(step, uuid=generator.randbytes(16)) for step in steps]
    broken: list[dict[str, Any]] = [
        {"start": None}, {"end": None}, {"count": None}, {"count": -1}, {"end": -60_000_000}, {"count": "many"},
        {"count": 1_000_001}, {"count": 9.5}, {"start": "2024-05-04"}, {"start": -START_MS, "end": -START_MS + 60_000},
        {"end": 2**62 - START_MS},
    ]  # fmt: skip
    for change in broken:
        steps.append(dataclasses.replace(generator.choice(steps[: 2 * minutes]), uuid=None, **change))
    steps += generator.sample(steps[:minutes], 4)  # the same uuid
    steps += [dataclasses.replace(step, count=9999) for step in generator.sample(steps[:minutes], 2)]
    steps += [dataclasses.replace(step, uuid=generator.randbytes(16)) for step in generator.sample(steps[:minutes], 3)]
    steps += [dataclasses.replace(step, uuid=None) for step in generator.sample(steps[:minutes], 3)]
    generator.shuffle(steps)
    return steps


@dataclasses.dataclass
class ByHand:
    """What the plain reading finds. epochs, totals: (package, model), start and end in ms after START, steps; sorted."""

    rows: int
    epochs: list[tuple[tuple[object, object], float, float, float]]
    totals: list[tuple[tuple[object, object], float, float, float]]
    problems: dict[str, int]


def _finest(rows: list[tuple[int, int, int]]) -> tuple[list[tuple[float, float, float]], int]:
    """The rows of a device, the finer ones first and then the earlier ones, each without what came before it."""
    taken: list[tuple[int, int]] = []
    found, touched = [], 0
    for start, end, count in sorted(rows, key=lambda row: (_class(row[1] - row[0]), *row[:2])):
        free = [(start, end)]
        for busy, until in taken:
            if start == end:
                free = [] if busy <= start < until else free
                continue
            cut = [((a, min(b, busy)), (max(a, until), b)) for a, b in free]
            free = [(a, b) for pair in cut for a, b in pair if b > a]
        touched += sum(b - a for a, b in free) < end - start or not free
        taken += free
        found += [(float(a), float(b), count * ((b - a) / (end - start) if end > start else 1)) for a, b in free]
    return found, touched


def by_hand(path: Path) -> ByHand:
    """Every row read on its own, by other rules of the same meaning: a second opinion for what the samples hold."""
    with closing(sqlite3.connect(path)) as database:
        apps = dict(database.execute("SELECT row_id, package_name FROM application_info_table"))
        models = dict(database.execute("SELECT row_id, model FROM device_info_table"))
        table = database.execute(
            "SELECT start_time, end_time, count, app_info_id, device_info_id, uuid, recording_method"
            " FROM steps_record_table ORDER BY rowid"
        ).fetchall()
    problems = dict.fromkeys(["bad_row", "typed_in", "repeated_rows", "overlapping_rows"], 0)
    uuids, said = set(), set()
    by_device: dict[tuple[object, object], list[tuple[int, int, int]]] = {}
    totals: list[tuple[tuple[object, object], float, float, float]] = []
    for start, end, count, app, device, uuid, method in table:
        if method == 3:
            problems["typed_in"] += 1
            continue
        numbers = all(type(value) is int for value in (start, end, count))
        if not numbers or end < start or not 0 <= count <= 10**6 or start < 946_684_800_000 or end > 10**14:
            problems["bad_row"] += 1
            continue
        who = (apps[app], models[device])
        row = (start - START_MS, end - START_MS, count)
        if uuid in uuids or (who, row) in said:
            problems["repeated_rows"] += 1
            continue
        said.add((who, row))
        if uuid is not None:
            uuids.add(uuid)
        if end - start > 660_000:
            totals.append((who, float(row[0]), float(row[1]), float(count)))
        else:
            by_device.setdefault(who, []).append(row)
    epochs = []
    for who, rows in by_device.items():
        found, cut = _finest(rows)
        problems["overlapping_rows"] += cut
        epochs += [(who, *row) for row in found]
    return ByHand(
        len(table), sorted(epochs, key=str), sorted(totals, key=str), {k: n for k, n in problems.items() if n}
    )
