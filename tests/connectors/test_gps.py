"""Walking labels of GPS tracks, against tracks whose truth is known because they were made for it."""

import collections
import contextlib
import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import fitdecode
import gpxpy
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import gps
from connectors.gps import LABELS, Labels, haversine_m, label_codes, label_track
from tests.connectors import slow_gps
from tests.real_exports import REAL, needs_real_exports

_DATA = Path(__file__).resolve().parents[1] / "oracles" / "data"
_MINUTE = 60_000_000
_M_PER_DEGREE = np.pi * 6_371_008.8 / 180
#: the oracle's words for what we call otherwise, or for what no label tells apart
_OURS = {"walk": "walk", "run": "run", "stop": "still", "vehicle": "vehicle", "cycle": "vehicle"}

Track = npt.NDArray[np.float64]  # rows east and north, metres


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


_CASES = [row["case_id"] for row in _rows("gps_cases.csv")]


def _minutes(time_us: npt.NDArray[np.int64], labels: Labels, start_us: int) -> dict[int, dict[str | None, float]]:
    """Seconds per label in each minute, point by point: slow and plain."""
    seconds: dict[int, dict[str | None, float]] = collections.defaultdict(lambda: collections.defaultdict(float))
    for n, label in enumerate(labels[:-1]):
        at, end = int(time_us[n]), int(time_us[n + 1])
        while at < end:
            minute = (at - start_us) // _MINUTE
            until = min(end, start_us + (minute + 1) * _MINUTE)
            seconds[minute][label] += (until - at) / 1e6
            at = until
    return seconds


def _share(track: Track, step_s: float, foot_sport: bool | None = None) -> dict[str | None, float]:
    """Share of minutes that have each label for 30 s or more."""
    time_us = (np.arange(track.shape[1]) * step_s * 1e6).astype(np.int64)
    minutes = _minutes(time_us, _label(track, time_us, foot_sport), 0)
    counted = collections.Counter(label for found in minutes.values() for label, s in found.items() if s >= 30)
    return {label: n / len(minutes) for label, n in counted.items()}


def _label(track: Track, time_us: npt.NDArray[np.int64], foot_sport: bool | None = None, lat: float = 51.5) -> Labels:
    north = lat + track[1] / _M_PER_DEGREE
    east = -0.1 + track[0] / (_M_PER_DEGREE * np.cos(np.radians(lat)))
    return label_track(time_us, north, east, foot_sport=foot_sport)


def _times(minutes: float, step_s: float) -> npt.NDArray[np.float64]:
    return np.arange(0, minutes * 60, step_s)


def _noise(shape: tuple[int, ...], sigma_m: float, seed: int = 7) -> Track:
    return np.random.default_rng(seed).normal(0, sigma_m, shape)


def _straight(mps: float, seconds: npt.NDArray[np.float64]) -> Track:
    return np.vstack([0.8 * mps * seconds, 0.6 * mps * seconds])


def _there_and_back(mps: float, lap_m: float, seconds: npt.NDArray[np.float64]) -> Track:
    along = (mps * seconds) % (2 * lap_m)
    return np.vstack([np.minimum(along, 2 * lap_m - along), 0 * seconds])


def _circuit(mps: float, radius_m: float, seconds: npt.NDArray[np.float64]) -> Track:
    return radius_m * np.vstack([np.cos(mps * seconds / radius_m), np.sin(mps * seconds / radius_m)])


