"""How a dialect reads a file, in words."""

from pathlib import Path

import polars as pl

from connectors.dialect import Dialect
from connectors.errors import ConnectorError
from connectors.pedometer_csv import clock
from connectors.pedometer_csv.head import Layout, normal_name
from connectors.pedometer_csv.rows import fields_of, read_rows

_EVIDENCE = {
    "file": "a real file was read",
    "source": "another reader's source; no real file was seen",
    "doc": "documentation only; no real file was seen",
    "none": "none: the columns are made up",
}
_RESOLUTION = {
    "minute": "rows of up to 60 s are minutes; longer ones are totals, never bouts",
    "event": "rows of up to 11 minutes are stretches of walking; longer ones are totals, never bouts",
    "any": "rows of up to 60 s are minutes, longer ones are totals, never bouts",
    "hour": "hours: totals only, never bouts",
    "day": "days: totals only, never bouts",
}
_ZONE = {
    "utc": "UTC",
    "offset": "each stamp has its offset from UTC, which gives the instant",
    "local": "the participant's own clock (local)",
}
_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "": "none (JSON)"}
_ORDERS = {"day_first": "day before month", "month_first": "month before day"}


def claim_in_words(path: Path, layout: Layout, origin: str) -> list[list[str]]:
    """Item and meaning: all that a dialect takes for granted about a file."""
    dialect = layout.dialect
    about = [
        ["read by", f"dialect {dialect.name} ({origin})"],
        ["which is", dialect.title],
        ["evidence for it", _EVIDENCE[dialect.evidence]],
        ["text", f"{layout.encoding}; delimiter: {_SIGNS.get(layout.delimiter, layout.delimiter)}"],
        ["column names", _header(layout)],
    ]
    if dialect.nothing is not None:
        # there is no clock and no number to speak of
        return [*about, ["gives", "nothing"]]
    return [
        *about,
        ["columns read", _columns(layout)],
        ["date order", _date_order(path, layout)],
        ["time zone", _ZONE[dialect.time.zone]],
        ["a row lasts", _interval(dialect)],
        ["numbers count", _value(dialect)],
        ["a 0 means", _zero(dialect)],
        ["no row means", _absent(dialect)],
        ["resolution", _RESOLUTION[dialect.resolution]],
    ]


def _header(layout: Layout) -> str:
    if layout.dialect.text.form == "json":
        return "keys of the objects"
    if not layout.names:
        return "none, and the dialect has none either"
    # without a header line the first row is where the header would be
    stated = any(layout.names == given.names for given in layout.dialect.headerless)
    return "given by the dialect, the file has none" if stated else f"line {layout.first_row}"


def _columns(layout: Layout) -> str:
    fields = fields_of(layout.dialect, layout.names)
    told = [f"{field.replace('_', ' ')} = {layout.names[n] or '(no name)'}" for field, n in fields.items()]
    wide = [one for one in told if one.startswith("cell ")]
    told = [one for one in told if not one.startswith("cell ")] + (
        [f"{len(wide)} columns of intervals"] if wide else []
    )
    dropped = [name for name in layout.names if normal_name(name) in layout.dialect.drop]
    return "; ".join(told) + (f"; never stored: {', '.join(dropped)}" if dropped else "")


def _date_order(path: Path, layout: Layout) -> str:
    rule = layout.dialect.time
    if rule.date_order == "proved":
        return _proved(path, layout)
    if rule.date_order == "captured":
        order = clock.order_of(layout)
        return f"{_ORDERS.get(order, order or 'not stated')}, captured from the lines above the table"
    if rule.date_order == "given":
        return f"given in the form of the times: {' or '.join(rule.formats)}"
    return f"{_ORDERS[rule.date_order]}, given by the dialect"


def _proved(path: Path, layout: Layout) -> str:
    try:
        rows, _ = read_rows(path, layout)
    except ConnectorError:
        return "must be proved by the file"
    if not {"stamp", "date"} & set(rows.columns):
        return "must be proved by the file"
    text = rows["stamp" if "stamp" in rows.columns else "date"].cast(pl.String)
    pair = text.str.extract_groups(r"^\s*(\d{1,4})\D(\d{1,2})\D").struct
    left, right = (bool((pair.field(n).cast(pl.Int64) > 12).any()) for n in ("1", "2"))
    if left == right:
        return "not proved: " + ("both orders occur" if left else "no date has a number over 12")
    order = "day_first" if left else "month_first"
    return f"{_ORDERS[order]}, proved by the file (a number over 12 stands on one side only)"


def _interval(dialect: Dialect) -> str:
    interval = dialect.interval
    return {
        "fixed": f"{interval.seconds} s from its time on",
        "captured": "as long as the lines above the table say",
        "row_step": "the commonest step between rows",
        "end": "until its end column",
        "duration": f"as long as its duration column says ({interval.unit})",
        "next_row": "until the next row",
        "since_previous": "from the row before it until its own time",
        "instant": "no time: an instant",
    }[interval.rule]


def _value(dialect: Dialect) -> str:
    if dialect.yields != "steps":
        return f"nothing; the file shows {dialect.yields}"
    value = dialect.value
    kind = {
        "delta": "the steps of the row",
        "cumulative": "a running count; the row has the rise since the row before",
        "event": "each row that counts is one event",
    }[value.kind]
    wrap = f"; goes on from 0 after {value.wraps_at - 1:,}" if value.wraps_at else ""
    return kind + wrap + (f"; times {value.factor}" if value.factor != 1 else "")


def _zero(dialect: Dialect) -> str:
    if dialect.value.zero_means == "unknown":
        return "not known"
    wear = "and it proves wear" if dialect.device.zeros_prove_wear else "it does not prove that the device was worn"
    return f"measured, no steps; {wear}"


def _absent(dialect: Dialect) -> str:
    if dialect.value.absent_means == "unknown":
        return "not known: not worn, or no steps"
    return "no steps, between the first and the last row of a day"
