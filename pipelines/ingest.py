"""From the inbox to the published file, as plain functions: discover, load, derive, check, publish.

`footfall ingest` calls them directly, `pipelines.flows` as tasks. A run that is stopped at any instant leaves either a
file in the inbox or its rows in the ledger, never half of it; the next run finishes the work.
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import datetime as dt
import logging
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import duckdb
import filelock

from connectors.containers import is_container, unpack
from connectors.dialect_file import DialectError, known
from connectors.errors import ConnectorError, CorruptFileError
from pipelines import intake
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError, StudyError
from pipelines.reading import Job, read_jobs
from pipelines.study_folder import StudyFolder, StudyTables, read_study
from pipelines.worker import use_threads
from warehouse import ledger
from warehouse.build import derive as derive_tables
from warehouse.database import DATABASE_NAME, connect
from warehouse.ledger import Entry, Receipt, SourceFile
from warehouse.multiverse import compare_definitions
from warehouse.publish import publish_database, run_checks
from warehouse.study_tables import mirror_study

_LOG = logging.getLogger("footfall")

_ASIDE = ("quarantined", "unattributed", "no_step_data")
#: readers that look at bytes alone: another name of such a file says nothing new about what it holds
_NAMELESS = ("fit", "gpx", "container")

#: A batch is written in one transaction when it holds this many files or minute rows.
BATCH_FILES = 200
BATCH_ROWS = 2_000_000
#: Files are read in groups of so many, or so many bytes: a group shares the cost of calls, and its frames wait in memory.
GROUP_FILES = 64
GROUP_BYTES = 4 * 1024 * 1024
#: So many groups for each worker process, if there are files enough: the last ones end at about the same time.
GROUPS_PER_WORKER = 4
#: Starting worker processes costs about a second; below this many bytes one process is faster.
PARALLEL_BYTES = 2_000_000

#: (files done, files in all, files set aside)
Progress = Callable[[int, int, int], None]


class BusyError(FootfallError):
    """Another ingester works on the study."""


@dataclasses.dataclass
class Report:
    """What one run did. statuses: how many contents ended in which status; set_aside: (name, status, reason) of what a
    person may want to look at.
    """

    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    set_aside: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    participants_derived: int = 0
    checks: int = 0

    def note(self, name: str, status: str, reason: str | None, *, is_listed: bool = True) -> None:
        """Counts one content, and lists it if it was set aside."""
        self.statuses[status] += 1
        if is_listed and status in _ASIDE:
            self.set_aside.append((name, status, reason or ""))


@dataclasses.dataclass
class Run:
    """One ingester at work on a study."""

    study: StudyFolder
    tables: StudyTables
    attribution: Attribution
    connection: duckdb.DuckDBPyConnection
    study_hash: str
    scratch: Path
    report: Report


@contextlib.contextmanager
def open_run(study: StudyFolder) -> Iterator[Run]:
    """The study, locked for one ingester, its CSVs read and mirrored. BusyError if another one is at work."""
    tables = read_study(study)
    try:
        known(study.dialects)
    except DialectError as error:
        raise StudyError(str(error)) from None
    study.private.mkdir(exist_ok=True)
    lock = filelock.FileLock(study.private / "ingest.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise BusyError(
            f"expected to be the only ingester of {study.root}; found another one at work. Wait for it to end, or stop"
            " `footfall watch` or `footfall serve`."
        ) from None
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=study.private))
    try:
        for leftover in study.private.glob("run-*"):
            if leftover != scratch:
                shutil.rmtree(leftover, ignore_errors=True)
        with connect(study.private / DATABASE_NAME) as connection:
            study_hash = mirror_study(connection, tables.frames)
            yield Run(study, tables, Attribution.of(tables), connection, study_hash, scratch, Report())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        lock.release()


def copy_into_inbox(study: StudyFolder, paths: Iterable[Path]) -> list[str]:
    """Copies files and folders into the inbox, leaving the originals; returns their paths under inbox/.

    A folder is copied with its name, so that a folder named after a participant says whose its files are.
    """
    names = []
    for path in paths:
        if not path.exists():
            raise StudyError(f"expected a file or folder; found nothing at {path}.")
        base = path.resolve().parent
        files = (
            [path.resolve()]
            if path.is_file()
            else [base / path.resolve().name / name for name in intake.look(path.resolve())]
        )
        for file in sorted(files):
            if file.is_relative_to(study.inbox.resolve()):
                # it lies where a copy would be put
                names.append(file.relative_to(study.inbox.resolve()).as_posix())
                continue
            name = file.relative_to(base).as_posix()
            target = study.inbox / name
            if target.exists() and intake.content_hash(target) != intake.content_hash(file):
                raise StudyError(f"expected room for {name} in inbox/; found another file of that name waiting there.")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
            names.append(name)
    return names


def load(run: Run, names: list[str], progress: Progress = lambda *_: None) -> None:
    """Takes the named files of the inbox: every content ends in the ledger, its original in archive/ or quarantine/.

    Also reads again what a change of the study's CSVs concerns, such as a file whose owner is now listed.
    """
    intake_ = _Intake(run)
    jobs = intake_.jobs(names)
    again = intake_.jobs_to_repeat()
    total, before = len(jobs) + len(again), len(run.report.set_aside)
    progress(0, total, 0)
    for done, (job, entry) in enumerate(_read_all([*jobs, *again], run.attribution), 1):
        intake_.accept(job, entry)
        progress(done, total, len(run.report.set_aside) - before)
    intake_.flush()


@dataclasses.dataclass
class _Opened:
    """An archive whose members are on their way. members: content of each file inside; waiting: those not read yet."""

    received_at: dt.datetime
    members: list[str]
    waiting: set[str]


class _Told(NamedTuple):
    """What a receipt says that was not known before: the content itself, a name of it, a folder."""

    is_new: bool = False
    is_renamed: bool = False
    is_evidence: bool = False


class _Intake:
    """The files of one run on their way: hashed, told apart from known ones, and written in batches."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.known = ledger.evidence(run.connection)
        self.receipts = ledger.receipts(run.connection)
        self.numbers = collections.Counter(source_file_id for source_file_id, _ in self.receipts)
        self.folders = {key: set(value.folders) for key, value in self.known.items()}
        self.first_names = {key: value.inbox_path for key, value in self.known.items()}
        self.all_names: dict[str, set[str]] = collections.defaultdict(set)
        for source_file_id, name in self.receipts:
            self.all_names[source_file_id].add(name)
        # read again whatever comes of it, and read again because a new name may tell more
        self.repeat: set[str] = set()
        self.renamed: set[str] = set()
        self.entries: list[Entry] = []
        self.new_receipts: list[Receipt] = []
        self.taken: list[Path] = []
        self.rows = 0
        self.names: dict[str, str] = {}
        self.written = set(self.known)
        # archives whose members are still on their way: the ledger hears of an archive after its last member
        self.opened: dict[str, _Opened] = {}
        self.awaited: dict[str, set[str]] = collections.defaultdict(set)
        # where the members of an archive lie unpacked, by content
        self.unpacked: dict[str, dict[str, Path]] = {}
        self.was_read = {key: value.file.rows_read is not None for key, value in self.known.items()}
        # archives with members that could not be used, and with members whose name matters
        self.with_unread = {value.file.container_id for key, value in self.known.items() if self._is_unread(key)}
        self.with_named = {
            value.file.container_id for value in self.known.values() if value.file.connector not in _NAMELESS
        }

    def _is_unread(self, source_file_id: str) -> bool:
        """True for a known content that could not be used, or that no reader knew."""
        if source_file_id not in self.known:
            return False
        file = self.known[source_file_id].file
        return file.status == "quarantined" or (file.status == "no_step_data" and file.connector is None)

    def jobs(self, names: list[str]) -> list[Job]:
        """One job for each content that the ledger does not know yet; archives are opened and their members hashed."""
        jobs: list[Job] = []
        for name in names:
            path = self.run.study.inbox / name
            try:
                source_file_id, status = intake.content_hash(path), path.stat()
            except FileNotFoundError:
                continue  # taken away again since it was seen
            except OSError as error:
                self.run.report.set_aside.append(
                    (intake.printable(name), "left in the inbox", f"expected a readable file; found: {error.strerror}.")
                )
                continue
            shown = intake.printable(name)
            told = self._receive(source_file_id, shown, intake.folder_of(shown), status.st_size, status.st_mtime_ns)
            if told.is_new or (self._says_more_of_members(source_file_id, told) and is_container(path)):
                jobs += self._open(path, source_file_id, shown, told)
            self.taken.append(path)
        # a later name of the same content may have added to the evidence
        return [
            dataclasses.replace(
                job,
                folders=tuple(sorted(self.folders[job.source_file_id])),
                names=tuple(sorted(self.all_names[job.source_file_id])),
            )
            for job in jobs
        ]

    def _receive(
        self,
        source_file_id: str,
        name: str,
        folder: str | None,
        size: int,
        mtime_ns: int,
        *,
        is_counted: bool = True,
    ) -> _Told:
        """Notes a receipt; returns what it says that was not known. is_counted: the report counts it if it is a duplicate."""
        is_known = source_file_id in self.numbers
        if (source_file_id, name) in self.receipts:
            # an interrupted run, or the same file dropped again: only what could not be used is worth another try
            if self._is_unread(source_file_id):
                self.repeat.add(source_file_id)
            return _Told()
        self.numbers[source_file_id] += 1
        now = dt.datetime.now(dt.UTC)
        self.receipts[source_file_id, name] = (self.numbers[source_file_id], size, mtime_ns)
        self.all_names[source_file_id].add(name)
        self.new_receipts.append(
            Receipt(source_file_id, name, folder, size, mtime_ns, now, self.numbers[source_file_id])
        )
        folders = self.folders.setdefault(source_file_id, set())
        is_evidence = folder is not None and folder not in folders
        if folder is not None:
            folders.add(folder)
        if not is_known:
            self.first_names[source_file_id] = name
            return _Told(is_new=True, is_renamed=True, is_evidence=is_evidence)
        if is_counted:
            self.run.report.note(name, "duplicate", None)
        if source_file_id in self.known:
            (self.repeat if is_evidence or self._is_unread(source_file_id) else self.renamed).add(source_file_id)
        return _Told(is_renamed=True, is_evidence=is_evidence)

    def _says_more_of_members(self, container_id: str, told: _Told) -> bool:
        """True if the members of an archive that came again are worth another look.

        A new folder says whose they are, a new name what those may hold that bytes alone do not tell, and those that could
        not be used are tried again, as a file by itself is.
        """
        is_named = container_id not in self.known or container_id in self.with_named
        return told.is_evidence or (told.is_renamed and is_named) or container_id in self.with_unread

    def _job(
        self, path: Path, source_file_id: str, container_id: str | None, received_at: dt.datetime | None = None
    ) -> Job:
        return Job(
            path=path,
            source_file_id=source_file_id,
            name=self.first_names[source_file_id],
            folders=tuple(sorted(self.folders.get(source_file_id, ()))),
            received_at=received_at or dt.datetime.now(dt.UTC),
            container_id=container_id,
            dialect_folder=self.run.study.dialects,
            names=tuple(sorted(self.all_names[source_file_id])),
        )

    def _open(
        self, path: Path, source_file_id: str, name: str, told: _Told, received_at: dt.datetime | None = None
    ) -> list[Job]:
        job = self._job(path, source_file_id, None, received_at)
        if not is_container(path):
            return [job]
        try:
            # the same archive under another name brings no new file, but says something about its members
            members = unpack(path, Path(tempfile.mkdtemp(dir=self.run.scratch)))
        except ConnectorError as error:
            return [dataclasses.replace(job, error=error)] if told.is_new else []
        jobs, contents = [], []
        for member in members:
            member_id = intake.content_hash(member.path)
            contents.append(member_id)
            folder = intake.folder_of(name) or intake.folder_of(member.name)
            size = member.path.stat().st_size
            # an archive that came again for nobody else is one duplicate, not as many as it has members
            is_counted = told.is_new or told.is_evidence
            if self._receive(member_id, f"{name}!/{member.name}", folder, size, 0, is_counted=is_counted).is_new:
                inside = self._job(member.path, member_id, source_file_id)
                jobs.append(dataclasses.replace(inside, error=member.error))
        self.unpacked[source_file_id] = {
            member_id: member.path for member_id, member in zip(contents, members, strict=True)
        }
        if told.is_new:
            intake.keep_original(self.run.study, path, source_file_id, name, is_readable=True)
        self._await(source_file_id, job.received_at, contents)
        return jobs

    def _await(self, container_id: str, received_at: dt.datetime, members: list[str]) -> None:
        """The archive is written once all its members are read that are on their way, in it or elsewhere."""
        if container_id in self.known:
            received_at = self.known[container_id].file.received_at
        waiting = {member_id for member_id in members if member_id not in self.known or member_id in self.repeat}
        self.opened[container_id] = _Opened(received_at, members, waiting)
        for member_id in waiting:
            self.awaited[member_id].add(container_id)
        if not waiting:
            self._close(container_id)

    def _close(self, container_id: str) -> None:
        opened = self.opened.pop(container_id)
        read = sum(self.was_read.get(member_id, False) for member_id in opened.members)
        reason = f"{len(opened.members):,} files inside, {read:,} read"
        before = self.known.get(container_id)
        if before is not None and (before.file.status, before.file.reason) == ("container", reason):
            return
        file = SourceFile(
            source_file_id=container_id,
            status="container",
            reason=reason,
            connector="container",
            received_at=opened.received_at,
            context_hash="container",
        )
        self.names[container_id] = self.first_names[container_id]
        self._add(Entry(file), is_counted=before is None or before.file.status != "container")

    def jobs_to_repeat(self) -> list[Job]:
        """One job for each known content about which the study's CSVs now say something else, or that came again."""
        jobs = []
        for source_file_id, evidence in self.known.items():
            file = evidence.file
            if file.status in ("container", "withdrawn"):
                continue
            context = self.run.attribution.context_hash(
                tuple(sorted(self.folders[source_file_id])), evidence.labels, evidence.device_ids, file.time_basis
            )
            is_renamed = source_file_id in self.renamed and file.connector not in _NAMELESS
            if context == file.context_hash and source_file_id not in self.repeat and not is_renamed:
                continue
            path = self._find(evidence)
            if path is None:
                _LOG.warning("the original of %s is neither in archive/ nor in quarantine/", source_file_id[:12])
            elif file.container_id is None and is_container(path):
                # an archive that could not be opened before
                jobs += self._open(path, source_file_id, evidence.inbox_path, _Told(is_new=True), file.received_at)
            else:
                jobs.append(self._job(path, source_file_id, file.container_id, file.received_at))
        return jobs

    def _find(self, evidence: ledger.Evidence) -> Path | None:
        container_id = evidence.file.container_id
        if container_id is None:
            return intake.find_original(self.run.study, evidence.file.source_file_id)
        if container_id not in self.unpacked:
            packed = intake.find_original(self.run.study, container_id)
            if packed is None:
                return None
            members = unpack(packed, Path(tempfile.mkdtemp(dir=self.run.scratch)))
            self.unpacked[container_id] = {intake.content_hash(member.path): member.path for member in members}
        return self.unpacked[container_id].get(evidence.file.source_file_id)

    def accept(self, job: Job, entry: Entry) -> None:
        """Puts the original of a read content where it belongs and queues its rows."""
        source_file_id = job.source_file_id
        self.was_read[source_file_id] = entry.file.rows_read is not None
        if not self._tells_nothing_new(entry):
            is_readable = entry.file.status != "quarantined"
            if job.container_id is None or not is_readable:
                kept = intake.keep_original(self.run.study, job.path, source_file_id, job.name, is_readable=is_readable)
                if not is_readable and job.container_id is None and job.path.is_relative_to(self.run.study.archive):
                    _LOG.info("%s moves to quarantine/", kept.name)
            self.names[source_file_id] = job.name
            self._add(entry)
        for container_id in self.awaited.pop(source_file_id, set()):
            if opened := self.opened.get(container_id):
                opened.waiting.discard(source_file_id)
                if not opened.waiting:
                    self._close(container_id)

    def _tells_nothing_new(self, entry: Entry) -> bool:
        """True if a content that was read again under one more name is what the ledger holds already."""
        source_file_id = entry.file.source_file_id
        if source_file_id not in self.renamed or source_file_id in self.repeat:
            return False
        before = self.known[source_file_id]
        parts = entry.frames.get("file_part")
        found = ((), ()) if parts is None else (
            tuple(parts.get_column("participant_label").drop_nulls().unique().sort()),
            tuple(parts.get_column("device_id").unique().sort()),
        )  # fmt: skip
        return found == (before.labels, before.device_ids) and (
            dataclasses.replace(entry.file, loaded_at=None) == dataclasses.replace(before.file, loaded_at=None)
        )

    def _is_quiet(self, file: SourceFile) -> bool:
        """True for a member of an archive that holds no steps: it lies there, and its archive says how many do."""
        return file.status == "no_step_data" and intake.is_inside(
            file.container_id, self.all_names[file.source_file_id]
        )

    def _add(self, entry: Entry, *, is_counted: bool = True) -> None:
        self.entries.append(entry)
        self.rows += sum(frame.height for frame in entry.frames.values())
        file = entry.file
        if is_counted:
            name = self.names[file.source_file_id]
            self.run.report.note(name, file.status, file.reason, is_listed=not self._is_quiet(file))
        if len(self.entries) >= BATCH_FILES or self.rows >= BATCH_ROWS:
            self._write()

    def _write(self) -> None:
        self.written |= {entry.file.source_file_id for entry in self.entries}
        ready = [receipt for receipt in self.new_receipts if receipt.source_file_id in self.written]
        self.new_receipts = [receipt for receipt in self.new_receipts if receipt.source_file_id not in self.written]
        ledger.write_batch(self.run.connection, self.entries, ready)
        for entry in self.entries:
            file = entry.file
            is_aside = file.status in _ASIDE and not self._is_quiet(file)
            reason = intake.Reason(file.status, file.reason or "") if is_aside else None
            intake.write_reason(self.run.study, file.source_file_id, self.names[file.source_file_id], reason)
            if file.status == "quarantined" and file.container_id is None:
                intake.archive_path(self.run.study, file.source_file_id, self.names[file.source_file_id]).unlink(
                    missing_ok=True
                )
        self.entries, self.rows = [], 0

    def flush(self) -> None:
        """Writes what is queued, then empties the inbox of everything that is safe."""
        for container_id in list(self.opened):
            self._close(container_id)
        self._write()
        for path in self.taken:
            path.unlink(missing_ok=True)


