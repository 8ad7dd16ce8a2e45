"""The rule of connectors/gps.py stated plainly: every window is looked up in a path of straight lines. Slow."""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]

_EARTH_M = 6_371_008.8
_GAP_S = 180.0
_SPIKE_MPS = 50.0


def label_track(
    time_us: npt.NDArray[np.int64], lat: Floats, lon: Floats, foot_sport: bool | None, scale: float = 1.0
) -> Labels:
    """As connectors.gps.label_track; every speed is multiplied by `scale`, which shows what lies on a limit."""
    labels: Labels = np.full(len(time_us), None, dtype=object)
    seconds = (time_us - time_us[:1]) / 1e6
    kept = [n for n in range(len(seconds)) if n == 0 or seconds[n] > seconds[n - 1]]
    for _ in range(3):
        spikes = set(_spikes(seconds[kept], lat[kept], lon[kept]))
        kept = [n for place, n in enumerate(kept) if place not in spikes]
    lasting = np.flatnonzero(np.diff(seconds) > 0)
    middle = (seconds[lasting] + seconds[lasting + 1]) / 2
    for part in _stretches(seconds, kept):
        start, end = seconds[part[0]], seconds[part[-1]]
        mine = (middle >= start) & (middle <= end)
        if end - start >= 15 and mine.any():
            path = _Path(seconds[part], lat[part], lon[part], scale)
            labels[lasting[mine]] = _labels_at(path, middle[mine], foot_sport)
    return labels


def _stretches(seconds: Floats, kept: list[int]) -> Iterator[list[int]]:
    """Places of points without signal loss between them."""
    lost = [n for n in range(1, len(kept)) if seconds[kept[n]] - seconds[kept[n - 1]] > _GAP_S]
    for first, after in itertools.pairwise([0, *lost, len(kept)]):
        if after > first:
            yield kept[first:after]


class _Path:
    """One stretch."""

    def __init__(self, seconds: Floats, lat: Floats, lon: Floats, scale: float) -> None:
        self.seconds, self.start, self.end = seconds, seconds[0], seconds[-1]
        turn = (np.diff(lon) + 180) % 360 - 180
        east = np.radians(turn) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
        steps = scale * _EARTH_M * np.vstack([east, np.radians(np.diff(lat))])
        self.position = np.cumsum(np.c_[np.zeros(2), steps], axis=1)
        area = (self.position[:, 1:] + self.position[:, :-1]) / 2 * np.diff(seconds)
        self.position_sum = np.cumsum(np.c_[np.zeros(2), area], axis=1)
        squares = self.chord((seconds[1:] + seconds[:-1]) / 2, 30, 30) ** 2
        self.travel_sum = np.cumsum(np.r_[0, squares * np.diff(seconds)])

    def inside(self, at: Floats, reach: float) -> Floats:
        reach = min(reach, (self.end - self.start) / 2)
        return np.clip(at, self.start + reach, self.end - reach)

    def chord(self, at: Floats, lag: float, smooth: float) -> Floats:
        shrink = min(1.0, (self.end - self.start) / (lag + smooth))
        lag, smooth = lag * shrink, smooth * shrink
        centre = self.inside(at, (lag + smooth) / 2)
        step = self._mean_position(centre + lag / 2, smooth) - self._mean_position(centre - lag / 2, smooth)
        return np.asarray(np.hypot(*step) / lag)

    def rms(self, at: Floats, window: float) -> Floats:
        window = min(window, self.end - self.start)
        centre = self.inside(at, window / 2)
        low, high = (np.interp(centre + side * window / 2, self.seconds, self.travel_sum) for side in (-1, 1))
        return np.asarray(np.sqrt(np.maximum(high - low, 0) / window))

    def _mean_position(self, centre: Floats, width: float) -> Floats:
        return np.asarray((self._sum_at(centre + width / 2) - self._sum_at(centre - width / 2)) / width)

    def _sum_at(self, at: Floats) -> Floats:
        k = np.clip(np.searchsorted(self.seconds, at, side="right") - 1, 0, len(self.seconds) - 2)
        into = at - self.seconds[k]
        slope = (self.position[:, k + 1] - self.position[:, k]) / (self.seconds[k + 1] - self.seconds[k])
        return np.asarray(self.position_sum[:, k] + self.position[:, k] * into + slope * into**2 / 2)


def _labels_at(path: _Path, at: Floats, foot_sport: bool | None) -> list[str]:
    speed = np.median([path.chord(at + by, 15, 15) for by in (-7.5, 0, 7.5)], axis=0)
    net = path.chord(at, 60, 15)
    smooth = np.mean([path.chord(path.inside(at, 75) + by, 30, 30) for by in (-45, -15, 15, 45)], axis=0)
    before, around, after = (path.rms(at + by, 90) >= 2.8 for by in (-45, 0, 45))
    labels = []
    for n, mps in enumerate(speed):
        fast = (before[n] or around[n] or after[n]) if mps > 2.22 else (before[n] and after[n])
        if mps < 0.56 or (net[n] < 0.5 and smooth[n] < 0.5):
            labels.append("still")
        elif foot_sport is False or mps > 5 or (foot_sport is None and fast):
            labels.append("vehicle")
        else:
            labels.append("walk" if mps <= 2.22 else "run")
    return labels


def _spikes(seconds: Floats, lat: Floats, lon: Floats) -> list[int]:
    """Places of the points of short runs that are out of reach from both sides while these reach each other."""
    n = len(seconds)

    def reached(a: int, b: int) -> bool:
        return _metres(lat[a], lon[a], lat[b], lon[b]) <= _SPIKE_MPS * (seconds[b] - seconds[a])

    borders = [0, *(k for k in range(1, n) if not reached(k - 1, k)), n]
    runs = list(itertools.pairwise(borders))
    found = []
    for place, (first, after) in enumerate(runs):
        length = after - first
        if length > 3 or len(runs) == 1:
            continue
        beside = [b - a for a, b in runs[max(0, place - 1) : place + 2] if a != first]
        at_an_end = first == 0 or after == n
        if length < beside[0] if at_an_end else reached(first - 1, after):
            found += range(first, after)
    return found if 2 * len(found) <= n else []


def _metres(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return float(2 * _EARTH_M * np.arcsin(np.sqrt(min(1.0, half))))
