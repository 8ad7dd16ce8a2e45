"""From when to when: the start and end of each row, wide rows and lists taken apart, pauses that a format leaves out."""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import polars as pl

from connectors.dialect import Dialect
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.pedometer_csv import clock
from connectors.pedometer_csv.head import Layout
from connectors.pedometer_csv.sources import Variables

#: an end up to this long before its start plus a day forgot the date at midnight; seen in a real Apple Watch export
_OVER_MIDNIGHT = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
#: clocks are put back an hour, in the night
_PUT_BACK, _NIGHT_HOURS = dt.timedelta(hours=1), 5
#: so long a run of zeros is no observation where zeros do not prove wear. Source: architecture definition 5; Choi 2011
_LONGEST_PAUSE = dt.timedelta(minutes=90)
_TEXTS = ("stamp", "date", "clock", "end_stamp", "end_date", "end_clock")
#: cells that tell the rows of one device of one person from others
SAME_DEVICE = ("participant", "device", "hardware")


def timed(rows: pl.DataFrame, layout: Layout, path: Path) -> tuple[pl.DataFrame, int]:
    """Rows with `start`, and `end` where the row itself tells it (null where unreadable), in place of the text they came
    from, `bad` where they are not told; and the interval in seconds, 0 where rows have no common one."""
    rule, interval = layout.dialect.time, layout.dialect.interval
    if "stamp" in rows.columns or ("clock" in rows.columns and ("date" in rows.columns or rule.date_is)):
        text = clock.stamp_text(rows, layout)
        start = clock.parse_stamps(text, rows["line"], layout, path)
        rows = rows.with_columns(start.alias("start"))
        seconds = _seconds(layout, rows, path)
        if rule.start and Variables(layout.variables).knows(rule.start):
            _check_first(text, start, layout, path)
    elif rule.start:
        first = _stated_start(layout, path)
        seconds = _seconds(layout, rows, path)
        # a blank line within the rows still is an epoch's place, so count lines, not rows
        step = (pl.col("line") - layout.first_row - 1) * seconds
        rows = rows.with_columns((pl.lit(first) + pl.duration(seconds=step)).alias("start"))
    else:
        wanted = " or ".join(name or "(no name)" for name in (*rule.stamp, *rule.date, *rule.clock))
        raise CorruptFileError(
            path,
            expected=f"a column {wanted}",
            found="none of them",
            where="header",
            todo="Use the original export, not a copy saved by a spreadsheet.",
        )
    if interval.rule == "end":
        _refuse_without_ends(rows, layout, path)
        ends = clock.parse_stamps(clock.stamp_text(rows, layout, "end_"), rows["line"], layout, path)
        rows = rows.with_columns(_later(rows["start"], ends, layout.dialect).alias("end"))
    elif interval.rule == "duration" and not layout.dialect.json.arrays:
        told = [pl.col(name) for name in ("duration", "duration_else") if name in rows.columns]
        rows = rows.with_columns((pl.col("start") + pl.duration(microseconds=pl.coalesce(told) * 1e6)).alias("end"))
    untimed = pl.any_horizontal(pl.col(name).is_null() for name in ("start", "end") if name in rows.columns)
    if "end" in rows.columns:
        untimed |= pl.col("end") < pl.col("start")
    return rows.select(pl.exclude(*_TEXTS, "bad"), pl.col("bad") | untimed), seconds


def oldest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, turned round if they are newest first: order in the file tells apart what a clock says twice."""
    steps = rows["start"].diff()
    newest_first = (steps < dt.timedelta(0)).sum() > (steps > dt.timedelta(0)).sum()
    return rows.reverse() if newest_first else rows


def by_line(rows: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of their lines, from the last one on if the others are turned round."""
    return rows.sort("line", descending=bool(like.height and like["line"][0] > like["line"][-1]))


