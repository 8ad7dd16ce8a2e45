"""GPX files made to cost time or memory: each is read or refused within seconds, in bounded memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from connectors import gpx
from connectors.errors import ConnectorError
from tests.connectors.gpx_samples import gpx_text, point, walk, write

_MAX_MB = 300
_STATUS = Path("/proc/self/status")


@pytest.mark.parametrize(
    "content",
    [
        b"<gpx>" + b"<a>" * 40_000 + b"</a>" * 40_000 + b"</gpx>",
        b"<gpx>" + b"<" * 5_000_000,
        b"<gpx><trk><trkseg>" + b"<trkpt lat='1' lon='2'/>" * 500_001 + b"</trkseg></trk></gpx>",
        b"<gpx>" + b"&amp;" * 1_000_000 + b"</gpx>",
        b"<gpx " + b"a" * 5_000_000 + b"/>",
        b"<gpx>" + b"<![CDATA[" * 500_000 + b"</gpx>",
        b"<gpx>" + b"<!--" * 500_000 + b"</gpx>",
        b"<gpx><trk><trkseg>" + b"<trkpt lat='nan' lon='1'><time>never</time></trkpt>" * 20_000,
    ],
    ids=["nested", "brackets", "points", "entities", "one_tag", "cdata", "comments", "nan"],
)
def test_a_hostile_file_ends_in_a_clear_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConnectorError) as caught:
        gpx.read(write(tmp_path, content))
    assert caught.value.found


def test_a_file_for_the_careful_way_that_takes_too_long_is_refused_with_its_limit(tmp_path: Path) -> None:
    content = gpx_text(walk(0, 600)).replace("<trkseg>", "<a b='>'/><trkseg>" + "<trkpt></trkpt>" * 70_000)
    with pytest.raises(ConnectorError) as caught:
        gpx.read(write(tmp_path, content))
    assert "100000 tags" in caught.value.expected
    assert caught.value.todo.startswith("Open it in a GPX program")


def test_more_tracks_than_a_recorder_writes_are_refused(tmp_path: Path) -> None:
    tracks = "".join(f"<trk><trkseg>{point(s, 0)}</trkseg></trk>" for s in range(1501))
    with pytest.raises(ConnectorError, match="more") as caught:
        gpx.read(write(tmp_path, f"<gpx>{tracks}</gpx>"))
    assert "1500 tracks" in caught.value.expected


_CHILD = """
import sys
from pathlib import Path
from connectors import gpx
from connectors.errors import ConnectorError
for name in sys.argv[1:]:
    try:
        gpx.read(Path(name))
    except ConnectorError:
        pass
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM:")))
"""


@pytest.mark.skipif(not _STATUS.exists(), reason="memory is read from /proc")
def test_dense_and_long_files_are_read_or_refused_in_bounded_memory(tmp_path: Path) -> None:
    inside = "<ele>1</ele><extensions><t:T><t:atemp>2</t:atemp><t:hr>90</t:hr><t:cad>80</t:cad></t:T></extensions>"
    contents: list[str | bytes] = [
        "<gpx>" + "<a/>" * 3_500_000 + "</gpx>",
        gpx_text([point(s, s, inside) for s in range(60_000)]),
        "<gpx><name>" + "x" * 17_000_000,
        b"<gpx><name>" + b"\xff" * 16_000_000,
        b"<gpx " + b"a" * 16_000_000,
    ]
    paths = [str(write(tmp_path, content, f"{n}.gpx")) for n, content in enumerate(contents)]
    done = subprocess.run([sys.executable, "-c", _CHILD, *paths], capture_output=True, text=True, check=True)
    assert int(done.stdout) < _MAX_MB
