"""The project's own reader up to the columns of its track points."""

from pathlib import Path
from typing import Any

import numpy as np

from connectors.gpx.careful import read_carefully
from connectors.gpx.columns import Declined, read_columns
from connectors.gpx.points import GpxFile


def decode(path: Path) -> GpxFile:
    """Position, elevation, time, heart rate and cadence of all track points; carefully where `gpx.read` would be."""
    try:
        return read_columns(path)
    except Declined:
        return read_carefully(path)


def facts(path: Path) -> dict[str, Any]:
    """What the columns hold."""
    found = decode(path)
    points = found.points
    return {
        "points": found.points_met,
        "timed": len(points.time_us),
        "lat": float(np.sum(points.lat)),
        "lon": float(np.sum(points.lon)),
        "seconds": float(np.sum(points.time_us / 1e6)),
    }
