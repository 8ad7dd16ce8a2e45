"""What a check finds, and what all checks look at."""

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import StudyError
from pipelines.looking import Waiting, waiting
from pipelines.settings import FILE_NAME, Alerts, Settings, read_settings
from pipelines.study_folder import StudyFolder
from warehouse.database import DATABASE_NAME, Connection

Severity = Literal["problem", "warning", "fine"]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the doctor. text: what it is and what it means, in a sentence; command: what mends it, or ""."""

    check: str
    severity: Severity
    text: str
    command: str = ""


@dataclasses.dataclass(frozen=True)
class Look:
    """The study as it lies there. now: UTC. deep: every original is hashed again.

    connection: the private database, only read; None if it is not there, damaged, or an ingester is at work. at_work: that
    ingester (command, process, host, since), None if nobody is.
    """

    study: StudyFolder
    now: dt.datetime
    connection: Connection | None = None
    at_work: dict[str, Any] | None = None
    deep: bool = False

    @functools.cached_property
    def settings(self) -> Settings | None:
        """study.toml; None if it cannot be used, which another check tells."""
        try:
            return read_settings(self.study.root / FILE_NAME)
        except StudyError:
            return None

    @property
    def alerts(self) -> Alerts:
        """Who is told."""
        return self.settings.alerts if self.settings else Alerts()

    @property
    def database(self) -> Path:
        """The private database."""
        return self.study.private / DATABASE_NAME

    @functools.cached_property
    def archived(self) -> dict[Path, tuple[int, float]]:
        """Every file of archive/ (but what is on its way into it): size in bytes, modification time in seconds."""
        folder = self.study.archive
        found = {}
        for path in sorted(folder.glob("*/*")) if folder.is_dir() else []:
            if not path.parent.name.startswith(".") and path.is_file():
                status = path.stat()
                found[path] = (status.st_size, status.st_mtime)
        return found

    @functools.cached_property
    def waiting(self) -> list[Waiting]:
        """What lies in the inbox and would be taken once it is complete."""
        return waiting(self.study)

    def place(self, path: Path) -> str:
        """A path as the study names it."""
        return path.relative_to(self.study.root).as_posix() if path.is_relative_to(self.study.root) else str(path)


Check = Callable[[Look], Iterable[Finding]]
LedgerCheck = Callable[[Look, Connection], Iterable[Finding]]


def counted(number: int, one: str, many: str | None = None) -> str:
    """Such as "1 file" or "3 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few of the names, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
