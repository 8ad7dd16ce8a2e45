"""Two databases are compared cell by cell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.compare import attached, compare_tables
from warehouse.database import Connection, connect

_TABLE = """
CREATE TABLE main.walking_bout AS
SELECT concat('P', range % 3) AS participant_id, 'walkback' AS bout_rule_id,
    TIMESTAMPTZ '2026-03-02' + to_minutes(range) AS bout_start,
    nullif(range, 5)::INTEGER AS steps, [range::VARCHAR] AS flags
FROM range(300)
"""
TABLES = ["main.walking_bout"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Connection, Connection]]:
    """The same table in two databases, the second one attached as `other`."""
    with connect(tmp_path / "here.duckdb") as here, connect(tmp_path / "there.duckdb") as there:
        for connection in (here, there):
            connection.execute(_TABLE)
        yield here, there


def compared(
    two: tuple[Connection, Connection], people: list[str] | None = None, tables: list[str] = TABLES
) -> list[object]:
    here, there = two
    path = Path(there.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'there'").fetchone()[0])  # type: ignore[index]
    there.close()
    with attached(here, path, "other"):
        return [
            (table.differing, [(cell.where, cell.column, cell.here, cell.there) for cell in table.first])
            for table in compare_tables(here, "other", tables, people)
        ]


def test_equal_tables_in_another_order_do_not_differ(two: tuple[Connection, Connection]) -> None:
    two[1].execute("CREATE OR REPLACE TABLE main.walking_bout AS FROM main.walking_bout ORDER BY steps DESC")
    assert compared(two) == [(0, [])]


def test_a_missing_value_is_not_a_zero(two: tuple[Connection, Connection]) -> None:
    two[1].execute("UPDATE main.walking_bout SET steps = 0 WHERE steps IS NULL")
    where = "participant_id P2, bout_rule_id walkback, bout_start 2026-03-02 00:05:00+00:00"
    assert compared(two) == [(1, [(where, "steps", None, 0)])]


def test_a_row_of_one_side_is_told_as_a_row(two: tuple[Connection, Connection]) -> None:
    two[0].execute("DELETE FROM main.walking_bout WHERE steps = 7")
    [(differing, [(where, column, here, there)])] = compared(two)  # type: ignore[misc]
    assert (differing, column, here, there) == (1, None, None, "a row")
    assert where.startswith("participant_id P1")


def test_a_row_that_is_there_twice_differs_from_one_that_is_there_once(two: tuple[Connection, Connection]) -> None:
    two[1].execute("INSERT INTO main.walking_bout FROM main.walking_bout WHERE steps = 7")
    [(differing, _)] = compared(two)  # type: ignore[misc]
    assert differing == 1


def test_a_change_inside_a_list_is_seen(two: tuple[Connection, Connection]) -> None:
    two[1].execute("UPDATE main.walking_bout SET flags = ['run'] WHERE steps = 7")
    [(_, [(_, column, here, there)])] = compared(two)  # type: ignore[misc]
    assert (column, here, there) == ("flags", ["7"], ["run"])


def test_only_the_rows_of_the_asked_people_are_looked_at(two: tuple[Connection, Connection]) -> None:
    two[1].execute("UPDATE main.walking_bout SET steps = 1 WHERE participant_id = 'P1'")
    assert compared(two, ["P0", "P2"]) == [(0, [])]


def test_all_rows_that_differ_are_counted_and_the_first_ones_told(two: tuple[Connection, Connection]) -> None:
    two[1].execute("UPDATE main.walking_bout SET steps = steps + 1000 WHERE participant_id = 'P1'")
    [(differing, cells)] = compared(two)  # type: ignore[misc]
    assert (differing, len(cells)) == (100, 5)


def test_what_a_device_calls_itself_is_not_told(two: tuple[Connection, Connection]) -> None:
    for connection, device in zip(two, ("garmin-1234567", "garmin-7654321"), strict=True):
        connection.execute(
            "INSERT INTO ledger.source_coverage VALUES ('a', 'P1', ?, '2026-03-02 10:00Z', '2026-03-02 11:00Z')",
            [device],
        )
    [(differing, cells)] = compared(two, tables=["ledger.source_coverage"])  # type: ignore[misc]
    assert differing == 2
    assert "garmin" not in str(cells)


def test_a_wall_clock_column_is_passed_over(two: tuple[Connection, Connection]) -> None:
    for connection, hour in zip(two, (10, 11), strict=True):
        connection.execute(
            f"CREATE TABLE main.source_file AS SELECT 'a' AS source_file_id, 1 AS receipt_number,"
            f" TIMESTAMPTZ '2026-03-02 {hour}:00Z' AS loaded_at"
        )
    assert compared(two, tables=["main.source_file"]) == [(0, [])]
