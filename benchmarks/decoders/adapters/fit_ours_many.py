"""The project's own reader, many files in one call."""

from pathlib import Path
from typing import Any

from benchmarks.decoders.adapters import fit_ours
from connectors import fit
from connectors.errors import ConnectorError
from connectors.recording import Recording


def decode_all(paths: list[Path]) -> list[Recording]:
    """The Recording of each file."""
    recordings = []
    for found in fit.read_many(paths):
        if isinstance(found, ConnectorError):
            raise found
        recordings.append(found)
    return recordings


def facts(path: Path) -> dict[str, Any]:
    """The same as for one file."""
    return fit_ours.facts(path)