@pytest.mark.parametrize("foot_sport", [None, True])
@pytest.mark.parametrize("case", _CASES)
def test_each_minute_of_a_made_track_gets_its_true_label(case: str, foot_sport: bool | None) -> None:
    points = [row for row in _rows("gps_points.csv") if row["case_id"] == case]
    truth = [row for row in _rows("expected_gps_minutes.csv") if row["case_id"] == case]
    time_us = np.array([dt.datetime.fromisoformat(p["ts_utc"]).timestamp() * 1e6 for p in points]).astype(np.int64)
    lat, lon = (np.array([float(p[name]) for p in points]) for name in ("lat", "lon"))
    found = _minutes(time_us, label_track(time_us, lat, lon, foot_sport=foot_sport), int(time_us[0]))
    # signal loss is a change too; one minute either side of a change is not judged
    expected = [_OURS[row["truth"]] if row["has_points"] == "1" else None for row in truth]
    steady = [n for n in range(len(truth)) if len(set(expected[max(0, n - 1) : n + 2])) == 1]
    assert steady
    for n in steady:
        longest = max(found[n], key=lambda label: found[n][label])
        assert longest == expected[n], f"minute {n}"
    walked = sum(found[n].get("walk", 0) >= 30 for n in range(len(truth)))
    stated = next(row for row in _rows("gps_cases.csv") if row["case_id"] == case)
    assert abs(walked - int(stated["truth_walk_minutes_with_points"])) <= 1


@pytest.mark.parametrize("step_s", [1, 5, 10, 30])
@pytest.mark.parametrize("mps", [0.7, 1.0, 1.4, 1.9])
@pytest.mark.parametrize("shape", ["straight", "there and back", "circuit"])
def test_walking_is_walking_whatever_its_shape(shape: str, mps: float, step_s: float) -> None:
    seconds = _times(40, step_s)
    if shape == "circuit" and (mps * step_s > 45 or (mps < 1 and step_s == 30)):
        pytest.skip("less than three points a round, or a smoothed pace below 0.5 m/s")
    track = {
        "straight": _straight(mps, seconds),
        "there and back": _there_and_back(mps, 150, seconds),
        "circuit": _circuit(mps, 20, seconds),
    }[shape]
    walk = _share(track + _noise(track.shape, 2), step_s).get("walk", 0)
    assert walk >= (1 if step_s < 10 else 0.9)


@pytest.mark.parametrize("step_s", [1, 5])
@pytest.mark.parametrize("sigma_m", [5, 10])
@pytest.mark.parametrize("seed", range(5))
def test_indoor_jitter_is_not_walking(sigma_m: float, step_s: float, seed: int) -> None:
    track = _noise((2, len(_times(60, step_s))), sigma_m, seed)
    assert _share(track, step_s) == {"still": 1.0}


@pytest.mark.parametrize("foot_sport", [None, True, False])
def test_a_bus_that_stops_is_no_walk(foot_sport: bool | None) -> None:
    seconds = _times(30, 1)
    speed = np.where(seconds % 120 < 90, 9.0, 0.0)
    speed[(seconds % 120 >= 75) & (seconds % 120 < 90)] = 1.5  # a queue before the stop
    track = np.vstack([np.cumsum(speed), 0 * seconds])
    share = _share(track + _noise(track.shape, 2), 1, foot_sport)
    assert share.get("walk", 0) == 0
    assert share.get("run", 0) == 0


@pytest.mark.parametrize("step_s", [1, 5, 30])
def test_cycling_is_neither_walk_nor_run_where_no_sport_is_stated(step_s: float) -> None:
    track = _straight(4.0, _times(30, step_s))
    assert _share(track + _noise(track.shape, 3), step_s) == {"vehicle": 1.0}


@pytest.mark.parametrize("mps", [2.6, 3.3, 4.5])
def test_a_run_is_a_run_where_a_sport_on_foot_is_stated(mps: float) -> None:
    track = _straight(mps, _times(20, 1))
    assert _share(track + _noise(track.shape, 3), 1, foot_sport=True) == {"run": 1.0}


def test_a_fast_run_without_a_sport_is_a_vehicle() -> None:
    assert _share(_straight(3.3, _times(20, 1)), 1) == {"vehicle": 1.0}


def test_cycling_speed_is_no_run_even_where_a_sport_on_foot_is_stated() -> None:
    assert _share(_straight(6.5, _times(20, 1)), 1, foot_sport=True) == {"vehicle": 1.0}


def test_nothing_is_walk_or_run_in_a_sport_that_is_not_on_foot() -> None:
    track = np.concatenate([_straight(mps, _times(5, 1)) for mps in (0.0, 1.4, 3.0)], axis=1)
    assert set(_share(track, 1, foot_sport=False)) <= {"still", "vehicle"}


