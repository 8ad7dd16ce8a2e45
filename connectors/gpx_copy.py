"""A copy of a GPX file that is safe to parse, and what had to be left out of it.

gpxpy refuses a whole file for one bad number, one undeclared prefix or a missing end, and keeps every name and
comment in memory. So it is handed a copy that holds numbers, times and words of our own vocabulary only: what a
damaged, foreign or hostile file can do is decided here, before it.
"""

import codecs
import collections
import math
import re
from pathlib import Path
from xml.parsers import expat  # entities never get as far as being declared

from connectors.errors import CorruptFileError
from connectors.gpx_words import creator_of, sport_of

#: bytes of one file; four days at one point a second and 300 bytes a point
MAX_BYTES = 100 * 1024 * 1024
#: track points of one file; five days at one a second
MAX_POINTS = 500_000
#: elements within elements; heart rate, the deepest value that is read, has seven
MAX_DEPTH = 64

_POINT = "gpx/trk/trkseg/trkpt"
_STRUCTURE = {"gpx/trk": "trk", "gpx/trk/trkseg": "trkseg"}
_TEXTS = {"gpx/trk/type": "type", f"{_POINT}/time": "time", f"{_POINT}/hdop": "hdop"}
_IGNORED = {"gpx/wpt": "waypoints_ignored", "gpx/rte/rtept": "route_points_ignored"}
#: Garmin's TrackPointExtension, Cluetrust's gpxdata and Amazfit
_HEART_RATE = {"hr", "heartrate"}
_TIME_SHAPE = re.compile(r"[0-9T:.Z+ −-]{1,40}")
_OTHER_BOMS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"))
_UTF16_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF16_BARE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))


def decode(data: bytes) -> str:
    """The text of an XML file. A byte that is none becomes U+FFFD: all that is read of a file is ASCII."""
    for start, encoding in (*_OTHER_BOMS, *_UTF16_BOMS, *_UTF16_BARE):
        if data.startswith(start):
            return data.decode(encoding, "replace").lstrip()
    return data.decode("utf-8", "replace").lstrip()


def local_name(name: str) -> str:
    """The name of an element without its prefix, declared or not."""
    return name.rpartition(":")[2]


def safe_copy(path: Path) -> "SafeCopy":
    """A copy of a GPX file that is safe to parse; raises CorruptFileError if the file holds nothing to be copied."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CorruptFileError(
            path, expected=f"a GPX file of at most {MAX_BYTES // 1024**2} MB", found=f"{size // 1024**2} MB"
        )
    copy = SafeCopy(path)
    copy.take(decode(path.read_bytes()))
    return copy


class SafeCopy:
    """Rewrites a GPX file as the few elements that are read, and counts what it leaves out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: collections.Counter[str] = collections.Counter()
        self.where: dict[str, str] = {}
        self.points_met = 0
        self.timed = 0
        self.creator = creator_of("")
        self.out: list[str] = []
        self._open: list[str] = []
        self._names: list[str] = []
        self._prefixes = {"xml", "xmlns"}
        self._undeclared: set[str] = set()
        self._point: dict[str, str] = {}
        self._text: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    @property
    def text(self) -> str:
        return "".join(self.out)

    def take(self, text: str) -> None:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            line = f"line {error.lineno}"
            if not self.timed:
                raise CorruptFileError(
                    self.path,
                    expected="well-formed XML",
                    found=f"{expat.ErrorString(error.code)}, and no point with a time before it",
                    where=line,
                    todo="Export the file again.",
                ) from error
            self.note("truncated", line)
        self.out.extend(f"</{tag}>" for tag in reversed(self._open))

    def note(self, code: str, where: str | None = None, count: int = 1) -> None:
        self.counts[code] += count
        self.where.setdefault(code, self._line() if where is None else where)

    def _line(self) -> str:
        return f"line {self._parser.CurrentLineNumber}"

    def _refuse(self, expected: str, found: str, todo: str = "") -> CorruptFileError:
        return CorruptFileError(self.path, expected=expected, found=found, where=self._line(), todo=todo)

    def _doctype(self, *_: object) -> None:
        raise self._refuse(
            "GPX without a document type",
            "<!DOCTYPE>, which can make a small file grow without limit",
            "No device writes one; export the file again.",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._names) >= MAX_DEPTH:
            raise self._refuse(f"elements nested at most {MAX_DEPTH} deep", "deeper nesting")
        self._check_prefixes(name, attributes)
        self._names.append(local_name(name))
        here = "/".join(self._names)
        if here == "gpx":
            self.creator = creator_of(attributes.get("creator", ""))
            self._write("gpx", ' version="1.1"')
        elif len(self._names) == 1:
            raise self._refuse("a gpx element at the root", "another root element")
        elif here in _STRUCTURE:
            self._write(_STRUCTURE[here])
        elif here == _POINT:
            self._start_point(attributes)
        elif here in _TEXTS or self._is_heart_rate():
            self._text = []
        elif here in _IGNORED:
            self.note(_IGNORED[here])

    def _start_point(self, attributes: dict[str, str]) -> None:
        self.points_met += 1
        if self.points_met > MAX_POINTS:
            raise self._refuse(f"at most {MAX_POINTS} track points", "more")
        self._point = {"lat": attributes.get("lat", ""), "lon": attributes.get("lon", "")}

    def _is_heart_rate(self) -> bool:
        names = self._names
        return names[-1] in _HEART_RATE and len(names) > 4 and "/".join(names[:4]) == _POINT

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, _: str) -> None:
        here = "/".join(self._names)
        if self._text is not None and (here in _TEXTS or self._is_heart_rate()):
            self._value(_TEXTS.get(here, "hr"), "".join(self._text).strip())
            self._text = None
        elif here == _POINT:
            self._end_point()
        elif here == "gpx" or here in _STRUCTURE:
            self.out.append(f"</{self._open.pop()}>")
        self._names.pop()

    def _value(self, field: str, text: str) -> None:
        if field == "type":
            sport = sport_of(text, self.creator)
            self.out.append(f"<type>{sport}</type>" if sport else "")
        else:
            self._point.setdefault(field, text)

    def _end_point(self) -> None:
        lat, lon = number(self._point["lat"]), number(self._point["lon"])
        time = self._point.get("time", "")
        if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
            self.note("bad_position")
        elif not time:
            self.note("point_without_time")
        elif not _TIME_SHAPE.fullmatch(time):
            self.note("bad_time")
        else:
            self.timed += 1
            rate, hdop = number(self._point.get("hr", "")), number(self._point.get("hdop", ""))
            self.out.append(f'<trkpt lat="{lat!r}" lon="{lon!r}"><time>{time}</time>')
            self.out.append("" if hdop is None else f"<hdop>{hdop!r}</hdop>")
            # 0: the strap has lost contact
            self.out.append(f"<extensions><hr>{rate!r}</hr></extensions>" if rate and rate > 0 else "")
            self.out.append("</trkpt>")

    def _write(self, tag: str, attributes: str = "") -> None:
        self.out.append(f"<{tag}{attributes}>")
        self._open.append(tag)

    def _check_prefixes(self, name: str, attributes: dict[str, str]) -> None:
        self._prefixes.update(local_name(key) for key in attributes if key.startswith("xmlns:"))
        for key in (name, *attributes):
            prefix = key.rpartition(":")[0]
            if prefix and prefix not in self._prefixes | self._undeclared:
                self._undeclared.add(prefix)
                self.note("undeclared_prefix")


def number(text: str) -> float | None:
    """The finite number that a text states, else None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
