"""Turns the ledger into the research tables: runs views/ in the order the SQL itself implies.

Each file of views/ is one SELECT and becomes one table of the same name. A view that names `touched` is computed for
the touched participants only and replaces their rows; one that does not is computed whole. The full rebuild is the same
SELECT with everybody touched, so both give the same rows.
"""

import dataclasses
import functools
import graphlib
import hashlib
import json
import re
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any

import duckdb

from warehouse.database import transaction
from warehouse.study_tables import MirroredStudy
from warehouse.touched import (
    count_touched,
    remember_devices,
    touch,
    touch_also,
    touch_everybody,
    touch_pending,
    widen_for_devices,
)

#: Statements by their text; they belong to no connection and can be executed any number of times.
_PARSED: dict[str, duckdb.Statement] = {}


@dataclasses.dataclass(frozen=True)
class View:
    """One SELECT of views/: its name, comments, text and the views it reads."""

    name: str
    subject: str
    comment: str
    column_comments: dict[str, str]
    sql: str
    inputs: frozenset[str] = frozenset()

    @property
    def is_incremental(self) -> bool:
        """True if the view is computed for the touched participants only."""
        return any("touched" in line for line in self.sql.splitlines() if not line.lstrip().startswith("--"))

    @property
    def is_windowed(self) -> bool:
        """True if the view is computed for a stretch of minutes of each of them only."""
        return "touched.from_at" in self.sql


def read_view(subject: str, entry: Traversable) -> View:
    """The view of one file: header comment, column comments and SELECT.

    The header is the leading block of `--` lines; after a line `-- Columns` it lists `name: meaning`, one per line.
    """
    text = entry.read_text(encoding="utf-8")
    header: list[str] = []
    columns: dict[str, str] = {}
    in_columns = False
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        content = line[2:].strip()
        if content == "Columns":
            in_columns = True
        elif in_columns:
            name, _, meaning = content.partition(": ")
            columns[name] = meaning
        elif content:
            header.append(content)
    return View(entry.name.removesuffix(".sql"), subject, " ".join(header), columns, text)


@functools.cache
def views() -> dict[str, View]:
    """All views by name, in an order in which each comes after those it reads.

    Raises ValueError naming the view if two files share a name, a view reads something that does not exist, or views
    read each other in a circle.
    """
    found: dict[str, View] = {}
    for folder in sorted((resources.files("warehouse") / "views").iterdir(), key=lambda entry: entry.name):
        if not folder.is_dir() or folder.name.startswith("_"):
            continue
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.name.endswith(".sql"):
                view = read_view(folder.name, entry)
                if view.name in found:
                    raise ValueError(
                        f"two views are called {view.name}: {found[view.name].subject}/ and {folder.name}/"
                    )
                found[view.name] = view
    with duckdb.connect() as connection:
        inputs = {name: _inputs(connection, view) for name, view in found.items()}
    for name, needs in inputs.items():
        unknown = needs - set(found)
        if unknown:
            raise ValueError(f"the view {name} reads {sorted(unknown)}, which no file of views/ makes")
    try:
        order = tuple(
            graphlib.TopologicalSorter({name: sorted(needs) for name, needs in inputs.items()}).static_order()
        )
    except graphlib.CycleError as error:
        raise ValueError(f"views read each other in a circle: {' -> '.join(error.args[1])}") from error
    return {name: dataclasses.replace(found[name], inputs=frozenset(inputs[name])) for name in order}


#: What DuckDB's serialised statements say of a table without a schema, and of a common table expression.
_TABLE = re.compile(r'"schema_name":"","table_name":"([^"]+)"')
_CTE = re.compile(r'\{"key":"([^"]+)","value":\{"aliases":')


def _inputs(connection: duckdb.DuckDBPyConnection, view: View) -> set[str]:
    row = connection.execute("SELECT json_serialize_sql(?)", [view.sql]).fetchone()
    text = row[0] if row else ""
    if text.startswith('{"error":true'):
        raise ValueError(
            f"the view {view.subject}/{view.name}.sql cannot be read: {json.loads(text).get('error_message')}"
        )
    # by pattern: to take the whole tree apart costs each process more than a night's smallest derivation
    return set(_TABLE.findall(text)) - set(_CTE.findall(text)) - {"touched"}


@functools.cache
def views_hash() -> str:
    """SHA-256 over the text of all views: a changed definition means that every derived table is made again."""
    digest = hashlib.sha256()
    for _, view in sorted(views().items()):
        digest.update(view.sql.encode())
    return digest.hexdigest()


