"""Which column of an unknown table is what: by its name in several languages, and by all its cells."""

import dataclasses
import re
from pathlib import Path

import polars as pl

from connectors.dialect import Number
from connectors.draft import words
from connectors.draft.forms import Form, clock_number, counted_form, form_of, read
from connectors.draft.table import Table, numbers
from connectors.errors import UnknownFormatError

#: share of cells that must be numbers for a column to be one of numbers
_SHARE = 0.98
#: cells of which one must be a number for the others to be looked at
_FIRST = 1000


@dataclasses.dataclass(frozen=True)
class Numbers:
    """The columns of numbers with their values, how they are written, and what else their cells hold.

    nothing: words for nothing, by how often; other: for each column, how many cells are neither.
    """

    values: dict[str, pl.Series]
    rule: Number
    nothing: dict[str, int]
    other: dict[str, int]
    thousands_example: str = ""
    decimal_example: str = ""


@dataclasses.dataclass(frozen=True)
class TimeColumns:
    """The columns that say when; each with its form. What is not there is None: a column may have no name."""

    forms: dict[str, Form]
    stamp: str | None = None
    date: str | None = None
    clock: str | None = None
    end_stamp: str | None = None
    end_date: str | None = None
    end_clock: str | None = None

    @property
    def used(self) -> set[str]:
        columns = (self.stamp, self.date, self.clock, self.end_stamp, self.end_date, self.end_clock)
        return {name for name in columns if name is not None}

    @property
    def others(self) -> list[str]:
        """Further columns of times, of which it is not clear what they say."""
        return [name for name in self.forms if name not in self.used]


def read_numbers(table: Table) -> Numbers:
    """All columns that hold numbers and hardly anything else."""
    plain = re.compile(r"^[-+]?\d[\d.,' \u00a0\u202f]*(E[-+]?\d+)?$")
    nothing: dict[str, int] = {}
    texts, other = {}, {}
    for name in table.names:
        cells = table.rows[name]
        if not cells.drop_nulls().head(_FIRST).str.contains(r"^[-+]?\d").any():
            continue
        wrong = cells.filter(~cells.str.contains(plain.pattern)).drop_nulls()
        voids = wrong.filter(wrong.str.to_lowercase().is_in(list(words.NOTHING)))
        told = len(cells) - cells.null_count()
        if len(wrong) - len(voids) > (1 - _SHARE) * told or len(voids) == told:
            continue
        for word in voids.unique():
            nothing[word] = nothing.get(word, 0) + int((voids == word).sum())
        texts[name] = cells.set(cells.is_in(voids.unique().implode()).fill_null(value=False), None)
        other[name] = len(wrong) - len(voids)
    rule, examples = _rule(texts, table.header.delimiter)
    rule = dataclasses.replace(rule, null=tuple(sorted(nothing)))
    values = {name: numbers(text, rule, table.header.delimiter) for name, text in texts.items()}
    return Numbers(values, rule, nothing, other, *examples)


def find_times(table: Table, found: Numbers, path: Path) -> TimeColumns:
    """The columns that say when each row starts and perhaps ends; UnknownFormatError if there is none."""
    forms = {name: form for name in table.names if (form := _form(table.rows[name], name, found, path)) is not None}
    stamps = [name for name, form in forms.items() if form.kind == "stamp"]
    dates = [name for name, form in forms.items() if form.kind == "date"]
    clocks = _clocks(table, forms, dates)
    named = [n for n in stamps if words.TIME.search(n) or words.START.search(n) or words.END.search(n)]
    if stamps and clocks and (as_date := _midnights(table.rows[stamps[0]], forms[stamps[0]], path)):
        forms |= {stamps[0]: as_date}
        stamps, dates = [], [stamps[0], *dates]
    if stamps:
        start, end = _start_and_end(named or stamps)
        return TimeColumns(forms, stamp=start, end_stamp=end)
    if dates and clocks:
        date, end_date = _start_and_end(dates)
        clock, end_clock = _start_and_end(clocks)
        end_date = None if end_clock is None else date if end_date is None else end_date
        return TimeColumns(forms, date=date, clock=clock, end_date=end_date, end_clock=end_clock)
    if dates:
        return _dates_alone(dates, forms, found, path)
    raise UnknownFormatError(
        path,
        expected="a column that says when each row was",
        found=f"none among {_shown(table.names)}",
        todo="Times are read as a stamp, a date and a clock, seconds or milliseconds since 1970, or a spreadsheet's days.",
    )


def _clocks(table: Table, forms: dict[str, Form], dates: list[str]) -> list[str]:
    """Columns that say when of a day rows were; beside one row a day only if the name says so."""
    found = [name for name, form in forms.items() if form.kind == "clock" and not words.DURATION.search(name)]
    named = [name for name in found if any(says.search(name) for says in (words.CLOCK, words.START, words.END))]
    is_daily = any(table.rows[date].n_unique() == table.rows.height for date in dates)
    return named if named or is_daily else found


