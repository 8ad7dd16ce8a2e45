"""A warehouse whose days and weeks are written by hand, so that the tables made of them can be tested without files."""

import contextlib
import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

import duckdb
import polars as pl

from tests.study_builder import Row
from warehouse.build import derive, views
from warehouse.database import connect, insert_frame
from warehouse.study_tables import STUDY_TABLES, MirroredStudy, mirror_study

#: The preset that asks for 5 days of 30 minutes, and one that looks at the week's minutes.
_RULE = {"bout_rule_id": "walkback", "algorithm": "gap_merge", "min_cadence_spm": 60, "min_minutes": 9}
_RULE |= {
    "max_gap_minutes": 2,
    "credit": "span",
    "missing": "break",
    "cadence_scale": "absolute",
    "partly_active": "count",
}
_WEAR = {"wear_rule_id": "coverage", "method": "coverage", "valid_day_minutes": 600}
_WEAR |= {"day_from": "06:00", "day_to": "23:00"}
_PROTOCOL = {"bout_rule_id": "walkback", "wear_rule_id": "coverage", "days_per_week": 5, "minutes_per_day": 30}
_PROTOCOL |= {"success": "days", "target": "prescription", "week": "study", "grace_minutes": 1, "running": "count"}
_PROTOCOL |= {"vigorous_weight": 1, "is_listed": True}


@contextlib.contextmanager
def warehouse(
    people: Iterable[Row],
    tables: Mapping[str, Iterable[Row]],
    *,
    as_of: dt.date | None,
    outcomes: Iterable[Row] = (),
    protocols: Iterable[Row] = ({"protocol_id": "walkback"},),
    bout_rules: Iterable[Row] = (),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the given rows of day_base, participant_day, participant_week and study_week, and all of
    views/publication computed from them. Columns that a row does not name are NULL; rows of protocols and bout_rules
    start from walkback.
    """
    study: dict[str, list[Row]] = {name: [] for name in STUDY_TABLES}
    study["setting"] = [{"name": "study", "time_zone": "UTC", "activity_files_are_complete": False, "as_of": as_of}]
    study["bout_rule"], study["wear_rule"] = [_RULE, *(_RULE | row for row in bout_rules)], [_WEAR]
    study["protocol"] = [_PROTOCOL | row for row in protocols]
    with connect() as connection:
        for statement in _empty_tables():
            connection.execute(statement)
        connection.execute("INSERT INTO as_of VALUES (?)", [as_of])
        study["participant"] = [{"time_zone": "UTC"} | row for row in people]
        study["outcome"] = list(outcomes)
        mirror_study(connection, _frames(study))
        for name, rows in tables.items():
            insert_frame(connection, name, pl.DataFrame(list(rows), infer_schema_length=None))
        publish(connection)
        yield connection


@functools.cache
def _empty_tables() -> list[str]:
    """Statements that make the derived tables from which views/publication starts, with their types."""
    with connect() as connection:
        derive(connection, MirroredStudy("of nobody", "of nobody", {}))
        tables = """SELECT sql FROM duckdb_tables() WHERE schema_name = 'main'
            AND table_name IN ('as_of', 'day_base', 'participant_day', 'participant_week', 'study_week')"""
        return [sql for (sql,) in connection.execute(tables).fetchall()]


def _frames(study: Mapping[str, list[Row]]) -> dict[str, pl.DataFrame]:
    return {
        name: pl.DataFrame([{column: row.get(column) for column in columns} for row in study[name]], schema=columns)
        for name, columns in STUDY_TABLES.items()
    }


def publish(connection: duckdb.DuckDBPyConnection) -> None:
    """Computes the views of publication/ for everybody, as a derivation does."""
    connection.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT participant_id FROM study.participant")
    for view in views().values():
        if view.subject == "publication" and view.name != "publication":
            connection.execute(f"CREATE OR REPLACE TABLE main.{view.name} AS {view.sql}")


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[Row]:
    """The rows of a query as dicts."""
    found = connection.execute(sql, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def offences(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    """The offending rows that one file of checks/ finds."""
    return connection.execute((resources.files("warehouse") / "checks" / f"{name}.sql").read_text("utf-8")).fetchall()
