"""A track read as straight lines between its points, and how fast it goes around moments of it.

Two readings with one result. `Path` takes any times and looks up every edge of a window. `Grid` takes points at whole
seconds in one stretch: the middles of the intervals and the edges of all windows then lie on half seconds, and each
speed is a difference of two places in an array.
"""

import abc
import dataclasses
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: times in half seconds
Ticks = Ints | Floats
#: metres east + i metres north: one array of complex numbers takes half as many passes as two
Plane = npt.NDArray[np.complex128]
_Sum = TypeVar("_Sum", Floats, Plane)

#: mean radius of the Earth. Source: IUGG 1980, R1
EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180
TICK_S = 0.5
#: path smoothed over this long: jitter stays short in it, a small circuit or a U-turn does not.
#: Source: walking_bouts 3.7
SMOOTHING_S = 30.0
#: a Grid reads the path this far on both sides of a moment: two windows of 90 s that meet there, and the smoothed
#: speed at their far ends. Source: gps._not_on_foot
_REACH_S = (90.0, SMOOTHING_S)


@dataclasses.dataclass(frozen=True)
class Line(abc.ABC):
    """Straight lines between points, asked about some moments, each of which is in a stretch without signal loss."""

    at: Ticks  # the moments, ascending

    @abc.abstractmethod
    def only(self, chosen: npt.NDArray[np.intp]) -> Self:
        """The same line, asked about some of the moments."""

    @abc.abstractmethod
    def inside(self, reach_s: float) -> Self:
        """Moments moved to where a window of that reach lies in the stretch; to the middle of a shorter stretch."""

    @abc.abstractmethod
    def chord_mps(self, lag_s: float, smooth_s: float) -> Floats:
        """Speed between the mean positions of two windows of smooth_s whose centres are lag_s apart.

        Near an end of the stretch the windows are moved inside it; in a shorter stretch they shrink with it.
        """

    @abc.abstractmethod
    def squares(self) -> Floats:
        """Squared smoothed speed in the middle of each interval between two points."""

    @abc.abstractmethod
    def mean_square(self, squares_sum: Floats, window_s: float) -> Floats:
        """Mean of the squares over the window around each moment, inside its stretch."""

    @abc.abstractmethod
    def sum_squares(self, squares: Floats) -> Floats:
        """Integral of the squares over time, for `mean_square`."""

    def shifted(self, seconds: float) -> Self:
        return dataclasses.replace(self, at=self.at + _ticks(seconds))


@dataclasses.dataclass(frozen=True)
class Path(Line):
    """Points at any times, in any number of stretches."""

    at: Floats
    start: Floats  # the stretch of each moment
    end: Floats
    points: Floats
    middles: tuple[Floats, Floats, Floats]  # of the intervals, with start and end of their stretch
    lasting: Floats  # of the intervals; 0 for a signal loss
    position: Plane
    half_slope: Plane  # half the change of position in a tick
    position_sum: Plane  # integral of position over time

    @classmethod
    def of(cls, points: Floats, lat: Floats, lon: Floats, at: Floats, *, max_gap_s: float) -> Self:
        step = np.diff(points)
        lost = step > _ticks(max_gap_s)
        first = np.flatnonzero(np.concatenate([[True], lost]))
        stretch = np.cumsum(lost)  # of the later end of each interval
        start, end = points[first], points[np.concatenate([first[1:] - 1, [len(points) - 1]])]
        move = moves(lat, lon)
        move[lost] = 0.0
        lasting = np.where(lost, 0.0, step)
        position = _running_sum(move)
        asked = np.searchsorted(start, at, side="right") - 1
        return cls(
            at,
            start[asked],
            end[asked],
            points,
            ((points[:-1] + points[1:]) / 2, start[stretch], end[stretch]),
            lasting,
            position,
            np.asarray(move / step / 2),
            _running_sum(np.asarray((position[1:] + position[:-1]) / 2 * lasting)),
        )

    def only(self, chosen: npt.NDArray[np.intp]) -> Self:
        return dataclasses.replace(self, at=self.at[chosen], start=self.start[chosen], end=self.end[chosen])

    def inside(self, reach_s: float) -> Self:
        return dataclasses.replace(self, at=self._inside(_ticks(reach_s)))

    def _inside(self, reach: Floats | float) -> Floats:
        reach = np.minimum(reach, (self.end - self.start) / 2)
        return np.asarray(np.minimum(np.maximum(self.at, self.start + reach), self.end - reach))

    def chord_mps(self, lag_s: float, smooth_s: float) -> Floats:
        scale = np.minimum(1.0, (self.end - self.start) / _ticks(lag_s + smooth_s))
        lag, smooth = _ticks(lag_s) * scale, _ticks(smooth_s) * scale
        far, near = (lag + smooth) / 2, (lag - smooth) / 2
        centre = self._inside(far)
        outer = self._sum_at(centre + far) + self._sum_at(centre - far)
        inner = (
            self._sum_at(centre + near) + self._sum_at(centre - near) if lag_s != smooth_s else 2 * self._sum_at(centre)
        )
        return np.asarray(np.abs(outer - inner) / (smooth * lag * TICK_S))

    def squares(self) -> Floats:
        at, start, end = self.middles
        return dataclasses.replace(self, at=at, start=start, end=end).chord_mps(SMOOTHING_S, SMOOTHING_S) ** 2

    def sum_squares(self, squares: Floats) -> Floats:
        return _running_sum(squares * self.lasting)

    def mean_square(self, squares_sum: Floats, window_s: float) -> Floats:
        window = np.minimum(_ticks(window_s), self.end - self.start)
        centre = self._inside(window / 2)
        low, high = (np.interp(centre + side * window / 2, self.points, squares_sum) for side in (-1, 1))
        return np.asarray((high - low) / window)

    def _sum_at(self, at: Floats) -> Plane:
        k = np.minimum(np.searchsorted(self.points[1:], at, side="right"), len(self.points) - 2)
        into = at - self.points[k]
        return np.asarray(self.position_sum[k] + into * (self.position[k] + into * self.half_slope[k]))


