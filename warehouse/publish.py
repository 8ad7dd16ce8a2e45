"""Publishes the research tables as one read-only file that is swapped in whole."""

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import duckdb

from warehouse.build import views, views_hash
from warehouse.database import transaction
from warehouse.errors import WarehouseError

#: Tables that researchers see, in the order in which they are written.
PUBLISHED = (
    "participant",
    "prescription",
    "outcome",
    "protocol",
    "bout_rule",
    "wear_rule",
    "age_cadence",
    "travel",
    "device_assignment",
    "participant_week",
    "participant_day",
    "participant_summary",
    "day_imputation",
    "missingness",
    "counting_process",
    "walking_bout",
    "minute",
    "source_file",
    "participant_file",
    "participant_device",
    "device_agreement",
    "universe",
    "multiverse",
    "multiverse_summary",
    "data_flow",
    "exclusion",
    "publication",
)

#: DuckDB clients from 1.2 on (R, DBeaver, command lines of some years) open this storage format.
STORAGE_VERSION = "v1.2.0"


class CheckFailedError(WarehouseError):
    """A check of the derived tables found rows that must not exist; nothing was published."""


def run_checks(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of checks that ran; each file of checks/ is a SELECT of offending rows.

    Raises CheckFailedError naming the checks that returned rows, with how many and the first of each.
    """
    failures = []
    files = sorted((resources.files("warehouse") / "checks").iterdir(), key=lambda entry: entry.name)
    files = [entry for entry in files if entry.name.endswith(".sql")]
    for entry in files:
        rows = connection.execute(entry.read_text(encoding="utf-8")).fetchall()
        if rows:
            failures.append(f"{entry.name.removesuffix('.sql')}: {len(rows)} rows, first {rows[0]}")
    if failures:
        raise CheckFailedError(
            "the derived tables contradict themselves, so the published file was left as it was: " + "; ".join(failures)
        )
    return len(files)


def write_published(connection: duckdb.DuckDBPyConnection, target: Path) -> Path:
    """Writes the published tables with all comments beside target and returns that file; to rename it is the caller's.

    It holds no true device id, no original file name and nothing of the private ledger.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    for leftover in (beside, beside.with_name(beside.name + ".wal")):
        leftover.unlink(missing_ok=True)
    if views_hash() not in _EMPTY:
        _EMPTY[views_hash()] = _empty_tables(connection, beside)
    beside.write_bytes(_EMPTY[views_hash()])
    with _attached(connection, beside), transaction(connection):
        for name in PUBLISHED:
            connection.execute(f"INSERT INTO published.main.{name} SELECT * FROM main.{name} ORDER BY ALL")
    return beside


#: A file with all tables and comments and no rows, by the hash of the views: hundreds of statements once for each process.
_EMPTY: dict[str, bytes] = {}


def _empty_tables(connection: duckdb.DuckDBPyConnection, path: Path) -> bytes:
    with _attached(connection, path), transaction(connection):
        for name in PUBLISHED:
            connection.execute(f"CREATE TABLE published.main.{name} AS SELECT * FROM main.{name} LIMIT 0")
            view = views()[name]
            connection.execute(f"COMMENT ON TABLE published.main.{name} IS {_quoted(view.comment)}")
            for column, meaning in view.column_comments.items():
                connection.execute(f"COMMENT ON COLUMN published.main.{name}.{column} IS {_quoted(meaning)}")
    return path.read_bytes()


@contextlib.contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """The file as database `published`; all of it is in the file afterwards."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        yield
        connection.execute("CHECKPOINT published")
    finally:
        connection.execute("DETACH published")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
