"""A made-up study in a database: its rows put straight into the ledger, derived, and its tables taken out again."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from tests.oracles.world import Person, Study, instant
from warehouse.build import derive
from warehouse.database import insert_frame
from warehouse.ledger import FRAMES
from warehouse.study_tables import STUDY_TABLES, mirror_study

#: After everything that is made up, so that nothing but what says so lies in the future.
RECEIVED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_UTC = pl.Datetime("us", "UTC")


def derive_study(connection: duckdb.DuckDBPyConnection, study: Study) -> None:
    """Fills an empty database with a study and derives everybody."""
    mirrored = mirror_study(connection, study_frames(study))
    for table, frame in ledger_frames(study).items():
        insert_frame(connection, f"ledger.{table}", frame)
    derive(connection, mirrored, everybody=True)


def study_frames(study: Study) -> dict[str, pl.DataFrame]:
    """The rows of the study's CSVs and settings; tables and columns that a made-up study does not use stay empty."""
    people = study.people
    rows: dict[str, list[dict[str, Any]]] = {
        "participant": [_fields(p, "participant_id", "time_zone", "start_date", "end_date", "arm") for p in people],
        "device_assignment": [{"participant_id": p.participant_id} | vars(a) for p in people for a in p.assignments],
        "prescription": [
            {"participant_id": p.participant_id, "valid_from": date, "days_per_week": rd, "minutes_per_day": rm}
            for p in people
            for date, rd, rm in p.prescriptions
        ],
        "travel": [
            {"participant_id": p.participant_id, "from_utc": instant(minute), "time_zone": zone}
            for p in people
            for minute, zone in p.travel
        ],
        "outcome": [{"participant_id": p.participant_id} | vars(e) for p in people for e in p.events],
        "bout_rule": [
            vars(rule)
            | {"min_share": None if rule.min_share_tenths is None else rule.min_share_tenths / 10}
            | {"cadence_scale": "absolute", "partly_active": "count"}
            for rule in dict.fromkeys(p.bout_rule for p in study.protocols)
        ],
        "wear_rule": [
            vars(rule) | {"day_from": _clock(rule.day_from), "day_to": _clock(rule.day_to)}
            for rule in dict.fromkeys(p.wear_rule for p in study.protocols)
        ],
        "protocol": [
            vars(p)
            | {"bout_rule_id": p.bout_rule.bout_rule_id, "wear_rule_id": p.wear_rule.wear_rule_id, "is_listed": True}
            for p in study.protocols
        ],
        "setting": [
            {
                "name": "made up",
                "time_zone": "UTC",
                "activity_files_are_complete": study.activity_files_are_complete,
                "as_of": study.as_of,
            }
        ],
        "source_priority": [{"priority": place, "entry": entry} for place, entry in enumerate(study.priority, 1)],
    }
    return {
        table: pl.DataFrame(
            [{name: row.get(name) for name in schema} for row in rows.get(table, [])], schema=schema, strict=False
        )
        for table, schema in STUDY_TABLES.items()
    }


