"""What a GPS track says about walking: one label per point, from its times and positions alone.

The path is read as straight lines between the points, so that a window of so many seconds means the same at any
sampling interval. Gaps of up to three minutes are bridged in this way: such a gap is walking if its two ends are as
far apart as walking would bring them. Across a longer gap nothing is known.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]

#: mean radius of the Earth. Source: IUGG 1980, R1
EARTH_RADIUS_M = 6_371_008.8
#: a point that needs a higher speed, there and back, is a faulty fix. Source: walking_bouts 3.7
SPIKE_MPS = 50.0
#: signal loss: a longer time between two points is not observed. Source: Cho, Rodriguez, Evenson 2011
MAX_GAP_S = 180.0
#: speed is taken over this long, the median of three such windows. Source: walking_bouts 3.7
SPEED_WINDOW_S = 15.0
#: a stop stays within 30 m for a minute. Source: walking_bouts 3.7
STOP_WINDOW_S = 60.0
STOP_MPS = 30.0 / STOP_WINDOW_S
#: path smoothed over this long: jitter stays short in it, a small circuit or a U-turn does not.
#: Source: walking_bouts 3.7
SMOOTHING_S = 30.0
#: so many steps of the smoothed path: in two minutes a U-turn has a way there and a way back
_SMOOTH_STEPS = 4
#: 2 to 8 km/h. Source: Cho, Rodriguez, Evenson 2011
WALK_MPS = (0.56, 2.22)
#: upper limit of running. Source: walking_bouts 3.7
RUN_MAX_MPS = 5.0
#: 10 km/h as the root mean square of 90 s is not on foot. Source: walking_bouts 3.7
NOT_ON_FOOT_MPS = 2.8
NOT_ON_FOOT_WINDOW_S = 90.0
#: a fault of more points than this is not a spike but another place
_SPIKE_MAX_POINTS = 3
_SPIKE_PASSES = 3


def label_track(time_us: npt.NDArray[np.int64], lat_deg: Floats, lon_deg: Floats, *, foot_sport: bool | None) -> Labels:
    """One of walk, run, still, vehicle or None per point, for the time from it to the next point.

    time_us: UTC microseconds, ascending; of points with one time the first counts. Positions in degrees, no NaN.
    foot_sport: True = the file states a sport on foot (fast is then a run), False = a sport that is not on foot
    (nothing is walk or run), None = not stated.
    None as a label: signal loss, a stretch too short to have a speed, a faulty fix at either end, a second point at
    one time, and the last point.
    """
    labels: Labels = np.full(len(time_us), None, dtype=object)
    if len(time_us) < 2:
        return labels
    seconds = (time_us - time_us[0]) / 1e6
    kept = _usable(seconds, lat_deg, lon_deg)
    path = _Path.of(seconds[kept], lat_deg[kept], lon_deg[kept])
    # judged at the middle of each interval: a dropped point gets the label of the path around it
    middle = (seconds[:-1] + seconds[1:]) / 2
    moments, known = path.moments(middle)
    known &= np.diff(seconds) > 0
    labels[:-1][known] = _labels_at(path, moments.only(known), foot_sport)
    return labels


def haversine_m(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Metres between positions in degrees along the great circle of a spherical Earth."""
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


@dataclasses.dataclass(frozen=True)
class _Moments:
    """Moments with the first and last second of the stretch each one belongs to."""

    at: Floats
    start: Floats
    end: Floats

    def only(self, chosen: Bools) -> "_Moments":
        return _Moments(self.at[chosen], self.start[chosen], self.end[chosen])

    def shifted(self, seconds: float) -> "_Moments":
        return dataclasses.replace(self, at=self.at + seconds)

    def inside(self, reach: Floats | float) -> "_Moments":
        """Moved to where a window of that reach lies within the stretch; to the middle of a shorter stretch."""
        reach = np.minimum(reach, (self.end - self.start) / 2)
        return dataclasses.replace(self, at=np.clip(self.at, self.start + reach, self.end - reach))


