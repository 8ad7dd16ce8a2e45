"""Rows that contradict themselves or each other: refused when a copy is damaged, else dropped and counted."""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import polars as pl

from connectors.dialect import Dialect
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.pedometer_csv import clock
from connectors.pedometer_csv.head import Layout
from connectors.pedometer_csv.rows import cut_off
from connectors.pedometer_csv.spans import by_line
from connectors.recording import Problem

#: share of rows that may be unreadable in a file that is read all the same
BAD_ROW_SHARE = 0.01
#: so few rows may all lie at midnight by chance
_FEW = 2
#: how seldom rows of a fine grid may all lie on a coarser one for it to be taken for chance
_BY_CHANCE = 1e-6
#: a grid coarser than an hour is judged as one of an hour: few rows may lie far apart
_COARSEST = 3600

#: columns that tell one row from another
KEY = ("participant", "device", "hardware", "number", "start")

#: how far a clock is put back at the end of daylight saving at most (half an hour on Lord Howe Island)
_PUT_BACK = dt.timedelta(hours=1)
#: it is put back at night, and once a year: two nights within so many days are no summer's ends
_NIGHT_HOURS, _A_YEAR = 5, dt.timedelta(days=300)


def refuse_shortened_ids(rows: pl.DataFrame, path: Path) -> None:
    """Nothing; raises if a spreadsheet has written a participant id as 1.50396E+09."""
    if "participant" not in rows.columns:
        return
    ids = rows["participant"].unique().drop_nulls()
    short = ids.filter(ids.str.contains(r"^\d[.,]?\d*E\+\d+$"))
    if len(short):
        shortened = rows["participant"] == short[0]
        raise CorruptFileError(
            path,
            expected="whole participant ids",
            found="an id a spreadsheet has shortened to powers of ten",
            where=f"line {rows['line'][shortened.arg_true()[0]]}",
            todo="Use the original export, not a copy saved by a spreadsheet.",
        )


def refuse_cut_last_row(rows: pl.DataFrame, problems: tuple[Problem, ...], path: Path) -> None:
    """Nothing; raises if the last line has no end and cannot be read: the file was cut off within it."""
    if rows["bad"][-1] and any(problem.code == "unfinished_last_line" for problem in problems):
        raise cut_off(path, int(rows["line"][-1]))


def without_bad_rows(
    rows: pl.DataFrame, layout: Layout, path: Path
) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Problem, ...]]:
    """Rows without the bad ones, and the bad ones whose start can be read, if these are few; raises if they are many."""
    bad = rows["bad"].sum()
    if not bad:
        good = rows.drop("bad", "surplus")
        return good, good.clear(), ()
    good = rows.filter(~pl.col("bad")).drop("bad", "surplus")
    marks = rows.filter(pl.col("bad") & pl.col("start").is_not_null()).drop("bad", "surplus")
    # not the whole row: an absurd end cannot be made a Python datetime
    untimed = pl.any_horizontal(pl.col(name).is_null() for name in ("start", "end") if name in rows.columns)
    if "end" in rows.columns:
        untimed |= (pl.col("end") < pl.col("start")).fill_null(value=False)
    found_at = rows.select("line", "surplus", untimed.alias("untimed"))
    first = found_at.row(rows["bad"].arg_true()[0], named=True)
    where = f"line {first['line']}"
    if bad >= BAD_ROW_SHARE * rows.height:
        wrong = "a time" if first["untimed"] else "a field too many" if first["surplus"] else "a number"
        found = wrong if wrong == "a field too many" else f"{wrong} that cannot be read"
        raise CorruptFileError(
            path,
            expected=f"rows of dialect {layout.dialect.name}, times such as {clock.example(layout)}",
            found=f"{bad} of {rows.height} rows otherwise, the first with {found}",
            where=where,
            todo="Use the original export, not a copy saved by a spreadsheet.",
        )
    return good, marks, (Problem("bad_row", int(bad), where),)


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


