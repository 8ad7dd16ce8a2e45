"""gpxpy, which uses lxml where it is installed."""

from pathlib import Path
from typing import Any

import gpxpy
import gpxpy.gpx
import lxml.etree

from benchmarks.decoders.adapters import points

#: without lxml gpxpy would take another parser and say nothing
LXML = lxml.etree.LXML_VERSION


def decode(path: Path) -> gpxpy.gpx.GPX:
    """The whole document."""
    with path.open(encoding="utf-8-sig") as file:
        return gpxpy.parse(file)


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return points.facts(
        (point.latitude, point.longitude, point.time)
        for track in decode(path).tracks
        for segment in track.segments
        for point in segment.points
    )
