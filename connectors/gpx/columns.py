"""The fast way to read GPX: tags and numbers as columns, for a file whose every tag it understands.

Whatever might mean something else to an XML parser is declined, never guessed: the careful way reads such a file.
A file is read in windows of a few megabytes that end between two points, so that memory is that of a window and of the
columns. text -> tags -> values: text, tags (tag, alike, positions, brackets), values (decimals).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from connectors.gpx.decimals import EMPTY, MISSHAPEN, TIMELIKE
from connectors.gpx.points import MAX_POINTS, MAX_TAGS, GpxFile, Notes, Points, too_many
from connectors.gpx.tag import MEANING, Tag
from connectors.gpx.tags import Tags, read_tags
from connectors.gpx.text import Declined, Places, Text, check_characters, first_tag
from connectors.gpx.values import Values
from connectors.gpx.words import creator_of, sport_of

__all__ = ["Declined", "read_columns"]

#: bytes of a window: small enough that tags of four bytes take 100 MB of columns, large enough that numpy's calls cost nothing
WINDOW = 2 * 1024 * 1024

_Index = npt.NDArray[np.intp]


def read_columns(path: Path) -> GpxFile:
    """What the careful way would read of the same file; raises Declined for one that is not plain enough.

    Raises CorruptFileError for more tags or points than a recorder writes.
    """
    text = Text(min(path.stat().st_size, WINDOW) + 1)
    reading = _Reading(path, text)
    parts = []
    used, is_last = text.stop, False
    with path.open("rb") as file:
        while not is_last:
            is_last = text.fill(file, used)
            tags = reading.next_tags(is_last=is_last)
            parts.append(reading.points_of(tags))
            used = tags.stop
            if not is_last:
                reading.end(tags)
    points = Points.concat(parts)
    if "truncated" in reading.notes.counts and not len(points.time_us):
        raise Declined("cut off before the first point")
    return GpxFile(points, reading.points_met, tuple(reading.sports), reading.creator, reading.notes)


class _Reading:
    """What is known of a file where a window begins."""

    def __init__(self, path: Path, text: Text) -> None:
        self.path, self.text = path, text
        self.notes = Notes()
        self.points_met = 0
        self.sports: list[str | None] = []
        self.creator = creator_of("")
        self._begin = 0
        self._open: list[Tag] | None = None
        self._lines = 1
        self._tags = 0
        self._segments = 0
        self._declared, self._undeclared = {"xml", "xmlns"}, set[str]()

    def next_tags(self, *, is_last: bool) -> Tags:
        check_characters(self.text)
        self._begin = first_tag(self.text) if self._open is None else self.text.start
        tags = read_tags(self.text, self._begin, self._open, is_last=is_last)
        self._tags += tags.last - tags.first
        if self._tags > MAX_TAGS:
            raise too_many(self.path, "tags", MAX_TAGS)
        return tags

    def points_of(self, tags: Tags) -> Points:
        """The points that end in the window; notes what else is in it."""
        if self._open is None:
            self._read_root(tags.different[0][1])
        if tags.cut_at is not None:
            self.notes.add("truncated", self._line(tags.cut_at))
        self._note_prefixes(tags)
        outer = np.flatnonzero((tags.depth <= 2) & (tags.step >= 0))
        first_level, second_level = (outer[tags.depth[outer] == depth] for depth in (1, 2))
        parents = _before(first_level[tags.step[first_level] == 1], second_level)
        tracks = first_level[tags.means(first_level, "trk")]
        segments = second_level[tags.means(second_level, "trkseg") & tags.means(parents, "trk")]
        self._note_ignored(tags, "waypoints_ignored", first_level[tags.means(first_level, "wpt")])
        route_points = second_level[tags.means(second_level, "rtept") & tags.means(parents, "rte")]
        self._note_ignored(tags, "route_points_ignored", route_points)
        # those that are open from before are counted
        tracks_before = len(self.sports) - int((tracks < tags.first).sum())
        segments_before = self._segments - int((segments < tags.first).sum())
        self.text.spend(len(tracks), 1)
        self.sports += [None] * (tracks_before + len(tracks) - len(self.sports))
        self._segments = segments_before + len(segments)
        self._read_sports(
            tags, tracks, second_level[tags.means(second_level, "type") & tags.means(parents, "trk")], tracks_before
        )
        points = np.flatnonzero((tags.meaning == MEANING["trkpt"]) & (tags.depth == 3) & (tags.step >= 0))
        is_segment = np.zeros(len(tags.step), dtype=np.bool_)
        is_segment[segments] = True
        points = points[is_segment[_before(second_level[tags.step[second_level] == 1], points)]]
        self.points_met += len(points)
        if self.points_met > MAX_POINTS:
            raise too_many(self.path, "track points", MAX_POINTS)
        return self._columns(
            tags,
            points,
            segment=segments_before + np.searchsorted(segments, points),
            track=tracks_before + np.searchsorted(tracks, points) - 1,
        )

    def end(self, tags: Tags) -> None:
        self._lines += self.text.line_breaks(self._begin, tags.stop)
        self._open = tags.open

    def _line(self, place: int) -> str:
        return f"line {self._lines + self.text.line_breaks(self._begin, place)}"

    def _read_root(self, root: Tag) -> None:
        written = root.attributes.get("creator", "")
        if any(blank in written for blank in "\t\r\n"):
            raise Declined("line breaks in a value")
        self.creator = creator_of(written)

    def _note_prefixes(self, tags: Tags) -> None:
        """Notes each prefix that is used before it is declared; like expat without namespaces, for the whole file."""
        alone = [(int(tags.points[n]), Tag("", 1, attributes)) for n, attributes in tags.written.alone.items()]
        for place, tag in sorted([*tags.different, *alone], key=lambda pair: pair[0]) if alone else tags.different:
            self._declared.update(key.rpartition(":")[2] for key in tag.attributes if key.startswith("xmlns:"))
            for key in (tag.name, *tag.attributes) if tag.step >= 0 else ():
                prefix = key.rpartition(":")[0]
                if prefix and prefix not in self._declared and prefix not in self._undeclared:
                    self._undeclared.add(prefix)
                    self._note("undeclared_prefix", int(tags.opens[place]), 1)

    def _note(self, code: str, place: int, count: int) -> None:
        # lines are counted once for each code
        self.notes.add(code, "" if code in self.notes.where else self._line(place), count)

    def _note_ignored(self, tags: Tags, code: str, places: _Index) -> None:
        places = places[places >= tags.first]
        if len(places):
            self._note(code, int(tags.opens[places[0]]), len(places))

    def _read_sports(self, tags: Tags, tracks: _Index, kinds: _Index, tracks_before: int) -> None:
        """The first known sport that each track states."""
        # one that the end of the file cuts off states nothing
        kinds = kinds[(tags.step[kinds] == 0) | (kinds + 1 < tags.last)]
        owners = tracks_before + np.searchsorted(tracks, kinds) - 1
        for owner, (_, written) in zip(
            owners.tolist(), self.text.each(np.arange(len(kinds)), *tags.span(kinds)), strict=True
        ):
            if "&" in written:
                raise Declined("entities in a value")
            self.sports[owner] = self.sports[owner] or sport_of(written, self.creator)

    def _columns(self, tags: Tags, points: _Index, *, segment: Places, track: Places) -> Points:
        ends = np.flatnonzero((tags.depth == 3) & (tags.step == -1))
        opens = tags.step[points] == 1
        # a closed one ends where it begins
        ends = np.where(opens, np.r_[ends, 0][np.searchsorted(ends, points)], points)
        if len(points) and ends[-1] >= tags.last:
            # the end of the file cuts it off
            points, ends, opens, segment, track = (column[:-1] for column in (points, ends, opens, segment, track))
        values = Values.inside(self.text, tags, points, ends)
        time_us, zoned, shape = values.times()
        lat, lon = self._degrees(tags, points)
        placed = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
        for code, bad in (
            ("bad_position", ~placed),
            ("point_without_time", placed & (shape == EMPTY)),
            ("bad_time", placed & (shape == MISSHAPEN)),
        ):
            if bad.any():
                first = int(np.argmax(bad))
                # where a parser is when an element ends
                end = ends[first]
                self._note(code, int(tags.opens[end] if opens[first] else tags.closes[end] + 1), int(bad.sum()))
        rate = values.numbers("hr", "heartrate")
        columns = Points(
            time_us=time_us,
            zoned=zoned,
            lat=lat,
            lon=lon,
            elevation_m=values.numbers("ele"),
            # 0: the strap has lost contact
            heart_rate=np.where(rate > 0, rate, np.nan),
            cadence=values.numbers("cad", "cadence"),
            hdop=values.numbers("hdop"),
            segment=segment,
            track=track,
        )
        kept = placed & (shape == TIMELIKE)
        return columns if kept.all() else columns.at(np.flatnonzero(kept))

    def _degrees(self, tags: Tags, points: _Index) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Latitude and longitude; NaN where none are written, as in a tag without attributes."""
        place = np.searchsorted(tags.points, points)
        known = np.r_[tags.points, -1][place] == points
        lat, lon = (np.full(len(points), np.nan) for _ in range(2))
        lat[known], lon[known] = tags.written.degrees(self.text, place[known])
        return lat, lon


def _before(parents: _Index, places: _Index) -> _Index:
    """The last of the parents before each place."""
    return parents[np.searchsorted(parents, places) - 1] if len(parents) else np.zeros_like(places)