def _read_all(jobs: list[Job], attribution: Attribution) -> Iterator[tuple[Job, Entry]]:
    """Every job with its entry, in order; in worker processes where there is enough to read."""
    sizes = [job.path.stat().st_size for job in jobs]
    workers = min(os.cpu_count() or 1, 8, len(jobs))
    if workers < 2 or sum(sizes) < PARALLEL_BYTES:
        for group in _groups(jobs, sizes, GROUP_FILES, GROUP_BYTES):
            yield from zip(group, read_jobs(group, attribution), strict=True)
        return
    share = workers * GROUPS_PER_WORKER
    files, size = min(GROUP_FILES, -(-len(jobs) // share)), min(GROUP_BYTES, -(-sum(sizes) // share))
    queue = collections.deque(_groups(jobs, sizes, files, size))
    while queue:
        try:
            with _pool(workers) as pool:
                waiting: collections.deque[tuple[list[Job], concurrent.futures.Future[list[Entry]]]] = (
                    collections.deque()
                )
                while queue or waiting:
                    # a short window bounds the frames that wait in memory
                    while queue and len(waiting) < workers * 3:
                        waiting.append((queue[0], pool.submit(read_jobs, queue[0], attribution)))
                        queue.popleft()
                    group, future = waiting[0]
                    entries = future.result()
                    waiting.popleft()
                    yield from zip(group, entries, strict=True)
        except BrokenProcessPool:
            # a file that kills its reader: read those in flight one by one to find it
            for group, _ in waiting:
                for job in group:
                    yield job, _read_alone(job, attribution)


def _groups(jobs: list[Job], sizes: list[int], files: int, size: int) -> Iterator[list[Job]]:
    """The jobs in order, in groups of at most so many files and bytes; a larger file is a group of its own."""
    group: list[Job] = []
    held = 0
    for job, more in zip(jobs, sizes, strict=True):
        if group and (len(group) == files or held + more > size):
            yield group
            group, held = [], 0
        group.append(job)
        held += more
    if group:
        yield group


def _pool(workers: int) -> concurrent.futures.ProcessPoolExecutor:
    # all cores for each would be twice the work on many small tables: threads that wait for each other
    share = max(1, (os.cpu_count() or 1) // workers)
    return concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=use_threads, initargs=(share,)
    )


def _read_alone(job: Job, attribution: Attribution) -> Entry:
    try:
        with _pool(1) as pool:
            _must_start(pool)
            return pool.submit(read_jobs, [job], attribution).result()[0]
    except BrokenProcessPool:
        error = CorruptFileError(
            job.path,
            expected="a file that can be read in bounded memory",
            found="one that ended the process which read it",
            todo="Export it again; if it happens again, the file is worth a bug report.",
        )
        return read_jobs([dataclasses.replace(job, error=error)], attribution)[0]


def _must_start(pool: concurrent.futures.Executor) -> None:
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool:
        # no fault of any file: none is set aside
        raise FootfallError(
            "expected a worker process to start; found that it ended at once. Look for memory and process limits, then"
            " run again: every file is still in the inbox or known."
        ) from None


def derive(run: Run) -> int:
    """Brings the derived tables up to the ledger; returns how many participants were derived."""
    run.report.participants_derived = derive_tables(run.connection, run.study_hash)
    return run.report.participants_derived


def compare(run: Run) -> int:
    """Scores the weeks that changed under every universe too; returns how many universes there are."""
    return compare_definitions(run.connection)


def check(run: Run) -> int:
    """Runs the checks; returns how many. Raises warehouse.publish.CheckFailedError: nothing is published then."""
    run.report.checks = run_checks(run.connection)
    return run.report.checks


def publish(run: Run) -> Path:
    """Swaps in the published file and returns its path."""
    publish_database(run.connection, run.study.research)
    return run.study.research


def ingest(study: StudyFolder, paths: Iterable[Path] = (), progress: Progress = lambda *_: None) -> Report:
    """One pass over the inbox (or over copies of the given paths only), always ending with a published file."""
    with open_run(study) as run:
        given = list(paths)
        names = copy_into_inbox(study, given) if given else intake.settled(study.inbox)
        load(run, names, progress)
        derive(run)
        compare(run)
        check(run)
        publish(run)
        return run.report


def summary(run: Run) -> list[tuple[str, int]]:
    """What a person wants to know of a run: files by status, then what the tables hold."""
    rows = [(f"files {status}", count) for status, count in sorted(run.report.statuses.items())]
    held = run.connection.execute(
        """
        SELECT 'participants' AS what, count(*) AS n FROM participant
        UNION ALL SELECT 'participants derived', ?
        UNION ALL SELECT 'minutes', count(*) FROM minute
        UNION ALL SELECT 'weeks ' || status, count(*) FROM participant_week GROUP BY status
        ORDER BY what
        """,
        [run.report.participants_derived],
    ).fetchall()
    return rows + [(str(what), int(count)) for what, count in held]
