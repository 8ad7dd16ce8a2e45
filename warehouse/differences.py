"""Which participant-weeks differ between two published files, and why: changes/*.sql over both, set at a time."""

import dataclasses
import datetime as dt
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import WarehouseError

#: What is read of a published file. A table or column that one of the two lacks is read as empty from both.
_READ: dict[str, dict[str, str]] = {
    "participant": {
        "participant_id": "VARCHAR", "time_zone": "VARCHAR", "start_date": "DATE", "end_date": "DATE", "arm": "VARCHAR",
        "age_years": "DOUBLE",
    },
    "prescription": {
        "participant_id": "VARCHAR", "valid_from": "DATE", "days_per_week": "INTEGER", "minutes_per_day": "DOUBLE",
    },
    "outcome": {
        "participant_id": "VARCHAR", "date": "DATE", "kind": "VARCHAR", "value": "VARCHAR", "end_date": "DATE",
    },
    "travel": {"participant_id": "VARCHAR", "from_utc": "TIMESTAMPTZ", "time_zone": "VARCHAR"},
    "device_assignment": {"participant_id": "VARCHAR", "from_date": "DATE", "to_date": "DATE"},
    "protocol": {
        "protocol_id": "VARCHAR", "bout_rule_id": "VARCHAR", "wear_rule_id": "VARCHAR",
        "source": "VARCHAR", "is_listed": "BOOLEAN", "rules_hash": "VARCHAR",
    },
    "bout_rule": {"bout_rule_id": "VARCHAR", "source": "VARCHAR", "rule_hash": "VARCHAR"},
    "age_cadence": {"age_from": "INTEGER", "age_to": "INTEGER", "min_cadence_spm": "DOUBLE"},
    "wear_rule": {"wear_rule_id": "VARCHAR", "source": "VARCHAR", "rule_hash": "VARCHAR"},
    "participant_week": {
        "participant_id": "VARCHAR", "protocol_id": "VARCHAR", "week_number": "INTEGER", "arm": "VARCHAR",
        "week_start": "DATE", "week_end": "DATE", "prescribed_days": "INTEGER", "prescribed_minutes": "DOUBLE",
        "prescription_changed": "BOOLEAN", "in_progress": "BOOLEAN", "can_resolve_no": "BOOLEAN",
        "walking_minutes": "INTEGER", "success_days_lo": "INTEGER", "success_days_hi": "INTEGER",
        "answer": "VARCHAR", "status": "VARCHAR",
    },
    "participant_day": {
        "participant_id": "VARCHAR", "protocol_id": "VARCHAR", "local_date": "DATE", "week_number": "INTEGER",
        "state": "VARCHAR", "reason": "VARCHAR",
    },
    "minute": {
        "participant_id": "VARCHAR", "minute_start": "TIMESTAMPTZ", "local_date": "DATE",
        "utc_offset_minutes": "INTEGER", "steps": "INTEGER",
        "walking_source": "VARCHAR", "is_worn": "BOOLEAN", "has_heart_rate": "BOOLEAN", "recording_kind": "VARCHAR",
        "source_file_id": "VARCHAR", "flags": "VARCHAR[]",
    },
    "source_file": {
        "source_file_id": "VARCHAR", "receipt_number": "INTEGER", "status": "VARCHAR", "received_at": "TIMESTAMPTZ",
    },
    "participant_file": {
        "participant_id": "VARCHAR", "source_file_id": "VARCHAR", "state": "VARCHAR", "first_at": "TIMESTAMPTZ",
        "last_at": "TIMESTAMPTZ",
    },
    "participant_device": {
        "participant_id": "VARCHAR", "device_id": "VARCHAR", "device_class": "VARCHAR", "zeros_prove_wear": "BOOLEAN",
        "is_all_day": "BOOLEAN", "priority": "INTEGER",
    },
    "publication": {
        "footfall_version": "VARCHAR", "views_hash": "VARCHAR", "as_of": "DATE", "activity_files_are_complete": "BOOLEAN",
    },
}  # fmt: skip

#: Compared are all columns that both sides have but these: names of devices are numbered anew when an earlier file comes,
#: hashes and names of zones are no numbers, and what a day is compared with is the week's.
_NOT_COMPARED = {
    "participant_week": {"sources", "rules_hash"},
    "participant_day": {"sources", "time_zone", "week_number", "target_minutes", "target_met"},
}


class DifferenceError(WarehouseError):
    """The two files cannot be compared; the message says why."""


