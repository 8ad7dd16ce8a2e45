"""A GPX track in, a Recording out: positions become walking labels here, and no coordinate goes any further."""

import dataclasses
import datetime as dt
import math
from pathlib import Path
from xml.parsers import expat

import gpxpy
import gpxpy.gpx
import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.errors import CorruptFileError, NoStepDataError
from connectors.gps import MAX_GAP_S, Labels, haversine_m, label_track
from connectors.gpx_copy import SafeCopy, decode, local_name, safe_copy
from connectors.gpx_words import is_on_foot
from connectors.recording import Device, Problem, Recording

_HEAD_BYTES = 65_536
#: a less certain position is dropped. Source: walking_bouts 3.7.
#: Deviates: not in a file where most values are above it; that is an accuracy in metres, as some phone apps write
MAX_HDOP = 5.0
_MAX_GAP_US = round(MAX_GAP_S * 1e6)
_UTC_US = pl.Datetime("us", "UTC")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: a receiver without a fix, or with its week counter rolled over, writes a time before it was built
_FIRST_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

_Sports = tuple[str | None, ...]


class _RootFound(Exception):  # noqa: N818 - no error: it ends the parsing of a file's head
    """Carries the name of the root element out of the parser."""


@dataclasses.dataclass(frozen=True)
class _Points:
    """Track points as columns; segments and tracks are numbered through the file."""

    time_us: npt.NDArray[np.int64]
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    heart_rate: npt.NDArray[np.float64]  # NaN: none
    hdop: npt.NDArray[np.float64]  # NaN: not stated
    segment: npt.NDArray[np.int64]
    track: npt.NDArray[np.int64]

    def at(self, places: npt.NDArray[np.intp]) -> "_Points":
        return _Points(*(getattr(self, field.name)[places] for field in dataclasses.fields(self)))


def identify(path: Path) -> bool:
    """True for XML whose root element is called gpx, in whatever namespace and encoding."""
    with Path(path).open("rb") as file:
        head = decode(file.read(_HEAD_BYTES))
    return head.startswith("<") and _root(head) == "gpx"


def read(path: Path) -> Recording:
    """The Recording of a GPX file: one epoch per track point, up to the next point of its segment."""
    path = Path(path)
    copy = safe_copy(path)
    gpx = _parse(copy)
    sports: _Sports = tuple(track.type for track in gpx.tracks)
    points = _in_order(_certain(_points(gpx, copy), copy), copy)
    starts = np.flatnonzero(np.diff(points.segment) == 0)
    if not len(starts):
        raise _nothing(copy, len(points.time_us))
    manufacturer, model = copy.creator
    return Recording.build(
        connector="gpx",
        kind="track",
        device=Device(manufacturer, model, serial=None, device_class="track", zeros_prove_wear=False),
        rows_read=copy.points_met,
        epochs=_epochs(points, starts, sports),
        coverage=_spans(points.segment, points.time_us).select("start", "end").filter(pl.col("end") > pl.col("start")),
        sessions=_sessions(points, sports),
        problems=tuple(Problem(code, n, copy.where[code]) for code, n in sorted(copy.counts.items())),
    )


def _root(head: str) -> str | None:
    """The local name of the root element of a text that may be cut off; None if it is not XML that far."""

    def found(name: str, *_: object) -> None:
        raise _RootFound(local_name(name))

    parser = expat.ParserCreate()
    parser.StartElementHandler = found
    parser.StartDoctypeDeclHandler = found  # it names the root; what else it declares is never looked at
    try:
        parser.Parse(head, False)
    except _RootFound as root:
        return str(root)
    except expat.ExpatError:
        pass
    return None


def _parse(copy: SafeCopy) -> gpxpy.gpx.GPX:
    try:
        return gpxpy.parse(copy.text)
    except gpxpy.gpx.GPXException as error:
        raise CorruptFileError(copy.path, expected="GPX that gpxpy reads", found=type(error).__name__) from error


def _points(gpx: gpxpy.gpx.GPX, copy: SafeCopy) -> _Points:
    """The points that have a time, in file order; what is wrong with the others is noted in the copy."""
    rows: list[tuple[int, float, float, float, float, int, int]] = []
    segment_number = 0
    for track_number, track in enumerate(gpx.tracks):
        for segment in track.segments:
            segment_number += 1
            for point in segment.points:
                time = _utc(point.time, copy)
                if time is None:
                    continue
                time_us = (time - _EPOCH) // dt.timedelta(microseconds=1)
                rate = float(point.extensions[0].text) if point.extensions else math.nan
                hdop = math.nan if point.horizontal_dilution is None else point.horizontal_dilution
                rows.append((time_us, point.latitude, point.longitude, rate, hdop, segment_number, track_number))
    table = np.array(rows, dtype="i8,f8,f8,f8,f8,i8,i8")
    return _Points(*(np.ascontiguousarray(table[name]) for name in table.dtype.names or ()))


