"""How a column of times is written: strict formats found by looking at all of it, and whether its date order is proved."""

import dataclasses
import re
from pathlib import Path
from typing import Literal

import polars as pl

from connectors.draft.table import times

Kind = Literal["stamp", "date", "clock"]
Order = Literal["given", "day_first", "month_first", "proved"]
Zone = Literal["local", "utc", "offset"]

#: rows looked at before the whole column is, spread evenly over it
_SAMPLE = 1000
#: share of the cells that the formats found must fit
_SHARE = 0.99
_MOST_FORMATS = 4

_DATE = r"\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./]\d{4}|\d\d?[-./]\d\d?[-./]\d\d|\d\d?[-/. ]+[^\W\d_]{3,}[-/. ,]+\d{4}"
_DATE += r"|[^\W\d_]{3,} \d\d?,? \d{4}|\d{8}"
_SHAPE = re.compile(
    rf"(?P<date>{_DATE})?(?P<between>T|,? +|)"
    r"(?P<clock>\d\d?:\d\d(?::\d\d(?P<fraction>[.,]\d+)?)?(?P<half> ?[AaPp][Mm])?)?"
    r"(?P<offset> ?(?:Z|UTC|GMT|[-+]\d\d(?::?\d\d)?))?"
)
_LEADING = r"^\s*(\d{1,4})\D(\d{1,2})\D"
#: counts from an instant that fall into 2001 to 2039 (days: 1982 to 2064)
_COUNTED = (("epoch_s", 1e9, 2.2e9), ("epoch_ms", 1e12, 2.2e12), ("epoch_ns", 1e18, 2.2e18), ("serial_days", 3e4, 6e4))


@dataclasses.dataclass(frozen=True)
class Form:
    """How one column of times is written. formats: those of the dialect; explicit: the same without `{date}`.

    other: for a date order that the column does not prove, its formats with the other order.
    proof: what the order rests on, in words.
    """

    kind: Kind
    formats: tuple[str, ...]
    explicit: tuple[str, ...]
    order: Order = "given"
    zone: Zone = "local"
    other: tuple[str, ...] = ()
    proof: str = ""

    @property
    def is_counted(self) -> bool:
        return self.formats[0] in {name for name, _, _ in _COUNTED}


