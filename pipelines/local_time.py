"""Naive clock times of a device, put on UTC where the participant's zone and journeys are known."""

import polars as pl

_UTC = pl.Datetime("us", "UTC")


def localise(frame: pl.DataFrame, column: str, periods: pl.DataFrame) -> pl.DataFrame:
    """The frame with two more columns: `utc` (null: that clock time did not exist) and `is_repeated` (it existed twice).

    frame needs participant_id, device_id and the naive `column`, in file order. periods: warehouse.offsets.SCHEMA.
    A clock time that occurs twice (the hour at the end of daylight saving, or after flying west) is resolved by order in
    the file: the first row that states it is the earlier instant, the second the later; a single row the earlier.
    """
    if frame.is_empty():
        return frame.with_columns(pl.lit(None, dtype=_UTC).alias("utc"), pl.lit(value=False).alias("is_repeated"))
    indexed = frame.with_row_index("__row")
    stated = indexed.select("__row", "participant_id", "device_id", pl.col(column).alias("__clock"))
    reach = stated.group_by("participant_id").agg(
        pl.col("__clock").min().alias("__first"), pl.col("__clock").max().alias("__last")
    )
    offset = pl.duration(minutes=pl.col("utc_offset_minutes"))
    # two days beyond the data: no offset differs by more from UTC
    near = (
        periods.join(reach, on="participant_id")
        .with_columns(
            (pl.col("from_utc").dt.replace_time_zone(None) + offset).alias("__from"),
            (pl.col("to_utc").dt.replace_time_zone(None) + offset).alias("__to"),
        )
        .filter((pl.col("__to") >= pl.col("__first")) & (pl.col("__from") <= pl.col("__last")))
        .select("participant_id", "utc_offset_minutes", "__from", "__to")
    )
    candidates = (
        stated.join(near, on="participant_id")
        .filter((pl.col("__clock") >= pl.col("__from")) & (pl.col("__clock") < pl.col("__to")))
        .with_columns((pl.col("__clock") - offset).dt.replace_time_zone("UTC").alias("__utc"))
        .group_by("__row")
        .agg(
            pl.col("__utc").min().alias("__earlier"),
            pl.col("__utc").max().alias("__later"),
            pl.len().alias("__n"),
            pl.col("participant_id").first(),
            pl.col("device_id").first(),
            pl.col("__clock").first(),
        )
        .sort("__row")
        .with_columns(
            pl.int_range(pl.len()).over("participant_id", "device_id", "__clock").alias("__occurrence"),
        )
        .select(
            "__row",
            pl.when(pl.col("__occurrence") > 0).then("__later").otherwise("__earlier").alias("utc"),
            (pl.col("__n") > 1).alias("is_repeated"),
        )
    )
    return (
        indexed.join(candidates, on="__row", how="left", maintain_order="left")
        .with_columns(pl.col("utc").cast(_UTC), pl.col("is_repeated").fill_null(value=False))
        .drop("__row")
    )


def epochs_on_utc(epochs: pl.DataFrame, periods: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Epochs of naive clock times on UTC with `is_repeated`, those whose clock time did not exist, and those that repeat one.

    A clock time that occurred once and is stated twice with steps is not two measurements: the first in file order stands.
    Only the zone can tell, for a file alone cannot know whether its clock was put back.
    """
    length = pl.col("epoch_end") - pl.col("epoch_start")
    placed = localise(epochs.with_columns(length.alias("__length")), "epoch_start", periods)
    exists = pl.col("utc").is_not_null()
    nowhere = placed.filter(~exists).drop("utc", "is_repeated", "__length")
    on_utc = (
        placed.filter(exists)
        .with_columns(pl.col("utc").alias("epoch_start"), (pl.col("utc") + pl.col("__length")).alias("epoch_end"))
        .drop("utc", "__length")
    )
    states_steps = pl.col("steps").is_not_null()
    # a row that only shows wear adds no steps to those of another
    is_first = pl.struct(
        "participant_id", "device_id", "epoch_start", states_steps.alias("__states")
    ).is_first_distinct()
    stands = on_utc.select(is_first | ~states_steps).to_series()
    return on_utc.filter(stands), nowhere, on_utc.filter(~stands)


def totals_on_utc(totals: pl.DataFrame, periods: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Totals of naive clock times on UTC with `local_date`, and those that repeat a clock time which occurred once.

    The label of a day is its date, only the instants need a zone.
    """
    length = pl.col("end") - pl.col("start")
    dated = totals.with_columns(pl.col("start").dt.date().alias("local_date"), length.alias("__length"))
    placed = localise(dated, "start", periods)
    # midnight may not exist in the zone
    later = localise(
        placed.drop("utc", "is_repeated").with_columns((pl.col("start") + pl.duration(hours=1)).alias("__later")),
        "__later", periods,
    )  # fmt: skip
    on_utc = placed.with_columns(pl.coalesce(pl.col("utc"), later.get_column("utc")).alias("start")).with_columns(
        (pl.col("start") + pl.col("__length")).alias("end")
    )
    stands = on_utc.select(pl.struct("participant_id", "device_id", "start", "end").is_first_distinct()).to_series()
    return on_utc.filter(stands), on_utc.filter(~stands)


def spans_on_utc(spans: pl.DataFrame, periods: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sessions or coverage of naive clock times on UTC, and those whose start did not exist.

    Start and end are each put on UTC; the length by the clock stands where the end is none, or not after the start.
    """
    length = pl.col("end") - pl.col("start")
    placed = localise(spans.with_columns(length.alias("__length")), "start", periods).rename({"utc": "__start"})
    ends = localise(placed.drop("is_repeated"), "end", periods).get_column("utc")
    by_length = pl.col("__start") + pl.col("__length")
    whole = placed.with_columns(ends.alias("__end")).with_columns(
        pl.when(pl.col("__end") > pl.col("__start")).then("__end").otherwise(by_length).alias("__end")
    )
    exists = pl.col("__start").is_not_null()
    return (
        whole.filter(exists)
        .with_columns(pl.col("__start").alias("start"), pl.col("__end").alias("end"))
        .select(spans.columns),
        whole.filter(~exists).select(spans.columns),
    )


def local_clock(frame: pl.DataFrame, column: str, periods: pl.DataFrame) -> pl.Series:
    """The civil time of the UTC `column` in each row's participant's zone at that moment; frame needs participant_id."""
    if frame.is_empty():
        return pl.Series(dtype=pl.Datetime("us"))
    indexed = frame.select("participant_id", pl.col(column).alias("__at")).with_row_index("__row").sort("__at")
    timed = indexed.join_asof(
        periods.select("participant_id", "from_utc", "utc_offset_minutes").sort("from_utc"),
        left_on="__at", right_on="from_utc", by="participant_id", check_sortedness=False,
    ).sort("__row")  # fmt: skip
    return timed.select(
        pl.col("__at").dt.replace_time_zone(None) + pl.duration(minutes=pl.col("utc_offset_minutes"))
    ).to_series()


def local_date(frame: pl.DataFrame, column: str, periods: pl.DataFrame) -> pl.Series:
    """The civil date of the UTC `column` in each row's participant's zone at that moment; frame needs participant_id."""
    return local_clock(frame, column, periods).dt.date()
