"""One tag as it is written: its name, whether it opens or closes an element, its attributes."""

import dataclasses
import re

from connectors.gpx.points import IN_EXTENSIONS
from connectors.gpx.text import Declined

_NAME = "[A-Za-z_:][A-Za-z0-9_:.-]*"
_TAG = re.compile(rf"""({_NAME})((?:[ \t\r\n]+{_NAME}[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*'))*)[ \t\r\n]*(/?)""")
_END_TAG = re.compile(rf"/({_NAME})[ \t\r\n]*")
_ATTRIBUTE = re.compile(rf"""({_NAME})[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')""")
#: names that mean something, by the place they have in this list; from "time" on they are values of a point
NAMES = ["", "gpx", "trk", "trkseg", "trkpt", "wpt", "rte", "rtept", "type", "time", "ele", "hdop", *IN_EXTENSIONS]
MEANING = {name: number for number, name in enumerate(NAMES)}


@dataclasses.dataclass(frozen=True)
class Tag:
    """step: 1 opens an element, -1 closes one, 0 does both."""

    name: str
    step: int
    attributes: dict[str, str]

    @property
    def meaning(self) -> int:
        """The place of the name without its prefix in NAMES."""
        return MEANING.get(self.name.rpartition(":")[2], 0)


def parse_tag(written: str) -> Tag:
    """The tag between '<' and '>'; raises Declined if it is not plainly one."""
    end = _END_TAG.fullmatch(written)
    if end:
        return Tag(end[1], -1, {})
    tag = _TAG.fullmatch(written)
    if not tag:
        raise Declined("an unusual tag")
    attributes = attributes_in(tag[2])
    if len(dict(attributes)) < len(attributes):
        raise Declined("an attribute twice")
    return Tag(tag[1], 0 if tag[3] else 1, dict(attributes))


def attributes_in(written: str) -> list[tuple[str, str]]:
    return [(name, one or other) for name, one, other in _ATTRIBUTE.findall(written)]