def _fields(of: object, *names: str) -> dict[str, Any]:
    return {name: getattr(of, name) for name in names}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def ledger_frames(study: Study) -> dict[str, pl.DataFrame]:
    """The ledger's rows of all files, as a load would have written them."""
    minutes: dict[str, list[Any]] = {name: [] for name in ("source_file_id", *FRAMES["source_minute"])}
    files: list[Any] = []
    parts: list[Any] = []
    sessions: list[Any] = []
    totals: list[Any] = []
    for person in study.people:
        for file in person.files:
            said = file.rows
            first, last = min(row.minute for row in said), max(row.minute for row in said) + 1
            files.append((file.source_file_id, "loaded", file.kind, file.exported_at, RECEIVED))
            parts.append(
                (
                    file.source_file_id, person.participant_id, file.device.device_id, "made", "up",
                    file.device.device_class, file.device.zeros_prove_wear, file.kind, len(said), instant(first),
                    instant(last),
                )
            )  # fmt: skip
            columns: dict[str, Any] = {
                "source_file_id": [file.source_file_id] * len(said),
                "participant_id": [person.participant_id] * len(said),
                "device_id": [file.device.device_id] * len(said),
                "minute_start": [row.minute * 60_000_000 for row in said],
                "kind": [file.kind] * len(said),
                "steps": [row.steps for row in said],
                "observed_seconds": [0.0 if row.steps is None else 60.0 for row in said],
                "active_seconds": [None] * len(said),
                "has_heart_rate": [row.heart_rate for row in said],
                "shows_wear": [row.shows_wear for row in said],
                "gps_label": [row.gps_label for row in said],
                "flags": [list(row.flags) for row in said],
            }
            for name, values in columns.items():
                minutes[name] += values
        _add_others(person, files, parts, sessions, totals)
    file_schema = {
        "source_file_id": pl.String(), "status": pl.String(), "kind": pl.String(), "exported_at": pl.Int64(),
        "received_at": _UTC,
    }  # fmt: skip
    source_file = pl.DataFrame(files, schema=file_schema, orient="row").with_columns(
        (pl.col("exported_at") * 60_000_000).cast(_UTC)
    )
    part_names = (
        "source_file_id", "participant_id", "device_id", "manufacturer", "model", "device_class", "zeros_prove_wear",
        "kind", "rows", "first_at", "last_at",
    )  # fmt: skip
    return {
        "source_file": source_file,
        "receipt": source_file.select(
            "source_file_id",
            pl.col("source_file_id").alias("inbox_path"),
            pl.lit(1).alias("receipt_number"),
            # the folder is what says whose a file is that could not be read
            pl.col("source_file_id").str.split("/").list.first().alias("folder"),
            pl.lit(1).alias("size_bytes"),
            pl.lit(1).alias("mtime_ns"),
            "received_at",
        ),
        "file_part": _frame("file_part", part_names, parts),
        "source_minute": pl.DataFrame(
            minutes,
            schema={"source_file_id": pl.String(), **FRAMES["source_minute"], "minute_start": pl.Int64()},
        ).with_columns(pl.col("minute_start").cast(_UTC)),
        "source_session": _frame(
            "source_session",
            ("source_file_id", "participant_id", "device_id", "session_start", "session_end", "sport", "on_foot"),
            sessions,
        ),
        "source_total": _frame(
            "source_total",
            ("source_file_id", "participant_id", "device_id", "local_date", "total_start", "total_end", "steps"),
            totals,
        ),
    }


def _add_others(person: Person, files: list[Any], parts: list[Any], sessions: list[Any], totals: list[Any]) -> None:
    """Sessions, reported totals and unread files, each in a file of its own or the person's first."""
    who = person.participant_id
    if person.sessions:
        file = person.files[0]
        sessions += [
            (file.source_file_id, who, file.device.device_id, instant(s.start), instant(s.end), s.sport, s.on_foot)
            for s in person.sessions
        ]
    if person.totals:
        files.append((f"{who}/totals", "loaded", "totals", None, RECEIVED))
        begin = {date: dt.datetime.combine(date, dt.time(12), dt.UTC) for date in person.totals}
        parts.append(
            (
                f"{who}/totals", who, f"totals-{who}", "made", "totals", "watch", False, "totals", len(begin),
                min(begin.values()), max(begin.values()),
            )
        )  # fmt: skip
        totals += [
            (f"{who}/totals", who, f"totals-{who}", date, begin[date], begin[date] + dt.timedelta(days=1), steps)
            for date, steps in person.totals.items()
        ]
    if person.has_unread_file:
        files.append((f"{who}/unread", "quarantined", None, None, RECEIVED))


def _frame(table: str, names: tuple[str, ...], rows: list[Any]) -> pl.DataFrame:
    schema = {"source_file_id": pl.String(), **FRAMES[table]}
    return pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row")


def published_names(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """(participant, true device id) -> the id that researchers see."""
    rows = connection.execute("SELECT participant_id, device_id, published_device_id FROM main.device").fetchall()
    return {(person, device): name for person, device, name in rows}


def take_out(connection: duckdb.DuckDBPyConnection, table: str) -> pl.DataFrame:
    """A derived table as a frame."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.parquet"
        connection.execute(f"COPY main.{table} TO '{file}' (FORMAT parquet)")
        return pl.read_parquet(file)
