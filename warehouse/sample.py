"""What a sample of participants needs to be made again beside the rest: their contents, and what comes from other people."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

import duckdb
import polars as pl

from warehouse.build import views_hash
from warehouse.database import transaction
from warehouse.ledger import Entry
from warehouse.study_tables import MirroredStudy

_WAITING = "status IN ('quarantined', 'unattributed')"


def is_up_to_date(connection: duckdb.DuckDBPyConnection, study: MirroredStudy) -> bool:
    """True if the derived tables were made from all that the ledger and the study's CSVs say now."""
    known = dict(connection.execute("SELECT key, value FROM ledger.derivation").fetchall())
    pending = connection.execute("SELECT count(*) FROM ledger.pending").fetchone()
    return (
        known.get("views") == views_hash()
        and known.get("study") == study.whole_hash
        and pending is not None
        and pending[0] == 0
    )


def least_recently_verified(connection: duckdb.DuckDBPyConnection, count: int) -> list[str]:
    """So many participants of the study, those first who were never verified, then those longest ago."""
    rows = connection.execute(
        """
        SELECT participant.participant_id
        FROM study.participant AS participant
        LEFT JOIN (
            SELECT participant_id, max(verified_at) AS verified_at FROM ledger.verification GROUP BY participant_id
        ) AS verification USING (participant_id)
        ORDER BY verification.verified_at NULLS FIRST, participant.participant_id
        LIMIT ?
        """,
        [count],
    ).fetchall()
    return [name for (name,) in rows]


def has_pending_multiverse(connection: duckdb.DuckDBPyConnection, people: Sequence[str]) -> bool:
    """True if the weeks of one of them were not compared under all definitions yet."""
    row = connection.execute(
        "SELECT count(*) FROM ledger.pending_multiverse WHERE participant_id IN (SELECT unnest(?::VARCHAR[]))",
        [list(people)],
    ).fetchone()
    return row is not None and row[0] > 0


def note_verified(connection: duckdb.DuckDBPyConnection, people: Sequence[str], at: dt.datetime) -> None:
    """Notes that the tables of these participants were found equal."""
    with transaction(connection):
        connection.execute(
            "DELETE FROM ledger.verification WHERE participant_id IN (SELECT unnest(?::VARCHAR[]))", [list(people)]
        )
        connection.execute("INSERT INTO ledger.verification SELECT unnest(?::VARCHAR[]), ?", [list(people), at])


def as_of(connection: duckdb.DuckDBPyConnection) -> dt.date | None:
    """The as-of date of the derived tables."""
    row = connection.execute("SELECT as_of FROM main.as_of").fetchone()
    return row[0] if row else None


def contents_of(connection: duckdb.DuckDBPyConnection, people: Sequence[str]) -> list[str]:
    """Contents that were read, and of which any evidence names one of them: folder, own column, device, rows."""
    rows = connection.execute(
        """
        WITH person AS (SELECT unnest(?::VARCHAR[]) AS participant_id),
        named AS (
            SELECT source_file_id FROM ledger.file_part SEMI JOIN person USING (participant_id)
            UNION
            SELECT source_file_id FROM ledger.file_part
            WHERE participant_label IN (SELECT participant_id FROM person)
            UNION
            SELECT part.source_file_id
            FROM ledger.file_part AS part
            JOIN study.device_assignment AS given USING (device_id)
            WHERE given.participant_id IN (SELECT participant_id FROM person)
            UNION
            SELECT source_file_id FROM ledger.receipt WHERE folder IN (SELECT participant_id FROM person)
        )
        SELECT source_file_id
        FROM ledger.source_file
        SEMI JOIN named USING (source_file_id)
        WHERE status = 'loaded'
        ORDER BY source_file_id
        """,
        [list(people)],
    ).fetchall()
    return [source_file_id for (source_file_id,) in rows]


def people_of(connection: duckdb.DuckDBPyConnection, source_file_id: str) -> set[str]:
    """The participants who have rows of a content, or of a content that came in this archive."""
    rows = connection.execute(
        """
        SELECT DISTINCT part.participant_id
        FROM ledger.file_part AS part
        JOIN ledger.source_file AS file USING (source_file_id)
        WHERE part.participant_id IS NOT NULL AND ? IN (file.source_file_id, file.container_id)
        """,
        [source_file_id],
    ).fetchall()
    return {name for (name,) in rows}


def copy_context(connection: duckdb.DuckDBPyConnection, other: str, ids: Sequence[str]) -> None:
    """Copies into the attached database `other` the receipts of these contents, and all that is known of those that wait."""
    with transaction(connection):
        connection.execute(f"INSERT INTO {other}.ledger.source_file BY NAME FROM ledger.source_file WHERE {_WAITING}")
        for table in ("receipt", "file_part"):
            connection.execute(
                f"INSERT INTO {other}.ledger.{table} BY NAME FROM ledger.{table}"
                f" WHERE source_file_id IN (SELECT source_file_id FROM ledger.source_file WHERE {_WAITING})"
            )
        connection.execute(
            f"INSERT INTO {other}.ledger.receipt BY NAME FROM ledger.receipt"
            " WHERE source_file_id IN (SELECT unnest(?::VARCHAR[]))",
            [list(ids)],
        )


def only_of(entry: Entry, people: Sequence[str]) -> Entry:
    """The entry with the rows of these participants; what the file holds of others is known by its parts."""
    return dataclasses.replace(
        entry,
        frames={
            table: frame if table == "file_part" else frame.filter(pl.col("participant_id").is_in(list(people)))
            for table, frame in entry.frames.items()
        },
    )
