"""The rows of a CSV as text columns named by field, each with its line in the file."""

import io
import re
from pathlib import Path

import polars as pl

from connectors.csv_head import Layout
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.recording import Problem

_SURPLUS = "surplus"
_LINE_FEED = b"\n"
_LINE_END = re.compile(rb"\r\n|\n|\r")


def read_rows(path: Path, layout: Layout) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """One row per line that is not blank: `line`, a text column per field (`cell_n` if wide), `surplus`.

    An empty cell and a word for nothing are null. A last line without an end is kept and reported.
    """
    data = _utf8(path, layout.encoding)
    offset = 0
    for _ in range(layout.first_row):
        end = _LINE_END.search(data, offset)
        offset = end.end() if end else len(data)
    fields = _fields(layout)
    if not any(f == "steps" or f.startswith("cell_") for f in fields):
        raise NoStepDataError(
            path, expected="a column with steps", found="none", todo="Export again with steps included."
        )
    width = len(layout.names)
    names = [f"c{n}" for n in range(width)] + [_SURPLUS]
    wanted = [*(f"c{n}" for n in fields.values()), _SURPLUS]
    header = layout.delimiter.join(names).encode() + b"\n"
    try:
        rows = pl.read_csv(
            io.BytesIO(header + data[offset:]),
            separator=layout.delimiter,
            schema=dict.fromkeys(names, pl.String()),
            columns=wanted,
            truncate_ragged_lines=True,
        )
    except (pl.exceptions.ComputeError, pl.exceptions.NoDataError) as error:
        # the text of this error quotes the file
        raise CorruptFileError(
            path,
            expected="a table",
            found="a field that opens with a quote and never ends",
            todo="Export the file again.",
        ) from error
    words = list(layout.dialect.value.null)
    cells = [pl.col(f"c{n}").str.strip_chars().alias(field) for field, n in fields.items()]
    rows = rows.with_row_index("line", layout.first_row + 1).select(
        pl.col("line").cast(pl.Int64), *cells, pl.col(_SURPLUS).str.strip_chars()
    )
    rows = rows.with_columns(
        pl.when(pl.col(f).str.len_bytes() > 0, *([~pl.col(f).is_in(words)] if words else [])).then(pl.col(f)).alias(f)
        for f in [*fields, _SURPLUS]
    )
    rows = rows.filter(~pl.all_horizontal(pl.col(f).is_null() for f in fields))
    if not rows.height:
        raise NoStepDataError(path, expected="rows below the header", found="none", where=f"line {layout.first_row}")
    cut = () if data.endswith((b"\n", b"\r")) else (Problem("unfinished_last_line", 1, f"line {rows['line'][-1]}"),)
    return rows, cut


def _utf8(path: Path, encoding: str) -> bytes:
    """The whole file as UTF-8 without a byte order mark, lines ending in a line feed."""
    data = path.read_bytes()
    if encoding.startswith("utf-16"):
        data = _decoded(data, encoding, path).encode()
    elif encoding == "cp1252" or not _is_utf8(data):
        data = _decoded(data, "cp1252", path).encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if (nul := data.find(b"\0")) >= 0:
        raise CorruptFileError(
            path,
            expected="text",
            found="a run of zero bytes, as a copy that was cut off leaves it",
            where=f"line {1 + data.count(_LINE_FEED, 0, nul)}",
            todo="Copy the file again from the device or account.",
        )
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorruptFileError(
            path,
            expected=f"text in {encoding}",
            found="bytes that are not",
            where=f"byte {error.start}",
            todo="Export the file again as UTF-8.",
        ) from error


def _fields(layout: Layout) -> dict[str, int]:
    """Field name to column number; wide cells are `cell_n` with n the interval's number."""
    columns, time = layout.dialect.columns, layout.dialect.time
    choices = {
        "participant": columns.participant,
        "device": columns.device,
        "stamp": time.stamp,
        "date": time.date,
        "clock": time.clock,
        "steps": columns.steps,
        "distance_m": columns.distance_m,
        "heart_rate_bpm": columns.heart_rate_bpm,
    }
    found = {f: next((layout.names.index(n) for n in names if n in layout.names), None) for f, names in choices.items()}
    if wide := layout.dialect.wide:
        hits = {n: re.fullmatch(wide.pattern, name) for n, name in enumerate(layout.names)}
        found |= {f"cell_{int(hit[1])}": n for n, hit in hits.items() if hit}
    if found["stamp"] is not None:
        found |= {"date": None, "clock": None}
    return {field: n for field, n in found.items() if n is not None}
