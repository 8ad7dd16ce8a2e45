"""Locks: frozen copies of the published file, each in locks/NAME/ with a lock.json that says what it holds."""

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.errors import FootfallError, UsageError
from pipelines.intake import content_hash
from pipelines.publications import PREVIOUS, publication_file
from pipelines.study_folder import StudyFolder
from warehouse.durable import replace_durably, sync_folder, write_durably
from warehouse.erase import Scrub, copy_without
from warehouse.snapshots import contents

#: The word that stands for the current published file where a lock's name is asked for.
PUBLISHED = "published"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_BLOCK = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Lock:
    """One lock: what its lock.json says, and whether the file is still the one that was locked.

    state: intact, or in words what became of the file.
    """

    name: str
    database: Path
    facts: dict[str, Any]
    state: str

    @property
    def is_intact(self) -> bool:
        """True if the file has the hash that was noted when it was locked."""
        return self.state == "intact"

    def line(self) -> list[Any]:
        """name, created_at, as_of, footfall_version, weeks, sha256, state and reissued (when last, and how often, after a
        withdrawal); None where lock.json cannot be read.
        """
        reissued = self.facts.get("reissued", [])
        publication = self.facts.get("publication", {})
        return [
            self.name,
            self.facts.get("created_at"),
            publication.get("as_of"),
            publication.get("footfall_version"),
            self.facts.get("tables", {}).get("participant_week", {}).get("rows"),
            self.facts.get("file", {}).get("sha256"),
            self.state,
            f"{reissued[-1]['at']} ({len(reissued)})" if reissued else None,
        ]


def lock(study: StudyFolder, name: str) -> Lock:
    """Freezes the published file as locks/NAME; returns the lock.

    The copy is taken from one open handle: a publication that is swapped in meanwhile does not touch it. What was copied is
    read again from disk, compared by SHA-256 and opened before the folder gets its name, so a lock is there whole or not at
    all. Raises UsageError for an unusable name, FootfallError if it is taken, nothing is published or the copy differs.
    """
    _check_name(name)
    if (study.locks / name).exists():
        raise FootfallError(f"expected a new name; there is a lock {name!r} already, and a lock is never changed.")
    try:
        source = study.research.open("rb")
    except FileNotFoundError:
        raise FootfallError("expected a published study; found nothing to lock. Run `footfall ingest` first.") from None
    study.locks.mkdir(exist_ok=True)
    # names of locks do not begin with a dot: what a stopped run leaves is never taken for one
    beside = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=study.locks))
    try:
        database = beside / study.research.name
        with source:
            copied = _copy(source, database)
        if content_hash(database) != copied:
            raise FootfallError(f"expected a true copy in {study.locks}; the disk gave back something else. Try again.")
        facts = _facts(name, database, copied)
        _write(beside / "lock.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
        for file in (database, beside / "lock.json"):
            file.chmod(0o444)
        beside.chmod(0o755)
        try:
            beside.rename(study.locks / name)
        except OSError:
            raise FootfallError(f"expected a new name; a lock {name!r} has been made meanwhile.") from None
        sync_folder(study.locks)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Lock(name, study.locks / name / study.research.name, facts, "intact")


def locks(study: StudyFolder) -> list[Lock]:
    """All locks of the study by name, each read again whole and compared with its hash."""
    return [_read(study, name) for name in _names(study)]


def _names(study: StudyFolder) -> list[str]:
    return [folder.name for folder in _folders(study)]


def locked_file(study: StudyFolder, name: str) -> Path:
    """The database that a name stands for: a lock's, one of published/history/, or the current one for `published`.

    Raises FootfallError if there is no such lock or its file changed since it was locked.
    """
    if name == PUBLISHED:
        return study.research
    if (kept := publication_file(study, name)) is not None:
        return kept
    _check_name(name)
    if not (study.locks / name).is_dir():
        known = ", ".join([PUBLISHED, PREVIOUS, *(found.name for found in _folders(study))])
        raise FootfallError(f"expected the name of a lock; found {name!r}. There are: {known}.")
    found = _read(study, name)
    if not found.is_intact:
        raise FootfallError(f"lock {name!r}: {found.state}. Its numbers are not those that were locked.")
    return found.database


def reissue(
    study: StudyFolder, participant_id: str, tombstones: Collection[str], scrub: Scrub, at: dt.datetime
) -> list[str]:
    """Writes every lock that holds the participant again without them, and marks it; returns the names of these locks.

    lock.json gets the new hashes and one more entry in `reissued`: at, because, rows_removed, sha256_before, was_intact. It is
    written before the file is swapped in, so that a stop between the two shows, and is mended when this is done again. Counts
    over all people stay as they were locked. scrub: gives a sentence without the id.
    """
    found = [each for each in map(functools.partial(_read, study), _names(study)) if each.database.is_file()]
    return [each.name for each in found if _reissue(each, participant_id, tombstones, scrub, at)]


def _reissue(found: Lock, participant_id: str, tombstones: Collection[str], scrub: Scrub, at: dt.datetime) -> bool:
    beside = found.database.with_name(f".{found.database.name}.new")
    try:
        removed, is_other = copy_without(found.database, beside, participant_id, tombstones, scrub)
        if not is_other:
            return False
        sha256, before = content_hash(beside), content_hash(found.database)
        # one that was stopped before the file was swapped in has its entry already
        entries = [each for each in found.facts.get("reissued", []) if each["sha256_before"] != before]
        was_intact = found.facts.get("file", {}).get("sha256") == before or len(entries) < len(
            found.facts.get("reissued", [])
        )
        facts = _facts(found.name, beside, sha256)
        facts["created_at"] = found.facts.get("created_at", facts["created_at"])
        facts["file"]["name"] = found.database.name
        facts["reissued"] = [
            *entries,
            {
                "at": at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), "because": "withdrawal",
                "rows_removed": sum(removed.values()), "sha256_before": before, "was_intact": was_intact,
            },
        ]  # fmt: skip
        write_durably(found.database.with_name("lock.json"), json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
        replace_durably(beside, found.database)
        for file in (found.database, found.database.with_name("lock.json")):
            file.chmod(0o444)
    finally:
        beside.unlink(missing_ok=True)
    return True


def _folders(study: StudyFolder) -> list[Path]:
    if not study.locks.is_dir():
        return []
    return sorted(path for path in study.locks.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name in (PUBLISHED, PREVIOUS):
        raise UsageError(
            f"expected a name of letters, digits, '_', '-' and '.', at most 64, that does not begin with a dot and is not"
            f" {PUBLISHED!r} or {PREVIOUS!r}; found {name!r}."
        )


def _copy(source: BinaryIO, target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _facts(name: str, database: Path, sha256: str) -> dict[str, Any]:
    held = contents(database)
    return {
        "name": name,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "file": {"name": database.name, "size_bytes": database.stat().st_size, "sha256": sha256},
        "publication": held.publication,
        "tables": held.tables,
        "rules": held.rules,
    }


def _read(study: StudyFolder, name: str) -> Lock:
    folder = study.locks / name
    database = folder / study.research.name
    try:
        facts = json.loads((folder / "lock.json").read_text(encoding="utf-8"))
        noted = facts["file"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return Lock(name, database, {}, "lock.json is missing or cannot be read")
    if not database.is_file():
        return Lock(name, database, facts, "the file is gone")
    state = "intact" if content_hash(database) == noted else "changed since it was locked"
    if state == "intact" and any(not each["was_intact"] for each in facts.get("reissued", [])):
        state = "changed since it was locked, before it was re-issued"
    return Lock(name, database, facts, state)
