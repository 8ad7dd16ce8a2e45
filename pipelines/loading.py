"""The files of one run on their way: hashed, told apart from known ones, archived, read, and written in batches.

Nothing leaves the inbox before its bytes lie in archive/ or quarantine/, its rows in the ledger and its receipt in
receipts.jsonl, all on the disk. What is read is the copy in the archive, which has the hash it is named by, whatever happens to
the file in the inbox meanwhile.
"""

import collections
import dataclasses
import datetime as dt
import hashlib
import logging
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from connectors.containers import is_container, unpack
from connectors.errors import ConnectorError
from pipelines import intake, receipts
from pipelines.reading import Job
from pipelines.run import ASIDE, Run
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.arrivals import PARTED, REFUSED, Arrivals
from pipelines.withdraw.refusal import Withdrawn
from warehouse import ledger
from warehouse.durable import sync_folder
from warehouse.ledger import Entry, Receipt, SourceFile

_LOG = logging.getLogger("footfall")

#: readers that look at bytes alone: another name of such a file says nothing new about what it holds
_NAMELESS = ("fit", "gpx", "container")

_LOST = (
    "expected the original of content {} in archive/ or quarantine/; found none. Put it back from a backup: `footfall"
    " rebuild` lists all that are missing."
)

#: A batch is written in one transaction when it holds this many files or minute rows.
BATCH_FILES = 2_000
BATCH_ROWS = 2_000_000


@dataclasses.dataclass
class _Opened:
    """An archive whose members are on their way. members: content of each file inside; waiting: those not read yet."""

    received_at: dt.datetime
    members: list[str]
    waiting: set[str]


class _Taken(NamedTuple):
    """A file of the inbox as it was when it was hashed, and the name that its receipt has."""

    path: Path
    name: str
    look: intake.Identity
    content: str


class _Told(NamedTuple):
    """What a receipt says that was not known before: the content itself, a name of it, a folder."""

    is_new: bool = False
    is_renamed: bool = False
    is_evidence: bool = False


def container_entry(
    source_file_id: str, received_at: dt.datetime, members: Sequence[str], was_read: Mapping[str, bool]
) -> Entry:
    """The row of an archive: how many files are inside, and how many of them a reader understood.

    members: the content of each file inside, with repetitions; was_read: by content, False for one that is not in it.
    """
    read = sum(was_read.get(member_id, False) for member_id in members)
    return Entry(
        SourceFile(
            source_file_id=source_file_id,
            status="container",
            reason=f"{len(members):,} files inside, {read:,} read",
            connector="container",
            received_at=received_at,
            context_hash="container",
        )
    )


def own_dialects(study: StudyFolder) -> dict[str, str]:
    """Name -> SHA-256 of each dialect that the study has of its own."""
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(study.dialects.glob("*.toml"))}


