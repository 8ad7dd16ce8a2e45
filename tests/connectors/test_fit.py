"""FIT activity files: records become epochs with steps of both feet."""

import datetime as dt
from pathlib import Path

import fitdecode
import polars as pl
import pytest

from connectors import fit
from connectors.errors import ConnectorError, NoStepDataError
from connectors.fit.messages import read_messages
from connectors.fit.profile import RECORD as RECORD_MESSAGE
from connectors.recording import Recording
from tests.connectors.fit_bytes import (
    RECORD,
    SPORT,
    START,
    STOP_ALL,
    activity,
    file_id,
    message,
    monitoring,
    record,
    records,
    session,
    timer,
    typed,
    write,
)
from tests.connectors.fit_bytes import fit as fit_file
from tests.real_exports import REAL, needs_real_exports

GENERIC, RUN, RIDE, EQUIPMENT, TRAINING, WALK = 0, 1, 2, 4, 10, 11
TREADMILL, ROWER = 1, 14
MIDNIGHT = dt.datetime(2024, 3, 4, tzinfo=dt.UTC)


def _read(folder: Path, data: bytes) -> Recording:
    return fit.read(write(folder, data))


def _seconds(frame: pl.DataFrame, *names: str) -> list[tuple[float, ...]]:
    return frame.select((pl.col(name) - MIDNIGHT).dt.total_seconds() for name in names).rows()


def test_a_fit_file_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    assert fit.identify(write(tmp_path, activity(record(0)), "export.csv"))
    assert not fit.identify(write(tmp_path, b"participant_id,minute_start,steps\n", "export.fit"))
    assert not fit.identify(write(tmp_path, b"", "empty.fit"))
    assert not fit.identify(tmp_path)


def test_cadence_on_foot_counts_one_leg(tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(records(range(60), cadence=50, fraction=64), session(0, 60, WALK)))
    # 50.5 strides a minute are 101 steps
    assert recording.epochs["steps"].sum() == pytest.approx(101)
    assert recording.epochs["activity"].unique().to_list() == ["walking"]
    assert recording.kind == "activity"


def test_cadence_of_a_bicycle_is_not_steps(tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(records(range(60), cadence=90), session(0, 60, RIDE, cycles=90)))
    assert recording.epochs["steps"].null_count() == 60
    assert recording.sessions.select("sport", "on_foot", "steps").rows() == [("cycling", False, None)]


def test_no_cadence_on_foot_is_not_measured_rather_than_none(tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(records(range(60), heart=80), session(0, 60, WALK)))
    assert recording.epochs["steps"].null_count() == 60
    assert recording.epochs["heart_rate_bpm"].unique().to_list() == [80.0]


@pytest.mark.parametrize(
    ("sport", "sub_sport", "on_foot"),
    [
        (RUN, 0, True),
        (WALK, 0, True),
        (EQUIPMENT, TREADMILL, True),
        (EQUIPMENT, ROWER, None),
        (GENERIC, 0, None),
        (TRAINING, 0, None),
        (RIDE, TREADMILL, False),
        (200, 0, None),
    ],
)
def test_a_session_is_on_foot_only_if_sport_and_sub_sport_say_so(
    sport: int, sub_sport: int, on_foot: bool | None, tmp_path: Path
) -> None:
    recording = _read(tmp_path, activity(records(range(60), cadence=50), session(0, 60, sport, sub_sport)))
    assert recording.sessions["on_foot"].to_list() == [on_foot]
    assert (recording.epochs["steps"].null_count() == 0) is bool(on_foot)


def test_each_record_of_a_multisport_file_belongs_to_the_sport_of_its_time(tmp_path: Path) -> None:
    sessions = session(60, 120, RUN, cycles=80), session(0, 60, RIDE, cycles=90)
    recording = _read(tmp_path, activity(records(range(120), cadence=80), *sessions))
    parts = recording.epochs.group_by("activity", maintain_order=True).agg(pl.col("steps").sum(), pl.len()).rows()
    assert parts == [("cycling", 0.0, 60), ("running", pytest.approx(160), 60)]
    assert recording.sessions.select("sport", "steps").rows() == [("cycling", None), ("running", 160)]


def test_records_long_after_a_session_do_not_take_its_sport(tmp_path: Path) -> None:
    data = activity(records(range(60), cadence=80), records(range(3600, 3660), cadence=80), session(0, 60, RUN))
    late = _read(tmp_path, data).epochs.filter(pl.col("epoch_start") >= MIDNIGHT + dt.timedelta(hours=1))
    assert late["activity"].null_count() == late["steps"].null_count() == 60


def test_a_record_holds_until_the_next_one_and_no_longer_than_half_a_minute(tmp_path: Path) -> None:
    data = activity(*(record(second, cadence=60) for second in (0, 10, 40, 100)), session(0, 101, WALK))
    recording = _read(tmp_path, data)
    assert _seconds(recording.epochs, "epoch_start", "epoch_end") == [(0, 10), (10, 40), (40, 70), (100, 101)]
    assert recording.epochs["steps"].to_list() == pytest.approx([20, 60, 60, 2])
    assert _seconds(recording.coverage, "start", "end") == [(0, 70), (100, 101)]


