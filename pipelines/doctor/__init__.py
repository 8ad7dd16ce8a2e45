"""`footfall doctor`: looks at everything a study needs to run for years, changes nothing, and says what mends what it finds."""

import contextlib
import functools
from collections.abc import Callable, Iterable

from pipelines.doctor import folders, installation, machine, people, publication, store, work
from pipelines.doctor.finding import Check, Finding, LedgerCheck, Look
from pipelines.looking import Opened, opened
from pipelines.printing import Format, print_answer
from pipelines.run import Clock, accept_clock, only_ingester, open_run, readable_errors, wall_clock
from pipelines.study_folder import StudyFolder
from warehouse import health
from warehouse.database import DATABASE_NAME, connect
from warehouse.errors import WarehouseError
from warehouse.research import Answer

#: name of the check, the check
_OF_FILES: tuple[tuple[str, Check], ...] = (
    ("study files", folders.study_files),
    ("folders", folders.folders),
    ("file systems", folders.file_systems),
    ("leftovers", folders.leftovers),
    ("disk", machine.disk),
    ("clock", machine.clock),
    ("ingester", work.ingester),
    ("serve", work.serving),
    ("schedule", work.schedule),
    ("withdrawals", work.withdrawals),
    ("published", publication.published),
    ("history", publication.history),
    ("inbox", people.inbox),
)
_OF_LEDGER: tuple[tuple[str, LedgerCheck], ...] = (
    ("database", store.database),
    ("receipts", store.receipts_file),
    ("originals", store.originals),
    ("runs", work.runs),
    ("set aside", people.set_aside),
    ("silence", people.silent),
)
_ORDER = ("problem", "warning", "fine")


def examine(study: StudyFolder | None, *, deep: bool = False, now: Clock = wall_clock) -> list[Finding]:
    """Everything that can be told of the installation and the study, problems first; None: of the installation alone.

    deep: every original is hashed again. Nothing is changed. A check that fails itself is a problem of its own, and what an
    ingester that is at work keeps from being looked at is said.
    """
    found = _guarded("versions", installation.versions)
    if study is None:
        found += _guarded("time zones", lambda: installation.time_zones(None, None))
        found.append(
            Finding(
                "study",
                "problem",
                "there is no study.toml here or in a folder above.",
                "footfall init DIR --time-zone ZONE",
            )
        )
        return _sorted(found)
    with contextlib.ExitStack() as stack:
        try:
            open_one = stack.enter_context(opened(study))
        except WarehouseError as error:
            open_one = Opened(None)
            found.append(
                Finding(
                    "database", "problem", f"{error} What it held can be made again from archive/.", "footfall rebuild"
                )
            )
        look, more = _look(study, open_one, deep, now)
        found += more
        found += _guarded("time zones", lambda: installation.time_zones(look.settings, look))
        for name, check in _OF_FILES:
            found += _guarded(name, functools.partial(check, look))
        if look.connection is None:
            names = ", ".join(name for name, _ in _OF_LEDGER)
            found.append(Finding("ledger", "fine", f"not looked at, because the ledger is not open: {names}."))
        else:
            for name, of_ledger in _OF_LEDGER:
                found += _guarded(name, functools.partial(of_ledger, look, look.connection))
    return _sorted(found)


def _look(study: StudyFolder, open_one: Opened, deep: bool, now: Clock) -> tuple[Look, list[Finding]]:
    """What the checks look at; a database of another version is not looked into, and said."""
    connection, found = open_one.connection, []
    if connection is not None and (study.private / DATABASE_NAME).is_file():
        steps = health.schema(connection)
        if steps.unknown:
            said = f"the database was written by a newer footfall (it has {steps.unknown[-1]}); this one must not write in it."
            found.append(Finding("database", "problem", said, "install the newer version again"))
        elif steps.lacking:
            said = (
                f"the database is of an older version (without {steps.lacking[0]}); the next run brings it up to date."
            )
            found.append(Finding("database", "warning", said, "footfall ingest"))
        if steps.unknown or steps.lacking:
            connection = None
    return Look(study, now(), connection, open_one.at_work, deep), found


def _guarded(name: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check())
    except Exception as error:  # a study that is half broken is what this is for
        said = (str(error).splitlines() or [""])[0][:300]
        found.append(
            Finding(
                name,
                "problem",
                f"this could not be looked at: {type(error).__name__}: {said}",
                "mend the other problems first",
            )
        )
    return found


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda each: _ORDER.index(each.severity))


def print_findings(found: list[Finding], form: Format) -> bool:
    """Prints them, problems first; returns True if there is no problem."""
    rows = [[each.severity, each.check, each.text, each.command] for each in found]
    print_answer(Answer(["severity", "check", "found", "what mends it"], rows), form)
    return all(each.severity != "problem" for each in found)


def set_clock_right(study: StudyFolder, now: Clock = wall_clock) -> None:
    """Takes what the clock shows for right, although a run has begun at a later time; BusyError while an ingester is at work."""
    with readable_errors(study), only_ingester(study, "doctor"), connect(study.private / DATABASE_NAME) as connection:
        accept_clock(connection, now())


def verify(study: StudyFolder, people_count: int | None, now: Clock = wall_clock) -> int:
    """Makes the tables of so many participants (None: everybody's) again from the originals; returns how many were equal.

    Raises pipelines.verify.VerificationError (a FootfallError) if they differ.
    """
    from pipelines.verify import verify_sample

    with open_run(study, "doctor", now=now) as run:
        everybody = len(run.tables.participants)
        return verify_sample(run, everybody if people_count is None else people_count)
