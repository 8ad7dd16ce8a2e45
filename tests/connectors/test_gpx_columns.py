"""The columnar GPX reader is only right if it equals the careful one, and both equal gpxpy."""

import dataclasses
import datetime as dt
import os
import random
import re
import struct
from pathlib import Path

import gpxpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import ConnectorError
from connectors.gpx.careful import read_carefully
from connectors.gpx.columns import Declined, read_columns
from connectors.gpx.decimals import decimals, number, times, utc_us
from connectors.gpx.points import GpxFile, Points
from connectors.gpx.text import Text
from tests.connectors.gpx_samples import PLAIN, gpx_text, point, read, walk, write
from tests.real_exports import REAL, needs_real_exports

_REAL = REAL / "gpx"
_REAL_FILES = sorted(_REAL.glob("*.gpx"))
_EXAMPLES = 3000 if os.environ.get("FOOTFALL_ALL_FILES") == "1" else 60


def _both(path: Path) -> tuple[GpxFile | str, GpxFile | None]:
    try:
        fast: GpxFile | str = read_columns(path)
    except Declined as reason:
        fast = str(reason)
    try:
        return fast, read_carefully(path)
    except ConnectorError:
        return fast, None


def _assert_equal(fast: GpxFile, slow: GpxFile) -> None:
    for field in dataclasses.fields(Points):
        ours, theirs = getattr(fast.points, field.name), getattr(slow.points, field.name)
        assert ours.dtype == theirs.dtype, field.name
        np.testing.assert_array_equal(ours, theirs, err_msg=field.name)
    assert (fast.points_met, fast.sports, fast.creator) == (slow.points_met, slow.sports, slow.creator)
    assert (fast.notes.counts, fast.notes.where) == (slow.notes.counts, slow.notes.where)


def _bits(values: list[float]) -> list[bytes]:
    return [struct.pack("d", value) for value in values]


def _assert_equal_if_read(path: Path) -> bool:
    fast, slow = _both(path)
    if isinstance(fast, str):
        return False
    assert slow is not None
    _assert_equal(fast, slow)
    return True


@needs_real_exports
def test_every_real_file_is_read_fast_and_as_the_careful_way_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # time is no matter here
    monkeypatch.setattr("connectors.gpx.copy.MAX_PARTS", 1_000_000)
    for path in _REAL_FILES:
        # the careful way takes seconds for the largest; those are compared with gpxpy below in every run
        if _EXAMPLES > 60 or path.stat().st_size < 300_000:
            assert _assert_equal_if_read(path), path.name
        else:
            read_columns(path)


def _with_times(content: bytes) -> bytes:
    """The file with a time in every point: one that has none has no column, as nothing can be made of it."""
    stamp = rb"<time>2024-05-04T08:00:00Z</time>"
    content = re.sub(rb"<((?:\w+:)?trkpt)\b([^>]*)/>", rb"<\1\2></\1>", content)
    # of two times the first counts
    return re.sub(rb"(</(?:\w+:)?trkpt\s*>)", stamp + rb"\1", content)


@needs_real_exports
def test_position_elevation_and_time_of_every_real_point_are_those_of_gpxpy_to_the_last_bit(tmp_path: Path) -> None:
    compared = timed = 0
    for path in _REAL_FILES:
        content = path.read_bytes()
        parsed = gpxpy.parse(content.decode("utf-8-sig"))
        theirs = [point for track in parsed.tracks for segment in track.segments for point in segment.points]
        with_times = [point for point in theirs if point.time is not None]
        assert read_columns(path).points.time_us.tolist() == [utc_us(point.time) for point in with_times]
        ours = read_columns(write(tmp_path, _with_times(content))).points
        assert _bits(ours.lat.tolist()) == _bits([point.latitude for point in theirs]), path.name
        assert _bits(ours.lon.tolist()) == _bits([point.longitude for point in theirs])
        elevations = [float("nan") if point.elevation is None else point.elevation for point in theirs]
        np.testing.assert_array_equal(ours.elevation_m, elevations)
        compared, timed = compared + len(theirs), timed + len(with_times)
    print(f"{compared} points, {timed} with a time")
    assert compared > 40_000


