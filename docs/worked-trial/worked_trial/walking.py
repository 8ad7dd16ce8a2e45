"""What the simulated people were asked to walk, what they walked, what their devices saw, and the weekly dose of it.

Arrays have one row per person and one column per study day (0 = start_date) or study week of the weeks in which devices are
worn. Walking has no effect on recurrences or adverse events, given the arm; a recurrence keeps people from walking.
"""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worked_trial.design import Plan

Array = NDArray[Any]

MISSING, PARTIAL, VALID = 0, 1, 2

#: Prescriptions grow until this week: 5 x 30. Source: WalkBack, aim by six months; the way there is chosen.
PROGRESSION_WEEKS = 26
#: What the protocol asks of those to whom nothing was prescribed, and its grace in minutes. Source: protocol walkback.
PROTOCOL_DAYS, PROTOCOL_MINUTES, GRACE = 5, 30, 1
#: No walk is shorter: the bout rule keeps bouts of 9 minutes or more.
SHORTEST_WALK, LONGEST_WALK = 9, 75
#: In so many days from a recurrence on, the chance of a walk is this share of what it was.
PAIN_DAYS, PAIN_SHARE = 14, 0.3


@dataclasses.dataclass(frozen=True)
class Walking:
    """asked_days, asked_minutes: people x PROGRESSION_WEEKS. walked, state, seen: people x days; minutes a day.

    walked: what is true. state: what a device's day is worth. seen: walked minutes on record, 0 where state is MISSING.
    """

    asked_days: Array
    asked_minutes: Array
    walked: Array
    state: Array
    seen: Array


def prescriptions(rng: np.random.Generator, is_walking: Array) -> tuple[Array, Array]:
    """Days a week and minutes a day by person and week: an individual start and pace in the walking arm, 5 x 30 otherwise."""
    people = len(is_walking)
    week = np.arange(PROGRESSION_WEEKS)
    first_minutes = rng.choice((10, 15, 20), people)[:, None]
    first_days = rng.choice((3, 4), people)[:, None]
    weeks_a_step = rng.choice((1, 2, 3), people)[:, None]
    minutes = np.minimum(PROTOCOL_MINUTES, first_minutes + 5 * (week // weeks_a_step))
    days = np.minimum(PROTOCOL_DAYS, first_days + week // (2 * weeks_a_step))
    asked = is_walking[:, None]
    return np.where(asked, days, PROTOCOL_DAYS), np.where(asked, minutes, PROTOCOL_MINUTES)


def walk(
    rng: np.random.Generator, plan: Plan, is_walking: Array, sends: Array, recurrence_day: Array, follow_up_days: Array
) -> Walking:
    """The walking of everybody in the weeks with devices; recurrence_day is inf for people who have none."""
    people, days = len(is_walking), 7 * plan.weeks
    asked_days, asked_minutes = prescriptions(rng, is_walking)
    day, week = np.arange(days), np.minimum(np.arange(days) // 7, PROGRESSION_WEEKS - 1)
    willing = np.where(is_walking, rng.beta(5, 2, people), rng.beta(1.2, 3, people))[:, None]
    chance = willing * np.where(is_walking[:, None], (asked_days[:, week] + 1) / 6, 0.6)
    since = day - recurrence_day[:, None]
    chance = np.where((since >= 0) & (since < PAIN_DAYS), PAIN_SHARE * chance, chance)
    usual = np.where(is_walking[:, None], 1.1 * asked_minutes[:, week], 22.0)
    minutes = np.clip(np.rint(usual * rng.lognormal(0, 0.25, (people, days))), SHORTEST_WALK, LONGEST_WALK)
    walked = np.where(rng.random((people, days)) < chance, minutes, 0).astype(np.int64)
    state = _wear(rng, people, plan.weeks)
    # half of the walks of a day worn for a few hours fall into those hours
    seen = np.where((state == VALID) | ((state == PARTIAL) & (rng.random((people, days)) < 0.5)), walked, 0)
    # who records walks only can be seen to have walked, never to have not
    only_walks = np.isin(sends, ("activities", "tracks"))[:, None]
    state = np.where(only_walks, np.where(seen > 0, PARTIAL, MISSING), state)
    state = np.where(day <= follow_up_days[:, None], state, MISSING)
    return Walking(asked_days, asked_minutes, walked, state, np.where(state == MISSING, 0, seen))


def _wear(rng: np.random.Generator, people: int, weeks: int) -> Array:
    """State of each day: days not worn or hardly worn, weeks that are lost, and people who stop wearing for good."""
    days = 7 * weeks
    careful = rng.beta(12, 1.5, people)[:, None]
    luck = rng.random((people, days))
    state = np.where(luck < careful, VALID, np.where(luck < careful + 0.4 * (1 - careful), PARTIAL, MISSING))
    lost = np.repeat(rng.random((people, weeks)) < 0.04, 7, axis=1)
    stops = np.where(rng.random(people) < 0.12, rng.integers(1, days, people), days)[:, None]
    return np.where(lost | (np.arange(days) >= stops), MISSING, state)


@dataclasses.dataclass(frozen=True)
class Dose:
    """People x weeks: the bounds of dose_score, and whether any day of the week was observed. Whole weeks only."""

    lo: Array
    hi: Array
    observed: Array


def weekly_dose(walking: Walking) -> Dose:
    """Source: bouts guide, section 8: the most successful days, each cut at the day's target, over the week's target."""
    people, days = walking.seen.shape
    weeks = days // 7
    asked_days, asked_minutes = walking.asked_days[:, :weeks], walking.asked_minutes[:, :weeks]
    state = walking.state.reshape(people, weeks, 7)
    cut = np.minimum(walking.seen.reshape(people, weeks, 7), asked_minutes[:, :, None])
    best = np.arange(7) < asked_days[:, :, None]

    def share(minutes: Array) -> Array:
        most = -np.sort(-minutes, axis=2)
        return np.asarray(np.where(best, most, 0).sum(axis=2) / (asked_days * asked_minutes))

    hi = np.where(state == VALID, cut, asked_minutes[:, :, None])
    return Dose(share(cut), share(hi), (state != MISSING).any(axis=2))


def truly_met(walking: Walking, follow_up_days: Array) -> tuple[Array, Array]:
    """People x weeks: whether the prescription was met, seen or not, and whether the week has an eligible day.

    A week cut short by the end of follow-up is held against its part of the days asked for, rounded up.
    """
    people, days = walking.walked.shape
    weeks = days // 7
    eligible = (np.arange(days) <= follow_up_days[:, None]).reshape(people, weeks, 7)
    enough = walking.walked.reshape(people, weeks, 7) + GRACE >= walking.asked_minutes[:, :weeks, None]
    needed = np.ceil(walking.asked_days[:, :weeks] * eligible.sum(axis=2) / 7)
    return np.asarray((enough & eligible).sum(axis=2) >= needed), np.asarray(eligible.any(axis=2))