def test_while_the_timer_is_stopped_nothing_is_walked(tmp_path: Path) -> None:
    pause = timer(3, STOP_ALL) + timer(17, START)
    rows = [record(second, cadence=60) for second in (0, 5, 10, 20)]
    recording = _read(tmp_path, activity(timer(0, START), *rows, pause, timer(21, STOP_ALL), session(0, 21, WALK)))
    assert _seconds(recording.epochs, "epoch_start", "epoch_end") == [(0, 3), (17, 20), (20, 21)]
    assert _seconds(recording.coverage, "start", "end") == [(0, 3), (17, 21)]


def test_distance_is_what_was_gained_to_the_next_record_if_that_came_in_time(tmp_path: Path) -> None:
    rows = (record(0, cm=0, heart=80), record(2, cm=300), record(4, cm=100), record(10, cm=400), record(50, cm=9900))
    epochs = _read(tmp_path, activity(*rows, session(0, 51, WALK))).epochs
    assert epochs["distance_m"].to_list() == [3.0, None, 3.0, None, None]


def test_records_of_one_second_are_one_and_their_last_values_stay(tmp_path: Path) -> None:
    rows = (record(0, cadence=60, heart=80), record(0, cadence=70), record(1, cadence=60))
    recording = _read(tmp_path, activity(*rows, session(0, 2, WALK)))
    assert recording.epochs["steps"].to_list() == pytest.approx([140 / 60, 2])
    assert recording.epochs["heart_rate_bpm"].to_list() == [80.0, None]
    assert [(p.code, p.count) for p in recording.problems] == [("repeated_timestamp", 1)]


def test_positions_become_labels_and_no_coordinate_is_left(tmp_path: Path) -> None:
    # 1.4 m/s to the north in semicircles
    step = 1.4 / 111_195 * 2**31 / 180
    lat = int(48 * 2**31 / 180)
    rows = b"".join(record(n, lat=lat + round(n * step), lon=lat) for n in range(300))
    recording = _read(tmp_path, activity(rows, session(0, 300, WALK)))
    assert recording.epochs["gps_label"].value_counts(sort=True).row(0)[0] == "walk"
    numbers = recording.epochs.select(pl.col(pl.Float64)).unpivot()["value"].drop_nulls()
    assert not numbers.is_between(47, 49).any()


def test_the_start_of_a_fresh_receiver_at_zero_degrees_is_no_position(tmp_path: Path) -> None:
    epochs = _read(tmp_path, activity(records(range(300), lat=0, lon=0, cadence=0), session(0, 300, WALK))).epochs
    assert epochs["gps_label"].null_count() == 300


def test_a_file_cut_off_before_its_session_has_the_sport_it_stated_at_the_start(tmp_path: Path) -> None:
    stated = _read(tmp_path, activity(message(SPORT, {0: WALK, 1: 0}), records(range(60), cadence=50)))
    assert stated.sessions.select("sport", "on_foot").rows() == [("walking", True)]
    assert _seconds(stated.sessions, "start", "end") == [(0, 60)]
    silent = _read(tmp_path, activity(records(range(60), cadence=50)))
    assert silent.sessions.select("sport", "on_foot").rows() == [(None, None)]
    assert silent.epochs["steps"].null_count() == 60


def test_records_of_a_clock_before_its_first_sync_are_counted_and_left_out(tmp_path: Path) -> None:
    early = message(RECORD, {253: 1000, 4: 50})
    recording = _read(tmp_path, activity(early, records(range(10), cadence=50), session(0, 10, WALK)))
    assert recording.epochs.height == 10
    assert [(p.code, p.count) for p in recording.problems] == [("clock_before_first_sync", 1)]


def test_activity_and_monitoring_of_one_watch_have_one_device(tmp_path: Path) -> None:
    one = _read(tmp_path, activity(records(range(10), cadence=50)))
    two = _read(tmp_path, monitoring(typed(60, 6, steps=10)))
    assert one.device.device_id == two.device.device_id == "garmin-vivosmart_4-1234567"


def test_a_session_not_on_foot_counts_even_without_a_usable_record(tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(session(0, 600, RIDE)))
    assert recording.sessions["on_foot"].to_list() == [False]
    assert recording.epochs.is_empty()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (fit_file(file_id(2)), "a file of type settings"),
        (fit_file(file_id(49)), "a file of type sleep"),
        (fit_file(file_id(6), record(0, lat=1, lon=1)), "a file of type course"),
        (activity(session(0, 600, WALK)), "an activity without records"),
        (activity(records(range(10)), session(0, 10, WALK)), "records without cadence, position and heart rate"),
        (activity(message(RECORD, {253: 1000, 4: 50})), "1 rows of a device whose clock was never set"),
    ],
)
def test_a_sound_file_without_a_walking_minute_says_what_it_is(data: bytes, found: str, tmp_path: Path) -> None:
    with pytest.raises(NoStepDataError, match=f"found {found}"):
        _read(tmp_path, data)


