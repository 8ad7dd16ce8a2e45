"""CSV step exports: one reader for all of them, told by a `Dialect` what the file means."""

import re
import string
from pathlib import Path

import numpy as np
import polars as pl

from connectors import csv_checks, csv_time
from connectors.csv_head import Layout, read_head
from connectors.csv_rows import read_rows
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.recording import Device, Recording

#: a larger number is no count and no distance, but digits run together
_LARGEST = 1e9
_VALUES = ("steps", "distance_m", "heart_rate_bpm")


def read(path: Path, layout: Layout) -> Recording:
    """The Recording of a CSV file in a dialect: epochs if it holds minutes or finer, else totals."""
    dialect = layout.dialect
    _refuse_without_steps(path, layout)
    if not layout.names:
        raise CorruptFileError(
            path,
            expected="a line with column names",
            found="none",
            where=f"line {layout.first_row + 1}",
            todo="Export again with column names.",
        )
    rows, problems = read_rows(path, layout)
    rows_read = rows.height
    csv_checks.refuse_shortened_ids(rows, path)
    rows, seconds = _timed(rows, layout, path)
    rows, bad = csv_checks.without_bad_rows(_numbers(rows), layout, path)
    csv_checks.refuse_unaligned(rows, dialect, path)
    rows, repeats = csv_checks.without_repeats(rows, dialect, path)
    problems = (*problems, *bad, *repeats)
    if dialect.time.dense:
        problems = (*problems, *csv_checks.refuse_wrong_order(rows, layout, seconds, path))
    if dialect.wide:
        rows = _long(rows, seconds)
    if dialect.time.zone != "local":
        rows = rows.with_columns(pl.col("start").dt.replace_time_zone("UTC"))
    frame = rows.select(
        *(pl.col(f).alias(f"{f}_label") for f in ("participant", "device") if f in rows.columns),
        pl.col("start").alias("epoch_start"),
        (pl.col("start") + pl.duration(seconds=seconds)).alias("epoch_end"),
        *(f for f in _VALUES if f in rows.columns),
    )
    minutes = dialect.resolution == "minute"
    return Recording.build(
        connector="csv",
        dialect=dialect.name,
        kind="all_day" if minutes else "totals",
        time_basis="local" if dialect.time.zone == "local" else "utc",
        device=_device(layout),
        rows_read=rows_read,
        epochs=frame if minutes else None,
        totals=None if minutes else _totals(frame),
        problems=problems,
    )


def _refuse_without_steps(path: Path, layout: Layout) -> None:
    preamble = layout.dialect.preamble
    if not preamble.no_steps:
        return
    head = read_head(path)
    text = "\n".join(head.lines[: layout.first_row]) if head else ""
    for rule in preamble.no_steps:
        if re.search(rule.pattern, text):
            raise NoStepDataError(path, expected="steps per epoch", found=rule.found, todo=rule.todo)


def _timed(rows: pl.DataFrame, layout: Layout, path: Path) -> tuple[pl.DataFrame, int]:
    """Rows with `start` (null where unreadable) in place of the text it came from, and the interval in seconds."""
    rule = layout.dialect.time
    if "stamp" in rows.columns or {"date", "clock"} <= set(rows.columns):
        text = csv_time.stamp_text(rows)
        start = csv_time.parse_stamps(text, rows["line"], layout, path)
        seconds = _seconds(layout, start, path)
        if rule.start and _Variables(layout.variables).knows(rule.start):
            _check_first(text, start, layout, path)
        return rows.drop("stamp", "date", "clock", strict=False).with_columns(start.alias("start")), seconds
    if not rule.start:
        raise CorruptFileError(
            path, expected=f"a column {' or '.join((*rule.stamp, *rule.date))}", found="none of them", where="header"
        )
    first = _stated_start(layout, path)
    seconds = _seconds(layout, first, path)
    # a blank line within the rows still is an epoch's place, so count lines, not rows
    step = (pl.col("line") - layout.first_row - 1) * seconds
    return rows.with_columns((pl.lit(first[0]) + pl.duration(seconds=step)).alias("start")), seconds


