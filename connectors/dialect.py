"""What one step export looks like, declared in TOML: its table, clock, intervals and the meaning of its numbers.

Column names are in normal form (`Header.form`): `a|b` means either, `/.../` a regular expression for the whole name.
A list of names means: the first one present. `{name}` in a template stands for a named group of a capture.
"""

import dataclasses
from typing import Literal

DeviceClass = Literal["research", "watch", "phone", "pedometer", "track"]


@dataclasses.dataclass(frozen=True)
class Match:
    """How a file of this dialect is known: all that is given must hold.

    header: names that must be there. without: names that must not. first_line: a regular expression found in the first line.
    file_name: one found in a name the file came under, folders and archive included, in any case; for exports whose columns
    do not say what they count. Its named groups become variables.
    """

    header: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    first_line: str = ""
    file_name: str = ""


@dataclasses.dataclass(frozen=True)
class Text:
    """How the table is written; which of several a file has is read off its first lines. Zip and gzip are always opened.

    form: a table of delimited lines, or a JSON list of flat objects (each a row, its keys the column names).
    """

    form: Literal["csv", "json"] = "csv"
    encodings: tuple[Literal["utf-8", "utf-16", "utf-7", "cp1252"], ...] = ("utf-8", "utf-16", "utf-7", "cp1252")
    delimiters: tuple[str, ...] = (",", ";", "\t")


@dataclasses.dataclass(frozen=True)
class NoSteps:
    """A preamble that marks a sound file without steps, and what to say about it."""

    pattern: str
    found: str
    todo: str = ""


@dataclasses.dataclass(frozen=True)
class Nothing:
    """What to say about an export that is known to hold nothing that could become a walking minute."""

    found: str
    todo: str = ""


@dataclasses.dataclass(frozen=True)
class Preamble:
    """Lines before the header: a fixed number, all until one matches, or all up to and with one that matches.

    only_if: skip `lines` only if the first line matches this. ends: the first line below the header that matches this ends
    the table (a titled block in a file of several). captures: named groups become variables.
    """

    lines: int = 0
    only_if: str = ""
    until: str = ""
    after: str = ""
    ends: str = ""
    captures: tuple[str, ...] = ()
    no_steps: tuple[NoSteps, ...] = ()


@dataclasses.dataclass(frozen=True)
class Header:
    """Normal form of column names: trimmed, lower case, single spaces; then as they are, without a unit in brackets at the
    end (`steps (count)` is `steps`), or the part after the last dot.
    """

    form: Literal["plain", "without_unit", "last_part"] = "plain"


@dataclasses.dataclass(frozen=True)
class Headerless:
    """Column names of a file without a header line; with a variable, only when it was captured with the given text."""

    names: tuple[str, ...]
    variable: str = ""
    equals: str = ""


@dataclasses.dataclass(frozen=True)
class Columns:
    """Which column holds what. device tells apart devices or apps in one file; hardware says more about what each is; number
    counts the rows, so that two events of one second stay two.
    """

    steps: tuple[str, ...] = ()
    participant: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    distance_m: tuple[str, ...] = ()
    heart_rate_bpm: tuple[str, ...] = ()
    sport: tuple[str, ...] = ()
    number: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Condition:
    """True for a row whose cell matches the whole regular expression; an empty cell is empty text."""

    column: tuple[str, ...]
    matches: str


@dataclasses.dataclass(frozen=True)
class Wide:
    """One row holds many intervals: the group in the column pattern is the interval's number within the row."""

    pattern: str


