"""GPX files: tracks become labelled epochs, drawings become a clear word."""

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from connectors import gpx
from connectors.errors import NoStepDataError
from connectors.gpx.words import creator_of, sport_of
from connectors.sports import is_on_foot
from tests.connectors.gpx_samples import PLAIN, START, counts, gpx_text, point, read, seconds, walk
from tests.real_exports import REAL, needs_real_exports

_REAL = REAL / "gpx"
_REAL_FILES = sorted(_REAL.glob("*.gpx"))


def test_a_walk_of_ten_minutes_is_ten_minutes_of_walking(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 600), sport="walking"))
    assert seconds(recording) == {"walk": 600.0}
    assert recording.epochs["distance_m"].sum() == pytest.approx(840, abs=1)
    assert recording.epochs["steps"].is_null().all()
    assert recording.rows_read == 121
    assert recording.coverage.rows() == [(None, None, START, START + dt.timedelta(minutes=10))]
    assert recording.sessions.rows() == [
        (START, START + dt.timedelta(minutes=10), "walking", None, True, None),
    ]
    assert recording.device.device_id == "garmin-connect"
    assert recording.problems == ()


def test_no_coordinate_is_in_a_recording(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 600)))
    assert not {"lat", "lon"} & set(recording.epochs.columns)


def test_a_walk_inside_a_ride_is_no_walk(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 600), sport="cycling"))
    assert seconds(recording) == {"vehicle": 600.0}
    assert recording.sessions["on_foot"].to_list() == [False]
    assert recording.epochs["activity"].unique().to_list() == ["cycling"]


@pytest.mark.parametrize("sport", ["", "NC", "Sunday stroll with Ann"])
def test_a_sport_that_is_not_known_is_not_stated(tmp_path: Path, sport: str) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 600), sport=sport))
    assert recording.sessions.is_empty()
    assert recording.epochs["activity"].null_count() == recording.epochs.height


def test_time_between_segments_is_not_recorded(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 300), walk(400, 300)))
    assert seconds(recording) == {"walk": 600.0}
    assert recording.coverage.height == 2


def test_a_signal_loss_has_neither_label_nor_distance(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 300) + walk(500, 300)))
    lost = recording.epochs.filter(pl.col("gps_label").is_null())
    assert lost.height == 1
    assert lost["distance_m"].to_list() == [None]


@pytest.mark.parametrize(
    "inside",
    [
        '<extensions xmlns:g="http://x"><g:TrackPointExtension><g:hr>101</g:hr></g:TrackPointExtension></extensions>',
        "<extensions><heartrate>101</heartrate></extensions>",
        "<extensions><a><b><hr> <![CDATA[101]]> </hr></b></a></extensions>",
    ],
)
def test_heart_rate_is_read_from_extensions(tmp_path: Path, inside: str) -> None:
    text = gpx_text([*walk(0, 60), point(65, 91, inside), point(70, 98, inside.replace("101", "0"))])
    rates = read(tmp_path, text).epochs["heart_rate_bpm"]
    assert rates.to_list() == [None] * 13 + [101.0]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (point(30, 0, lat="nan"), "bad_position"),
        (point(30, 0, lat="91"), "bad_position"),
        (point(30, 0, lat="51,5"), "bad_position"),
        ("<trkpt><time>2024-05-04T08:00:30Z</time></trkpt>", "bad_position"),
        (point(30, 42, time=""), "point_without_time"),
        ('<trkpt lat="51.5" lon="-0.12"/>', "point_without_time"),
        (point(30, 42, time="yesterday"), "bad_time"),
        (point(30, 42, time="2024-02-30T08:00:00Z"), "bad_time"),
        (point(30, 42, time="2024-05-04T08:00:30+99:99"), "bad_time"),
        (point(30, 42, time="1999-12-31T23:59:59Z"), "clock_before_2000"),
        (point(30, 42), "duplicate_time"),
    ],
)
def test_a_bad_point_is_left_out_and_counted(tmp_path: Path, bad: str, code: str) -> None:
    points = walk(0, 60)
    recording = read(tmp_path, gpx_text([*points[:7], bad, *points[7:]]))
    assert counts(recording) == {code: 1}
    assert recording.rows_read == 14
    assert recording.epochs.height == 12


def test_a_point_of_high_hdop_is_left_out_and_counted(tmp_path: Path) -> None:
    points = [point(s, 1.4 * s, f"<hdop>{9 if s == 30 else 1}</hdop>") for s in range(0, 61, 5)]
    recording = read(tmp_path, gpx_text(points))
    assert counts(recording) == {"hdop_over_5": 1}
    assert recording.epochs.height == 11


def test_hdop_that_is_mostly_high_is_taken_for_metres(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text([point(s, 1.4 * s, "<hdop>12</hdop>") for s in range(0, 61, 5)]))
    assert counts(recording) == {"hdop_not_used": 13}
    assert seconds(recording) == {"walk": 60.0}


def test_points_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    points = walk(0, 600)
    points[20], points[21] = points[21], points[20]
    recording = read(tmp_path, gpx_text(points))
    assert counts(recording) == {"time_not_ascending": 1}
    assert seconds(recording) == {"walk": 600.0}


def test_the_same_track_twice_in_a_file_counts_once(tmp_path: Path) -> None:
    recording = read(tmp_path, gpx_text(walk(0, 600), walk(0, 600)))
    assert seconds(recording) == {"walk": 600.0}
    assert recording.coverage.height == 1
    assert counts(recording) == {"overlapping_segment": 120}


