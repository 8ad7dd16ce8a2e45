"""What the elements inside track points state: times and numbers as columns, one row per point."""

import dataclasses

import numpy as np
import numpy.typing as npt

from connectors.gpx.decimals import EMPTY, NO_TIME, Bools, Floats, decimals, times
from connectors.gpx.points import IN_EXTENSIONS
from connectors.gpx.tag import MEANING
from connectors.gpx.tags import Tags
from connectors.gpx.text import Places, Text

_Index = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Values:
    """Elements inside n points: the point each is of, what it means, and where its text is; arrays are (elements,)."""

    text: Text
    count: int  # n
    owner: _Index
    meaning: npt.NDArray[np.int8]
    is_child: Bools  # not deeper, in extensions
    start: Places
    stop: Places

    @classmethod
    def inside(cls, text: Text, tags: Tags, points: _Index, ends: _Index) -> "Values":
        """The elements between the tags that open points and those that end them."""
        places = np.flatnonzero((tags.meaning >= MEANING["time"]) & (tags.step >= 0) & (tags.depth >= 4))
        is_point = np.zeros(len(tags.step), dtype=np.bool_)
        is_point[points] = True
        owner = np.cumsum(is_point, dtype=np.int32)[places].astype(np.intp) - 1
        inside = owner >= 0
        inside[inside] = places[inside] < ends[owner[inside]]
        if not inside.all():
            places, owner = places[inside], owner[inside]
        return cls(text, len(points), owner, tags.meaning[places], tags.depth[places] == 4, *tags.span(places))

    def numbers(self, *names: str) -> Floats:
        """(n,): the first element of these names as a number, NaN where there is none or it states no number."""
        chosen = self._of(*names)
        numbers = np.full(self.count, np.nan)
        # backwards: the first stays
        numbers[self.owner[chosen][::-1]] = decimals(self.text, self.start[chosen], self.stop[chosen])[::-1]
        return numbers

    def times(self) -> tuple[Places, Bools, npt.NDArray[np.uint8]]:
        """(n,) each: microseconds since 1970 in UTC or NO_TIME, whether a zone is stated, and what the text looks like."""
        chosen = self._of("time")
        owner = self.owner[chosen][::-1]
        time_us = np.full(self.count, NO_TIME, dtype=np.int64)
        zoned = np.zeros(self.count, dtype=np.bool_)
        shape = np.full(self.count, EMPTY, dtype=np.uint8)
        # backwards: the first stays
        time_us[owner], zoned[owner], shape[owner] = (
            found[::-1] for found in times(self.text, self.start[chosen], self.stop[chosen])
        )
        return time_us, zoned, shape

    def _of(self, *names: str) -> _Index:
        found = self.meaning == MEANING[names[0]]
        for name in names[1:]:
            found |= self.meaning == MEANING[name]
        return np.flatnonzero(found if names[0] in IN_EXTENSIONS else found & self.is_child)