@dataclasses.dataclass(frozen=True)
class _Path:
    """Straight lines between points, on a plane in metres, in stretches without signal loss."""

    seconds: Floats
    stretch_start: Floats  # per point: first and last second of the stretch it is in
    stretch_end: Floats
    position: Floats  # two rows: east, north
    position_sum: Floats  # integral of position over time
    travel_sum: Floats  # integral of squared speed over time

    @classmethod
    def of(cls, seconds: Floats, lat: Floats, lon: Floats) -> "_Path":
        step_s = np.diff(seconds)
        lost = step_s > MAX_GAP_S
        stretch = np.cumsum(np.r_[0, lost])
        start, end = seconds[np.r_[True, lost]][stretch], seconds[np.r_[lost, True]][stretch]
        turn = (np.diff(lon) + 180.0) % 360.0 - 180.0  # across the date line too
        east = np.radians(turn) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
        position = _running_sum(EARTH_RADIUS_M * np.vstack([east, np.radians(np.diff(lat))]))
        area = np.where(lost, 0.0, (position[:, 1:] + position[:, :-1]) / 2 * step_s)
        path = cls(seconds, start, end, position, _running_sum(area), np.zeros(len(seconds)))
        moments, known = path.moments((seconds[:-1] + seconds[1:]) / 2)
        squares = np.zeros(len(step_s))
        squares[known] = path.chord_mps(moments.only(known), SMOOTHING_S, SMOOTHING_S) ** 2 * step_s[known]
        return dataclasses.replace(path, travel_sum=_running_sum(squares))

    def moments(self, at: Floats) -> tuple[_Moments, Bools]:
        """The moments, and which of them lie in a stretch that is long enough to have a speed."""
        k = np.maximum(np.searchsorted(self.seconds, at, side="right") - 1, 0)
        start, end = self.stretch_start[k], self.stretch_end[k]
        return _Moments(at, start, end), np.asarray((at >= start) & (at <= end) & (end - start >= SPEED_WINDOW_S))

    def chord_mps(self, moments: _Moments, lag_s: float, smooth_s: float) -> Floats:
        """Speed between the mean positions of two windows of smooth_s whose centres are lag_s apart.

        Near an end of the stretch the windows are moved inside it; in a shorter stretch they shrink with it.
        """
        scale = np.minimum(1.0, (moments.end - moments.start) / (lag_s + smooth_s))
        lag, smooth = lag_s * scale, smooth_s * scale
        centre = moments.inside((lag + smooth) / 2).at
        step = self._mean_position(centre + lag / 2, smooth) - self._mean_position(centre - lag / 2, smooth)
        return np.asarray(np.hypot(step[0], step[1]) / lag)

    def rms_mps(self, moments: _Moments, window_s: float) -> Floats:
        """Root mean square of the smoothed speed over the window around each moment, inside its stretch."""
        window = np.minimum(window_s, moments.end - moments.start)
        centre = moments.inside(window / 2).at
        low, high = (np.interp(centre + side * window / 2, self.seconds, self.travel_sum) for side in (-1, 1))
        return np.asarray(np.sqrt(np.maximum(high - low, 0.0) / window))

    def _mean_position(self, centre: Floats, width: Floats) -> Floats:
        return np.asarray((self._position_sum(centre + width / 2) - self._position_sum(centre - width / 2)) / width)

    def _position_sum(self, at: Floats) -> Floats:
        k = np.clip(np.searchsorted(self.seconds, at, side="right") - 1, 0, len(self.seconds) - 2)
        into, step_s = at - self.seconds[k], self.seconds[k + 1] - self.seconds[k]
        slope = (self.position[:, k + 1] - self.position[:, k]) / step_s
        return np.asarray(self.position_sum[:, k] + self.position[:, k] * into + slope * into**2 / 2)


