"""The project's own reader: a GPX file in, a Recording out."""

from pathlib import Path
from typing import Any

from connectors import gpx
from connectors.recording import Recording


def decode(path: Path) -> Recording:
    """The Recording, its frames fully evaluated."""
    return gpx.read(path)


def facts(path: Path) -> dict[str, Any]:
    """A Recording has no positions: how many track points it comes of."""
    return {"points": decode(path).rows_read}