@dataclasses.dataclass(frozen=True)
class Differences:
    """What differs between two published files.

    columns, rows: one row for each differing participant-week (changes/11_difference.sql), dates as date, reasons as a
    sorted list of codes, why a list of sentences. compared: weeks that were compared. answers: weeks by (old, new) answer, "not
    there" for a week of one side only. reasons: weeks by reason; a week can have several. notes: what could not be compared.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]
    compared: int
    answers: dict[tuple[str, str], int]
    reasons: dict[str, int]
    notes: list[str]


def differences(
    old: Path, new: Path, *, participant_id: str | None = None, protocol_id: str | None = None
) -> Differences:
    """The participant-weeks that differ between two published files, of protocols that both list, each with its reasons.

    Both files are only read. Raises DifferenceError if one cannot be opened, or if neither knows the participant or both do
    not list the protocol.
    """
    # what does not fit into memory goes beside, never into the folder one happens to be in
    with (
        tempfile.TemporaryDirectory(prefix="footfall") as scratch,
        duckdb.connect(config={"temp_directory": scratch}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        for side, path in (("old", old), ("new", new)):
            _attach(connection, side, path)
        connection.execute("SET VARIABLE asked_participant = ?::VARCHAR", [participant_id])
        connection.execute("SET VARIABLE asked_protocol = ?::VARCHAR", [protocol_id])
        notes = _read_both(connection)
        notes += _check_asked(connection, participant_id, protocol_id)
        for entry in _statements("changes"):
            name = entry.name.removesuffix(".sql").partition("_")[2]
            connection.execute(f"CREATE TEMP TABLE {name} AS {entry.read_text(encoding='utf-8')}")
        found = connection.execute("FROM difference ORDER BY ALL")
        columns = [column[0] for column in found.description or ()]
        rows = found.fetchall()
        summary = connection.execute("FROM summary").fetchall()
    return Differences(
        columns,
        rows,
        compared=next(weeks for part, _, _, weeks in summary if part == "compared"),
        answers={(was, is_): weeks for part, was, is_, weeks in summary if part == "answer"},
        reasons={reason: weeks for part, reason, _, weeks in summary if part == "reason"},
        notes=notes,
    )


def _statements(*folders: str) -> list[Traversable]:
    folder = resources.files("warehouse").joinpath(*folders)
    return sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)


def _attach(connection: duckdb.DuckDBPyConnection, side: str, path: Path) -> None:
    if not path.is_file():
        raise DifferenceError(f"expected a published database at {path}; found none. Run `footfall ingest` first.")
    try:
        connection.execute(f"ATTACH {_quoted(str(path))} AS {side}_file (READ_ONLY)")
    except duckdb.Error as error:
        raise DifferenceError(f"expected a published database at {path}; found: {error}") from None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _held(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, dict[str, str]]:
    held: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = ? ORDER BY ALL",
        [f"{side}_file"],
    ).fetchall():
        held.setdefault(table, {})[column] = kind
    return held


def _read_both(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Makes the schemas old and new, alike in tables and columns; returns what one of the files lacks."""
    held = {side: _held(connection, side) for side in ("old", "new")}
    notes = []
    for side in ("old", "new"):
        connection.execute(f"CREATE SCHEMA {side}")
    for table, needed in _READ.items():
        was, is_ = held["old"].get(table), held["new"].get(table)
        if was is None or is_ is None:
            notes.append(f"the {'older' if was is None else 'newer'} file has no table {table}: it was not compared")
            was, is_ = {}, {}
        notes += [
            f"{table}.{column} is only in the {'older' if column in was else 'newer'} file: it was not compared"
            for column in sorted(set(was) ^ set(is_))
            if column not in _NOT_COMPARED.get(table, set())
        ]
        shared = [column for column in was if column in is_]
        absent = [f"NULL::{kind} AS {column}" for column, kind in needed.items() if column not in shared]
        for side in ("old", "new"):
            source = f"FROM {side}_file.main.{table}" if shared else "WHERE false"
            connection.execute(f"CREATE VIEW {side}.{table} AS SELECT {', '.join(shared + absent)} {source}")
            if table in _NOT_COMPARED and shared:
                compared = [column for column in shared if column not in _NOT_COMPARED[table]]
                name = f"compared_{table.removeprefix('participant_')}"
                connection.execute(f"CREATE VIEW {side}.{name} AS SELECT {', '.join(compared)} FROM {side}.{table}")
    for side in ("old", "new"):
        # the files of sides/ name the tables of one side
        connection.execute(f"USE memory.{side}")
        for entry in _statements("changes", "sides"):
            name = entry.name.removesuffix(".sql")
            connection.execute(f"CREATE TABLE {side}.{name} AS {entry.read_text(encoding='utf-8')}")
    connection.execute("USE memory.main")
    return notes


def _check_asked(
    connection: duckdb.DuckDBPyConnection, participant_id: str | None, protocol_id: str | None
) -> list[str]:
    """Raises DifferenceError for an unknown participant or protocol; returns what is listed on one side only."""
    people = {name for (name,) in connection.execute(
        "SELECT participant_id FROM old.participant UNION SELECT participant_id FROM new.participant"
    ).fetchall()}  # fmt: skip
    if participant_id is not None and participant_id not in people:
        raise DifferenceError(f"expected a participant of one of the two; found none called {participant_id!r}.")
    listed = {
        side: {
            name
            for (name,) in connection.execute(f"SELECT protocol_id FROM {side}.protocol WHERE is_listed").fetchall()
        }
        for side in ("old", "new")
    }
    both = listed["old"] & listed["new"]
    if protocol_id is not None and protocol_id not in both:
        raise DifferenceError(
            f"expected a protocol that both list ({', '.join(sorted(both)) or 'there is none'}); found {protocol_id!r}."
        )
    return [
        f"protocol {name} is listed only in the {'older' if name in listed['old'] else 'newer'} file: its weeks were not"
        " compared"
        for name in sorted(listed["old"] ^ listed["new"])
    ]


def plain(value: Any) -> Any:
    """A cell of Differences.rows as JSON can hold it."""
    return value.isoformat() if isinstance(value, dt.date) else value
