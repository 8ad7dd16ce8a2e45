"""One locked-down query, run in a process of its own: `python -m warehouse.query_child DATABASE ROWS`.

Reads one JSON object from stdin: sql, and values for its $names. Prints one: columns, types, rows (at most ROWS) and
whether there were more; or error. Nothing that the SQL says can read or write files, attach databases, load extensions
or change settings; the parent ends the process when its time is up.
"""

import datetime as dt
import decimal
import json
import sys
from typing import Any

import duckdb

#: read_only alone still reads files, writes files and attaches databases: each of these closes one of those doors.
LOCKED_DOWN: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "threads": 2,
    "memory_limit": "1GB",
    "temp_directory": "",
    "max_temp_directory_size": "0KB",
}


def plain(value: Any) -> Any:
    """The value as JSON can hold it; instants in ISO 8601 and UTC."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC) if value.tzinfo else value
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def main(path: str, row_limit: int, sql: str, values: dict[str, str | int | None] | None = None) -> dict[str, Any]:
    """The answer to a query on the database file at path, as JSON can hold it."""
    try:
        with duckdb.connect(path, read_only=True, config=LOCKED_DOWN) as connection:
            # the zone is no connection option, so the configuration is locked after it
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET lock_configuration = true")
            result = connection.execute(sql, values or None)
            if result.description is None:
                return {"columns": [], "types": [], "rows": [], "more": False}
            columns = [column[0] for column in result.description]
            types = [str(column[1]) for column in result.description]
            rows = result.fetchmany(row_limit + 1)
            more = len(rows) > row_limit
            return {
                "columns": columns,
                "types": types,
                "rows": [[plain(cell) for cell in row] for row in rows[:row_limit]],
                "more": more,
            }
    except duckdb.Error as error:
        return {"error": str(error).strip()}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(main(sys.argv[1], int(sys.argv[2]), asked["sql"], asked["values"]), sys.stdout)
