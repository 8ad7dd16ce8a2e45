"""One Recording, made ready for the ledger: whose rows they are, when they were, and which can be kept."""

import dataclasses
import datetime as dt

import polars as pl

from connectors.problems import in_words
from connectors.recording import Recording
from pipelines.attribution import Attribution, attribute, named_by_file
from pipelines.cleaning import (
    FUTURE_TOLERANCE,
    set_aside,
    split_early,
    split_future,
    split_wrong_totals,
    steps_at_night,
    to_minutes,
)
from pipelines.local_time import epochs_on_utc, local_date, spans_on_utc, totals_on_utc
from warehouse.ledger import FRAMES

_UTC = pl.Datetime("us", "UTC")
_PART_KEYS = ["participant_label", "device_id"]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Ledger frames of one file, and its counts. rows_kept: rows that entered minutes, readings or totals."""

    frames: dict[str, pl.DataFrame]
    rows_kept: int
    rows_flagged: int
    first_epoch: dt.datetime | None
    last_epoch: dt.datetime | None
    notes: tuple[str, ...]

    @property
    def participants(self) -> tuple[str, ...]:
        """Everybody who has rows in the file."""
        return self._told("participant_id")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the file gives people."""
        return self._told("participant_label")

    @property
    def device_ids(self) -> tuple[str, ...]:
        """The devices that the file names."""
        return self._told("device_id")

    def _told(self, column: str) -> tuple[str, ...]:
        # parts are few: a set of Python's costs a hundredth of a query
        return tuple(
            sorted({told for told in self.frames["file_part"].get_column(column).to_list() if told is not None})
        )


def prepare(
    recording: Recording, attribution: Attribution, folders: tuple[str, ...], received_at: dt.datetime
) -> Prepared:
    """The ledger frames of a recording; raises attribution.ConflictError if evidence disagrees about whose it is.

    received_at: when the content first came, the only clock that decides what lies in the future.
    """
    named = named_by_file(recording.named_participant, attribution, folders)
    device_id = pl.lit(recording.device.device_id)
    sessions = recording.sessions.filter(pl.col("end") > pl.col("start")).with_columns(
        pl.lit(named, dtype=pl.String).alias("participant_label"), device_id.alias("device_id")
    )
    epochs, totals, coverage = (
        rows.with_columns(
            # the file's own column speaks of its row, its name of all others
            pl.col("participant_label").fill_null(pl.lit(named, dtype=pl.String)),
            pl.coalesce("device_label", device_id).alias("device_id"),
        )
        for rows in (recording.epochs, recording.totals, recording.coverage)
    )
    parts = _parts(epochs, totals, recording, named)

    epochs = attribute(epochs, "epoch_start", attribution, folders)
    totals = attribute(totals, "start", attribution, folders)
    coverage = attribute(coverage, "start", attribution, folders)
    # device files hold sessions; tables of many people do not
    sessions = attribute(sessions, "start", attribution, folders)
    nobodys = pl.concat(
        [
            set_aside(rows.filter(pl.col("participant_id").is_null()), "unattributed", at)
            if recording.time_basis == "utc"
            else _naive_aside(rows.filter(pl.col("participant_id").is_null()), "unattributed")
            for rows, at in ((epochs, "epoch_start"), (totals, "start"))
        ]
    )
    people = _people(epochs, totals, coverage, sessions)
    epochs, totals, coverage, sessions = (
        rows.filter(pl.col("participant_id").is_not_null()) for rows in (epochs, totals, coverage, sessions)
    )

    aside: list[pl.DataFrame] = []
    if recording.time_basis == "local":
        epochs, nowhere, repeated = epochs_on_utc(epochs, attribution.periods)
        totals, again = totals_on_utc(totals, attribution.periods)
        coverage, _ = spans_on_utc(coverage, attribution.periods)
        sessions, unplaced = spans_on_utc(sessions, attribution.periods)
        aside += [_naive_aside(rows, "local_time_does_not_exist") for rows in (nowhere, unplaced)]
        aside.append(set_aside(repeated, "local_time_repeated_without_cause", "epoch_start"))
        aside.append(set_aside(again, "local_time_repeated_without_cause", "start"))
    else:
        epochs = epochs.with_columns(pl.lit(value=False).alias("is_repeated"))
        totals = totals.with_columns(local_date(totals, "start", attribution.periods).alias("local_date"))
    epochs, early_epochs = split_early(epochs, "epoch_start")
    totals, early_totals = split_early(totals, "start")
    totals, late_totals = split_future(totals, "start", received_at)
    totals, wrong_totals = split_wrong_totals(totals)
    is_reading = pl.col("device_day").is_not_null()
    readings, late_readings = split_future(epochs.filter(is_reading), "epoch_end", received_at)
    # a minute of the future is shown with its flag, and counts for no date: the as-of date must not run ahead
    is_future = pl.col("epoch_start") > received_at + FUTURE_TOLERANCE
    minutes, wrong_values = to_minutes(
        epochs.filter(~is_reading).with_columns(is_future.alias("is_future")), recording.kind
    )
    aside += early_epochs + early_totals + late_totals + wrong_totals + late_readings + wrong_values
    aside = [frame for frame in aside if not frame.is_empty()]
    frames = {
        "file_part": _attributed_parts(parts, people, _spans(epochs, totals, sessions)),
        "source_minute": minutes,
        "counter_reading": readings_of(readings, pl.lit(recording.utc_offset_minutes or 0)),
        "source_coverage": coverage.rename({"start": "coverage_start", "end": "coverage_end"}),
        "source_session": sessions.rename({"start": "session_start", "end": "session_end"}),
        "source_total": totals.rename({"start": "total_start", "end": "total_end"}),
        "set_aside": pl.concat([nobodys, *aside]) if aside else nobodys,
    }
    frames = {
        table: pl.DataFrame(schema=FRAMES[table])
        if frame.is_empty()
        else frame.select(pl.col(name).cast(kind) for name, kind in FRAMES[table].items())
        for table, frame in frames.items()
    }
    spans = frames["file_part"]
    return Prepared(
        frames=frames,
        rows_kept=epochs.height + totals.height,
        rows_flagged=sum(problem.count for problem in recording.problems)
        + sum(int(frame.get_column("rows").sum()) for frame in aside),
        first_epoch=spans.get_column("first_at").min(),  # type: ignore[arg-type]
        last_epoch=spans.get_column("last_at").max(),  # type: ignore[arg-type]
        notes=_notes(recording, minutes, totals, attribution),
    )