class Loading:
    """The files of one run on their way: hashed, told apart from known ones, and written in batches.

    again: known contents that are read again, whether anything is said of them that is new or not.
    """

    def __init__(self, run: Run, again: Collection[str] = ()) -> None:
        self.run = run
        self.known = ledger.evidence(run.connection)
        self.receipts = ledger.receipts(run.connection)
        self.numbers = collections.Counter(source_file_id for source_file_id, _ in self.receipts)
        self.folders = {key: set(value.folders) for key, value in self.known.items()}
        self.first_names = {key: value.inbox_path for key, value in self.known.items()}
        self.all_names: dict[str, set[str]] = collections.defaultdict(set)
        for source_file_id, name in self.receipts:
            self.all_names[source_file_id].add(name)
        self.received = {key: value.file.received_at for key, value in self.known.items()}
        # read again whatever comes of it, and read again because a new name or a dialect may tell more
        self.repeat: set[str] = set(again)
        self.renamed: set[str] = set()
        self.dialects = own_dialects(run.study)
        self.changed_dialects = {name for name, _ in self.dialects.items() ^ ledger.dialects(run.connection).items()}
        tombstones = {key for key, value in self.known.items() if value.file.status == "withdrawn"}
        self.arrivals = Arrivals(
            Withdrawn.of(run.connection), tombstones, run.tables.participants, run.study.dialects, run.scratch
        )
        self.entries: list[Entry] = []
        self.new_receipts: list[Receipt] = []
        # files of the inbox whose content is in hand, by content
        self.taken: dict[str, list[_Taken]] = collections.defaultdict(list)
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

    def catch_up_notes(self) -> None:
        """Writes and takes away the reason files that a run which was ended by force after its transaction did not come to."""
        lying = intake.noted(self.run.study)
        for source_file_id, evidence in self.known.items():
            file, is_noted = evidence.file, lying.get(source_file_id[:12])
            reason = self._reason(file)
            if not is_noted if reason else is_noted is not None:
                intake.write_reason(self.run.study, source_file_id, evidence.inbox_path, reason)

    def jobs(self, names: list[str]) -> list[Job]:
        """One job for each content that the ledger does not know yet; archives are opened and their members hashed."""
        jobs: list[Job] = []
        for name in names:
            path = self.run.study.inbox / name
            try:
                look, source_file_id = intake.look_and_hash(path)
            except FileNotFoundError:
                continue  # taken away again since it was seen
            except OSError as error:
                self.run.report.set_aside.append(
                    (intake.printable(name), "left in the inbox", f"expected a readable file; found: {error.strerror}.")
                )
                continue
            shown = intake.printable(name)
            taken = _Taken(path, shown, look, source_file_id)
            arrived = self.arrivals.screen(path, source_file_id, shown)
            if arrived is None:
                self._refuse(taken, REFUSED)
                self.taken[source_file_id].append(taken)
                continue
            if arrived.source_file_id != source_file_id:
                self._refuse(taken, PARTED)
            path, source_file_id, shown = arrived
            told = self._receive(source_file_id, shown, intake.folder_of(shown), look.size, look.mtime_ns)
            self.taken[source_file_id].append(taken)
            if not told.is_new and not self._says_more_of_members(source_file_id, told):
                continue
            if not is_container(path):
                jobs += [self._job(path, source_file_id, None)] if told.is_new else []
            elif kept := self.stage([self._job(path, source_file_id, None)]):
                jobs += self._open(kept[0].path, source_file_id, shown, told)
        # a later name of the same content may have added to the evidence
        return [
            dataclasses.replace(
                job,
                folders=tuple(sorted(self.folders[job.source_file_id])),
                names=tuple(sorted(self.all_names[job.source_file_id])),
            )
            for job in jobs
        ]

    def _refuse(self, taken: _Taken, reason: str) -> None:
        """Notes that a content is not kept; what the ledger knows as somebody else's stays what it is."""
        self.run.report.note(taken.name, "withdrawn", None)
        self.run.report.set_aside.append((taken.name, "withdrawn", reason))
        if taken.content not in self.numbers:
            self.numbers[taken.content] += 1
            stone = receipts.tombstone(taken.content, self.run.now())
            self.new_receipts.append(stone)
            self.names[taken.content] = taken.name
            self._add(Entry(SourceFile(taken.content, "withdrawn", stone.received_at)), is_counted=False)

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
        now = self.run.now()
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
            self.received[source_file_id] = now
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

    def stage(self, jobs: list[Job]) -> list[Job]:
        """The jobs with their originals in archive/, on the disk; one that is not what was hashed stays where it is, unread.

        What could not be read before comes from quarantine/; what lies unpacked from an archive needs no copy.
        """
        study = self.run.study
        wanted = {
            job.source_file_id: (job.path, job.name)
            for job in jobs
            if job.path.is_relative_to(study.inbox)
            or job.path.is_relative_to(study.quarantine)
            # one that came with rows of somebody who was withdrawn, and was written without them
            or (job.container_id is None and job.path.is_relative_to(self.run.scratch))
        }
        kept = intake.archive_all(study, wanted)
        staged = []
        for job in jobs:
            if job.source_file_id not in wanted:
                staged.append(job)
            elif path := kept.get(job.source_file_id):
                staged.append(dataclasses.replace(job, path=path))
            else:
                where = job.path.relative_to(study.root).parts[0]
                reason = "expected a file that stays as it is; found that it changed since it was hashed."
                self.run.report.set_aside.append((job.name, f"left in {where}/", reason))
        return staged

    def _job(
        self, path: Path, source_file_id: str, container_id: str | None, received_at: dt.datetime | None = None
    ) -> Job:
        return Job(
            path=path,
            source_file_id=source_file_id,
            name=self.first_names[source_file_id],
            folders=tuple(sorted(self.folders.get(source_file_id, ()))),
            received_at=received_at or self.received[source_file_id],
            container_id=container_id,
            dialect_folder=self.run.study.dialects,
            names=tuple(sorted(self.all_names[source_file_id])),
            size=path.stat().st_size if path.exists() else 0,
        )

    def _open(
        self, path: Path, source_file_id: str, name: str, told: _Told, received_at: dt.datetime | None = None
    ) -> list[Job]:
        job = self._job(path, source_file_id, None, received_at)
        try:
            # the same archive under another name brings no new file, but says something about its members
            folder_of_members = Path(tempfile.mkdtemp(dir=self.run.scratch))
            members = unpack(path, folder_of_members, name=name.rpartition("/")[2])
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
        entry = container_entry(container_id, opened.received_at, opened.members, self.was_read)
        before = self.known.get(container_id)
        if before is not None and (before.file.status, before.file.reason) == ("container", entry.file.reason):
            return
        self.names[container_id] = self.first_names[container_id]
        # an archive that is counted again while its row still waits has one row, the last
        self.entries = [queued for queued in self.entries if queued.file.source_file_id != container_id]
        self._add(entry, is_counted=before is None or before.file.status != "container")

    def _count_again(self) -> None:
        """Archives say how many of their files were read: one of them was read for the first time, or is not any more."""
        changed = {key for key, value in self.known.items() if self.was_read[key] != (value.file.rows_read is not None)}
        outer = {name.partition("!/")[0] for key in changed for name in self.all_names[key] if "!/" in name}
        for container_id, evidence in self.known.items():
            if evidence.file.status != "container" or not outer & self.all_names[container_id]:
                continue
            path = intake.find_original(self.run.study, container_id)
            if path is not None:
                with tempfile.TemporaryDirectory(dir=self.run.scratch) as folder:
                    members = [intake.content_hash(member.path) for member in unpack(path, Path(folder))]
                self.opened[container_id] = _Opened(evidence.file.received_at, members, set())
                self._close(container_id)

    def jobs_to_repeat(self) -> list[Job]:
        """One job for each known content about which the study's CSVs now say something else, or that came again."""
        jobs = []
        for source_file_id, evidence in self.known.items():
            file = evidence.file
            if file.status in ("container", "withdrawn"):
                continue
            context = self.run.attribution.context_hash(
                tuple(sorted(self.folders[source_file_id])), evidence.labels, evidence.device_ids, file.time_basis,
                file.connector,
            )  # fmt: skip
            is_renamed = source_file_id in self.renamed and file.connector not in _NAMELESS
            is_told_more = is_renamed or self._may_read_otherwise(file)
            if context == file.context_hash and source_file_id not in self.repeat and not is_told_more:
                continue
            path = self._find(evidence)
            if path is None:
                _LOG.warning("the original of %s is neither in archive/ nor in quarantine/", source_file_id[:12])
                missing = (evidence.inbox_path, "not read again", _LOST.format(source_file_id[:12]))
                if missing not in self.run.report.set_aside:
                    self.run.report.set_aside.append(missing)
            elif file.container_id is None and is_container(path):
                # an archive that could not be opened before
                if kept := self.stage([self._job(path, source_file_id, None, file.received_at)]):
                    told = _Told(is_new=True)
                    jobs += self._open(kept[0].path, source_file_id, evidence.inbox_path, told, file.received_at)
            else:
                jobs.append(self._job(path, source_file_id, file.container_id, file.received_at))
        return jobs

    def _may_read_otherwise(self, file: SourceFile) -> bool:
        """True if a dialect of the study changed and the content was read by one, or by nothing."""
        return bool(self.changed_dialects) and (file.connector is None or file.dialect is not None)

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
        """Puts an original that could not be read into quarantine/ as well, and queues the rows of the content.

        job.path lies in archive/, or unpacked from an archive that does.
        """
        source_file_id = job.source_file_id
        self.was_read[source_file_id] = entry.file.rows_read is not None
        if entry.file.loaded_at is not None:
            entry = dataclasses.replace(entry, file=dataclasses.replace(entry.file, loaded_at=self.run.now()))
        if not self._tells_nothing_new(entry):
            is_readable = entry.file.status != "quarantined"
            if not is_readable:
                intake.quarantine(self.run.study, job.path, source_file_id, job.name)
            self.names[source_file_id] = job.name
            self._add(entry)
        for container_id in self.awaited.pop(source_file_id, set()):
            if opened := self.opened.get(container_id):
                opened.waiting.discard(source_file_id)
                if not opened.waiting:
                    self._close(container_id)

    def _tells_nothing_new(self, entry: Entry) -> bool:
        """True if a content that was read again under one more name, or dialect, is what the ledger holds already."""
        source_file_id = entry.file.source_file_id
        before = self.known.get(source_file_id)
        if before is None or source_file_id in self.repeat or entry.file.dialect in self.changed_dialects:
            return False
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

    def _reason(self, file: SourceFile) -> intake.Reason | None:
        """What the reason file of a content says; None for one that has none."""
        is_aside = file.status in ASIDE and not self._is_quiet(file)
        return intake.Reason(file.status, file.reason or "") if is_aside else None

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
        ledger.write_batch(self.run.connection, self.entries, ready, self.run.now())
        # the database keeps its bytes on the disk, but not the name of the log that they are in
        sync_folder(self.run.study.private)
        receipts.append(self.run.study, ready)
        for entry in self.entries:
            file = entry.file
            reason = self._reason(file)
            # a new content that was read has no reason file: to look for one costs more than to write its row
            if reason is not None or file.source_file_id in self.known:
                intake.write_reason(self.run.study, file.source_file_id, self.names[file.source_file_id], reason)
            if file.status == "quarantined" and file.container_id is None:
                intake.archive_path(self.run.study, file.source_file_id, self.names[file.source_file_id]).unlink(
                    missing_ok=True
                )
        for receipt in ready:
            self._empty_inbox(receipt.source_file_id)
        self.entries, self.rows = [], 0

    def _empty_inbox(self, source_file_id: str) -> None:
        for taken in self.taken.pop(source_file_id, ()):
            intake.take_away(taken.path, taken.look, taken.content)
            self.arrivals.tidy(taken.path, self.run.study.inbox)

    def flush(self) -> None:
        """Writes what is queued, then empties the inbox of everything that is safe."""
        for container_id in list(self.opened):
            self._close(container_id)
        self._count_again()
        self._write()
        if self.changed_dialects:
            ledger.note_dialects(self.run.connection, self.dialects)
        for source_file_id in self.written & set(self.taken):
            self._empty_inbox(source_file_id)
