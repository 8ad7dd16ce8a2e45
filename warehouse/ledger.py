"""The ledger: every file ever received, what it held, and what became of it. A file is loaded whole or not at all."""

import dataclasses
import datetime as dt
from importlib import metadata
from typing import Any

import duckdb
import polars as pl

from warehouse.database import insert_frame, transaction

_UTC = pl.Datetime("us", "UTC")

#: Frames that a loaded file brings, by ledger table: columns besides source_file_id.
FRAMES: dict[str, dict[str, pl.DataType]] = {
    "file_part": {
        "participant_label": pl.String(),
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "manufacturer": pl.String(),
        "model": pl.String(),
        "device_class": pl.String(),
        "zeros_prove_wear": pl.Boolean(),
        "kind": pl.String(),
        "rows": pl.Int64(),
        "first_at": _UTC,
        "last_at": _UTC,
    },
    "source_minute": {
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "minute_start": _UTC,
        "kind": pl.String(),
        "steps": pl.Int32(),
        "observed_seconds": pl.Float64(),
        "active_seconds": pl.Float64(),
        "has_heart_rate": pl.Boolean(),
        "shows_wear": pl.Boolean(),
        "gps_label": pl.String(),
        "flags": pl.List(pl.String()),
    },
    "counter_reading": {
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "read_at": _UTC,
        "device_day": pl.Date(),
        "device_day_start": _UTC,
        "activity": pl.String(),
        "cumulative_steps": pl.Int64(),
        "cumulative_active_seconds": pl.Float64(),
    },
    "source_coverage": {
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "coverage_start": _UTC,
        "coverage_end": _UTC,
    },
    "source_session": {
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "session_start": _UTC,
        "session_end": _UTC,
        "sport": pl.String(),
        "sub_sport": pl.String(),
        "on_foot": pl.Boolean(),
        "steps": pl.Int64(),
    },
    "source_total": {
        "participant_id": pl.String(),
        "device_id": pl.String(),
        "local_date": pl.Date(),
        "total_start": _UTC,
        "total_end": _UTC,
        "steps": pl.Int64(),
    },
    "set_aside": {
        "participant_id": pl.String(),
        "participant_label": pl.String(),
        "device_id": pl.String(),
        "reason": pl.String(),
        "rows": pl.Int64(),
        "first_at": _UTC,
        "last_at": _UTC,
        "detail": pl.String(),
    },
}

_FILE_SCHEMA: dict[str, pl.DataType] = {
    "source_file_id": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "connector": pl.String(),
    "dialect": pl.String(),
    "kind": pl.String(),
    "time_basis": pl.String(),
    "container_id": pl.String(),
    "rows_read": pl.Int64(),
    "rows_kept": pl.Int64(),
    "rows_flagged": pl.Int64(),
    "first_epoch": _UTC,
    "last_epoch": _UTC,
    "exported_at": _UTC,
    "utc_offset_minutes": pl.Int32(),
    "received_at": _UTC,
    "loaded_at": _UTC,
    "context_hash": pl.String(),
}

_HISTORY_SCHEMA: dict[str, pl.DataType] = {
    "source_file_id": pl.String(),
    "noted_at": _UTC,
    "status": pl.String(),
    "reason": pl.String(),
    "footfall_version": pl.String(),
}

_RECEIPT_SCHEMA: dict[str, pl.DataType] = {
    "source_file_id": pl.String(),
    "inbox_path": pl.String(),
    "receipt_number": pl.Int32(),
    "folder": pl.String(),
    "size_bytes": pl.Int64(),
    "mtime_ns": pl.Int64(),
    "received_at": _UTC,
}


