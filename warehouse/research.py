"""Questions to the published file, locked down: a child process with a time limit and a row limit."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError

TIMEOUT_SECONDS = 60.0
ROW_LIMIT = 100_000


class QueryError(WarehouseError):
    """The query could not be answered; the message says why."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """Columns and rows of a query; instants as ISO 8601 text in UTC. more: the row limit cut it off."""

    columns: list[str]
    rows: list[list[Any]]
    more: bool = False

    def by_name(self) -> list[dict[str, Any]]:
        """The rows, each as its values by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def query(
    database: Path,
    sql: str,
    values: Mapping[str, str | int | None] | None = None,
    *,
    row_limit: int = ROW_LIMIT,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """The answer of the published file to a query; values are bound to its $names.

    The file is opened read-only in a process of its own that may touch no other file, no setting and no extension.
    Raises QueryError if there is no file, the query is wrong or forbidden, or the time is up.
    """
    if not database.is_file():
        raise QueryError(f"expected a published database at {database}; found none. Run `footfall ingest` first.")
    try:
        done = subprocess.run(  # noqa: S603 - our own module, the SQL goes in by stdin
            [sys.executable, "-m", "warehouse.query_child", str(database), str(row_limit)],
            input=json.dumps({"sql": sql, "values": dict(values or {})}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise QueryError(f"the query took longer than {timeout_seconds:g} s and was stopped.") from None
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise QueryError("the query ended its process, most likely for want of memory. Ask for less at once.") from None
    if "error" in found:
        raise QueryError(found["error"])
    return Answer(found["columns"], found["rows"], found["more"])
