"""Mirrors the study's CSVs and settings into the database, and says when they changed."""

import dataclasses
import hashlib

import duckdb
import polars as pl

from warehouse.database import replace_frame, transaction
from warehouse.offsets import offset_periods

_UTC = pl.Datetime("us", "UTC")

#: Columns of the mirrored tables; pipelines reads the CSVs into frames of exactly these.
STUDY_TABLES: dict[str, dict[str, pl.DataType]] = {
    "participant": {
        "participant_id": pl.String(),
        "time_zone": pl.String(),
        "start_date": pl.Date(),
        "end_date": pl.Date(),
        "arm": pl.String(),
        "age_years": pl.Float64(),
    },
    "device_assignment": {
        "device_id": pl.String(),
        "participant_id": pl.String(),
        "from_date": pl.Date(),
        "to_date": pl.Date(),
        "device_class": pl.String(),
        "zeros_prove_wear": pl.Boolean(),
    },
    "prescription": {
        "participant_id": pl.String(),
        "valid_from": pl.Date(),
        "days_per_week": pl.Int32(),
        "minutes_per_day": pl.Float64(),
    },
    "travel": {"participant_id": pl.String(), "from_utc": _UTC, "time_zone": pl.String()},
    "outcome": {
        "participant_id": pl.String(),
        "date": pl.Date(),
        "kind": pl.String(),
        "value": pl.String(),
        "end_date": pl.Date(),
    },
    "bout_rule": {
        "bout_rule_id": pl.String(),
        "algorithm": pl.String(),
        "min_cadence_spm": pl.Float64(),
        "min_minutes": pl.Int32(),
        "max_gap_minutes": pl.Int32(),
        "min_share": pl.Float64(),
        "credit": pl.String(),
        "missing": pl.String(),
        "source": pl.String(),
        "cadence_scale": pl.String(),
        "partly_active": pl.String(),
    },
    "age_cadence": {
        "age_from": pl.Int32(),
        "age_to": pl.Int32(),
        "min_cadence_spm": pl.Float64(),
        "source": pl.String(),
    },
    "multiverse_option": {
        "algorithm": pl.String(),
        "parameter": pl.String(),
        "value": pl.String(),
        "source": pl.String(),
    },
    "wear_rule": {
        "wear_rule_id": pl.String(),
        "method": pl.String(),
        "zero_run_minutes": pl.Int32(),
        "valid_day_minutes": pl.Int32(),
        "day_from": pl.String(),
        "day_to": pl.String(),
        "source": pl.String(),
        "spike_minutes": pl.Int32(),
        "spike_steps": pl.Int32(),
        "flank_minutes": pl.Int32(),
    },
    "protocol": {
        "protocol_id": pl.String(),
        "bout_rule_id": pl.String(),
        "wear_rule_id": pl.String(),
        "days_per_week": pl.Int32(),
        "minutes_per_day": pl.Float64(),
        "success": pl.String(),
        "target": pl.String(),
        "week": pl.String(),
        "grace_minutes": pl.Float64(),
        "running": pl.String(),
        "vigorous_cadence_spm": pl.Float64(),
        "vigorous_weight": pl.Float64(),
        "source": pl.String(),
        "is_listed": pl.Boolean(),
    },
    "setting": {
        "name": pl.String(),
        "time_zone": pl.String(),
        "activity_files_are_complete": pl.Boolean(),
        "as_of": pl.Date(),
    },
    "source_priority": {"priority": pl.Int32(), "entry": pl.String()},
}


#: Tables of one participant's own rows; all others concern everybody.
_OF_PARTICIPANTS = ("participant", "device_assignment", "prescription", "travel", "outcome")


@dataclasses.dataclass(frozen=True)
class MirroredStudy:
    """Hashes of what the study says: whole_hash of everything, general_hash of what concerns everybody (settings, rules,
    priority), participant_hashes of each participant's own rows.
    """

    whole_hash: str
    general_hash: str
    participant_hashes: dict[str, str]


def mirror_study(connection: duckdb.DuckDBPyConnection, frames: dict[str, pl.DataFrame]) -> MirroredStudy:
    """Replaces the study tables by the frames (STUDY_TABLES) in one transaction; returns hashes of their content."""
    whole, general = hashlib.sha256(), hashlib.sha256()
    lines: dict[str, list[str]] = {name: [] for name in frames["participant"].get_column("participant_id")}
    with transaction(connection):
        for table, columns in STUDY_TABLES.items():
            frame = frames[table].select(pl.col(name).cast(kind) for name, kind in columns.items())
            replace_frame(connection, f"study.{table}", frame)
            text = frame.write_csv().encode()
            whole.update(table.encode() + text)
            if table not in _OF_PARTICIPANTS:
                general.update(table.encode() + text)
            else:
                rows = frame.select(
                    "participant_id", pl.format("{}{}", pl.lit(table), pl.struct(pl.all()).struct.json_encode())
                )
                for participant_id, line in rows.rows():
                    lines[participant_id].append(line)
        replace_frame(connection, "study.offset_period", offset_periods(frames["participant"], frames["travel"]))
    return MirroredStudy(
        whole.hexdigest(),
        general.hexdigest(),
        # the order of lines in a CSV says nothing
        {name: hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest() for name, said in lines.items()},
    )
