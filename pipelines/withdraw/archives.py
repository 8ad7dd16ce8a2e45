"""Zip and gzip files written again without some of their members, the others as they were, in their order."""

import gzip
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from connectors import is_container
from connectors.containers import office_document
from pipelines.withdraw.words import IN_PLACE

#: (name inside, with `!/` after each archive; where it lies unpacked) -> the file to put there; None to leave it out
Decide = Callable[[str, Path], Path | None]
#: The same depth to which archives are opened when they are read.
_DEPTH = 2


def rewrite_archive(
    path: Path, target: Path, decide: Decide, rename: Callable[[str], str], scratch: Path
) -> int | None:
    """Writes the archive to target as `decide` says; returns how many files are in it, None if nothing changes.

    An archive inside is treated alike. Members get the names that `rename` gives them; what is no member that is read
    (folders, comments) is left out. The same archive and decisions give the same bytes.
    """
    return _rewrite(path, target, path.name, "", decide, rename, scratch)


def _rewrite(
    path: Path, target: Path, shown: str, prefix: str, decide: Decide, rename: Callable[[str], str], scratch: Path
) -> int | None:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        if not zipfile.is_zipfile(path):
            name = PurePosixPath(shown).name
            name = name[:-3] if name.lower().endswith(".gz") else name
            member = Path(folder) / "member"
            with gzip.open(path) as packed, member.open("wb") as file:
                shutil.copyfileobj(packed, file)
            put, count = _decided(member, prefix + name, decide, rename, Path(folder))
            if put == member and rename(name) == name:
                return None
            if put is not None:
                with (
                    put.open("rb") as file,
                    target.open("wb") as raw,
                    gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed_again,
                ):
                    shutil.copyfileobj(file, packed_again)
            return count
        return _rewrite_zip(path, target, prefix, decide, rename, Path(folder))


def _rewrite_zip(
    path: Path, target: Path, prefix: str, decide: Decide, rename: Callable[[str], str], folder: Path
) -> int | None:
    is_changed, total = False, 0
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        is_changed = rename(old.comment.decode("utf-8", "replace")) != old.comment.decode("utf-8", "replace")
        for number, info in enumerate(old.infolist()):
            if info.is_dir() or _is_litter(info.filename):
                # nobody reads it, and it goes if it names somebody
                is_changed |= rename(info.filename) != info.filename
                continue
            member = folder / f"{number}"
            with old.open(info) as packed, member.open("wb") as file:
                shutil.copyfileobj(packed, file)
            put, count = _decided(member, prefix + info.filename, decide, rename, folder)
            name = rename(info.filename)
            is_changed |= put != member or name != info.filename
            if put is not None:
                again = zipfile.ZipInfo(name or IN_PLACE, info.date_time)
                again.compress_type, again.external_attr = info.compress_type, info.external_attr
                with put.open("rb") as source, new.open(again, "w") as packed_again:
                    shutil.copyfileobj(source, packed_again)
                total += count
            member.unlink()
    if not is_changed:
        return None
    if not total:
        target.unlink()
    return total


def _is_litter(name: str) -> bool:
    return "__MACOSX" in name.split("/") or name.rpartition("/")[2].startswith("._")


def _decided(
    member: Path, name: str, decide: Decide, rename: Callable[[str], str], folder: Path
) -> tuple[Path | None, int]:
    """What to put in place of a member, None for nothing, and how many files that is."""
    if name.count("!/") < _DEPTH - 1 and is_container(member) and not office_document(member):
        inner = Path(tempfile.mkdtemp(dir=folder)) / "archive"
        count = _rewrite(member, inner, name, f"{name}!/", decide, rename, folder)
        return (member, 1) if count is None else (inner, count) if count else (None, 0)
    put = decide(name, member)
    return put, int(put is not None)