def _midnights(text: pl.Series, form: Form, path: Path) -> Form | None:
    """The form of stamps that are all at midnight, as of a date; None if they are times."""
    found = read(text, form, path).drop_nulls()
    if form.is_counted or not len(found) or (found != found.dt.truncate("1d")).any():
        return None
    zeros = {"%H": "00", "%I": "12", "%M": "00", "%S": "00", "%.f": "", "%p": "AM"}
    written = re.compile("|".join(zeros))

    def cut(formats: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(written.sub(lambda hit: zeros[hit[0]], one) for one in formats)

    return dataclasses.replace(
        form, kind="date", formats=cut(form.formats), explicit=cut(form.explicit), other=cut(form.other)
    )


def _dates_alone(dates: list[str], forms: dict[str, Form], found: Numbers, path: Path) -> TimeColumns:
    for name, values in found.values.items():
        if name in dates or words.DURATION.search(name) or not (words.CLOCK.search(name) or words.HOUR.search(name)):
            continue
        if form := clock_number(values):
            return TimeColumns({**forms, name: form}, date=dates[0], clock=name)
        if words.HOUR.search(name) and values.drop_nulls().is_between(0, 24).all() and values.n_unique() > 1:
            raise UnknownFormatError(
                path,
                expected="a time of day such as 08:00",
                found=f"a column {name} of numbers from 0 to 24 beside the date",
                todo="A dialect cannot read an hour alone: write it as 08:00 in a copy of the table.",
            )
    return TimeColumns(forms, stamp=_start_and_end(dates)[0])


def _form(text: pl.Series, name: str, found: Numbers, path: Path) -> Form | None:
    text = text.set(text.is_in(list(found.nothing)).fill_null(value=False), None) if found.nothing else text
    is_time = bool(words.TIME.search(name) or words.START.search(name) or words.END.search(name))
    if name not in found.values:
        return form_of(text, path)
    if words.STEPS.search(name) or (words.PARTICIPANT.search(name) and not is_time) or words.DEVICE.search(name):
        return None
    if is_time and text.drop_nulls().str.contains(r"^\d{8}$").all():
        return form_of(text, path)
    if form := counted_form(found.values[name], named_time=is_time):
        return form
    # 31.12.2026 looks like a number with thousands
    return form_of(text, path) if text.drop_nulls().head(1).str.contains(r"^\d+[.]\d+[.]\d+$").all() else None


def _start_and_end(names: list[str]) -> tuple[str, str | None]:
    ends = [name for name in names if words.END.search(name) and not words.START.search(name)]
    starts = [name for name in names if name not in ends]
    first = next((name for name in starts if words.START.search(name)), (starts or names)[0])
    return first, next((name for name in ends if name != first), None)


def _rule(texts: dict[str, pl.Series], delimiter: str) -> tuple[Number, tuple[str, str]]:
    """How numbers are written: a comma as decimal sign where some number shows it, and signs between groups of three."""
    cells = pl.concat([text.drop_nulls().unique() for text in texts.values()] or [pl.Series([], dtype=pl.String)])
    grouped = cells.filter(cells.str.contains(r"^[-+]?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d+)?$"))
    comma = cells.filter(cells.str.contains(r"^[-+]?\d+,(\d{1,2}|\d{4,})$|^[-+]?0,\d+$|^\d{1,3}(\.\d{3})+,\d+$"))
    point = cells.filter(cells.str.contains(r"^[-+]?\d+\.(\d{1,2}|\d{4,})$|^[-+]?0\.\d+$|^\d{1,3}(,\d{3})+\.\d+$"))
    decimal = "," if (len(comma) or _points_part_groups(texts)) and not len(point) else "."
    signs = sorted({sign for text in grouped.head(10_000) for sign in re.findall(r"[.,' \u00a0\u202f](?=\d{3})", text)})
    thousands = [
        sign for sign in signs if sign != decimal and not (sign in ".," and len(comma if sign == "," else point))
    ]
    example = next((t for t in grouped if any(s in t for s in thousands)), "")
    shown = comma[0] if decimal == "," and len(comma) else ""
    return Number(decimal="," if decimal == "," else ".", thousands="".join(thousands)), (example, shown)


def _points_part_groups(texts: dict[str, pl.Series]) -> bool:
    """True if a column of steps has points and all of them stand before three digits: steps are whole."""
    steps = [text.drop_nulls() for name, text in texts.items() if words.STEPS.search(name)]
    dotted = [text.filter(text.str.contains(".", literal=True)) for text in steps]
    return any(len(cells) and cells.str.contains(r"^[-+]?\d{1,3}(\.\d{3})+$").all() for cells in dotted)


def _shown(names: list[str]) -> str:
    return ", ".join(name[:30] for name in names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
