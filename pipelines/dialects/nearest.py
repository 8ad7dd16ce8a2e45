"""Which dialects nearly fit a file, and what each of them misses in it."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from connectors.dialect import Dialect
from connectors.draft.header import find_header
from connectors.pedometer_csv.head import Head, lay_out, normal_name, place, read_head

_MOST = 3


@dataclasses.dataclass(frozen=True)
class Miss:
    """One condition of a dialect that a file does not meet, and what to change. weight: how far off it is."""

    found: str
    todo: str
    weight: float


def nearest(path: Path, dialects: dict[str, Dialect], names: Sequence[str]) -> list[tuple[Dialect, list[Miss]]]:
    """Up to three dialects that share something with the file, the nearest first, and all that each of them misses."""
    head = read_head(path)
    if head is None:
        return []
    found = []
    for dialect in dialects.values():
        misses = _misses(dialect, head, tuple(names) or (path.name,))
        if misses is not None:
            found.append((sum(miss.weight for miss in misses), dialect.name, dialect, misses))
    return [(dialect, misses) for _, _, dialect, misses in sorted(found, key=lambda one: one[:2])[:_MOST]]


def _misses(dialect: Dialect, head: Head, file_names: tuple[str, ...]) -> list[Miss] | None:
    """None if the file has nothing of the dialect."""
    if (head.keys is None) == (dialect.text.form == "json"):
        return None
    names, delimiter = _names(dialect, head)
    match = dialect.match
    missing = [name for name in match.header if place((name,), names) is None]
    if match.header and len(missing) > len(match.header) / 2:
        return None
    first = next((line for line in head.lines if line.strip()), "")
    is_begun = bool(match.first_line and re.search(match.first_line, first))
    if not match.header and not is_begun:
        return None
    misses = []
    if missing:
        said = ", ".join((name if name[:1] == "/" else name.replace("|", " or ")) or "(no name)" for name in missing)
        todo = f"if the column has another name here, write that in match.header and in its place in a copy of {dialect.name}"
        misses.append(
            Miss(f"a column named {said}" if len(missing) == 1 else f"columns named {said}", todo, len(missing))
        )
    if match.without and (extra := place(match.without, names)) is not None:
        todo = "it may be another table; if it is not, strike match.without in a copy"
        misses.append(Miss(f"no column named {names[extra] or '(no name)'}", todo, 1))
    if match.first_line and not is_begun:
        misses.append(Miss(f"a first line like {match.first_line}", "use the original file with all its lines", 1))
    named = any(re.search(match.file_name, name.replace("\\", "/"), re.IGNORECASE) for name in file_names)
    if match.file_name and not named:
        misses.append(
            Miss(f"a file name like {match.file_name}", "give the file the name that it had in the export", 0.5)
        )
    family = "utf-16" if head.encoding.startswith("utf-16") else head.encoding
    if family not in dialect.text.encodings:
        misses.append(Miss(f"text in {', '.join(dialect.text.encodings)}", "save it in this encoding", 1))
    if delimiter and delimiter not in dialect.text.delimiters:
        told = " or ".join(map(repr, dialect.text.delimiters))
        misses.append(Miss(f"columns parted by {told}", f"add {delimiter!r} to text.delimiters of a copy", 0.5))
    if not misses and lay_out(dialect, head, file_names) is None:
        misses.append(Miss("column names in the line where it looks for them", "correct [preamble] of a copy", 1))
    return misses


def _names(dialect: Dialect, head: Head) -> tuple[tuple[str, ...], str]:
    if head.keys is not None:
        return tuple(normal_name(key, dialect.header.form) for key in head.keys), ""
    header = find_header(head)
    if header is None:
        return (), ""
    return tuple(normal_name(name, dialect.header.form) for name in header.names), header.delimiter
