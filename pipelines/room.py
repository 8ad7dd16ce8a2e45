"""How much room a study has left on its disk, and how much the next publication may need."""

import dataclasses
import os
import shutil

from pipelines.study_folder import StudyFolder
from warehouse.database import DATABASE_NAME

_GB = 1_000_000_000
#: A night makes new names by the thousand: originals, notes, Prefect's own.
_FEW_NAMES = 10_000


@dataclasses.dataclass(frozen=True)
class Room:
    """What is free on the disk of a study, and what the next publication may need: twice the two databases, in bytes.

    names: how many more files the file system can hold; None where it has no such limit.
    """

    free: int
    needed: int
    names: int | None

    @property
    def is_short(self) -> bool:
        """True if the next publication may not find room."""
        return self.free < self.needed or (self.names is not None and self.names < _FEW_NAMES)

    def in_words(self) -> str:
        """Such as "1.2 GB are free, and the next publication may need 0.4 GB"."""
        names = "" if self.names is None else f", with room for {self.names:,} more files"
        return f"{self.free / _GB:,.2f} GB are free{names}; the next publication may need {self.needed / _GB:,.2f} GB"


def room(study: StudyFolder) -> Room:
    """The room that there is."""
    held = [path.stat().st_size for path in (study.private / DATABASE_NAME, study.research) if path.is_file()]
    names: int | None = None
    if hasattr(os, "statvfs"):
        system = os.statvfs(study.root)
        # file systems without a table of inodes say 0 of 0
        names = system.f_favail if system.f_files else None
    return Room(shutil.disk_usage(study.root).free, max(2 * sum(held), 100_000_000), names)
