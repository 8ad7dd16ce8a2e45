"""Compares tables of two databases cell by cell: how many rows differ in each, and where the first of them do.

Rows are told apart by a hash for each participant first, so that two equal tables of any size are compared in bounded
memory; only of participants whose hashes differ are the rows themselves looked at.
"""

import contextlib
import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from warehouse.build import views
from warehouse.ledger import FRAMES
from warehouse.publish import PUBLISHED

#: Columns that say when something was done, not what it gave.
WALL_CLOCK = {"source_file": {"loaded_at"}}
#: How many differing rows of a table are told in full.
_FIRST = 5
#: Columns that hold what a device or a person wrote, in tables that are not published.
_PRIVATE_COLUMNS = {"device_id", "manufacturer", "model", "participant_label", "detail", "published_device_id"}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell that differs, or a row that only one side has (column None). key: column and value, as far as it is shown."""

    table: str
    key: tuple[tuple[str, Any], ...]
    column: str | None
    here: Any
    there: Any

    @property
    def participant_id(self) -> str | None:
        """Whose row it is, where the table says so."""
        return next((value for name, value in self.key if name == "participant_id"), None)

    @property
    def where(self) -> str:
        """The row in words: `participant_id P1, minute_start 2026-03-02 10:00:00+00:00`."""
        return ", ".join(f"{name} {in_words(value)}" for name, value in self.key)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One table: its name, rows on both sides, how many of them differ (by their keys), the first cells that do."""

    table: str
    rows: int
    rows_there: int
    differing: int
    first: tuple[Cell, ...] = ()


def in_words(value: Any) -> str:
    """A cell as a person reads it."""
    if value is None:
        return "nothing"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return ", ".join(map(in_words, value)) if isinstance(value, list) else str(value)


def published_tables() -> list[str]:
    """Schema and name of every published table, and of what the ledger holds of the files."""
    return [*(f"main.{name}" for name in PUBLISHED), *(f"ledger.{name}" for name in FRAMES)]


def tables_of_participants(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Schema and name of every table, published or not, that says something about single participants."""
    wanted = [*(f"main.{name}" for name in views()), *(f"ledger.{name}" for name in FRAMES)]
    rows = connection.execute(
        "SELECT concat(schema_name, '.', table_name) FROM duckdb_columns()"
        " WHERE database_name = current_database() AND column_name = 'participant_id'"
    ).fetchall()
    found = {name for (name,) in rows}
    return [name for name in wanted if name in found]


@contextlib.contextmanager
def attached(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[None]:
    """The database file as a second database of that name."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS {name}")
    try:
        yield
    finally:
        connection.execute(f"DETACH {name}")


def compare_tables(
    connection: duckdb.DuckDBPyConnection, other: str, tables: Sequence[str], people: Sequence[str] | None = None
) -> list[Comparison]:
    """Each table of the connection's database against the one of the same name in the attached database `other`.

    people: only the rows of these participants, default all rows. Columns of WALL_CLOCK are passed over.
    """
    row = connection.execute("SELECT current_database()").fetchone()
    here = row[0] if row else ""
    columns = _columns(connection, other)
    return [
        _compare(connection, table, [f'"{here}".{table}', f'"{other}".{table}'], columns[table], people)
        for table in tables
    ]


def _compare(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    sides: list[str],
    columns: list[str],
    people: Sequence[str] | None,
) -> Comparison:
    shown = [column for column in columns if column not in WALL_CLOCK.get(table.removeprefix("main."), ())]
    group = "participant_id" if "participant_id" in columns else "NULL::VARCHAR"
    chosen = "" if people is None else "WHERE participant_id IN (SELECT unnest(?::VARCHAR[]))"
    values = [] if people is None else [list(people)]
    # names of tables and columns are those of this package, never input
    fingerprints = [
        f"SELECT {group} AS who, count(*) AS n, sum(hash({', '.join(shown)})::HUGEINT) AS said FROM {side} {chosen}"
        " GROUP BY ALL"
        for side in sides
    ]
    found = connection.execute(
        f"""
        SELECT coalesce(here.who, there.who), coalesce(here.n, 0), coalesce(there.n, 0),
            here.n IS DISTINCT FROM there.n OR here.said IS DISTINCT FROM there.said
        FROM ({fingerprints[0]}) AS here
        FULL JOIN ({fingerprints[1]}) AS there ON here.who IS NOT DISTINCT FROM there.who
        """,
        values * 2,
    ).fetchall()
    rows, rows_there = (sum(counts[side] for counts in found) for side in (1, 2))
    who = [line[0] for line in found if line[3]]
    if not who:
        return Comparison(table, rows, rows_there, 0)
    differing, first = _differences(connection, table, sides, shown, who if group == "participant_id" else None)
    return Comparison(table, rows, rows_there, differing, first)


