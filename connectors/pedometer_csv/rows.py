"""The rows of an export as columns named by field, each with its line in the file."""

import csv
import io
import re
from pathlib import Path

import polars as pl

from connectors.dialect import Dialect
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.pedometer_csv.documents import document_rows, list_of_objects
from connectors.pedometer_csv.head import Layout, place
from connectors.recording import Problem

#: fields whose text is a number
NUMBERS = ("steps", "distance_m", "heart_rate_bpm")

_SURPLUS = "surplus"
_LINE_FEED = b"\n"
_LINE_END = re.compile(rb"\r\n|\n|\r")


def read_rows(path: Path, layout: Layout) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """One row per line that is not blank: `line`, a column per field, `surplus`.

    Fields: those of `fields_of`. They are text, but for plain numbers (Float64), which the fast way has read already. An
    empty cell and a word for nothing are null. A last line without an end is kept and reported; one that is cut off within
    refuses the file.
    """
    data = _utf8(path, layout.encoding)
    problems: tuple[Problem, ...] = ()
    names, is_plain = layout.names, False
    if layout.dialect.text.form == "json":
        rows = list_of_objects(data, layout, path)
    else:
        rows, is_plain, problems = _table(data, layout, path)
        if layout.dialect.json.column:
            rows, names = document_rows(rows, names, layout.dialect, path)
    fields = fields_of(layout.dialect, names)
    _refuse_without_values(fields, layout, path)
    words = list(layout.dialect.number.null)
    cells = [_cell(rows, n, words, is_plain=is_plain and not words).alias(field) for field, n in fields.items()]
    found = rows.select("line", *cells, _cell(rows, -1, [], is_plain=False))
    found = found.filter(~pl.all_horizontal(pl.col(f).is_null() for f in fields))
    if not found.height:
        raise NoStepDataError(
            path,
            expected="rows below the header",
            found="none",
            where=f"line {layout.first_row}",
            todo="Export again; if there are rows, their columns may be parted by a character that this dialect does not read.",
        )
    return found, problems


def fields_of(dialect: Dialect, names: tuple[str, ...]) -> dict[str, int]:
    """Field name to column number. `cell_n` is a wide cell with n the interval's number, `keep_n`, `counts_n`,
    `not_measured_n` and `wear_n` the columns of conditions."""
    columns, time = dialect.columns, dialect.time
    choices = {
        "participant": columns.participant,
        "device": columns.device,
        "hardware": columns.hardware,
        "stamp": time.stamp,
        "date": time.date,
        "clock": time.clock,
        "end_stamp": time.end_stamp,
        "end_date": time.end_date,
        "end_clock": time.end_clock,
        "duration": dialect.interval.duration,
        "steps": columns.steps,
        "distance_m": columns.distance_m,
        "heart_rate_bpm": columns.heart_rate_bpm,
        "sport": columns.sport,
        "number": columns.number,
    }
    for use in ("keep", "counts", "not_measured", "wear"):
        conditions = getattr(dialect, use) if use in ("keep", "wear") else getattr(dialect.value, use)
        choices |= {f"{use}_{n}": condition.column for n, condition in enumerate(conditions)}
    found = {field: place(wanted, names) for field, wanted in choices.items()}
    others = [name for name in dialect.interval.duration if place((name,), names) != found["duration"]]
    found["duration_else"] = place(others, names)
    if wide := dialect.wide:
        hits = {n: re.fullmatch(wide.pattern, name) for n, name in enumerate(names)}
        found |= {f"cell_{int(hit[1])}": n for n, hit in hits.items() if hit}
    if found["stamp"] is not None:
        found |= {"date": None, "clock": None}
    if found["end_stamp"] is not None:
        found |= {"end_date": None, "end_clock": None}
    return {field: n for field, n in found.items() if n is not None}


def _is_plain(body: bytes) -> bool:
    """True if there is no white space (in UTF-8 it begins with these bytes) and no quote: then no cell has to be stripped."""
    return not any(sign in body for sign in (b" ", b"\t", b"\x0b", b"\x0c", b'"', b"\xc2", b"\xe1", b"\xe2", b"\xe3"))


def _cell(rows: pl.DataFrame, number: int, words: list[str], *, is_plain: bool) -> pl.Expr:
    name = _SURPLUS if number < 0 else f"c{number}"
    if is_plain or rows.schema[name] != pl.String():
        return pl.col(name)
    text = pl.col(name).str.strip_chars()
    told = text.str.len_bytes() > 0
    return pl.when(told, *([~text.is_in(words)] if words else [])).then(text).alias(name)


