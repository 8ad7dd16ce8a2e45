"""Draws a simulated trial: who took part, how long they were followed, and what happened to them."""

import dataclasses
import datetime as dt

import numpy as np

from worked_trial import design
from worked_trial.design import Plan
from worked_trial.walking import Array, Dose, Walking, walk, weekly_dose

#: what those who send no device files are sent in by: rows of a table of many people
TABLE = "table"


@dataclasses.dataclass(frozen=True)
class Trial:
    """One simulated trial; arrays have one entry (or row) per person, days count from the person's start_date.

    recurrence_day, adverse_day: day of the first one, inf without; it may lie after the end of follow-up.
    disability: at the start and after 12 months. utility: at VISIT_DAYS. cost: AU$ of the four quarters that end at the later
    visits. NaN = not known.
    """

    plan: Plan
    is_walking: Array
    age_years: Array
    is_woman: Array
    start: Array
    follow_up_days: Array
    recurrence_day: Array
    adverse_day: Array
    disability: Array
    utility: Array
    cost: Array
    sends: Array
    walking: Walking
    dose: Dose

    def participant_id(self, person: int) -> str:
        """The person's pseudonym."""
        return f"T{person + 1:03d}"

    def start_date(self, person: int) -> dt.date:
        """The day of randomisation."""
        return design.FIRST_START + dt.timedelta(days=int(self.start[person]))


def simulate(seed: int | tuple[int, ...], plan: Plan | None = None) -> Trial:
    """The trial of a seed; the same seed gives the same trial."""
    plan = plan or Plan()
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    people = plan.people
    is_walking = rng.permutation(people) < plan.walking
    age = _ages(rng, people)
    is_woman = rng.random(people) < 0.81
    start, follow_up = _follow_up(rng, plan)
    sends = np.full(people, TABLE, dtype=object)
    senders = [kind for kind, count in plan.senders for _ in range(count)]
    sends[rng.permutation(people)[: len(senders)]] = senders
    hazard_ratio = np.where(is_walking, design.HAZARD_RATIO, 1.0)
    time = design.WEIBULL_SCALE * (rng.exponential(size=people) / hazard_ratio) ** (1 / design.WEIBULL_SHAPE)
    recurrence_day = np.maximum(1, np.ceil(time))
    risk = np.where(is_walking, design.ADVERSE_RISK["walking"], design.ADVERSE_RISK["control"])
    adverse_day = np.where(rng.random(people) < risk, rng.integers(1, design.YEAR_DAYS + 1, people), np.inf)
    disability = _disability(rng, is_walking, follow_up)
    utility = _utility(rng, is_walking, follow_up)
    cost = _cost(rng, is_walking, follow_up)
    walking = walk(rng, plan, is_walking, sends, recurrence_day, follow_up)
    return Trial(
        plan, is_walking, age, is_woman, start, follow_up, recurrence_day, adverse_day, disability, utility, cost, sends,
        walking, weekly_dose(walking),
    )  # fmt: skip


def _ages(rng: np.random.Generator, people: int) -> Array:
    """Whole years; mean 54, SD 12, drawn again outside 20 to 82. Source: WalkBack."""
    age = rng.normal(54, 12, people)
    while ((age < 20) | (age >= 83)).any():
        age = np.where((age < 20) | (age >= 83), rng.normal(54, 12, people), age)
    return np.floor(age)


def _follow_up(rng: np.random.Generator, plan: Plan) -> tuple[Array, Array]:
    """Days from FIRST_START to each start, and from there to the end of follow-up: the close, the plan's longest, or loss."""
    people = plan.people
    span = (design.LAST_START - design.FIRST_START).days
    start = rng.integers(0, span + 1, people)
    planned = np.minimum(plan.longest_follow_up_days, (design.CLOSE - design.FIRST_START).days - start)
    scale = -design.YEAR_DAYS / np.log(1 - design.LOST_PER_YEAR)
    return start, np.minimum(planned, np.ceil(rng.exponential(scale, people))).astype(np.int64)


def _by_arm(is_walking: Array, value: dict[str, float]) -> Array:
    return np.where(is_walking, value["walking"], value["control"])


def _disability(rng: np.random.Generator, is_walking: Array, follow_up: Array) -> Array:
    share = rng.beta(*design.DISABILITY_BETA, len(is_walking))
    first = rng.binomial(design.DISABILITY_ITEMS, share)
    later = rng.binomial(design.DISABILITY_ITEMS, share * _by_arm(is_walking, design.DISABILITY_LEFT)).astype(float)
    given = (rng.random(len(is_walking)) >= design.DISABILITY_MISSED) & (follow_up >= design.YEAR_DAYS)
    return np.column_stack([first, np.where(given, later, np.nan)])


def _utility(rng: np.random.Generator, is_walking: Array, follow_up: Array) -> Array:
    shape = len(is_walking), len(design.VISIT_DAYS)
    days = np.array(design.VISIT_DAYS)
    own = design.UTILITY_FLOOR + design.UTILITY_RANGE * rng.beta(*design.UTILITY_BETA, len(is_walking))
    gain = _by_arm(is_walking, design.UTILITY_GAIN)[:, None] * (days > 0)
    noise = rng.uniform(-design.UTILITY_NOISE, design.UTILITY_NOISE, shape)
    given = (rng.random(shape) >= design.UTILITY_MISSED) & (days <= follow_up[:, None])
    return np.where(given, np.round(own[:, None] + gain + noise, 4), np.nan)


def _cost(rng: np.random.Generator, is_walking: Array, follow_up: Array) -> Array:
    shape = len(is_walking), 4
    days = np.array(design.VISIT_DAYS[1:])
    need = rng.gamma(design.COST_SHAPE, 1 / design.COST_SHAPE, len(is_walking))
    care = (_by_arm(is_walking, design.CARE_PER_QUARTER) * need)[:, None]
    cost = care * rng.gamma(design.COST_SHAPE, 1 / design.COST_SHAPE, shape)
    programme = _by_arm(is_walking, design.PROGRAMME_PER_QUARTER)[:, None] * (np.arange(4) < 2)
    return np.where(days <= follow_up[:, None], np.round(cost + programme, 2), np.nan)
