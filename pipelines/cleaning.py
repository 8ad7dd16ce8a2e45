"""Rules within one file: epochs become minutes, and what cannot be true is flagged and counted, never silently dropped."""

import datetime as dt

import polars as pl

from connectors.recording import Problem
from pipelines.local_time import local_clock
from warehouse.ledger import FRAMES

_MINUTE_US = 60_000_000

#: A device clock before this was never set. Source: device exports guide; FIT clocks before their first sync say 1989.
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
#: Later than this after its file came, a minute lies in the future. Source: architecture definition 1.
FUTURE_TOLERANCE = dt.timedelta(hours=24)
#: More steps than this in a minute are no person's. Source: device exports guide, section 21 (real maximum seen: 220).
MAX_STEPS_PER_MINUTE = 300
#: More than this share of a person's steps between midnight and 05:00 local time, of so many steps on so many dates, is no
#: way to live: the zone is wrong or AM and PM are lost. Source: device exports guide, section 21, check 1.
NIGHT_SHARE, NIGHT_ENDS_HOUR, NIGHT_LEAST_STEPS, NIGHT_LEAST_DATES = 0.2, 5, 1_000, 3
#: Seconds of a minute that a track must call walking for the minute to walk. Source: bouts guide, section 3.7.
LABEL_SECONDS = 30

_ASIDE = FRAMES["set_aside"]
_MINUTE = FRAMES["source_minute"]


def set_aside(rows: pl.DataFrame, reason: str, at: str, detail: str | None = None) -> pl.DataFrame:
    """Counts per participant and device of the rows that are not kept, as ledger.set_aside rows.

    rows needs participant_id, participant_label, device_id and the instant column `at`.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=_ASIDE)
    return (
        rows.group_by("participant_id", "participant_label", "device_id")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"), pl.col(at).min().alias("first_at"), pl.col(at).max().alias("last_at")
        )
        .with_columns(pl.lit(reason).alias("reason"), pl.lit(detail, dtype=pl.String).alias("detail"))
        .select(pl.col(name).cast(kind) for name, kind in _ASIDE.items())
    )


def split_early(rows: pl.DataFrame, at: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows that a set clock can have stamped, and the counts of those that lie before 2000."""
    if (rows.get_column(at) >= EARLIEST).all(ignore_nulls=False):
        return rows, []
    early = rows.filter(pl.col(at) < EARLIEST)
    return rows.filter(pl.col(at) >= EARLIEST), [] if early.is_empty() else [set_aside(early, "before_2000", at)]


def split_future(rows: pl.DataFrame, at: str, received_at: dt.datetime) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The rows that had happened when their file came, and the counts of those that lie in the future."""
    if (rows.get_column(at) <= received_at + FUTURE_TOLERANCE).all(ignore_nulls=False):
        return rows, []
    late = pl.col(at) > received_at + FUTURE_TOLERANCE
    future = rows.filter(late)
    return rows.filter(~late), [] if future.is_empty() else [set_aside(future, "future", at)]


def split_wrong_totals(totals: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The totals that can be a person's, and the counts of negative ones and of more than MAX_STEPS_PER_MINUTE throughout."""
    if totals.is_empty():
        return totals, []
    minutes = (pl.col("end") - pl.col("start")).dt.total_microseconds() / _MINUTE_US
    aside = []
    for reason, is_wrong in (
        ("negative_steps", pl.col("steps") < 0),
        ("impossible_steps", pl.col("steps") > MAX_STEPS_PER_MINUTE * minutes),
    ):
        wrong = totals.select(is_wrong.fill_null(value=False)).to_series()
        if wrong.any():
            aside.append(set_aside(totals.filter(wrong), reason, "start"))
            totals = totals.filter(~wrong)
    return totals, aside