def form_of(text: pl.Series, path: Path) -> Form | None:
    """The form of a column of times, or None if it is something else."""
    cells = text.drop_nulls()
    sample = cells.gather_every(max(1, len(cells) // _SAMPLE)) if len(cells) else cells
    if not len(sample) or not _SHAPE.fullmatch(sample[0]):
        return None
    found = _formats(sample, path)
    if found is None:
        return None
    kind, formats = found
    if any("{two}" in form for form in formats):
        return _two_digit_year(cells, kind, formats, path)
    order, proof = _order(cells) if any("{date}" in form for form in formats) else ("given", "")
    shown = _separator(cells[0])
    explicit = tuple(_explicit(form, order, shown) for form in formats)
    other = tuple(_explicit(form, "month_first", shown) for form in formats) if order == "proved" else ()
    return Form(kind, formats, explicit, order, _zone(formats), other, proof)


def counted_form(number: pl.Series, *, named_time: bool) -> Form | None:
    """The form of a column of numbers that count from an instant: each row another, in the range of our years."""
    cells = number.drop_nulls()
    if len(cells) < 2 or cells.n_unique() < len(cells) / (50 if named_time else 2):
        return None
    low, high = float(cells.min()), float(cells.max())  # type: ignore[arg-type]
    for name, least, most in _COUNTED:
        if least <= low and high <= most and (name != "serial_days" or named_time or (cells % 1 != 0).any()):
            return Form("stamp", (name,), (name,), "given", "local" if name == "serial_days" else "utc")
    return None


def clock_number(number: pl.Series) -> Form | None:
    """The form of clock times written as 5, 100 and 2355."""
    cells = number.drop_nulls()
    fits = len(cells) > 1 and ((cells >= 0) & (cells < 2400) & (cells % 100 < 60) & (cells % 1 == 0)).all()
    return Form("clock", ("%H%M",), ("%H%M",)) if fits and (cells >= 1000).any() else None


def read(text: pl.Series, form: Form, path: Path) -> pl.Series:
    """The column's times; a clock is one on the first day of 2000."""
    if form.kind != "clock":
        return times(text, form.explicit, path)
    if form.formats == ("%H%M",):
        text = text.str.zfill(4)
    return times("2000-01-01 " + text, tuple(f"%Y-%m-%d {one}" for one in form.explicit), path)


def _formats(sample: pl.Series, path: Path) -> tuple[Kind, tuple[str, ...]] | None:
    """Kind and formats of a sample; {two} stands for a date with a year of two digits."""
    left, formats, kinds = sample, list[str](), set[Kind]()
    while len(left) > len(sample) * (1 - _SHARE) and len(formats) < _MOST_FORMATS:
        shape = _SHAPE.fullmatch(left[0])
        if shape is None or not (shape["date"] or shape["clock"]) or (shape["between"] and not shape["date"]):
            return None
        form = _format(shape, left)
        kinds.add("stamp" if shape["date"] and shape["clock"] else "date" if shape["date"] else "clock")
        trial = form if shape["date"] else f"%Y-%m-%d {form}"
        text = left if shape["date"] else "2000-01-01 " + left
        fits = pl.Series([False] * len(left))
        for order in ("day_first", "month_first", "year_first") if "{" in form else ("",):
            fits |= times(text, (_explicit(trial, order, _separator(left[0])),), path).is_not_null()
        if not fits[0]:
            return None
        formats.append(form)
        left = left.filter(~fits)
    return (kinds.pop(), tuple(formats)) if len(kinds) == 1 and len(left) <= len(sample) * (1 - _SHARE) else None


def _format(shape: re.Match[str], left: pl.Series) -> str:
    date = _date_format(shape["date"], left) if shape["date"] else ""
    return (
        date
        + shape["between"]
        + (_clock_format(shape, left) if shape["clock"] else "")
        + _offset_format(shape["offset"])
    )


def _date_format(text: str, left: pl.Series) -> str:
    if re.fullmatch(r"\d{8}", text):
        return "%Y%m%d"
    if month := re.search(r"[^\W\d_]{3,}", text):
        # whole names are read by %B, which reads short ones too
        whole = left.str.extract(r"([^\W\d_]{3,})").str.len_chars().max()
        name = "%B" if isinstance(whole, int) and whole > 3 else "%b"
        day_and_year = re.sub(r"\d{4}", "%Y", text.replace(month[0], name))
        return re.sub(r"(?<![%\d])\d\d?(?!\d)", "%d", day_and_year)
    if re.match(r"\d{4}", text):
        sign = text[4]
        return f"%Y{sign}%m{sign}%d"
    return "{date}" if re.search(r"\d{4}$", text) else "{two}"


def _clock_format(shape: re.Match[str], left: pl.Series) -> str:
    form = "%I:%M" if shape["half"] else "%H:%M"
    if shape["clock"].count(":") == 2:
        form += ":%S"
    if (fraction := shape["fraction"]) and fraction[0] == ",":
        form += f",%{len(fraction) - 1}f" if len(fraction) - 1 in (3, 6, 9) else ",%f"
    elif shape["clock"].count(":") == 2 and left.str.contains(r":\d\d\.\d").any():
        # fits a second without a fraction as well
        form += "%.f"
    if shape["half"]:
        form += " %p" if shape["half"][0] == " " else "%p"
    return form


def _offset_format(text: str | None) -> str:
    if not text:
        return ""
    space = " " if text[0] == " " else ""
    return space + (text.strip() if text.strip() in ("Z", "UTC", "GMT") else "%#z")


def _zone(formats: tuple[str, ...]) -> Zone:
    if any("%#z" in form for form in formats):
        return "offset"
    return "utc" if all(re.search("(Z|UTC|GMT)$", form) for form in formats) else "local"


def _separator(text: str) -> str:
    hit = re.search(r"\d([-./])\d", text)
    return hit[1] if hit else "/"


def _explicit(form: str, order: str, sign: str) -> str:
    """The format with its date written out; a date in an order that is not known is read day first."""
    orders = {"month_first": f"%m{sign}%d{sign}", "year_first": f"%y{sign}%m{sign}%d"}
    chosen = orders.get(order, f"%d{sign}%m{sign}")
    return form.replace("{date}", f"{chosen}%Y").replace("{two}", chosen if order == "year_first" else f"{chosen}%y")


def _order(cells: pl.Series) -> tuple[Order, str]:
    """The order that the whole column proves, and by what."""
    pair = cells.str.extract_groups(_LEADING)
    left, right = (pair.struct.field(k).cast(pl.Int64, strict=False).fill_null(0) for k in ("1", "2"))
    day, month = int((left > 12).sum()), int((right > 12).sum())
    if day and month:
        return "proved", f"both orders occur: {day} rows begin with a number over 12, {month} have one in second place"
    if day:
        return "day_first", f"{day} of {len(cells)} rows begin with a number over 12, none has one in second place"
    if month:
        return (
            "month_first",
            f"{month} of {len(cells)} rows have a number over 12 in second place, none begins with one",
        )
    return "proved", ""


def _two_digit_year(cells: pl.Series, kind: Kind, formats: tuple[str, ...], path: Path) -> Form:
    """A form with the order written out in its formats; `proved` if more than one order fits all rows."""
    sign, fits = _separator(cells[0]), dict[str, tuple[str, ...]]()
    count = {}
    for order in ("year_first",) if _begins_with_year(cells) else ("day_first", "month_first"):
        fits[order] = tuple(_explicit(form, order, sign) for form in formats)
        count[order] = int(times(cells, fits[order], path).is_not_null().sum())
    best = max(count.values())
    left = [order for order, fitting in count.items() if fitting == best]
    first, zone = fits[left[0]], _zone(formats)
    if left == ["year_first"]:
        proof = "the first number of the date changes least, as a year does"
    else:
        proof = f"only {left[0].replace('_', ' ')} fits {best} of {len(cells)} rows"
    if len(left) == 1:
        return Form(kind, first, first, "given", zone, (), proof)
    return Form(kind, first, first, "proved", zone, fits[left[1]], "")


def _begins_with_year(cells: pl.Series) -> bool:
    """True if the first of three numbers of two digits takes fewer values than the last."""
    parts = cells.str.extract_groups(r"^\s*(\d\d?)\D\d\d?\D(\d\d)").struct
    return parts.field("1").n_unique() < parts.field("2").n_unique()
