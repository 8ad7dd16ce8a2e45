"""Which contents hold something of a participant, and what becomes of each: erased, written again without them, or renamed."""

import dataclasses
import tempfile
from collections.abc import Iterable
from pathlib import Path

from connectors import is_container, unpack
from connectors.errors import ConnectorError
from connectors.people import people_table
from pipelines import intake, receipts
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.archives import rewrite_archive
from pipelines.withdraw.words import Words
from warehouse import erase, ledger
from warehouse.database import Connection
from warehouse.ledger import Evidence, Receipt

#: What could not be used may be anybody's: the id is looked for in its text as well.
_UNUSED = ("quarantined", "unattributed", "no_step_data")
#: Longer files that nobody reads are not searched for a word; the proof does.
_MOST_BYTES = 64 * 1024**2


@dataclasses.dataclass
class Plan:
    """What is to become of the originals.

    erased: contents that go. replaced: content -> (the file to keep instead, its content). containers: content -> the archive
    that it lies in from now on. receipts: all that stay. inside: files in each archive that was written again, and how many of
    them were read. known: what the ledger holds before.
    lost: other participants who lose rows, because a file of several people could not be written again.
    """

    erased: set[str] = dataclasses.field(default_factory=set)
    replaced: dict[str, tuple[Path, str]] = dataclasses.field(default_factory=dict)
    containers: dict[str, str | None] = dataclasses.field(default_factory=dict)
    receipts: list[Receipt] = dataclasses.field(default_factory=list)
    inside: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    lost: set[str] = dataclasses.field(default_factory=set)
    known: dict[str, Evidence] = dataclasses.field(default_factory=dict)

    def container_of(self, source_file_id: str) -> str | None:
        """The archive in which a content of before lies from now on; None for one that lies by itself."""
        container_id = self.known[source_file_id].file.container_id
        return self.replaced[container_id][1] if container_id in self.replaced else container_id

    @property
    def gone(self) -> set[str]:
        """Contents of which a tombstone stays."""
        return self.erased | set(self.replaced)


