"""Columns of raw FIT values as series of what they mean: scaled, dated, named."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.fit.columns import Bools, Column
from connectors.fit.dictionary import names
from connectors.fit.profile import FIT_EPOCH

_DAY_S = 86_400
_TIMES = ("date_time", "local_date_time", "localtime_into_day")
#: numbers below it are counted rather than sorted to find the different ones
_SMALL = 0x10000
_INT_MAX = np.iinfo(np.int64).max


def rendered(column: Column, kind: str, scale: float | None = None, offset: float | None = None) -> pl.Series:
    """The values of a column as the FIT type or base type `kind`, null where the device wrote none.

    Datetime in UTC for date_time and naive for local_date_time, Time for localtime_into_day, Boolean for bool, String
    for text and enumerations (the number as text if it has no name), Float64 (raw / scale - offset) where there is a
    scale or an offset, else Int64 or, for what does not fit, UInt64. An array, bytes included, is a List of these; an
    invalid element is null, those at the end are dropped, and a list of none is null.
    """
    if column.values.ndim == 1:
        return _flat(column, kind, scale, offset)
    width = column.values.shape[1]
    flat = _flat(Column(column.values.reshape(-1), column.valid.reshape(-1)), kind, scale, offset)
    lists = pl.col("flat").reshape((len(column.valid), width)).arr.to_list()
    if not column.valid[:, -1].all():
        told = np.zeros(len(column.valid), dtype=np.int64)
        for place in range(width):
            told[column.valid[:, place]] = place + 1
        lists = pl.when(pl.lit(pl.Series(told > 0))).then(lists.list.head(pl.lit(pl.Series(told))))
    return flat.alias("flat").to_frame().select(lists).to_series()


def either(one: pl.Series, other: pl.Series) -> pl.Series:
    """Each value of the first, else that of the second; if one of them holds lists, both are lists."""
    if isinstance(one.dtype, pl.List) != isinstance(other.dtype, pl.List):
        one, other = (s if isinstance(s.dtype, pl.List) else _listed(s) for s in (one, other))
    frame = pl.DataFrame([one.alias("one"), other.alias("other")])
    return frame.select(pl.coalesce("one", "other")).to_series()


def _listed(series: pl.Series) -> pl.Series:
    frame = pl.DataFrame([series.alias("one")])
    return frame.select(pl.when(pl.col("one").is_not_null()).then(pl.concat_list("one"))).to_series()


def _flat(column: Column, kind: str, scale: float | None, offset: float | None) -> pl.Series:
    values, valid = column.values, column.valid
    if values.dtype == object:
        return pl.Series([text if told else None for text, told in zip(values, valid, strict=True)], dtype=pl.String)
    if named := names(kind):
        return _masked(_named(column, named), valid)
    if kind in _TIMES:
        return _time(column, kind)
    if kind == "bool":
        return _masked(pl.Series(values != 0), valid)
    if scale or offset:
        scaled = values / scale if scale else values.astype(np.float64)
        return _masked(pl.Series(scaled - offset if offset else scaled), valid)
    return _masked(_whole(column), valid)


def _time(column: Column, kind: str) -> pl.Series:
    seconds = column.values.astype(np.int64)
    if kind == "localtime_into_day":
        within = column.valid & (seconds >= 0) & (seconds < _DAY_S)
        return _masked(pl.Series(np.where(within, seconds, 0) * 1_000_000_000), within).cast(pl.Time)
    micros = _masked(pl.Series((seconds + FIT_EPOCH) * 1_000_000), column.valid)
    return micros.cast(pl.Datetime("us", "UTC" if kind == "date_time" else None))


def _named(column: Column, named: dict[int, str]) -> pl.Series:
    """The name of each number, or the number as text."""
    told = np.where(column.valid, column.values, 0)
    present, place = _distinct(told)
    found = pl.Series([named.get(number) or str(number) for number in present.tolist()], dtype=pl.String)
    # indices of another width than polars' own are converted at ten times the cost
    return found[pl.Series(place.astype(np.uint32))]


def _distinct(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """The different values, and for each value its place among them."""
    if values.dtype != np.int64 or values.min() < 0 or values.max() >= _SMALL:
        return np.unique(values, return_inverse=True)
    present = np.flatnonzero(np.bincount(values))
    place = np.zeros(present[-1] + 1, dtype=np.intp)
    place[present] = np.arange(len(present))
    return present, place[values]


def _whole(column: Column) -> pl.Series:
    """Numbers as they are; unsigned ones as signed if all of them fit."""
    values = column.values
    if values.dtype == np.uint64 and not (column.valid & (values > _INT_MAX)).any():
        values = np.where(column.valid, values, 0).astype(np.int64)
    return pl.Series(values)


def _masked(series: pl.Series, valid: Bools) -> pl.Series:
    return series if valid.all() else series.zip_with(pl.Series(valid), _none(series.dtype))


@functools.cache
def _none(kind: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=kind)
