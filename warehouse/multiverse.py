"""Fills the table multiverse: the weeks again under every definition that somebody could defend.

The universes (views/multiverse/universe.sql) take the place of the protocols, and the SELECTs that make participant_week
run a second time, into temporary tables. No definition is stated twice.
"""

import functools

import duckdb

from warehouse.build import View, ancestors, execute_view, materialise, views
from warehouse.database import transaction
from warehouse.touched import touch

#: Participants at once: their days under hundreds of universes lie in memory.
_PEOPLE = 40
_RULE_TABLES = ("study.protocol", "study.bout_rule", "study.wear_rule")

#: Puts the universes where the protocols are. The rules themselves stay what they were but for what is varied.
_UNIVERSES_AS_RULES = (
    """
    INSERT INTO study.bout_rule BY NAME
    SELECT DISTINCT
        rule.* REPLACE (
            universe.bout_variant AS bout_rule_id,
            universe.min_cadence_spm AS min_cadence_spm,
            universe.max_gap_minutes AS max_gap_minutes,
            universe.partly_active AS partly_active,
            NULL AS source
        )
    FROM universe
    JOIN own_bout_rule AS rule ON rule.bout_rule_id = universe.bout_rule_id
    """,
    """
    INSERT INTO study.wear_rule BY NAME
    SELECT DISTINCT
        rule.* REPLACE (
            universe.wear_variant AS wear_rule_id,
            universe.valid_day_minutes AS valid_day_minutes,
            NULL AS source
        )
    FROM universe
    JOIN own_wear_rule AS rule ON rule.wear_rule_id = universe.wear_rule_id
    """,
    """
    INSERT INTO study.protocol BY NAME
    SELECT
        protocol.* REPLACE (
            universe.universe_id AS protocol_id,
            universe.bout_variant AS bout_rule_id,
            universe.wear_variant AS wear_rule_id,
            NULL AS source
        )
    FROM universe
    JOIN own_protocol AS protocol ON protocol.protocol_id = universe.protocol_id
    """,
)


@functools.cache
def _chain() -> tuple[View, ...]:
    """The views between the rules and participant_week, in order: what a changed rule changes."""
    needed = ancestors("participant_week") | {"participant_week"}
    found: dict[str, View] = {}
    for name, view in views().items():
        if name in needed and (view.inputs & set(found) or any(table in view.sql for table in _RULE_TABLES)):
            found[name] = view
    return tuple(found.values())


def compare_definitions(connection: duckdb.DuckDBPyConnection) -> int:
    """Brings multiverse and its summary up to participant_week; returns the number of universes.

    In one transaction, for the participants whose weeks changed since the last time. The study's rules are as they were
    afterwards, whatever happens.
    """
    with transaction(connection):
        people = connection.execute(
            "SELECT DISTINCT participant_id FROM ledger.pending_multiverse SEMI JOIN study.participant USING (participant_id)"
            " ORDER BY participant_id"
        ).fetchall()
        # who was taken out of the study leaves no row
        connection.execute(
            "DELETE FROM main.multiverse WHERE participant_id NOT IN (SELECT participant_id FROM study.participant)"
            " OR universe_id NOT IN (SELECT universe_id FROM main.universe)"
        )
        if people:
            _put_universes(connection)
            for first in range(0, len(people), _PEOPLE):
                _fill(connection, [name for (name,) in people[first : first + _PEOPLE]])
            _put_protocols_back(connection)
        connection.execute("DELETE FROM ledger.pending_multiverse")
        materialise(connection, views()["multiverse_summary"], whole=True)
        row = connection.execute("SELECT count(*) FROM main.universe").fetchone()
        return int(row[0]) if row else 0


def _put_universes(connection: duckdb.DuckDBPyConnection) -> None:
    for table in _RULE_TABLES:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {_own(table)} AS FROM {table}")
        connection.execute(f"DELETE FROM {table}")
    for statement in _UNIVERSES_AS_RULES:
        connection.execute(statement)


def _put_protocols_back(connection: duckdb.DuckDBPyConnection) -> None:
    for view in _chain():
        connection.execute(f"DROP TABLE temp.main.{view.name}")
    for table in _RULE_TABLES:
        connection.execute(f"DELETE FROM {table}")
        connection.execute(f"INSERT INTO {table} FROM {_own(table)}")
        connection.execute(f"DROP TABLE temp.main.{_own(table)}")


def _own(table: str) -> str:
    return "own_" + table.removeprefix("study.")


def _fill(connection: duckdb.DuckDBPyConnection, people: list[str]) -> None:
    touch(connection, people)
    for view in _chain():
        # a temporary table hides the one of the same name in main from the views that follow
        execute_view(connection, f"CREATE OR REPLACE TEMP TABLE {view.name} AS {view.sql}")
    materialise(connection, views()["multiverse"], whole=False)
