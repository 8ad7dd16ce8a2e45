"""Steps from the cadence of a GPX track, where the file states a sport on foot.

No schema says whether `cad` counts one leg or both: Garmin and what re-exports its files (Strava) count one, as FIT
does; other programs write steps. The words of a creator do not settle it, and neither does the value: 95 is a slow walk
of both legs or a fast run of one. Speed does. Step length grows in proportion to step rate, so that speed divided by
the square of the step rate hardly varies with pace (the walk ratio); taking one leg for two makes it four times as
large. Source: Sekiya 1996, about 0.0065 m per step/min for walking.
In the six real GPX exports at hand that state a sport on foot, all of one leg, speed / cad² lies between 0.0218 and
0.0294; in 20 of 22 FIT activities on foot, which always count one leg, between 0.0222 and 0.0375 (two are higher). Both
legs would be a quarter of that: 0.0055 to 0.0094.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from connectors.gpx.decimals import NO_TIME, Bools
from connectors.gpx.points import Floats, Ints, Notes, Points, by_number
from connectors.sports import is_on_foot

#: seconds a cadence holds at most; a longer epoch has no steps. Source: MAX_RECORD_S of connectors.fit.activity
MAX_HELD_S = 30.0
#: metres per minute / (cadence per minute)²: both legs below the first, one leg above the second, unknown between
BOTH_LEGS_BELOW = 0.011
ONE_LEG_ABOVE = 0.015
#: seconds of moving with a cadence that a track must have to be judged
_MIN_JUDGED_S = 60.0
#: slower is standing or jitter. Source: walking_bouts 3.7, lower limit of walking
_MOVING_MPS = 0.56
#: more than this is no cadence of a person
_MAX_CADENCE = 254.0
_MINUTE_US = 60_000_000
#: legs counted -> what is noted; 0: no sport on foot, None: not known
_CODES = {
    0: "cadence_without_foot_sport",
    1: "cadence_one_leg",
    2: "cadence_both_legs",
    None: "cadence_side_unknown",
}


@dataclasses.dataclass(frozen=True)
class Steps:
    """Steps of both feet for n epochs, (n,) each; NaN = not measured.

    An epoch that reaches from a told minute into one that is not, or the other way, is divided at that full minute,
    divide_us (microseconds since 1970; NO_TIME for all others); its steps are those of the whole epoch, and only the
    part in the told minute has its share of them.
    """

    steps: Floats
    divide_us: Ints
    first_is_told: Bools


def steps_of(
    points: Points, starts: npt.NDArray[np.intp], distance_m: Floats, sports: tuple[str | None, ...], notes: Notes
) -> Steps:
    """Steps per epoch, from each start to the next point. What was made of cadence is noted once a track.

    Only clock minutes (UTC) that are told by cadence for all of their 60 s have steps: the low count of a part of a
    minute would displace the label that the positions give it.
    """
    steps = np.full(len(starts), np.nan)
    divide_us = np.full(len(starts), NO_TIME, dtype=np.int64)
    first_is_told = np.zeros(len(starts), dtype=np.bool_)
    result = Steps(steps, divide_us, first_is_told)
    cadence = points.cadence[starts]
    usable = (cadence >= 0) & (cadence <= _MAX_CADENCE)
    if not usable.any():
        return result
    start_us, end_us = points.time_us[starts], points.time_us[starts + 1]
    seconds = (end_us - start_us) / 1e6
    usable &= seconds <= MAX_HELD_S
    chosen = np.flatnonzero(usable)
    for number, places in by_number(points.track[starts[chosen]]):
        mine = chosen[places]
        legs = _legs_counted(cadence[mine], seconds[mine], distance_m[mine]) if is_on_foot(sports[number]) else 0
        if legs:
            steps[mine] = 2 / legs * cadence[mine] / 60 * seconds[mine]
        notes.add(_CODES[legs])
    told = np.flatnonzero(np.isfinite(steps))
    first_told, last_told = _in_told_minutes(start_us[told], end_us[told])
    steps[told[~(first_told | last_told)]] = np.nan
    divided = told[first_told != last_told]
    divide_us[divided] = (end_us[divided] - 1) // _MINUTE_US * _MINUTE_US
    first_is_told[told] = first_told
    return result


def _in_told_minutes(start_us: Ints, end_us: Ints) -> tuple[Bools, Bools]:
    """Whether the minutes in which these epochs begin and end, (n,) each, are filled by such epochs.

    The epochs do not overlap, and none is longer than a minute.
    """
    first, last = start_us // _MINUTE_US, (end_us - 1) // _MINUTE_US
    minutes, places = np.unique(np.r_[first, last], return_inverse=True)
    in_first = np.minimum(end_us, (first + 1) * _MINUTE_US) - start_us
    # doubles hold the microseconds of a minute exactly
    told_us = np.bincount(places, np.r_[in_first, end_us - start_us - in_first], len(minutes))
    told = told_us[places] >= _MINUTE_US
    return told[: len(first)], told[len(first) :]


def _legs_counted(cadence: Floats, seconds: Floats, distance_m: Floats) -> int | None:
    """One or two; None if the track does not tell."""
    judged = (cadence > 0) & (distance_m > _MOVING_MPS * seconds)
    total_s = seconds[judged].sum()
    if total_s < _MIN_JUDGED_S:
        return None
    speed = 60 * distance_m[judged].sum() / total_s
    rate = (cadence[judged] * seconds[judged]).sum() / total_s
    ratio = speed / rate**2
    return 2 if ratio < BOTH_LEGS_BELOW else 1 if ratio > ONE_LEG_ABOVE else None