def derive(connection: duckdb.DuckDBPyConnection, study: MirroredStudy, *, everybody: bool = False) -> int:
    """Brings the derived tables up to the ledger in one transaction; returns how many participants were derived.

    Derived are the participants whose ledger rows, or whose own lines in the study's CSVs, changed since the last time; or
    everybody if the study's settings or rules or the views changed, or everybody is True. Calendars end at the as-of date of the
    whole study: when it moves, the tables of dates and weeks are made again for everybody, those of minutes are not.
    """
    _use_threads(connection)
    with transaction(connection):
        known = dict(connection.execute("SELECT key, value FROM ledger.derivation").fetchall())
        if known.get("views") != views_hash():
            _drop_derived(connection)
            everybody = True
        everybody = everybody or known.get("general") != study.general_hash
        # before the views: the table `publication` says by what they were made
        connection.execute("DELETE FROM ledger.derivation")
        connection.execute(
            "INSERT INTO ledger.derivation VALUES ('views', ?), ('study', ?), ('general', ?), ('version', ?)",
            [views_hash(), study.whole_hash, study.general_hash, metadata.version("footfall")],
        )
        gone = _take_up_participants(connection, study.participant_hashes)
        of_minutes, of_calendars = _nightly()
        if everybody:
            _materialise_in_batches(connection, of_minutes)
            # nothing of the published file stays
            connection.execute("DELETE FROM ledger.published")
            count = count_touched(connection)
        else:
            _remove(connection, gone)
            touch_pending(connection)
            count = count_touched(connection)
            before = _calendar_inputs(connection)
            _materialise_touched(connection, of_minutes, anybody=count > 0)
            connection.execute(
                "INSERT INTO ledger.pending_publication SELECT participant_id, from_at, to_at FROM touched"
                " UNION ALL SELECT unnest(?::VARCHAR[]), '-infinity', 'infinity'",
                [gone],
            )
            everybody = _touch_calendars(connection, before)
        anybody = count_touched(connection) > 0
        for view in of_calendars:
            materialise(connection, view, whole=everybody, anybody=anybody)
        if known.get("views") != views_hash():
            for name in _MULTIVERSE:
                connection.execute(f"CREATE TABLE main.{name} AS {views()[name].sql} LIMIT 0")
        connection.execute("INSERT INTO ledger.pending_multiverse SELECT participant_id FROM touched")
        connection.execute("DELETE FROM ledger.pending")
    return count


def _take_up_participants(connection: duckdb.DuckDBPyConnection, hashes: dict[str, str]) -> list[str]:
    """Makes participants pending about whom the study's CSVs say something new; returns those who are not listed any more."""
    known = dict(connection.execute("FROM ledger.participant_study").fetchall())
    changed = sorted(name for name, said in hashes.items() if known.get(name) != said)
    gone = sorted(set(known) - set(hashes))
    if changed or gone:
        connection.execute("INSERT INTO ledger.pending (participant_id) SELECT unnest(?::VARCHAR[])", [changed])
        connection.execute(
            "DELETE FROM ledger.participant_study WHERE participant_id IN (SELECT unnest(?))", [changed + gone]
        )
        connection.execute(
            "INSERT INTO ledger.participant_study SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [changed, [hashes[name] for name in changed]],
        )
    return gone


def _remove(connection: duckdb.DuckDBPyConnection, people: list[str]) -> None:
    """Takes the rows of participants who are not in the study any more out of every table that is kept by participant."""
    if people:
        for view in views().values():
            if view.is_incremental:
                connection.execute(
                    f"DELETE FROM main.{view.name} WHERE participant_id IN (SELECT unnest(?::VARCHAR[]))", [people]
                )


def _use_threads(connection: duckdb.DuckDBPyConnection) -> None:
    """All cores for much data, one for little: there, threads would wait for each other longer than they work."""
    row = connection.execute("SELECT coalesce(sum(rows), 0) FROM ledger.file_part").fetchone()
    connection.execute("SET threads = 1" if row and row[0] < _FEW_ROWS else "RESET threads")


#: Rows of the ledger up to which one thread is faster.
_FEW_ROWS = 300_000
#: Views by which one participant's files bear on another's calendar.
_CALENDAR_INPUTS = ("as_of", "waiting_owner")
#: Rows of the ledger that are derived at once: their minutes are in memory several times over while they are.
_BATCH_ROWS = 4_000_000
#: Views that warehouse.multiverse fills.
_MULTIVERSE = ("multiverse", "multiverse_summary")


@functools.cache
def _nightly() -> tuple[tuple[View, ...], tuple[View, ...]]:
    """The views that each derivation makes: those of minutes, then those that follow from _CALENDAR_INPUTS too.

    The multiverse has its own time (warehouse.multiverse): here only its table is made sure of.
    """
    dated: dict[str, View] = {}
    others: dict[str, View] = {}
    for name, view in views().items():
        if view.name not in _MULTIVERSE:
            (dated if view.inputs & {*dated, *_CALENDAR_INPUTS} else others)[name] = view
    return tuple(others.values()), tuple(dated.values())


