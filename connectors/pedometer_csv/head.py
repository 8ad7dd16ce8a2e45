"""The first lines of a text file, and how a dialect lies on them: delimiter, header, captured variables."""

import csv
import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from connectors.dialect import Dialect

#: enough for every preamble and header line seen, little enough to look at each file in a folder
HEAD_BYTES = 65_536

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEPARATOR_LINE = re.compile(r'^"?sep=([,;|:~^\t])"?$')


@dataclasses.dataclass(frozen=True)
class Head:
    """First lines without their ends; `encoding` as Python names it, `complete` if the file ends here."""

    lines: tuple[str, ...]
    encoding: str
    complete: bool


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where things are in one file. Lines are counted from 0; names are in normal form, without a header too."""

    dialect: Dialect
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    first_row: int
    variables: dict[str, str]


def normal_name(name: str) -> str:
    """A header name in normal form: trimmed, lower case, single spaces."""
    return " ".join(name.strip().strip('"').lower().split())


def codec_of(data: bytes) -> str | None:
    """The encoding of some text, by its byte order mark or by what decodes; None for anything but text."""
    if data[:2] in _UTF16:
        return _UTF16[data[:2]]
    for codec in ("utf-8", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else codec
    return None


def read_head(path: Path) -> Head | None:
    """The first lines of a text file; None when it is not text, or has no line end where one is due."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
        complete = not file.read(1)
    if not complete:
        wide_end = data[:2] in _UTF16
        end = max(data.rfind(b"\n"), data.rfind(b"\r"))
        if end < 0:
            return None
        # a UTF-16 line end is two bytes, in either order
        data = data[: (end - end % 2) if wide_end else end + 1]
    codec = codec_of(data)
    if codec is None:
        return None
    try:
        text = data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    return Head(tuple(re.split(r"\r\n|\n|\r", text)), codec, complete)


def claims(path: Path, dialects: Iterable[Dialect]) -> list[Layout]:
    """The dialects whose file this is, each laid on it; none when the file is not text."""
    head = read_head(path)
    if head is None:
        return []
    laid = (lay_out(dialect, head, path.name) for dialect in dialects)
    return [layout for layout in laid if layout is not None]


def lay_out(dialect: Dialect, head: Head, file_name: str) -> Layout | None:
    """How the dialect lies on a file; None when it is not this dialect's file."""
    match, encoding = dialect.match, head.encoding
    family = "utf-16" if encoding.startswith("utf-16") else encoding
    if family not in dialect.text.encodings or (match.file_name and not re.search(match.file_name, file_name)):
        return None
    start, delimiters = 0, dialect.text.delimiters
    if separator := _SEPARATOR_LINE.match(head.lines[0]):
        start, delimiters = 1, (separator[1],)
    while start < len(head.lines) and not head.lines[start].strip():
        start += 1
    lines = head.lines[start:]
    if not lines or (match.first_line and not re.search(match.first_line, lines[0])):
        return None
    skipped = _preamble_length(dialect, lines)
    if skipped is None:
        return None
    variables = _captured(dialect, lines[:skipped])
    header = lines[skipped] if skipped < len(lines) else ""
    for delimiter in delimiters:
        names = split(header, delimiter)
        if _has_all(match.header, names):
            if dialect.headerless and not any(re.search("[A-Za-z]", n) for n in names):
                given = [h.names for h in dialect.headerless if variables.get(h.variable) == h.equals]
                width = next((d for d in delimiters if d in header), delimiter)
                return Layout(dialect, encoding, width, given[0] if given else (), start + skipped, variables)
            if len(names) > 1 or delimiter == delimiters[-1]:
                return Layout(dialect, encoding, delimiter, names, start + skipped + 1, variables)
    return None


def split(line: str, delimiter: str) -> tuple[str, ...]:
    """The fields of one line in normal form."""
    return tuple(normal_name(f) for f in next(csv.reader([line], delimiter=delimiter), []))


def _has_all(wanted: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return all(any(choice in names for choice in name.split("|")) for name in wanted)


def _preamble_length(dialect: Dialect, lines: tuple[str, ...]) -> int | None:
    if dialect.preamble.until:
        return next((n for n, line in enumerate(lines) if re.search(dialect.preamble.until, line)), None)
    return dialect.preamble.lines


def _captured(dialect: Dialect, lines: tuple[str, ...]) -> dict[str, str]:
    # a spreadsheet leaves trailing delimiters and quotes on lines that are not table rows
    text = "\n".join(line.strip('"').rstrip(",;\t ").rstrip('"') for line in lines)
    found: dict[str, str] = {}
    for pattern in dialect.preamble.captures:
        if hit := re.search(pattern, text, re.MULTILINE):
            found |= {k: v.strip() for k, v in hit.groupdict().items() if v is not None}
    return found
