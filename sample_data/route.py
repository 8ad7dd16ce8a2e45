"""Invented routes: a loop on foot, standing still, a bus ride. Positions and instants only."""

import dataclasses
import math
import random

#: seconds between positions
EVERY = 5

_METRES_PER_DEGREE = 111_195.0
_HOME = (-33.8962, 151.2331)


@dataclasses.dataclass(frozen=True)
class Point:
    """Where somebody is, some seconds after a route starts, and how far they have come."""

    seconds: int
    latitude: float
    longitude: float
    metres: float


def _degrees(north: float, east: float) -> tuple[float, float]:
    latitude = _HOME[0] + north / _METRES_PER_DEGREE
    return latitude, _HOME[1] + east / (_METRES_PER_DEGREE * math.cos(math.radians(_HOME[0])))


def loop(rng: random.Random, seconds: int, metres_per_second: float, standing: int = 0) -> list[Point]:
    """Out and round and back to the start, after standing there for a while; a position every five seconds."""
    heading, turn = rng.uniform(0, 2 * math.pi), 2 * math.pi * EVERY / seconds
    north, east, metres = rng.uniform(-2000, 2000), rng.uniform(-2000, 2000), 0.0
    points = []
    for at in range(0, standing + seconds + 1, EVERY):
        latitude, longitude = _degrees(north + rng.uniform(-0.8, 0.8), east + rng.uniform(-0.8, 0.8))
        points.append(Point(at, latitude, longitude, metres))
        if at >= standing:
            pace = metres_per_second * rng.uniform(0.95, 1.05) * EVERY
            north, east = north + pace * math.cos(heading), east + pace * math.sin(heading)
            heading, metres = heading + turn + rng.uniform(-0.05, 0.05), metres + pace
    return points


def bus_ride(rng: random.Random, seconds: int) -> list[Point]:
    """A straight road at 7 to 9 m/s, with a stop of half a minute every five minutes."""
    north, metres = rng.uniform(-2000, 2000), 0.0
    points = []
    for at in range(0, seconds + 1, EVERY):
        latitude, longitude = _degrees(north, rng.uniform(-0.8, 0.8))
        points.append(Point(at, latitude, longitude, metres))
        pace = 0.0 if at % 300 >= 270 else rng.uniform(7.0, 9.0) * EVERY
        north, metres = north + pace, metres + pace
    return points
