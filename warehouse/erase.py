"""Takes one participant out of the database, and of frozen copies of the published one, so that no byte of them stays."""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import duckdb

from warehouse.database import replace_frame, transaction
from warehouse.durable import replace_durably
from warehouse.ledger import FRAMES, Receipt, receipt_frame
from warehouse.publish import STORAGE_VERSION

#: Columns of the ledger in which sentences stand.
_TEXTS = (
    ("source_file", "reason"), ("history", "reason"), ("set_aside", "detail"), ("run", "outcome"), ("run", "summary"),
    ("told", "key"),
)  # fmt: skip
_ID_COLUMNS = ("participant_id", "participant_label")
Scrub = Callable[[str], str]


def withdrawn(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, dt.date]]:
    """(salt, hash of salt and id, month) of everybody who was withdrawn."""
    return connection.execute("SELECT salt, person_hash, month FROM ledger.withdrawn ORDER BY ALL").fetchall()


def add_withdrawn(connection: duckdb.DuckDBPyConnection, people: list[tuple[str, str, dt.date]]) -> None:
    """Adds people to those who were withdrawn."""
    connection.executemany("INSERT INTO ledger.withdrawn VALUES (?, ?, ?)", people)


def owners(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """The participants whose rows each content holds."""
    rows = connection.execute(
        "SELECT source_file_id, list(DISTINCT participant_id) FROM ledger.file_part"
        " WHERE participant_id IS NOT NULL GROUP BY source_file_id"
    ).fetchall()
    return {source_file_id: frozenset(people) for source_file_id, people in rows}


def ids(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every id that the ledger or the CSVs as last mirrored name somebody by, and every folder and label that may be one."""
    rows = connection.execute(
        """
        SELECT participant_id FROM study.participant
        UNION SELECT participant_id FROM ledger.file_part
        UNION SELECT participant_label FROM ledger.file_part
        UNION SELECT folder FROM ledger.receipt
        """
    ).fetchall()
    return {row[0] for row in rows if row[0] is not None}


def listed(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The participants of participants.csv as last mirrored."""
    return frozenset(row[0] for row in connection.execute("SELECT participant_id FROM study.participant").fetchall())


def without_label(connection: duckdb.DuckDBPyConnection, participant_id: str) -> frozenset[str]:
    """Contents in which rows are the participant's that do not name them: the folder or devices.csv does."""
    rows = connection.execute(
        "SELECT source_file_id FROM ledger.file_part WHERE participant_id = ? AND participant_label IS NULL",
        [participant_id],
    ).fetchall()
    return frozenset(row[0] for row in rows)


def devices_of(connection: duckdb.DuckDBPyConnection, participant_id: str) -> dict[str, bool]:
    """The devices of a participant, by devices.csv as last mirrored and by their files; True if nobody else has it."""
    rows = connection.execute(
        """
        WITH use AS (
            SELECT device_id, participant_id FROM study.device_assignment
            UNION SELECT device_id, participant_id FROM ledger.file_part WHERE participant_id IS NOT NULL
        )
        SELECT device_id, bool_and(participant_id = $who) FROM use GROUP BY device_id HAVING bool_or(participant_id = $who)
        """,
        {"who": participant_id},
    ).fetchall()
    return dict(rows)


def erase_person(
    connection: duckdb.DuckDBPyConnection,
    participant_id: str,
    *,
    gone: Collection[str],
    receipts: list[Receipt],
    containers: Mapping[str, str | None],
    scrub: Scrub,
    person: tuple[str, str, dt.date] | None,
) -> None:
    """Takes everything of the participant out of ledger, study and derived tables, in one transaction.

    gone: contents of which a tombstone stays (hash, status, month); others with rows in them become pending. receipts: all
    receipts as they are from now on. containers: content -> the archive that it lies in now. scrub: gives a sentence
    without the id. person: salt, hash and month to refuse the id by; None if the ledger has them.
    """
    ids = sorted(gone)
    with transaction(connection):
        connection.execute(
            "INSERT INTO ledger.pending (participant_id) SELECT DISTINCT participant_id FROM ledger.file_part"
            " WHERE source_file_id IN (SELECT unnest(?::VARCHAR[])) AND participant_id IS NOT NULL",
            [ids],
        )
        for table in (*FRAMES, "history"):
            connection.execute(
                f"DELETE FROM ledger.{table} WHERE source_file_id IN (SELECT unnest(?::VARCHAR[]))", [ids]
            )
        _make_tombstones(connection, ids)
        for source_file_id, container_id in containers.items():
            connection.execute(
                "UPDATE ledger.source_file SET container_id = ? WHERE source_file_id = ?",
                [container_id, source_file_id],
            )
        replace_frame(connection, "ledger.receipt", receipt_frame(receipts))
        for schema, table, column in _columns(connection, *_ID_COLUMNS):
            connection.execute(f'DELETE FROM "{schema}"."{table}" WHERE "{column}" = ?', [participant_id])
        _scrub_texts(connection, participant_id, scrub)
        # the next publication is written anew: what is deleted from a file leaves its bytes there
        connection.execute("DELETE FROM ledger.published")
        if person is not None:
            connection.execute("INSERT INTO ledger.withdrawn VALUES (?, ?, ?)", list(person))


def _make_tombstones(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    rows = connection.execute(
        "DELETE FROM ledger.source_file WHERE source_file_id IN (SELECT unnest(?::VARCHAR[]))"
        " RETURNING source_file_id, date_trunc('month', received_at)",
        [ids],
    ).fetchall()
    connection.execute(
        "INSERT INTO ledger.source_file (source_file_id, status, received_at)"
        " SELECT unnest(?::VARCHAR[]), 'withdrawn', unnest(?::TIMESTAMPTZ[])",
        [[row[0] for row in rows], [row[1] for row in rows]],
    )


def _scrub_texts(connection: duckdb.DuckDBPyConnection, participant_id: str, scrub: Scrub) -> None:
    for table, column in _TEXTS:
        # names of tables and columns are constants of this module, never input
        found = connection.execute(
            f"SELECT DISTINCT {column} FROM ledger.{table} WHERE contains({column}, ?)", [participant_id]
        ).fetchall()
        for (text,) in found:
            connection.execute(f"UPDATE ledger.{table} SET {column} = ? WHERE {column} = ?", [scrub(text), text])


def _columns(connection: duckdb.DuckDBPyConnection, *names: str) -> list[tuple[str, str, str]]:
    return connection.execute(
        """
        SELECT schema_name, table_name, column_name FROM duckdb_columns()
        JOIN duckdb_tables() USING (database_name, schema_name, table_name)
        WHERE database_name = current_database() AND column_name IN (SELECT unnest(?))
        ORDER BY ALL
        """,
        [list(names)],
    ).fetchall()


def write_anew(path: Path) -> None:
    """Writes a database that nobody has open into a new file in its place: rows that were deleted are not in it.

    DuckDB keeps them in blocks that are free but not overwritten, and in the log beside the file.
    """
    with duckdb.connect(str(path)) as connection:
        connection.execute("CHECKPOINT")
    beside = path.with_name(f".{path.name}.new")
    with _copying(path, beside) as connection:
        connection.execute("COPY FROM DATABASE old TO new")
    replace_durably(beside, path)


@contextlib.contextmanager
def _copying(source: Path, target: Path, options: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with source attached as old, read-only, and a fresh target as new; all is in the file afterwards."""
    for leftover in (target, target.with_name(f"{target.name}.wal")):
        leftover.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="run-", dir=target.parent) as scratch,
        duckdb.connect(config={"temp_directory": scratch}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {_quoted(str(source))} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {_quoted(str(target))} AS new {options}")
        yield connection
        connection.execute("CHECKPOINT new")
        connection.execute("DETACH new")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def copy_without(
    source: Path, target: Path, participant_id: str, tombstones: Collection[str], scrub: Scrub
) -> tuple[dict[str, int], bool]:
    """Writes a published file again without one participant; rows left out by table, and whether anything differs.

    Rows with the id go, in every table. What the file says about contents of theirs, and about tombstones, is reduced to
    hash, status and month. Sentences lose the id. Counts over all people stay as they were.
    """
    removed: dict[str, int] = {}
    is_other = False
    with _copying(source, target, f"(STORAGE_VERSION '{STORAGE_VERSION}')") as connection:
        connection.execute("COPY FROM DATABASE old TO new (SCHEMA)")
        tables = _tables(connection)
        theirs = set(tombstones)
        if "participant_file" in tables:
            rows = connection.execute(
                "SELECT DISTINCT source_file_id FROM old.main.participant_file WHERE participant_id = ?",
                [participant_id],
            ).fetchall()
            theirs |= {row[0] for row in rows}
        connection.execute(
            "CREATE TEMP TABLE content AS SELECT unnest(?::VARCHAR[]) AS source_file_id", [sorted(theirs)]
        )
        for table, columns in tables.items():
            told, is_scrubbed = _kept_columns(connection, table, columns, participant_id, scrub)
            kept = " AND ".join(
                [f"{column} IS DISTINCT FROM {_quoted(participant_id)}" for column in _ID_COLUMNS if column in columns]
                or ["true"]
            )
            if table == "source_file":
                # a file of theirs is told of, but no longer as theirs
                kept = "true"
            if table == "exclusion":
                kept += " AND NOT (what = 'file' AND source_file_id IN (SELECT source_file_id FROM temp.content))"
            is_other |= is_scrubbed or (table == "source_file" and _tells_of(connection))
            counted = connection.execute(f'SELECT count(*) FROM old.main."{table}"').fetchone()
            done = connection.execute(
                f'INSERT INTO new.main."{table}" SELECT {", ".join(told)} FROM old.main."{table}" WHERE {kept}'
            ).fetchone()
            if counted and done and counted[0] > done[0]:
                removed[table] = counted[0] - done[0]
    return removed, is_other or bool(removed)


def _tells_of(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM old.main.source_file SEMI JOIN temp.content USING (source_file_id) WHERE status <> 'withdrawn'"
    ).fetchone()
    return bool(row and row[0])


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'old'"
        " ORDER BY table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _kept_columns(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], participant_id: str, scrub: Scrub
) -> tuple[list[str], bool]:
    """What to select for each column of a table, and whether a sentence in it names the participant."""
    told, is_scrubbed = [], False
    is_theirs = "source_file_id IN (SELECT source_file_id FROM temp.content)"
    reduced = {
        "source_file_id": "source_file_id", "receipt_number": "receipt_number", "status": "'withdrawn'",
        "file_name": "left(source_file_id, 12)", "received_at": "date_trunc('month', received_at)",
    }  # fmt: skip
    for column, kind in columns.items():
        value = f'"{column}"'
        if kind == "VARCHAR" and column not in _ID_COLUMNS:
            value = _scrubbed(connection, table, column, participant_id, scrub)
            is_scrubbed |= value != f'"{column}"'
        if table == "source_file":
            value = f"CASE WHEN {is_theirs} THEN {reduced.get(column, 'NULL')} ELSE {value} END"
        told.append(value)
    return told, is_scrubbed


def _scrubbed(connection: duckdb.DuckDBPyConnection, table: str, column: str, participant_id: str, scrub: Scrub) -> str:
    found = connection.execute(
        f'SELECT DISTINCT "{column}" FROM old.main."{table}" WHERE contains("{column}", ?) LIMIT 10000',
        [participant_id],
    ).fetchall()
    pairs = [(text, scrub(text)) for (text,) in found if scrub(text) != text]
    if not pairs:
        return f'"{column}"'
    cases = " ".join(f'WHEN "{column}" = {_quoted(old)} THEN {_quoted(new)}' for old, new in pairs)
    return f'CASE {cases} ELSE "{column}" END'


def texts(path: Path, word: str, pattern: str, columns: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
    """(table, column, text) of every text in a DuckDB file that holds the word and fits the pattern, lists included.

    pattern: a regular expression of DuckDB's kind. columns: look into these only; empty = into all.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {_quoted(str(path))} AS old (READ_ONLY)")
        found = connection.execute(
            "SELECT schema_name, table_name, list((column_name, data_type) ORDER BY column_index) FROM duckdb_columns()"
            " JOIN duckdb_tables() USING (database_name, schema_name, table_name)"
            " WHERE database_name = 'old' AND contains(data_type, 'VARCHAR') GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for schema, table, held in found:
            values = {
                column: f'"{column}"' if kind == "VARCHAR" else f'to_json("{column}")::VARCHAR'
                for column, kind in held
                if not columns or column in columns
            }
            if not values:
                continue
            # one pass over a table says in which of its columns to look closer
            asked = ", ".join(f"coalesce(bool_or(contains({value}, $word)), false)" for value in values.values())
            hits = connection.execute(f'SELECT {asked} FROM old."{schema}"."{table}"', {"word": word}).fetchone() or ()
            for column, is_hit in zip(values, hits, strict=True):
                if is_hit:
                    yield from (
                        (f"{schema}.{table}", column, text)
                        for (text,) in connection.execute(
                            f'SELECT DISTINCT {values[column]} FROM old."{schema}"."{table}"'
                            f" WHERE regexp_matches({values[column]}, ?)",
                            [pattern],
                        ).fetchall()
                    )
