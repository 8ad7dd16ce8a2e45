"""One Recording, made ready for the ledger: whose rows they are, when they were, and which can be kept."""

import dataclasses
import datetime as dt

import polars as pl

from connectors.problems import in_words
from connectors.recording import Recording
from pipelines.attribution import Attribution, attribute
from pipelines.cleaning import FUTURE_TOLERANCE, set_aside, split_early, split_future, to_minutes
from pipelines.local_time import local_date, localise
from warehouse.ledger import FRAMES

_UTC = pl.Datetime("us", "UTC")


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
        return tuple(self.frames["file_part"].get_column("participant_id").drop_nulls().unique().sort())


def prepare(
    recording: Recording, attribution: Attribution, folders: tuple[str, ...], received_at: dt.datetime
) -> Prepared:
    """The ledger frames of a recording; raises attribution.ConflictError if evidence disagrees about whose it is.

    received_at: when the content first came, the only clock that decides what lies in the future.
    """
    aside: list[pl.DataFrame] = []
    flagged = sum(problem.count for problem in recording.problems)
    epochs = _with_device(recording.epochs, recording)
    totals = _with_device(recording.totals, recording)
    coverage = _with_device(recording.coverage, recording)
    sessions = recording.sessions.filter(pl.col("end") > pl.col("start")).with_columns(
        pl.lit(None, dtype=pl.String).alias("participant_label"), pl.lit(recording.device.device_id).alias("device_id")
    )
    parts = _parts(epochs, totals, recording)

    epochs = attribute(epochs, "epoch_start", attribution, folders)
    totals = attribute(totals, "start", attribution, folders)
    coverage = attribute(coverage, "start", attribution, folders)
    # device files hold sessions; tables of many people do not
    sessions = attribute(sessions, "start", attribution, folders)
    nobodys = pl.concat(
        [
            set_aside(rows.filter(pl.col("participant_id").is_null()), "unattributed", at)
            if recording.time_basis == "utc"
            else _naive_aside(rows.filter(pl.col("participant_id").is_null()))
            for rows, at in ((epochs, "epoch_start"), (totals, "start"))
        ]
    )
    people = _people(epochs, totals, coverage, sessions)
    epochs, totals, coverage, sessions = (
        rows.filter(pl.col("participant_id").is_not_null()) for rows in (epochs, totals, coverage, sessions)
    )

    if recording.time_basis == "local":
        epochs, gone = _on_utc(epochs, attribution)
        aside += gone
        totals = _totals_on_utc(totals, attribution)
    else:
        epochs = epochs.with_columns(pl.lit(value=False).alias("is_repeated"))
        totals = totals.with_columns(local_date(totals, "start", attribution.periods).alias("local_date"))
    epochs, early_epochs = split_early(epochs, "epoch_start")
    totals, early_totals = split_early(totals, "start")
    totals, late_totals = split_future(totals, "start", received_at)
    is_reading = pl.col("device_day").is_not_null()
    readings, late_readings = split_future(epochs.filter(is_reading), "epoch_end", received_at)
    # a minute of the future is shown with its flag, and counts for no date: the as-of date must not run ahead
    is_future = pl.col("epoch_start") > received_at + FUTURE_TOLERANCE
    minutes, wrong_values = to_minutes(
        epochs.filter(~is_reading).with_columns(is_future.alias("is_future")), recording.kind
    )
    aside += early_epochs + early_totals + late_totals + late_readings + wrong_values
    aside = [frame for frame in aside if not frame.is_empty()]
    flagged += sum(int(frame.get_column("rows").sum()) for frame in aside)
    device = recording.device
    frames = {
        "file_part": _attributed_parts(parts, people, device_columns={
            "manufacturer": device.manufacturer, "model": device.model, "device_class": device.device_class,
            "zeros_prove_wear": device.zeros_prove_wear, "kind": recording.kind,
        }, spans=_spans(epochs, totals, sessions)),
        "source_minute": minutes,
        "counter_reading": _readings(readings, recording.utc_offset_minutes or 0),
        "source_coverage": coverage.rename({"start": "coverage_start", "end": "coverage_end"}),
        "source_session": sessions.rename({"start": "session_start", "end": "session_end"}),
        "source_total": totals.rename({"start": "total_start", "end": "total_end"}),
        "set_aside": pl.concat([nobodys, *aside]) if aside else nobodys,
    }  # fmt: skip
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
        rows_flagged=flagged,
        first_epoch=spans.get_column("first_at").min(),  # type: ignore[arg-type]
        last_epoch=spans.get_column("last_at").max(),  # type: ignore[arg-type]
        notes=tuple(map(in_words, recording.problems)),
    )