def _running_sum(steps: Floats) -> Floats:
    """Sums up to each point, from 0 at the first."""
    return np.concatenate([np.zeros((*steps.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)


def _labels_at(path: _Path, moments: _Moments, foot_sport: bool | None) -> Labels:
    speed = _speed(path, moments)
    still = _is_stop(path, moments) | (speed < WALK_MPS[0])
    vehicle = speed > RUN_MAX_MPS
    if foot_sport is None:
        vehicle |= _not_on_foot(path, moments, speed)
    if foot_sport is False:
        vehicle |= True
    moving = np.where(vehicle, "vehicle", np.where(speed <= WALK_MPS[1], "walk", "run"))
    return np.where(still, "still", moving).astype(object)


def _speed(path: _Path, moments: _Moments) -> Floats:
    half = SPEED_WINDOW_S / 2
    windows = [path.chord_mps(moments.shifted(by), SPEED_WINDOW_S, SPEED_WINDOW_S) for by in (-half, 0.0, half)]
    return np.asarray(np.median(windows, axis=0))


def _is_stop(path: _Path, moments: _Moments) -> Bools:
    net = path.chord_mps(moments, STOP_WINDOW_S, SPEED_WINDOW_S)
    shifts = (np.arange(_SMOOTH_STEPS) - (_SMOOTH_STEPS - 1) / 2) * SMOOTHING_S
    centred = moments.inside(shifts[-1] + SMOOTHING_S)
    smooth = [path.chord_mps(centred.shifted(by), SMOOTHING_S, SMOOTHING_S) for by in shifts]
    return np.asarray((net < STOP_MPS) & (np.mean(smooth, axis=0) < STOP_MPS))


def _not_on_foot(path: _Path, moments: _Moments, speed: Floats) -> Bools:
    """True where the 90 s around are too fast to be on foot.

    Deviates: a slow moment needs it before and after. A walk to the bus is then not lost to the ride that follows,
    and a bus in a traffic queue stays a bus.
    """
    half = NOT_ON_FOOT_WINDOW_S / 2
    before, around, after = (
        path.rms_mps(moments.shifted(by), NOT_ON_FOOT_WINDOW_S) >= NOT_ON_FOOT_MPS for by in (-half, 0.0, half)
    )
    return np.asarray(np.where(speed > WALK_MPS[1], before | around | after, before & after))


def _usable(seconds: Floats, lat: Floats, lon: Floats) -> npt.NDArray[np.intp]:
    """The places of the points that have a time of their own and are no spikes."""
    kept = np.flatnonzero(np.diff(seconds, prepend=-np.inf) > 0)
    for _ in range(_SPIKE_PASSES):
        spikes = _spikes(seconds[kept], lat[kept], lon[kept])
        if not spikes.any():
            break
        kept = kept[~spikes]
    return kept


def _spikes(seconds: Floats, lat: Floats, lon: Floats) -> Bools:
    """True for the points of a short run that is out of reach from both sides while these reach each other."""
    n = len(seconds)
    far = haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) > SPIKE_MPS * np.diff(seconds)
    first = np.flatnonzero(np.r_[True, far])
    after = np.r_[first[1:], n]
    before, beyond = np.maximum(first - 1, 0), np.minimum(after, n - 1)
    reach = SPIKE_MPS * (seconds[beyond] - seconds[before])
    bridged = haversine_m(lat[before], lon[before], lat[beyond], lon[beyond]) <= reach
    # a run at one end of the track has a neighbour on one side only, and is the faulty one if it is the shorter
    length = after - first
    edge = ((first == 0) & (length < np.r_[length[1:], 0])) | ((after == n) & (length < np.r_[0, length[:-1]]))
    bad = np.repeat((length <= _SPIKE_MAX_POINTS) & np.where((first == 0) | (after == n), edge, bridged), length)
    # where most points are faults, none can be told from the rest
    return bad if 2 * bad.sum() <= n else np.zeros(n, dtype=np.bool_)
