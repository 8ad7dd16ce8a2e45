"""Rows of one device that cover the same time: what stands first counts, so that no step is counted twice."""

import polars as pl

_LABELS = ("participant_label", "device_label")


def without_overlaps(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows by participant, device, start and end, none of them beginning before an earlier one ends, and how many were
    cut or dropped for that.

    frame: participant_label and device_label (any type, null is a label like another), start and end (start <= end, none
    null), steps (Float64, null stays null); further columns stay as they are. A row is cut where the earlier ones of its
    device end and keeps the steps of its remaining share of time; a row that they cover wholly is dropped.
    """
    rows = frame.sort(*_LABELS, "start", "end", maintain_order=True)
    follows = pl.all_horizontal(pl.col(label).eq_missing(pl.col(label).shift()) for label in _LABELS)
    follows &= pl.int_range(pl.len()) > 0
    if not rows.select((follows & (pl.col("start") < pl.col("end").shift())).any()).item():
        # each ends before the next begins: the usual case, at a fraction of the cost
        return rows, 0
    covered = pl.when(follows).then(pl.col("end").cum_max().over(_LABELS).shift())
    # max_horizontal passes over null
    rows = rows.with_columns(pl.max_horizontal("start", covered).alias("__start"))
    cut = pl.col("__start") > pl.col("start")
    share = (pl.col("end") - pl.col("__start")) / (pl.col("end") - pl.col("start"))
    count = int(rows.select(cut.sum()).item())
    rows = rows.filter(~cut | (pl.col("end") > pl.col("__start")))
    rows = rows.with_columns(
        pl.when(cut).then(pl.col("steps") * share).otherwise("steps").alias("steps"),
        pl.col("__start").alias("start"),
    )
    return rows.drop("__start"), count
