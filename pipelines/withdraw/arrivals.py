"""Looks at what arrives for people who were withdrawn: refuses their files, and takes their rows out of those of many people."""

import dataclasses
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from connectors import is_container, unpack
from connectors.containers import office_document
from connectors.errors import ConnectorError
from connectors.people import people_table
from pipelines import intake
from pipelines.withdraw.archives import rewrite_archive
from pipelines.withdraw.refusal import Withdrawn
from pipelines.withdraw.words import Words

#: Why a file is not kept as it came, for the report; they name nobody.
REFUSED = "expected no file of somebody who was withdrawn; found one. Nothing of it was kept."
PARTED = (
    "expected no rows or files of somebody who was withdrawn; found some. They were left out, the others were taken."
)


class Arrival(NamedTuple):
    """A file of the inbox as it may be taken, itself or a copy without withdrawn people, and a name that names none."""

    path: Path
    source_file_id: str
    name: str


@dataclasses.dataclass(frozen=True)
class Arrivals:
    """What decides about arriving files. tombstones: contents that are refused; listed: ids of participants."""

    withdrawn: Withdrawn
    tombstones: Collection[str]
    listed: Collection[str]
    dialects: Path
    scratch: Path

    def screen(self, path: Path, source_file_id: str, name: str) -> Arrival | None:
        """The file as it may be taken, None if it is refused. name: its path under inbox/."""
        if source_file_id in self.tombstones:
            return None
        if not self.withdrawn.people:
            return Arrival(path, source_file_id, name)
        put = self._archive(name, path) if is_container(path) and not office_document(path) else self._file(name, path)
        if put is None:
            return None
        return Arrival(put, source_file_id if put == path else intake.content_hash(put), self._rename(name))

    def tidy(self, path: Path, inbox: Path) -> None:
        """Takes away the folders that a file came in, if they are empty now and named after somebody who was withdrawn."""
        for folder in path.parents:
            if folder == inbox or not self.withdrawn.named(folder.relative_to(inbox).as_posix(), self.listed):
                return
            try:
                folder.rmdir()
            except OSError:
                # something else lies in it
                return

    def _file(self, name: str, path: Path) -> Path | None:
        """What to take in place of a file; None for nothing. A participant column says more than any name."""
        table = people_table(path, dialect_folder=self.dialects, names=[name])
        people = frozenset() if table is None else table.people() - {""}
        if table is None or not people:
            return None if self.withdrawn.named(name, self.listed) else path
        if not any(map(self.withdrawn.month, people)):
            return path
        target = Path(tempfile.mkdtemp(dir=self.scratch)) / path.name
        _, kept = table.without(lambda who: self.withdrawn.month(who) is not None, target)
        return target if kept else None

    def _archive(self, name: str, path: Path) -> Path | None:
        if self.withdrawn.named(name, self.listed):
            return None
        try:
            with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
                # within limits: what cannot be opened is set aside later, and says why
                unpack(path, Path(folder))
        except ConnectorError:
            return path

        def decide(inside: str, member: Path) -> Path | None:
            is_refused = intake.content_hash(member) in self.tombstones
            return None if is_refused else self._file(inside, member)

        target = Path(tempfile.mkdtemp(dir=self.scratch)) / path.name
        files = rewrite_archive(path, target, decide, self._rename, self.scratch)
        return path if files is None else target if files else None

    def _rename(self, name: str) -> str:
        while found := self.withdrawn.named(name, self.listed):
            shorter = Words(found, self.listed).out_of_name(name)
            if shorter == name:
                break
            name = shorter
        return name
