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


def local_date(frame: pl.DataFrame, column: str, periods: pl.DataFrame) -> pl.Series:
    """The civil date of the UTC `column` in each row's participant's zone at that moment; frame needs participant_id."""
    if frame.is_empty():
        return pl.Series(dtype=pl.Date)
    indexed = frame.select("participant_id", pl.col(column).alias("__at")).with_row_index("__row").sort("__at")
    dated = indexed.join_asof(
        periods.select("participant_id", "from_utc", "utc_offset_minutes").sort("from_utc"),
        left_on="__at", right_on="from_utc", by="participant_id", check_sortedness=False,
    ).sort("__row")  # fmt: skip
    return dated.select(
        (pl.col("__at").dt.replace_time_zone(None) + pl.duration(minutes=pl.col("utc_offset_minutes"))).dt.date()
    ).to_series()
