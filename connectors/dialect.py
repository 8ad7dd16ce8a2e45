"""What one CSV export looks like, declared in TOML: its columns, clock, interval and the meaning of its numbers."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Match:
    """How a file of this dialect is known. Header names are in normal form; `a|b` means either."""

    header: tuple[str, ...] = ()
    first_line: str = ""
    file_name: str = ""


@dataclasses.dataclass(frozen=True)
class Text:
    """Encodings and delimiters the export may have; which one a file has is read off its header line."""

    encodings: tuple[Literal["utf-8", "utf-16", "cp1252"], ...] = ("utf-8", "utf-16", "cp1252")
    delimiters: tuple[str, ...] = (",", ";")


@dataclasses.dataclass(frozen=True)
class NoSteps:
    """A preamble that marks a sound file without steps, and what to say about it."""

    pattern: str
    found: str
    todo: str = ""


@dataclasses.dataclass(frozen=True)
class Preamble:
    """Lines before the header: a fixed number, or all until one matches. Named groups become variables."""

    lines: int = 0
    until: str = ""
    captures: tuple[str, ...] = ()
    no_steps: tuple[NoSteps, ...] = ()


@dataclasses.dataclass(frozen=True)
class Headerless:
    """Column names of a file without a header line, used when the captured variable equals the given text."""

    variable: str
    equals: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Columns:
    """For each field the header names that may hold it, in normal form; the first one present is taken."""

    steps: tuple[str, ...] = ()
    participant: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    distance_m: tuple[str, ...] = ()
    heart_rate_bpm: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Wide:
    """One row holds many intervals: the group in the column pattern is the interval's number within the row."""

    pattern: str


@dataclasses.dataclass(frozen=True)
class DeviceRule:
    """The device of the file; `{name}` stands for a captured variable."""

    manufacturer: str
    model: str
    device_class: Literal["research", "watch", "phone", "pedometer", "track"]
    serial: str = ""
    zeros_prove_wear: bool = False


@dataclasses.dataclass(frozen=True)
class Time:
    """Where a row's start is written: a stamp column, else date and clock columns, else start + n x interval.

    formats: strict, `{date}` stands for day, month and year in the file's order with the file's separator.
    date_order: given, captured (variable `date_format`, such as dd/MM/yyyy), or proved from the whole column.
    zone: utc, offset (written in each stamp), or local (clock time without a zone).
    aligned_seconds: a start that is no multiple of this within its day is an error; 0 = anything goes.
    dense: rows follow each other without a pause, so dates that jump show a wrong date order.
    """

    formats: tuple[str, ...]
    zone: Literal["utc", "offset", "local"]
    stamp: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    clock: tuple[str, ...] = ()
    start: str = ""
    date_order: Literal["given", "month_first", "day_first", "captured", "proved"] = "given"
    aligned_seconds: int = 0
    dense: bool = False


@dataclasses.dataclass(frozen=True)
class Interval:
    """Length of a row (wide: of a cell): fixed, captured (variable `epoch`, hh:mm:ss), or the step between rows."""

    rule: Literal["fixed", "captured", "row_step"] = "fixed"
    seconds: int = 0


@dataclasses.dataclass(frozen=True)
class Value:
    """What a number counts, which words mean nothing was measured, and what a repeated key means."""

    kind: Literal["delta"] = "delta"
    null: tuple[str, ...] = ()
    absent_means: Literal["unknown"] = "unknown"
    repeats: Literal["keep_last", "refuse"] = "refuse"


@dataclasses.dataclass(frozen=True)
class Dialect:
    """One CSV export. `resolution` minute means epochs of 60 s or finer; hour and day give totals only."""

    name: str
    title: str
    evidence: Literal["file", "source", "doc"]
    resolution: Literal["minute", "hour", "day"]
    match: Match
    columns: Columns
    device: DeviceRule
    time: Time
    interval: Interval
    source: str = ""
    text: Text = Text()
    preamble: Preamble = Preamble()
    headerless: tuple[Headerless, ...] = ()
    wide: Wide | None = None
    value: Value = Value()
    drop: tuple[str, ...] = ()
