"""What the rows of an unknown table show: who, when, how long, and what its numbers count."""

import dataclasses
import datetime as dt
import re
from typing import Literal

import polars as pl

from connectors.dialect import Number
from connectors.draft import words
from connectors.draft.forms import Form, read
from connectors.draft.roles import Numbers, TimeColumns, find_times, read_numbers
from connectors.draft.table import Table, joined, times

Resolution = Literal["minute", "any", "hour", "day"]

#: more steps a minute than anybody walks
_TOO_MANY = 300
#: rows and rises from which a column that never falls within a day is no accident
_MANY_ROWS, _MANY_RISES = 30, 10
#: share of equal steps between rows from which they lie on a grid
_REGULAR, _HALF = 0.9, 0.5
_WRAPS = (65_536, 100_000, 1_000_000)
_SECOND_UNITS: dict[Literal["s", "ms", "min"], float] = {"s": 1.0, "ms": 0.001, "min": 60.0}


@dataclasses.dataclass(frozen=True)
class Length:
    """How long rows are. seconds: the commonest step or length; share: of the rows that have it; gaps: longer steps."""

    rule: Literal["fixed", "end", "duration"]
    seconds: int
    share: float
    gaps: int = 0
    column: str = ""
    unit: Literal["s", "ms", "min", "clock"] = "s"
    is_unit_known: bool = True
    longest: int = 0

    @property
    def resolution(self) -> Resolution:
        most = self.longest if self.rule != "fixed" else self.seconds
        if not self.seconds and self.rule == "fixed":
            return "day"
        if most <= 60:
            return "minute"
        if self.rule != "fixed" and (self.share < _REGULAR or self.seconds <= 60):
            return "any"
        most = self.seconds
        return "hour" if most <= 3600 else "day"


@dataclasses.dataclass(frozen=True)
class Count:
    """What a column of numbers counts. falls: where a running count starts anew (from, to); most: per minute as a delta."""

    kind: Literal["delta", "cumulative", "day_total"]
    rises: int = 0
    falls: int = 0
    falls_in_day: int = 0
    wraps_at: int = 0
    most: float = 0.0
    is_sum_on: tuple[int, int] = (0, 0)


@dataclasses.dataclass(frozen=True)
class Findings:
    """All that the draft is written from.

    runs_on: the date order in which the rows follow each other, where no number proves one.
    frame: in order of time KEY0, KEY1, LINE, START, DAY and the columns of numbers, whose names are in lower case.
    """

    table: Table
    numbers: Numbers
    times: TimeColumns
    form: Form
    participant: str
    device: str
    labels: tuple[str, ...]
    private: tuple[str, ...]
    distance: str
    heart_rate: str
    length: Length
    counts: dict[str, Count]
    steps: str
    candidates: tuple[str, ...]
    runs_on: str
    aligned: int
    is_day_label: bool
    named_zone: bool
    frame: pl.DataFrame

    @property
    def rule(self) -> Number:
        return self.numbers.rule


def look_at(table: Table) -> Findings:
    """Everything found in a table; UnknownFormatError if it has no times."""
    found = read_numbers(table)
    when = find_times(table, found, table.path)
    form, start, end, runs_on = _starts(table, when)
    private = tuple(
        n for n in table.names if words.PRIVATE.search(n) and not words.STEPS.search(n) and n not in when.used
    )
    free = [n for n in table.names if n not in when.used and n not in private]
    device = _label(table, free, words.DEVICE.search)
    participant = _label(table, [n for n in free if n != device], words.PARTICIPANT.search)
    keys = [n for n in (participant, device) if n]
    frame = table.rows.select("LINE", *(pl.col(name).alias(f"KEY{n}") for n, name in enumerate(keys)))
    frame = frame.with_columns(start.alias("START"), start.dt.date().alias("DAY"))
    taken = {*when.forms, *private, *keys}
    values = {name: series for name, series in found.values.items() if name not in taken}
    frame = frame.with_columns(series.alias(name) for name, series in values.items() if name not in frame.columns)
    order = [f"KEY{n}" for n in range(len(keys))]
    length = _length(table, found, frame, order, end)
    frame = frame.filter(pl.col("START").is_not_null()).sort(*order, "START", maintain_order=True)
    whole = [n for n in values if n in frame.columns and _may_count(n, frame[n])]
    counts = {name: _count(frame, name, order, length, whole) for name in whole}
    steps, candidates = _steps(counts, frame)
    return Findings(
        table, found, when, form, participant, device, _repeating(table, free, {*keys, *values}), private,
        _first(values, lambda n: words.DISTANCE.search(n) and words.METRES.search(n)),
        _first(values, words.HEART_RATE.search), length, counts, steps, candidates, runs_on,
        _aligned(frame["START"], length), _is_day_label(table, when, form, length, frame["START"]),
        any(words.UTC.search(name) for name in (when.stamp, when.clock) if name), frame,
    )  # fmt: skip


