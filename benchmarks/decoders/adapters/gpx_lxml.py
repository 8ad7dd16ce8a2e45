"""A loop over lxml's iterparse."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import lxml.etree

from benchmarks.decoders.adapters import point_columns
from benchmarks.decoders.adapters.point_columns import WANTED, new_point, put


def decode(path: Path) -> Any:
    """The points as columns; each is thrown away once it is read."""
    points = []
    for _, element in lxml.etree.iterparse(str(path), tag="{*}trkpt"):
        point = new_point(element.get("lat"), element.get("lon"))
        for inner in element.iterdescendants():
            column = WANTED.get(inner.tag.rpartition("}")[2]) if isinstance(inner.tag, str) else None
            if column and inner.text:
                put(point, column, inner.text)
        points.append(point)
        element.clear()
    return point_columns.finished(points)


def facts(path: Path) -> dict[str, Any]:
    """What the loop makes of a file."""
    return point_columns.facts(decode(path))