@dataclasses.dataclass(frozen=True)
class Grid(Line):
    """Points at whole seconds in one stretch that is longer than all windows, or as much of it as its moments need."""

    at: Ints  # the moments, and all other times, count from the first of the points
    start: int  # of the stretch
    end: int
    step_s: Ints  # between the points
    middles: Ints
    position_sum: Plane  # integral of position over time up to each tick
    chords: dict[tuple[float, float], Floats] = dataclasses.field(default_factory=dict)  # kept, because asked for again

    @classmethod
    def of(cls, points: Ints, lat: Floats, lon: Floats, at: Ints) -> Self:
        """The stretch, and the moments asked about, none of them outside it."""
        first, last = _around(points, int(at[0]), int(at[-1]))
        start, end = int(points[0]), int(points[-1])
        points, lat, lon = points[first:last], lat[first:last], lon[first:last]
        origin = int(points[0])
        step_s = (points[1:] - points[:-1]) // 2
        move = moves(lat, lon)
        each_second = move if (step_s == 1).all() else np.repeat(np.asarray(move / step_s), step_s)
        position = _running_sum(each_second)
        sums = _with_halves(_running_sum(position[1:] + position[:-1]), position[:-1] + each_second / 4)
        return cls(at - origin, start - origin, end - origin, step_s, (points[1:] + points[:-1]) // 2 - origin, sums)

    def only(self, chosen: npt.NDArray[np.intp]) -> Self:
        return dataclasses.replace(self, at=self.at[chosen])

    def inside(self, reach_s: float) -> Self:
        return dataclasses.replace(self, at=self._inside(_ticks(reach_s)))

    def _inside(self, reach: int) -> Ints:
        low, high = self.start + reach, self.end - reach
        if low <= self.at[0] and self.at[-1] <= high:
            return self.at
        return np.asarray(np.minimum(np.maximum(self.at, low), high))

    def chord_mps(self, lag_s: float, smooth_s: float) -> Floats:
        lag, smooth = _ticks(lag_s), _ticks(smooth_s)
        if (lag_s, smooth_s) not in self.chords:
            windows = self.position_sum[smooth:] - self.position_sum[:-smooth]
            self.chords[lag_s, smooth_s] = np.abs(windows[lag:] - windows[:-lag]) / (smooth * lag_s)
        reach = (lag + smooth) // 2
        # clipped are only intervals that no window reaches, at an end of the points that is not one of the stretch
        return self.chords[lag_s, smooth_s].take(self._inside(reach) - reach, mode="clip")

    def squares(self) -> Floats:
        return np.square(dataclasses.replace(self, at=self.middles).chord_mps(SMOOTHING_S, SMOOTHING_S))

    def sum_squares(self, squares: Floats) -> Floats:
        each_second = np.repeat(squares, self.step_s)
        return _with_halves(_running_sum(2 * each_second), each_second)

    def mean_square(self, squares_sum: Floats, window_s: float) -> Floats:
        window = _ticks(window_s)
        low = self._inside(window // 2) - window // 2
        return np.asarray((squares_sum.take(low + window) - squares_sum.take(low)) / window)


def moves(lat: Floats, lon: Floats) -> Plane:
    """Metres from each point to the next, the shorter way round the Earth."""
    turn = np.diff(lon)
    if len(turn) and max(turn.max(), -turn.min()) >= 180.0:  # across the date line
        turn = (turn + 180.0) % 360.0 - 180.0
    move = np.empty(len(turn), dtype=np.complex128)
    move.real = turn * np.cos((lat[1:] + lat[:-1]) * (np.pi / 360)) * METRES_PER_DEGREE
    move.imag = np.diff(lat) * METRES_PER_DEGREE
    return move


def _ticks(seconds: float) -> int:
    """A whole number for every window of the rules."""
    return round(seconds / TICK_S)


def _around(points: Ints, low: int, high: int) -> tuple[int, int]:
    """First of the points that moments from low to high need, and the one after the last."""
    first, last = 0, len(points) - 1
    for reach_s in _REACH_S:  # from a point on, because an interval counts as a whole
        first = max(0, int(np.searchsorted(points, low - _ticks(reach_s), side="right")) - 1)
        last = min(len(points) - 1, int(np.searchsorted(points, high + _ticks(reach_s))))
        low, high = int(points[first]), int(points[last])
    return first, last + 1


def _running_sum(steps: _Sum) -> _Sum:
    """Sums up to each point, from 0 at the first."""
    sums = np.zeros(len(steps) + 1, dtype=steps.dtype)
    np.cumsum(steps, out=sums[1:])
    return sums


def _with_halves(sums: _Sum, first_half: _Sum) -> _Sum:
    """Sums up to each second and, with what the first half of each second adds, up to each tick."""
    both = np.empty(2 * len(sums) - 1, dtype=sums.dtype)
    both[::2] = sums
    np.add(sums[:-1], first_half, out=both[1::2])
    return both
