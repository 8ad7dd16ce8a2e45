"""The watched folder: which files are complete, what they are called by content, and where originals are kept.

No file leaves the inbox before its content is safe in archive/ or quarantine/ and its row is in the ledger.
"""

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pipelines.study_folder import StudyFolder
from warehouse.durable import replace_all_durably, replace_durably, sync_folder

#: Names that systems and programs leave behind, and endings of downloads that are still running.
_LEFT_BEHIND = re.compile(
    r"(\..*|~\$.*|thumbs\.db|desktop\.ini|ehthumbs\.db|.*\.(part|partial|crdownload|download|tmp|filepart))",
    re.IGNORECASE,
)

#: Two looks this far apart must agree before `footfall ingest` takes a file.
LOOK_SECONDS = 1.0

_BLOCK = 1024 * 1024

Look = dict[str, tuple[int, int]]


def look(inbox: Path) -> Look:
    """Every file under the inbox by its path relative to it (with /): size in bytes and modification time in ns.

    Hidden files, leftovers of operating systems and unfinished downloads are passed over; links are not followed. What goes
    away meanwhile is not there; a folder that cannot be looked into stands for its files, so that it is told of like a file
    that cannot be read. Raises OSError if the inbox itself cannot be looked into: a share may be away.
    """
    found: Look = {}
    folders = [inbox]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            if folder == inbox:
                raise
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                found[folder.relative_to(inbox).as_posix()] = (0, 0)
            continue
        for entry in entries:
            if _LEFT_BEHIND.fullmatch(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    found[Path(entry.path).relative_to(inbox).as_posix()] = (status.st_size, status.st_mtime_ns)
    return found


def unchanged(before: Look, after: Look) -> list[str]:
    """The files, sorted, that two looks saw with the same size and modification time."""
    return sorted(name for name, seen in after.items() if before.get(name) == seen)


def settled(inbox: Path) -> list[str]:
    """The files that did not change between two looks LOOK_SECONDS apart; a file still being copied is left for later."""
    before = look(inbox)
    if not before:
        return []
    time.sleep(LOOK_SECONDS)
    return unchanged(before, look(inbox))


class Identity(NamedTuple):
    """What tells one state of a file from another without reading it."""

    inode: int
    size: int
    mtime_ns: int


def _identity(status: os.stat_result) -> Identity:
    return Identity(status.st_ino, status.st_size, status.st_mtime_ns)


def look_and_hash(path: Path) -> tuple[Identity, str]:
    """What a file looked like when its bytes were read, and their SHA-256."""
    with path.open("rb") as file:
        return _identity(os.fstat(file.fileno())), hashlib.file_digest(file, "sha256").hexdigest()


def take_away(path: Path, look: Identity, source_file_id: str) -> bool:
    """Removes a file from the inbox if it is still the one that was hashed; False leaves it for the next run.

    Where times have no fractions of a second (FAT has every other second) a file may have been written anew within the same
    one, so its bytes are compared once more.
    """
    try:
        if _identity(path.stat()) != look:
            return False
        if look.mtime_ns % 1_000_000_000 == 0 and content_hash(path) != source_file_id:
            return False
        path.unlink()
    except OSError:
        # gone already, or open elsewhere on a system that minds; its content is known when it is met again
        return False
    return True


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_of(inbox_path: str) -> str | None:
    """The first folder under inbox/ of a relative path, which may name the participant; None directly in inbox/."""
    first, slash, _ = inbox_path.partition("/")
    return first if slash else None


def is_inside(container_id: str | None, names: Iterable[str]) -> bool:
    """True for a content that came among others in archives only, never as a file by itself; gzip packs a single file."""
    outer = [name.rpartition("!/")[0] for name in names]
    return container_id is not None and all(archive and not archive.lower().endswith(".gz") for archive in outer)


def _suffix(name: str) -> str:
    match = re.search(r"(\.[A-Za-z0-9]{1,8}){1,2}$", name)
    return match.group(0).lower() if match else ""


def archive_path(study: StudyFolder, source_file_id: str, name: str) -> Path:
    """Where an accepted original is kept: by content hash, with its extension."""
    return study.archive / source_file_id[:2] / f"{source_file_id}{_suffix(name)}"


def _quarantine_path(study: StudyFolder, source_file_id: str, name: str) -> Path:
    return study.quarantine / quarantine_name(source_file_id, name)


def quarantine_name(source_file_id: str, name: str) -> str:
    """What a content that came under that name is called in quarantine/."""
    return f"{source_file_id[:12]}-{_safe(Path(name).name)}"


def printable(name: str) -> str:
    """The name as text that can be written anywhere; bytes that are no UTF-8 become a replacement character."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _safe(name: str) -> str:
    # file systems allow 255 bytes; hash, note and temporary endings need room
    kept = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).encode()[-150:]
    return kept.decode("utf-8", "ignore")


def find_original(study: StudyFolder, source_file_id: str) -> Path | None:
    """The original of a content in archive/ or quarantine/; None for a member of an archive, which is kept as a whole."""
    for folder, pattern in (
        (study.archive / source_file_id[:2], f"{source_file_id}*"),
        (study.quarantine, f"{source_file_id[:12]}-*"),
    ):
        for path in sorted(folder.glob(pattern)) if folder.is_dir() else []:
            if not path.name.endswith(".reason.txt"):
                return path
    return None


def _incoming(study: StudyFolder) -> Path:
    return study.archive / ".incoming"


def clear_incoming(study: StudyFolder) -> None:
    """Takes away what a run that was ended by force left half copied."""
    shutil.rmtree(_incoming(study), ignore_errors=True)


def archive_all(study: StudyFolder, wanted: Mapping[str, tuple[Path, str]]) -> dict[str, Path]:
    """Copies originals into archive/ so that a power cut cannot take them back; returns where each lies.

    wanted: content hash -> (path, name for its extension). What does not have that hash any more, or is gone, is left out: the
    file was replaced or changed since it was hashed.
    """
    kept: dict[str, Path] = {}
    pairs = []
    for source_file_id, (path, name) in wanted.items():
        target = archive_path(study, source_file_id, name)
        if not target.exists():
            beside = _incoming(study) / source_file_id
            make_folder(beside.parent)
            make_folder(target.parent)
            if _copy_hashed(path, beside) != source_file_id:
                beside.unlink(missing_ok=True)
                continue
            pairs.append((beside, target))
        kept[source_file_id] = target
    replace_all_durably(pairs)
    return kept


def make_folder(path: Path) -> None:
    """A folder whose name is on the disk; its parent must be there."""
    try:
        path.mkdir()
    except FileExistsError:
        return
    sync_folder(path.parent)


def _copy_hashed(source: Path, target: Path) -> str | None:
    """The SHA-256 of what was copied; None if the source cannot be read any more, which is no fault of the target's disk."""
    digest = hashlib.sha256()
    try:
        reader = source.open("rb")
    except OSError:
        return None
    with reader, target.open("wb") as writer:
        while True:
            try:
                block = reader.read(_BLOCK)
            except OSError:
                return None
            if not block:
                return digest.hexdigest()
            digest.update(block)
            writer.write(block)


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why a content was set aside, as the text of its reason file."""

    status: str
    text: str


def quarantine(study: StudyFolder, path: Path, source_file_id: str, name: str) -> None:
    """Copies an original that cannot be read to quarantine/, where it stays."""
    target = _quarantine_path(study, source_file_id, name)
    if path == target or target.exists():
        return
    make_folder(target.parent)
    beside = target.with_name(f".{target.name}.new")
    shutil.copyfile(path, beside)
    replace_durably(beside, target)


def noted(study: StudyFolder) -> dict[str, bool]:
    """The first 12 characters of every content that lies in quarantine/, and whether a reason file lies beside it or for it."""
    found: dict[str, bool] = {}
    for entry in os.scandir(study.quarantine) if study.quarantine.is_dir() else ():
        start, dash, _ = entry.name.partition("-")
        if dash and len(start) == 12:
            found[start] = found.get(start, False) or entry.name.endswith(".reason.txt")
    return found


def write_reason(study: StudyFolder, source_file_id: str, name: str, reason: Reason | None) -> None:
    """Writes quarantine/<hash>-<name>.reason.txt, or takes it and the quarantined original away if there is none any more."""
    path = _quarantine_path(study, source_file_id, name)
    note = path.with_name(path.name + ".reason.txt")
    if reason is None:
        note.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        return
    kept = "beside this note" if path.exists() else "in archive/"
    make_folder(study.quarantine)
    note.write_text(
        f"{name}\nstatus: {reason.status}\n{reason.text}\nThe original lies {kept} (content {source_file_id[:12]}).\n",
        encoding="utf-8",
        newline="\n",
    )
