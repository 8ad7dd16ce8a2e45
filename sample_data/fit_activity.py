"""A recorded walk or run: one record every five seconds with position, distance, heart rate and cadence of one leg."""

import random
from collections.abc import Sequence

from sample_data.fit_monitoring import Watch
from sample_data.fit_writer import FitFile, fit_time, layout
from sample_data.route import Point

WALK, RUN = 11, 1

_FILE_ID = layout(0, (3, "uint32z"), (4, "uint32"), (1, "uint16"), (2, "uint16"), (5, "uint16"), (0, "enum"))
_CREATOR = layout(49, (0, "uint16"))
_EVENT = layout(21, (253, "uint32"), (0, "enum"), (1, "enum"), (4, "uint8"))
_SPORT = layout(12, (0, "enum"), (1, "enum"), (3, "string", 16))
_RECORD = layout(
    20, (253, "uint32"), (0, "sint32"), (1, "sint32"), (5, "uint32"), (3, "uint8"), (4, "uint8"), (53, "uint8")
)  # fmt: skip
_LAP = layout(
    19, (253, "uint32"), (2, "uint32"), (7, "uint32"), (8, "uint32"), (9, "uint32"), (10, "uint32"), (0, "enum"),
    (1, "enum"), (25, "enum"),
)  # fmt: skip
_SESSION = layout(
    18, (253, "uint32"), (2, "uint32"), (7, "uint32"), (8, "uint32"), (9, "uint32"), (10, "uint32"), (11, "uint16"),
    (26, "uint16"), (0, "enum"), (1, "enum"), (5, "enum"), (6, "enum"), (18, "uint8"),
)  # fmt: skip
_ACTIVITY = layout(
    34, (253, "uint32"), (0, "uint32"), (5, "uint32"), (1, "uint16"), (2, "enum"), (3, "enum"), (4, "enum")
)  # fmt: skip


def _semicircles(degrees: float) -> int:
    return round(degrees * 2**31 / 180)


def activity_file(
    watch: Watch, start: int, steps: Sequence[int], points: Sequence[Point], *, offset_minutes: int, rng: random.Random
) -> FitFile:  # fmt: skip
    """A walk from a UTC minute with these steps (both feet) in its minutes; a run where the first has 140 or more."""
    sport, name = (RUN, "Run") if steps[0] >= 140 else (WALK, "Walk")
    began, ended = fit_time(start), fit_time(start + len(steps))
    milliseconds, cycles = len(steps) * 60_000, sum(steps) // 2
    fit = FitFile()
    fit.add(_FILE_ID, watch.serial, began, watch.manufacturer, watch.product, None, 4)
    fit.add(_CREATOR, 1310)
    fit.add(_EVENT, began, 0, 0, 0)
    fit.add(_SPORT, sport, 0, name)
    for point in points:
        # half the steps a minute, in whole cycles and 128ths; the closing record belongs to the last minute
        whole, half = divmod(steps[min(point.seconds // 60, len(steps) - 1)], 2)
        fit.add(
            _RECORD, began + point.seconds, _semicircles(point.latitude), _semicircles(point.longitude),
            round(point.metres * 100), 98 + rng.randint(0, 9), whole, half * 64,
        )  # fmt: skip
    metres = round(points[-1].metres * 100)
    fit.add(_EVENT, ended, 0, 4, 0)
    fit.add(_LAP, ended, began, milliseconds, milliseconds, metres, cycles, 9, 1, 7)
    fit.add(
        _SESSION, ended, began, milliseconds, milliseconds, metres, cycles, cycles // 14, 1, 8, 1, sport, 0,
        cycles // len(steps),
    )  # fmt: skip
    fit.add(_ACTIVITY, ended, milliseconds, ended + offset_minutes * 60, 1, 0, 26, 1)
    return fit
