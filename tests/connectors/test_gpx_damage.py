"""GPX files that are cut off, damaged or made to do harm: read as far as they go, or refused with a reason."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import gpx
from connectors.errors import ConnectorError, CorruptFileError
from tests.connectors.gpx_samples import PLAIN, counts, gpx_text, read, walk, write


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_the_points_before_a_cut_are_kept(tmp_path: Path, share: float) -> None:
    text = gpx_text(walk(0, 600), sport="walking")
    recording = read(tmp_path, text[: int(len(text) * share)])
    assert counts(recording) == {"truncated": 1}
    assert recording.problems[0].where.startswith("line ")
    assert recording.epochs.height == pytest.approx(120 * share, abs=4)
    assert recording.sessions["on_foot"].to_list() == [True]


def test_damage_before_the_first_point_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError) as caught:
        read(tmp_path, "<gpx>\n<trk>\n<name>a & b</name>")
    assert caught.value.where == "line 3"


_BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<gpx>" + "<a>" * 40_000 + "</a>" * 40_000 + "</gpx>", "deeper nesting"),
        (f'<!DOCTYPE gpx [<!ENTITY a "ha">{_BOMB}]><gpx><trk><name>&i;</name></trk></gpx>', "DOCTYPE"),
        (PLAIN.replace("<gpx", '<!DOCTYPE gpx SYSTEM "file:///etc/hostname"><gpx'), "DOCTYPE"),
        (PLAIN.replace("<trkseg>", "<trkseg>" + "<trkpt/>" * 500_001), "more"),
    ],
)
def test_a_hostile_file_is_refused_with_a_reason(tmp_path: Path, content: str, found: str) -> None:
    with pytest.raises(CorruptFileError, match=found):
        read(tmp_path, content)


def test_a_file_beyond_the_size_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.gpx.MAX_BYTES", 1024)
    with pytest.raises(CorruptFileError, match="at most"):
        read(tmp_path, PLAIN)


def test_text_of_a_file_gets_neither_into_a_recording_nor_into_a_message(tmp_path: Path) -> None:
    private = 'Ann Other xmlns:a="b"'
    text = gpx_text(walk(0, 60), sport=private, creator="Ann Other").replace("<trk>", f"<trk><name>{private}</name>")
    assert "Ann" not in repr(read(tmp_path, text))
    for broken in (text[:300], text.replace("<time>", "<time>Ann "), text.replace("trkpt", "Ann")):
        with pytest.raises(ConnectorError) as caught:
            gpx.read(write(tmp_path, broken))
        assert "Ann" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"PK\x03\x04", b"gpx", b"<", b"<kml><gpx/></kml>", b"<gpxx/>"])
def test_what_is_not_gpx_is_not_claimed_and_not_read(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    assert not gpx.identify(path)
    with pytest.raises(CorruptFileError):
        gpx.read(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_with_any_bytes_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(PLAIN.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path = write(tmp_path_factory.getbasetemp(), bytes(content))
    gpx.identify(path)
    try:
        gpx.read(path)
    except ConnectorError as error:
        assert error.found
