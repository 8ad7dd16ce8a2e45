"""What a GPS track says about walking: one label per point, from its times and positions alone.

The path is read as straight lines between the points, so that a window of so many seconds means the same at any
sampling interval. Gaps of up to three minutes are bridged in this way: such a gap is walking if its two ends are as
far apart as walking would bring them. Across a longer gap nothing is known.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from connectors.gps_path import (
    EARTH_RADIUS_M,
    METRES_PER_DEGREE,
    SMOOTHING_S,
    TICK_S,
    Bools,
    Floats,
    Grid,
    Ints,
    Line,
    Path,
    Ticks,
)

Labels = npt.NDArray[np.object_]
Codes = npt.NDArray[np.int8]

#: what a code stands for
LABELS = (None, "walk", "run", "still", "vehicle")
_NONE, _WALK, _RUN, _STILL, _VEHICLE = range(5)

#: a point that needs a higher speed, there and back, is a faulty fix. Source: walking_bouts 3.7
SPIKE_MPS = 50.0
#: signal loss: a longer time between two points is not observed. Source: Cho, Rodriguez, Evenson 2011
MAX_GAP_S = 180.0
#: speed is taken over this long, the median of three such windows. Source: walking_bouts 3.7
SPEED_WINDOW_S = 15.0
#: a stop stays within 30 m for a minute. Source: walking_bouts 3.7
STOP_WINDOW_S = 60.0
STOP_MPS = 30.0 / STOP_WINDOW_S
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
#: a Grid saves time in a stretch of at least so many points that are at most so far apart in the mean.
#: Source: measured; the labels are the same
_GRID_POINTS = 64
_GRID_STEP_S = 10.0
#: no window of the rules is longer
_GRID_STRETCH_S = (_SMOOTH_STEPS + 1) * SMOOTHING_S
#: so much of a stretch at a time: the arrays stay in the processor's cache. Source: measured
_PIECE_S = 16_384.0


def label_track(time_us: Ints, lat_deg: Floats, lon_deg: Floats, *, foot_sport: bool | None) -> Labels:
    """One of walk, run, still, vehicle or None per point, for the time from it to the next point.

    time_us: UTC microseconds, ascending; of points with one time the first counts. Positions in degrees, no NaN.
    foot_sport: True = the file states a sport on foot (fast is then a run), False = a sport that is not on foot
    (nothing is walk or run), None = not stated.
    None as a label: signal loss, a stretch too short to have a speed, a faulty fix at either end, a second point at
    one time, and the last point.
    """
    return np.array(LABELS, dtype=object)[label_codes(time_us, lat_deg, lon_deg, foot_sport=foot_sport)]


def label_codes(time_us: Ints, lat_deg: Floats, lon_deg: Floats, *, foot_sport: bool | None) -> Codes:
    """What label_track says, as places in LABELS."""
    codes: Codes = np.full(len(time_us), _NONE, dtype=np.int8)
    if len(time_us) < 2:
        return codes
    ticks = _ticks(time_us - time_us[0])
    kept = _usable(ticks, lat_deg, lon_deg)
    # judged at the middle of each interval: a dropped point gets the label of the path around it
    middles = ticks[:-1] + (ticks[1:] - ticks[:-1]) // 2 if ticks.dtype == np.int64 else (ticks[:-1] + ticks[1:]) / 2
    for line, chosen in _lines(ticks[kept], lat_deg[kept], lon_deg[kept], middles):
        codes[:-1][chosen] = _codes_at(line, foot_sport)
    codes[:-1][ticks[1:] == ticks[:-1]] = _NONE
    return codes


def haversine_m(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Metres between positions in degrees along the great circle of a spherical Earth."""
    a, b = np.radians(lat_a), np.radians(lat_b)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def _ticks(since_us: Ints) -> Ticks:
    """Half seconds from microseconds: whole numbers if all are whole seconds."""
    seconds = since_us // 1_000_000
    return 2 * seconds if (seconds * 1_000_000 == since_us).all() else since_us / (TICK_S * 1e6)


def _lines(points: Ticks, lat: Floats, lon: Floats, middles: Ticks) -> Iterator[tuple[Line, slice | Bools]]:
    """The path in parts, each with the middles it is asked about and which of all these are; the rest is unknown."""
    lost = np.flatnonzero(points[1:] - points[:-1] > MAX_GAP_S / TICK_S)
    first, after = np.concatenate([[0], lost + 1]), np.concatenate([lost + 1, [len(points)]])
    start, end = points[first], points[after - 1]
    long_s, many = (end - start) * TICK_S, after - first
    regular = (many >= _GRID_POINTS) & (long_s >= _GRID_STRETCH_S) & (long_s <= many * _GRID_STEP_S)
    if points.dtype != np.int64:
        regular[:] = False
    whole, asked_whole = (times.astype(np.int64, copy=False) for times in (points, middles))
    for k in np.flatnonzero(regular):
        part = slice(first[k], after[k])
        borders = np.arange(start[k], end[k], int(_PIECE_S / TICK_S))
        pieces = np.searchsorted(middles, np.append(borders, end[k] + 1))
        for low, high in itertools.pairwise(pieces.tolist()):
            if low < high:
                yield Grid.of(whole[part], lat[part], lon[part], asked_whole[low:high]), slice(low, high)
    others = (long_s >= SPEED_WINDOW_S) & ~regular
    if others.any():
        stretch = np.searchsorted(start, middles, side="right") - 1
        asked = others[stretch] & (middles >= start[stretch]) & (middles <= end[stretch])
        mine = np.repeat(others, many)
        at, moments = points[mine].astype(np.float64), middles[asked].astype(np.float64)
        yield Path.of(at, lat[mine], lon[mine], moments, max_gap_s=MAX_GAP_S), asked