def test_a_time_with_an_offset_is_converted_and_one_without_is_utc(tmp_path: Path) -> None:
    times = ["2024-05-04T10:00:00.25+02:00", "2024-05-04T08:00:05.5", "2024-05-04 08:00:10Z"]
    recording = read(tmp_path, gpx_text([point(0, n, time=time) for n, time in enumerate(times)]))
    assert recording.epochs["epoch_start"].to_list() == [
        START + dt.timedelta(milliseconds=250),
        START + dt.timedelta(milliseconds=5500),
    ]
    assert counts(recording) == {"time_without_zone": 1}


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        b"\n  " + PLAIN.encode(),
        PLAIN.replace("/GPX/1/1", "/GPX/1/0").replace("1.1", "1.0").encode(),
        PLAIN.replace("http://www.topografix.com/GPX/1/1", "urn:other").encode(),
        PLAIN.replace(' xmlns="http://www.topografix.com/GPX/1/1"', "").encode(),
        PLAIN.replace("<", "<g:").replace("<g:/", "</g:").replace("<g:?", "<?").replace("xmlns=", "xmlns:g=").encode(),
        PLAIN.replace("<trkseg>", "<!-- <trkseg> --><number><![CDATA[<trk>]]></number><trkseg>").encode(),
        PLAIN.replace("UTF-8", "x-unheard-of").replace("<trk>", "<trk><name>\xe9\xff</name>").encode("latin-1"),
    ],
)
def test_other_spellings_of_a_file_read_the_same(tmp_path: Path, content: bytes) -> None:
    plain, other = read(tmp_path, PLAIN), read(tmp_path, content)
    assert other.epochs.equals(plain.epochs)
    assert other.sessions.equals(plain.sessions)
    assert [problem for problem in other.problems if problem.code != "read_carefully"] == list(plain.problems)


def test_undeclared_prefixes_are_counted(tmp_path: Path) -> None:
    inside = (
        "<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>99</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions>"
    )
    text = gpx_text([*walk(0, 60), point(65, 91, inside), point(70, 98, inside)], root=' xsi:schemaLocation="a b"')
    recording = read(tmp_path, text)
    assert counts(recording) == {"undeclared_prefix": 2}
    assert recording.epochs["heart_rate_bpm"].count() == 1


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<rte><rtept lat="1" lon="2"/></rte><wpt lat="1" lon="2"/>', "only a route"),
        ('<trk><trkseg><trkpt lat="1" lon="2"/><trkpt lat="1" lon="3"/></trkseg></trk>', "a drawn track"),
        (f"<trk><trkseg>{point(0, 0)}</trkseg></trk>", "1 of them usable"),
        ("", "only a route"),
    ],
)
def test_what_was_not_recorded_is_no_step_data(tmp_path: Path, inside: str, expected: str) -> None:
    with pytest.raises(NoStepDataError, match=expected):
        read(tmp_path, f"<gpx>{inside}</gpx>")


@needs_real_exports
@pytest.mark.parametrize("path", _REAL_FILES, ids=lambda p: p.name)
def test_a_real_file_has_as_many_points_as_two_other_readers_found(path: Path) -> None:
    oracle = json.loads((_REAL / "oracle.json").read_text())["files"][path.name]["lxml"]
    assert gpx.identify(path)
    try:
        recording = gpx.read(path)
    except NoStepDataError as error:
        assert oracle["with_time"] < 2 or "clock_before_2000" in error.found or "duplicate_time" in error.found
        return
    left_out = {
        code: n for code, n in counts(recording).items() if not code.startswith("cadence_") and code != "read_carefully"
    }
    assert recording.rows_read == oracle["trackpoints"]
    assert recording.rows_read - left_out.get("point_without_time", 0) == oracle["with_time"]
    epochs = recording.epochs
    assert (epochs["epoch_start"].diff().drop_nulls() > dt.timedelta(0)).all()
    assert (epochs["epoch_end"] <= epochs["epoch_start"].shift(-1)).all()
    if not left_out and recording.coverage.height == 1 and epochs["distance_m"].null_count() == 0:
        metres = oracle["haversine_R6378137_m"] * 6_371_008.8 / 6_378_137
        assert epochs["distance_m"].sum() == pytest.approx(metres, rel=1e-5, abs=0.01)
        divided = epochs.height - (oracle["with_time"] - 1)
        assert 0 <= oracle["with_hr"] + divided - epochs["heart_rate_bpm"].count() <= 1 + divided


@pytest.mark.parametrize(
    ("text", "creator", "sport", "on_foot"),
    [
        ("Walking", "x", "walking", True),
        ("TrailRun", "x", "trail_running", True),
        ("9", "StravaGPX Android", "running", True),
        ("10", "StravaGPX", "walking", True),
        ("9", "x", None, None),
        ("mountain_biking", "x", "cycling", False),
        ("Cycling", "https://gpx.studio", None, None),
        ("", "x", None, None),
    ],
)
def test_the_type_of_a_track_is_a_sport_only_where_it_means_one(
    text: str, creator: str, sport: str | None, on_foot: bool | None
) -> None:
    found = sport_of(text, creator_of(creator))
    assert (found, is_on_foot(found)) == (sport, on_foot)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("eTrex 20x", ("garmin", "etrex")),
        ("Movescount - http://www.movescount.com", ("suunto", "movescount")),
        ("OsmAnd+", ("osmand", "gpx")),
        ("Polarsteps", ("gpx", "unknown")),
        ("Ann's phone", ("gpx", "unknown")),
    ],
)
def test_a_creator_is_a_known_program_or_unknown(text: str, known: tuple[str, str]) -> None:
    assert creator_of(text) == known
