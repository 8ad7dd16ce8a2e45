"""Runs of a world: night by night, or all nights' files in one run; and where two published files differ."""

import dataclasses
import datetime as dt
import random
import shutil
import time
from pathlib import Path

import duckdb

from pipelines import ingest, intake
from pipelines.rebuild import Rebuilt, rebuild
from pipelines.run import Run, open_run
from pipelines.study_folder import StudyFolder, init_study
from tests.simulation.world import Delivery, World
from tests.study_builder import drop

#: Columns that tell when something was done, not what is true.
_WHEN = {"source_file": ("loaded_at", "received_at")}


class VirtualClock:
    """A clock that stands at the night's hour and moves a millisecond each time that it is read."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now


@dataclasses.dataclass(frozen=True)
class Night:
    """One night: files that had come, contents by status, seconds by phase, people derived, rows of weeks that differ."""

    number: int
    files: int
    statuses: dict[str, int]
    seconds: dict[str, float]
    participants_derived: int
    weeks_changed: int


def new_study(root: Path, world: World) -> StudyFolder:
    """A study folder without CSVs of its own yet; the zone is UTC."""
    study = init_study(root, "UTC")
    write_tables(study, world, 0)
    return study


def write_tables(study: StudyFolder, world: World, night: int) -> None:
    """Writes the CSVs as they are before that night."""
    for file_name, text in world.tables(night).items():
        (study.root / file_name).write_text(text, encoding="utf-8")


def night_by_night(study: StudyFolder, world: World) -> list[Night]:
    """Runs every night of the world on what came until then."""
    coming = world.deliveries()
    return [
        _night(study, world, number, [one for one in coming if one.night == number]) for number in range(world.nights)
    ]


def _night(study: StudyFolder, world: World, number: int, files: list[Delivery]) -> Night:
    write_tables(study, world, number)
    drop(study, {one.path: one.content for one in files})
    before = study.private / "before.duckdb"
    if study.research.exists():
        shutil.copyfile(study.research, before)
    with open_run(study, "nightly", now=VirtualClock(world.at_night(number))) as run:
        seconds = {"load": _timed(lambda: ingest.load(run, sorted(intake.look(study.inbox)))), **_rest(run)}
        report = run.report
    return Night(
        number, len(files), dict(report.statuses), seconds, report.participants_derived,
        len(differences(before, study.research, ("participant_week",), by_row=True)) if before.exists() else 0,
    )  # fmt: skip


def all_at_once(study: StudyFolder, world: World, seed: int) -> None:
    """One run with the last CSVs over all files, those of a night in another order; each has the receipt time that it had."""
    write_tables(study, world, world.nights - 1)
    clock = VirtualClock(world.at_night(0))
    coming = world.deliveries()
    order = random.Random(seed)  # noqa: S311 - repeatable
    with open_run(study, now=clock) as run:
        for number in range(world.nights):
            clock.now = world.at_night(number)
            files = {one.path: one.content for one in coming if one.night == number}
            drop(study, files)
            names = sorted(files)
            order.shuffle(names)
            ingest.load(run, names)
        _rest(run)


def rebuilt(study: StudyFolder, world: World) -> Rebuilt:
    """What `footfall rebuild` finds the hour after the last night."""
    return rebuild(study, now=VirtualClock(world.at_night(world.nights - 1) + dt.timedelta(hours=1)))


def _rest(run: Run) -> dict[str, float]:
    return {
        "derive": _timed(lambda: ingest.derive(run)),
        "compare": _timed(lambda: ingest.compare(run)),
        "check": _timed(lambda: ingest.check(run)),
        "publish": _timed(lambda: ingest.publish(run)),
    }


def _timed(work: object) -> float:
    start = time.perf_counter()
    assert callable(work)
    work()
    return time.perf_counter() - start


def differences(one: Path, other: Path, tables: tuple[str, ...] = (), *, by_row: bool = False) -> list[str]:
    """Which tables differ, with how many rows each way and the first of them; by_row: one entry for each row of `one`."""
    found: list[str] = []
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for path, schema in ((one, "one"), (other, "other")):
            connection.execute(f"ATTACH '{path}' AS {schema} (READ_ONLY)")
        held = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'one' ORDER BY table_name"
        ).fetchall()
        for (name,) in held:
            if tables and name not in tables:
                continue
            columns = [
                column
                for (column,) in connection.execute(
                    "SELECT column_name FROM duckdb_columns() WHERE database_name = 'one' AND table_name = ?"
                    " ORDER BY column_index",
                    [name],
                ).fetchall()
                if column not in _WHEN.get(name, ())
            ]
            chosen = ", ".join(f'"{column}"' for column in columns)
            sides = [
                connection.execute(
                    f"SELECT {chosen} FROM {left}.{name} EXCEPT ALL SELECT {chosen} FROM {right}.{name} ORDER BY ALL"
                ).fetchall()
                for left, right in (("one", "other"), ("other", "one"))
            ]
            if by_row:
                found += [str(row) for row in sides[1]]
            elif any(sides):
                found.append(f"{name}: {len(sides[0])} | {len(sides[1])} rows, such as {sides[0][:1]} | {sides[1][:1]}")
    return found