def refuse_coarser_grid(rows: pl.DataFrame, dialect: Dialect, seconds: int, path: Path) -> None:
    """Nothing; raises if all steps between the rows of a minute table are multiples of some intervals, which rows of its own
    grid would be by chance only."""
    if dialect.interval.rule != "fixed" or dialect.resolution != "minute" or dialect.wide:
        return
    labels = [name for name in KEY[:-1] if name in rows.columns]
    step = pl.col("start").sort().diff()
    steps = rows.select((step.over(labels) if labels else step).dt.total_seconds().alias("step"))["step"]
    steps = steps.filter(steps > 0)
    coarse = int(np.gcd.reduce(steps.to_numpy())) if len(steps) else 0
    if coarse > seconds and len(steps) * math.log(min(coarse, _COARSEST) / seconds) > -math.log(_BY_CHANCE):
        raise CorruptFileError(
            path,
            expected=f"rows of {seconds} s",
            found=f"rows that are all multiples of {coarse} s apart, as a coarser table has them",
            where=f"lines {rows['line'][0]} to {rows['line'][-1]}",
            todo="Export minutes; for a coarser table write a dialect of the study with its own resolution.",
        )


def refuse_midnights(rows: pl.DataFrame, dialect: Dialect, path: Path) -> None:
    """Nothing; raises if all rows of a table finer than days start at midnight, or rows of days lie weeks apart."""
    if rows.height < _FEW or dialect.yields != "steps" or rows["start"].n_unique() < _FEW:
        return
    start = rows["start"]
    if dialect.resolution in ("minute", "event", "hour") and (start == start.dt.truncate("1d")).all():
        raise CorruptFileError(
            path,
            expected=f"times of day in a table of {dialect.resolution}s",
            found="midnight in every row: the time was cut off, or these are days",
            where=f"lines {rows['line'][0]} to {rows['line'][-1]}",
            todo="Use the original export; for days, the daily one.",
        )
    if dialect.resolution != "day":
        return
    labels = [name for name in KEY[:-1] if name in rows.columns]
    steps = rows.select(pl.col("start").sort().diff().over(labels) if labels else pl.col("start").sort().diff())
    days = steps.to_series().drop_nulls()
    days = days.filter(days > dt.timedelta(0))
    if len(days) >= _FEW and (days >= dt.timedelta(days=7)).all():
        raise NoStepDataError(
            path,
            expected="a row a day",
            found=f"rows {days.min().days} days apart, which are means of weeks or months",  # type: ignore[union-attr]
            todo="Export a shorter range: it has a row a day.",
        )