def steps_at_night(minutes: pl.DataFrame, totals: pl.DataFrame, periods: pl.DataFrame) -> Problem | None:
    """A note if somebody took more than NIGHT_SHARE of the file's steps between midnight and 05:00 local time, else None.

    minutes: ledger.source_minute rows; totals with participant_id, start and end: those up to an hour long can tell as well.
    """
    is_short = pl.col("end") - pl.col("start") <= pl.duration(hours=1)
    taken = pl.concat(
        [
            minutes.filter(pl.col("steps") > 0).select("participant_id", pl.col("minute_start").alias("at"), "steps"),
            totals.filter(is_short & (pl.col("steps") > 0)).select(
                "participant_id", pl.col("start").alias("at"), pl.col("steps").cast(pl.Int32)
            ),
        ]
    )
    if taken.is_empty():
        return None
    clock = pl.col("clock")
    at_night = clock.dt.hour() < NIGHT_ENDS_HOUR
    nights = (
        taken.with_columns(local_clock(taken, "at", periods).alias("clock"))
        .group_by("participant_id")
        .agg(
            pl.col("steps").sum().alias("all"),
            (pl.col("steps").filter(at_night).sum() / pl.col("steps").sum()).alias("share"),
            clock.dt.date().n_unique().alias("dates"),
        )
        .filter(
            (pl.col("share") > NIGHT_SHARE)
            & (pl.col("all") >= NIGHT_LEAST_STEPS)
            & (pl.col("dates") >= NIGHT_LEAST_DATES)
        )
    )
    if nights.is_empty():
        return None
    percent = max(round(share * 100) for share in nights.get_column("share"))
    return Problem("night_steps", nights.height, f"up to {percent} % of a person's steps")


