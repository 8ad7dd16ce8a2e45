"""When each row of a CSV starts: strict formats, and a date order that is stated or proved, never guessed."""

import contextlib
import datetime as dt
import re
from pathlib import Path

import polars as pl

from connectors.errors import CorruptFileError
from connectors.pedometer_csv.head import Layout

#: a stamp outside these years is a misread number ("16" would be the year 16); dates shifted on purpose lie inside
_YEARS = (1900, 2262)
_FARTHEST_US = 9e15
_ORDERS = {"month_first": "%m{s}%d{s}%Y", "day_first": "%d{s}%m{s}%Y"}
_SWAPPED = {"month_first": "day_first", "day_first": "month_first"}
_ORDER_WORDS = {"month_first": "month before day", "day_first": "day before month"}
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"
_LEADING_NUMBERS = r"^\s*(\d{1,4})\D(\d{1,2})\D"


#: formats that count from an instant: how many microseconds one unit has, and the zero in Unix days
_COUNTS = {"epoch_s": (1e6, 0), "epoch_ms": (1e3, 0), "epoch_ns": (1e-3, 0), "serial_days": (86_400e6, -25_569)}


def stamp_text(rows: pl.DataFrame, layout: Layout, prefix: str = "") -> pl.Series:
    """The text that says when each row starts (prefix `end_`: ends): a stamp, or date and clock with a space between."""
    if f"{prefix}stamp" in rows.columns:
        return rows[f"{prefix}stamp"].cast(pl.String)
    clock = pl.col(f"{prefix}clock").cast(pl.String)
    if any("%H%M" in form for form in layout.dialect.time.formats):
        # 5 is five past midnight
        clock = clock.str.zfill(4)
    template = layout.dialect.time.date_is
    date = pl.col(f"{prefix}date") if f"{prefix}date" in rows.columns else pl.lit(template.format_map(layout.variables))
    return rows.select(pl.concat_str(date, clock, separator=" ").alias("stamp")).to_series()


def parse_stamps(text: pl.Series, lines: pl.Series, layout: Layout, path: Path) -> pl.Series:
    """Starts as datetimes without a zone, in UTC if the stamps have offsets; null where none of the formats fits.

    Raises if the column needs two formats or two date orders, as spreadsheets leave it.
    """
    rule = layout.dialect.time
    order = _order(text, lines, layout, path)
    result, hits = _parse(text, layout, order)
    dated = any("{date}" in f for f in rule.formats)
    if dated and len(hits) > 1:
        raise CorruptFileError(
            path,
            expected="one form of time stamp in the whole column",
            found=f"{text[hits[0]]} and {text[hits[1]]}",
            where=f"lines {lines[hits[0]]} and {lines[hits[1]]}",
            todo="Looks like a copy re-saved by a spreadsheet; use the original export.",
        )
    if dated and order_of(layout) in _SWAPPED and result.null_count():
        _refuse_swapped(text, lines, result, layout, path)
    if rule.zone == "offset" and result.null_count():
        _refuse_naive(text, lines, result, path)
    if result.null_count() and layout.dialect.resolution != "day":
        _refuse_dates_alone(text, lines, result, path)
    return result


def order_of(layout: Layout) -> str:
    """The date order a layout states: month_first, day_first, a chrono date format, or nothing."""
    rule = layout.dialect.time
    if rule.date_order != "captured":
        return rule.date_order
    stated = re.sub(r"[-./]", "{s}", re.sub(r"M+", "%m", re.sub(r"d+", "%d", layout.variables.get("date_format", ""))))
    stated = re.sub(r"yyyy|y", "%Y", stated.replace("yy", "%y") if stated.count("y") == 2 else stated)
    return next((name for name, form in _ORDERS.items() if form == stated), stated)


def parse_stated(text: str, layout: Layout) -> dt.datetime | None:
    """One stamp of the preamble in the rows' own formats; None if it has none of them."""
    order = order_of(layout)
    date = _ORDERS.get(order, order).replace("{s}", _separator(pl.Series([text])))
    for form in layout.dialect.time.formats:
        # for a single stamp Python's own parser is a fraction of the cost of a column's
        with contextlib.suppress(ValueError):
            found = dt.datetime.strptime(text, form.replace("{date}", date))  # noqa: DTZ007 - the device's own clock
            if _YEARS[0] <= found.year <= _YEARS[1]:
                return found
    return None


def example(layout: Layout) -> str:
    """A stamp in the first of the dialect's formats."""
    date = _ORDERS.get(order_of(layout), order_of(layout)).replace("{s}", "/")
    form = layout.dialect.time.formats[0].replace("{date}", date).replace("%.f", "")
    form = re.sub("%[:#]*z", "+11:00", form)
    if form in _COUNTS:
        return {"epoch_s": "1774965900", "serial_days": "46112.5868055556"}.get(form, "1774965900000")
    return dt.datetime(2026, 3, 31, 14, 5, tzinfo=dt.UTC).strftime(form)


def swapped(order: str) -> str | None:
    """The other date order, if the order is about day and month."""
    return _SWAPPED.get(order)


def _parse(text: pl.Series, layout: Layout, order: str) -> tuple[pl.Series, list[int]]:
    """Starts, null where no format fits, and for each format that fits at all the first row it fits."""
    date = _ORDERS.get(order, order).replace("{s}", _separator(text))
    result, hits = pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, len(text)), []
    for number, form in enumerate(layout.dialect.time.formats):
        if number and not result.null_count():
            break
        left = None if result.null_count() == len(text) else result.is_null().arg_true()
        part = text if left is None else text.gather(left)
        parsed = _counted(part, form) if form in _COUNTS else _written(part, form.replace("{date}", date), layout)
        if not parsed.dt.year().is_between(*_YEARS).all():
            parsed = parsed.set(~parsed.dt.year().is_between(*_YEARS), None)
        if parsed.null_count() == len(parsed):
            continue
        first = 0 if parsed[0] is not None else int(parsed.is_not_null().arg_true()[0])
        hits.append(first if left is None else int(left[first]))
        result = parsed if left is None else result.scatter(left, parsed)
    return result, hits


