"""What a file nobody claims looks like, in words that name no cell of it."""

import dataclasses
import re
from pathlib import Path

from connectors.containers import office_document
from connectors.dialect import Dialect
from connectors.errors import UnknownFormatError
from connectors.pedometer_csv import head as csv_head

_EXPORT = "Export the data as CSV, FIT or GPX."
_MAX_NAMES, _MAX_NAME_LENGTH, _MAX_CELL = 12, 30, 80
_WORD = re.compile(r"[^\W\d_]+")
_COMMON_WORDS = frozenset(
    [
        "a",
        "at",
        "by",
        "day",
        "days",
        "per",
        "of",
        "the",
        "in",
        "and",
        "total",
        "count",
        "counts",
        "number",
        "no",
        "nr",
        "step",
        "steps",
        "stepcount",
        "date",
        "time",
        "datetime",
        "timestamp",
        "start",
        "end",
        "begin",
        "stop",
        "from",
        "to",
        "hour",
        "hours",
        "minute",
        "minutes",
        "min",
        "sec",
        "second",
        "seconds",
        "ms",
        "km",
        "m",
        "mi",
        "miles",
        "cal",
        "kcal",
        "calories",
        "distance",
        "duration",
        "heart",
        "rate",
        "bpm",
        "hr",
        "speed",
        "pace",
        "floors",
        "cadence",
        "active",
        "activity",
        "intensity",
        "level",
        "walk",
        "walking",
        "run",
        "running",
        "sleep",
        "device",
        "id",
        "user",
        "subject",
        "participant",
        "patient",
        "source",
        "type",
        "value",
        "unit",
        "zone",
        "offset",
        "week",
        "month",
        "year",
        "datum",
        "uhrzeit",
        "zeit",
        "schritte",
        "anzahl",
        "strecke",
        "dauer",
        "puls",
        "tag",
        "stunde",
        "pas",
        "heure",
        "jour",
        "durée",
        "nombre",
        "pasos",
        "fecha",
        "hora",
        "distancia",
        "passi",
        "data",
        "ora",
        "passos",
        "stappen",
        "tijd",
        "skridt",
        "dato",
        "tid",
        "steg",
        "kroki",
        "godzina",
    ]
)
_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook or another Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
)
_ROOTS = {"trainingcenterdatabase": "a TCX file", "html": "a web page"}
_ENDINGS = {".fit": "FIT", ".gpx": "GPX", ".csv": "CSV", ".zip": "zip", ".gz": "gzip"}


def unknown_format(path: Path, dialects: dict[str, Dialect]) -> UnknownFormatError:
    """The error for a file that no connector and no dialect claims."""
    with path.open("rb") as file:
        data = file.read(csv_head.HEAD_BYTES)
    head = csv_head.read_head(path)
    looks, todo = _known_bytes(path, data) or (_text(head, dialects) if head else _binary(data))
    promised = _ENDINGS.get(path.suffix.lower())
    if data and promised and promised not in looks:
        looks += f", though its name ends in {path.suffix.lower()}"
    return UnknownFormatError(path, expected="a device export", found=looks, todo=todo)


def _known_bytes(path: Path, data: bytes) -> tuple[str, str] | None:
    """What the first bytes say, and what to do with the file; None if they say nothing."""
    if not data:
        return "an empty file", "Export it again, or wait until it has been copied completely."
    if words := next((words for signature, words in _SIGNATURES if data.startswith(signature)), None):
        return words, "Open it and export the sheet as CSV." if "Excel" in words else _EXPORT
    if office := office_document(path):
        return office, "Open it and export the sheet as CSV."
    if not data.strip(b"\0"):
        return "nothing but zero bytes", "Copy it again from the device."
    return ("a tar archive", "Unpack it and drop the files.") if data[257:262] == b"ustar" else None


def _text(head: csv_head.Head, dialects: dict[str, Dialect]) -> tuple[str, str]:
    text = "\n".join(head.lines).lstrip()
    if text.startswith("<"):
        root = re.search(r"<(?:\w+:)?([A-Za-z]\w*)", text)
        return _ROOTS.get(root[1].lower() if root else "", "an XML file"), _EXPORT
    if re.match(r'[{\[]\s*["{\[\]}]', text):
        return "a JSON file", _EXPORT
    return _table(head, dialects)


def _binary(data: bytes) -> tuple[str, str]:
    words = "a damaged FIT file" if data[8:12] == b".FIT" else "binary data of an unknown kind"
    return words, "Drop the file as the device or account wrote it."


def _table(head: csv_head.Head, dialects: dict[str, Dialect]) -> tuple[str, str]:
    lines = [line for line in head.lines if line.strip() and not line.startswith("sep=")]
    if not lines:
        return "blank lines only", "Export it again."
    delimiter = max(",;\t|", key=lines[0].count)
    names = csv_head.split(lines[0], delimiter)
    if len(names) < 2:
        return "text that is no table", "Drop the file as the device or account wrote it."
    if not _is_header(names, csv_head.split(lines[1], delimiter) if len(lines) > 1 else ()):
        return f"a CSV of {len(names)} columns without column names", "Export it with column names."
    known = _known_words(dialects)
    shown = ", ".join(_shown(name, known) for name in names[:_MAX_NAMES])
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    todo = "Describe it in a dialect of the study: `footfall dialect draft` makes a first one."
    if nearest := _nearest(names, dialects):
        todo = f"The nearest dialect is {nearest[0]}, which also needs {', '.join(nearest[1])}. {todo}"
    return f"a CSV with the columns {shown}{more}", todo


def _known_words(dialects: dict[str, Dialect]) -> set[str]:
    """Words that column names of exports are made of: whatever else stands in a first line may be somebody's name."""
    names = (name for dialect in dialects.values() for name in (*dialect.match.header, *_column_names(dialect)))
    return {word for name in names for word in _WORD.findall(name)} | _COMMON_WORDS


def _column_names(dialect: Dialect) -> list[str]:
    return [name for names in dataclasses.astuple(dialect.columns) for name in names]


def _shown(name: str, known: set[str]) -> str:
    if not name:
        return "(no name)"
    is_plain = len(name) <= _MAX_NAME_LENGTH and all(word in known for word in _WORD.findall(name))
    return name if is_plain and not re.search(r"\d{3}", name) else "(another)"


def _is_header(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """True if the first line has names and the second has values: a line of values may name a person."""
    # a longer cell is neither
    value = re.compile(r"^[-+]?[\d.,:/ TZtz+-]{0,39}\d[\d.,:/ TZtz+-]{0,39}([ap]m)?$|@")
    if any(len(name) < _MAX_CELL and value.search(name) for name in first):
        return False
    return any(len(cell) < _MAX_CELL and value.search(cell) for cell in second)


def _nearest(names: tuple[str, ...], dialects: dict[str, Dialect]) -> tuple[str, list[str]] | None:
    best: tuple[str, list[str]] | None = None
    for dialect in dialects.values():
        wanted = dialect.match.header
        missing = [w for w in wanted if not any(choice in names for choice in w.split("|"))]
        if 0 < len(missing) < len(wanted) / 2 and (best is None or len(missing) < len(best[1])):
            best = dialect.name, missing
    return best
