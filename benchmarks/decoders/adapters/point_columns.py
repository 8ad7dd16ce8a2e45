"""The columns that a hand-written loop over a GPX file fills; what somebody who needs no more would write."""

import datetime as dt
import math
from typing import Any

import numpy as np

#: elements whose text is kept, wherever they stand in a point
WANTED = {"ele": 2, "time": 3, "hr": 4, "heartrate": 4, "cad": 5, "cadence": 5}
Point = list[Any]


def new_point(lat: str, lon: str) -> Point:
    return [float(lat), float(lon), math.nan, math.nan, math.nan, math.nan]


def put(point: Point, column: int, text: str) -> None:
    """Puts the text of an element into a point."""
    point[column] = dt.datetime.fromisoformat(text).timestamp() if column == 3 else float(text)


def finished(points: list[Point]) -> Any:
    """One row per point: latitude, longitude, elevation, Unix seconds, heart rate, cadence."""
    return np.array(points, dtype=np.float64).reshape(-1, 6)


def facts(table: Any) -> dict[str, Any]:
    """What such a table holds, in the form that `agreement` compares."""
    lat, lon, seconds = table[:, 0], table[:, 1], table[:, 3]
    timed = seconds[~np.isnan(seconds)]
    return {
        "points": len(table),
        "timed": len(timed),
        "lat": float(lat.sum()),
        "lon": float(lon.sum()),
        "seconds": float(timed.sum()),
    }
