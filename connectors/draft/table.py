"""An unknown table in whole: its columns as text, read by the reader of all dialects."""

import dataclasses
from pathlib import Path

import polars as pl

from connectors.dialect import Columns, Condition, DeviceRule, Dialect, Match, Number, Time
from connectors.draft.header import Header, find_header, width_without_names
from connectors.errors import UnknownFormatError
from connectors.pedometer_csv import clock, counts
from connectors.pedometer_csv.head import Head, Layout, read_head
from connectors.pedometer_csv.rows import read_rows
from connectors.recording import Problem
from connectors.unclaimed import unknown_format


@dataclasses.dataclass(frozen=True)
class Table:
    """rows: `LINE`, and one text column for each name that can be told apart: the first of equal names, none that is empty."""

    path: Path
    head: Head
    header: Header
    rows: pl.DataFrame
    problems: tuple[Problem, ...]

    @property
    def names(self) -> list[str]:
        return [name for name in self.rows.columns if name != "LINE"]


def read_table(path: Path, dialects: dict[str, Dialect]) -> Table:
    """The table in a file; UnknownFormatError if it holds none with column names."""
    head = read_head(path)
    if head is None or head.keys is not None:
        raise unknown_format(path, dialects)
    header = find_header(head)
    if header is None:
        raise _no_table(path, head, dialects)
    places = tuple(f"c{n}" for n in range(len(header.names)))
    dialect = dataclasses.replace(
        _dialect(()),
        columns=Columns(steps=(places[0],)),
        keep=tuple(Condition((place,), "") for place in places),
    )
    layout = Layout(dialect, head.encoding, header.delimiter, places, header.at + 1, {})
    rows, problems = read_rows(path, layout)
    told = {f"keep_{n}": name for n, name in reversed(list(enumerate(header.names)))}
    first = {name: field for field, name in told.items()}
    kept = [
        pl.col(field).alias(name) for name, field in reversed(first.items()) if rows[field].null_count() < rows.height
    ]
    return Table(path, head, header, rows.select(pl.col("line").alias("LINE"), *kept), problems)


def times(text: pl.Series, formats: tuple[str, ...], path: Path) -> pl.Series:
    """Datetimes as the reader reads them in strict formats; null where none fits."""
    layout = Layout(_dialect(formats), "utf-8", ",", (), 0, {})
    return clock.parse_stamps(text, pl.Series(range(len(text)), dtype=pl.Int64), layout, path)


def joined(date: pl.Series, of_day: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Date and clock as one text, as the reader joins them."""
    rows = pl.DataFrame({"date": date, "clock": of_day})
    return clock.stamp_text(rows, Layout(_dialect(formats), "utf-8", ",", (), 0, {}))


def numbers(text: pl.Series, rule: Number, delimiter: str) -> pl.Series:
    """Numbers as the reader reads them; null where the cell is none."""
    dialect = dataclasses.replace(_dialect(()), number=rule)
    rows = pl.DataFrame({"steps": text, "surplus": pl.Series([None] * len(text), dtype=pl.String)})
    return counts.numbers(rows, Layout(dialect, "utf-8", delimiter, (), 0, {}))["steps"]


def _dialect(formats: tuple[str, ...]) -> Dialect:
    return Dialect(
        name="draft",
        title="",
        evidence="file",
        resolution="day",
        match=Match(),
        device=DeviceRule("unknown", "unknown", "pedometer"),
        # not local: an offset in a stamp counts
        time=Time(formats, "utc"),
    )


def _no_table(path: Path, head: Head, dialects: dict[str, Dialect]) -> UnknownFormatError:
    if width := width_without_names(head):
        return UnknownFormatError(
            path,
            expected="a table with a line of column names",
            found=f"{width} columns without names",
            todo="Export it with column names, or write a dialect with [[headerless]] by hand.",
        )
    known = unknown_format(path, dialects)
    return UnknownFormatError(
        path, expected="a table with a line of column names and rows of values below it", found=known.found
    )
