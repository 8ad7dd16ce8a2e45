"""The tags of one window of a GPX file, checked to be nested as XML wants it.

A window is made a whole of its own: it begins with tags for the elements that are open before it, and ends with tags
that close what is open behind it.
"""

import dataclasses
import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from connectors.gpx.alike import heads, kinds_of
from connectors.gpx.brackets import brackets, cut_at
from connectors.gpx.decimals import Bools
from connectors.gpx.points import MAX_DEPTH
from connectors.gpx.positions import Written, written
from connectors.gpx.tag import MEANING, Tag, parse_tag
from connectors.gpx.text import FIRST, Declined, Places, Text, Words, check_entities

_Int = TypeVar("_Int", np.int8, np.int32, np.int64)

_LONGEST_TAG = 16_384
#: elements that may be open between two windows: gpx, trk and trkseg, so that no point is divided
_OPEN_BETWEEN = 3
_POINT_NAME = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?trkpt)[ \t\r\n]")


@dataclasses.dataclass(frozen=True)
class Tags:
    """n tags in order, of which those from `first` to `last` stand in the file; arrays are (n,)."""

    opens: Places  # of '<' in the text
    closes: Places  # of '>'
    step: npt.NDArray[np.int8]  # 1 opens an element, -1 closes one, 0 does both
    depth: npt.NDArray[np.int32]  # of the element; the root has 0
    name: npt.NDArray[np.int32]  # equal for equal names
    meaning: npt.NDArray[np.int8]  # Tag.meaning
    different: list[tuple[int, Tag]]  # one of each kind that is written alike, with its first place
    points: npt.NDArray[np.intp]  # the tags that open points
    written: Written  # their numbers
    unread: Places  # of what must not be in a value: comments, sections, numbered characters
    first: int
    last: int
    open: list[Tag]  # what is open behind the window, the root first
    stop: int  # end of the window in the text
    cut_at: int | None  # where the file ends although elements are open

    def means(self, places: npt.NDArray[np.intp], *names: str) -> Bools:
        wanted = np.zeros(len(MEANING), dtype=np.bool_)
        wanted[[MEANING[name] for name in names]] = True
        return np.asarray(wanted[self.meaning[places]])

    def span(self, places: npt.NDArray[np.intp]) -> tuple[Places, Places]:
        """Where the text of these elements begins and ends; there are no elements within it."""
        opens = self.step[places] == 1
        following = np.minimum(places + 1, len(self.opens) - 1)
        if (self.step[following[opens]] != -1).any():
            raise Declined("elements within a value")
        start = self.closes[places] + 1
        stop = np.where(opens, self.opens[following], start)
        if len(self.unread) and (np.searchsorted(self.unread, start) != np.searchsorted(self.unread, stop)).any():
            raise Declined("CDATA, a comment or a numbered character in a value")
        return start, stop


def read_tags(text: Text, begin: int, before: list[Tag] | None, *, is_last: bool) -> Tags:
    """The tags from begin on, up to the end of the file or the last place where the window can end.

    before: what is open there; None if the root is yet to come.
    """
    opens, closes, masked, partial = brackets(text, begin, is_last=is_last)
    if len(opens) and (before == [] or (before is None and not text.is_blank(begin, int(opens[0])))):
        raise Declined("text outside the root")
    if before is None and not len(opens):
        raise Declined("no tags")
    pieces = _Pieces(text, opens, closes)
    total = np.cumsum(pieces.step, dtype=np.int32) + np.int32(len(before or ()))
    stop = partial if partial >= 0 else text.stop
    if not is_last:
        count = _end_of_window(pieces.step, total)
        opens, closes, total = opens[:count], closes[:count], total[:count]
        stop = int(closes[-1]) + 1
    tags = _whole(text, pieces, opens, closes, before or [], total, stop)
    is_cut = is_last and len(tags.open) > 0
    if not tags.open and (partial >= 0 or not text.is_blank(int(closes[-1]) + 1 if len(closes) else begin, stop)):
        raise Declined("text outside the root")
    numbered = check_entities(text, begin, stop, is_cut=is_cut)
    if (np.searchsorted(opens, numbered) != np.searchsorted(closes, numbered)).any():
        raise Declined("numbered characters in a tag")
    unread = np.sort(np.r_[masked, numbered])
    return dataclasses.replace(tags, unread=unread, cut_at=cut_at(text, stop) if is_cut else None)


def _end_of_window(step: npt.NDArray[np.int8], total: npt.NDArray[np.int32]) -> int:
    """How many tags belong to the window: up to the last that leaves no point open."""
    ends = np.flatnonzero((total <= _OPEN_BETWEEN) & (step != 1))
    if not len(ends):
        raise Declined("a very long element")
    return int(ends[-1]) + 1


