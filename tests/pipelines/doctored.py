"""A study that is well, to be broken in one place, and what `footfall doctor` then says."""

import datetime as dt
from pathlib import Path

import duckdb

from pipelines import doctor, ingest, intake
from pipelines.doctor.finding import Finding
from pipelines.locks import lock
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import drop, native, new_study

NOW = dt.datetime.now(dt.UTC)
DATABASE = "footfall.duckdb"


def make_well(root: Path) -> StudyFolder:
    """A study after one run, with a lock."""
    made = new_study(root, ["P1,,2026-03-02,,", "P2,,2026-03-02,2026-03-20,"])
    an_hour_ago = NOW.replace(second=0, microsecond=0) - dt.timedelta(hours=1)
    drop(made, "P1/a.csv", native("P1", [100] * 30, start=an_hour_ago))
    drop(made, "P2/b.csv", native("P2", [100] * 30))
    with open_run(made) as run:
        ingest.load(run, sorted(intake.look(made.inbox)))
        ingest.derive(run)
        ingest.publish(run)
    lock(made, "interim")
    return made


def findings(study: StudyFolder | None, now: dt.datetime = NOW, *, deep: bool = False) -> list[Finding]:
    """What is not fine, problems first."""
    return [each for each in doctor.examine(study, deep=deep, now=lambda: now) if each.severity != "fine"]


def in_short(found: list[Finding]) -> list[tuple[str, str]]:
    """Severity and check of each."""
    return [(each.severity, each.check) for each in found]


def change(study: StudyFolder, *statements: str) -> None:
    """Writes into the private database."""
    with duckdb.connect(str(study.private / DATABASE)) as connection:
        for statement in statements:
            connection.execute(statement)


def original(study: StudyFolder) -> Path:
    """One file of archive/."""
    return sorted(study.archive.glob("*/*"))[0]
