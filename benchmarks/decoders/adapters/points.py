"""What GPX points say, in the form that `agreement` compares."""

import datetime as dt
from collections.abc import Iterable
from typing import Any


def facts(points: Iterable[tuple[float, float, dt.datetime | None]]) -> dict[str, Any]:
    """Number of track points and the sums of their latitudes, longitudes and times."""
    count, timed, lat, lon, seconds = 0, 0, 0.0, 0.0, 0.0
    for latitude, longitude, time in points:
        count += 1
        lat += latitude
        lon += longitude
        if time is not None:
            timed += 1
            seconds += time.replace(tzinfo=time.tzinfo or dt.UTC).timestamp()
    return {"points": count, "timed": timed, "lat": lat, "lon": lon, "seconds": seconds}