def one_interval_a_row(rows: pl.DataFrame, marks: pl.DataFrame, dialect: Dialect, seconds: int) -> pl.DataFrame:
    """One row per interval with `start` and `end`: wide rows and lists taken apart, ends found in the rows around.

    A reading that tells what happened since the one before has no start if there is none before. marks: rows that cannot be
    read but for their start; where pauses and ends depend on the rows around they stand as rows without a number.
    """
    rule = dialect.interval.rule
    if not marks.is_empty() and (rule == "next_row" or dialect.value.absent_means == "zero_between_rows"):
        # what a damaged row says is not known, and neither is its length
        known = [name for name in marks.columns if name in (*SAME_DEVICE, "line", "start")]
        ends = [pl.col("start").alias("end")] if "end" in rows.columns else []
        rows = by_line(pl.concat([rows, marks.select(known).with_columns(ends)], how="diagonal"), rows)
    if dialect.wide:
        rows = _from_wide(rows, seconds)
    elif dialect.json.arrays:
        return _from_lists(rows)
    if rule in ("end", "duration"):
        return rows
    if rule == "instant":
        minute = pl.col("start").dt.truncate("1m")
        return rows.with_columns(minute.alias("start"), (minute + pl.duration(minutes=1)).alias("end"))
    if rule in ("fixed", "captured", "row_step"):
        return rows.with_columns((pl.col("start") + pl.duration(seconds=seconds)).alias("end"))
    keys = [name for name in SAME_DEVICE if name in rows.columns]
    rows = rows.sort(
        *keys, *_fold(rows), "start", *(["number"] if "number" in rows.columns else []), maintain_order=True
    )
    if rule == "since_previous":
        # a reading without a number is none
        before = pl.when(pl.col("steps").is_not_null()).then("start").forward_fill().shift(1)
        return rows.with_columns(pl.col("start").alias("end"), (before.over(keys) if keys else before).alias("start"))
    after = pl.col("start").shift(-1)
    own = pl.col("duration") if "duration" in rows.columns else pl.lit(float(dialect.interval.seconds))
    last = pl.col("start") + pl.duration(microseconds=own * 1e6)
    until = pl.coalesce(after.over(keys) if keys else after, last)
    # two events of one second: the first is short, but it is in its own minute
    return rows.with_columns(pl.max_horizontal(until, pl.col("start") + pl.duration(milliseconds=1)).alias("end"))


def _fold(rows: pl.DataFrame) -> list[str]:
    # after the clock was put back, time goes on though the clock does not
    return ["fold"] if "fold" in rows.columns else []


def pauses(rows: pl.DataFrame) -> pl.DataFrame:
    """Epochs of zero steps in pauses shorter than 90 minutes between the rows of a device (start, end, labels).

    Not in the small hours of a local clock: it may have been put on or back in between.
    """
    keys = [name for name in ("participant_label", "device_label") if name in rows.columns]
    before = pl.col("end").cum_max().shift(1)
    timed = rows.sort(*keys, "start").with_columns((before.over(keys) if keys else before).alias("before"))
    pause = pl.col("start") - pl.col("before")
    gaps = timed.filter((pause > dt.timedelta(0)) & (pause < _LONGEST_PAUSE))
    if gaps.schema["start"] == pl.Datetime("us"):
        gaps = gaps.filter(pl.col("before").dt.hour() >= _NIGHT_HOURS)
    zero = pl.lit(0.0).alias("steps")
    return gaps.select(*keys, pl.col("before").alias("epoch_start"), pl.col("start").alias("epoch_end"), zero)


def _refuse_without_ends(rows: pl.DataFrame, layout: Layout, path: Path) -> None:
    rule = layout.dialect.time
    if "end_stamp" in rows.columns or ("end_clock" in rows.columns and ("end_date" in rows.columns or rule.date_is)):
        return
    raise CorruptFileError(
        path,
        expected=f"a column {' or '.join((*rule.end_stamp, *rule.end_clock))}",
        found="none of them",
        where="header",
        todo="Use the original export, with all its columns.",
    )


def _later(start: pl.Series, end: pl.Series, dialect: Dialect) -> pl.Series:
    """Ends, a day later where they forgot the date at midnight, an hour later where the clock was put back meanwhile."""
    late = end + _DAY
    forgotten = (end < start) & (late - start <= _OVER_MIDNIGHT)
    end = end.zip_with(~forgotten.fill_null(value=False), late)
    if dialect.time.zone != "local":
        return end
    put_back = (end < start) & (start - end < _PUT_BACK) & (start.dt.hour() < _NIGHT_HOURS)
    return end.zip_with(~put_back.fill_null(value=False), end + _PUT_BACK)


