"""All-day FIT monitoring: a change log of running counters, made into one epoch per row that names an activity.

Source: FIT profile, messages monitoring (55) and monitoring_info (103). A row that names an activity type closes the
interval since the previous row that named one, whatever its type; the differences of its own counters belong inside.
"""

import polars as pl

from connectors.fit_messages import FIRST_SECOND, FIT_EPOCH, Messages
from connectors.fit_profile import name_of
from connectors.recording import Problem

#: activity types whose field 3 counts steps, raw and of both feet: running and walking
STEP_TYPES = (1, 6)
#: seconds a 16-bit time may lie before that of the row above; more is its rollover, which comes every 65,536 s
BACKWARD_SECONDS = 3_600
#: minutes between UTC and any civil clock; beyond it the device's local clock was not set
MAX_OFFSET_MINUTES = 14 * 60
_ROLLOVER = 0x10000
_DAY = 86_400


def timed_rows(messages: Messages) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Rows of monitoring and monitoring_info in file order, with Unix seconds `at`, `offset` (minutes) and `type`."""
    told = pl.concat([messages["monitoring"], messages["monitoring_info"], _seed(messages)], how="diagonal")
    rows = told.sort("order").with_columns(
        pl.coalesce("activity_type", pl.col("type_intensity") & 0x1F).alias("type"),
        ((pl.col("local_timestamp") - pl.col("timestamp")) / 60).round().cast(pl.Int64).alias("offset"),
        pl.coalesce(pl.col("timestamp") & (_ROLLOVER - 1), "timestamp_16").alias("low"),
    )
    clocked = _at(rows.filter(pl.col("low").is_not_null())).filter(pl.col("order") > 0)
    synced = clocked.filter(pl.col("at") >= FIRST_SECOND)
    plausible = pl.col("offset").abs() <= MAX_OFFSET_MINUTES
    counts = {
        "no_timestamp": rows.filter(pl.col("order") > 0).height - clocked.height,
        "clock_before_first_sync": clocked.height - synced.height,
        "implausible_offset": synced.filter(~plausible).height,
    }
    offset = pl.when(plausible).then("offset").forward_fill().backward_fill()
    return synced.with_columns(offset.alias("offset")), tuple(Problem(c, n) for c, n in counts.items() if n)


def _seed(messages: Messages) -> pl.DataFrame:
    """One row ahead of all others, at the time the file was created, for rows ahead of the first full timestamp."""
    created = messages["file_id"]["time_created"].drop_nulls().head(1)
    return pl.DataFrame({"order": pl.Series([0] * len(created), dtype=pl.Int64), "timestamp": created})


def _at(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `at`: each 16-bit time counts on from the row above, each full timestamp starts anew."""
    forward = (pl.col("low") - pl.col("low").shift(1)) & (_ROLLOVER - 1)
    step = pl.when(forward >= _ROLLOVER - BACKWARD_SECONDS).then(forward - _ROLLOVER).otherwise(forward)
    full = pl.col("timestamp").is_not_null()
    runs = rows.with_columns(pl.when(~full).then(step).fill_null(0).alias("step"), full.cum_sum().alias("run"))
    at = FIT_EPOCH + pl.col("timestamp").forward_fill() + pl.col("step").cum_sum().over("run")
    return runs.with_columns(at.alias("at")).filter(pl.col("at").is_not_null())


def epochs(rows: pl.DataFrame) -> pl.DataFrame:
    """Epochs of timed rows: one per row that names an activity, and one per minute that has a heart rate."""
    first = rows["at"].head(1).to_list()
    return pl.concat([_activity_epochs(rows, *first), _heart_epochs(rows)], how="diagonal") if first else pl.DataFrame()


def _activity_epochs(rows: pl.DataFrame, first: int) -> pl.DataFrame:
    """One row per row with a type. `first`: the earliest instant the file knows, where its first interval starts."""
    is_step = pl.col("type").is_in(STEP_TYPES)
    typed = rows.filter(pl.col("type").is_not_null()).with_columns(
        pl.col("at").rle_id().alias("instant"),
        pl.when(is_step).then("cycles").alias("cumulative_steps"),
        (pl.col("active_ms") / 1000).alias("cumulative_active_seconds"),
    )
    before = pl.when(pl.col("instant") != pl.col("instant").shift(1)).then(pl.col("at").shift(1)).forward_fill()
    # a second row of a type at one instant was seen at that instant: what lies before it is told by the first
    again = pl.int_range(pl.len()).over("instant", "type") > 0
    start = pl.when(again).then("at").otherwise(pl.min_horizontal(before.fill_null(first), "at"))
    typed = typed.with_columns(start.alias("start"), _device_day(first).alias("day"))
    counted = pl.col("cumulative_steps").forward_fill()
    steps = _difference("cumulative_steps", counted.shift(1), first)
    # unlike steps, active time may be missing for a day and come as one sum: that sum has no place in an interval
    active = _difference("cumulative_active_seconds", pl.col("cumulative_active_seconds").shift(1), first)
    names = {number: name_of("activity_type", number) for number in typed["type"].unique()}
    return typed.select(
        _instant("start").alias("epoch_start"),
        _instant("at").alias("epoch_end"),
        pl.col("type").replace_strict(names, return_dtype=pl.String).alias("activity"),
        pl.when(is_step).then(steps).otherwise(0.0).alias("steps"),
        active.alias("active_seconds"),
        "cumulative_steps",
        "cumulative_active_seconds",
        pl.col("day").cast(pl.Int32).cast(pl.Date).alias("device_day"),
    )


def _device_day(first: int) -> pl.Expr:
    """Days since 1970 by the device's clock; local midnight belongs to the day that ends.

    At a file's first instant a counter of 0 belongs to the day that starts; any other repeats the day before.
    """
    local = pl.col("at") + pl.col("offset") * 60
    starts = (pl.col("at") == first) & (pl.col("cycles").fill_null(0) == 0)
    return pl.when(starts).then(local // _DAY).otherwise((local - 1) // _DAY)


def _difference(counter: str, previous: pl.Expr, first: int) -> pl.Expr:
    """What a counter gained since its previous value for the same type and day in this file.

    Null for the first of the day, unless the file holds the day from its start. A fall within the day is a new count.
    """
    local_start = pl.lit(first) + pl.col("offset") * 60
    from_midnight = (local_start % _DAY == 0) & (local_start // _DAY == pl.col("day"))
    rank = pl.int_range(pl.len()).over("type", "day")
    before = pl.when(rank > 0).then(previous.over("type", "day")).when(from_midnight).then(0)
    value = pl.col(counter)
    return pl.when(value < before).then(value).otherwise(value - before).cast(pl.Float64)


def _heart_epochs(rows: pl.DataFrame) -> pl.DataFrame:
    minute = (pl.col("at") // 60) * 60
    beats = rows.filter(pl.col("heart_rate") > 0).group_by(minute.alias("start")).agg(pl.col("heart_rate").mean())
    return beats.sort("start").select(
        _instant("start").alias("epoch_start"),
        (_instant("start") + pl.duration(minutes=1)).alias("epoch_end"),
        pl.col("heart_rate").alias("heart_rate_bpm"),
    )


def coverage(rows: pl.DataFrame) -> pl.DataFrame:
    """One stretch from the first to the last instant of the file."""
    return rows.select(
        _instant("at").min().alias("start"),
        _instant("at").max().alias("end"),
    ).filter(pl.col("start").is_not_null())


def _instant(seconds: str) -> pl.Expr:
    return pl.from_epoch(pl.col(seconds) * 1_000_000, time_unit="us").dt.replace_time_zone("UTC")
