"""gpx, pure Python with decimals."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import gpx

from benchmarks.decoders.adapters import points


def decode(path: Path) -> Any:
    """The whole document."""
    return gpx.read_gpx(path)


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return points.facts(
        (float(point.lat), float(point.lon), point.time)
        for track in decode(path).trk
        for segment in track.trkseg
        for point in segment.trkpt
    )
