"""Dialects read from TOML files, with errors that name the file, the key and what is allowed there."""

import dataclasses
import functools
import re
import string
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Literal, TypeVar

from connectors.dialect import Dialect

_T = TypeVar("_T")
_BUILT_IN = Path(__file__).parent / "dialects"


class DialectError(ValueError):
    """A dialect file that says something it cannot mean: the file, the key, and what is allowed there.

    Not a ConnectorError: the study's own declaration is wrong, not the export it describes.
    """

    def __init__(self, path: Path, key: str, problem: str) -> None:
        self.path = Path(path)
        self.key = key
        self.problem = problem
        super().__init__(f"dialect {self.path.name}, {key or 'file'}: {problem}")

    def __reduce__(self) -> tuple[object, ...]:
        return DialectError, (self.path, self.key, self.problem)


def load(path: Path) -> Dialect:
    """The dialect declared in a TOML file; its name is the file's name without the ending."""
    try:
        raw = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DialectError(path, "", f"not TOML: {error}") from error
    if "name" in raw:
        raise DialectError(path, "name", "a dialect is named by its file; remove this key")
    dialect = _table(Dialect, {**raw, "name": path.stem}, path, "")
    _check(dialect, path)
    return dialect


@functools.cache
def built_in() -> dict[str, Dialect]:
    """The dialects that come with the connectors, by name."""
    return {path.stem: load(path) for path in sorted(_BUILT_IN.glob("*.toml"))}


def known(folder: Path | None = None) -> dict[str, Dialect]:
    """Built-in dialects and those of a folder, by name; one of the same name replaces the built-in."""
    own = {} if folder is None else {path.stem: load(path) for path in sorted(folder.glob("*.toml"))}
    return {**built_in(), **own}


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    # half of the time that some hundred tables take
    return typing.get_type_hints(kind)


