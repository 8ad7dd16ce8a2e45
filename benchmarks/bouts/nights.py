"""What one more day of one person costs: in an empty warehouse and in a full one. Each runs in a child process.

A full warehouse is made once for each order of its rows and kept; every run works on a copy.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.bouts import minutes
from benchmarks.bouts.child import peak_mb
from benchmarks.bouts.study import opened
from warehouse.build import derive
from warehouse.ledger import Entry, Receipt, write_batch
from warehouse.publish import write_published
from warehouse.study_tables import MirroredStudy

_Seconds = dict[str, list[float]]


def empty(people: int, day: int, rounds: int) -> dict[str, Any]:
    """A day of one person into a warehouse that has tables and no data.

    people: 1 = the study of that person, who begins on that day: the least that this day can cost. More = the
    study of all of them since day 0, so that everybody's missing days are made as well.
    """
    times: _Seconds = {"load": [], "derive": []}
    for n in range(rounds + 1):
        with (
            tempfile.TemporaryDirectory() as folder,
            opened(Path(folder) / "empty.duckdb", range(people), first_day=day if people == 1 else 0) as (
                connection,
                study,
            ),
        ):
            derive(connection, study)
            _timed(connection, study, minutes.one_day(connection, 0, day), times if n else None)
    return _middle(times)


def night(database: str, people: int, day: int, rounds: int) -> dict[str, Any]:
    """One day of one person into the full warehouse, in turn: late people's last day, then days that are new to all.

    The first of each kind warms up, the last is not timed and counts the rows that were written. Everybody has
    `day` - 1; the first rounds + 2 people lack `day`, which the others have.
    """
    with opened(Path(database), range(people)) as (connection, study):
        began = time.perf_counter()
        derive(connection, study)
        first = time.perf_counter() - began
        told: dict[str, Any] = {"first": {"seconds": first, "peak_mb": peak_mb()}}
        for kind in ("as-of stays", "as-of moves"):
            times: _Seconds = {"load": [], "derive": []}
            for n in range(rounds + 1):
                entry = _entry(connection, kind, n, day)
                _timed(connection, study, entry, times if n else None)
            entry = _entry(connection, kind, rounds + 1, day)
            with _counted(connection) as written:
                _timed(connection, study, entry, None)
            told[kind] = {**_middle(times), "written": written}
        began = time.perf_counter()
        derive(connection, study)
        told["nothing new"] = {"derive": time.perf_counter() - began}
    return told


def publish(database: str, people: int) -> dict[str, Any]:
    """The seconds in which the published file is written."""
    with (
        tempfile.TemporaryDirectory(dir=Path(database).parent) as folder,
        opened(Path(database), range(people)) as (connection, _),
    ):
        began = time.perf_counter()
        write_published(connection, Path(folder) / "research.duckdb")
        seconds = time.perf_counter() - began
        size = (Path(folder) / "research.duckdb").stat().st_size
    return {"seconds": seconds, "file_mb": size / 1e6, "peak_mb": peak_mb()}


def _entry(connection: Any, kind: str, n: int, day: int) -> Entry:
    return minutes.one_day(connection, n, day if kind == "as-of stays" else day + 1 + n)


def _timed(connection: Any, study: MirroredStudy, entry: Entry, times: _Seconds | None) -> None:
    came = entry.file.received_at
    receipt = Receipt(entry.file.source_file_id, f"{entry.file.source_file_id}.csv", None, 40_000, 0, came)
    start = time.perf_counter()
    write_batch(connection, [entry], [receipt])
    loaded = time.perf_counter()
    derive(connection, study)
    done = time.perf_counter()
    if times is not None:
        times["load"].append(loaded - start)
        times["derive"].append(done - loaded)


def _middle(times: _Seconds) -> dict[str, Any]:
    return {name: statistics.median(values) for name, values in times.items()}


@contextmanager
def _counted(connection: Any) -> Iterator[dict[str, list[int]]]:
    """After the block: rows written and rows held, by derived table, for tables into which any were written.

    A new row gets a higher row number than all before it, and a table that was made again another object number. No
    checkpoint may come in between: it numbers rows anew.
    """
    connection.execute("SET wal_autocheckpoint = '1TB'")
    before = _numbers(connection)
    found: dict[str, list[int]] = {}
    yield found
    for name, (number, rows, _) in _numbers(connection).items():
        old_number, _, last = before.get(name, (None, 0, -1))
        query = f"SELECT count(*) FROM main.{name} WHERE rowid > ?"  # noqa: S608
        written = rows if number != old_number else connection.execute(query, [last]).fetchone()[0]
        if written:
            found[name] = [written, rows]


def _numbers(connection: Any) -> dict[str, tuple[int, int, int]]:
    """Object number, rows and highest row number of each derived table."""
    tables = connection.execute(
        "SELECT table_name, table_oid FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary"
        " AND database_name = current_database()"
    ).fetchall()
    query = "SELECT count(*), coalesce(max(rowid), -1) FROM main.{}"
    return {name: (number, *connection.execute(query.format(name)).fetchone()) for name, number in tables}
