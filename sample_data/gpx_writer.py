"""GPX 1.1 tracks as phones write them."""

import datetime as dt
from collections.abc import Sequence
from xml.sax.saxutils import escape

from sample_data.route import Point

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Sample Tracker" xmlns="http://www.topografix.com/GPX/1/1"\
 xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">
"""
_HEART = "<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>{}</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions>"


def gpx_track(name: str, start: dt.datetime, points: Sequence[Point], *, heart_rate: bool = False) -> bytes:
    """One track with one segment; times in UTC, whole seconds."""
    lines = [f"{_HEAD}<trk><name>{escape(name)}</name><trkseg>\n"]
    for point in points:
        at = (start + dt.timedelta(seconds=point.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        heart = _HEART.format(95 + point.seconds // 5 % 9) if heart_rate else ""
        lines.append(f"{_position(point)}<time>{at}</time>{heart}</trkpt>\n")
    return "".join([*lines, "</trkseg></trk>\n</gpx>\n"]).encode()


def gpx_without_times(name: str, points: Sequence[Point]) -> bytes:
    """A planned route dressed up as a track: positions, but no instants."""
    lines = [f"{_HEAD}<trk><name>{escape(name)}</name><trkseg>\n"]
    lines += [f"{_position(point)}</trkpt>\n" for point in points]
    return "".join([*lines, "</trkseg></trk>\n</gpx>\n"]).encode()


def _position(point: Point) -> str:
    return f'<trkpt lat="{point.latitude:.6f}" lon="{point.longitude:.6f}">'
