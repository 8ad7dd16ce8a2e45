"""A copy of a GPX file that is safe to parse, and what had to be left out of it.

gpxpy refuses a whole file for one bad number, one undeclared prefix or a missing end, and keeps every name and
comment in memory. So it is handed a copy that holds numbers, times and words of our own vocabulary only: what a
damaged, foreign or hostile file can do is decided here, before it.
"""

import codecs
from pathlib import Path
from xml.parsers import expat  # entities never get as far as being declared

from connectors.errors import CorruptFileError
from connectors.gpx.decimals import is_timelike, number
from connectors.gpx.points import IN_EXTENSIONS, MAX_DEPTH, MAX_POINTS, Notes, too_many
from connectors.gpx.words import creator_of, sport_of

#: tags and attributes of a file that is copied: each takes 10 microseconds, and 35 where times are odd
MAX_PARTS = 100_000
#: bytes of such a file, each of which may take ten of memory
MAX_BYTES = 16 * 1024 * 1024

_POINT = "gpx/trk/trkseg/trkpt"
_IN_POINT = f"{_POINT}/"
_STRUCTURE = {"gpx/trk": "trk", "gpx/trk/trkseg": "trkseg"}
_TEXTS = {"gpx/trk/type": "type"} | {f"{_POINT}/{name}": name for name in ("time", "ele", "hdop")}
_IGNORED = {"gpx/wpt": "waypoints_ignored", "gpx/rte/rtept": "route_points_ignored"}
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
    data = path.read_bytes() if size <= MAX_BYTES else b""
    parts = data.count(b"<") + data.count(b"=")
    if size > MAX_BYTES or parts > MAX_PARTS:
        raise CorruptFileError(
            path,
            expected=f"at most {MAX_BYTES // 1024**2} MB and {MAX_PARTS} tags and attributes in a file that is not"
            " written as plain GPX in UTF-8",
            found=f"{size // 1024**2} MB" if size > MAX_BYTES else f"{parts} tags and attributes",
            todo="Open it in a GPX program and save it again, or export the recording in parts.",
        )
    copy = SafeCopy(path)
    copy.take(decode(data))
    return copy


class SafeCopy:
    """Rewrites a GPX file as the few elements that are read, and counts what it leaves out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes = Notes()
        self.points_met = 0
        self._timed = 0
        self.creator = creator_of("")
        self.out: list[str] = []
        self._open: list[str] = []
        self._paths: list[str] = []
        self._prefixes = {"xml", "xmlns"}
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
            if not self._timed:
                raise CorruptFileError(
                    self.path,
                    expected="well-formed XML",
                    found=f"{expat.ErrorString(error.code)}, and no point with a time before it",
                    where=line,
                    todo="Export the file again.",
                ) from error
            self.notes.add("truncated", line)
        self.out.extend(f"</{tag}>" for tag in reversed(self._open))

    def _note(self, code: str) -> None:
        self.notes.add(code, self._line())

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
        depth = len(self._paths)
        if depth >= MAX_DEPTH:
            raise self._refuse(f"elements nested at most {MAX_DEPTH} deep", "deeper nesting")
        if attributes or ":" in name:
            self._check_prefixes(name, attributes)
        here = f"{self._paths[-1]}/{local_name(name)}" if depth else local_name(name)
        self._paths.append(here)
        if here == "gpx":
            self.creator = creator_of(attributes.get("creator", ""))
            self._write("gpx", ' version="1.1"')
        elif not depth:
            raise self._refuse("a gpx element at the root", "another root element")
        elif here in _STRUCTURE:
            self._write(_STRUCTURE[here])
        elif here == _POINT:
            self._start_point(attributes)
        elif _field(here):
            self._text = []
        elif here in _IGNORED:
            self._note(_IGNORED[here])

    def _start_point(self, attributes: dict[str, str]) -> None:
        self.points_met += 1
        if self.points_met > MAX_POINTS:
            raise too_many(self.path, "track points", MAX_POINTS)
        self._point = {"lat": attributes.get("lat", ""), "lon": attributes.get("lon", "")}

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, _: str) -> None:
        here = self._paths.pop()
        field = _field(here)
        if field:
            self._value(field, "".join(self._text or ()).strip())
            self._text = None
        elif here == _POINT:
            self._end_point()
        elif here == "gpx" or here in _STRUCTURE:
            self.out.append(f"</{self._open.pop()}>")

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
            self._note("bad_position")
        elif not time:
            self._note("point_without_time")
        elif not is_timelike(time):
            self._note("bad_time")
        else:
            self._timed += 1
            self.out.append(f'<trkpt lat="{lat!r}" lon="{lon!r}"><time>{time}</time>')
            self.out.extend(self._element(name, self._point.get(name, "")) for name in ("ele", "hdop"))
            rate = self._point.get("heart_rate", "")
            # 0: the strap has lost contact
            beats = self._element("hr", rate) if (number(rate) or 0) > 0 else ""
            self.out.append(f"<extensions>{beats}{self._element('cad', self._point.get('cadence', ''))}</extensions>")
            self.out.append("</trkpt>")

    @staticmethod
    def _element(name: str, text: str) -> str:
        value = number(text)
        return "" if value is None else f"<{name}>{value!r}</{name}>"

    def _write(self, tag: str, attributes: str = "") -> None:
        self.out.append(f"<{tag}{attributes}>")
        self._open.append(tag)

    def _check_prefixes(self, name: str, attributes: dict[str, str]) -> None:
        self._prefixes.update(local_name(key) for key in attributes if key.startswith("xmlns:"))
        for key in (name, *attributes):
            prefix = key.rpartition(":")[0]
            if prefix and prefix not in self._prefixes:
                # noted once; declared later, it is known like the others
                self._prefixes.add(prefix)
                self._note("undeclared_prefix")


def _field(here: str) -> str | None:
    """What the text of the element at this path states, None if it is not read."""
    if here in _TEXTS:
        return _TEXTS[here]
    return IN_EXTENSIONS.get(here.rpartition("/")[2]) if here.startswith(_IN_POINT) else None
