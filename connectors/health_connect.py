"""Health Connect's export in, a Recording out: the step records of every app and device, side by side.

The export is one SQLite database. Several apps write the same steps, so they are never added up: whose count holds in a
minute is decided later, by device class.
Source of the tables: RecordHelper, IntervalRecordHelper, StepsRecordHelper, AppInfoHelper and DeviceInfoHelper in Android's
packages/modules/HealthFitness.
"""

import contextlib
import datetime as dt
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from connectors.devices import source_device
from connectors.errors import ConnectorError, CorruptFileError, NoStepDataError
from connectors.overlaps import without_overlaps
from connectors.recording import LONGEST_EVENT, Device, Problem, Recording

#: a row a minute from one app fills it in 38 years
MAX_ROWS = 20_000_000

_MAGIC = b"SQLite format 3\0"
_STEPS, _APPS, _DEVICES = "steps_record_table", "application_info_table", "device_info_table"
_REQUIRED = ("start_time", "end_time", "count")
_INTEGERS = (*_REQUIRED, "app_info_id", "device_info_id", "recording_method")
_ROW_SCHEMA = {**dict.fromkeys(_INTEGERS, pl.Int64), "uuid": pl.Binary}
_SCHEMA_IN_BYTES = re.compile(rb"CREATE TABLE [\"'`\[]?steps_record_table\b", re.IGNORECASE)
_CHUNK_BYTES = 1024**2
_SEARCHED_CHUNKS = 64

#: instructions of SQLite's virtual machine; a row takes about 42
_READ_WORK = 100 * MAX_ROWS
#: the schema of a real export has some 200 entries of ten instructions
_IDENTIFY_WORK = 200_000
#: no value that is read here is as long: a crafted file may let many rows share one huge text
_MAX_VALUE_BYTES = 100_000
_BATCH_ROWS = 50_000
_MAX_SOURCES = 1000

