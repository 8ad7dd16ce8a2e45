"""The Recording of a table: what the modules beside this one find, in their order."""

import re
from pathlib import Path

import polars as pl

from connectors.dialect import Dialect
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.overlaps import without_overlaps
from connectors.pedometer_csv import checks, counts, spans
from connectors.pedometer_csv.head import CONTRADICTION, Layout, participant_in_name
from connectors.pedometer_csv.rows import NUMBERS, read_rows
from connectors.pedometer_csv.sources import device_of_file, devices_of_rows
from connectors.recording import LONGEST_EVENT, Device, Problem, Recording
from connectors.sports import is_on_foot, named_sport

#: rows up to this long become minutes, by resolution; longer ones are totals
_LONGEST_SECONDS = {"minute": 60, "any": 60, "event": LONGEST_EVENT, "hour": -1, "day": -1}
_LABELS = ("participant_label", "device_label")


def read(path: Path, layout: Layout) -> Recording:
    """The Recording of a table in a dialect: epochs of rows short enough for its resolution, totals of the others."""
    dialect = layout.dialect
    _refuse_without_steps(path, layout)
    rows, problems = read_rows(path, layout)
    rows = _kept(rows, dialect, path)
    rows_read = rows.height
    checks.refuse_shortened_ids(rows, path)
    rows, seconds = spans.timed(counts.numbers(rows, layout), layout, path)
    checks.refuse_cut_last_row(rows, problems, path)
    rows = spans.oldest_first(rows)
    rows, marks, bad = checks.without_bad_rows(rows, layout, path)
    checks.refuse_unaligned(rows, dialect, path)
    checks.refuse_midnights(rows, dialect, path)
    checks.refuse_coarser_grid(rows, dialect, seconds, path)
    rows, repeats = checks.without_repeats(rows, dialect, path)
    problems = (*problems, *bad, *repeats)
    if dialect.time.dense:
        problems = (*problems, *checks.refuse_wrong_order(rows, layout, seconds, path))
    rows = spans.one_interval_a_row(rows, marks, dialect, seconds)
    rows, wrong = counts.steps_of_rows(rows, dialect)
    if dialect.time.zone != "local":
        rows = rows.with_columns(pl.col("start", "end").dt.replace_time_zone("UTC"))
    rows, devices = devices_of_rows(rows, layout)
    if "participant" in rows.columns:
        rows = rows.rename({"participant": "participant_label"})
    return _recording(rows, layout, rows_read, devices, (*problems, *wrong))


def _recording(
    rows: pl.DataFrame, layout: Layout, rows_read: int, devices: dict[str, Device], problems: tuple[Problem, ...]
) -> Recording:
    dialect = layout.dialect
    labels = [name for name in _LABELS if name in rows.columns]
    epochs = totals = sessions = None
    if dialect.yields == "sessions":
        sessions = _sessions(rows)
    elif dialect.yields == "wear":
        epochs = rows.filter("worn").select(*labels, *_spanned(), "worn")
    else:
        length = pl.col("end") - pl.col("start")
        is_short = length <= pl.duration(seconds=_LONGEST_SECONDS[dialect.resolution])
        if dialect.resolution == "event" and dialect.interval.rule == "next_row":
            # an hour of sitting has no steps in any of its minutes
            is_short |= pl.col("steps") == 0
        short_rows = rows.select(is_short.alias("short"))["short"]
        all_short = bool(short_rows.all())
        short, cut = _without_overlaps(rows if all_short else rows.filter(short_rows), dialect)
        problems = (*problems, *cut)
        optional = [name for name in (*NUMBERS, "worn") if name in rows.columns]
        epochs = short.select(*labels, *_spanned(), *optional)
        if not all_short:
            totals = rows.filter(~short_rows & rows["steps"].is_not_null()).select(
                *labels, "start", "end", pl.col("steps").round().cast(pl.Int64)
            )
        if dialect.value.absent_means == "zero_between_rows" and epochs.height:
            epochs = pl.concat([epochs, spans.pauses(rows)], how="diagonal")
        epochs = epochs.filter(pl.col("steps").is_not_null()) if dialect.resolution == "event" else epochs
    is_all_day = epochs is not None and epochs.height > 0
    return Recording.build(
        connector="csv",
        dialect=dialect.name,
        kind="activity" if sessions is not None else "all_day" if is_all_day else "totals",
        time_basis="local" if dialect.time.zone == "local" else "utc",
        device=device_of_file(layout),
        devices=devices,
        named_participant=participant_in_name(layout),
        rows_read=rows_read,
        epochs=epochs,
        totals=totals,
        sessions=sessions,
        problems=problems,
    )