def test_a_walk_to_the_bus_keeps_its_last_minutes() -> None:
    walk, ride = _straight(1.4, _times(5, 1)), _straight(11.0, _times(10, 1))
    track = np.concatenate([walk, walk[:, -1:] + ride + 1], axis=1)
    labels = _label(track, (np.arange(track.shape[1]) * 1e6).astype(np.int64))
    assert (labels[:285] == "walk").all()
    assert (labels[315:-1] == "vehicle").all()


@pytest.mark.parametrize("step_s", [60, 120, 180])
def test_a_gap_of_up_to_three_minutes_is_judged_by_its_ends(step_s: float) -> None:
    time_us = (np.arange(6) * step_s * 1e6).astype(np.int64)
    assert _label(_straight(1.4, time_us / 1e6), time_us)[:-1].tolist() == ["walk"] * 5
    assert _label(np.zeros((2, 6)), time_us)[:-1].tolist() == ["still"] * 5


def test_longer_than_three_minutes_without_a_point_is_signal_loss() -> None:
    seconds = np.r_[np.arange(0, 300, 5.0), np.arange(481, 781, 5.0)]
    labels = _label(_straight(1.4, seconds), (seconds * 1e6).astype(np.int64))
    assert labels[59] is None
    assert (np.delete(labels, 59)[:-1] == "walk").all()


def test_a_lost_signal_does_not_colour_the_minutes_beside_it() -> None:
    seconds = np.r_[np.arange(0, 300, 5.0), np.arange(600, 900, 5.0)]
    track = _straight(1.4, seconds)
    track[:, 60:] += 20_000  # by train
    labels = _label(track, (seconds * 1e6).astype(np.int64))
    assert set(labels[:59]) | set(labels[60:-1]) == {"walk"}


@pytest.mark.parametrize("faulty", [[100], [100, 101], [50, 51, 52, 200]])
def test_a_spike_takes_the_label_of_the_path_around_it(faulty: list[int]) -> None:
    track = _straight(1.4, _times(5, 1))
    track[:, faulty] += 400
    labels = _label(track, (np.arange(300) * 1e6).astype(np.int64))
    assert (labels[:-1] == "walk").all()


@pytest.mark.parametrize(("faulty", "unlabelled"), [(0, 0), (299, 298)])
def test_a_spike_at_an_end_takes_one_interval_with_it(faulty: int, unlabelled: int) -> None:
    track = _straight(1.4, _times(5, 1))
    track[:, faulty] += 400
    labels = _label(track, (np.arange(300) * 1e6).astype(np.int64))
    assert labels[unlabelled] is None
    assert (np.delete(labels, unlabelled)[:-1] == "walk").all()


def test_the_second_of_two_points_at_one_time_changes_nothing() -> None:
    seconds = np.sort(np.r_[np.arange(0, 300, 2.0), 100.0])
    track = _straight(1.4, seconds)
    track[0, 51] += 40
    labels = _label(track, (seconds * 1e6).astype(np.int64))
    assert labels[50] is None
    assert (np.delete(labels, 50)[:-1] == "walk").all()


def test_a_stretch_shorter_than_a_speed_window_has_no_label() -> None:
    assert _label(_straight(1.4, np.arange(0, 15.0)), (np.arange(15) * 1e6).astype(np.int64)).tolist() == [None] * 15


@pytest.mark.parametrize("n", [0, 1])
def test_less_than_two_points_have_no_label(n: int) -> None:
    assert _label(np.zeros((2, n)), np.zeros(n, dtype=np.int64)).tolist() == [None] * n