def _may_count(name: str, values: pl.Series) -> bool:
    """True for whole numbers that are no other measure by their name; steps may be fractions where a program split them."""
    if words.DURATION.search(name) or words.HEART_RATE.search(name) or words.DISTANCE.search(name):
        return False
    told = values.drop_nulls()
    return len(told) > 0 and (bool(words.STEPS.search(name)) or bool((told % 1 == 0).all()))


def _starts(table: Table, when: TimeColumns) -> tuple[Form, pl.Series, pl.Series | None, str]:
    """The form of the rows' times, their starts, their ends if told, and in which date order rows run on (if one does)."""
    end = None
    if when.stamp is not None:
        form, text = when.forms[when.stamp], table.rows[when.stamp]
        if when.end_stamp is not None:
            end = read(table.rows[when.end_stamp], when.forms[when.end_stamp], table.path)
            form = _with_order_of(form, when.forms[when.end_stamp])
    else:
        form, text = _both(table, when, when.date, when.clock)
        if when.end_clock is not None:
            ends, end_text = _both(table, when, when.end_date, when.end_clock)
            end = times(end_text, ends.explicit, table.path)
            form = _with_order_of(form, ends)
    start = times(text, form.explicit, table.path)
    if not form.other:
        return form, start, end, ""
    turned = times(text, form.other, table.path)
    one, two = _longest_pause(start), _longest_pause(turned)
    if max(one, two) < 4 * max(min(one, two), dt.timedelta(days=1)):
        return form, start, end, ""
    return (form, start, end, "day before month") if one < two else (form, turned, end, "month before day")


def _with_order_of(form: Form, end: Form) -> Form:
    """The starts' form with the date order that the ends prove, as a dialect has one for both; open if they disagree."""
    if end.order in ("given", form.order):
        return form
    if form.order == "given" or (form.order == "proved" and not form.proof and end.order != "proved"):
        turned = form.other if end.order == "month_first" and form.other else form.explicit
        return dataclasses.replace(form, order=end.order, proof=end.proof, explicit=turned, other=())
    if end.order == "proved" and not end.proof:
        return form
    return dataclasses.replace(form, order="proved", proof="starts and ends have different orders")


def _both(table: Table, when: TimeColumns, date: str | None, clock: str | None) -> tuple[Form, pl.Series]:
    """Form and text of a date and a clock in two columns."""
    if date is None or clock is None:
        raise ValueError("a time needs a stamp, or a date and a clock")
    form = _with_clock(when.forms[date], when.forms[clock])
    return form, joined(table.rows[date], table.rows[clock], form.formats)


