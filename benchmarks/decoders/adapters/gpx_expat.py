"""A loop of expat's callbacks, extensions included."""

from pathlib import Path
from typing import Any
from xml.parsers import expat

from benchmarks.decoders.adapters import point_columns
from benchmarks.decoders.adapters.point_columns import WANTED, Point, new_point, put


def decode(path: Path) -> Any:
    """The points as columns."""
    points: list[Point] = []
    text: list[str] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name.endswith("trkpt"):
            points.append(new_point(attributes["lat"], attributes["lon"]))
            inside = True
        text.clear()

    def end(name: str) -> None:
        nonlocal inside
        if name.endswith("trkpt"):
            inside = False
        elif inside and text and (column := WANTED.get(name.rpartition(":")[2])):
            put(points[-1], column, "".join(text))
        text.clear()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    with path.open("rb") as file:
        parser.ParseFile(file)
    return point_columns.finished(points)


def facts(path: Path) -> dict[str, Any]:
    """What the loop makes of a file."""
    return point_columns.facts(decode(path))