def _written(text: pl.Series, form: str, layout: Layout) -> pl.Series:
    has_offset = re.search("%[:#]*z", form)
    if has_offset and layout.dialect.time.zone == "local":
        # the clock as it is printed
        text, form, has_offset = text.str.replace(_OFFSET, ""), form.replace(has_offset[0], ""), None
    zone = "UTC" if has_offset else None
    # a frame's expression runs on all cores, a Series on one; and a stamp is parsed in less time than it is looked up
    stamp = pl.col("text").str.to_datetime(form, time_unit="us", time_zone=zone, strict=False, cache=False)
    return text.to_frame("text").select(stamp.dt.replace_time_zone(None)).to_series()


def _counted(text: pl.Series, form: str) -> pl.Series:
    unit, zero = _COUNTS[form]
    number = text.cast(pl.Float64, strict=False)
    microseconds = (number + zero) * unit if zero else number * unit
    if form == "serial_days":
        # ten digits of a day are good for a millisecond
        microseconds = (microseconds / 1000).round() * 1000
    sane = microseconds.is_finite() & (microseconds.abs() < _FARTHEST_US)
    return microseconds.set(~sane.fill_null(value=False), None).round().cast(pl.Int64).cast(pl.Datetime("us"))


def _separator(text: pl.Series) -> str:
    first = text[0] if len(text) and text[0] is not None else next(iter(text.drop_nulls().head(1)), "")
    hit = re.search(r"\d([-./])\d", first)
    return hit[1] if hit else "/"


def _order(text: pl.Series, lines: pl.Series, layout: Layout, path: Path) -> str:
    order = order_of(layout)
    if not order:
        raise CorruptFileError(
            path,
            expected="a date format stated above the table",
            found="none",
            where=f"lines 1 to {layout.first_row}",
            todo="Export again, or state the date order in a dialect of the study.",
        )
    if order != "proved":
        return order
    pair = text.str.extract_groups(_LEADING_NUMBERS)
    left, right = (pair.struct.field(k).cast(pl.Int64, strict=False).fill_null(0) for k in ("1", "2"))
    if not (left > 12).any() and not (right > 12).any():
        raise CorruptFileError(
            path,
            expected="a date that shows whether day or month comes first (a number over 12)",
            found="no such date in the whole file",
            todo="State the order in a dialect of the study (date_order).",
        )
    if (left > 12).any() and (right > 12).any():
        raise _two_orders(path, _first(left > 12, text, lines), _first(right > 12, text, lines))
    return "day_first" if (left > 12).any() else "month_first"


def _refuse_swapped(text: pl.Series, lines: pl.Series, result: pl.Series, layout: Layout, path: Path) -> None:
    order = order_of(layout)
    other = _SWAPPED[order]
    turned, _ = _parse(text, layout, other)
    wrong, right = result.is_null() & turned.is_not_null(), result.is_not_null() & turned.is_null()
    if not wrong.any():
        return
    if right.any():
        raise _two_orders(path, _first(wrong, text, lines), _first(right, text, lines))
    line, stamp = _first(wrong, text, lines)
    raise CorruptFileError(
        path,
        expected=f"dates with {_ORDER_WORDS[order]}",
        found=f"{stamp}, which only fits {_ORDER_WORDS[other]}",
        where=f"line {line}",
        todo="Use the original export, or a dialect that states this date order.",
    )


def _two_orders(path: Path, one: tuple[int, str], two: tuple[int, str]) -> CorruptFileError:
    (first, stamp), (second, other) = sorted((one, two))
    return CorruptFileError(
        path,
        expected="one date order in the whole column",
        found=f"both orders: {stamp} and {other}",
        where=f"lines {first} and {second}",
        todo="Looks like a copy re-saved by a spreadsheet; use the original export.",
    )


def _refuse_dates_alone(text: pl.Series, lines: pl.Series, result: pl.Series, path: Path) -> None:
    alone = (result.is_null() & text.str.contains(r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}$")).fill_null(value=False)
    if alone.any():
        line, stamp = _first(alone, text, lines)
        raise CorruptFileError(
            path,
            expected="a time of day in each stamp",
            found=f"{alone.sum()} that are a date alone, such as {stamp}",
            where=f"line {line}",
            todo="Looks like a copy re-saved by a spreadsheet; use the original export.",
        )


def _refuse_naive(text: pl.Series, lines: pl.Series, result: pl.Series, path: Path) -> None:
    naive = result.is_null() & text.str.contains(r"^\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d(\.\d+)?)?)?$")
    naive = naive.fill_null(value=False)
    if naive.any():
        line, _ = _first(naive, text, lines)
        raise CorruptFileError(
            path,
            expected="a time with its offset from UTC, such as 2026-03-02T10:00:00Z or 2026-03-02T10:00:00+11:00",
            found="a time without an offset",
            where=f"line {line}",
            todo="Write the offset into each stamp, or declare the local clock in a dialect of the study.",
        )


def _first(mask: pl.Series, text: pl.Series, lines: pl.Series) -> tuple[int, str]:
    index = mask.arg_true()[0]
    # no more of a cell than its stamp: what follows may be somebody's words
    stamp = re.match(r"[\d.:/ TZ+-]*(?:[AP]M)?", str(text[index]))
    return int(lines[index]), stamp[0].strip() if stamp else ""