class _Pieces:
    """The tags between brackets, without regard to each other."""

    def __init__(self, text: Text, opens: Places, closes: Places) -> None:
        begin, length = opens + 1, closes - opens - 1
        if len(length) and length.max() > _LONGEST_TAG:
            raise Declined("a very long tag")
        head = heads(text, begin, length)
        named = _POINT_NAME.search(text.raw, int(opens[0]), int(closes[-1])) if len(opens) else None
        self.is_point = np.zeros(len(opens), dtype=np.bool_)
        if named:
            self.is_point = _starts_with(text, begin, length, head, named[1])
        others = np.flatnonzero(~self.is_point)
        kind, firsts = kinds_of(text, begin[others], length[others], head[others])
        text.spend(len(firsts), 10)
        parsed = [parse_tag(text.at(int(begin[place]), int(closes[place]))) for place in others[firsts].tolist()]
        self.different = list(zip(others[firsts].tolist(), parsed, strict=True))
        if any(tag.meaning and "&" in value for tag in parsed for value in tag.attributes.values()):
            raise Declined("entities in a value")
        if any(tag.meaning == MEANING["trkpt"] and tag.attributes for tag in parsed):
            raise Declined("points of several prefixes")
        self.numbers: dict[str, int] = {}
        self.step, self.meaning = (np.empty(len(opens), dtype=np.int8) for _ in range(2))
        self.name = np.empty(len(opens), dtype=np.int32)
        self.step[others] = np.array([tag.step for tag in parsed], dtype=np.int8)[kind]
        self.name[others] = np.array([self.number(tag.name) for tag in parsed], dtype=np.int32)[kind]
        self.meaning[others] = np.array([tag.meaning for tag in parsed], dtype=np.int8)[kind]
        if named:
            point_name = named[1].decode()
            self.step[self.is_point] = text.bytes[closes[self.is_point] - 1] != ord("/")
            self.name[self.is_point] = self.number(point_name)
            self.meaning[self.is_point] = MEANING["trkpt"]
            self.different.append((int(np.argmax(self.is_point)), Tag(point_name, 1, {})))

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _starts_with(text: Text, begin: Places, length: Places, head: Words, name: bytes) -> Bools:
    """True for tags of this name that have attributes."""
    key = np.uint64(int.from_bytes(name[:8], "little"))
    found = np.flatnonzero((head & FIRST[min(len(name), 8)] == key) & (length > len(name)))
    # control characters are excluded: what is not above a blank is one
    found = found[text.bytes[begin[found] + len(name)] <= ord(" ")]
    if len(name) > 8:
        end_key = np.uint64(int.from_bytes(name[-8:], "little"))
        found = found[text.words[begin[found] + len(name) - 8] == end_key]
    is_point = np.zeros(len(begin), dtype=np.bool_)
    is_point[found] = True
    return is_point


def _whole(
    text: Text,
    pieces: _Pieces,
    opens: Places,
    closes: Places,
    before: list[Tag],
    total: npt.NDArray[np.int32],
    stop: int,
) -> Tags:
    """The tags of the window between those that stand for what is open before and behind it."""
    first, count = len(before), len(opens)
    depth = total - (pieces.step[:count] == 1)
    _check_depth(total, depth, is_first=not before)
    open_behind = list(before[: int(total.min(initial=first))])
    for level in range(len(open_behind), int(total[-1]) if count else 0):
        place = int(np.flatnonzero((depth == level) & (pieces.step[:count] == 1))[-1])
        open_behind.append(_tag_at(text, opens, closes, place))
    behind = open_behind[::-1]
    tags = Tags(
        opens=_joined([text.start] * first, opens, [stop] * len(behind)),
        closes=_joined([text.start] * first, closes, [stop] * len(behind)),
        step=_joined([1] * first, pieces.step[:count], [-1] * len(behind)),
        depth=_joined(range(first), depth, range(len(behind))[::-1]),
        name=_joined(
            [pieces.number(tag.name) for tag in before],
            pieces.name[:count],
            [pieces.number(tag.name) for tag in behind],
        ),
        meaning=_joined([tag.meaning for tag in before], pieces.meaning[:count], [tag.meaning for tag in behind]),
        different=sorted(
            ((first + place, tag) for place, tag in pieces.different if place < count), key=lambda pair: pair[0]
        ),
        points=first + np.flatnonzero(pieces.is_point[:count]),
        written=written(text, opens[pieces.is_point[:count]] + 1, closes[pieces.is_point[:count]]),
        unread=np.empty(0, dtype=np.int64),
        first=first,
        last=first + count,
        open=open_behind,
        stop=stop,
        cut_at=None,
    )
    _check_names(tags)
    return tags


def _joined(before: Sequence[int], column: npt.NDArray[_Int], behind: Sequence[int]) -> npt.NDArray[_Int]:
    if not before and not behind:
        return column
    return np.concatenate([np.array(before, column.dtype), column, np.array(behind, column.dtype)])


def _tag_at(text: Text, opens: Places, closes: Places, place: int) -> Tag:
    tag = parse_tag(text.at(int(opens[place]) + 1, int(closes[place])))
    return dataclasses.replace(tag, attributes={})


def _check_depth(total: npt.NDArray[np.int32], depth: npt.NDArray[np.int32], *, is_first: bool) -> None:
    if not len(total):
        return
    if depth.max() >= MAX_DEPTH:
        raise Declined("deep nesting")
    # the root is closed by the last tag, if at all
    if total.min() < 0 or (total[:-1] < 1).any() or (is_first and depth[0] != 0):
        raise Declined("badly nested")


def _check_names(tags: Tags) -> None:
    """Declines tags of which not every element is closed by one of its name."""
    spans = np.flatnonzero(tags.step)
    pairs = spans[np.argsort(tags.depth[spans].astype(np.uint8), kind="stable")]
    if (tags.name[pairs[0::2]] != tags.name[pairs[1::2]]).any():
        raise Declined("badly nested")
    if len(tags.meaning) and tags.meaning[0] != MEANING["gpx"]:
        raise Declined("another root element")