def _stated_start(layout: Layout, path: Path) -> pl.Series:
    text = layout.dialect.time.start.format_map(_Variables(layout.variables))
    start = csv_time.parse_stated(text, layout)
    if start.null_count():
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
    if start[0] is not None and start[0].date() != stated[0].date():
        raise CorruptFileError(
            path,
            expected=f"the first row on the stated start date, {stated[0]:%Y-%m-%d}",
            found=f"{text[0]}, which in the stated date order is {start[0]:%Y-%m-%d}",
            where=f"line {layout.first_row + 1}",
            todo="The date order stated in the file may be wrong; export again.",
        )


def _seconds(layout: Layout, start: pl.Series, path: Path) -> int:
    rule = layout.dialect.interval
    if rule.rule == "fixed":
        return rule.seconds
    if rule.rule == "captured":
        parts = [int(p) for p in re.findall(r"\d+", layout.variables.get("epoch", ""))][-3:]
        seconds = sum(part * factor for part, factor in zip(reversed(parts), (1, 60, 3600), strict=False))
    else:
        steps = start.drop_nulls().diff().dt.total_seconds()
        seconds = min(steps.filter(steps > 0).mode().to_list(), default=0)
    if not seconds:
        raise CorruptFileError(path, expected="the length of an epoch", found="none stated, and no two rows to show it")
    if layout.dialect.resolution == "minute" and seconds > 60:
        raise NoStepDataError(
            path, expected="epochs of 1 to 60 s", found=f"epochs of {seconds} s", todo="Export again with 60 s or less."
        )
    return seconds


def _numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with numbers for text, and `bad` where a row holds what is no number, no time, or one field too many."""
    fields = [f for f in rows.columns if f in _VALUES or f.startswith("cell_")]
    numbers = rows.select(pl.col(f).cast(pl.Float64, strict=False) for f in fields)
    # NaN is larger than any number
    wrong = [(numbers[f].is_null() | (numbers[f].abs() > _LARGEST)) & rows[f].is_not_null() for f in fields]
    bad = pl.any_horizontal(*wrong, pl.col("start").is_null(), pl.col("surplus").is_not_null())
    return rows.with_columns(bad.alias("bad")).with_columns(numbers.get_columns())


def _long(rows: pl.DataFrame, seconds: int) -> pl.DataFrame:
    """One row per cell of wide rows."""
    cells = sorted((c for c in rows.columns if c.startswith("cell_")), key=lambda c: int(c[5:]))
    numbers = np.array([int(c[5:]) for c in cells])
    # nulls pass through NumPy as NaN, which no cell holds
    steps = pl.Series("steps", rows.select(cells).to_numpy().reshape(-1)).fill_nan(None)
    row = np.repeat(np.arange(rows.height), len(cells))
    offset = pl.Series(np.tile(numbers * seconds * 1_000_000, rows.height)).cast(pl.Duration("us"))
    long = rows.select(c for c in rows.columns if c in csv_checks.KEY)[row]
    return long.with_columns(pl.col("start") + offset, steps)


def _totals(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("steps").is_not_null()).select(
        *(c for c in ("participant_label", "device_label") if c in frame.columns),
        pl.col("epoch_start").alias("start"),
        pl.col("epoch_end").alias("end"),
        pl.col("steps").round().cast(pl.Int64),
    )


def _device(layout: Layout) -> Device:
    rule, variables = layout.dialect.device, _Variables(layout.variables)
    return Device(
        manufacturer=rule.manufacturer.format_map(variables) or "unknown",
        model=rule.model.format_map(variables) or "unknown",
        serial=rule.serial.format_map(variables) or None,
        device_class=rule.device_class,
        zeros_prove_wear=rule.zeros_prove_wear,
    )


class _Variables(dict[str, str]):
    """Captured variables in which a missing one is empty text."""

    def __missing__(self, key: str) -> str:
        return ""

    def knows(self, template: str) -> bool:
        """True if every variable of the template was captured."""
        return all(name in self for _, name, _, _ in string.Formatter().parse(template) if name)