def _refuse_without_steps(path: Path, layout: Layout) -> None:
    dialect = layout.dialect
    if dialect.nothing is not None:
        raise NoStepDataError(
            path, expected="steps with their times", found=dialect.nothing.found, todo=dialect.nothing.todo
        )
    if CONTRADICTION in layout.variables:
        raise CorruptFileError(
            path,
            expected="one date for the table, which only its name tells",
            found="names that tell different ones",
            todo="Drop it again under the name it was exported with, and no other.",
        )
    for rule in dialect.preamble.no_steps:
        if re.search(rule.pattern, layout.above):
            raise NoStepDataError(path, expected="steps per epoch", found=rule.found, todo=rule.todo)
    if not layout.names:
        raise CorruptFileError(
            path,
            expected="a line with column names",
            found="none",
            where=f"line {layout.first_row + 1}",
            todo="Export again with column names.",
        )


def _kept(rows: pl.DataFrame, dialect: Dialect, path: Path) -> pl.DataFrame:
    if not dialect.keep:
        return rows
    kept = rows.filter(counts.holds(rows, "keep", dialect.keep))
    if kept.is_empty():
        raise NoStepDataError(
            path,
            expected="rows with steps",
            found="none among the table's other rows",
            todo="Export the steps too; if they are there, their columns may have been shifted by a spreadsheet.",
        )
    return kept


def _without_overlaps(rows: pl.DataFrame, dialect: Dialect) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    # an aligned grid cannot overlap once each start stands once; a day's total beside minutes must not cut them
    is_grid = dialect.interval.rule == "fixed" and dialect.time.aligned_seconds == 0
    if rows.is_empty() or not (is_grid or dialect.interval.rule in ("end", "duration")):
        return rows, ()
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in _LABELS if name not in rows.columns]
    rows = rows.with_columns(missing)
    # before and after a clock was put back, the same clock time is not the same time
    parts = rows.partition_by("fold", maintain_order=True) if "fold" in rows.columns else [rows]
    found = [without_overlaps(part) for part in parts]
    cut = sum(count for _, count in found)
    return pl.concat([part for part, _ in found]), (Problem("overlapping_rows", cut),) if cut else ()


def _spanned() -> list[pl.Expr]:
    return [pl.col("start").alias("epoch_start"), pl.col("end").alias("epoch_end")]


def _sessions(rows: pl.DataFrame) -> pl.DataFrame:
    steps = pl.col("steps").round().cast(pl.Int64) if "steps" in rows.columns else pl.lit(None, dtype=pl.Int64)
    words = rows["sport"] if "sport" in rows.columns else pl.Series([None] * rows.height, dtype=pl.String)
    sports = {word: named_sport(word) for word in words.unique().drop_nulls()}
    feet = {word: is_on_foot(sport) for word, sport in sports.items()}
    # free text of the export goes no further than the sports that we know
    return rows.select(
        "start",
        "end",
        words.replace_strict(sports, return_dtype=pl.String, default=None).alias("sport"),
        words.replace_strict(feet, return_dtype=pl.Boolean, default=None).alias("on_foot"),
        steps.alias("steps"),
    )
