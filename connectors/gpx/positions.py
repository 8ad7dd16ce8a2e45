"""Latitude and longitude, which are attributes of the tag that opens a point.

All points of a file are usually written alike but for the digits: the first one's layout is looked for in the others,
and what has another is read by itself.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from connectors.gpx.decimals import Bools, Floats, decimals, number
from connectors.gpx.tag import attributes_in, parse_tag
from connectors.gpx.text import FIRST, Declined, Places, Text

#: layouts that are looked for in one window
_LAYOUTS = 4


@dataclasses.dataclass(frozen=True)
class Written:
    """Where the numbers of n points begin and end, (n,) each; `alone`: attributes of a point that was read by itself."""

    lat: tuple[Places, Places]
    lon: tuple[Places, Places]
    alone: dict[int, dict[str, str]]

    def degrees(self, text: Text, points: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Latitude and longitude of these of the n points; NaN where none is written."""
        columns = [decimals(text, begin[points], end[points]) for begin, end in (self.lat, self.lon)]
        if self.alone:
            for place, point in enumerate(points.tolist()):
                for column, name in zip(columns, ("lat", "lon"), strict=True):
                    if point in self.alone:
                        value = number(self.alone[point].get(name, ""))
                        column[place] = np.nan if value is None else value
        return columns[0], columns[1]


def written(text: Text, start: Places, stop: Places) -> Written:
    """Finds the numbers of the tags of points, each from behind its '<' to its '>'."""
    lat, lon = ((np.full(len(start), text.start), np.full(len(start), text.start)) for _ in range(2))
    left = np.arange(len(start))
    quotes = {}
    for _ in range(_LAYOUTS):
        if not len(left):
            break
        layout = _Layout.of(text.at(int(start[left[0]]), int(stop[left[0]])))
        if layout is None:
            break
        if layout.quote not in quotes:
            quotes[layout.quote] = text.find_all(layout.quote, int(start[0]), int(stop[-1]))
        edges, fits = layout.find(text, start[left], stop[left], quotes[layout.quote])
        for (low, high), (a, b) in zip((lat, lon), layout.order(edges), strict=True):
            low[left[fits]], high[left[fits]] = a[fits], b[fits]
        left = left[~fits]
    text.spend(len(left), 20)
    alone = {}
    for point in left.tolist():
        tag = parse_tag(text.at(int(start[point]), int(stop[point])))
        if any("&" in value for value in tag.attributes.values()):
            raise Declined("entities in a value")
        alone[point] = tag.attributes
    return Written(lat, lon, alone)


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How a point's tag is written around its two numbers."""

    before: bytes
    between: bytes
    after: bytes
    quote: str
    lat_first: bool

    @classmethod
    def of(cls, tag: str) -> "_Layout | None":
        names = [name for name, _ in attributes_in(tag)]
        if not tag.isascii() or names not in (["lat", "lon"], ["lon", "lat"]):
            return None
        parse_tag(tag)
        quote = '"' if '"' in tag else "'"
        parts = tag.split(quote)
        if len(parts) != 5:
            return None
        before, between, after = ((parts[n] + quote).encode() for n in (0, 2, 4))
        return cls(before, quote.encode() + between, quote.encode() + after[:-1], quote, names[0] == "lat")

    def find(self, text: Text, start: Places, stop: Places, quotes: Places) -> tuple[list[Places], Bools]:
        """Begin and end of the first and of the second number, and where the tag is written in this layout."""
        one = start + len(self.before)
        at = np.searchsorted(quotes, one - 1)
        fits = at + 3 < len(quotes)
        at = np.where(fits, at, 0)
        one_end, two, two_end = (quotes[np.minimum(at + n, len(quotes) - 1)] for n in (1, 2, 3))
        fits &= (quotes[at] == one - 1) & (two_end < stop) & (two - one_end == len(self.between) - 1)
        fits &= stop - two_end == len(self.after)
        for place, part in ((start, self.before), (one_end, self.between), (two_end, self.after)):
            fits &= _reads(text, np.where(fits, place, text.start), part)
        return [one, one_end, two + 1, two_end], fits

    def order(self, edges: list[Places]) -> Iterable[tuple[Places, Places]]:
        pairs = ((edges[0], edges[1]), (edges[2], edges[3]))
        return pairs if self.lat_first else pairs[::-1]


def _reads(text: Text, place: Places, part: bytes) -> Bools:
    """Where these bytes stand at the place."""
    same = np.ones(len(place), dtype=np.bool_)
    for at in range(0, len(part), 8):
        piece = part[at : at + 8]
        same &= text.words[place + at] & FIRST[len(piece)] == np.uint64(int.from_bytes(piece, "little"))
    return same
