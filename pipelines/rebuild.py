"""Everything again from archive/, quarantine/, the receipts and the CSVs, in a database beside: it must equal what is there.

The names, folders, times and numbers of the receipts are those of the ledger; where private/footfall.duckdb is lost or cannot
be opened they come from receipts.jsonl, and the rebuilt database is put in its place at once.
"""

import dataclasses
import re
from pathlib import Path

from pipelines import ingest, intake, receipts
from pipelines.errors import FootfallError
from pipelines.loading import BATCH_FILES, BATCH_ROWS, container_entry, own_dialects
from pipelines.originals import Originals, of_ledger, of_receipts
from pipelines.publications import publish
from pipelines.readers import read_all
from pipelines.reading import read_jobs
from pipelines.run import ASIDE, Clock, Run, only_ingester, open_run, readable_errors, wall_clock
from pipelines.study_folder import StudyFolder
from warehouse import ledger
from warehouse.build import derive
from warehouse.compare import Comparison, attached, compare_tables, published_tables
from warehouse.database import DATABASE_NAME, AnyError, Connection, DatabaseBusyError, connect, open_database
from warehouse.durable import replace_durably, sync_folder
from warehouse.ledger import Entry, SourceFile
from warehouse.multiverse import compare_definitions
from warehouse.publish import run_checks
from warehouse.study_tables import mirror_study

_NAME = "rebuild.duckdb"
_UNREADABLE = "unreadable.duckdb"
_HASH = re.compile(r"[0-9a-f]{64}")


class RebuildError(FootfallError):
    """The study cannot be rebuilt as it should be: the message says what is missing."""


@dataclasses.dataclass
class Rebuilt:
    """What a rebuild found.

    outcome: equal, different, replaced (the rebuilt tables are in place) or restored (there was no private database).
    tables: one comparison for each table; none if restored. missing, damaged: contents without an original that has their hash;
    orphans: originals in archive/ of which no receipt tells; set_aside: as a run reports it.
    """

    outcome: str
    tables: list[Comparison] = dataclasses.field(default_factory=list)
    contents: int = 0
    missing: list[str] = dataclasses.field(default_factory=list)
    damaged: list[str] = dataclasses.field(default_factory=list)
    orphans: list[str] = dataclasses.field(default_factory=list)

    @property
    def different(self) -> list[Comparison]:
        """The tables that differ."""
        return [table for table in self.tables if table.differing]

    @property
    def rows(self) -> int:
        """Rows of all tables that were compared."""
        return sum(table.rows for table in self.tables)


def rebuild(
    study: StudyFolder,
    progress: ingest.Progress = lambda *_: None,
    *,
    is_replacing: bool = False,
    now: Clock = wall_clock,
) -> Rebuilt:
    """Makes everything again beside what is there and compares; puts it in place if asked to, or if nothing is there.

    Where originals are missing or damaged nothing is compared or put in place, unless is_replacing says so: then their contents
    are set aside. Raises CheckFailedError if the rebuilt tables contradict themselves, and what open_run raises.
    """
    _set_unreadable_aside(study)
    with open_run(study, "rebuild", now=now) as run:
        is_lost = ledger.count_receipts(run.connection) == 0 and bool(receipts.read(study))
        if not is_lost and not is_replacing:
            _bring_up_to_date(run)
        path = study.private / _NAME
        _discard(path)
        try:
            found = _Rebuild(run, path).make(progress, is_replacing=is_replacing)
            if (found.missing or found.damaged) and not is_replacing:
                return found
            if not is_lost:
                with attached(run.connection, path, "rebuilt"):
                    found.tables = compare_tables(run.connection, "rebuilt", published_tables())
                found.outcome = "different" if found.different else "equal"
            if is_lost or (is_replacing and found.different):
                _put_in_place(run, path)
                found.outcome = "restored" if is_lost else "replaced"
        finally:
            _discard(path)
        return found


def _set_unreadable_aside(study: StudyFolder) -> None:
    """A private database that cannot be opened gives up its place; it is taken away when another one stands there."""
    path = study.private / DATABASE_NAME
    with readable_errors(study), only_ingester(study, "rebuild"):
        if not path.exists():
            return
        with path.open("rb+"):
            pass  # a file that may not be written is a matter of permissions, which the disk says better
        try:
            with connect(path):
                return
        except DatabaseBusyError:
            raise
        except AnyError:
            aside = study.private / _UNREADABLE
            _discard(aside)
            _log_of(path).unlink(missing_ok=True)
            path.replace(aside)
            sync_folder(study.private)


def _bring_up_to_date(run: Run) -> None:
    """Takes up edited CSVs as every run does: what is compared are the same files and the same CSVs."""
    ingest.load(run, [])
    ingest.derive(run)
    ingest.compare(run)
    if run.report.participants_derived or run.report.statuses:
        ingest.check(run)
        ingest.publish(run)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _discard(path: Path) -> None:
    for leftover in (path, _log_of(path)):
        leftover.unlink(missing_ok=True)


