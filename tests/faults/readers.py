"""Readers that ask the published file in a loop while it is published again and again."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

_PAUSE_SECONDS = 0.1
#: One row: what one publication says of itself. All parts must be of the same one.
SNAPSHOT = """
SELECT
    (SELECT files_hash FROM publication),
    (SELECT files FROM publication),
    (SELECT count(*) FROM source_file),
    (SELECT count(*) FROM minute),
    (SELECT coalesce(sum(steps), 0)::BIGINT FROM minute),
    (SELECT coalesce(sum(steps), 0)::BIGINT FROM participant_day WHERE protocol_id = 'walkback'),
    (SELECT count(*) FROM participant_week)
"""


def snapshot(path: Path) -> list[Any]:
    """The publication of a file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return _ask(connection)


def _ask(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    row = connection.execute(SNAPSHOT).fetchone()
    assert row
    return list(row)


def _read_until(path: Path, stop: Path, *, is_patient: bool) -> dict[str, Any]:
    """Opens and asks until the stop file is there. is_patient: keeps each connection open for some questions."""
    found: set[str] = set()
    opened = asked = 0
    while not stop.exists():
        opened += 1
        with duckdb.connect(str(path), read_only=True) as connection:
            first = _ask(connection)
            asked += 1
            found.add(json.dumps(first))
            for _ in range(4 if is_patient else 0):
                time.sleep(_PAUSE_SECONDS)
                asked += 1
                if _ask(connection) != first:
                    return {"error": "an open file changed its answer"}
        # the publisher shares the cores with all readers
        time.sleep(_PAUSE_SECONDS)
    return {"found": sorted(found), "opened": opened, "asked": asked}


if __name__ == "__main__":
    try:
        print(json.dumps(_read_until(Path(sys.argv[1]), Path(sys.argv[2]), is_patient=sys.argv[3] == "patient")))
    except duckdb.Error as error:
        print(json.dumps({"error": str(error)}))