@dataclasses.dataclass(frozen=True)
class SourceFile:
    """One row of ledger.source_file: a content and what became of it. Instants are UTC."""

    source_file_id: str
    status: str
    received_at: dt.datetime
    reason: str | None = None
    connector: str | None = None
    dialect: str | None = None
    kind: str | None = None
    time_basis: str | None = None
    container_id: str | None = None
    rows_read: int | None = None
    rows_kept: int | None = None
    rows_flagged: int | None = None
    first_epoch: dt.datetime | None = None
    last_epoch: dt.datetime | None = None
    exported_at: dt.datetime | None = None
    utc_offset_minutes: int | None = None
    loaded_at: dt.datetime | None = None
    context_hash: str | None = None


@dataclasses.dataclass(frozen=True)
class Receipt:
    """One row of ledger.receipt: some content came under this name. folder: first folder under inbox/, if any."""

    source_file_id: str
    inbox_path: str
    folder: str | None
    size_bytes: int
    mtime_ns: int
    received_at: dt.datetime
    receipt_number: int = 1


@dataclasses.dataclass(frozen=True)
class Entry:
    """A content with all its frames (by ledger table, columns of FRAMES), ready to be written."""

    file: SourceFile
    frames: dict[str, pl.DataFrame] = dataclasses.field(default_factory=dict)


#: Tables from which minutes, dates and weeks are derived, with the instants that a row tells of.
_TOLD_OF = {
    "file_part": ("first_at", "last_at"),
    "source_minute": ("minute_start", "minute_start"),
    "counter_reading": ("read_at", "read_at"),
    "source_coverage": ("coverage_start", "coverage_end"),
    "source_session": ("session_start", "session_end"),
    "source_total": ("total_start", "total_end"),
}


def write_batch(
    connection: duckdb.DuckDBPyConnection, entries: list[Entry], receipts: list[Receipt], at: dt.datetime | None = None
) -> None:
    """Writes files and receipts in one transaction, replacing what the ledger held of the same contents.

    Participants whose rows change, before or after, become pending with the stretch of time that the rows tell of: their
    tables are derived again. at: for the history of each file, default now.
    """
    ids = [entry.file.source_file_id for entry in entries]
    if not ids and not receipts:
        return
    with transaction(connection):
        _remove(connection, ids)
        changed = []
        for table, columns in FRAMES.items():
            frame = _together(entries, table, list(columns))
            if frame is not None:
                insert_frame(connection, f"ledger.{table}", frame)
                if table in _TOLD_OF:
                    changed.append(_stretches(frame, *_TOLD_OF[table]))
        if changed:
            insert_frame(connection, "ledger.pending", pl.concat(changed))
        insert_frame(connection, "ledger.source_file", _frame([entry.file for entry in entries], _FILE_SCHEMA))
        insert_frame(connection, "ledger.history", _history(connection, entries, at or dt.datetime.now(dt.UTC)))
        insert_frame(connection, "ledger.receipt", _frame(receipts, _RECEIPT_SCHEMA))


def _together(entries: list[Entry], table: str, columns: list[str]) -> pl.DataFrame | None:
    """The rows of all files for one table with their source_file_id; None if there is none."""
    parts = [(entry.file.source_file_id, entry.frames[table]) for entry in entries if table in entry.frames]
    parts = [(source_file_id, frame) for source_file_id, frame in parts if not frame.is_empty()]
    if not parts:
        return None
    # the hashes of all rows at once: a query for each of thousands of small frames would take longer than the insert
    of_files = pl.DataFrame({"id": [one for one, _ in parts], "rows": [frame.height for _, frame in parts]})
    ids = of_files.select(pl.col("id").repeat_by("rows").explode()).to_series().alias("source_file_id")
    return pl.concat([frame if frame.columns == columns else frame.select(columns) for _, frame in parts]).select(
        ids, *columns
    )


