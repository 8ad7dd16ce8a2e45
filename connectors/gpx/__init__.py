"""A GPX track in, a Recording out: positions become walking labels here, and no coordinate goes any further."""

import datetime as dt
from pathlib import Path
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.errors import CorruptFileError, NoStepDataError
from connectors.gps import LABELS, MAX_GAP_S, haversine_m, label_codes
from connectors.gpx.cadence import Steps, steps_of
from connectors.gpx.careful import read_carefully
from connectors.gpx.columns import Declined, read_columns
from connectors.gpx.copy import decode, local_name
from connectors.gpx.decimals import NO_TIME
from connectors.gpx.points import MAX_BYTES, MAX_TRACKS, GpxFile, Notes, Points, by_number, too_many
from connectors.recording import Device, Problem, Recording
from connectors.sports import is_on_foot

_HEAD_BYTES = 65_536
#: a less certain position is dropped. Source: walking_bouts 3.7.
#: Deviates: not in a file where most values are above it; that is an accuracy in metres, as some phone apps write
MAX_HDOP = 5.0
_MAX_GAP_US = round(MAX_GAP_S * 1e6)
_UTC_US = pl.Datetime("us", "UTC")
#: a receiver without a fix, or with its week counter rolled over, writes a time before it was built
_FIRST_US = round(dt.datetime(2000, 1, 1, tzinfo=dt.UTC).timestamp() * 1e6)

_Sports = tuple[str | None, ...]


class _RootFound(Exception):  # noqa: N818 - no error: it ends the parsing of a file's head
    """Carries the name of the root element out of the parser."""


def identify(path: Path) -> bool:
    """True for XML whose root element is called gpx, in whatever namespace and encoding."""
    with Path(path).open("rb") as file:
        head = decode(file.read(_HEAD_BYTES))
    return head.startswith("<") and _root(head) == "gpx"


