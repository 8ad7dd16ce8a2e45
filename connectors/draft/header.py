"""Where the table of an unknown file begins: its delimiter, its header line and its column names. Imports no polars."""

import dataclasses
import re
from collections.abc import Sequence

from connectors.pedometer_csv.head import Head, split

_DELIMITERS = (",", ";", "\t", "|")
_VALUE = re.compile(r"^[-+]?[\d.,:/ TZtz+-]*\d[\d.,:/ TZtz+-]*([ap]\.?m\.?)?$|@", re.IGNORECASE)
#: lines in which a header is looked for, and lines below it that must look like its rows
_LOOKED_AT, _BELOW = 200, 50
#: share of the lines below a header that must have its number of fields and a value
_SHARE = 0.9


@dataclasses.dataclass(frozen=True)
class Header:
    """at: the header's line, from 0. first: the first line that is not blank and states no separator."""

    at: int
    first: int
    delimiter: str
    names: tuple[str, ...]


def find_header(head: Head) -> Header | None:
    """The line of column names of a table of values, or None if there is none."""
    first, stated = _first_line(head.lines)
    found: list[tuple[tuple[float, int, int], Header]] = []
    for delimiter in (stated,) if stated else _DELIMITERS:
        found += _candidates(head.lines, first, delimiter)
    return max(found, key=lambda pair: pair[0])[1] if found else None


def width_without_names(head: Head) -> int:
    """How many fields the first line has if it is one of values, else 0."""
    first, stated = _first_line(head.lines)
    line = head.lines[first] if first < len(head.lines) else ""
    rows = [split(line, delimiter) for delimiter in ((stated,) if stated else _DELIMITERS)]
    widest = max(rows, key=len)
    return len(widest) if len(widest) > 1 and any(map(_VALUE.search, widest)) else 0


def _first_line(lines: Sequence[str]) -> tuple[int, str]:
    """The first line that says something about the table, and the separator that a line above it states."""
    stated = re.fullmatch(r'"?sep=([,;|:~^\t])"?', lines[0])
    start = 1 if stated else 0
    return next((n for n in range(start, len(lines)) if lines[n].strip()), len(lines)), stated[1] if stated else ""


def _candidates(lines: Sequence[str], first: int, delimiter: str) -> list[tuple[tuple[float, int, int], Header]]:
    filled = [n for n in range(first, min(len(lines), first + _LOOKED_AT + _BELOW)) if lines[n].strip()]
    rows = {n: split(lines[n], delimiter) for n in filled}
    found = []
    for place, n in enumerate(filled[:_LOOKED_AT]):
        names, below = rows[n], [rows[m] for m in filled[place + 1 : place + 1 + _BELOW]]
        told = sum(1 for name in names if name)
        if told < 2 or told < len(names) / 2 or any(map(_VALUE.search, names)) or not below:
            continue
        fits = [_width(row, names) and any(map(_VALUE.search, row)) for row in below]
        fitting = sum(fits) / len(fits)
        if fits[0] and fitting >= _SHARE:
            found.append(((round(fitting, 1), told, -n), Header(n, first, delimiter, names)))
    return found


def _width(row: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """True if a row has the header's number of fields; a trailing delimiter adds an empty one."""
    return len(row) == len(names) or (len(row) == len(names) + 1 and not row[-1])
