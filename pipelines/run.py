"""One ingester at work on a study: the lock that keeps others out, the open ledger, the clock, and what the run did."""

import collections
import contextlib
import dataclasses
import datetime as dt
import json
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import filelock

from connectors.dialect_file import DialectError, known
from pipelines import intake, receipts
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError, StudyError
from pipelines.study_folder import StudyFolder, StudyTables, read_study
from pipelines.withdraw import refusal
from warehouse import ledger
from warehouse.database import DATABASE_NAME, DISK_ERRORS, AnyError, Connection, connect
from warehouse.differences import Differences
from warehouse.errors import WarehouseError
from warehouse.study_tables import MirroredStudy, mirror_study

#: Statuses of contents that a person may want to look at.
ASIDE = ("quarantined", "unattributed", "no_step_data")
#: A clock that shows this much less than at an earlier run has been set back. Time servers correct seconds.
CLOCK_TOLERANCE = dt.timedelta(hours=1)
_POLL_SECONDS = 0.5

Clock = Callable[[], dt.datetime]


class BusyError(FootfallError):
    """Another ingester works on the study."""


class StorageError(FootfallError):
    """The disk could not be read or written."""


class ClockError(FootfallError):
    """The computer's clock shows less than at an earlier run."""


def wall_clock() -> dt.datetime:
    """Now, UTC."""
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass
class Report:
    """What one run did.

    statuses: how many contents ended in which status; set_aside: (name, status, reason) of what a person may want to look at;
    verified: participants whose tables were made again from the originals and found equal; changes: the weeks that differ
    from an earlier publication, None if none was compared.
    """

    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    set_aside: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    participants_derived: int = 0
    verified: int = 0
    checks: int = 0
    changes: Differences | None = None

    def note(self, name: str, status: str, reason: str | None, *, is_listed: bool = True) -> None:
        """Counts one content, and lists it if it was set aside."""
        self.statuses[status] += 1
        if is_listed and status in ASIDE:
            self.set_aside.append((name, status, reason or ""))

    def counts(self) -> dict[str, Any]:
        """The report in numbers, as ledger.run keeps it."""
        return {
            "files": dict(sorted(self.statuses.items())),
            "set_aside": len(self.set_aside),
            "participants_derived": self.participants_derived,
            "participants_verified": self.verified,
            "weeks_changed": None if self.changes is None else len(self.changes.rows),
        }


@dataclasses.dataclass
class Run:
    """One ingester at work on a study. now: the clock that stamps receipts."""

    study: StudyFolder
    tables: StudyTables
    attribution: Attribution
    connection: Connection
    mirrored: MirroredStudy
    scratch: Path
    report: Report
    kind: str = "ingest"
    now: Clock = wall_clock


@contextlib.contextmanager
def open_run(
    study: StudyFolder, kind: str = "ingest", *, wait_seconds: float = 0, now: Clock = wall_clock
) -> Iterator[Run]:
    """The study, locked for one ingester, its CSVs read and mirrored, the run noted in the ledger.

    kind: the command, for messages and the list of runs. wait_seconds: how long to wait for another ingester. Raises
    BusyError if another one is at work, ClockError if the clock was set back, StudyError for a CSV that cannot be used.
    """
    # it opens runs of its own
    from pipelines.withdraw.steps import finish_begun

    with readable_errors(study), only_ingester(study, kind, wait_seconds=wait_seconds) as scratch:
        finish_begun(study, scratch, now)
        with opened(study, kind, scratch, now) as run:
            yield run


@contextlib.contextmanager
def opened(study: StudyFolder, kind: str, scratch: Path, now: Clock) -> Iterator[Run]:
    """As open_run, for one who holds the ingester's lock already."""
    tables = read_study(study)
    try:
        known(study.dialects)
    except DialectError as error:
        raise StudyError(str(error)) from None
    intake.clear_incoming(study)
    with connect(study.private / DATABASE_NAME) as connection:
        now = _onwards(now, _check_clock(connection, now()))
        refusal.catch_up(study, connection)
        refusal.refuse_listed(connection, tables.participants)
        if kind != "rebuild":  # which may begin with less than the receipts tell of
            receipts.catch_up(study, connection, is_erasing=kind == "withdraw")
        run = Run(
            study, tables, Attribution.of(tables), connection, mirror_study(connection, tables.frames), scratch,
            Report(), kind, now,
        )  # fmt: skip
        try:
            with _noted(run):
                yield run
        finally:
            # a rebuild puts another database in the place of the one it was opened with
            run.connection.close()


