"""The tables of a made-up study by SQL and by the slow statements, cell by cell."""

import dataclasses
import datetime as dt
import time
from typing import Any

import polars as pl

from tests.oracles import ledger, slow_tables
from tests.oracles.world import Person, Study, instant, minute_of
from warehouse.database import connect

KEYS = {
    "minute": ("participant_id", "minute_start"),
    "walking_bout": ("participant_id", "bout_rule_id", "bout_start"),
    "participant_day": ("participant_id", "protocol_id", "local_date"),
    "participant_week": ("participant_id", "protocol_id", "week_number"),
}


@dataclasses.dataclass(frozen=True)
class Difference:
    """The first cell of a table that is not as expected; all tells how many cells of which columns are not."""

    table: str
    key: tuple[Any, ...]
    column: str
    found: Any
    expected: Any
    all: dict[str, int]

    def __str__(self) -> str:
        return (
            f"{self.table} {self.key}: {self.column} is {self.found!r}, expected {self.expected!r}; cells that differ:"
            f" {self.all}"
        )


@dataclasses.dataclass
class Outcome:
    """What a comparison came to."""

    rows: dict[str, int]
    participant_days: int
    differences: list[Difference]
    seconds: dict[str, float]


def compare(study: Study) -> Outcome:
    """Derives the study both ways. Columns without a slow statement are not compared."""
    began = time.perf_counter()
    with connect() as connection:
        ledger.derive_study(connection, study)
        derived = time.perf_counter()
        names = ledger.published_names(connection)
        expected = slow_tables.tables(study, names)
        told = time.perf_counter()
        differences = []
        for table, keys in KEYS.items():
            found = ledger.take_out(connection, table)
            if table == "minute":
                unobserved = pl.col("walking_source").is_null()
                # which clocks are off is a matter of whole dates and pairs of devices, judged elsewhere
                found = found.with_columns(pl.col("flags").list.set_difference(["clock_offset"]).list.sort())
                # the guide does not say whose an unobserved minute is
                found = found.with_columns(
                    pl.when(~unobserved).then(name).alias(name)
                    for name in ("device_id", "source_file_id", "recording_kind")
                )
            differences += table_differences(table, keys, found, expected[table])
    return Outcome(
        rows={table: len(rows) for table, rows in expected.items()},
        participant_days=len(expected["participant_day"]) // len(study.protocols),
        differences=differences,
        seconds={"derive": derived - began, "slow": told - derived, "compare": time.perf_counter() - told},
    )


def table_differences(
    table: str, keys: tuple[str, ...], found: pl.DataFrame, expected: list[dict[str, Any]]
) -> list[Difference]:
    """One Difference, the first, for each column that differs; rows that only one side has go first."""
    columns = list(expected[0]) if expected else list(keys)
    wanted = pl.DataFrame(expected, schema={name: found.schema[name] for name in columns})
    found = found.select(columns)
    differences = []
    for left, right, what in ((found, wanted, "not expected"), (wanted, found, "not found")):
        alone = left.join(right, on=keys, how="anti").sort(keys)
        if not alone.is_empty():
            row = alone.row(0, named=True)
            differences.append(
                Difference(table, tuple(row[name] for name in keys), "row", what, row, {"row": alone.height})
            )
    both = found.join(wanted, on=keys, suffix=" expected", nulls_equal=False).sort(keys)
    others = [name for name in columns if name not in keys]
    unlike = {name: both.filter(_differs(name, found.schema[name])) for name in others}
    counts = {name: rows.height for name, rows in unlike.items() if not rows.is_empty()}
    for name in counts:
        row = unlike[name].row(0, named=True)
        differences.append(
            Difference(table, tuple(row[key] for key in keys), name, row[name], row[f"{name} expected"], counts)
        )
    return differences


def _differs(name: str, kind: pl.DataType) -> pl.Expr:
    one, other = pl.col(name), pl.col(f"{name} expected")
    if kind.is_float():
        return ((one - other).abs() > 1e-9).fill_null(one.is_null() != other.is_null())
    return one.ne_missing(other)


def smallest(study: Study, difference: Difference) -> str:
    """The protocols and the one person of a difference; that person alone if the difference is still there."""
    person = next(person for person in study.people if person.participant_id == difference.key[0])
    alone = compare(dataclasses.replace(study, people=[person]))
    lines = [
        f"as of {study.as_of}, priority {study.priority}, activity files complete {study.activity_files_are_complete}",
        *map(str, study.protocols),
        describe(person, difference),
        "The person alone: " + (str(alone.differences[0]) if alone.differences else "no difference."),
    ]
    return "\n".join(lines)


def describe(person: Person, difference: Difference) -> str:
    """What is known of the person near the difference, in lines that can be typed in again."""
    at = next((value for value in difference.key if isinstance(value, dt.date)), None)
    lines = [
        f"{person.participant_id}: {person.time_zone}, from {person.start_date} to {person.end_date}, travel"
        f" {[(str(instant(minute)), zone) for minute, zone in person.travel]}",
        f"prescriptions {person.prescriptions}, events {person.events}, devices.csv {person.assignments}",
        f"sessions {person.sessions}, totals {person.totals}, unread file {person.has_unread_file}",
    ]
    if at is None:
        begin, end = 0, 10**10
    elif isinstance(at, dt.datetime):
        begin, end = minute_of(at) - 100, minute_of(at) + 100
    else:
        begin = minute_of(dt.datetime.combine(at, dt.time(0), dt.UTC)) - 1440
        end = begin + 3 * 1440
    for file in person.files:
        rows = [row for row in file.rows if begin <= row.minute < end]
        if rows:
            lines.append(f"{file.source_file_id} {file.kind} {file.device}, exported {file.exported_at}:")
            lines.append("  " + "; ".join(_runs(rows)))
    return "\n".join(lines)


def _runs(rows: list[Any]) -> list[str]:
    runs: list[list[Any]] = []
    for row in rows:
        if runs and runs[-1][1] == row.minute and runs[-1][2] == row[1:]:
            runs[-1][1] += 1
        else:
            runs.append([row.minute, row.minute + 1, row[1:]])
    return [
        f"{instant(start):%m-%dT%H:%M} {end - start}x {steps}{' hr' if heart else ''}{' worn' if worn else ''}"
        f"{f' {label}' if label else ''}{f' {flags}' if flags else ''}"
        for start, end, (steps, heart, worn, label, flags) in runs
    ]
