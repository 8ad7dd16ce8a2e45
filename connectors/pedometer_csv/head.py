"""The first lines of a text file, and how a dialect lies on them: delimiter, header, captured variables."""

import csv
import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from connectors.dialect import Dialect

#: enough for every preamble and header line seen, little enough to look at each file in a folder
HEAD_BYTES = 65_536

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEPARATOR_LINE = re.compile(r'^"?sep=([,;|:~^\t])"?$')
#: a quotation mark or a brace as UTF-7 writes it; plain text of a table has no reason for it
_UTF7 = re.compile(r"\+(ACI|AHs|AH0|AFs)-")
#: variable of a file whose names say different things
CONTRADICTION = "names contradict"
_UNIT = re.compile(r"\s*\([^()]*\)$")


@dataclasses.dataclass(frozen=True)
class Head:
    """First lines without their ends; `encoding` as Python names it.

    keys: the keys of the first object if this is a JSON list of objects, else None.
    """

    lines: tuple[str, ...]
    encoding: str
    keys: tuple[str, ...] | None = None

    @functools.cached_property
    def separator(self) -> str | None:
        """The delimiter that the first line names (`sep=;`), if it does."""
        named = _SEPARATOR_LINE.match(self.lines[0])
        return named[1] if named else None

    @functools.cached_property
    def top(self) -> int:
        """The first line that is neither blank nor names the delimiter."""
        start = 1 if self.separator else 0
        while start < len(self.lines) and not self.lines[start].strip():
            start += 1
        return start

    @functools.cached_property
    def text(self) -> str:
        """The lines from the top on."""
        return "\n".join(self.lines[self.top :])


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where things are in one file. Lines are counted from 0; names are in normal form, without a header too.

    file_names: the names the file came under, with folders and archive. above: the lines above the table.
    """

    dialect: Dialect
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    first_row: int
    variables: dict[str, str]
    file_names: tuple[str, ...] = ()
    above: str = ""


def normal_name(name: str, form: str = "plain") -> str:
    """A header name in normal form: trimmed, lower case, single spaces; without its unit or its first parts if asked for."""
    plain = " ".join(name.strip().strip('"').lower().split())
    if form == "without_unit":
        return _UNIT.sub("", plain)
    return plain.rsplit(".", 1)[-1] if form == "last_part" else plain


def place(choices: Iterable[str], names: Sequence[str]) -> int | None:
    """Where the first choice that is there stands in the header; `/.../` is a regular expression for the whole name."""
    for choice in choices:
        if len(choice) > 1 and choice[0] == choice[-1] == "/":
            hit = next((n for n, name in enumerate(names) if re.fullmatch(choice[1:-1], name)), None)
        else:
            hit = next((names.index(part) for part in choice.split("|") if part in names), None)
        if hit is not None:
            return hit
    return None


def codec_of(data: bytes) -> str | None:
    """The encoding of some text, by its byte order mark or by what decodes; None for anything but text."""
    if data[:2] in _UTF16:
        return _UTF16[data[:2]]
    for codec in ("utf-8", "cp1252"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            return None
        return "utf-7" if data.isascii() and _UTF7.search(text) else codec
    return None


def read_head(path: Path) -> Head | None:
    """The first lines of a text file; None when it is not text, or has no line end where one is due."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
        complete = not file.read(1)
    if not complete:
        data = _whole_lines(data)
    codec = codec_of(data) if data else None
    if codec is None:
        return None
    try:
        text = data.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Head(tuple(lines), codec, _keys(text))


def _whole_lines(data: bytes) -> bytes:
    """The lines that end within the data, or the objects of a JSON list that has no lines; nothing if none ends."""
    end = max(data.rfind(b"\n"), data.rfind(b"\r"))
    if end < 0:
        is_json = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
        return data[: data.rfind(b"}") + 1] if is_json else b""
    # a UTF-16 line end is two bytes, in either order
    return data[: end - end % 2] if data[:2] in _UTF16 else data[: end + 1]


def _keys(text: str) -> tuple[str, ...] | None:
    start = re.match(r"\s*\[\s*(?=\{)", text)
    if start is None:
        return None
    try:
        first, _ = json.JSONDecoder().raw_decode(text, start.end())
    except (ValueError, RecursionError):
        return None
    return tuple(first) if isinstance(first, dict) else None


def claims(path: Path, dialects: Iterable[Dialect], file_names: Sequence[str] = ()) -> list[Layout]:
    """The dialects whose file this is, each laid on it; none when the file is not text."""
    head = read_head(path)
    if head is None:
        return []
    named = tuple(file_names) or (path.name,)
    laid = (lay_out(dialect, head, named) for dialect in dialects)
    return [layout for layout in laid if layout is not None]


