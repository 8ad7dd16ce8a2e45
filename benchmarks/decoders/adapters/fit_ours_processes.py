"""The project's own reader in one process per core."""

import concurrent.futures
import functools
import os
from pathlib import Path
from typing import Any

from benchmarks.decoders.adapters import fit_ours, fit_ours_many
from connectors.recording import Recording


def decode_all(paths: list[Path]) -> list[Recording]:
    """The Recording of each file; large files go to whichever process is free, small ones in batches."""
    large = [path for path in paths if path.stat().st_size > 50_000]
    small = [path for path in paths if path not in large]
    batches = [[path] for path in large] + [
        small[turn :: _cores()] for turn in range(_cores()) if small[turn :: _cores()]
    ]
    return [recording for done in _pool().map(fit_ours_many.decode_all, batches) for recording in done]


def facts(path: Path) -> dict[str, Any]:
    """The same as for one file."""
    return fit_ours.facts(path)


def _cores() -> int:
    return os.cpu_count() or 1


@functools.cache
def _pool() -> concurrent.futures.ProcessPoolExecutor:
    """Started in the warm-up round; it ends with the process."""
    return concurrent.futures.ProcessPoolExecutor(_cores())