@needs_real_exports
def test_a_real_file_that_was_cut_off_reads_alike(tmp_path: Path) -> None:
    dice, read_fast = random.Random(4), 0  # noqa: S311 - places to cut at
    for path in _REAL_FILES:
        content = path.read_bytes()
        for _ in range(_EXAMPLES // 20 if len(content) < 50_000 else 0):
            cut = write(tmp_path, content[: dice.randrange(len(content))])
            read_fast += _assert_equal_if_read(cut)
    assert read_fast > _EXAMPLES // 2


def _column(texts: list[str]) -> tuple[Text, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    written = [text.encode() for text in texts]
    text = Text(sum(len(one) + 1 for one in written))
    stops = np.cumsum([len(one) + 1 for one in written]) + text.start - 1
    starts = stops - [len(one) for one in written]
    for one, start, stop in zip(written, starts.tolist(), stops.tolist(), strict=True):
        text.raw[start:stop] = one
    return text, starts, stops


_NUMBERS = st.one_of(
    st.floats(-180, 180).map(repr),
    st.decimals(-9999, 9999, allow_nan=False, places=17).map(str),
    st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{0,30})?", fullmatch=True),
    # halfway between two doubles, and so near to it that only the last digit decides
    st.floats(0.01, 180).map(lambda x: f"{x + np.spacing(x) / 2:.60f}"[:40]),
    st.sampled_from(["", "-", ".", "5.", ".5", "nan", "inf", "1e5", "+3", "1_0", "--1", "1-", "1.2.3", "-0.0", "51,5"]),
    st.text(alphabet="0123456789.-+ e", max_size=12),
)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.lists(_NUMBERS, min_size=1, max_size=20))
def test_a_column_of_numbers_is_rounded_as_each_alone(texts: list[str]) -> None:
    alone = [number(text.strip()) for text in texts]
    expected = [float("nan") if value is None else value for value in alone]
    assert _bits(decimals(*_column(texts)).tolist()) == _bits(expected)


_TIMES = st.one_of(
    st.datetimes(dt.datetime(1890, 1, 1), dt.datetime(2100, 1, 1)).map(lambda t: t.isoformat() + "Z"),  # noqa: DTZ001
    st.from_regex(
        r"20[0-3][0-9]-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,16})?(Z|[+-][0-2][0-9]:?[0-9][0-9])?",
        fullmatch=True,
    ),
    st.sampled_from(
        ["", "yesterday", "2024-05-04", "2024-5-4T8:0:0Z", "0001-01-01T00:00:00+01:00", "2024-02-30T08:00:00Z"]
    ),
)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.lists(_TIMES, min_size=1, max_size=12))
def test_a_column_of_times_is_what_gpxpy_reads_of_each(texts: list[str]) -> None:
    found = times(*_column(texts))[0].tolist()
    assert found == [utc_us(gpxpy.gpxfield.TIME_TYPE.from_string(text)) for text in texts]


_HEADS = ["", "<?xml version='1.0'?>\n", "\ufeff", "\n <?xml version='1.0' encoding='x'?>"]
_PIECES = st.sampled_from(
    [
        '<trkpt lat="51.5" lon="-0.12"><time>2024-05-04T08:00:30Z</time></trkpt>',
        "<trkpt lon='-0.12' lat='51.50000000000000001'><ele>3.5</ele><time>2024-05-04T08:00:31.25Z</time></trkpt>",
        '<trkpt\n lat = "51.6"\tlon="-0.1" ><time> 2024-05-04T08:00:40+02:00 </time><hdop>2</hdop></trkpt >',
        '<trkpt lat="51.5" lon="-0.12"/>',
        "<trkpt/>",
        '<trkpt lat="nan" lon="1"><time>2024-05-04T08:00:50Z</time></trkpt>',
        '<trkpt lat="1" lon="2" extra="&amp;"><time>x</time></trkpt>',
        '<g:trkpt lat="1" lon="2"><time>2024-05-04T08:01:30Z</time></g:trkpt>',
        '<trkpt lat="1" lon="2"><time/><time>2024-05-04T08:01:40Z</time><x:cad>80</x:cad></trkpt>',
        '<trkpt lat="1" lon="2"><time>2024-05-04T08:01:50Z</time><a><hr>90</hr><hr>91</hr><cadence>7</cadence></a></trkpt>',
        "</trkseg><trkseg>",
        "</trkseg><trkseg/><trkseg>",
        "</trkseg></trk><trk><type>hiking</type><type>biking</type><trkseg>",
        "</trkseg></trk><trk/><wpt lat='1' lon='2'><time>2024-05-04T08:00:00Z</time></wpt><trk><trkseg>",
        "<name>a &amp; b</name>",
        "<name><![CDATA[<trkpt> & \n]]></name>",
        "<!-- <trkpt> -->",
        "<!---->",
        "<!-- \n -- -->",
        "<!-- > --->",
        "<?note <trkpt> \n?>",
        "<?xml version='1.0'?>",
        "<a b='<!-- -->'/>",
        "<trkpt lat='1' lon='2'><time>2024-05-04T08:02:30<!-- -->Z</time></trkpt>",
        "<trkpt lat='1' lon='2'><!-- <ele> --><time>2024-05-04T08:02:40Z</time><ele>&#52;</ele></trkpt>",
        "<!-- <![CDATA[ --><b/>]]",
        "<![CDATA[ <!-- ]]>",
        "\r\n",
        "\r",
        "\n",
        "<a b='>'/>",
        "<a b='1' b='2'/>",
        "<a></b>",
        "&#52;",
        "\x07",
        "<trkpt lat='1' lon='2'><time><![CDATA[2024-05-04T08:02:00Z]]></time></trkpt>",
        "<trkpt lat='1' lon='2'><time>2024<b/>-05-04T08:02:10Z</time></trkpt>",
        "<trkpt lat='1' lon='2'><trkpt lat='3' lon='4'><time>2024-05-04T08:02:20Z</time></trkpt></trkpt>",
        "\xe9",
    ]
)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(
    st.lists(_PIECES, max_size=12),
    st.sampled_from(_HEADS),
)
def test_whatever_both_ways_read_they_read_alike(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], head: str
) -> None:
    content = f"{head}<gpx creator='Garmin Connect' xmlns:x='y'><trk><trkseg>{''.join(pieces)}</trkseg></trk></gpx>"
    _assert_equal_if_read(write(tmp_path_factory.getbasetemp(), content, "pieces.gpx"))


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.lists(_PIECES, max_size=12), st.sampled_from(_HEADS), st.floats(0, 1))
def test_whatever_is_read_of_a_cut_file_is_read_alike(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], head: str, share: float
) -> None:
    content = f"{head}<gpx creator='Garmin Connect'><trk><trkseg>{point(0, 0)}{''.join(pieces)}".encode()
    path = write(tmp_path_factory.getbasetemp(), content[: int(share * len(content))], "cut.gpx")
    _assert_equal_if_read(path)


