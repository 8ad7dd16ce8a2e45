"""Reads the study's own CSVs: small tables that people edit, so every error names the file, the line and the cell."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.errors import StudyError

Cell = Callable[[str], Any]


def text(cell: str) -> str:
    """The cell as it is."""
    return cell


def date(cell: str) -> dt.date:
    """A date in ISO 8601; other orders are refused, since nobody can tell 02/03 from 03/02."""
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        raise ValueError("a date written YYYY-MM-DD") from None


def instant(cell: str) -> dt.datetime:
    """An instant in ISO 8601 with offset or Z, as UTC."""
    try:
        found = dt.datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("an instant such as 2026-03-02T10:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError("an instant with its offset from UTC, such as 2026-03-02T10:00:00Z")
    return found.astimezone(dt.UTC)


def whole(cell: str) -> int:
    """A whole number, not negative."""
    if not cell.isascii() or not cell.isdigit():
        raise ValueError("a whole number, 0 or more")
    return int(cell)


def number(cell: str) -> float:
    """A number, not negative."""
    try:
        found = float(cell)
    except ValueError:
        raise ValueError("a number") from None
    if not 0 <= found < float("inf"):
        raise ValueError("a number, 0 or more")
    return found


def yes_no(cell: str) -> bool:
    """true or false, also written yes, no, 1, 0."""
    found = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(cell.lower())
    if found is None:
        raise ValueError("true or false")
    return found


def one_of(*allowed: str) -> Cell:
    """A cell that holds one of the given words."""

    def cell_of(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return cell

    return cell_of


def read_table(
    path: Path, columns: dict[str, Cell], required: tuple[str, ...], defaults: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a study CSV as dicts with every column, None (or the default) where a cell is empty or absent.

    UTF-8 with or without BOM, comma or semicolon; blank lines and lines that start with # are passed over. A file that
    does not exist has no rows. Each row carries its line number under "line". StudyError names file, line and column.
    """
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path.name}: expected text in UTF-8; found byte {error.start} that is not. Save it as CSV UTF-8."
        ) from None
    kept = [
        (at, line) for at, line in enumerate(lines, 1) if line.strip().strip(",;") and not line.lstrip().startswith("#")
    ]
    if not kept:
        return []
    delimiter = ";" if kept[0][1].count(";") > kept[0][1].count(",") else ","
    header = [name.strip() for name in next(csv.reader([kept[0][1]], delimiter=delimiter))]
    unknown = [name for name in header if name and name not in columns]
    absent = [name for name in required if name not in header]
    if unknown or absent or len(set(header)) < len(header):
        wrong = f"no column {absent[0]!r}" if absent else f"the column {unknown[0]!r}" if unknown else "a column twice"
        raise StudyError(f"{path.name}, line {kept[0][0]}: expected the columns {', '.join(columns)}; found {wrong}.")
    rows = []
    for at, line in kept[1:]:
        cells = next(csv.reader(io.StringIO(line), delimiter=delimiter))
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise StudyError(f"{path.name}, line {at}: expected {len(header)} cells; found {len(cells)}.")
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
        row: dict[str, Any] = {"line": at}
        for name, convert in columns.items():
            cell = given.get(name, "")
            if cell == "":
                if name in required:
                    raise StudyError(f"{path.name}, line {at}: {name} is empty.")
                row[name] = (defaults or {}).get(name)
                continue
            try:
                row[name] = convert(cell)
            except ValueError as error:
                raise StudyError(f"{path.name}, line {at}, {name}: expected {error}; found {cell!r}.") from None
        rows.append(row)
    return rows