def _table(data: bytes, layout: Layout, path: Path) -> tuple[pl.DataFrame, bool, tuple[Problem, ...]]:
    """Columns c0, c1, ... by place, `surplus` and `line`, null for what is not read; and whether all cells are plain."""
    offset = 0
    for _ in range(layout.first_row):
        end = _LINE_END.search(data, offset)
        offset = end.end() if end else len(data)
    body = data[offset:] if offset else data
    body, is_block = _block(body, layout.dialect)
    fields = fields_of(layout.dialect, layout.names)
    if not is_block:
        _refuse_cut_row(body, layout, path)
    names = [f"c{n}" for n in range(len(layout.names))] + [_SURPLUS]
    wanted = sorted({*fields.values(), *_document_column(layout)})
    numbers = _plain_numbers(layout.dialect, fields)
    header = layout.delimiter.join(names).encode() + b"\n"
    source = header + body
    try:
        rows = _parsed(source, names, wanted, numbers, layout)
    except pl.exceptions.ComputeError:
        # some number is none: all as text, so that the row can be named
        try:
            rows = _parsed(source, names, wanted, frozenset(), layout)
        except (pl.exceptions.ComputeError, pl.exceptions.NoDataError) as error:
            # the text of this error quotes the file
            raise CorruptFileError(
                path,
                expected="a table",
                found="a field that opens with a quote and never ends",
                todo="Export the file again.",
            ) from error
    except pl.exceptions.NoDataError as error:
        raise NoStepDataError(
            path, expected="rows below the header", found="none", todo="Export again with a longer range of dates."
        ) from error
    rows = rows.with_row_index("line", layout.first_row + 1).with_columns(pl.col("line").cast(pl.Int64))
    is_cut = not is_block and not body.endswith((b"\n", b"\r"))
    problems = (Problem("unfinished_last_line", 1, f"line {layout.first_row + rows.height}"),) if is_cut else ()
    return rows, _is_plain(body), problems


def _parsed(
    source: bytes, names: list[str], wanted: list[int], numbers: frozenset[int], layout: Layout
) -> pl.DataFrame:
    types = {name: pl.Float64() if n in numbers else pl.String() for n, name in enumerate(names)}
    return pl.read_csv(
        io.BytesIO(source),
        separator=layout.delimiter,
        schema=types,
        columns=[*(f"c{n}" for n in wanted), _SURPLUS],
        truncate_ragged_lines=True,
    )


def _plain_numbers(dialect: Dialect, fields: dict[str, int]) -> frozenset[int]:
    """Columns that hold numbers and nothing else: these are parsed as such at once."""
    number, document = dialect.number, dialect.json
    if number.thousands or number.decimal != "." or document.steps or document.arrays:
        return frozenset()
    is_number = {f: f in NUMBERS or f.startswith("cell_") for f in fields}
    others = {n for field, n in fields.items() if not is_number[field]}
    return frozenset(n for field, n in fields.items() if is_number[field]) - others


def _block(body: bytes, dialect: Dialect) -> tuple[bytes, bool]:
    """The lines up to the one that ends the table, and whether there is such a line."""
    if not dialect.preamble.ends:
        return body, False
    ends, offset = re.compile(dialect.preamble.ends), 0
    for line in body.splitlines(keepends=True):
        if ends.search(line.decode().rstrip("\r\n")):
            return body[:offset], True
        offset += len(line)
    return body, False


def _document_column(layout: Layout) -> list[int]:
    column = place(layout.dialect.json.column, layout.names)
    # columns beside the documents are carried along
    return [] if column is None else list(range(len(layout.names)))


def _refuse_without_values(fields: dict[str, int], layout: Layout, path: Path) -> None:
    dialect = layout.dialect
    has_values = any(f == "steps" or f.startswith("cell_") for f in fields)
    needs_none = dialect.yields in ("wear", "sessions") or dialect.value.kind == "event"
    if not has_values and not needs_none:
        raise NoStepDataError(
            path, expected="a column with steps", found="none", todo="Export again with steps included."
        )


def _refuse_cut_row(body: bytes, layout: Layout, path: Path) -> None:
    """Nothing; raises if the file ends within a row: its last line has no end and fewer fields than the line before."""
    if body.endswith((b"\n", b"\r")) or len(layout.names) < 2:
        return
    tail = body[-65_536:].decode(errors="replace").splitlines()[-2:]
    widths = [len(next(csv.reader([line], delimiter=layout.delimiter), [])) for line in tail]
    if len(widths) == 2 and widths[1] < widths[0]:
        raise cut_off(path, layout.first_row + 1 + body.count(_LINE_FEED))


def cut_off(path: Path, line: int) -> CorruptFileError:
    """The error for a table that ends within a row."""
    return CorruptFileError(
        path,
        expected="a whole last row",
        found="one that is cut off: the file ends within it",
        where=f"line {line}",
        todo="Copy or download it again.",
    )


def _utf8(path: Path, encoding: str) -> bytes:
    """The whole file as UTF-8 without a byte order mark, lines ending in a line feed."""
    data = path.read_bytes()
    if encoding.startswith("utf-16") or encoding == "utf-7":
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