class _Rebuild:
    """The rebuilt database while it is made."""

    def __init__(self, run: Run, path: Path) -> None:
        self.run = run
        self.path = path
        self.entries: list[Entry] = []
        self.rows = 0
        self.was_read: dict[str, bool] = {}

    def make(self, progress: ingest.Progress, *, is_replacing: bool) -> Rebuilt:
        """Carries over, reads, derives and checks; stops after reading if an original is missing and is_replacing is False."""
        run = self.run
        with connect(self.path):
            pass  # the current schema
        with attached(run.connection, self.path, "rebuilt"):
            ledger.carry_over(run.connection, "rebuilt")
        known = {content.source_file_id: content for content in of_ledger(run.connection)}
        written = receipts.read(run.study)
        contents = [*known.values(), *of_receipts(run.study, written, known)]
        originals = Originals(run.study, run.scratch, contents)
        with connect(self.path) as connection:
            held = ledger.receipts(connection)
            more = [each for each in written if (each.source_file_id, each.inbox_path) not in held]
            # a receipt without a name is what a withdrawal leaves
            gone = [
                Entry(SourceFile(each.source_file_id, "withdrawn", each.received_at))
                for each in more
                if not each.inbox_path
            ]
            ledger.write_batch(connection, gone, more, run.now())
            self._read(connection, originals, progress)
            found = Rebuilt(
                "different", [], len(contents), sorted(originals.missing), sorted(originals.damaged),
                _orphans(run.study, set(originals.contents)),
            )  # fmt: skip
            if (found.missing or found.damaged) and not is_replacing:
                return found
            for job in originals.lost():
                self._add(connection, read_jobs([job], run.attribution)[0])
            for container_id, members in originals.members.items():
                if container_id in originals.contents:
                    received_at = originals.contents[container_id].received_at
                    self._add(connection, container_entry(container_id, received_at, members, self.was_read))
            self._write(connection)
            ledger.note_dialects(connection, own_dialects(run.study))
            derive(connection, mirror_study(connection, run.tables.frames), everybody=True)
            compare_definitions(connection)
            run.report.checks = run_checks(connection)
        return found

    def _read(self, connection: Connection, originals: Originals, progress: ingest.Progress) -> None:
        total, done = len(originals.contents), 0
        progress(0, total, 0, 0.0)
        for wave in originals.waves():
            for _, entry in read_all(wave, self.run.attribution, originals.stage):
                self._add(connection, entry)
                done += 1
                aside = len(originals.missing) + len(originals.damaged)
                progress(done, total, aside, done / max(1, total))
        self._write(connection)

    def _add(self, connection: Connection, entry: Entry) -> None:
        file = entry.file
        if file.loaded_at is not None:
            entry = dataclasses.replace(entry, file=dataclasses.replace(file, loaded_at=self.run.now()))
        self.was_read[file.source_file_id] = file.rows_read is not None
        self.run.report.note("", file.status, file.reason, is_listed=False)
        self.entries.append(entry)
        self.rows += sum(frame.height for frame in entry.frames.values())
        if len(self.entries) >= BATCH_FILES or self.rows >= BATCH_ROWS:
            self._write(connection)

    def _write(self, connection: Connection) -> None:
        ledger.write_batch(connection, self.entries, [], self.run.now())
        self.entries, self.rows = [], 0


def _orphans(study: StudyFolder, known: set[str]) -> list[str]:
    """Originals in archive/ of which no receipt tells: the run that put them there was ended before it noted them."""
    hashes = {path.name[:64] for path in study.archive.glob("??/*") if _HASH.match(path.name)}
    return sorted(hashes - known)


def _put_in_place(run: Run, path: Path) -> None:
    """The rebuilt database in place of the private one, originals and reason files where they belong, then published."""
    study = run.study
    with connect(path) as connection:
        files = ledger.evidence(connection)
    _move_originals(study, files)
    run.connection.close()
    for log in (_log_of(path), _log_of(study.private / DATABASE_NAME)):
        if log.exists():
            raise RebuildError(f"expected a database that was closed whole; found {log.name} beside it. Run it again.")
    replace_durably(path, study.private / DATABASE_NAME)
    # closed by the run, after the run's own end is noted in it
    run.connection = open_database(study.private / DATABASE_NAME)
    receipts.catch_up(study, run.connection)
    _renew_reasons(study, files)
    publish(run)
    _discard(study.private / _UNREADABLE)


def _move_originals(study: StudyFolder, files: dict[str, ledger.Evidence]) -> None:
    """Originals in archive/ as well that are in quarantine/ and can be read now, and the other way round."""
    for source_file_id, evidence in files.items():
        path = intake.find_original(study, source_file_id)
        if path is None or evidence.file.container_id is not None:
            continue
        if evidence.file.status == "quarantined":
            intake.quarantine(study, path, source_file_id, evidence.inbox_path)
        elif path.is_relative_to(study.quarantine):
            intake.archive_all(study, {source_file_id: (path, evidence.inbox_path)})


def _renew_reasons(study: StudyFolder, files: dict[str, ledger.Evidence]) -> None:
    """A reason file for what is set aside now, and none for anything else."""
    for source_file_id, evidence in files.items():
        file, name = evidence.file, evidence.inbox_path
        if file.status == "withdrawn":
            continue
        is_quiet = file.status == "no_step_data" and intake.is_inside(file.container_id, [name])
        is_aside = file.status in ASIDE and not is_quiet
        intake.write_reason(
            study, source_file_id, name, intake.Reason(file.status, file.reason or "") if is_aside else None
        )
        if file.status == "quarantined" and file.container_id is None:
            intake.archive_path(study, source_file_id, name).unlink(missing_ok=True)