def _notes(
    recording: Recording, minutes: pl.DataFrame, totals: pl.DataFrame, attribution: Attribution
) -> tuple[str, ...]:
    problems = recording.problems
    # FIT and GPX state instants: nobody's zone and no AM or PM can have moved them
    if recording.connector not in ("fit", "gpx") and (night := steps_at_night(minutes, totals, attribution.periods)):
        problems = (*problems, night)
    return tuple(map(in_words, problems))


def _parts(epochs: pl.DataFrame, totals: pl.DataFrame, recording: Recording, named: str | None) -> pl.DataFrame:
    """One row per label and device of the file, with the device's own columns: evidence for whose the file is."""
    measured = pl.any_horizontal(pl.col("steps", "cumulative_steps").is_not_null())
    held = pl.concat(
        [
            epochs.select(*_PART_KEYS, measured.alias("measured"), pl.col("worn").alias("shows_wear"), is_epoch=True),
            totals.select(*_PART_KEYS, measured=False, shows_wear=False, is_epoch=False),
        ]
    )
    is_all_day = recording.kind == "all_day"
    # a night's sleep without steps, or totals beside another device's minutes, make nobody's device an all-day one
    kind = (
        pl.when(~pl.col("is_epoch").any())
        .then(pl.lit("totals"))
        .when(~pl.col("measured").any() & pl.col("shows_wear").any())
        .then(pl.lit("wear"))
        .otherwise(pl.lit(recording.kind))
    )
    parts = held.group_by(_PART_KEYS).agg(
        pl.len().cast(pl.Int64).alias("rows"), (kind if is_all_day else pl.lit(recording.kind)).alias("kind")
    )
    evidence = {named} if parts.is_empty() else set()
    if recording.named_participant not in (None, named):
        # whom the name waits for: nobody yet
        evidence.add(recording.named_participant)
    if evidence:
        nothing = pl.DataFrame(
            {
                "participant_label": list(evidence),
                "device_id": recording.device.device_id,
                "rows": 0,
                "kind": recording.kind,
            },
            schema=parts.schema,
        )
        parts = pl.concat([parts, nothing.join(parts, on=_PART_KEYS, how="anti", nulls_equal=True)])
    return _with_device_columns(parts, recording).sort(_PART_KEYS)


def _with_device_columns(parts: pl.DataFrame, recording: Recording) -> pl.DataFrame:
    of = [recording.devices.get(device_id, recording.device) for device_id in parts.get_column("device_id")]
    return parts.with_columns(
        pl.Series("manufacturer", [device.manufacturer for device in of], dtype=pl.String),
        pl.Series("model", [device.model for device in of], dtype=pl.String),
        pl.Series("device_class", [device.device_class for device in of], dtype=pl.String),
        pl.Series("zeros_prove_wear", [device.zeros_prove_wear for device in of], dtype=pl.Boolean),
    )


def _people(*frames: pl.DataFrame) -> pl.DataFrame:
    keys = [*_PART_KEYS, "participant_id"]
    return pl.concat([frame.select(keys) for frame in frames]).unique().sort(keys)


def _spans(epochs: pl.DataFrame, totals: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    keys = [*_PART_KEYS, "participant_id"]
    both = pl.concat(
        [
            epochs.select(*keys, pl.col("epoch_start").alias("first_at"), pl.col("epoch_end").alias("last_at")),
            *(
                rows.select(*keys, pl.col("start").alias("first_at"), pl.col("end").alias("last_at"))
                for rows in (totals, sessions)
            ),
        ]
    )
    return both.group_by(keys).agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("first_at").min(), pl.col("last_at").max()
    )


def _attributed_parts(parts: pl.DataFrame, people: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    return (
        parts.join(people, on=_PART_KEYS, how="left", nulls_equal=True)
        .join(spans, on=[*_PART_KEYS, "participant_id"], how="left", nulls_equal=True)
        .with_columns(
            pl.coalesce("rows_right", pl.when(pl.col("participant_id").is_null()).then("rows").otherwise(0)).alias(
                "rows"
            )
        )
    )


def _naive_aside(rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    # a clock time without a zone, or that its zone skips, is no instant
    return set_aside(rows.with_columns(pl.lit(None, dtype=_UTC).alias("__at")), reason, "__at")


def readings_of(readings: pl.DataFrame, utc_offset_minutes: pl.Expr, *more: str) -> pl.DataFrame:
    """Rows with a running counter as ledger.counter_reading rows. more: columns to keep besides."""
    day_start = pl.col("device_day").cast(pl.Datetime("us")) - pl.duration(minutes=utc_offset_minutes)
    return readings.select(
        "participant_id",
        "device_id",
        pl.col("epoch_end").alias("read_at"),
        "device_day",
        day_start.dt.replace_time_zone("UTC").alias("device_day_start"),
        "activity",
        "cumulative_steps",
        "cumulative_active_seconds",
        *more,
    )
