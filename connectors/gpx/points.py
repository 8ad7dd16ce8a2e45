"""What both ways of reading a GPX file hand over: its track points as columns, and what was wrong with them."""

import collections
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from connectors.errors import CorruptFileError

#: bytes of one file; four days at one point a second and 300 bytes a point
MAX_BYTES = 100 * 1024 * 1024
#: track points of one file; five days at one a second
MAX_POINTS = 500_000
#: tags of one file; as many points with the 16 tags each that Garmin writes, and what stands around them
MAX_TAGS = 8_500_000
#: tracks of one file that hold points, as each is labelled by itself, in a millisecond; four years of one a day
MAX_TRACKS = 1_500
#: elements within elements; heart rate, the deepest value that is read, has seven
MAX_DEPTH = 64

#: elements of a point -> the column they are read into; these are Garmin's TrackPointExtension, Cluetrust's gpxdata
#: and Amazfit
IN_EXTENSIONS = {"hr": "heart_rate", "heartrate": "heart_rate", "cad": "cadence", "cadence": "cadence"}

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Points:
    """Track points as columns in file order; segments and tracks are numbered through the file.

    time_us: microseconds since 1970 in UTC, decimals.NO_TIME for a text that is no time. zoned: the text has a
    zone. Degrees, metres, beats per minute, and whatever unit the file has for cadence; NaN = not stated.
    """

    time_us: Ints
    zoned: npt.NDArray[np.bool_]
    lat: Floats
    lon: Floats
    elevation_m: Floats
    heart_rate: Floats
    cadence: Floats
    hdop: Floats
    segment: Ints
    track: Ints

    def at(self, places: npt.NDArray[np.intp]) -> "Points":
        return Points(*(getattr(self, field.name)[places] for field in dataclasses.fields(self)))

    @classmethod
    def concat(cls, parts: Sequence["Points"]) -> "Points":
        if len(parts) == 1:
            return parts[0]
        return cls(
            *(np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(cls))
        )


def by_number(numbers: Ints) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Each number that occurs, with the places it has."""
    if not len(numbers):
        return
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    yield from zip(ranked[first].tolist(), np.split(order, first[1:]), strict=True)


class Notes:
    """Counts of what was wrong, and where first."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.where: dict[str, str] = {}

    def add(self, code: str, where: str = "", count: int = 1) -> None:
        if count:
            self.counts[code] += count
            self.where.setdefault(code, where)


@dataclasses.dataclass(frozen=True)
class GpxFile:
    """What is read of a GPX file. points: those with a position and the text of a time. sports: one per track."""

    points: Points
    points_met: int
    sports: tuple[str | None, ...]
    creator: tuple[str, str]
    notes: Notes


def too_many(path: Path, what: str, limit: int) -> CorruptFileError:
    return CorruptFileError(
        path, expected=f"at most {limit} {what}", found="more", todo="Export the recordings one by one."
    )
