"""A file in, a Recording out. Knows devices and formats; knows nothing of people, days or databases.

Everything outsiders need: `identify`, `read`, `read_many`, `is_container`, `unpack` and the error classes.
"""

import dataclasses
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from connectors.containers import Member, is_container, office_document, unpack
from connectors.dialect_file import DialectError, known
from connectors.errors import (
    AmbiguousFormatError,
    ConnectorError,
    CorruptFileError,
    NoStepDataError,
    UnknownFormatError,
)
from connectors.pedometer_csv.head import Layout, claims
from connectors.unclaimed import unknown_format

if TYPE_CHECKING:
    # polars takes a second to import
    from connectors.recording import Recording

__all__ = [
    "CONNECTORS",
    "AmbiguousFormatError",
    "Claim",
    "ConnectorError",
    "CorruptFileError",
    "DialectError",
    "Member",
    "NoStepDataError",
    "UnknownFormatError",
    "identify",
    "is_container",
    "read",
    "read_many",
    "unpack",
]

#: connectors that know a file by its bytes alone, each a module with `identify` and `read`; tables are claimed by dialects
CONNECTORS: tuple[Literal["fit", "gpx", "apple_health", "health_connect"], ...] = (
    "fit",
    "gpx",
    "apple_health",
    "health_connect",
)


@dataclasses.dataclass(frozen=True)
class Claim:
    """Who reads a file: a connector, and for CSV the dialect. A container is unpacked, not read."""

    connector: Literal["fit", "gpx", "apple_health", "health_connect", "csv", "container"]
    dialect: str | None = None

    def __str__(self) -> str:
        return f"{self.connector} dialect {self.dialect}" if self.dialect else self.connector


class _Connector(Protocol):
    def identify(self, path: Path) -> bool: ...

    def read(self, path: Path) -> "Recording": ...


def identify(path: Path, *, dialect_folder: Path | None = None, names: Sequence[str] = ()) -> Claim:
    """The one connector or dialect that claims a file, by its bytes; a wrong file ending does not matter.

    names: the names it came under, with folders and archive, for exports whose columns do not say what they count
    (default: the path's own). Raises UnknownFormatError if none claims it, AmbiguousFormatError if several do, DialectError
    if a dialect of the folder is malformed.
    """
    return _claim(Path(path), dialect_folder, names)[0]


def read(path: Path, *, dialect_folder: Path | None = None, names: Sequence[str] = ()) -> "Recording":
    """The Recording of one source file, fully evaluated."""
    path = Path(path)
    return _read(path, *_claim(path, dialect_folder, names))


def read_many(
    paths: Sequence[Path], *, dialect_folder: Path | None = None, names: Sequence[Sequence[str]] = ()
) -> "list[Recording | ConnectorError]":
    """For each file in order what `read` returns, or the error it raises. Many small FIT files cost less in one call."""
    found: dict[int, Recording | ConnectorError] = {}
    together: dict[int, Path] = {}
    for place, path in enumerate(map(Path, paths)):
        try:
            claim, layout = _claim(path, dialect_folder, names[place] if names else ())
            if claim.connector == "fit":
                together[place] = path
            else:
                found[place] = _read(path, claim, layout)
        except ConnectorError as error:
            found[place] = error
    if together:
        from connectors import fit

        found.update(zip(together, fit.read_many(list(together.values())), strict=True))
    return [found[place] for place in range(len(paths))]


def _read(path: Path, claim: Claim, layout: Layout | None) -> "Recording":
    if layout is not None:
        return cast("Recording", importlib.import_module("connectors.pedometer_csv.reader").read(path, layout))
    if claim.connector == "container":
        raise UnknownFormatError(
            path, expected="one device export", found="an archive", todo="Unpack it and read its members."
        )
    return _module(claim.connector).read(path)


def _claim(path: Path, dialect_folder: Path | None, names: Sequence[str]) -> tuple[Claim, Layout | None]:
    dialects = known(dialect_folder)
    if is_container(path) and not office_document(path):
        return Claim("container"), None
    from_bytes = [Claim(name) for name in CONNECTORS if _module(name).identify(path)]
    laid = claims(path, dialects.values(), names)
    found = [*((claim, None) for claim in from_bytes), *((Claim("csv", lay.dialect.name), lay) for lay in laid)]
    if len(found) > 1:
        raise AmbiguousFormatError(
            path,
            expected="exactly one reader for the file",
            found=" and ".join(str(claim) for claim, _ in found),
            todo="Make the match of a dialect stricter, or give it the other's name to replace it.",
        )
    if found:
        return found[0]
    raise unknown_format(path, dialects)


def _module(name: str) -> _Connector:
    return cast(_Connector, importlib.import_module(f"connectors.{name}"))