def read(path: Path) -> Recording:
    """The Recording of a GPX file: one epoch per track point, up to the next point of its segment.

    A file that the columnar reader declines is read by gpxpy, and has a problem `read_carefully` that says why.
    """
    path = Path(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CorruptFileError(
            path,
            expected=f"a GPX file of at most {MAX_BYTES // 1024**2} MB",
            found=f"{size // 1024**2} MB",
            todo="Export the recording in parts.",
        )
    try:
        file = read_columns(path)
    except Declined as reason:
        file = read_carefully(path)
        file.notes.add("read_carefully", str(reason))
    return recording_of(path, file)


def recording_of(path: Path, file: GpxFile) -> Recording:
    """The Recording of what either way of reading found; raises NoStepDataError if that is no recorded track."""
    notes = file.notes
    points = _in_order(_certain(_dated(file.points, notes), notes), notes)
    if len(np.unique(points.track)) > MAX_TRACKS:
        raise too_many(path, "tracks that hold points", MAX_TRACKS)
    starts = np.flatnonzero(points.segment[1:] == points.segment[:-1])
    if not len(starts):
        raise _nothing(path, file, len(points.time_us))
    epochs = _epochs(points, starts, file.sports, notes)
    manufacturer, model = file.creator
    return Recording.build(
        connector="gpx",
        kind="track",
        device=Device(manufacturer, model, serial=None, device_class="track", zeros_prove_wear=False),
        rows_read=file.points_met,
        epochs=epochs,
        coverage=_coverage(points),
        sessions=_sessions(points, file.sports),
        problems=tuple(Problem(code, n, notes.where[code]) for code, n in sorted(notes.counts.items())),
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


def _dated(points: Points, notes: Notes) -> Points:
    """The points that have a time which a recorder would write."""
    timed = points.time_us != NO_TIME
    real = points.time_us >= _FIRST_US
    notes.add("bad_time", count=int((~timed).sum()))
    notes.add("clock_before_2000", count=int((timed & ~real).sum()))
    notes.add("time_without_zone", count=int((real & ~points.zoned).sum()))
    return points if real.all() else points.at(np.flatnonzero(real))


def _nothing(path: Path, file: GpxFile, usable: int) -> NoStepDataError:
    counts = {code: n for code, n in file.notes.counts.items() if code != "read_carefully"}
    untimed = counts.get("point_without_time", 0)
    if untimed and untimed == file.points_met:
        found = f"a route or a drawn track, not a recording: {untimed} points, none with a time"
    elif file.points_met:
        reasons = "".join(f"; {code}: {n}" for code, n in sorted(counts.items()))
        found = f"{file.points_met} track points, {usable} of them usable, no two in one segment{reasons}"
    else:
        found = "no point of a track, only a route, waypoints or nothing"
    return NoStepDataError(
        path, expected="a recorded track", found=found, todo="Export the recorded activity, not a planned route."
    )


def _certain(points: Points, notes: Notes) -> Points:
    vague = points.hdop > MAX_HDOP
    if not vague.any():
        return points
    if 2 * vague.sum() > np.isfinite(points.hdop).sum():
        notes.add("hdop_not_used", count=int(vague.sum()))
        return points
    notes.add("hdop_over_5", count=int(vague.sum()))
    return points.at(np.flatnonzero(~vague))


def _in_order(points: Points, notes: Notes) -> Points:
    """The points segment by segment, ascending in time, without those that fall into an earlier segment."""
    time_us = points.time_us
    if (time_us[1:] > time_us[:-1]).all():
        return points
    within = points.segment[1:] == points.segment[:-1]
    notes.add("time_not_ascending", count=int((within & (time_us[1:] < time_us[:-1])).sum()))
    first, start, end = _spans(points.segment, time_us)
    ranked = np.lexsort((end, start))
    taken_until = np.empty(len(first), dtype=np.int64)
    taken_until[ranked] = np.r_[NO_TIME, np.maximum.accumulate(end[ranked])[:-1]]
    rank = np.empty(len(first), dtype=np.intp)
    rank[ranked] = np.arange(len(first))
    lengths = np.diff(first, append=len(time_us))
    order = np.lexsort((time_us, np.repeat(rank, lengths)))
    free = order[(time_us >= np.repeat(taken_until, lengths))[order]]
    notes.add("overlapping_segment", count=len(order) - len(free))
    time_us, segment = time_us[free], points.segment[free]
    repeated = np.r_[False, (segment[1:] == segment[:-1]) & (time_us[1:] == time_us[:-1])][: len(free)]
    notes.add("duplicate_time", count=int(repeated.sum()))
    return points.at(free[~repeated])


def _spans(number: npt.NDArray[np.int64], time_us: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """The place of the first of each run of one number, and the first and last time of the run."""
    first = np.flatnonzero(np.r_[True, number[1:] != number[:-1]][: len(number)])
    return first, np.minimum.reduceat(time_us, first), np.maximum.reduceat(time_us, first)


def _coverage(points: Points) -> pl.DataFrame:
    _, start, end = _spans(points.segment, points.time_us)
    return _stretches(start, end)


def _stretches(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64], **others: pl.Series) -> pl.DataFrame:
    lasting = np.flatnonzero(end > start)
    lasting = lasting[np.lexsort((end[lasting], start[lasting]))]
    columns = {name: column.gather(lasting) for name, column in others.items()}
    return pl.DataFrame({"start": _instants(start[lasting]), "end": _instants(end[lasting]), **columns})


def _instants(time_us: npt.NDArray[np.int64]) -> pl.Series:
    return pl.Series(time_us).cast(_UTC_US)


def _epochs(points: Points, starts: npt.NDArray[np.intp], sports: _Sports, notes: Notes) -> pl.DataFrame:
    ends = starts + 1
    time_us, lat, lon = points.time_us, points.lat, points.lon
    distance = haversine_m(lat[starts], lon[starts], lat[ends], lon[ends])
    # between the ends of a signal loss the way is not known
    distance[time_us[ends] - time_us[starts] > _MAX_GAP_US] = np.nan
    told = steps_of(points, starts, distance, sports, notes)
    epochs = pl.DataFrame(
        {
            "epoch_start": _instants(time_us[starts]),
            "epoch_end": _instants(time_us[ends]),
            "steps": _measured(told.steps),
            "distance_m": _measured(distance),
            "heart_rate_bpm": _measured(points.heart_rate[starts]),
            "activity": pl.Series(sports, dtype=pl.String).gather(points.track[starts]),
            "gps_label": pl.Series(LABELS, dtype=pl.String).gather(_labels(points, sports)[starts]),
        }
    )
    return _divided(epochs, time_us[starts], time_us[ends], told) if (told.divide_us != NO_TIME).any() else epochs


def _divided(
    epochs: pl.DataFrame, start_us: npt.NDArray[np.int64], end_us: npt.NDArray[np.int64], told: Steps
) -> pl.DataFrame:
    """The epochs with two rows for each that is divided; steps and metres are shared by time."""
    is_divided = told.divide_us != NO_TIME
    rows = np.repeat(np.arange(len(is_divided)), 1 + is_divided)
    is_second = np.r_[False, rows[1:] == rows[:-1]]
    divided, divide_us = is_divided[rows], told.divide_us[rows]
    start = np.where(is_second, divide_us, start_us[rows])
    end = np.where(divided & ~is_second, divide_us, end_us[rows])
    share = pl.Series((end - start) / (end_us - start_us)[rows])
    untold = divided & (told.first_is_told[rows] == is_second)
    frame = epochs[rows]
    return frame.with_columns(
        _instants(start).alias("epoch_start"),
        _instants(end).alias("epoch_end"),
        (_measured(np.where(untold, np.nan, told.steps[rows])) * share).alias("steps"),
        (frame["distance_m"] * share).alias("distance_m"),
    )


def _measured(column: npt.NDArray[np.float64]) -> pl.Series:
    return pl.Series(column, nan_to_null=True)


def _labels(points: Points, sports: _Sports) -> npt.NDArray[np.int8]:
    """A label per point as its place in LABELS, judged over the whole of its track: a pause between two segments hides no bus."""
    labels = np.empty(len(points.time_us), dtype=np.int8)
    for track, mine in by_number(points.track):
        labels[mine] = label_codes(
            points.time_us[mine], points.lat[mine], points.lon[mine], foot_sport=is_on_foot(sports[track])
        )
    return labels


def _sessions(points: Points, sports: _Sports) -> pl.DataFrame | None:
    """One row per track whose sport is stated."""
    if not any(sports):
        return None
    # the segments of two tracks may lie between each other in time
    order = np.argsort(points.track, kind="stable")
    first, start, end = _spans(points.track[order], points.time_us[order])
    stated = [sports[track] for track in points.track[order][first].tolist()]
    frame = _stretches(
        start,
        end,
        sport=pl.Series(stated, dtype=pl.String),
        on_foot=pl.Series([is_on_foot(sport) for sport in stated], dtype=pl.Boolean),
    )
    return frame.filter(pl.col("sport").is_not_null())