@dataclasses.dataclass(frozen=True)
class Json:
    """JSON inside cells. steps: key of the number in an object, in the steps column.

    arrays: steps and duration cells hold lists of equal length, one interval after the other.
    column, rows: a column whose cells hold documents with a list of objects under the path `rows` (keys with dots between);
    each object is a row, its keys are columns. date: path of what becomes the column `date` of these rows; interval: the same
    for their length.
    """

    steps: str = ""
    arrays: bool = False
    column: tuple[str, ...] = ()
    rows: str = ""
    date: str = ""
    interval: str = ""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a device is, if its text (device and hardware cells) contains the regular expression."""

    contains: str
    model: str
    device_class: DeviceClass
    manufacturer: str = ""


@dataclasses.dataclass(frozen=True)
class DeviceRule:
    """The device of the file, or of each text in the device column; the first kind that fits says more.

    label: with `as_written` the device column holds device ids; with `hashed` it may hold a person's name, and only eight
    digits of its SHA-256 become the serial number.
    """

    manufacturer: str
    model: str
    device_class: DeviceClass
    serial: str = ""
    zeros_prove_wear: bool = False
    label: Literal["as_written", "hashed"] = "hashed"
    kinds: tuple[Kind, ...] = ()


@dataclasses.dataclass(frozen=True)
class Participant:
    """Whose file it is by its name: a regular expression with the group `participant`, evidence like a folder where it fits."""

    file_name: str = ""


@dataclasses.dataclass(frozen=True)
class Time:
    """When a row starts, and for interval rule `end` when it ends: a stamp column, else date and clock columns, else start.

    date_is: a template for the date of a table that has only a clock (the date is in its name).
    start: a template for the first row of a table without times; rows follow at the interval.
    formats: strict, one for the whole column. `{date}` stands for day, month and year in the file's order with the file's
    separator; `epoch_s`, `epoch_ms`, `epoch_ns` count from 1970 in UTC, `serial_days` from 1899-12-30 (spreadsheets);
    `%H%M` without a colon also fits 5, 100 and 2355.
    date_order: given, captured (variable `date_format`, such as dd/MM/yyyy), or proved from the whole column.
    zone: utc; offset (written in each stamp: it gives the instant, never the local day); local (the participant's clock; a
    day that is stamped with midnight UTC as its label is local too).
    aligned_seconds: a start that is no multiple of this within its day is an error; 0 = anything goes.
    dense: rows follow each other without a pause, so dates that jump show a wrong date order.
    """

    formats: tuple[str, ...]
    zone: Literal["utc", "offset", "local"]
    stamp: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    date_is: str = ""
    clock: tuple[str, ...] = ()
    start: str = ""
    end_stamp: tuple[str, ...] = ()
    end_date: tuple[str, ...] = ()
    end_clock: tuple[str, ...] = ()
    date_order: Literal["given", "month_first", "day_first", "captured", "proved"] = "given"
    aligned_seconds: int = 0
    dense: bool = False


@dataclasses.dataclass(frozen=True)
class Interval:
    """How long a row (wide: a cell) lasts.

    fixed: `seconds`. captured: variable `epoch`, hh:mm:ss. row_step: the commonest step between rows. end: until the end
    columns of time. duration: a column, in `unit`; where its cell is empty, the next of the columns. next_row: until the
    next row of the device, the last one for its duration or `seconds`. since_previous: a reading that tells what happened
    since the one before. instant: events, counted per minute.
    Rows of one device that overlap are cut, the coarser one first, their steps in proportion.
    """

    rule: Literal["fixed", "captured", "row_step", "end", "duration", "next_row", "since_previous", "instant"] = "fixed"
    seconds: int = 0
    duration: tuple[str, ...] = ()
    unit: Literal["s", "ms", "min", "clock"] = "s"


@dataclasses.dataclass(frozen=True)
class Number:
    """How numbers are written. decimal: with_delimiter = a comma where the columns are parted by something else.

    thousands: characters that may part groups of three. null: words that mean nothing was measured, as an empty cell does.
    """

    decimal: Literal[".", ",", "with_delimiter"] = "."
    thousands: str = ""
    null: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Value:
    """What a number counts.

    kind: delta (steps of the row); cumulative (a running count, differenced); event (every row for which all `counts` hold
    is one event, every other row has none).
    resets, wraps_at: a running count that falls to less than half starts anew, a smaller fall corrects it; with midnight each
    day starts at 0; with wraps_at it goes on at 0 after `wraps_at - 1`.
    factor: steps for one unit, 2 where strides of one leg are counted.
    not_measured: rows for which all hold have no value. zero_means: measured, or unknown where a format writes 0 for nothing.
    absent_means: unknown, or zero_between_rows (in a pause of less than 90 minutes between two rows nothing was walked; a
    longer one is unknown, as 90 zeros in a row are).
    repeats: what to do with rows of one device and start that differ. Equal rows count once.
    """

    kind: Literal["delta", "cumulative", "event"] = "delta"
    factor: int = 1
    resets: Literal["by_fall", "midnight"] = "by_fall"
    wraps_at: int = 0
    counts: tuple[Condition, ...] = ()
    not_measured: tuple[Condition, ...] = ()
    zero_means: Literal["measured", "unknown"] = "measured"
    absent_means: Literal["unknown", "zero_between_rows"] = "unknown"
    repeats: Literal["keep_last", "keep_max", "refuse"] = "refuse"


@dataclasses.dataclass(frozen=True)
class Dialect:
    """One export. evidence: a real file was read, a reader's source, documentation only, or a made-up example.

    resolution: minute = a grid of 60 s or finer; event = rows as long as something was going on, up to 11 minutes (longer
    ones are totals); any = rows of 60 s or less are minutes, longer ones totals; hour, day = totals only.
    yields: steps; wear (the rows for which all `wear` conditions hold show that the device was worn, nothing else);
    sessions (what the device calls an activity); nothing.
    keep: rows for which not all hold are other records and are left out.
    """

    name: str
    title: str
    evidence: Literal["file", "source", "doc", "none"]
    resolution: Literal["minute", "event", "any", "hour", "day"]
    match: Match
    source: str = ""
    columns: Columns = Columns()
    device: DeviceRule = DeviceRule("", "", "pedometer")
    time: Time = Time((), "local")
    interval: Interval = Interval()
    yields: Literal["steps", "wear", "sessions", "nothing"] = "steps"
    nothing: Nothing | None = None
    text: Text = Text()
    preamble: Preamble = Preamble()
    header: Header = Header()
    headerless: tuple[Headerless, ...] = ()
    participant: Participant = Participant()
    keep: tuple[Condition, ...] = ()
    wide: Wide | None = None
    json: Json = Json()
    number: Number = Number()
    value: Value = Value()
    wear: tuple[Condition, ...] = ()
    drop: tuple[str, ...] = ()