def _with_device(rows: pl.DataFrame, recording: Recording) -> pl.DataFrame:
    return rows.with_columns(pl.coalesce("device_label", pl.lit(recording.device.device_id)).alias("device_id"))


def _parts(epochs: pl.DataFrame, totals: pl.DataFrame, recording: Recording) -> pl.DataFrame:
    keys = ["participant_label", "device_id"]
    held = pl.concat([rows.select(keys) for rows in (epochs, totals)])
    if held.is_empty():
        # a ride without usable rows still says whose device it is
        held = pl.DataFrame(
            {"participant_label": [None], "device_id": [recording.device.device_id]}, schema=held.schema
        )
        return held.with_columns(pl.lit(0, dtype=pl.Int64).alias("rows"))
    return held.group_by(keys).agg(pl.len().cast(pl.Int64).alias("rows")).sort(keys)


def _people(*frames: pl.DataFrame) -> pl.DataFrame:
    keys = ["participant_label", "device_id", "participant_id"]
    return pl.concat([frame.select(keys) for frame in frames]).unique().sort(keys)


def _spans(epochs: pl.DataFrame, totals: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    keys = ["participant_label", "device_id", "participant_id"]
    both = pl.concat(
        [
            epochs.select(*keys, pl.col("epoch_start").alias("first_at"), pl.col("epoch_end").alias("last_at")),
            *(
                rows.select(*keys, pl.col("start").alias("first_at"), pl.col("end").alias("last_at"))
                for rows in (totals, sessions)
                if rows.schema["start"] == _UTC
            ),
        ]
    )
    return both.group_by(keys).agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("first_at").min(), pl.col("last_at").max()
    )


def _attributed_parts(
    parts: pl.DataFrame, people: pl.DataFrame, device_columns: dict[str, object], spans: pl.DataFrame
) -> pl.DataFrame:
    keys = ["participant_label", "device_id"]
    return (
        parts.join(people, on=keys, how="left", nulls_equal=True)
        .join(spans, on=[*keys, "participant_id"], how="left", nulls_equal=True)
        .with_columns(
            pl.coalesce("rows_right", pl.when(pl.col("participant_id").is_null()).then("rows").otherwise(0)).alias(
                "rows"
            ),
            *(pl.lit(value).alias(name) for name, value in device_columns.items()),
        )
    )


def _on_utc(epochs: pl.DataFrame, attribution: Attribution) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    length = pl.col("epoch_end") - pl.col("epoch_start")
    placed = localise(epochs.with_columns(length.alias("__length")), "epoch_start", attribution.periods)
    nowhere = placed.filter(pl.col("utc").is_null())
    gone = []
    if not nowhere.is_empty():
        shown = nowhere.with_columns(pl.lit(None, dtype=_UTC).alias("__at"))
        gone.append(set_aside(shown, "local_time_does_not_exist", "__at"))
    return (
        placed.filter(pl.col("utc").is_not_null())
        .with_columns(pl.col("utc").alias("epoch_start"), (pl.col("utc") + pl.col("__length")).alias("epoch_end"))
        .drop("utc", "__length"),
        gone,
    )


def _totals_on_utc(totals: pl.DataFrame, attribution: Attribution) -> pl.DataFrame:
    # the label of a day is its date: only the instants need a zone, and midnight may not exist in it
    length = pl.col("end") - pl.col("start")
    dated = totals.with_columns(pl.col("start").dt.date().alias("local_date"), length.alias("__length"))
    placed = localise(dated, "start", attribution.periods)
    later = localise(
        placed.drop("utc", "is_repeated").with_columns((pl.col("start") + pl.duration(hours=1)).alias("__later")),
        "__later", attribution.periods,
    )  # fmt: skip
    return placed.with_columns(pl.coalesce(pl.col("utc"), later.get_column("utc")).alias("start")).with_columns(
        (pl.col("start") + pl.col("__length")).alias("end")
    )


def _naive_aside(rows: pl.DataFrame) -> pl.DataFrame:
    # a clock time without a zone is no instant; nobody's zone is known
    return set_aside(rows.with_columns(pl.lit(None, dtype=_UTC).alias("__at")), "unattributed", "__at")


def _readings(readings: pl.DataFrame, utc_offset_minutes: int) -> pl.DataFrame:
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
    )
