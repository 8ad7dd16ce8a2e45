"""The data that the trial's estimates are made of, from a simulated trial without device files.

`worked_trial.published` reads the same from a published file; the two are equal for the same trial.
"""

import dataclasses
from typing import Any

import numpy as np

from worked_trial import design
from worked_trial.people import Trial
from worked_trial.walking import Array, Dose


@dataclasses.dataclass(frozen=True)
class CountingRows:
    """Rows (start, stop] of a counting process, in days since start_date, sorted by person and start.

    exposure: by name, dose_lag1_lo and so on; NaN = not observed, or too early for it. week: the study week of the row.
    """

    person: Array
    start: Array
    stop: Array
    event: Array
    event_number: Array
    week: Array
    exposure: dict[str, Array]


@dataclasses.dataclass(frozen=True)
class Survival:
    """Days until the first event or, where is_event is 0, until nothing more is known; one entry per person."""

    days: Array
    is_event: Array

    def until(self, day: int) -> "Survival":
        """The same with follow-up ended on a day."""
        return Survival(np.minimum(self.days, day), np.where(self.days <= day, self.is_event, 0))


@dataclasses.dataclass(frozen=True)
class TrialData:
    """What is estimated from: one entry per person, and the rows of the two kinds of event.

    weeks: study weeks with devices. recurrence, adverse: days to the first event or the end of follow-up, and whether it was
    an event; rows hold the exposures. disability: after 12 months. cost (AU$) and qaly: of the first year. NaN = not known.
    """

    weeks: int
    is_walking: Array
    recurrence: Survival
    adverse: Survival
    recurrence_rows: CountingRows
    adverse_rows: CountingRows
    disability: Array
    cost: Array
    qaly: Array


def lagged_dose(dose: Dose, weeks: int) -> dict[str, Array]:
    """People x weeks: the exposures that hold in each week, of the weeks before it alone.

    A week after the last with devices is one without data: 0 in lo, 1 in hi.
    """
    people, known = dose.lo.shape
    observed = np.zeros((people, weeks), bool)
    observed[:, : min(known, weeks)] = dose.observed[:, :weeks]
    counted = np.cumsum(np.pad(observed, ((0, 0), (1, 0))), axis=1)
    found = {}
    for bound, values, unseen in (("lo", dose.lo, 0.0), ("hi", dose.hi, 1.0)):
        week = np.full((people, weeks), unseen)
        week[:, : min(known, weeks)] = values[:, :weeks]
        total = np.cumsum(np.pad(week, ((0, 0), (1, 0))), axis=1)
        lag1 = np.full((people, weeks), np.nan)
        lag1[:, 1:] = np.where(observed[:, :-1], week[:, :-1], np.nan)
        lag4 = np.full((people, weeks), np.nan)
        if weeks > 4:
            mean = sum(week[:, k : weeks - 4 + k] for k in range(4)) / 4
            lag4[:, 4:] = np.where(counted[:, 4:-1] > counted[:, :-5], mean, np.nan)
        found[f"dose_lag1_{bound}"] = lag1
        found[f"dose_lag4_{bound}"] = lag4
        found[f"dose_cumulative_{bound}"] = np.where(counted[:, :-1] > 0, total[:, :-1], np.nan)
    return found


def counting_rows(dose: Dose, follow_up_days: Array, event_day: Array, last_week: int | None = None) -> CountingRows:
    """Follow-up split at week borders and at the event; event_day is inf, or after the end of follow-up, without one.

    last_week: rows of later weeks are left out.
    """
    weeks = -(-int(follow_up_days.max()) // 7)
    weeks = weeks if last_week is None else min(weeks, last_week)
    start = 7 * np.arange(weeks)
    person, week = np.nonzero(start < follow_up_days[:, None])
    left, right = start[week], np.minimum(start[week] + 7, follow_up_days[person])
    day = event_day[person]
    inside = (left < day) & (day < right)
    # a week with an event inside it is two rows
    copies = np.where(inside, 2, 1)
    first = np.repeat(np.cumsum(copies) - copies, copies)
    second = np.arange(len(first)) > first
    person, week, left, right, day, inside = (
        np.repeat(column, copies) for column in (person, week, left, right, day, inside)
    )
    left = np.where(second, day, left).astype(np.int64)
    right = np.where(inside & ~second, day, right).astype(np.int64)
    exposure = {name: values[person, week] for name, values in lagged_dose(dose, weeks).items()}
    return CountingRows(
        person, left, right, (right == day).astype(np.int64), np.where(left >= day, 2, 1), week + 1, exposure
    )


def first_event(follow_up_days: Array, event_day: Array) -> Survival:
    """Days to the first event, or to the end of follow-up."""
    return Survival(np.minimum(follow_up_days, event_day), (event_day <= follow_up_days).astype(np.int64))


def quality_adjusted_years(utility: Array) -> Array:
    """QALY of the first year: the area under the utilities at VISIT_DAYS, joined by lines; NaN if one of them is missing."""
    days = np.diff(np.array(design.VISIT_DAYS))
    area = ((utility[:, 1:] + utility[:, :-1]) / 2) @ days / design.YEAR_DAYS
    return np.asarray(area)


def data_of(trial: Trial, last_week: int | None = None) -> TrialData:
    """The data of a simulated trial; last_week: counting rows of later weeks, which no dose model uses, are left out."""
    followed = trial.follow_up_days
    return TrialData(
        trial.plan.weeks,
        trial.is_walking,
        first_event(followed, trial.recurrence_day),
        first_event(followed, trial.adverse_day),
        counting_rows(trial.dose, followed, trial.recurrence_day, last_week),
        counting_rows(trial.dose, followed, trial.adverse_day, last_week),
        trial.disability[:, 1],
        trial.cost.sum(axis=1),
        quality_adjusted_years(trial.utility),
    )


def differences(one: TrialData, other: TrialData, tolerance: float = 1e-9) -> list[str]:
    """Names of what differs between two data sets, by more than the tolerance where it is not whole; none if they are equal."""
    left, right = (_named(dataclasses.asdict(data)) for data in (one, other))
    return [name for name, values in left.items() if not _equal(values, right[name], tolerance)]


def _named(fields: dict[str, Any], prefix: str = "") -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, value in fields.items():
        inner = _named(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: np.asarray(value)}
        found.update(inner)
    return found


def _equal(one: Array, other: Array, tolerance: float) -> bool:
    if one.shape != other.shape:
        return False
    return bool(np.allclose(one.astype(float), other.astype(float), rtol=0, atol=tolerance, equal_nan=True))