def to_minutes(epochs: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Epochs on the minute grid as ledger.source_minute rows, and the counts of values that were set aside.

    epochs: the columns of a Recording's epochs with participant_id, device_id, UTC times, is_repeated (clock hour that
    occurs twice) and is_future. An epoch's steps are shared over its minutes in proportion to its seconds in each; whole steps
    by rounding the running sum, so that no step is lost or made. An epoch of no length belongs to the minute that ends then.
    """
    keys = ["participant_id", "device_id"]
    start, end = pl.col("epoch_start").dt.epoch("us"), pl.col("epoch_end").dt.epoch("us")
    aside: list[pl.DataFrame] = []
    if (epochs.get_column("steps") < 0).any():
        aside.append(set_aside(epochs.filter(pl.col("steps") < 0), "negative_steps", "epoch_start"))
        epochs = epochs.with_columns(pl.when(pl.col("steps") >= 0).then("steps").alias("steps"))
    if kind in ("activity", "track"):
        # lost signal and gaps of a recording are no observation; an all-day table states its missing minutes
        says = ("steps", "heart_rate_bpm", "gps_label", "worn")
        epochs = epochs.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in says))
    # lazy: one query costs a small file less than ten
    timed = (
        epochs.lazy()
        .with_columns(start.alias("__start"), end.alias("__end"))
        .with_columns(
            pl.when(pl.col("__end") > pl.col("__start"))
            .then("__start")
            .otherwise(pl.col("__end") - _MINUTE_US)
            .alias("__start")
        )
    )
    timed = timed.with_columns(
        (pl.col("__start") // _MINUTE_US).alias("__minute"),
        ((pl.col("__end") - 1) // _MINUTE_US - pl.col("__start") // _MINUTE_US + 1).alias("__n"),
        (pl.col("__end") - pl.col("__start")).alias("__length"),
    )
    whole = timed.filter(pl.col("__n") == 1)
    longer = (
        timed.filter(pl.col("__n") > 1)
        .with_columns(pl.int_ranges("__minute", pl.col("__minute") + pl.col("__n")).alias("__minute"))
        .explode("__minute")
    )
    pieces = pl.concat([whole, longer], how="vertical_relaxed").with_columns(
        (
            pl.min_horizontal("__end", (pl.col("__minute") + 1) * _MINUTE_US)
            - pl.max_horizontal("__start", pl.col("__minute") * _MINUTE_US)
        ).alias("__overlap")
    )
    share = pl.col("__overlap") / pl.col("__length")
    seconds = pl.col("__overlap") / 1e6
    measured = pl.col("steps").is_not_null()
    label = pl.col("gps_label")

    def labelled(condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(seconds).otherwise(0.0).sum()

    minutes = (
        pieces.sort(*keys, "__minute", "__start")
        .group_by(*keys, "__minute", maintain_order=True)
        .agg(
            pl.when(measured.any()).then((pl.col("steps") * share).sum()).alias("__steps"),
            pl.when(measured).then(seconds).otherwise(0.0).sum().clip(0, 60).alias("observed_seconds"),
            pl.when(pl.col("active_seconds").is_not_null().any())
            .then((pl.col("active_seconds") * share).sum().clip(0, 60))
            .alias("active_seconds"),
            pl.col("heart_rate_bpm").is_not_null().any().alias("has_heart_rate"),
            pl.col("worn").fill_null(value=False).any().alias("shows_wear"),
            labelled(label == "walk").alias("__walk"),
            labelled(label == "run").alias("__run"),
            labelled(label.is_not_null()).alias("__seen"),
            labelled(measured & (pl.col("activity") == "running")).alias("__running"),
            # nothing is shared out of a long row without steps
            ((pl.col("steps") > 0) & (pl.col("__length") > _MINUTE_US)).any().alias("__apportioned"),
            pl.col("is_repeated").any().alias("__repeated"),
            pl.col("is_future").any().alias("__future"),
        )
    )
    running_sum = pl.col("__steps").fill_null(0.0).cum_sum().over(keys)
    whole_steps = (running_sum + 0.5).floor() - (running_sum.shift(1).over(keys).fill_null(0.0) + 0.5).floor()
    minutes = minutes.with_columns(
        pl.when(pl.col("__steps").is_not_null()).then(whole_steps).cast(pl.Int64).alias("steps"),
        pl.from_epoch(pl.col("__minute") * _MINUTE_US, time_unit="us")
        .dt.replace_time_zone("UTC")
        .alias("minute_start"),
        pl.lit(None, dtype=pl.String).alias("participant_label"),
    )
    counted = minutes.collect()
    impossible = pl.col("steps") > MAX_STEPS_PER_MINUTE
    if (counted.get_column("steps") > MAX_STEPS_PER_MINUTE).any():
        aside.append(set_aside(counted.filter(impossible), "impossible_steps", "minute_start"))
    walk_run = pl.col("__walk") + pl.col("__run")
    flags = {
        "apportioned": pl.col("__apportioned"),
        "future": pl.col("__future"),
        "impossible": impossible.fill_null(value=False),
        "local_time_repeated": pl.col("__repeated"),
        "part_minute": pl.lit(kind == "activity") & pl.col("steps").is_not_null() & (pl.col("observed_seconds") < 60),
        "run": pl.col("__running") * 2 > pl.col("observed_seconds"),
    }
    labelled_minutes = counted.lazy().select(
        "participant_id",
        "device_id",
        "minute_start",
        pl.lit(kind).alias("kind"),
        pl.when(~impossible).then("steps").cast(pl.Int32).alias("steps"),
        "observed_seconds",
        "active_seconds",
        "has_heart_rate",
        "shows_wear",
        # walking and running together make a minute on foot; what takes the larger part names it
        pl.when(
            (pl.col("__walk") >= LABEL_SECONDS) | ((walk_run >= LABEL_SECONDS) & (pl.col("__walk") >= pl.col("__run")))
        )
        .then(pl.lit("walk"))
        .when(walk_run >= LABEL_SECONDS)
        .then(pl.lit("run"))
        .when(pl.col("__seen") >= LABEL_SECONDS)
        .then(pl.lit("still"))
        .alias("gps_label"),
        pl.concat_list(pl.when(condition).then(pl.lit(name)) for name, condition in flags.items())
        .list.drop_nulls()
        .alias("flags"),
    )
    return labelled_minutes.select(pl.col(name).cast(dtype) for name, dtype in _MINUTE.items()).collect(), aside
