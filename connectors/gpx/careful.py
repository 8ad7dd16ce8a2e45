"""The careful way to read GPX: gpxpy over a copy of the file that is safe to parse."""

import math
from pathlib import Path

import gpxpy
import gpxpy.gpx
import numpy as np

from connectors.errors import CorruptFileError
from connectors.gpx.copy import safe_copy
from connectors.gpx.decimals import utc_us
from connectors.gpx.points import GpxFile, Points

_TYPES = ("i8", "?", "f8", "f8", "f8", "f8", "f8", "f8", "i8", "i8")


def read_carefully(path: Path) -> GpxFile:
    """What gpxpy reads of a safe copy of the file; raises CorruptFileError for one that is too damaged or hostile."""
    copy = safe_copy(path)
    try:
        gpx = gpxpy.parse(copy.text)
    except gpxpy.gpx.GPXException as error:
        raise CorruptFileError(path, expected="GPX that gpxpy reads", found=type(error).__name__) from error
    sports = tuple(track.type for track in gpx.tracks)
    return GpxFile(_points(gpx), copy.points_met, sports, copy.creator, copy.notes)


def _points(gpx: gpxpy.gpx.GPX) -> Points:
    rows = [
        (
            utc_us(point.time),
            point.time is not None and point.time.tzinfo is not None,
            point.latitude,
            point.longitude,
            _or_nan(point.elevation),
            _extension(point, "hr"),
            _extension(point, "cad"),
            _or_nan(point.horizontal_dilution),
            segment_number,
            track_number,
        )
        for segment_number, (track_number, segment) in enumerate(
            ((number, segment) for number, track in enumerate(gpx.tracks) for segment in track.segments), start=1
        )
        for point in segment.points
    ]
    table = np.array(rows, dtype=",".join(_TYPES))
    return Points(*(np.ascontiguousarray(table[name]) for name in table.dtype.names or ()))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _extension(point: gpxpy.gpx.GPXTrackPoint, name: str) -> float:
    return next((float(element.text) for element in point.extensions if element.tag == name), math.nan)
