"""Archives opened with limits: the files inside a zip or gzip, under names that are safe on disk."""

import dataclasses
import errno
import gzip
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from connectors.errors import ConnectorError, CorruptFileError, NoStepDataError, UnknownFormatError

_CHUNK_BYTES = 1024**2
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_GZIP = b"\x1f\x8b"
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}
_OFFICE = {"xl": "an Excel workbook", "word": "a Word document", "ppt": "a PowerPoint file"}
# names in a damaged directory may not decode
_DAMAGE = (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, UnicodeDecodeError)
# what a seek to a damaged offset and a damaged bzip2 stream raise; a full disk is another matter
_DAMAGE_ERRNO = (errno.EINVAL, None)


@dataclasses.dataclass(frozen=True)
class Member:
    """A file from an archive: its name inside, with `!/` after each archive, and where it lies now.

    `error` is set for an archive inside the archive that cannot be opened; it lies there packed.
    """

    name: str
    path: Path
    error: ConnectorError | None = None


@dataclasses.dataclass(frozen=True)
class Limits:
    """How much one archive, with the archives in it, may hold.

    members: an account archive of ten years has some tens of thousands of activity files.
    total_bytes: unpacked; a long Apple Health export has 2 GB.
    ratio: unpacked to packed bytes; minutes of zeros pack 100 to 1, a bomb 1,000 to 1.
    free_bytes: up to this much any ratio is allowed, it can do no harm.
    depth: an archive in an archive is opened, one more level is not.
    """

    members: int = 100_000
    total_bytes: int = 8 * 1024**3
    ratio: int = 400
    free_bytes: int = 16 * 1024**2
    depth: int = 2


@dataclasses.dataclass
class _Budget:
    """What the outermost archive has used of its limits."""

    path: Path
    limits: Limits
    packed_bytes: int
    members: int = 0
    written: int = 0


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _LimitError(CorruptFileError):
    """A limit for the whole archive is reached; no part of it is used."""


def is_container(path: Path) -> bool:
    """True for a zip or gzip file by its first bytes, whatever its name."""
    with path.open("rb") as file:
        head = file.read(4)
    return head in _ZIP or head[:2] == _GZIP