def _with_clock(date: Form, clock: Form) -> Form:
    def both(dates: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{one} {two}" for one in dates for two in clock.formats)

    return dataclasses.replace(
        date,
        kind="stamp",
        formats=both(date.formats),
        explicit=both(date.explicit),
        other=both(date.other),
        zone=clock.zone,
    )


def _longest_pause(start: pl.Series) -> dt.timedelta:
    pause = start.drop_nulls().unique().sort().diff().max()
    return pause if isinstance(pause, dt.timedelta) else dt.timedelta(0)


def _label(table: Table, names: list[str], says: words.Says) -> str:
    """The first column of that name whose cells occur again and again."""
    hits = [n for n in names if says(n) and not words.STEPS.search(n)]
    return next((n for n in hits if table.rows[n].n_unique() <= max(1, table.rows.height / 2)), "")


def _repeating(table: Table, names: list[str], known: set[str]) -> tuple[str, ...]:
    """Columns of text whose few cells occur again and again: they may tell people or devices apart."""
    left = [n for n in names if n not in known and not (words.DURATION.search(n) or words.STEPS.search(n))]
    return tuple(n for n in left if 1 < table.rows[n].n_unique() <= max(2, table.rows.height / 20))


def _first(values: dict[str, pl.Series], says: words.Says) -> str:
    return next((name for name in values if says(name)), "")


def _length(table: Table, found: Numbers, frame: pl.DataFrame, keys: list[str], end: pl.Series | None) -> Length:
    if end is not None:
        told = (end - frame["START"]).dt.total_seconds().drop_nulls()
        if len(told) and (told >= 0).mean() >= 0.99:  # type: ignore[operator]
            return _told_length("end", told, "", "s", is_known=True)
    step, share, gaps = _step(frame, keys)
    column = next((n for n in table.names if words.DURATION.search(n)), None)
    if column is None:
        return Length("fixed", step, share, gaps)
    if column in found.values:
        return _by_number(found.values[column], column, frame, keys) or Length("fixed", step, share, gaps)
    if table.rows[column].drop_nulls().str.contains(r"^(\d+:)?\d+:\d+([.,]\d+)?$").all():
        parts = table.rows[column].drop_nulls().str.extract_groups(r"^(?:(\d+):)?(\d+):(\d+)").struct
        hours, minutes, seconds = (parts.field(str(n)).cast(pl.Int64).fill_null(0) for n in (1, 2, 3))
        told = hours * 3600 + minutes * 60 + seconds
        if len(told) and (share < _REGULAR or told.mode().min() == step):
            return _told_length("duration", told, column, "clock", is_known=True)
    return Length("fixed", step, share, gaps)


def _by_number(values: pl.Series, column: str, frame: pl.DataFrame, keys: list[str]) -> Length | None:
    """Lengths in a column of numbers, in the unit in which rows end where the next begins; None if rows lie on a grid and
    the column is something else."""
    diff = pl.col("START").diff().shift(-1)
    rows = frame.with_columns(values.alias("DURATION")).sort(*keys, "START", maintain_order=True)
    rows = rows.select(
        (diff.over(keys) if keys else diff).dt.total_milliseconds().alias("step"), "DURATION"
    ).drop_nulls()
    rows = rows.filter(pl.col("step") > 0, pl.col("DURATION") > 0)
    if not rows.height:
        return None
    share = {
        unit: float(((rows["step"] - rows["DURATION"] * seconds * 1000).abs() < 1000).mean() or 0)  # type: ignore[arg-type]
        for unit, seconds in _SECOND_UNITS.items()
    }
    best = max(share, key=lambda unit: share[unit])
    if share[best] < _HALF:
        grid = float((rows["step"] == rows["step"].mode().min()).mean() or 0)  # type: ignore[arg-type]
        if grid >= _REGULAR:
            return None
        best = "ms" if re.search(r"\bms\b|milli", column) else "min" if re.search(r"\bmin", column) else "s"
    told = (values * _SECOND_UNITS[best]).drop_nulls()
    return _told_length("duration", told, column, best, is_known=share[best] >= _HALF)


def _told_length(
    rule: Literal["end", "duration"],
    told: pl.Series,
    column: str,
    unit: Literal["s", "ms", "min", "clock"],
    *,
    is_known: bool,
) -> Length:
    seconds = int(told.mode().min())  # type: ignore[arg-type]
    share = float((told == seconds).mean())  # type: ignore[arg-type]
    return Length(rule, seconds, share, 0, column, unit, is_known, int(told.max()))  # type: ignore[arg-type]


def _step(frame: pl.DataFrame, keys: list[str]) -> tuple[int, float, int]:
    """The commonest step between rows of one device in seconds, its share, and how many steps are longer."""
    rows = frame.select(*keys, "START").drop_nulls("START").sort(*keys, "START")
    diff = pl.col("START").diff()
    steps = rows.select((diff.over(keys) if keys else diff).dt.total_seconds()).to_series().drop_nulls()
    steps = steps.filter(steps > 0)
    if not len(steps):
        return 0, 0.0, 0
    common = int(steps.mode().min())  # type: ignore[arg-type]
    return common, float((steps == common).mean()), int((steps > common).sum())  # type: ignore[arg-type]


def _count(frame: pl.DataFrame, name: str, keys: list[str], length: Length, whole: list[str]) -> Count:
    rows = frame.select(*keys, "DAY", pl.col(name).alias("value")).drop_nulls("value")
    by = [*keys, "DAY"]
    before, day = pl.col("value").shift(), pl.col("DAY").shift()
    if keys:
        before, day = before.over(keys), day.over(keys)
    pairs = rows.with_columns(before.alias("before"), day.alias("day_before")).drop_nulls("before")
    fell = pairs.filter(pl.col("value") < pl.col("before"))
    rises, in_day = int((pairs["value"] > pairs["before"]).sum()), int((fell["DAY"] == fell["day_before"]).sum())
    minutes = max(length.seconds, 1) / 60
    most = float(rows["value"].max() or 0) / minutes  # type: ignore[arg-type]
    days = rows.group_by(by).agg(
        pl.len().alias("rows"), pl.col("value").n_unique().alias("kinds"), pl.col("value").first()
    )
    several = days.filter(pl.col("rows") > 1)
    is_constant = several.height > 0 and bool((several["kinds"] == 1).all()) and float(rows["value"].max() or 0) > 0  # type: ignore[arg-type]
    if is_constant:
        sums = _sums(frame, name, by, whole)
        is_long = bool((several["rows"] >= _MANY_ROWS).any())
        if is_long or several["value"].n_unique() > 1 or (sums[0] and sums[0] == sums[1]):
            return Count("day_total", rises, fell.height, in_day, 0, most, sums)
    wrap = next((cap for cap in _WRAPS if fell.height and _wraps(fell, cap)), 0)
    within = int((pairs["DAY"] == pairs["day_before"]).sum())
    is_daily = in_day == 0 and within >= max(_MANY_RISES, 3 * fell.height)
    never = (fell.height == 0 or is_daily or wrap > 0) and rises >= 3
    many = pairs.height >= _MANY_ROWS and rises >= _MANY_RISES
    if never and (many or (most > _TOO_MANY and pairs.height >= 3)):
        return Count("cumulative", rises, fell.height, in_day, wrap, most)
    return Count("delta", rises, fell.height, in_day, 0, most)


def _wraps(fell: pl.DataFrame, cap: int) -> bool:
    return bool((fell["before"].is_between(0.9 * cap, cap - 1) & (fell["value"] <= 0.1 * cap)).all())


def _sums(frame: pl.DataFrame, name: str, by: list[str], whole: list[str]) -> tuple[int, int]:
    """On how many days the column is the sum of another column of whole numbers, of how many."""
    best, days = 0, 0
    for other in whole:
        if other == name:
            continue
        told = frame.group_by(by).agg(pl.col(name).first().alias("total"), pl.col(other).sum().alias("sum"))
        days = told.height
        best = max(best, int((told["total"] == told["sum"]).sum()))
    return best, days


def _steps(counts: dict[str, Count], frame: pl.DataFrame) -> tuple[str, tuple[str, ...]]:
    """The column of steps, empty if none or several could be it; and all that could."""
    named = [n for n in counts if words.STEPS.search(n) and not words.NOT_STEPS.search(n)]
    usable = [n for n in named if counts[n].kind != "day_total"]
    deltas = [n for n in usable if counts[n].kind == "delta"]
    for choice in (deltas, usable):
        if len(choice) == 1:
            return choice[0], tuple(named)
        bare = [n for n in choice if not any(c.isspace() or c in "_-(" for c in n)]
        if len(bare) == 1:
            return bare[0], tuple(named)
        if choice:
            return "", tuple(choice)
    if named:
        return "", tuple(named)
    others = [n for n, count in counts.items() if n and count.kind != "day_total" and frame[n].n_unique() > 1]
    others = [n for n in others if not (words.NOT_STEPS.search(n) or words.PARTICIPANT.search(n) or words.ID.search(n))]
    return (others[0] if len(others) == 1 else ""), tuple(others)


def _is_day_label(table: Table, when: TimeColumns, form: Form, length: Length, start: pl.Series) -> bool:
    """True for rows of days whose stamps, all at midnight as they are written, have a mark of UTC or an offset."""
    if (
        length.resolution != "day"
        or length.rule != "fixed"
        or form.is_counted
        or form.zone == "local"
        or when.stamp is None
    ):
        return False
    if form.zone == "utc":
        return bool((start == start.dt.truncate("1d")).all())
    return bool(table.rows[when.stamp].drop_nulls().str.contains(r"\d[T ]+00:00(:00([.,]0+)?)? ?[-+]\d\d").all())


def _aligned(start: pl.Series, length: Length) -> int:
    """The grid that every row starts on: a day, an hour or a minute, as long as rows are; 0 if there is none."""
    if length.rule != "fixed" or not length.seconds:
        return 0
    told = start.dt.epoch("us")
    return next((s for s in (86400, 3600, 60) if s <= length.seconds and (told % (s * 1_000_000) == 0).all()), 0)
