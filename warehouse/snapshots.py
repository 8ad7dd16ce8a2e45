"""What a published file holds, so that a frozen copy can be described, checked and told from another."""

import dataclasses
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.query_child import plain

_RULES = ("bout_rule", "wear_rule", "protocol")


class SnapshotError(WarehouseError):
    """A file is no published database; the message says what was found."""


@dataclasses.dataclass(frozen=True)
class Contents:
    """What is in a published file.

    tables: name -> {"rows", "content_hash"}; two tables with the same rows have the same content_hash, whatever the order of
    the rows and whatever else the files hold. rules: the rows of the rule tables, by table. publication: the row of that
    table, {} if there is none. Instants and dates are ISO 8601 text, instants in UTC.
    """

    tables: dict[str, dict[str, Any]]
    rules: dict[str, list[dict[str, Any]]]
    publication: dict[str, Any]


def contents(path: Path) -> Contents:
    """The contents of the published file at path; every row of every table is read (some 2 microseconds a row and core).

    Raises SnapshotError if the file cannot be read as a published database.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            names = [
                name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
            ]
            return Contents(
                tables={name: _table(connection, name) for name in names},
                rules={name: _rows(connection, name) for name in _RULES if name in names},
                publication=next(iter(_rows(connection, "publication")), {}) if "publication" in names else {},
            )
    except duckdb.Error as error:
        raise SnapshotError(f"expected a published database at {path}; found: {error}") from None


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    # a sum does not know the order of its rows; column names are in the JSON, and halves of MD5 cannot overflow a HUGEINT
    row = connection.execute(
        f"""
        SELECT count(*), sha256(concat_ws('|', count(*), sum(md5_number_upper(line)), sum(md5_number_lower(line))))
        FROM (SELECT to_json(one_row)::VARCHAR AS line FROM main."{name}" AS one_row)
        """
    ).fetchone()
    count, content_hash = row if row else (0, None)
    return {"rows": count, "content_hash": content_hash}


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    found = connection.execute(f'FROM main."{name}" ORDER BY ALL')
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, map(plain, row), strict=True)) for row in found.fetchall()]
