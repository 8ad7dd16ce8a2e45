"""The watched folder: which files are complete, what they are called by content, and where originals are kept.

No file leaves the inbox before its content is safe in archive/ or quarantine/ and its row is in the ledger.
"""

import dataclasses
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from pipelines.study_folder import StudyFolder

#: Names that systems and programs leave behind, and endings of downloads that are still running.
_LEFT_BEHIND = re.compile(
    r"(\..*|~\$.*|thumbs\.db|desktop\.ini|ehthumbs\.db|.*\.(part|partial|crdownload|download|tmp|filepart))",
    re.IGNORECASE,
)

#: Two looks this far apart must agree before `footfall ingest` takes a file.
LOOK_SECONDS = 1.0

Look = dict[str, tuple[int, int]]


def look(inbox: Path) -> Look:
    """Every file under the inbox by its path relative to it (with /): size in bytes and modification time in ns.

    Hidden files, leftovers of operating systems and unfinished downloads are passed over; links are not followed.
    """
    found: Look = {}
    folders = [inbox] if inbox.is_dir() else []
    while folders:
        for entry in os.scandir(folders.pop()):
            if _LEFT_BEHIND.fullmatch(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
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
    return study.quarantine / f"{source_file_id[:12]}-{_safe(Path(name).name)}"


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


def _copy_safely(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    with source.open("rb") as reader, beside.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())
    beside.replace(target)


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why a content was set aside, as the text of its reason file."""

    status: str
    text: str


def keep_original(study: StudyFolder, path: Path, source_file_id: str, name: str, *, is_readable: bool) -> Path:
    """Copies an original to where it stays and returns that place: archive/ if it could be read, else quarantine/."""
    where = archive_path if is_readable else _quarantine_path
    target = where(study, source_file_id, name)
    if path != target:
        _copy_safely(path, target)
    return target


def write_reason(study: StudyFolder, source_file_id: str, name: str, reason: Reason | None) -> None:
    """Writes quarantine/<hash>-<name>.reason.txt, or takes it and the quarantined original away if there is none any more."""
    path = _quarantine_path(study, source_file_id, name)
    note = path.with_name(path.name + ".reason.txt")
    if reason is None:
        note.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        return
    kept = "beside this note" if path.exists() else "in archive/"
    study.quarantine.mkdir(exist_ok=True)
    note.write_text(
        f"{name}\nstatus: {reason.status}\n{reason.text}\nThe original lies {kept} (content {source_file_id[:12]}).\n",
        encoding="utf-8",
        newline="\n",
    )