def _codes_at(line: Line, foot_sport: bool | None) -> Codes:
    speed = _speed(line)
    if foot_sport is False:
        codes = np.full(len(speed), _VEHICLE, dtype=np.int8)
    else:
        codes = (speed > WALK_MPS[1]) + np.int8(_WALK)
        codes[speed > RUN_MAX_MPS] = _VEHICLE
    if foot_sport is None:
        codes[_not_on_foot(line, speed)] = _VEHICLE
    codes[_is_still(line, speed)] = _STILL
    return codes


def _speed(line: Line) -> Floats:
    half = SPEED_WINDOW_S / 2
    a, b, c = (line.shifted(by).chord_mps(SPEED_WINDOW_S, SPEED_WINDOW_S) for by in (-half, 0.0, half))
    return np.asarray(np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)))  # the median


def _is_still(line: Line, speed: Floats) -> Bools:
    """Slower than a walk, or at a stop."""
    still = np.asarray(speed < WALK_MPS[0])
    net = line.chord_mps(STOP_WINDOW_S, SPEED_WINDOW_S)
    asked = np.flatnonzero((net < STOP_MPS) & ~still)
    if len(asked):
        shifts = (np.arange(_SMOOTH_STEPS) - (_SMOOTH_STEPS - 1) / 2) * SMOOTHING_S
        centred = line.only(asked).inside(shifts[-1] + SMOOTHING_S)
        smooth = [centred.shifted(by).chord_mps(SMOOTHING_S, SMOOTHING_S) for by in shifts]
        still[asked] = np.mean(smooth, axis=0) < STOP_MPS
    return still


def _not_on_foot(line: Line, speed: Floats) -> Bools:
    """True where the 90 s around are too fast to be on foot.

    Deviates: a slow moment needs it before and after. A walk to the bus is then not lost to the ride that follows,
    and a bus in a traffic queue stays a bus.
    """
    squares, limit = line.squares(), NOT_ON_FOOT_MPS**2
    if squares.max() < limit:
        return np.zeros(len(speed), dtype=np.bool_)
    squares_sum, half = line.sum_squares(squares), NOT_ON_FOOT_WINDOW_S / 2
    before, around, after = (
        line.shifted(by).mean_square(squares_sum, NOT_ON_FOOT_WINDOW_S) >= limit for by in (-half, 0.0, half)
    )
    return np.asarray(np.where(speed > WALK_MPS[1], before | around | after, before & after))


def _usable(ticks: Ticks, lat: Floats, lon: Floats) -> npt.NDArray[np.intp] | slice:
    """The places of the points that have a time of their own and are no spikes."""
    repeated = ticks[1:] == ticks[:-1]
    kept: npt.NDArray[np.intp] | slice = np.flatnonzero(np.r_[True, ~repeated]) if repeated.any() else slice(None)
    for _ in range(_SPIKE_PASSES):
        spikes = _spikes(ticks[kept], lat[kept], lon[kept])
        if not spikes.any():
            break
        kept = np.arange(len(ticks))[kept][~spikes]
    return kept


def _spikes(ticks: Ticks, lat: Floats, lon: Floats) -> Bools:
    """True for the points of a short run that is out of reach from both sides while these reach each other."""
    n = len(ticks)
    reach = np.diff(ticks) * (SPIKE_MPS * TICK_S)
    # no degree is longer than one of latitude, so few steps are asked about; 0.1 % more than rounding can hide
    longest = (np.diff(lat) ** 2 + np.diff(lon) ** 2) * METRES_PER_DEGREE**2
    asked = np.flatnonzero(longest > 0.999 * reach**2)
    far = haversine_m(lat[asked], lon[asked], lat[asked + 1], lon[asked + 1]) > reach[asked]
    if not far.any():
        return np.zeros(n, dtype=np.bool_)
    first = np.r_[0, asked[far] + 1]  # of the runs between two such steps
    after = np.r_[first[1:], n]
    before, beyond = np.maximum(first - 1, 0), np.minimum(after, n - 1)
    gap = SPIKE_MPS * TICK_S * (ticks[beyond] - ticks[before])
    bridged = haversine_m(lat[before], lon[before], lat[beyond], lon[beyond]) <= gap
    # a run at one end of the track has a neighbour on one side only, and is the faulty one if it is the shorter
    length = after - first
    edge = ((first == 0) & (length < np.r_[length[1:], 0])) | ((after == n) & (length < np.r_[0, length[:-1]]))
    bad = np.repeat((length <= _SPIKE_MAX_POINTS) & np.where((first == 0) | (after == n), edge, bridged), length)
    # where most points are faults, none can be told from the rest
    return bad if 2 * bad.sum() <= n else np.zeros(n, dtype=np.bool_)
