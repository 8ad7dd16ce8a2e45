"""What the numbers mean: how they are written, and how many steps of both feet each row stands for."""

import re
from collections.abc import Sequence

import polars as pl

from connectors.dialect import Condition, Dialect
from connectors.pedometer_csv.head import Layout
from connectors.pedometer_csv.rows import NUMBERS
from connectors.pedometer_csv.spans import SAME_DEVICE
from connectors.recording import Problem

#: a larger number is no count and no distance, but digits run together
_LARGEST = 1e9
_SECONDS = {"s": 1.0, "ms": 0.001, "min": 60.0}
_CLOCK = r"^(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)$"


def numbers(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Rows with numbers for text (lists of numbers where cells hold lists), durations in seconds, and `bad` where a cell
    is no number or the row has a field too many."""
    dialect = layout.dialect
    fields = [f for f in rows.columns if f in NUMBERS or f.startswith(("cell_", "duration"))]
    if not dialect.json.arrays and all(rows.schema[field] == pl.Float64() for field in fields):
        # read as numbers already: the usual case, at a third of the cost. NaN is larger than any number
        too_large = [pl.col(field).abs() > _LARGEST for field in fields]
        bad = pl.any_horizontal(pl.col("surplus").is_not_null(), *too_large)
        return rows.with_columns(bad.fill_null(value=False).alias("bad"))
    wrong = [pl.col("surplus").is_not_null()]
    read = []
    for field in fields:
        is_text = rows.schema[field] == pl.String()
        if dialect.json.arrays and field in ("steps", "duration"):
            value, bad = _list(field)
        else:
            text = _unwrapped(field, dialect)
            value = (
                (_duration(text, layout) if field.startswith("duration") else _number(text, layout))
                if is_text
                else text
            )
            number = pl.col(f"{field}_number")
            # NaN is larger than any number
            bad = number.abs() > _LARGEST
            bad = ((number.is_null() | bad) & pl.col(field).is_not_null()) if is_text else bad
        read.append(value.alias(f"{field}_number"))
        wrong.append(bad)
    if dialect.json.arrays and {"steps", "duration"} <= set(fields):
        wrong.append(pl.col("steps_number").list.len() != pl.col("duration_number").list.len())
    found = rows.with_columns(read).with_columns(pl.any_horizontal(*wrong).fill_null(value=False).alias("bad"))
    return found.drop(fields).rename({f"{field}_number": field for field in fields})


def holds(rows: pl.DataFrame, use: str, conditions: Sequence[Condition]) -> pl.Series:
    """True for the rows for which all conditions hold; a column that is not there is empty."""
    result = pl.repeat(value=True, n=rows.height, dtype=pl.Boolean(), eager=True)
    for n, condition in enumerate(conditions):
        name = f"{use}_{n}"
        text = rows[name].fill_null("") if name in rows.columns else pl.repeat("", rows.height, eager=True)
        fitting = [value for value in text.unique() if re.fullmatch(condition.matches, value)]
        result &= text.is_in(fitting)
    return result


def steps_of_rows(rows: pl.DataFrame, dialect: Dialect) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Rows with `steps` of both feet (null: not measured) and, if the dialect knows it, `worn`; without those that no
    interval is known for."""
    value, problems = dialect.value, []
    if value.kind == "event":
        events = holds(rows, "counts", value.counts)
        told = [name for name in rows.columns if name.startswith("counts_")]
        # a row that could not be read says nothing
        is_told = pl.all_horizontal(pl.col(name).is_not_null() for name in told) if told else pl.lit(value=True)
        rows = rows.with_columns(pl.when(is_told).then(events.cast(pl.Float64)).alias("steps"))
    elif value.kind == "cumulative":
        rows, corrected = _differences(rows, dialect)
        problems += [Problem("count_corrected", corrected)] if corrected else []
    if "steps" in rows.columns and (value.factor != 1 or value.zero_means == "unknown"):
        steps = pl.col("steps") * value.factor
        if value.zero_means == "unknown":
            steps = pl.when(steps != 0).then(steps)
        rows = rows.with_columns(steps.alias("steps"))
    if value.not_measured:
        unmeasured = holds(rows, "not_measured", value.not_measured)
        rows = rows.with_columns(pl.when(~unmeasured).then("steps").alias("steps"))
        if count := int(unmeasured.sum()):
            problems.append(Problem("not_measured", count, f"line {rows['line'][unmeasured.arg_true()[0]]}"))
    if dialect.wear:
        rows = rows.with_columns(pl.when(_shows_wear(rows, dialect)).then(pl.lit(value=True)).alias("worn"))
    left = re.compile(r"line|duration.*|number|(keep|counts|not_measured|wear)_\d+")
    rows = rows.select(c for c in rows.columns if not left.fullmatch(c)).filter(pl.col("start").is_not_null())
    if dialect.interval.rule == "instant":
        rows = rows.group_by([c for c in rows.columns if c != "steps"], maintain_order=True).agg(pl.col("steps").sum())
    return rows, tuple(problems)


def _shows_wear(rows: pl.DataFrame, dialect: Dialect) -> pl.Series:
    if not dialect.wide:
        return holds(rows, "wear", dialect.wear)
    # the cells of a wide row are what the condition is about
    cell = rows["steps"].cast(pl.Int64).cast(pl.String)
    return holds(pl.DataFrame({f"wear_{n}": cell for n in range(len(dialect.wear))}), "wear", dialect.wear)


def _differences(rows: pl.DataFrame, dialect: Dialect) -> tuple[pl.DataFrame, int]:
    """Rows in order of time with the rise of the count since the row before, over the time since then (null for a device's
    first), and how many falls were corrections.

    Rows without a number are left out: what they do not tell, the next one does. A fall to less than half starts anew, a
    smaller one corrects the count: nothing was walked.
    """
    value, keys = dialect.value, [name for name in SAME_DEVICE if name in rows.columns]
    is_reading, is_local = dialect.interval.rule == "since_previous", dialect.time.zone == "local"
    order = [*keys, *(["fold"] if "fold" in rows.columns else []), "end" if is_reading else "start"]
    rows = rows.filter(pl.col("steps").is_not_null()).sort(order, maintain_order=True)

    def before(name: str) -> pl.Expr:
        return pl.col(name).shift(1).over(keys) if keys else pl.col(name).shift(1)

    midnight = pl.col("end").dt.truncate("1d")
    rows = rows.with_columns(before("steps").alias("before"), before("end").alias("since")).with_columns(
        (pl.col("steps") < pl.col("before")).alias("fell"),
        # the reading at midnight itself belongs to the day that ends
        ((midnight > pl.col("since")) & (midnight < pl.col("end"))).fill_null(value=False).alias("next_day"),
    )
    anew = pl.col("steps") + (value.wraps_at - pl.col("before") if value.wraps_at else 0)
    is_new_day = pl.col("next_day") if value.resets == "midnight" else pl.col("fell") & pl.col("next_day")
    is_correction = (
        pl.col("fell")
        & ~is_new_day
        & (pl.lit(value=True) if value.resets == "midnight" else pl.col("steps") * 2 > pl.col("before"))
    )
    if value.wraps_at:
        is_new_day, is_correction = pl.lit(value=False), pl.lit(value=False)
    rise = (
        pl.when(is_correction)
        .then(0.0)
        .when(is_new_day)
        .then("steps")
        .when("fell")
        .then(anew)
        .otherwise(pl.col("steps") - pl.col("before"))
    )
    since = pl.when(is_new_day).then(midnight).otherwise("since") if is_local else pl.col("since")
    # the clock was put back since then: how long ago that was, the clock does not say
    since = pl.when(since < pl.col("end")).then(since).otherwise(pl.col("end") - pl.duration(minutes=1))
    since = pl.when(pl.col("since").is_not_null()).then(since)
    start = since if is_reading else pl.coalesce(since, "start")
    count = int(rows.select(is_correction.fill_null(value=False).sum()).item())
    found = rows.with_columns(rise.alias("steps"), start.alias("start"))
    return found.drop("before", "since", "fell", "next_day"), count


def _unwrapped(field: str, dialect: Dialect) -> pl.Expr:
    cell = pl.col(field)
    return cell.str.json_path_match(f"$['{dialect.json.steps}']") if field == "steps" and dialect.json.steps else cell


def _number(text: pl.Expr, layout: Layout) -> pl.Expr:
    rule = layout.dialect.number
    is_comma = rule.decimal == "," or (rule.decimal == "with_delimiter" and layout.delimiter not in (",", ""))
    decimal = "," if is_comma else "."
    if rule.thousands:
        signs = f"[{re.escape(rule.thousands)}]"
        grouped = text.str.contains(rf"^[-+]?\d{{1,3}}(?:{signs}\d{{3}})+(?:{re.escape(decimal)}\d+)?$")
        text = pl.when(grouped).then(text.str.replace_all(signs, "")).otherwise(text)
    if is_comma:
        text = text.str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def _duration(text: pl.Expr, layout: Layout) -> pl.Expr:
    unit = layout.dialect.interval.unit
    if unit != "clock":
        return _number(text, layout) * _SECONDS[unit]
    parts = text.str.extract_groups(_CLOCK).struct
    hours, minutes, seconds = (
        parts.field(str(n)).str.replace(",", ".", literal=True).cast(pl.Float64) for n in (1, 2, 3)
    )
    return hours.fill_null(0.0) * 3600 + minutes * 60 + seconds


def _list(field: str) -> tuple[pl.Expr, pl.Expr]:
    """Lists of numbers, and where a cell holds none."""
    inner = pl.col(field).str.extract(r"^\s*\[(.*)\]\s*$", 1)
    values = inner.str.replace_all(" ", "").str.split(",").cast(pl.List(pl.Float64), strict=False)
    number = pl.col(f"{field}_number")
    inside = pl.element().is_between(-_LARGEST, _LARGEST).fill_null(value=False)
    sound = number.list.eval(inside).list.all() & (number.list.len() > 0)
    return values, ~sound.fill_null(value=False)
