"""Searches every file of a study folder for one participant: names, text, archives, databases, and contents by their hash."""

import dataclasses
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from connectors import is_container, unpack
from connectors.containers import office_document
from connectors.errors import ConnectorError
from connectors.people import people_table
from pipelines import intake
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.words import Words
from warehouse import erase
from warehouse.database import AnyError

#: Shorter words stand in bytes that are no text by chance.
_LEAST_BYTES = 8
_SERIAL = re.compile(r"\d{4}")
_ID_COLUMNS = ("participant_id", "participant_label", "folder", "inbox_path", "file_name")
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclasses.dataclass
class Proof:
    """What a search found. files: files searched; ways: how many searches of each kind; found: place -> what stands there."""

    participant_id: str
    files: int = 0
    ways: Counter[str] = dataclasses.field(default_factory=Counter)
    found: dict[str, str] = dataclasses.field(default_factory=dict)
    longer: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True if nothing was found."""
        return not self.found


def prove(
    study: StudyFolder, words: Words, device_ids: Collection[str], tombstones: Collection[str], scratch: Path
) -> Proof:
    """Searches every file of the study folder, hidden ones too; the caller holds the ingester's lock.

    device_ids: true ids of devices that nobody else had. tombstones: contents that must not lie anywhere, as files or in
    archives. scratch: a folder that is not searched.
    """
    # one without a number is a make, not a person's own device
    own = [device_id for device_id in device_ids if len(device_id) >= _LEAST_BYTES and _SERIAL.search(device_id)]
    search = _Search(words, own, set(tombstones))
    proof = Proof(words.participant_id, longer=words.longer)
    for path in sorted(study.root.rglob("*")):
        if path.is_relative_to(scratch) or path.is_symlink():
            continue
        name = path.relative_to(study.root).as_posix()
        if words.in_name(name):
            proof.found[name] = "its name"
        if path.is_file():
            proof.files += 1
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                for way, hit in search.file(path, name, Path(folder)):
                    proof.ways[way] += 1
                    if hit:
                        proof.found.setdefault(name, hit)
    return proof


@dataclasses.dataclass(frozen=True)
class _Search:
    words: Words
    device_ids: list[str]
    tombstones: set[str]

    def file(self, path: Path, name: str, folder: Path) -> Iterator[tuple[str, str]]:
        """(way of searching, what was found or "") for each way in which a file is searched."""
        yield "hash", "an original of theirs" if intake.content_hash(path) in self.tombstones else ""
        with path.open("rb") as file:
            head = file.read(4096)
        if head[8:12] == b"DUCK":
            yield "database", self._database(path)
            yield "bytes", self._bytes(path)
        elif head.startswith(b"SQLite format 3\0"):
            yield "database", self._sqlite(path)
            yield "bytes", self._bytes(path)
        elif is_container(path) and not office_document(path):
            yield "bytes", self._bytes(path)
            yield from self._members(path, name, folder)
        elif head[:2] in _UTF16 or b"\0" not in head:
            yield "text", self._text(path, name, _UTF16.get(head[:2]))
        else:
            yield "bytes", self._bytes(path)

    def _members(self, path: Path, name: str, folder: Path) -> Iterator[tuple[str, str]]:
        try:
            members = unpack(path, folder / "members")
        except ConnectorError:
            return
        for member in members:
            if self.words.in_name(member.name):
                yield "member", f"the name of a file inside, {member.name}"
            for way, hit in self.file(member.path, member.name, folder / member.path.parent.name):
                yield f"member's {way}", hit and f"{hit}, in a file inside"

    def _text(self, path: Path, name: str, encoding: str | None) -> str:
        if encoding:
            text = path.read_bytes().decode(encoding, "replace")
            is_there = not self.words.is_number and self.words.in_text(text)
            return "the id" if is_there or self._in_column(path, name) else self._device(text.encode())
        if self.words.is_number:
            return "rows of theirs" if self._in_column(path, name) else self._bytes(path)
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                if self.words.in_bytes(line):
                    return f"the id, in line {number}"
                if hit := self._device(line):
                    return f"{hit}, in line {number}"
        return ""

    def _in_column(self, path: Path, name: str) -> bool:
        table = people_table(path, names=[name])
        return table is not None and self.words.participant_id in table.people()

    def _device(self, data: bytes) -> str:
        return next((f"a device of theirs ({each})" for each in self.device_ids if each.encode() in data), "")

    def _bytes(self, path: Path) -> str:
        """Looks for words that are long enough not to stand in numbers by chance, as UTF-8 and UTF-16."""
        wanted = list(self.device_ids)
        is_long = len(self.words.participant_id) >= _LEAST_BYTES and not self.words.is_number
        before = b""
        with path.open("rb") as file:
            while block := file.read(1 << 24):
                data = before + block
                if is_long and self.words.in_bytes(data):
                    return "the id, in its bytes"
                if is_long and self.words.participant_id.encode("utf-16-le") in data:
                    return "the id, in its bytes"
                for each in wanted:
                    if each.encode() in data or each.encode("utf-16-le") in data:
                        return f"a device of theirs ({each}), in its bytes"
                before = block[-1024:]
        return ""

    def _database(self, path: Path) -> str:
        try:
            columns = _ID_COLUMNS if self.words.is_number else ()
            for table, column, text in erase.texts(path, self.words.participant_id, self.words.sql_pattern, columns):
                if text == self.words.participant_id or (not self.words.is_number and self.words.in_text(text)):
                    return f"the id, in {table}.{column}"
                if self.words.is_number and column in ("folder", "inbox_path") and self.words.in_name(text):
                    return f"the id, in {table}.{column}"
        except AnyError:
            return "a database that cannot be opened, and so not be searched"
        return ""

    def _sqlite(self, path: Path) -> str:
        if self.words.is_number:
            return ""
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                for (table,) in tables:
                    for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name that SQLite gave
                        if any(self._in_cell(cell) for cell in row):
                            return f"the id, in {table}"
        except sqlite3.Error:
            return "a database that cannot be opened, and so not be searched"
        return ""

    def _in_cell(self, cell: object) -> bool:
        if isinstance(cell, bytes):
            return self.words.in_bytes(cell)
        return isinstance(cell, str) and self.words.in_text(cell)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines, and pieces of files that have none."""
    while line := file.readline(1 << 24):
        yield line