def lay_out(dialect: Dialect, head: Head, file_names: Sequence[str]) -> Layout | None:
    """How the dialect lies on a file; None when it is not this dialect's file."""
    family = "utf-16" if head.encoding.startswith("utf-16") else head.encoding
    named = _named(dialect.match.file_name, file_names)
    if named is None or family not in dialect.text.encodings or (head.keys is None) == (dialect.text.form == "json"):
        return None
    if head.keys is None:
        return _table(dialect, head, named, tuple(file_names))
    names = tuple(normal_name(key, dialect.header.form) for key in head.keys)
    return Layout(dialect, head.encoding, "", names, 0, named, tuple(file_names)) if _fits(dialect, names) else None


def _table(dialect: Dialect, head: Head, named: dict[str, str], file_names: tuple[str, ...]) -> Layout | None:
    match, start, lines = dialect.match, head.top, head.lines
    delimiters = (head.separator,) if head.separator else dialect.text.delimiters
    if start == len(lines) or (match.first_line and not re.search(match.first_line, lines[start])):
        return None
    skipped = _preamble_length(dialect, head)
    if skipped is None:
        return None
    first_row = start + skipped
    while skipped and first_row < len(lines) and not lines[first_row].strip():
        first_row += 1
    header = lines[first_row] if first_row < len(lines) else ""
    for delimiter in delimiters:
        names = split(header, delimiter, dialect.header.form)
        if not _fits(dialect, names):
            continue
        above = lines[start:first_row]
        variables = {**named, **_captured(dialect, above)}
        told = Layout(dialect, head.encoding, delimiter, names, first_row + 1, variables, file_names, "\n".join(above))
        if dialect.headerless and not any(re.search("[A-Za-z]", n) for n in names):
            given = [h.names for h in dialect.headerless if variables.get(h.variable, "") == h.equals]
            width = next((d for d in delimiters if d in header), delimiter)
            return dataclasses.replace(told, delimiter=width, names=given[0] if given else (), first_row=first_row)
        if len(names) > 1 or delimiter == delimiters[-1]:
            return told
    return None


@functools.lru_cache(maxsize=64)
def split(line: str, delimiter: str, form: str = "plain") -> tuple[str, ...]:
    """The fields of one line in normal form."""
    return tuple(normal_name(f, form) for f in next(csv.reader([line], delimiter=delimiter), []))


def participant_in_name(layout: Layout) -> str | None:
    """Whom the names of the file say it is of, if they agree and the dialect has a rule for it."""
    pattern = layout.dialect.participant.file_name
    if not pattern:
        return None
    hits = (re.search(pattern, re.split(r"[/\\]", name)[-1]) for name in layout.file_names)
    found = {hit["participant"] for hit in hits if hit}
    return found.pop() if len(found) == 1 else None


def _named(pattern: str, file_names: Sequence[str]) -> dict[str, str] | None:
    """The variables in the names that the pattern is found in; None if it is in none of them."""
    if not pattern:
        return {}
    hits = [re.search(pattern, name.replace("\\", "/"), re.IGNORECASE) for name in sorted(file_names)]
    found = [{k: v for k, v in hit.groupdict().items() if v is not None} for hit in hits if hit]
    if len({tuple(one.items()) for one in found}) > 1:
        return {CONTRADICTION: "1"}
    return found[0] if found else None


def _fits(dialect: Dialect, names: tuple[str, ...]) -> bool:
    match = dialect.match
    return all(place((name,), names) is not None for name in match.header) and place(match.without, names) is None


def _preamble_length(dialect: Dialect, head: Head) -> int | None:
    rule = dialect.preamble
    if rule.until or rule.after:
        # one search of the whole head: a search of each of its thousand lines takes longer than reading the file
        hit = re.search(rule.until or rule.after, head.text, re.MULTILINE)
        return None if hit is None else head.text.count("\n", 0, hit.start()) + (0 if rule.until else 1)
    return 0 if rule.only_if and not re.search(rule.only_if, head.lines[head.top]) else rule.lines


def _captured(dialect: Dialect, lines: tuple[str, ...]) -> dict[str, str]:
    # a spreadsheet leaves trailing delimiters and quotes on lines that are not table rows
    text = "\n".join(line.strip('"').rstrip(",;\t ").rstrip('"') for line in lines)
    found: dict[str, str] = {}
    for pattern in dialect.preamble.captures:
        if hit := re.search(pattern, text, re.MULTILINE):
            found |= {k: v.strip() for k, v in hit.groupdict().items() if v is not None}
    return found