@pytest.mark.parametrize("lat", [-70.0, 0.0, 70.0])
def test_a_walk_across_the_date_line_is_a_walk_at_any_latitude(lat: float) -> None:
    seconds = _times(10, 5)
    metres_per_degree = _M_PER_DEGREE * np.cos(np.radians(lat))
    lon = (179.995 + 1.4 * seconds / metres_per_degree + 180) % 360 - 180
    labels = label_track((seconds * 1e6).astype(np.int64), np.full(len(lon), lat), lon, foot_sport=None)
    assert (labels[:-1] == "walk").all()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(-90, 90), st.floats(-180, 180)), min_size=0, max_size=40),
    st.sampled_from([None, True, False]),
)
def test_any_positions_at_all_give_known_labels(rows: list[tuple[int, float, float]], sport: bool | None) -> None:
    time_us = np.cumsum([0, *(row[0] for row in rows)])[1:].astype(np.int64) * 1_000_000
    lat, lon = (np.array([row[n] for row in rows], dtype=np.float64) for n in (1, 2))
    labels = label_track(time_us, lat, lon, foot_sport=sport)
    assert len(labels) == len(rows)
    assert set(labels.tolist()) <= {"walk", "run", "still", "vehicle", None}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 360), st.integers(-(10**9), 10**9))
def test_labels_do_not_depend_on_direction_or_date(seed: int, degrees: float, shift_s: int) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 1, (2, 300)) + np.repeat(rng.normal(0, 1.5, (2, 5)), 60, axis=1)
    track = np.cumsum(steps, axis=1)
    time_us = np.cumsum(rng.integers(1, 6, 300)) * 1_000_000
    turn = np.radians(degrees)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ track
    one = _label(track, time_us, lat=0.0)
    other = _label(turned, time_us + shift_s * 1_000_000, lat=0.0)
    assert (one == other).mean() > 0.99  # a speed on a limit may fall either way


def test_a_degree_of_latitude_has_its_length() -> None:
    length = haversine_m(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))
    assert length == pytest.approx(111_195, abs=1)


def _assert_as_slowly_stated(
    time_us: npt.NDArray[np.int64], lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], sport: bool | None
) -> None:
    fast, slow = label_track(time_us, lat, lon, foot_sport=sport), slow_gps.label_track(time_us, lat, lon, sport)
    same = fast == slow
    if not same.all():  # a speed on a limit falls either way when its last digits are rounded otherwise
        for scale in (1 - 1e-7, 1 + 1e-7):
            same |= fast == slow_gps.label_track(time_us, lat, lon, sport, scale)
    assert same.all(), np.flatnonzero(~same)


_AS_IT_IS = {
    "processor": fitdecode.DataProcessorBase(),
    "check_crc": fitdecode.CrcCheck.DISABLED,
    "error_handling": fitdecode.ErrorHandling.IGNORE,
}
_Track = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _made_track(seed: int, step_s: int, fraction_us: int, lat: float, lon: float) -> _Track:
    """Legs of ten minutes at most: stops, walks, U-turns, runs, rides; then losses, repeated times and spikes."""
    rng = np.random.default_rng(seed)
    legs = [
        np.outer(
            rng.normal(0, 1, 2), np.full(n, mps) * (1 if rng.random() < 0.6 else np.sign(np.sin(np.arange(n) / 20)))
        )
        for mps, n in zip(rng.choice([0, 0, 0.4, 1.3, 3, 12], 6), rng.integers(1, 600 // step_s + 2, 6), strict=True)
    ]
    steps = rng.choice([1, 1, 1, 2, 7], sum(leg.shape[1] for leg in legs)) if rng.random() < 0.5 else 1
    gaps = np.full(sum(leg.shape[1] for leg in legs), step_s) * steps
    for gap_s in (0, 179, 180, 181, 4000):
        gaps[rng.random(len(gaps)) < 0.003] = gap_s
    position = np.cumsum(np.concatenate(legs, axis=1) * gaps, axis=1) + rng.normal(
        0, rng.choice([0.1, 3, 10]), (2, len(gaps))
    )
    position[:, rng.random(len(gaps)) < rng.choice([0, 0.01])] += 3_000
    north = np.clip(lat + position[1] / _M_PER_DEGREE, -90, 90)
    east = lon + position[0] / (_M_PER_DEGREE * max(0.01, np.cos(np.radians(lat))))
    time_us = np.cumsum(gaps).astype(np.int64) * 1_000_000
    time_us[1:] += fraction_us if rng.random() < 0.5 else 0
    return time_us, north, (east + 180) % 360 - 180


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 1, 5, 30]),
    st.sampled_from([0, 0, 250_000]),
    st.sampled_from([0.0, 51.5, -70.0, 89.999]),
    st.sampled_from([0.0, 179.999]),
    st.sampled_from([None, True, False]),
    st.sampled_from([16_384.0, 200.0]),
)
def test_made_tracks_are_labelled_as_slowly_stated(
    seed: int, step_s: int, fraction_us: int, lat: float, lon: float, sport: bool | None, piece_s: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gps, "_PIECE_S", piece_s)
        _assert_as_slowly_stated(*_made_track(seed, step_s, fraction_us, lat, lon), sport)