def ancestors(name: str) -> set[str]:
    """Names of the views that a view reads, directly or through others."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        reads = views()[waiting.pop()].inputs
        waiting |= reads - found
        found |= reads
    return found


def _calendar_inputs(connection: duckdb.DuckDBPyConnection) -> tuple[Any, set[str]]:
    as_of = connection.execute("SELECT as_of FROM main.as_of").fetchone()
    return as_of, {name for (name,) in connection.execute("SELECT participant_id FROM main.waiting_owner").fetchall()}


def _touch_calendars(connection: duckdb.DuckDBPyConnection, before: tuple[Any, set[str]]) -> bool:
    """Touches those whose calendar changed with somebody else's files; True if that is everybody."""
    as_of, waiting = _calendar_inputs(connection)
    if as_of != before[0]:
        touch_everybody(connection)
        return True
    if changed := sorted(waiting ^ before[1]):
        touch_also(connection, changed)
    return False


def _materialise_touched(connection: duckdb.DuckDBPyConnection, of_minutes: tuple[View, ...], *, anybody: bool) -> None:
    for view in of_minutes:
        if view.name == "device" and anybody:
            remember_devices(connection)
            materialise(connection, view, whole=False)
            widen_for_devices(connection)
        else:
            materialise(connection, view, whole=False, anybody=anybody)


def _materialise_in_batches(connection: duckdb.DuckDBPyConnection, of_minutes: tuple[View, ...]) -> None:
    """Makes the views of minutes for everybody, a batch of participants after the other, in bounded memory.

    A view that reads all participants at once (as_of) follows when the last batch is in place.
    """
    batches = _batches(connection)
    incremental = [view for view in of_minutes if view.is_incremental]
    for number, people in enumerate(batches):
        touch(connection, people)
        for view in incremental:
            if number == 0:
                materialise(connection, view, whole=True)
            else:
                execute_view(connection, _insert(view))
    touch_everybody(connection)
    for view in of_minutes:
        if not view.is_incremental:
            materialise(connection, view, whole=True)


def _batches(connection: duckdb.DuckDBPyConnection) -> list[list[str]]:
    """All participants in order, in batches of about _BATCH_ROWS ledger rows; at least one batch, if need be of nobody."""
    rows = connection.execute(
        """
        SELECT participant.participant_id, coalesce(sum(part.rows), 0)
        FROM study.participant AS participant
        LEFT JOIN ledger.file_part AS part USING (participant_id)
        GROUP BY participant.participant_id
        ORDER BY participant.participant_id
        """
    ).fetchall()
    batches: list[list[str]] = [[]]
    held = 0
    for participant_id, count in rows:
        if batches[-1] and held + count > _BATCH_ROWS:
            batches.append([])
            held = 0
        batches[-1].append(participant_id)
        held += count
    return batches


def _delete(view: View) -> str:
    if not view.is_windowed:
        return f"DELETE FROM main.{view.name} WHERE participant_id IN (SELECT participant_id FROM touched)"
    return f"""
        DELETE FROM main.{view.name} USING touched
        WHERE {view.name}.participant_id = touched.participant_id
            AND {view.name}.minute_start >= touched.from_at AND {view.name}.minute_start < touched.to_at
            AND {view.name}.minute_start >= getvariable('touched_from')
            AND {view.name}.minute_start < getvariable('touched_to')
    """


def _insert(view: View) -> str:
    # a view that forgets to name `touched` somewhere must not add other people's rows a second time
    return f"INSERT INTO main.{view.name} BY NAME FROM (\n{view.sql}\n) SEMI JOIN touched USING (participant_id)"


def materialise(connection: duckdb.DuckDBPyConnection, view: View, *, whole: bool, anybody: bool = True) -> None:
    """Makes the rows of one view: all of them, or those of the participants in the temporary table `touched`.

    anybody: False says that nobody is touched. A duckdb.Error carries a note that names the view.
    """
    # names of views are file names of this package, never input
    try:
        if whole or not view.is_incremental:
            execute_view(connection, f"CREATE OR REPLACE TABLE main.{view.name} AS {view.sql}")
        elif anybody:  # of nobody there is no row to take out or to put in
            connection.execute(_delete(view))
            execute_view(connection, _insert(view))
    except duckdb.Error as error:
        error.add_note(f"while computing {view.subject}/{view.name}.sql")
        raise


def execute_view(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Runs a statement that will be run again and again: it is read once for each process."""
    # reading the views takes a quarter of the time that a small study takes: a process that derives again has them read
    if sql not in _PARSED:
        [_PARSED[sql]] = connection.extract_statements(sql)
    connection.execute(_PARSED[sql])


def _drop_derived(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database()"
        " AND table_name <> 'schema_migration' AND NOT temporary"
    ).fetchall()
    for (name,) in rows:
        connection.execute(f'DROP TABLE main."{name}"')
