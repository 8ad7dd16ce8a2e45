"""Contents read once more from their originals in archive/ and quarantine/, each held against the hash it is named by."""

import collections
import dataclasses
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connectors.containers import is_container, unpack
from connectors.errors import ConnectorError, CorruptFileError
from pipelines import intake
from pipelines.reading import Job
from pipelines.study_folder import StudyFolder
from warehouse import ledger
from warehouse.database import Connection
from warehouse.ledger import Receipt

#: Archives are unpacked until they take this much room; then their files are read, and taken away again.
_UNPACKED_BYTES = 256 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Content:
    """A content to read again. names: all it came under, the first one first; folders: sorted; received_at: first, UTC.

    containers: archives in which it may lie, the likeliest first; empty for an original by itself.
    """

    source_file_id: str
    names: tuple[str, ...]
    folders: tuple[str, ...]
    received_at: dt.datetime
    containers: tuple[str, ...] = ()


def of_ledger(connection: Connection, wanted: Iterable[str] | None = None) -> list[Content]:
    """The contents of the ledger with these hashes, default all but those withdrawn, in the order in which they came."""
    names: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
    for (source_file_id, name), (number, _, _) in ledger.receipts(connection).items():
        names[source_file_id].append((number, name))
    known = ledger.evidence(connection)
    found = []
    for key in known if wanted is None else wanted:
        file = known[key].file
        if file.status != "withdrawn":
            came_as = tuple(name for _, name in sorted(names[key]))
            containers = () if file.container_id is None else (file.container_id,)
            found.append(Content(key, came_as, known[key].folders, file.received_at, containers))
    return sorted(found, key=lambda content: (content.received_at, content.source_file_id))


def of_receipts(study: StudyFolder, receipts: Iterable[Receipt], known: Mapping[str, Content]) -> list[Content]:
    """The contents that receipts tell of and that are not known; the archive of each follows from its names.

    A receipt without a name is what a withdrawal leaves: its content is not asked for.
    """
    by_content: dict[str, list[Receipt]] = collections.defaultdict(list)
    by_name: dict[str, list[str]] = collections.defaultdict(list)
    for receipt in sorted(receipts, key=lambda each: (each.received_at, each.source_file_id, each.receipt_number)):
        by_content[receipt.source_file_id].append(receipt)
        by_name[receipt.inbox_path].append(receipt.source_file_id)
    found = []
    for source_file_id, theirs in by_content.items():
        theirs.sort(key=lambda each: each.receipt_number)
        first = theirs[0]
        if source_file_id in known or not first.inbox_path:
            continue
        # under one name several archives may have come; the first that holds it is the one it came in
        outer = first.inbox_path.partition("!/")[0] if "!/" in first.inbox_path else None
        is_alone = outer is None or intake.find_original(study, source_file_id) is not None
        folders = {each.folder for each in theirs if each.folder is not None}
        found.append(
            Content(
                source_file_id, tuple(each.inbox_path for each in theirs), tuple(sorted(folders)), first.received_at,
                () if is_alone or outer is None else tuple(dict.fromkeys(by_name[outer])),
            )
        )  # fmt: skip
    return found


class Originals:
    """Jobs for contents in waves of bounded room on the disk, and what was not found as it should be.

    missing: contents of which no original was found; damaged: originals whose bytes do not have the hash any more;
    members: of each archive that was opened the content of each file inside; container_of: of each file inside, its archive.
    """

    def __init__(self, study: StudyFolder, scratch: Path, contents: Iterable[Content]) -> None:
        self.study = study
        self.scratch = scratch
        self.contents = {content.source_file_id: content for content in contents}
        self.missing: set[str] = set()
        self.damaged: set[str] = set()
        self.members: dict[str, list[str]] = {}
        self.container_of: dict[str, str] = {}

    def waves(self) -> Iterator[list[Job]]:
        """Jobs for every content, those from one original together; what is unpacked is there until the next wave."""
        alone, archives = [], []
        wanted: dict[str, set[str]] = collections.defaultdict(set)
        for content in self.contents.values():
            for container_id in content.containers:
                wanted[container_id].add(content.source_file_id)
            if content.containers:
                continue
            path = intake.find_original(self.study, content.source_file_id)
            if path is None:
                self.missing.add(content.source_file_id)
            elif is_container(path):
                archives.append(content.source_file_id)
            else:
                alone.append(self._job(content, path))
        yield alone
        yield from self._unpacked([*archives, *(each for each in wanted if each not in set(archives))], wanted)
        inside = {key for key, content in self.contents.items() if content.containers}
        self.missing |= inside - set(self.container_of) - self.damaged

    def _unpacked(self, archives: list[str], wanted: dict[str, set[str]]) -> Iterator[list[Job]]:
        while archives:
            with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
                wave: list[Job] = []
                held = 0
                while archives and held < _UNPACKED_BYTES:
                    container_id = archives.pop(0)
                    jobs, size = self._open(container_id, wanted[container_id], Path(tempfile.mkdtemp(dir=folder)))
                    wave += jobs
                    held += size
                yield wave

    def _open(self, container_id: str, wanted: set[str], into: Path) -> tuple[list[Job], int]:
        """Jobs for the wanted files of an archive, and how much room it takes unpacked, bytes."""
        path = intake.find_original(self.study, container_id)
        if path is None:
            # also where only files inside it were asked for
            self.missing.add(container_id)
            return [], 0
        if intake.content_hash(path) != container_id:
            self.damaged.add(container_id)
            return [], 0
        try:
            members = unpack(path, into)
        except ConnectorError as error:
            content = self.contents.get(container_id)
            return ([] if content is None else [dataclasses.replace(self._job(content, path), error=error)]), 0
        jobs, hashes = [], []
        for member in members:
            member_id = intake.content_hash(member.path)
            hashes.append(member_id)
            if member_id in wanted and member_id not in self.container_of:
                self.container_of[member_id] = container_id
                job = self._job(self.contents[member_id], member.path)
                jobs.append(dataclasses.replace(job, container_id=container_id, error=member.error))
        self.members[container_id] = hashes
        return jobs, sum(member.path.stat().st_size for member in members)

    def stage(self, jobs: list[Job]) -> list[Job]:
        """The jobs whose originals have the hash they are named by."""
        kept = []
        for job in jobs:
            # what lies unpacked was hashed when it was unpacked
            if job.container_id is None and job.error is None and intake.content_hash(job.path) != job.source_file_id:
                self.damaged.add(job.source_file_id)
            else:
                kept.append(job)
        return kept

    def lost(self) -> list[Job]:
        """Jobs that set each content aside whose original is missing or damaged."""
        jobs = []
        for source_file_id in sorted((self.missing | self.damaged) & set(self.contents)):
            content = self.contents[source_file_id]
            found = "one whose bytes have changed" if source_file_id in self.damaged else "none"
            error = CorruptFileError(
                self.study.archive,
                expected="its original in archive/",
                found=found,
                todo="Put it back from a backup and run `footfall retry`, or drop the file again.",
            )
            job = dataclasses.replace(self._job(content, self.study.archive), error=error)
            jobs.append(dataclasses.replace(job, container_id=next(iter(content.containers), None)))
        return jobs

    def _job(self, content: Content, path: Path) -> Job:
        return Job(
            path=path,
            source_file_id=content.source_file_id,
            name=content.names[0],
            folders=content.folders,
            received_at=content.received_at,
            container_id=None,
            dialect_folder=self.study.dialects,
            names=tuple(sorted(content.names)),
            size=path.stat().st_size,
        )