@contextlib.contextmanager
def readable_errors(study: StudyFolder) -> Iterator[None]:
    """Turns what the disk complains of into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        place = Path(str(error.filename or ""))
        where = ""
        if place.is_relative_to(study.root) and place != study.root:
            inside = place.relative_to(study.root)
            # files in these two have their original names, which belong into no log
            named = inside.parts[0] in (study.inbox.name, study.quarantine.name)
            where = f" at {inside.parts[0] if named else inside}"
        raise StorageError(_ON_DISK.format(f"{error.strerror or type(error).__name__}{where}")) from error
    except DISK_ERRORS as error:
        # the first line says it; what follows is a trace
        raise StorageError(_ON_DISK.format(str(error).splitlines()[0][:300])) from error


_ON_DISK = (
    "expected to be able to read and write in the study folder; found: {}. Look for a full disk, permissions and the"
    " connection to a share (`footfall doctor`), then run again: what was accepted is kept, the rest is still in the inbox."
)


@contextlib.contextmanager
def only_ingester(study: StudyFolder, kind: str, *, wait_seconds: float = 0) -> Iterator[Path]:
    """Keeps every other ingester out; gives a folder for what is needed during the run only. BusyError names the other."""
    study.private.mkdir(exist_ok=True)
    lock = filelock.FileLock(study.private / "ingest.lock")
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=_POLL_SECONDS)
    except filelock.Timeout:
        raise BusyError(
            f"expected to be the only ingester of {study.root}; found another one at work{_in_words(owner(study))}. Wait"
            " for it to end, or stop `footfall watch` or `footfall serve`."
        ) from None
    owner_file = study.private / "ingest.owner"
    scratch = None
    try:
        for leftover in study.private.glob("run-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix="run-", dir=study.private))
        owner_file.write_text(
            json.dumps({
                "command": kind, "process": os.getpid(), "host": socket.gethostname(),
                "since": wall_clock().isoformat(timespec="seconds"),
            }),
            encoding="utf-8",
        )  # fmt: skip
        yield scratch
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        with contextlib.suppress(OSError):
            owner_file.unlink(missing_ok=True)
        lock.release()


def owner(study: StudyFolder) -> dict[str, Any] | None:
    """Who holds the ingester's lock: command, process, host, since; None if nobody does, {} if it has not said."""
    lock = filelock.FileLock(study.private / "ingest.lock")
    if not study.private.is_dir():
        return None
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        try:
            found = json.loads((study.private / "ingest.owner").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
    lock.release()
    return None


def _in_words(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    command, process, host, since = (found.get(key) for key in ("command", "process", "host", "since"))
    return f": `footfall {command}`, process {process} on {host}, since {since}"


def _check_clock(connection: Connection, now: dt.datetime) -> dt.datetime:
    """The latest instant that any run has noted, this one's beginning included."""
    row = connection.execute("SELECT max(noted_at) FROM ledger.clock").fetchone()
    noted: dt.datetime | None = row[0] if row else None
    if noted is not None and now < noted - CLOCK_TOLERANCE:
        # minutes later than a file's receipt count as future ones: a wrong clock would spoil them for ever
        raise ClockError(
            f"expected a clock that shows more than at the last run, {noted:%Y-%m-%d %H:%M} UTC; found"
            f" {now:%Y-%m-%d %H:%M} UTC. Set the computer's clock; nothing was taken. If it was wrong then and is right"
            " now, `footfall doctor --clock-is-right` says so."
        )
    if noted is None or now > noted:
        accept_clock(connection, now)
        return now
    return noted


def _onwards(now: Clock, latest: dt.datetime) -> Clock:
    """A clock that stands still where the computer's is set back by a little: receipts keep the order in which they came."""

    def clock() -> dt.datetime:
        nonlocal latest
        latest = max(latest, now())
        return latest

    return clock


def accept_clock(connection: Connection, now: dt.datetime) -> None:
    """Notes what the clock shows, whatever it showed before."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM ledger.clock")
    connection.execute("INSERT INTO ledger.clock VALUES (?)", [now])
    connection.execute("COMMIT")


@contextlib.contextmanager
def _noted(run: Run) -> Iterator[None]:
    """Notes the run in ledger.run: when it began, and when and how it ended."""
    run_id = str(uuid.uuid4())
    ledger.begin_run(run.connection, run_id, run.kind, run.now(), metadata.version("footfall"))
    outcome = "done"
    try:
        yield
    except BaseException as error:
        # what other errors say may quote a file
        is_ours = isinstance(error, FootfallError | WarehouseError)
        outcome = f"failed: {error}" if is_ours else f"failed: {type(error).__name__}"
        raise
    finally:
        # a full disk leaves the database unusable for this process; the run then reads as ended by force
        with contextlib.suppress(AnyError):
            ledger.end_run(run.connection, run_id, run.now(), outcome, json.dumps(run.report.counts()))
            accept_clock(run.connection, run.now())
