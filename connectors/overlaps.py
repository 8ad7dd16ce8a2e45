"""Rows of one device that cover the same time: the finer one counts, so that no step is counted twice."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

_LABELS = ("participant_label", "device_label")
#: rows up to so many seconds are finer than longer ones; within a class what starts first counts
_CLASSES = (120, 330)

_Instants = NDArray[np.int64]


def without_overlaps(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows by participant, device, start and end, none of them beginning before an earlier one ends, and how many were
    cut or dropped for that.

    frame: participant_label and device_label (any type, null is a label like another), start and end (start <= end, none
    null), steps (Float64, null stays null); further columns stay as they are. A row that shares time with a finer one, or
    with one of its own class of length (up to 2 minutes, up to 5.5, longer) that starts earlier, keeps the rest of its time
    and that share of its steps; a row that others cover wholly is dropped.
    """
    rows = frame.sort(*_LABELS, "start", "end", maintain_order=True)
    if not _overlap(rows):
        # each ends before the next begins: the usual case, at a fraction of the cost
        return rows, 0
    seconds = (rows["end"] - rows["start"]).dt.total_microseconds() / 1e6
    kinds = seconds.to_numpy()[:, None] > np.array(_CLASSES)
    rows = rows.with_columns(pl.Series("__class", kinds.sum(axis=1)), pl.int_range(pl.len()).alias("__row"))
    whole = rows.select("__row", "start", "end")
    kept = rows.clear()
    for _, finer in sorted(rows.group_by("__class"), key=lambda pair: pair[0]):
        kept = pl.concat([kept, _beside(_swept(finer), kept)]).sort(*_LABELS, "start", "end", maintain_order=True)
    pieces = kept.group_by("__row").agg((pl.col("end") - pl.col("start")).sum().alias("left"))
    told = whole.join(pieces, on="__row", how="left")
    untouched = told.select((pl.col("left") == pl.col("end") - pl.col("start")).fill_null(value=False).sum()).item()
    return kept.drop("__class", "__row"), rows.height - int(untouched)


def _overlap(rows: pl.DataFrame) -> bool:
    follows = pl.all_horizontal(pl.col(label).eq_missing(pl.col(label).shift()) for label in _LABELS)
    follows &= pl.int_range(pl.len()) > 0
    return bool(rows.select((follows & (pl.col("start") < pl.col("end").shift())).any()).item())


def _swept(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of a class without what earlier ones cover."""
    covered = pl.col("end").cum_max().shift().over(_LABELS)
    # max_horizontal passes over null
    rows = rows.with_columns(pl.max_horizontal("start", covered).alias("__from"))
    is_left = (pl.col("__from") == pl.col("start")) | (pl.col("end") > pl.col("__from"))
    return _shortened(rows.filter(is_left), pl.col("__from"), pl.col("end")).drop("__from")


def _beside(rows: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """What is left of the rows where others, each later than the one before, have their time: a row may fall into pieces."""
    if taken.is_empty() or rows.is_empty():
        return rows
    found = []
    for labels, mine in rows.group_by(_LABELS, maintain_order=True):
        same = [pl.col(name).eq_missing(pl.lit(label)) for name, label in zip(_LABELS, labels, strict=True)]
        theirs = taken.filter(*same)
        found.append(mine if theirs.is_empty() else _gaps(mine, theirs))
    return pl.concat(found)


def _gaps(rows: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    start, end = _instants(rows["start"]), _instants(rows["end"])
    from_, until = _instants(taken["start"]), _instants(taken["end"])
    first = np.searchsorted(until, start, side="right")
    count = np.maximum(np.searchsorted(from_, end, side="left") - first, 0)
    row = np.repeat(np.arange(rows.height), count + 1)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
    # the n-th gap lies between the n-th and the next taken stretch, within the row
    place = first[row] + nth
    left = np.where(nth == 0, start[row], until[np.minimum(place - 1, len(until) - 1)])
    right = np.where(nth == count[row], end[row], from_[np.minimum(place, len(from_) - 1)])
    free = (right > left) | ((count[row] == 0) & (right == left))
    zone = rows.schema["start"]
    pieces = rows[row[free]].with_columns(
        pl.Series("__from", left[free]).cast(pl.Datetime("us")).cast(zone),
        pl.Series("__until", right[free]).cast(pl.Datetime("us")).cast(zone),
    )
    return _shortened(pieces, pl.col("__from"), pl.col("__until")).drop("__from", "__until")


def _instants(times: pl.Series) -> _Instants:
    return times.dt.epoch("us").to_numpy()


def _shortened(rows: pl.DataFrame, start: pl.Expr, end: pl.Expr) -> pl.DataFrame:
    """Rows from start to end, with that share of their steps."""
    is_cut = (start != pl.col("start")) | (end != pl.col("end"))
    share = (end - start) / (pl.col("end") - pl.col("start"))
    steps = pl.when(is_cut).then(pl.col("steps") * share).otherwise("steps")
    return rows.with_columns(start.alias("start"), end.alias("end"), steps.alias("steps"))
