"""Brings a private database to the current schema: each file of schema/ once, recorded in the same transaction."""

from importlib import resources

import duckdb

from warehouse.errors import WarehouseError


class SchemaTooNewError(WarehouseError):
    """The database was written by a newer version of the program than this one."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Applies the schema files that this database does not have yet.

    Raises SchemaTooNewError if it has one that this version does not know: an older program must not write into it.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS main.schema_migration (name VARCHAR NOT NULL, applied_at TIMESTAMPTZ)"
    )
    applied = {row[0] for row in connection.execute("SELECT name FROM main.schema_migration").fetchall()}
    files = sorted(
        (entry for entry in (resources.files("warehouse") / "schema").iterdir() if entry.name.endswith(".sql")),
        key=lambda entry: entry.name,
    )
    unknown = applied - {entry.name for entry in files}
    if unknown:
        raise SchemaTooNewError(
            f"the study's database was written by a newer footfall: expected schema up to {files[-1].name}, found"
            f" {max(unknown)}. Install the newer version again."
        )
    for entry in files:
        if entry.name in applied:
            continue
        connection.begin()
        connection.execute(entry.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO main.schema_migration VALUES (?, now())", [entry.name])
        connection.commit()