def _utc(time: dt.datetime | None, copy: SafeCopy) -> dt.datetime | None:
    """The time in UTC; a time without a zone is UTC in GPX. None if it is no time a recorder would write."""
    try:
        utc = None if time is None else time.replace(tzinfo=time.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # an offset of a day or more, or outside the years 1 to 9999
        utc = None
    if time is None or utc is None:
        copy.note("bad_time", "")
        return None
    if utc < _FIRST_TIME:
        copy.note("clock_before_2000", "")
        return None
    if time.tzinfo is None:
        copy.note("time_without_zone", "")
    return utc


def _nothing(copy: SafeCopy, usable: int) -> NoStepDataError:
    untimed = copy.counts["point_without_time"]
    if untimed and untimed == copy.points_met:
        found = f"a route or a drawn track, not a recording: {untimed} points, none with a time"
    elif copy.points_met:
        reasons = "".join(f"; {code}: {n}" for code, n in sorted(copy.counts.items()))
        found = f"{copy.points_met} track points, {usable} of them usable, no two in one segment{reasons}"
    else:
        found = "no point of a track, only a route, waypoints or nothing"
    return NoStepDataError(
        copy.path, expected="a recorded track", found=found, todo="Export the recorded activity, not a planned route."
    )


def _certain(points: _Points, copy: SafeCopy) -> _Points:
    vague = points.hdop > MAX_HDOP
    if not vague.any():
        return points
    if 2 * vague.sum() > np.isfinite(points.hdop).sum():
        copy.note("hdop_not_used", "", int(vague.sum()))
        return points
    copy.note("hdop_over_5", "", int(vague.sum()))
    return points.at(np.flatnonzero(~vague))


def _in_order(points: _Points, copy: SafeCopy) -> _Points:
    """The points segment by segment, ascending in time, without those that fall into an earlier segment."""
    backward = (np.diff(points.segment) == 0) & (np.diff(points.time_us) < 0)
    spans = _spans(points.segment, points.time_us).with_row_index("rank")
    spans = spans.with_columns(pl.col("end").cum_max().shift().cast(pl.Int64).alias("taken_until"))
    of_point = pl.DataFrame({"number": points.segment}).join(spans, on="number", how="left", maintain_order="left")
    order = np.lexsort((points.time_us, of_point["rank"].to_numpy()))
    taken_until = of_point["taken_until"].fill_null(np.iinfo(np.int64).min).to_numpy()
    free = order[(points.time_us >= taken_until)[order]]
    sorted_points = points.at(free)
    repeated = (np.diff(sorted_points.segment) == 0) & (np.diff(sorted_points.time_us) == 0)
    counts = {
        "time_not_ascending": int(backward.sum()),
        "overlapping_segment": len(order) - len(free),
        "duplicate_time": int(repeated.sum()),
    }
    for code, count in counts.items():
        if count:
            copy.note(code, "", count)
    return sorted_points.at(np.flatnonzero(~np.r_[False, repeated][: len(free)]))


def _spans(number: npt.NDArray[np.int64], time_us: npt.NDArray[np.int64]) -> pl.DataFrame:
    """First and last time of the points of each segment or track, in order of the first."""
    frame = pl.DataFrame({"number": number, "time": time_us}).with_columns(pl.col("time").cast(_UTC_US))
    spans = frame.group_by("number").agg(pl.col("time").min().alias("start"), pl.col("time").max().alias("end"))
    return spans.sort("start", "end", "number")


def _epochs(points: _Points, starts: npt.NDArray[np.intp], sports: _Sports) -> pl.DataFrame:
    here, there = points.at(starts), points.at(starts + 1)
    distance = haversine_m(here.lat, here.lon, there.lat, there.lon)
    # between the ends of a signal loss the way is not known
    distance[there.time_us - here.time_us > _MAX_GAP_US] = np.nan
    frame = pl.DataFrame(
        {
            "epoch_start": here.time_us,
            "epoch_end": there.time_us,
            "distance_m": distance,
            "heart_rate_bpm": here.heart_rate,
            "activity": pl.Series([sports[track] for track in here.track], dtype=pl.String),
            "gps_label": pl.Series(_labels(points, sports)[starts].tolist(), dtype=pl.String),
        }
    )
    return frame.with_columns(
        pl.col("epoch_start", "epoch_end").cast(_UTC_US), pl.col("distance_m", "heart_rate_bpm").fill_nan(None)
    )


def _labels(points: _Points, sports: _Sports) -> Labels:
    """A label per point, judged over the whole of its track: a pause between two segments hides no bus."""
    labels: Labels = np.full(len(points.time_us), None, dtype=object)
    for track in np.unique(points.track):
        mine = np.flatnonzero(points.track == track)
        part = points.at(mine)
        labels[mine] = label_track(part.time_us, part.lat, part.lon, foot_sport=is_on_foot(sports[track]))
    return labels


def _sessions(points: _Points, sports: _Sports) -> pl.DataFrame:
    """One row per track whose sport is stated."""
    rows = [(track, sport, is_on_foot(sport)) for track, sport in enumerate(sports) if sport is not None]
    stated = pl.DataFrame(rows, schema={"number": pl.Int64, "sport": pl.String, "on_foot": pl.Boolean}, orient="row")
    spans = _spans(points.track, points.time_us).filter(pl.col("end") > pl.col("start"))
    joined = spans.join(stated, on="number", how="inner", maintain_order="left")
    return joined.select("start", "end", "sport", "on_foot")