def office_document(path: Path) -> str | None:
    """What kind of office document a zip file is, in words; None for any other file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (*_DAMAGE, OSError, NotImplementedError):
        return None
    if "[Content_Types].xml" in names:
        tops = {name.split("/", 1)[0] for name in names}
        return next((words for top, words in _OFFICE.items() if top in tops), "an office document")
    if "Index/Document.iwa" in names:
        return "an Apple Numbers or Pages file"
    return "an OpenDocument file" if "META-INF/manifest.xml" in names and "content.xml" in names else None


def unpack(path: Path, into: Path, limits: Limits = Limits(), *, name: str | None = None) -> list[Member]:
    """The files in a zip or gzip, unpacked below `into`, archives within opened once more.

    Each lies in a numbered folder under its own cleaned name. name: what the archive is called where it came from, if it
    lies under another name here; what a gzip file packs is named after it. Litter of desktop systems is left out. After an error
    whatever was unpacked so far stays in `into`, which belongs to the caller.
    """
    path = Path(path)
    if kind := office_document(path):
        raise UnknownFormatError(
            path, expected="a device export", found=kind, todo="Open it and export the sheet as CSV."
        )
    budget = _Budget(path, limits, path.stat().st_size)
    found = list(_unpack(path, name or path.name, Path(into), budget, 1))
    if not found:
        raise NoStepDataError(path, expected="files in the archive", found="none")
    return found


def _unpack(path: Path, shown: str, into: Path, budget: _Budget, depth: int) -> Iterator[Member]:
    """Members of one archive; `shown` is its own name inside the outermost one."""
    with path.open("rb") as file:
        is_zip = file.read(4) in _ZIP
    for name, target in (_unzip if is_zip else _gunzip)(path, shown, into, budget):
        inner = name if depth == 1 else f"{shown}!/{name}"
        if not is_container(target) or office_document(target):
            yield Member(inner, target)
            continue
        if depth >= budget.limits.depth:
            error = CorruptFileError(
                budget.path,
                expected=f"archives at most {budget.limits.depth} deep",
                found="one more inside",
                todo="Unpack it by hand and drop the files.",
            )
            yield Member(inner, target, error)
            continue
        try:
            members = list(_unpack(target, inner, into, budget, depth + 1))
        except _LimitError:
            raise
        except ConnectorError as damage:
            yield Member(inner, target, damage)
        else:
            target.unlink()
            yield from members


def _unzip(path: Path, shown: str, into: Path, budget: _Budget) -> Iterator[tuple[str, Path]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for number, info in enumerate(archive.infolist(), 1):
                if info.is_dir() or _is_litter(info.filename):
                    continue
                _refuse_unsafe(info, number, budget)
                target = _target(info.filename, into, budget)
                with archive.open(info) as packed:
                    _copy(packed, target, budget)
                yield info.filename, target
    except _DAMAGE as error:
        raise _damaged(budget, "zip") from error
    except OSError as error:
        if error.errno not in _DAMAGE_ERRNO:
            raise
        raise _damaged(budget, "zip") from error
    except NotImplementedError as error:
        raise CorruptFileError(
            budget.path,
            expected="a zip packed in a usual way",
            found="a compression that cannot be opened here",
            todo="Unpack it by hand and drop the files.",
        ) from error


def _gunzip(path: Path, shown: str, into: Path, budget: _Budget) -> Iterator[tuple[str, Path]]:
    # the name stored in the gzip header may hold a person's folder: the file's own name does
    name = PurePosixPath(shown).name
    name = name[:-3] if name.lower().endswith(".gz") else name
    target = _target(name, into, budget)
    try:
        with gzip.open(path) as packed:
            _copy(packed, target, budget)
    except _DAMAGE as error:
        raise _damaged(budget, "gzip") from error
    yield name, target


def _copy(packed: _Readable, target: Path, budget: _Budget) -> None:
    limits = budget.limits
    with target.open("wb") as file:
        while chunk := packed.read(_CHUNK_BYTES):
            budget.written += len(chunk)
            if budget.written > limits.total_bytes:
                raise _limit(budget, f"at most {limits.total_bytes:,} bytes unpacked", "more")
            # against the outermost archive: members may share the same packed bytes
            if budget.written > max(limits.free_bytes, limits.ratio * budget.packed_bytes):
                raise _limit(budget, f"unpacked at most {limits.ratio} times the packed size", "more, as in a zip bomb")
            file.write(chunk)


def _target(name: str, into: Path, budget: _Budget) -> Path:
    budget.members += 1
    if budget.members > budget.limits.members:
        raise _limit(budget, f"at most {budget.limits.members:,} files in an archive", "more")
    folder = into / f"{budget.members:06d}"
    folder.mkdir(parents=True)
    base = re.sub(r"[^A-Za-z0-9._ -]+", "_", PurePosixPath(name.replace("\\", "/")).name).strip(". ") or "member"
    stem, dot, ending = base.rpartition(".")
    # a leading underscore keeps Windows from taking a name such as NUL.csv for a device
    return folder / (f"{(stem or '_')[:100]}{dot}{ending[:16]}" if dot else base[:100])


def _refuse_unsafe(info: zipfile.ZipInfo, number: int, budget: _Budget) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    found = ""
    if info.flag_bits & 1:
        found, todo = "one that needs a password", "Unpack it with its password and drop the files."
    elif ".." in parts or parts[0] == "" or re.match(r"^[A-Za-z]:", parts[0]):
        found, todo = "one whose name points outside the archive", "Do not open it; ask where it comes from."
    elif stat.S_ISLNK(info.external_attr >> 16):
        found, todo = "a link instead of a file", "Unpack it by hand and drop the files."
    if found:
        raise CorruptFileError(
            budget.path, expected="plain files in the archive", found=found, where=f"member {number}", todo=todo
        )


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1].lower() in _LITTER


def _damaged(budget: _Budget, kind: str) -> CorruptFileError:
    return CorruptFileError(
        budget.path,
        expected=f"a whole {kind} file",
        found="one that is cut off or damaged",
        todo="Copy or download it again.",
    )


def _limit(budget: _Budget, expected: str, found: str) -> _LimitError:
    return _LimitError(budget.path, expected=expected, found=found, todo="Unpack it by hand and drop what is needed.")