class Planning:
    """Looks at every content of the ledger, and at the text of what could not be used."""

    def __init__(self, study: StudyFolder, connection: Connection, words: Words, scratch: Path) -> None:
        self.study, self.words, self.scratch = study, words, scratch
        self.who = words.participant_id
        self.known = ledger.evidence(connection)
        self.receipts = ledger.all_receipts(connection)
        self.owners = erase.owners(connection)
        self.devices = erase.devices_of(connection, self.who)
        self.participants = erase.listed(connection)
        self.unlabelled = erase.without_label(connection, self.who)
        self.names: dict[str, list[str]] = {}
        # what came under a name, and what lay in an archive of that name
        self.named: dict[str, set[str]] = {}
        self.inside: dict[str, set[str]] = {}
        for receipt in self.receipts:
            self.names.setdefault(receipt.source_file_id, []).append(receipt.inbox_path)
            self.named.setdefault(receipt.inbox_path, set()).add(receipt.source_file_id)
            outer, mark, _ = receipt.inbox_path.partition("!/")
            if mark:
                self.inside.setdefault(outer, set()).add(receipt.source_file_id)
        self.unpacked: dict[str, dict[str, Path]] = {}
        self.plan = Plan(known=self.known)

    def make(self) -> Plan:
        """The plan; the same again while nothing of it has been carried out, and what is left of it afterwards."""
        for source_file_id, evidence in self.known.items():
            if evidence.file.status not in ("container", "withdrawn") and self._concerns(evidence):
                self._decide(source_file_id, evidence)
        for source_file_id, evidence in self.known.items():
            if evidence.file.status == "container":
                self._rewrite_container(source_file_id)
        self._move_members()
        self.plan.receipts = self._receipts()
        return self.plan

    def _concerns(self, evidence: Evidence) -> bool:
        source_file_id, status = evidence.file.source_file_id, evidence.file.status
        owners = self.owners.get(source_file_id, frozenset())
        if self.who in {*owners, *evidence.labels, *evidence.folders}:
            return True
        if any(self.words.in_name(name) for name in self.names[source_file_id]):
            return True
        if status not in _UNUSED:
            return False
        theirs = [self.devices[device_id] for device_id in evidence.device_ids if device_id in self.devices]
        # one that waits is of another date; if others wore the device too, it may as well be theirs
        if theirs and (status == "quarantined" or all(theirs)):
            return True
        # an archive of somebody else's account holds hundreds of files about other things
        is_alone = evidence.file.container_id is None or not evidence.folders
        return is_alone and self._speaks_of(source_file_id)

    def _speaks_of(self, source_file_id: str) -> bool:
        path = self._find(source_file_id)
        if path is None or self.words.is_number or path.stat().st_size > _MOST_BYTES or is_container(path):
            return False
        data = path.read_bytes()
        text = data.decode("utf-16", "ignore") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        return self.words.in_text(text) or (b"\0" not in data and self.words.in_bytes(data))

    def _decide(self, source_file_id: str, evidence: Evidence) -> None:
        owners = self.owners.get(source_file_id, frozenset())
        others = owners - {self.who}
        path = self._find(source_file_id)
        table = None if path is None else people_table(
            path, dialect_folder=self.study.dialects, names=self.names[source_file_id]
        )  # fmt: skip
        if path is not None and table is not None:
            target = Path(tempfile.mkdtemp(dir=self.scratch)) / path.name
            is_theirs = {self.who, ""} if source_file_id in self.unlabelled else {self.who}
            left_out, kept = table.without(is_theirs.__contains__, target)
            if kept and left_out:
                self.plan.replaced[source_file_id] = (target, intake.content_hash(target))
            elif not kept:
                self.plan.erased.add(source_file_id)
            # else only a name or folder says that it is theirs, and the rows say otherwise
            return
        if self.who not in {*owners, *evidence.labels} and (others or self._is_everybodys(source_file_id, evidence)):
            return
        self.plan.erased.add(source_file_id)
        self.plan.lost |= self.participants & ({*others, *evidence.labels, *evidence.folders} - {self.who})

    def _is_everybodys(self, source_file_id: str, evidence: Evidence) -> bool:
        """True for a file without steps that other people's archives hold as well: a leaflet, not a record."""
        return (
            evidence.file.status == "no_step_data"
            and bool(set(evidence.folders) - {self.who})
            and not self._speaks_of(source_file_id)
        )

    def _find(self, source_file_id: str) -> Path | None:
        container_id = self.known[source_file_id].file.container_id
        found = intake.find_original(self.study, source_file_id)
        if found is not None or container_id is None:
            return found
        if container_id not in self.unpacked:
            packed = intake.find_original(self.study, container_id)
            try:
                members = unpack(packed, Path(tempfile.mkdtemp(dir=self.scratch))) if packed else []
            except ConnectorError:
                members = []
            self.unpacked[container_id] = {intake.content_hash(member.path): member.path for member in members}
        return self.unpacked[container_id].get(source_file_id)

    def _rewrite_container(self, container_id: str) -> None:
        members = set().union(*(self.inside.get(name, set()) for name in self.names[container_id]))
        left = [self.known[member].file.status for member in members - self.plan.gone]
        if self.known[container_id].folders == (self.who,) and set(left) <= {"no_step_data"}:
            # what else lies in it is a leaflet that others have as well
            self.plan.erased |= {container_id}
            return
        inside = [name for member in members for name in self.names[member]]
        if not members & self.plan.gone and not any(map(self.words.in_name, inside)):
            return
        path = intake.find_original(self.study, container_id)
        if path is None:
            return

        def decide(name: str, member: Path) -> Path | None:
            content = intake.content_hash(member)
            if content in self.plan.replaced:
                return self.plan.replaced[content][0]
            return None if content in self.plan.erased else member

        target = Path(tempfile.mkdtemp(dir=self.scratch)) / path.name
        files = rewrite_archive(path, target, decide, self.words.out_of_name, self.scratch)
        if files:
            self.plan.replaced[container_id] = (target, intake.content_hash(target))
            kept = [self.known[member] for member in members - self.plan.erased]
            read = sum(evidence.file.rows_read is not None for evidence in kept)
            self.plan.inside[container_id] = (files, read)
        elif files == 0:
            self.plan.erased.add(container_id)

    def _move_members(self) -> None:
        """Gives each member that stays the archive that it lies in now, its own or another that has it too."""
        for source_file_id, evidence in self.known.items():
            container_id = evidence.file.container_id
            if container_id not in self.plan.gone or source_file_id in self.plan.gone:
                continue
            if container_id in self.plan.replaced:
                self.plan.containers[source_file_id] = self.plan.replaced[container_id][1]
                continue
            outer = [name.partition("!/")[0] for name in self.names[source_file_id] if "!/" in name]
            kept = sorted(set().union(*(self.named.get(name, set()) for name in outer)) - self.plan.erased)
            new = self.plan.replaced[kept[0]][1] if kept and kept[0] in self.plan.replaced else None
            self.plan.containers[source_file_id] = new or (kept[0] if kept else None)

    def _receipts(self) -> list[Receipt]:
        """All receipts that stay: renamed where they name the participant, of tombstones one each without a name."""
        kept: dict[tuple[str, str], Receipt] = {}
        tombstones: dict[str, Receipt] = {}
        for receipt in sorted(self.receipts, key=lambda each: (each.received_at, each.receipt_number)):
            source_file_id = receipt.source_file_id
            if source_file_id in self.plan.gone:
                tombstones.setdefault(source_file_id, receipts.tombstone(source_file_id, receipt.received_at))
            if source_file_id in self.plan.erased:
                continue
            _, now = self.plan.replaced.get(source_file_id, (None, source_file_id))
            name = self.words.out_of_name(receipt.inbox_path)
            folder = None if receipt.folder == self.who else receipt.folder
            outer, is_inside, _ = receipt.inbox_path.partition("!/")
            if is_inside and self._was_erased(outer):
                # it lies in another archive, or by itself, and this one is gone
                continue
            kept.setdefault(
                (now, name), dataclasses.replace(receipt, source_file_id=now, inbox_path=name, folder=folder)
            )
        return [*_numbered(kept.values()), *tombstones.values()]

    def _was_erased(self, name: str) -> bool:
        held = self.named.get(name, set())
        return bool(held) and held <= self.plan.erased


def _numbered(receipts: Iterable[Receipt]) -> list[Receipt]:
    """The receipts with the number that each is of its content, in the order given."""
    counts: dict[str, int] = {}
    numbered = []
    for receipt in receipts:
        counts[receipt.source_file_id] = counts.get(receipt.source_file_id, 0) + 1
        numbered.append(dataclasses.replace(receipt, receipt_number=counts[receipt.source_file_id]))
    return numbered
