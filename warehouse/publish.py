"""Publishes the research tables as one read-only file that is swapped in whole."""

import contextlib
import dataclasses
import hashlib
import shutil
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


@dataclasses.dataclass(frozen=True)
class Written:
    """A file with the published tables. minutes_put_in: minutes that stand behind the others, unsorted; 0 in a new file."""

    path: Path
    minutes_put_in: int


def write_published(connection: duckdb.DuckDBPyConnection, target: Path) -> Written:
    """Writes the published tables with all comments beside target; to rename that file, and to note it, is the caller's.

    If target is the file that was published last (note_published), its minutes are copied with it and only those derived
    since are put in: the cost of a publication follows the new data. Everything else is small and written anew.
    It holds no true device id, no original file name and nothing of the private ledger.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    for leftover in (beside, beside.with_name(beside.name + ".wal")):
        leftover.unlink(missing_ok=True)
    put_in = _minutes_to_put_in(connection, target)
    if put_in is not None:
        shutil.copyfile(target, beside)
    else:
        if views_hash() not in _EMPTY:
            _EMPTY[views_hash()] = _empty_tables(connection, beside)
        beside.write_bytes(_EMPTY[views_hash()])
    with _attached(connection, beside), transaction(connection):
        for name in PUBLISHED:
            if put_in is not None and name == "minute":
                _put_minutes_in(connection)
                continue
            if put_in is not None:
                connection.execute(f"DELETE FROM published.main.{name}")
            # by its key: to compare the other columns of every minute too would take half as long again
            order = "participant_id, minute_start" if name == "minute" else "ALL"
            connection.execute(f"INSERT INTO published.main.{name} SELECT * FROM main.{name} ORDER BY {order}")
    return Written(beside, put_in or 0)


def _put_minutes_in(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"DELETE FROM published.main.minute AS minute USING pending WHERE {_PENDING}")
    connection.execute(
        f"INSERT INTO published.main.minute SELECT minute.* FROM main.minute AS minute, pending WHERE {_PENDING}"
        " ORDER BY minute.participant_id, minute.minute_start"
    )


def note_published(connection: duckdb.DuckDBPyConnection, sha256: str, written: Written) -> None:
    """Notes that the file with that hash is what is published now: the next publication goes on from it."""
    with transaction(connection):
        connection.execute("DELETE FROM ledger.published")
        connection.execute("DELETE FROM ledger.pending_publication")
        connection.execute(
            "INSERT INTO ledger.published VALUES (?, ?, ?)", [sha256, views_hash(), written.minutes_put_in]
        )


#: Up to so many minutes a new file is written as fast as an old one is copied and changed.
GOING_ON_FROM_MINUTES = 1_000_000
#: A file is written anew, in order, when so large a part of its minutes was put in or is about to be.
_UNSORTED_SHARE = 0.2

#: Minutes that were derived since the last publication. The variables let DuckDB pass over row groups unread.
_PENDING = """
    minute.participant_id = pending.participant_id
    AND minute.minute_start >= pending.from_at AND minute.minute_start < pending.to_at
    AND minute.minute_start >= getvariable('pending_from') AND minute.minute_start < getvariable('pending_to')
"""
_MAKE_PENDING = """
    CREATE OR REPLACE TEMP TABLE pending AS
    SELECT participant_id, min(from_at) AS from_at, max(to_at) AS to_at
    FROM ledger.pending_publication
    GROUP BY participant_id;
    SET VARIABLE pending_from = (SELECT coalesce(min(from_at), 'infinity') FROM pending);
    SET VARIABLE pending_to = (SELECT coalesce(max(to_at), '-infinity') FROM pending)
"""


def _minutes_to_put_in(connection: duckdb.DuckDBPyConnection, target: Path) -> int | None:
    """How many minutes of the file will have been put in; None if it must be written anew."""
    row = connection.execute("SELECT sha256, views_hash, minutes_put_in FROM ledger.published").fetchone()
    count = connection.execute("SELECT count(*) FROM main.minute").fetchone()
    minutes = count[0] if count else 0
    if row is None or row[1] != views_hash() or minutes < GOING_ON_FROM_MINUTES or not target.is_file():
        return None
    connection.execute(_MAKE_PENDING)
    pending = connection.execute(f"SELECT count(*) FROM main.minute AS minute, pending WHERE {_PENDING}").fetchone()
    put_in = int(row[2] + (pending[0] if pending else 0))
    if put_in > minutes * _UNSORTED_SHARE:
        return None
    with target.open("rb") as file:
        is_ours = hashlib.file_digest(file, "sha256").hexdigest() == row[0]
    return put_in if is_ours else None


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