def _table(kind: type[_T], raw: object, path: Path, place: str) -> _T:
    if not isinstance(raw, dict):
        raise DialectError(path, place, "expected a table")
    hints, fields = _hints(kind), {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    shown = [n for n in fields if (place, n) != ("", "name")]
    prefix = f"{place}." if place else ""
    for key in raw:
        if key not in fields:
            raise DialectError(path, prefix + key, f"unknown key; allowed here: {', '.join(shown)}")
    for name, field in fields.items():
        if name not in raw and field.default is dataclasses.MISSING:
            raise DialectError(path, prefix + name, "missing")
    return kind(**{key: _value(hints[key], value, path, prefix + key) for key, value in raw.items()})


def _value(hint: Any, raw: object, path: Path, place: str) -> object:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return _value(args[0], raw, path, place)
    if origin is tuple:
        if not isinstance(raw, list):
            raise DialectError(path, place, "expected a list in square brackets")
        return tuple(_value(args[0], item, path, place) for item in raw)
    if origin is Literal:
        if raw not in args:
            raise DialectError(path, place, f"{raw!r} is not known; allowed: {', '.join(map(str, args))}")
        return raw
    if dataclasses.is_dataclass(hint):
        return _table(typing.cast(type[object], hint), raw, path, place)
    # bool is an int in Python, not in TOML
    if not isinstance(raw, hint) or (hint is int and isinstance(raw, bool)):
        kinds = {str: "text in quotes", int: "a whole number", bool: "true or false"}
        raise DialectError(path, place, f"expected {kinds[hint]}")
    return raw


def _check(dialect: Dialect, path: Path) -> None:
    """Nothing; raises where single values are fine and do not fit together."""
    _check_patterns(dialect, path)
    match, time, interval, value = dialect.match, dialect.time, dialect.interval, dialect.value
    variables = {name for p in (*dialect.preamble.captures, match.file_name) for name in re.compile(p).groupindex}
    templates = {"device.manufacturer": dialect.device.manufacturer, "device.model": dialect.device.model}
    templates |= {"device.serial": dialect.device.serial, "time.start": time.start, "time.date_is": time.date_is}
    for key, template in templates.items():
        try:
            missing = {name for _, name, _, _ in string.Formatter().parse(template) if name} - variables
        except ValueError as error:
            raise DialectError(path, key, f"not a template: {error}") from error
        if missing:
            raise DialectError(path, key, f"no capture named {', '.join(sorted(missing))}")
    nothing = [
        ("match", match.header or match.first_line, "needs header or first_line: a name alone proves nothing"),
        ("nothing", dialect.nothing is None or dialect.yields == "nothing", 'only with yields = "nothing"'),
        ("nothing", dialect.nothing is not None or dialect.yields != "nothing", "must say what the export holds"),
    ]
    longest = {"minute": 60, "event": 660, "any": 86400, "hour": 3600, "day": 86400}[dialect.resolution]
    dated = any("{date}" in f for f in time.formats)
    is_timed = time.stamp or ((time.date or time.date_is) and time.clock) or time.start
    ends = time.end_stamp or time.end_clock
    has_steps = dialect.columns.steps or dialect.wide or value.kind == "event" or dialect.yields != "steps"
    rules = [
        ("device.manufacturer", dialect.device.manufacturer, "missing"),
        ("time", is_timed, "needs stamp, date (or date_is) and clock, or start"),
        ("time.formats", time.formats, "needs at least one format"),
        ("time.date_order", not dated or time.date_order != "given", "must say which of day and month comes first"),
        ("time.date_order", time.date_order != "captured" or "date_format" in variables, "no capture date_format"),
        ("interval", interval.rule != "captured" or "epoch" in variables, "no capture named epoch"),
        ("interval.seconds", interval.rule != "fixed" or interval.seconds > 0, "must be above 0"),
        ("interval.seconds", interval.seconds <= longest, f"too long for the resolution {dialect.resolution}"),
        ("time.end_stamp", interval.rule != "end" or ends, "needs end_stamp, or end_clock with end_date"),
        ("interval.duration", interval.rule != "duration" or interval.duration, "needs the column of the duration"),
        ("columns.steps", has_steps, "no column for steps, and no wide columns"),
        ("columns.steps", not dialect.json.steps or dialect.columns.steps, "needs the column with the JSON"),
        ("json.rows", not dialect.json.column or dialect.json.rows, "needs the path of the list in the documents"),
        ("wear", dialect.yields != "wear" or dialect.wear, "needs the rows that show wear"),
        ("text.delimiters", all(len(d.encode()) == 1 for d in dialect.text.delimiters), "each is one ASCII character"),
        ("drop", not set(dialect.drop) & _used(dialect), "names a column that is also read"),
    ]
    for key, holds, problem in [*nothing, *(rules if dialect.yields != "nothing" else [])]:
        if not holds:
            raise DialectError(path, key, problem)


def _check_patterns(dialect: Dialect, path: Path) -> None:
    match, pre, value = dialect.match, dialect.preamble, dialect.value
    patterns = {"match.first_line": match.first_line, "match.file_name": match.file_name}
    patterns |= {f"preamble.{key}": getattr(pre, key) for key in ("only_if", "until", "after", "ends")}
    patterns |= {f"preamble.captures[{n}]": p for n, p in enumerate(pre.captures)}
    patterns |= {f"preamble.no_steps[{n}].pattern": p.pattern for n, p in enumerate(pre.no_steps)}
    patterns |= {f"device.kinds[{n}].contains": kind.contains for n, kind in enumerate(dialect.device.kinds)}
    patterns |= {"participant.file_name": dialect.participant.file_name}
    conditions = {"keep": dialect.keep, "wear": dialect.wear, "value.counts": value.counts}
    conditions |= {"value.not_measured": value.not_measured}
    patterns |= {f"{key}[{n}].matches": one.matches for key, many in conditions.items() for n, one in enumerate(many)}
    patterns |= {"wide.pattern": dialect.wide.pattern} if dialect.wide else {}
    for names in (*_column_lists(dialect).values(), match.header, match.without):
        patterns |= {f"column {name}": name[1:-1] for name in names if name.startswith("/")}
    for key, pattern in patterns.items():
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise DialectError(path, key, f"not a regular expression: {error}") from error
        if key == "wide.pattern" and compiled.groups != 1:
            raise DialectError(path, key, "needs exactly one group, the number of the interval")
        if key == "participant.file_name" and pattern and "participant" not in compiled.groupindex:
            raise DialectError(path, key, "needs a group named participant")


def _column_lists(dialect: Dialect) -> dict[str, tuple[str, ...]]:
    columns, time = dataclasses.asdict(dialect.columns), dialect.time
    times = {name: getattr(time, name) for name in ("stamp", "date", "clock", "end_stamp", "end_date", "end_clock")}
    return {**columns, **times, "duration": dialect.interval.duration, "document": dialect.json.column}


def _used(dialect: Dialect) -> set[str]:
    return {name for names in _column_lists(dialect).values() for name in names}