def without_repeats(rows: pl.DataFrame, dialect: Dialect, path: Path) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Rows with each key once: equal rows count once; of different ones the dialect says which stays, or none may.

    A local clock that is put back at the end of daylight saving repeats an hour; these rows all stay, in file order, and
    `fold` counts how often it was.
    """
    key = [k for k in (*KEY, "end") if k in rows.columns]
    if dialect.interval.rule == "instant" or _in_order(rows, [k for k in key if k != "end"]):
        # two steps may fall on one instant
        return rows, ()
    if dialect.time.zone == "local":
        rows, key = rows.with_columns(_put_back(rows, key).alias("fold")), [*key, "fold"]
    lists = [name for name, kind in rows.schema.items() if kind == pl.List]
    shown = rows.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join(",") for name in lists)
    values = [c for c in rows.columns if c not in (*key, "line")]
    repeated = shown.select(pl.struct(key).is_duplicated()).to_series()
    if not repeated.any():
        return rows, ()
    again = shown.filter(repeated)
    distinct = again.unique([*key, *values], keep="first", maintain_order=True)
    conflict = distinct.filter(pl.struct(key).is_duplicated())
    problems = []
    if same := again.height - distinct.height:
        later = again.filter(~again.select(pl.struct(*key, *values).is_first_distinct()).to_series())
        problems.append(Problem("repeated_rows", same, f"line {later['line'][0]}"))
    # rows of different lengths that start together are cut where they overlap; lists tell their lengths themselves
    if conflict.height and not lists:
        problems.append(_conflicts(conflict, key, dialect, path))
        kept = _one_of_each(distinct, key, values, dialect)
    else:
        kept = distinct
    lines = pl.concat([rows.filter(~repeated)["line"], kept["line"]])
    whole = rows.filter(pl.col("line").is_in(lines.implode())) if lists else pl.concat([rows.filter(~repeated), kept])
    return by_line(whole, rows), tuple(problems)


def _conflicts(conflict: pl.DataFrame, key: list[str], dialect: Dialect, path: Path) -> Problem:
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
    code = "largest_of_rows" if dialect.value.repeats == "keep_max" else "conflicting_rows"
    return Problem(code, extra, f"line {lines[1]}")


def _one_of_each(rows: pl.DataFrame, key: list[str], values: list[str], dialect: Dialect) -> pl.DataFrame:
    if dialect.value.repeats == "keep_max":
        largest = rows.sort("steps", nulls_last=False, maintain_order=True).unique(key, keep="last")
        return largest.select(rows.columns)
    last = [pl.col(c).drop_nulls().last() for c in values]
    return rows.group_by(key, maintain_order=True).agg(pl.col("line").last(), *last).select(rows.columns)


def _put_back(rows: pl.DataFrame, key: list[str]) -> pl.Series:
    """How often each device's clock was put back before the row: 0 where no step back looks like the end of a summer.

    It looks so if the device's clock goes back by an hour at most, at night, and not twice within a year. An hourly table
    shows the same hour twice; rows that are equal in all else are a repeat, not an hour.
    """
    labels = [k for k in key if k not in ("start", "end", "number")]
    step = pl.col("start").diff()
    values = [c for c in rows.columns if c not in (*key, "line")]
    equal = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift()) for c in values) if values else pl.lit(value=True)
    steps = rows.select(
        "start",
        *labels,
        (step.over(labels) if labels else step).alias("step"),
        (equal.over(labels) if labels else equal).alias("equal"),
    ).with_columns(
        pl.when((pl.col("step") < dt.timedelta(0)) | ((pl.col("step") == dt.timedelta(0)) & ~pl.col("equal")))
        .then("start")
        .alias("back")
    )
    between = pl.col("back").drop_nulls().diff().min()
    looks_so = (
        pl.col("back").is_null() | ((pl.col("step") > -_PUT_BACK) & (pl.col("start").dt.hour() < _NIGHT_HOURS))
    ).all() & (between.is_null() | (between >= _A_YEAR))
    count = pl.col("back").is_not_null().cum_sum()
    fold = pl.when(looks_so).then(count).otherwise(0)
    return steps.select((fold.over(labels) if labels else fold).cast(pl.Int64).alias("fold")).to_series()


def _in_order(rows: pl.DataFrame, key: list[str]) -> bool:
    """True if each label's rows stand together, each later than the one before: then no key repeats."""
    labels = [k for k in key if k != "start"]
    changes = rows.select(pl.any_horizontal(pl.lit(False), *(pl.col(k).ne_missing(pl.col(k).shift()) for k in labels)))
    later = rows["start"].diff() > dt.timedelta(0)
    groups = rows.select(labels).n_unique() if labels else 1
    return bool((changes.to_series() | later).slice(1).all()) and int(changes.to_series().slice(1).sum()) < groups


def refuse_wrong_order(rows: pl.DataFrame, layout: Layout, seconds: int, path: Path) -> tuple[Problem, ...]:
    """Problems for pauses in rows that should follow each other; raises if the other date order has fewer."""
    start = rows["start"]
    jumps = start.diff().dt.total_microseconds() != seconds * 1_000_000
    if not jumps.any():
        return ()
    where = f"line {rows['line'][jumps.arg_true()[0]]}"
    order = clock.order_of(layout)
    other = clock.swapped(order)
    # day and month of each date exchanged: possible only if no day is over 12
    if other and not (start.dt.day() > 12).any():
        turned = pl.select(
            pl.datetime(start.dt.year(), start.dt.day(), start.dt.month()) + (start - start.dt.truncate("1d"))
        ).to_series()
        if (turned.diff().dt.total_microseconds() != seconds * 1_000_000).sum() < jumps.sum():
            raise CorruptFileError(
                path,
                expected=f"dates that run on when read {order.replace('_', ' ')}",
                found=f"dates that run on better when read {other.replace('_', ' ')}",
                where=where,
                todo="The date order stated in the file is wrong; export again with the maker's program.",
            )
    return (Problem("clock_jumps", int(jumps.sum()), where),)
