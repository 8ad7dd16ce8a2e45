"""fastgpx, C++."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import fastgpx


def decode(path: Path) -> Any:
    """The tracks; the points' own times are not given, only the first and the last."""
    return fastgpx.parse(str(path))


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    found = [point for track in decode(path).tracks for segment in track.segments for point in segment.points]
    return {
        "points": len(found),
        "lat": sum(point.latitude for point in found),
        "lon": sum(point.longitude for point in found),
    }