def _remove(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    """Takes the rows of known contents out; of contents that are new there is nothing to look for."""
    rows = connection.execute(
        "SELECT source_file_id FROM ledger.source_file WHERE source_file_id IN (SELECT unnest(?::VARCHAR[]))", [ids]
    ).fetchall()
    if not rows:
        return
    known = [row[0] for row in rows]
    for table in FRAMES:
        if table in _TOLD_OF:
            first, last = _TOLD_OF[table]
            connection.execute(
                f"INSERT INTO ledger.pending SELECT participant_id, min({first}), max({last}) FROM ledger.{table}"
                " WHERE source_file_id IN (SELECT unnest(?)) AND participant_id IS NOT NULL GROUP BY participant_id",
                [known],
            )
        connection.execute(f"DELETE FROM ledger.{table} WHERE source_file_id IN (SELECT unnest(?))", [known])
    connection.execute("DELETE FROM ledger.source_file WHERE source_file_id IN (SELECT unnest(?))", [known])


def _history(connection: duckdb.DuckDBPyConnection, entries: list[Entry], at: dt.datetime) -> pl.DataFrame:
    """One row for each content whose status or reason is not the last one of its history."""
    before = dict(
        connection.execute(
            # by their order in the table: a clock can stand still between two notes
            "SELECT source_file_id, arg_max((status, reason), rowid) FROM ledger.history"
            " WHERE source_file_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY source_file_id",
            [[entry.file.source_file_id for entry in entries]],
        ).fetchall()
    )
    version = metadata.version("footfall")
    rows = [
        (entry.file.source_file_id, at, entry.file.status, entry.file.reason, version)
        for entry in entries
        if before.get(entry.file.source_file_id) != (entry.file.status, entry.file.reason)
    ]
    return pl.DataFrame(rows, schema=_HISTORY_SCHEMA, orient="row")


@dataclasses.dataclass(frozen=True)
class Noted:
    """One line of a content's history: from then on (UTC) it had this status, given by that version of the program."""

    noted_at: dt.datetime
    status: str
    reason: str | None
    footfall_version: str


def history(connection: duckdb.DuckDBPyConnection, source_file_id: str) -> list[Noted]:
    """What became of a content, oldest first: one line for each change of its status or reason."""
    rows = connection.execute(
        "SELECT noted_at, status, reason, footfall_version FROM ledger.history WHERE source_file_id = ? ORDER BY rowid",
        [source_file_id],
    ).fetchall()
    return [Noted(*row) for row in rows]


def dialects(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name -> SHA-256 of the study's own dialects with which the contents of the ledger were last read."""
    return dict(connection.execute("SELECT name, sha256 FROM ledger.dialect").fetchall())


def note_dialects(connection: duckdb.DuckDBPyConnection, found: dict[str, str]) -> None:
    """Notes that every content that these dialects can concern was read with them."""
    with transaction(connection):
        connection.execute("DELETE FROM ledger.dialect")
        connection.execute(
            "INSERT INTO ledger.dialect SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [list(found), list(found.values())],
        )


def _stretches(frame: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """participant_id, from_at and to_at (UTC) of the rows that are somebody's."""
    return (
        frame.drop_nulls("participant_id")
        .group_by("participant_id")
        .agg(pl.col(first).min().alias("from_at"), pl.col(last).max().alias("to_at"))
    )


def _frame(rows: list[Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    # columns, not rows as dicts: dataclasses.asdict copies every value deeply
    return pl.DataFrame({name: [getattr(row, name) for row in rows] for name in schema}, schema=schema)


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What the ledger knows about whose a content is: folders it was dropped in, labels and devices it names."""

    file: SourceFile
    folders: tuple[str, ...]
    inbox_path: str
    labels: tuple[str, ...]
    device_ids: tuple[str, ...]


def evidence(connection: duckdb.DuckDBPyConnection) -> dict[str, Evidence]:
    """Every content of the ledger by its hash."""
    columns = list(_FILE_SCHEMA)
    rows = connection.execute(
        f"""
        SELECT {", ".join(f"file.{name}" for name in columns)},
            receipt.folders, receipt.inbox_path, part.labels, part.device_ids
        FROM ledger.source_file AS file
        JOIN (
            SELECT source_file_id, list_sort(list(DISTINCT folder) FILTER (WHERE folder IS NOT NULL)) AS folders,
                arg_min(inbox_path, receipt_number) AS inbox_path
            FROM ledger.receipt GROUP BY source_file_id
        ) AS receipt USING (source_file_id)
        LEFT JOIN (
            SELECT source_file_id,
                list_sort(list(DISTINCT participant_label) FILTER (WHERE participant_label IS NOT NULL)) AS labels,
                list_sort(list(DISTINCT device_id)) AS device_ids
            FROM ledger.file_part GROUP BY source_file_id
        ) AS part USING (source_file_id)
        """
    ).fetchall()
    return {
        row[0]: Evidence(
            SourceFile(**dict(zip(columns, row, strict=False))),
            tuple(row[len(columns)] or ()),
            row[len(columns) + 1],
            tuple(row[len(columns) + 2] or ()),
            tuple(row[len(columns) + 3] or ()),
        )
        for row in rows
    }


def receipts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(source_file_id, inbox_path) -> (receipt_number, size in bytes, mtime in ns) of every receipt."""
    rows = connection.execute(
        "SELECT source_file_id, inbox_path, receipt_number, size_bytes, mtime_ns FROM ledger.receipt"
    ).fetchall()
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def count_receipts(connection: duckdb.DuckDBPyConnection) -> int:
    """How many receipts there are."""
    row = connection.execute("SELECT count(*) FROM ledger.receipt").fetchone()
    return int(row[0]) if row else 0


def all_receipts(connection: duckdb.DuckDBPyConnection) -> list[Receipt]:
    """Every receipt, in the order in which they came."""
    names = [field.name for field in dataclasses.fields(Receipt)]
    rows = connection.execute(f"SELECT {', '.join(names)} FROM ledger.receipt ORDER BY received_at, rowid").fetchall()
    return [Receipt(**dict(zip(names, row, strict=True))) for row in rows]


def receipt_frame(receipts: list[Receipt]) -> pl.DataFrame:
    """The receipts as rows of ledger.receipt."""
    return _frame(receipts, _RECEIPT_SCHEMA)


def begin_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, kind: str, started_at: dt.datetime, version: str
) -> None:
    """Notes that a run begins; runs that never said how they ended did so by force."""
    with transaction(connection):
        connection.execute("UPDATE ledger.run SET outcome = 'ended by force' WHERE outcome IS NULL")
        connection.execute(
            "INSERT INTO ledger.run (run_id, kind, started_at, footfall_version) VALUES (?, ?, ?, ?)",
            [run_id, kind, started_at, version],
        )


def end_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, ended_at: dt.datetime, outcome: str, summary: str
) -> None:
    """Notes how a run ended. summary: JSON."""
    connection.execute(
        "UPDATE ledger.run SET ended_at = ?, outcome = ?, summary = ? WHERE run_id = ?",
        [ended_at, outcome, summary, run_id],
    )


#: What follows from the originals and the CSVs; every other table of the ledger says what was done when.
_MADE_AGAIN = {
    *FRAMES, "source_file", "receipt", "pending", "pending_multiverse", "derivation", "participant_study", "dialect",
    # the published file does not go on from one that was made of other tables
    "published", "pending_publication",
}  # fmt: skip


def carry_over(connection: duckdb.DuckDBPyConnection, other: str) -> None:
    """Copies into the attached database `other` what no original tells: receipts, histories, runs, tombstones."""
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'ledger'"
    ).fetchall()
    with transaction(connection):
        for (table,) in sorted(tables):
            if table not in _MADE_AGAIN or table == "receipt":
                connection.execute(f"DELETE FROM {other}.ledger.{table}")
                connection.execute(f"INSERT INTO {other}.ledger.{table} BY NAME FROM ledger.{table}")
        connection.execute(
            f"INSERT INTO {other}.ledger.source_file BY NAME FROM ledger.source_file WHERE status = 'withdrawn'"
        )