@pytest.mark.parametrize("faulty", [0, 19, 10])
@pytest.mark.parametrize("seconds", [1, 10])
def test_a_spike_in_a_short_track_is_labelled_as_slowly_stated(faulty: int, seconds: int) -> None:
    lat = np.full(20, 51.5) + np.arange(20) * seconds * 1.4 / _M_PER_DEGREE
    lat[faulty] += 0.1
    _assert_as_slowly_stated(np.arange(20) * seconds * 1_000_000, lat, np.zeros(20), None)


@pytest.mark.parametrize("seconds", [1, 14, 15, 180, 181])
def test_two_points_are_labelled_as_slowly_stated(seconds: int) -> None:
    _assert_as_slowly_stated(np.array([0, seconds * 1_000_000]), np.array([51.5, 51.501]), np.zeros(2), None)


def test_codes_are_places_in_the_list_of_labels() -> None:
    seconds = _times(10, 1)
    track = _straight(1.4, seconds)
    time_us = (seconds * 1e6).astype(np.int64)
    lat, lon = track[1] / _M_PER_DEGREE, track[0] / _M_PER_DEGREE
    codes = label_codes(time_us, lat, lon, foot_sport=None)
    assert codes.dtype == np.int8
    assert [LABELS[code] for code in codes] == label_track(time_us, lat, lon, foot_sport=None).tolist()


def _fit_tracks() -> list[_Track]:
    found = []
    for path in sorted((REAL / "fit").iterdir()):
        if path.suffix.lower() != ".fit" or path.stat().st_size >= 30_000:
            continue
        rows = []
        # a damaged file counts as far as it can be read
        with contextlib.suppress(fitdecode.FitError), fitdecode.FitReader(str(path), **_AS_IT_IS) as reader:
            for frame in reader:
                if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record":
                    names = ("timestamp", "position_lat", "position_long")
                    rows.append([frame.get_raw_value(name, fallback=None) for name in names])
        points = np.array(sorted(row for row in rows if None not in row), dtype=np.int64).reshape(-1, 3)
        found.append((points[:, 0] * 1_000_000, *(points[:, n] * (180 / 2**31) for n in (1, 2))))
    return found


def _gpx_tracks() -> list[_Track]:
    found = []
    for path in sorted((REAL / "gpx").iterdir()):
        if path.suffix.lower() != ".gpx" or path.stat().st_size >= 400_000:
            continue
        try:
            tracks = gpxpy.parse(path.read_bytes().decode("utf-8-sig")).tracks
        except (gpxpy.gpx.GPXException, UnicodeDecodeError):
            continue
        for track in tracks:
            points = [p for segment in track.segments for p in segment.points if p.time is not None]
            rows = sorted((round(p.time.timestamp() * 1e6), p.latitude, p.longitude) for p in points if p.time)
            at, lat, lon = (np.array([row[n] for row in rows], dtype=np.float64) for n in range(3))
            found.append((at.astype(np.int64), lat, lon))
    return found


@needs_real_exports
@pytest.mark.parametrize("tracks_of", [_fit_tracks, _gpx_tracks])
def test_real_tracks_are_labelled_as_slowly_stated(tracks_of: Callable[[], list[_Track]]) -> None:
    tracks = tracks_of()
    assert len(tracks) > 10
    for place, track in enumerate(tracks):
        _assert_as_slowly_stated(*track, (None, True, False)[place % 3])