#: milliseconds. Before 2000 no phone counted steps, and from the year 10000 on no date can be written
_FIRST_MS = round(dt.datetime(2000, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
_AFTER_MS = 253_402_300_800_000
#: the most that Health Connect takes in one record. Source: StepsRecord
_MAX_STEPS = 1_000_000
#: RECORDING_METHOD_MANUAL_ENTRY. Source: Metadata
_TYPED_IN = 3
#: DEVICE_TYPE_WATCH, _RING and _FITNESS_BAND: what is worn all day. Source: Device
_WORN_TYPES = (1, 4, 6)

_DAMAGE = (sqlite3.Error, UnicodeDecodeError)  # the latter: a message of SQLite that quotes a damaged name
_AGAIN = "Export the data again in Health Connect and copy the archive whole."


def identify(path: Path) -> bool:
    """True for an SQLite database with a table (no view) steps_record_table, or a damaged one that still declares it."""
    path = Path(path)
    if not _is_sqlite(path):
        return False
    try:
        with _database(path, _IDENTIFY_WORK) as database:
            return bool(_columns(database, _STEPS))
    except _DAMAGE:
        return _declares_steps(path)


def read(path: Path, *, max_rows: int = MAX_ROWS) -> Recording:
    """The Recording of an export: an epoch per step record, in UTC, a longer one as a total.

    Each app on each device is a device of its own. No coverage: without a row nobody took a step, or the phone lay on the
    table. The offsets from UTC in the rows say nothing that the instant does not.
    Raises NoStepDataError without a step that was measured, CorruptFileError if the database is damaged, has other columns,
    more than max_rows rows, or no row that can be read.
    """
    path = Path(path)
    if not _is_sqlite(path):
        raise CorruptFileError(path, expected="an SQLite database", found="another file", where="byte 0", todo=_AGAIN)
    if _is_cut_off(path):
        raise _damaged(path)
    try:
        with _database(path, _READ_WORK) as database:
            return _read(path, database, max_rows)
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _is_cut_off(path: Path) -> bool:
    """True for a file with fewer bytes than its header says: SQLite itself takes a last page in part, and zeros for the rest.

    Source: sqlite.org/fileformat2.html, 1.3.
    """
    with path.open("rb") as file:
        head = file.read(100)
        size = file.seek(0, os.SEEK_END)
    page_bytes = int.from_bytes(head[16:18]) if head[16:18] != b"\0\1" else 65_536
    # the number of pages holds only if it was written at the last change
    pages = int.from_bytes(head[28:32]) if head[24:28] == head[92:96] else 0
    return len(head) < 100 or size < pages * page_bytes or bool(page_bytes and size % page_bytes)


@contextlib.contextmanager
def _database(path: Path, work: int) -> Iterator[sqlite3.Connection]:
    """The file as a database that nobody can write to, no code in it is trusted, and `work` instructions are the most.

    immutable: no lock is taken and no journal beside the file is looked for, it is a copy of an export.
    """
    # as_uri quotes what has a meaning in a URI, and bytes that are no UTF-8
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode(errors="replace")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        database.set_progress_handler(_stop_after(work // 1000), 1000)
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        yield database


def _stop_after(calls: int) -> Callable[[], bool]:
    left = calls

    def stop() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    return stop


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    """The stored columns of a table in lower case; empty for a view, a virtual table or none at all.

    What is generated can be of any size and has no bytes in the file, so it is not looked at.
    """
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name = ? COLLATE NOCASE"
    if database.execute(query, (table,)).fetchone() is None:
        return set()
    return {str(name).lower() for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}


def _declares_steps(path: Path) -> bool:
    """True if the bytes of a file hold the declaration of the table; the schema lies near the front."""
    before = b""
    with path.open("rb") as file:
        for _ in range(_SEARCHED_CHUNKS):
            chunk = file.read(_CHUNK_BYTES)
            if not chunk:
                break
            if _SCHEMA_IN_BYTES.search(before + chunk):
                return True
            before = chunk[-64:]
    return False


def _read(path: Path, database: sqlite3.Connection, max_rows: int) -> Recording:
    columns = _columns(database, _STEPS)
    if missing := [name for name in _REQUIRED if name not in columns]:
        raise CorruptFileError(
            path,
            expected=f"a table {_STEPS} with the columns {', '.join(_REQUIRED)}",
            found=f"one without {', '.join(missing)}" if columns else "no such table",
            todo="Send the export as Health Connect wrote it.",
        )
    records = _Records(path)
    for batch in _batches(database, columns, max_rows):
        records.add(batch)
        if records.count > max_rows:
            raise _too_much(path, f"at most {max_rows:,} step records", "more")
    rows = records.rows()
    sources = rows.select("app_info_id", "device_info_id").unique(maintain_order=True)
    if sources.height > _MAX_SOURCES:
        raise _too_much(path, f"step records of at most {_MAX_SOURCES:,} apps and devices", f"{sources.height:,}")
    found = _devices_of(database, sources)
    devices = {device.device_id: device for device in found}
    # numbers instead of texts: comparing millions of labels takes a multiple
    labels = pl.Series("device_label", [device.device_id for device in found], dtype=pl.Enum(list(devices)))
    rows = rows.join(
        sources.with_columns(labels), on=sources.columns, how="left", nulls_equal=True, maintain_order="left"
    )
    rows = records.once(
        rows.drop(sources.columns).with_columns(pl.lit(None, dtype=pl.String).alias("participant_label"))
    )
    long = pl.col("end") - pl.col("start") > pl.duration(seconds=LONGEST_EVENT)
    epochs, cut = without_overlaps(rows.filter(~long))
    records.note("overlapping_rows", cut)
    most = rows["device_label"].value_counts().sort(["count", "device_label"], descending=[True, False]).item(0, 0)
    return Recording.build(
        connector="health_connect",
        kind="all_day" if epochs.height else "totals",
        device=devices[most],
        rows_read=records.count,
        epochs=epochs.rename({"start": "epoch_start", "end": "epoch_end"}),
        totals=rows.filter(long).sort("device_label", "start", "end"),
        problems=tuple(records.problems),
        devices=devices,
    )


def _batches(database: sqlite3.Connection, columns: set[str], max_rows: int) -> Iterator[pl.DataFrame]:
    """The step records in the order of the table, _ROW_SCHEMA; null for what is missing or of another type."""
    parts = [f"CASE typeof({name}) WHEN 'integer' THEN {name} END" if name in columns else "NULL" for name in _INTEGERS]
    # Android writes 16 bytes, other tools may write text
    uuid = "CASE WHEN typeof(uuid) IN ('blob', 'text') AND length(uuid) <= 64 THEN CAST(uuid AS BLOB) END"
    parts.append(uuid if "uuid" in columns else "NULL")
    # an index may tell other rows than the table
    query = f"SELECT {', '.join(parts)} FROM {_STEPS} NOT INDEXED LIMIT {max_rows + 1}"  # noqa: S608 - names of this module
    cursor = database.execute(query)
    while batch := cursor.fetchmany(_BATCH_ROWS):
        yield pl.DataFrame(list(zip(*batch, strict=True)), schema=_ROW_SCHEMA, orient="col")


class _Records:
    """The step records of one export as they come."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self.problems: list[Problem] = []
        self._path = path
        self._frames: list[pl.DataFrame] = []
        self._bad = self._typed_in = 0
        self._first_bad = self._first_typed_in = ""

    def note(self, code: str, count: int, where: str = "") -> None:
        """Keeps a problem, if there is one."""
        if count:
            self.problems.append(Problem(code, count, where))

    def add(self, batch: pl.DataFrame) -> None:
        """Takes up some rows of the table."""
        rows = batch.with_columns(pl.int_range(self.count + 1, self.count + 1 + pl.len()).alias("row"))
        self.count += rows.height
        is_typed_in = pl.col("recording_method").eq_missing(_TYPED_IN)
        good = pl.all_horizontal(
            pl.col("start_time") >= _FIRST_MS,
            pl.col("end_time") >= pl.col("start_time"),
            pl.col("end_time") < _AFTER_MS,
            pl.col("count").is_between(0, _MAX_STEPS),
        ).fill_null(value=False)
        bad, typed_in = rows.filter(~is_typed_in & ~good), rows.filter(is_typed_in)
        self._first_bad = self._first_bad or _first(bad)
        self._first_typed_in = self._first_typed_in or _first(typed_in)
        self._bad += bad.height
        self._typed_in += typed_in.height
        self._frames.append(
            rows.filter(~is_typed_in & good).select(
                "app_info_id",
                "device_info_id",
                _instant("start_time").alias("start"),
                _instant("end_time").alias("end"),
                pl.col("count").cast(pl.Float64).alias("steps"),
                "uuid",
            )
        )

    def rows(self) -> pl.DataFrame:
        """app_info_id, device_info_id, start, end, steps, uuid of the rows that a device wrote and that can be read."""
        self.note("bad_row", self._bad, self._first_bad)
        self.note("typed_in", self._typed_in, self._first_typed_in)
        if not any(frame.height for frame in self._frames):
            raise self._nothing()
        rows = pl.concat(self._frames)
        self._frames.clear()
        return rows

    def once(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Each record once, without its uuid; the first counts. One without a uuid is told by all it says."""
        distinct = rows.filter(pl.col("uuid").is_null() | pl.col("uuid").is_first_distinct()).drop("uuid")
        distinct = distinct.unique(maintain_order=True)
        self.note("repeated_rows", rows.height - distinct.height)
        return distinct

    def _nothing(self) -> ConnectorError:
        if self._bad:
            return CorruptFileError(
                self._path,
                expected="step records with a start, an end and a count",
                found=f"{self._bad} step records, none of which can be read",
                where=self._first_bad,
                todo=_AGAIN,
            )
        return NoStepDataError(
            self._path,
            expected="step records that a device wrote",
            found=f"{self._typed_in} that were typed in by hand" if self._typed_in else "none",
            todo="Let the app that counts the steps write them into Health Connect, then export again.",
        )


def _first(rows: pl.DataFrame) -> str:
    return f"step record {rows['row'][0]}" if rows.height else ""


def _instant(milliseconds: str) -> pl.Expr:
    return (pl.col(milliseconds) * 1000).cast(pl.Datetime("us", "UTC"))


def _devices_of(database: sqlite3.Connection, sources: pl.DataFrame) -> list[Device]:
    """The device of each pair of app_info_id and device_info_id, in their order.

    Told by the package and the device's maker, model and type: their numbers change from phone to phone. A number that its
    table does not know stands for itself.
    """
    packages = _looked_up(database, _APPS, sources["app_info_id"], ["package_name"])
    hardware = _looked_up(database, _DEVICES, sources["device_info_id"], ["manufacturer", "model", "device_type"])
    return [_device(packages.get(app, (app,)), hardware.get(device, (device,))) for app, device in sources.iter_rows()]


def _device(package: Sequence[Any], hardware: Sequence[Any]) -> Device:
    text = "\n".join("" if part is None else str(part) for part in (*package, *hardware))
    is_worn = len(hardware) > 1 and hardware[-1] in _WORN_TYPES
    kind = "watch" if is_worn or "watch" in text.lower() else "phone"
    return source_device(text, "health_connect", kind, "watch" if kind == "watch" else "phone")


def _looked_up(
    database: sqlite3.Connection, table: str, ids: pl.Series, names: Sequence[str]
) -> dict[int | None, tuple[Any, ...]]:
    """By row_id the text or number in each of the named columns, null where there is none; empty without the table."""
    columns = _columns(database, table)
    wanted = ids.drop_nulls().unique().to_list()
    if "row_id" not in columns or not columns.intersection(names):
        return {}
    parts = [
        f"CASE typeof({name}) WHEN 'text' THEN substr({name}, 1, 255) WHEN 'integer' THEN {name} END"
        if name in columns
        else "NULL"
        for name in names
    ]
    places = ", ".join("?" * len(wanted))
    query = f"SELECT row_id, {', '.join(parts)} FROM {table} WHERE row_id IN ({places}) LIMIT {_MAX_SOURCES}"  # noqa: S608 - names of this module
    found = {row_id: tuple(values) for row_id, *values in database.execute(query, wanted)}
    return {row_id: values for row_id, values in found.items() if any(value is not None for value in values)}


def _damaged(path: Path, error: Exception | None = None) -> CorruptFileError:
    # what SQLite says may quote a name from the file
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return _too_much(path, "a database that is read in a few minutes", "one that takes far longer")
    return CorruptFileError(
        path, expected="a whole SQLite database", found="one that is cut off or damaged", todo=_AGAIN
    )


def _too_much(path: Path, expected: str, found: str) -> CorruptFileError:
    todo = "Ask where the file comes from, Health Connect writes no such export."
    return CorruptFileError(path, expected=expected, found=found, todo=todo)