def _stated_start(layout: Layout, path: Path) -> dt.datetime:
    text = layout.dialect.time.start.format_map(Variables(layout.variables))
    start = clock.parse_stated(text, layout)
    if start is None:
        raise CorruptFileError(
            path,
            expected="a start date and time in the date order the file states",
            found="none that can be read so",
            where="the lines above the table",
            todo="Export again; a program other than the maker's may have written this file.",
        )
    return start


def _check_first(text: pl.Series, start: pl.Series, layout: Layout, path: Path) -> None:
    """Nothing; raises if the first row is not on the date that the lines above the table state."""
    stated = _stated_start(layout, path)
    if start[0] is not None and start[0].date() != stated.date():
        raise CorruptFileError(
            path,
            expected=f"the first row on the stated start date, {stated:%Y-%m-%d}",
            found=f"{text[0]}, which in the stated date order is {start[0]:%Y-%m-%d}",
            where=f"line {layout.first_row + 1}",
            todo="The date order stated in the file may be wrong; export again.",
        )


def _seconds(layout: Layout, rows: pl.DataFrame, path: Path) -> int:
    rule = layout.dialect.interval
    if rule.rule not in ("fixed", "captured", "row_step"):
        return 0
    if rule.rule == "fixed":
        return rule.seconds
    if rule.rule == "captured":
        parts = [int(p) for p in re.findall(r"\d+", layout.variables.get("epoch", ""))][-3:]
        seconds = sum(part * factor for part, factor in zip(reversed(parts), (1, 60, 3600), strict=False))
    else:
        seconds = _commonest_step(rows, layout.dialect) if "start" in rows.columns else 0
    if not seconds:
        raise CorruptFileError(
            path,
            expected="the length of an epoch",
            found="none stated, and no two rows to show it",
            todo="Export a longer stretch; if there are more rows, their times may stand in the wrong column.",
        )
    if layout.dialect.resolution == "minute" and seconds > 60:
        raise NoStepDataError(
            path, expected="epochs of 1 to 60 s", found=f"epochs of {seconds} s", todo="Export again with 60 s or less."
        )
    return seconds


def _commonest_step(rows: pl.DataFrame, dialect: Dialect) -> int:
    """The commonest step between the rows of a device in seconds, a day at most; of equally common ones the shortest."""
    keys = [name for name in SAME_DEVICE if name in rows.columns]
    ordered = rows.filter(pl.col("start").is_not_null()).sort(*keys, "start")
    step = pl.col("start").diff()
    steps = ordered.select((step.over(keys) if keys else step).dt.total_seconds().alias("step"))["step"]
    seconds = min(steps.filter(steps > 0).mode().to_list(), default=0)
    if not seconds and dialect.resolution == "any" and (ordered["start"] == ordered["start"].dt.truncate("1d")).all():
        # a table of one day
        return 86_400
    return min(int(seconds), 86_400)


def _from_wide(rows: pl.DataFrame, seconds: int) -> pl.DataFrame:
    """One row per cell of wide rows."""
    cells = sorted((c for c in rows.columns if c.startswith("cell_")), key=lambda c: int(c[5:]))
    numbers = np.array([int(c[5:]) for c in cells])
    # nulls pass through NumPy as NaN, which no cell holds
    steps = pl.Series("steps", rows.select(cells).to_numpy().reshape(-1)).fill_nan(None)
    row = np.repeat(np.arange(rows.height), len(cells))
    offset = pl.Series(np.tile(numbers * seconds * 1_000_000, rows.height)).cast(pl.Duration("us"))
    long = rows.select(pl.exclude(cells))[row]
    return long.with_columns(pl.col("start") + offset, steps)


def _from_lists(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per element of the lists in `steps` and `duration`: each starts where the one before it ends."""
    before = pl.col("duration").list.eval(pl.element().cum_sum().shift(1, fill_value=0.0))
    long = rows.with_columns(before.alias("before")).explode("steps", "duration", "before")
    start = pl.col("start") + pl.duration(microseconds=pl.col("before") * 1e6)
    return long.with_columns(
        start.alias("start"), (start + pl.duration(microseconds=pl.col("duration") * 1e6)).alias("end")
    ).drop("before")
