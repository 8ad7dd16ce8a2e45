"""Rows that contradict themselves or each other: refused when a copy is damaged, else dropped and counted."""

import datetime as dt
from pathlib import Path

import polars as pl

from connectors import csv_time
from connectors.csv_head import Layout
from connectors.dialect import Dialect
from connectors.errors import CorruptFileError
from connectors.recording import Problem

#: share of rows that may be unreadable in a file that is read all the same
BAD_ROW_SHARE = 0.01

#: columns that tell one row from another
KEY = ("participant", "device", "start")


def refuse_shortened_ids(rows: pl.DataFrame, path: Path) -> None:
    """Nothing; raises if a spreadsheet has written a participant id as 1.50396E+09."""
    if "participant" not in rows.columns:
        return
    shortened = rows["participant"].str.contains(r"^\d[.,]?\d*E\+\d+$").fill_null(False)
    if shortened.any():
        raise CorruptFileError(
            path,
            expected="whole participant ids",
            found="an id a spreadsheet has shortened to powers of ten",
            where=f"line {rows['line'][shortened.arg_true()[0]]}",
            todo="Use the original export, not a copy saved by a spreadsheet.",
        )


def without_bad_rows(rows: pl.DataFrame, layout: Layout, path: Path) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Rows without the bad ones, if these are few; raises if they are many."""
    bad = rows["bad"].sum()
    good = rows.filter(~pl.col("bad")).drop("bad", "surplus") if bad else rows.drop("bad", "surplus")
    if not bad:
        return good, ()
    first = rows.row(rows["bad"].arg_true()[0], named=True)
    where = f"line {first['line']}"
    if bad >= BAD_ROW_SHARE * rows.height:
        wrong = "a time" if first["start"] is None else "a field too many" if first["surplus"] else "a number"
        found = wrong if wrong == "a field too many" else f"{wrong} that cannot be read"
        raise CorruptFileError(
            path,
            expected=f"rows of dialect {layout.dialect.name}, times such as {csv_time.example(layout)}",
            found=f"{bad} of {rows.height} rows otherwise, the first with {found}",
            where=where,
            todo="Use the original export, not a copy saved by a spreadsheet.",
        )
    return good, (Problem("bad_row", int(bad), where),)


def refuse_unaligned(rows: pl.DataFrame, dialect: Dialect, path: Path) -> None:
    """Nothing; raises if a row does not start on a whole minute, hour or day as the dialect says it must."""
    step = dialect.time.aligned_seconds
    if not step:
        return
    off = rows["start"].dt.epoch("us") % (step * 1_000_000) != 0
    if off.any():
        unit = {60: "minute", 3600: "hour", 86400: "day"}.get(step, f"{step} s")
        raise CorruptFileError(
            path,
            expected=f"each row to start on a whole {unit}",
            found=f"{off.sum()} that do not",
            where=f"line {rows['line'][off.arg_true()[0]]}",
            todo="Use the original export.",
        )


def without_repeats(rows: pl.DataFrame, dialect: Dialect, path: Path) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Rows with each key once: equal rows count once; of different ones the last value of each column stays."""
    key = [k for k in KEY if k in rows.columns]
    values = [c for c in rows.columns if c not in (*key, "line")]
    if _in_order(rows, key):
        return rows, ()
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series()
    if not repeated.any():
        return rows, ()
    again = rows.filter(repeated)
    distinct = again.unique([*key, *values], keep="first", maintain_order=True)
    conflict = distinct.filter(pl.struct(key).is_duplicated())
    problems = []
    if same := again.height - distinct.height:
        later = again.filter(~again.select(pl.struct(*key, *values).is_first_distinct()).to_series())
        problems.append(Problem("repeated_rows", same, f"line {later['line'][0]}"))
    if conflict.height:
        first = conflict.join(conflict.head(1).select(key), on=key, nulls_equal=True, maintain_order="left")
        lines = first["line"].to_list()
        if dialect.value.repeats == "refuse":
            raise CorruptFileError(
                path,
                expected="each time once",
                found=f"{conflict.height} rows whose time occurs again with other values",
                where=f"lines {lines[0]} and {lines[1]}",
                todo="Looks like a copy re-saved by a spreadsheet; use the original export.",
            )
        extra = conflict.height - conflict.select(pl.struct(key).n_unique()).item()
        problems.append(Problem("conflicting_rows", extra, f"line {lines[1]}"))
    last = [pl.col(c).drop_nulls().last() for c in values]
    merged = distinct.group_by(key, maintain_order=True).agg(pl.col("line").last(), *last)
    return pl.concat([rows.filter(~repeated), merged.select(rows.columns)]).sort("line"), tuple(problems)


def _in_order(rows: pl.DataFrame, key: list[str]) -> bool:
    """True if each label's rows stand together, each later than the one before: then no key repeats."""
    labels = [k for k in key if k != "start"]
    changes = rows.select(pl.any_horizontal(pl.lit(False), *(pl.col(k).ne_missing(pl.col(k).shift()) for k in labels)))
    later = rows["start"].diff() > dt.timedelta(0)
    groups = rows.select(labels).n_unique() if labels else 1
    return bool((changes.to_series() | later).slice(1).all()) and int(changes.to_series().slice(1).sum()) < groups


def refuse_wrong_order(rows: pl.DataFrame, layout: Layout, seconds: int, path: Path) -> tuple[Problem, ...]:
    """Problems for pauses in rows that should follow each other; raises if the other date order has none."""
    start = rows["start"]
    jumps = start.diff().dt.total_microseconds() != seconds * 1_000_000
    if not jumps.any():
        return ()
    where = f"line {rows['line'][jumps.arg_true()[0]]}"
    order = csv_time.order_of(layout)
    other = csv_time.swapped(order)
    # day and month of each date exchanged: possible only if no day is over 12
    if other and not (start.dt.day() > 12).any():
        turned = pl.select(
            pl.datetime(start.dt.year(), start.dt.day(), start.dt.month()) + (start - start.dt.truncate("1d"))
        ).to_series()
        if not (turned.diff().dt.total_microseconds() != seconds * 1_000_000).any():
            raise CorruptFileError(
                path,
                expected=f"dates that run on when read {order.replace('_', ' ')}",
                found=f"dates that only run on when read {other.replace('_', ' ')}",
                where=where,
                todo="The date order stated in the file is wrong; export again with the maker's program.",
            )
    return (Problem("clock_jumps", int(jumps.sum()), where),)
