"""How `footfall serve` asks a run that is at work to end at the next whole step, instead of ending it by force."""

import os
from pathlib import Path

from pipelines.errors import FootfallError


class StoppedError(FootfallError):
    """The run was asked to end; what it had accepted is kept."""


def is_asked(stop_file: str) -> bool:
    """True once the file is there; a run without such a file (empty) is never asked."""
    return bool(stop_file) and os.path.exists(stop_file)  # noqa: PTH110 - asked for every file that is read


def check(stop_file: str) -> None:
    """Raises StoppedError once the run is asked to end."""
    if is_asked(stop_file):
        raise StoppedError("stopped with `footfall serve`: what was accepted is kept, the next start goes on.")


def ask(stop_file: Path) -> None:
    """Asks every run that has this file to end."""
    stop_file.touch()
