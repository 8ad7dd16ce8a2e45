"""Opens the private database and moves Polars frames into it."""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from warehouse.errors import WarehouseError
from warehouse.migrate import migrate

DATABASE_NAME = "footfall.duckdb"
#: What the rest of the program calls DuckDB by: only this package imports it.
Connection = duckdb.DuckDBPyConnection
#: What DuckDB raises for a disk that is full, read-only or gone, and ever after on the same connection.
DISK_ERRORS = (duckdb.IOException, duckdb.FatalException)
AnyError = duckdb.Error
_OF_THE_DISK = re.compile(r"could not (write|read|sync|open|truncate)|cannot open|no space left", re.IGNORECASE)
#: Up to so many rows go in one by one; a file for them would take longer.
_FEW_ROWS = 8


class DatabaseBusyError(WarehouseError):
    """Another process has the private database open."""


def open_database(path: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to the private database at path (None: in memory), at the current schema, session zone UTC; to be closed.

    Raises DatabaseBusyError if another process holds the file: DuckDB allows one writer and no readers beside it.
    """
    try:
        connection = duckdb.connect(str(path) if path else ":memory:")
    except duckdb.IOException as error:
        if re.search(r"\block\b", str(error), re.IGNORECASE):
            raise DatabaseBusyError(
                f"expected to be alone with {path}; found another process that has it open. Wait until that run has"
                " ended; research questions belong to published/research.duckdb."
            ) from error
        raise
    try:
        connection.execute("SET TimeZone = 'UTC'")
        # some processes are taken for interactive ones, and then a bar is drawn on standard output
        connection.execute("SET enable_progress_bar = false")
        # few rows are expected where many come, and then each would be compared with every other
        connection.execute("SET asof_loop_join_threshold = 0")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def connect(path: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """As open_database, closed at the end."""
    connection = open_database(path)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is done inside is there whole or not at all; an error, or Ctrl-C, takes it back."""
    connection.begin()
    try:
        yield
    except BaseException:
        # after a fatal error there is nothing left to take back, and the error itself says more
        with contextlib.suppress(duckdb.Error):
            connection.rollback()
        raise
    try:
        connection.commit()
    except duckdb.TransactionException as error:
        # a commit that the disk refused names the file; one that contradicts the data does not
        if _OF_THE_DISK.search(str(error)):
            raise duckdb.IOException(str(error)) from error
        raise


def insert_frame(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Appends the frame's rows to a table, by column name.

    By way of a Parquet file: DuckDB reads a Polars frame directly only through pyarrow, which nothing else here needs.
    """
    if frame.is_empty():
        return
    if frame.height <= _FEW_ROWS:
        names, marks = ", ".join(frame.columns), ", ".join("?" * frame.width)
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", frame.rows())
        return
    with tempfile.TemporaryDirectory(prefix="footfall") as folder:
        file = Path(folder) / "frame.parquet"
        frame.write_parquet(file, compression="lz4")
        # the table's name is a constant of this package, never input
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet(?)", [str(file)])


def replace_frame(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Makes the frame's rows the only rows of a table."""
    connection.execute(f"DELETE FROM {table}")
    insert_frame(connection, table, frame)