#: real files that give no Recording; all others do
_REFUSED = {
    NoStepDataError: {
        "GoldenCheetah-GoldenCheetah__moxy.fit",
        "SamR1-FitTrackee__example.fit",
        "dtcooper-python-fitparse__antfs-dump.63.fit",
        *(f"MaksVasilev-fit2gpx__{n}.fit" for n in (50673966218, 50673978802, 50675720851, 50675984291, 50676042501)),
        *(f"MaksVasilev-fit2gpx__{n}.fit" for n in (50676510320, 50700018686, 50700022804, 50708059938, 50731586667)),
        *(f"dtcooper-python-fitparse__{name}.fit" for name in ("Settings", "WeightScaleMultiUser")),
        *(f"dtcooper-python-fitparse__Workout{name}.fit" for name in ("CustomTargetValues", "IndividualSteps")),
        "grimbough-FITfileR__Settings.fit",
        *(f"jflam-FastFitParser__Workout{name}.fit" for name in ("CustomTargetValues", "IndividualSteps")),
        *(f"jflam-FastFitParser__WorkoutRepeat{name}.fit" for name in ("GreaterThanStep", "Steps")),
        "roznet-FitFileParser__2023-01-13_heartratef.fit",
    },
}


@needs_real_exports
def test_every_real_file_is_read_or_refused_for_the_known_reason() -> None:
    paths = sorted(p for p in (REAL / "fit").iterdir() if p.suffix.lower() == ".fit")
    assert all(fit.identify(path) for path in paths)
    refused: dict[type[ConnectorError], set[str]] = {kind: set() for kind in _REFUSED}
    for path, found in zip(paths, fit.read_many(paths), strict=True):
        if isinstance(found, ConnectorError):
            refused[type(found)].add(path.name)
    assert refused == _REFUSED


#: real foot-sport files with cadence and a session count of strides -> largest relative difference of the two.
#: The walk has 17 records only; in garmin-stamina cadence reads 0 in a sixth of the run
_BOTH_FEET = {
    "GoldenCheetah-GoldenCheetah__3386684871.fit": 0.01,
    "GoldenCheetah-GoldenCheetah__IpBike-HRV-Data.fit": 0.01,
    "dtcooper-python-fitparse__garmin-fenix-5-walk.fit": 0.15,
    "dtcooper-python-fitparse__sample_mulitple_header.fit": 0.01,
    "fgebhart-sportgems__2019-09-14-17-22-05.fit": 0.02,
    "jimmykane-fit-parser__garmin-stamina.fit": 0.08,
    "jimmykane-fit-parser__running-with-developer-data.fit": 0.03,
    "muktihari-fit__HrmPluginTestActivity.fit": 0.02,
    "sports-alliance-sports-lib__2067489619.fit": 0.02,
    "sports-alliance-sports-lib__6860622783.fit": 0.01,
    "wader-fq__activity_invalid_strings.fit": 0.01,
}


@needs_real_exports
@pytest.mark.parametrize("name", _BOTH_FEET)
def test_steps_by_cadence_agree_with_twice_the_strides_the_session_counted(name: str) -> None:
    recording = fit.read(REAL / "fit" / name)
    counted = recording.sessions["steps"].sum()
    assert counted > 0
    assert recording.epochs["steps"].sum() == pytest.approx(counted, rel=_BOTH_FEET[name])


@needs_real_exports
@pytest.mark.parametrize(
    "name",
    [
        "dtcooper-python-fitparse__Activity.fit",  # big-endian
        "dtcooper-python-fitparse__antfs-dump.63.fit",  # compressed timestamps
        "lindig-fit__xpress-4x-2020-10-17.fit",  # compressed timestamps
        "muktihari-fit__HrmPluginTestActivity.fit",  # chained
        "muktihari-fit__activity_multisport.fit",
        "sports-alliance-sports-lib__2067489619.fit",
        "sports-alliance-sports-lib__6914538454.fit",  # big-endian, developer fields
    ],
)
def test_an_independent_decoder_finds_the_same_records(name: str) -> None:
    path = REAL / "fit" / name
    columns = ("timestamp", "heart_rate", "cadence", "position_lat")
    with fitdecode.FitReader(str(path), processor=fitdecode.DataProcessorBase()) as reader:
        theirs = [
            tuple(frame.get_raw_value(column, fallback=None) for column in columns)
            for frame in reader
            if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record"
        ]
    messages, _ = read_messages([path])
    fields = {"timestamp": 253, "heart_rate": 3, "cadence": 4, "position_lat": 0}
    ours = [tuple(row[column] for column in columns) for row in messages.told(RECORD_MESSAGE, fields, 0)]
    assert ours == theirs