def _columns(connection: duckdb.DuckDBPyConnection, other: str) -> dict[str, list[str]]:
    """The columns that both sides have, in their order, by schema and name of the table."""
    rows = connection.execute(
        "SELECT concat(schema_name, '.', table_name) AS name, column_name FROM duckdb_columns()"
        " WHERE database_name IN (current_database(), ?) GROUP BY ALL HAVING count(*) = 2 ORDER BY name, min(column_index)",
        [other],
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _differences(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    sides: list[str],
    columns: list[str],
    who: list[str | None] | None,
) -> tuple[int, tuple[Cell, ...]]:
    """How many rows differ, and the first cells; who: the participants to look at, None = all rows."""
    listed = ", ".join(columns)
    for name, (side, against) in {"only_here": (sides[0], sides[1]), "only_there": (sides[1], sides[0])}.items():
        parts = [
            f"SELECT {listed} FROM {each}"
            + ("" if who is None else " WHERE participant_id IN (SELECT unnest($who::VARCHAR[]))")
            + (" OR participant_id IS NULL" if who is not None and None in who else "")
            for each in (side, against)
        ]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS {parts[0]} EXCEPT ALL {parts[1]}",
            None if who is None else {"who": [each for each in who if each is not None]},
        )
    key = _key(table, columns) or columns
    keys = ", ".join(key)
    both = f"(SELECT {keys} FROM only_here UNION SELECT {keys} FROM only_there)"
    count = connection.execute(f"SELECT count(*) FROM {both}").fetchone()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE first_key AS SELECT * FROM {both} ORDER BY ALL LIMIT {_FIRST}")
    same = " AND ".join(f"odd.{column} IS NOT DISTINCT FROM first_key.{column}" for column in key)
    found: list[dict[tuple[Any, ...], dict[str, Any]]] = []
    for name in ("only_here", "only_there"):
        rows = connection.execute(
            f"SELECT odd.* FROM {name} AS odd SEMI JOIN first_key ON {same} ORDER BY {keys}"
        ).fetchall()
        dicts = [dict(zip(columns, row, strict=True)) for row in rows]
        found.append({tuple(map(in_words, (line[column] for column in key))): line for line in dicts})
    for name in ("only_here", "only_there", "first_key"):
        connection.execute(f"DROP TABLE temp.main.{name}")
    cells = [
        cell for at in sorted({*found[0], *found[1]}) for cell in _cells(table, key, found[0].get(at), found[1].get(at))
    ]
    return int(count[0]) if count else 0, tuple(cells)


def _cells(table: str, key: list[str], here: dict[str, Any] | None, there: dict[str, Any] | None) -> Iterator[Cell]:
    said = here or there or {}
    shown = tuple((name, said[name]) for name in key if not _is_private(table, name))
    if here is None or there is None:
        yield Cell(table, shown, None, "a row" if here else None, "a row" if there else None)
        return
    for column, value in here.items():
        if in_words(value) != in_words(there[column]):
            is_private = _is_private(table, column)
            yield Cell(table, shown, column, *(("one text", "another") if is_private else (value, there[column])))


def _is_private(table: str, column: str) -> bool:
    return column in _PRIVATE_COLUMNS and table.removeprefix("main.") not in PUBLISHED


def _key(table: str, columns: list[str]) -> list[str]:
    """The columns by which the table's header says that its rows are told apart; empty if it names none."""
    schema, _, name = table.partition(".")
    if schema == "ledger":
        times = ("minute_start", "read_at", "coverage_start", "session_start", "total_start", "first_at")
        return [column for column in ("participant_id", *times, "source_file_id", "device_id") if column in columns]
    said = re.search(r"One row per ([a-z0-9_, ]+)", views()[name].comment)
    key = []
    for part in re.split(r", | and ", said.group(1)) if said else []:
        word = part.strip().split(" ")[0]
        if word not in columns:
            break
        key.append(word)
    return key