_LONG = gpx_text(walk(0, 100), walk(200, 100), sport="hiking").replace(
    "</trk>",
    "</trk>\r\n<wpt lat='1' lon='2'/>\n<trk><!-- <trk> --><type>running</type><trkseg><y:a/><trkpt/>"
    + "\n".join(walk(400, 60))
    + "</trkseg></trk><z:b/>",
)


@pytest.mark.parametrize("window", [260, 300, 411, 777, 1500])
@pytest.mark.parametrize("cut", [0, 1, 30, 400])
def test_a_file_of_many_windows_reads_like_one_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, cut: int
) -> None:
    monkeypatch.setattr("connectors.gpx.columns.WINDOW", window)
    assert _assert_equal_if_read(write(tmp_path, _LONG[: len(_LONG) - cut]))


@pytest.mark.parametrize("window", [500, 1000, 2000])
def test_blanks_behind_the_root_end_no_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr("connectors.gpx.columns.WINDOW", window)
    for blanks in (1, 100, window - len(PLAIN) % window + 1):
        assert _assert_equal_if_read(write(tmp_path, PLAIN + "\n" * min(blanks, 400)))


def test_a_file_cut_off_anywhere_behind_a_point_is_read_fast(tmp_path: Path) -> None:
    for stop in range(PLAIN.index("</trkpt>") + 8, len(PLAIN), 13):
        assert _assert_equal_if_read(write(tmp_path, PLAIN[:stop])), PLAIN[stop - 20 : stop]


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.data())
def test_a_damaged_file_is_declined_or_read_as_the_careful_way_reads_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(PLAIN.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        new = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"<", b">", b"/", b'"', b"'", b" ", b"<a/>", b":"]))
        )
        content[at : at + data.draw(st.integers(0, 3))] = new
    _assert_equal_if_read(write(tmp_path_factory.getbasetemp(), bytes(content), "damaged.gpx"))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<trk>", "<trk><name a='>'/>", "brackets that are no tags"),
        ("Garmin Connect", "Garmin&#32;Connect", "entities in a value"),
        ("hiking", "hik<!-- -->ing", "CDATA, a comment or a numbered character in a value"),
    ],
)
def test_a_file_that_was_read_carefully_says_why(tmp_path: Path, old: str, new: str, reason: str) -> None:
    recording = read(tmp_path, PLAIN.replace(old, new))
    said = [problem.where for problem in recording.problems if problem.code == "read_carefully"]
    assert said == [reason]


@pytest.mark.parametrize(
    "inside",
    [
        "<name><![CDATA[a <b> & c]]></name>",
        "<!-- a <trk> --><name>&#65;nn&#x27;s <!-- or not --> walk</name>",
        "<?note <trkpt>?>",
    ],
)
def test_what_stands_around_the_points_is_no_reason_to_read_slowly(tmp_path: Path, inside: str) -> None:
    assert read(tmp_path, PLAIN.replace("<trk>", f"<trk>{inside}")).problems == ()
