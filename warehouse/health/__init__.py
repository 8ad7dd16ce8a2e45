"""Looks at a study without changing it: its databases opened read-only, and the questions of this folder, one SELECT a file."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.database import DatabaseBusyError, connect, transaction
from warehouse.errors import WarehouseError
from warehouse.publish import PUBLISHED
from warehouse.research import Answer


class UnreadableError(WarehouseError):
    """A database file is there and cannot be read."""


class Silence(NamedTuple):
    """One row of silence.sql. last_data: UTC; today: the participant's civil date."""

    participant_id: str
    last_data: dt.datetime | None
    days_silent: int | None
    days_counted: int | None
    not_expected: str | None
    is_silent: bool
    today: dt.date

    def in_words(self) -> str:
        """Such as "not syncing for 9 days", and why no data are expected where none are."""
        if self.days_silent is None:
            said = "never sent anything"
        elif self.days_silent == 0:
            said = "sent data of today"
        else:
            said = f"not syncing for {self.days_silent} day{'s' if self.days_silent > 1 else ''}"
        return f"{said}; {self.not_expected}" if self.not_expected else said


@contextlib.contextmanager
def look_into(path: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database file, only read, session zone UTC; None: an empty private database in memory.

    Raises DatabaseBusyError while another process writes it, UnreadableError if it is no database or is damaged.
    """
    if path is None:
        with connect() as connection:
            yield connection
        return
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        said = str(error).splitlines()[0][:300]
        if isinstance(error, duckdb.IOException) and re.search(r"\block\b", said, re.IGNORECASE):
            raise DatabaseBusyError(f"expected to read {path}; found another process that has it open.") from error
        raise UnreadableError(f"expected a database at {path}; found: {said}") from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def ask(connection: duckdb.DuckDBPyConnection, question: str, values: Mapping[str, Any] | None = None) -> Answer:
    """The answer to a question of this folder, with values set as its variables; instants are aware datetimes."""
    for name, value in (values or {}).items():
        # names are constants of this package's callers
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    found = connection.execute(_text(question))
    columns = [column[0] for column in found.description or ()]
    return Answer(columns, [list(row) for row in found.fetchall()])


def silence(connection: duckdb.DuckDBPyConnection, now: dt.datetime, silent_days: int) -> list[Silence]:
    """Everybody of the study by how long nothing has come from them, those to ask first; defined in silence.sql."""
    return [Silence(*row) for row in ask(connection, "silence", {"now": now, "silent_days": silent_days}).rows]


def last_data(connection: duckdb.DuckDBPyConnection, now: dt.datetime, silent_days: int) -> Answer:
    """Last data by participant and device (last_data.sql)."""
    _set_aside(connection, "silence", {"now": now, "silent_days": silent_days})
    return ask(connection, "last_data")


def contents(connection: duckdb.DuckDBPyConnection, asked: str) -> dict[str, Answer]:
    """`content`, `receipts` and `history` of the contents that a name or the start of a hash stands for; empty without any."""
    _set_aside(connection, "found", {"asked": asked})
    return {question: ask(connection, question) for question in ("content", "receipts", "history")}


def _set_aside(connection: duckdb.DuckDBPyConnection, question: str, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {question} AS {_text(question)}")


def _text(question: str) -> str:
    return (resources.files(__name__) / f"{question}.sql").read_text(encoding="utf-8")


class Schema(NamedTuple):
    """Steps of warehouse/schema/ that a database lacks, and steps that it has and this version does not know."""

    lacking: list[str]
    unknown: list[str]


def schema(connection: duckdb.DuckDBPyConnection) -> Schema:
    """How a private database's schema differs from this version's."""
    known = {entry.name for entry in (resources.files("warehouse") / "schema").iterdir() if entry.name.endswith(".sql")}
    has_table = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'schema_migration'"
    ).fetchone()
    applied = set()
    if has_table and has_table[0]:
        applied = {row[0] for row in connection.execute("SELECT name FROM main.schema_migration").fetchall()}
    return Schema(sorted(known - applied), sorted(applied - known))


def published_faults(path: Path) -> list[str]:
    """What a published file lacks, in words: tables, and comments of tables and columns; empty if it is whole."""
    with look_into(path) as connection:
        tables = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        columns = connection.execute(
            "SELECT table_name || '.' || column_name FROM duckdb_columns()"
            " WHERE NOT internal AND coalesce(comment, '') = '' ORDER BY ALL"
        ).fetchall()
    faults = [f"table {name} is missing" for name in PUBLISHED if name not in tables]
    faults += [f"table {name} has no comment" for name in PUBLISHED if name in tables and not tables[name]]
    return faults + [f"column {name} has no comment" for (name,) in columns]


def unknown_zones(zones: Iterable[str]) -> list[str]:
    """Those of the time zones that DuckDB does not know."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT zone FROM (SELECT unnest(?::VARCHAR[]) AS zone) WHERE zone NOT IN (SELECT name FROM pg_timezone_names())",
            [sorted(set(zones))],
        ).fetchall()
    return sorted(row[0] for row in rows)


Told = tuple[str, str | None]


def told(connection: duckdb.DuckDBPyConnection) -> set[Told]:
    """What somebody has been told already: (key, participant it is about, None = nobody in particular)."""
    return set(connection.execute("SELECT key, participant_id FROM ledger.told").fetchall())


def told_at(connection: duckdb.DuckDBPyConnection, key: Told) -> dt.datetime | None:
    """When somebody was last told so, UTC; None if nobody was."""
    row = connection.execute(
        "SELECT max(told_at) FROM ledger.told WHERE key = ? AND participant_id IS NOT DISTINCT FROM ?", list(key)
    ).fetchone()
    return row[0] if row else None


def note_told(connection: duckdb.DuckDBPyConnection, keys: Iterable[Told], at: dt.datetime) -> None:
    """Notes that somebody has been told so, each key once."""
    with transaction(connection):
        for key in keys:
            connection.execute(
                "DELETE FROM ledger.told WHERE key = ? AND participant_id IS NOT DISTINCT FROM ?", list(key)
            )
            connection.execute("INSERT INTO ledger.told VALUES (?, ?, ?)", [*key, at])
