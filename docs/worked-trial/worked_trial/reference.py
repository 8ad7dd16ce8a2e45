"""The same survival estimates by lifelines, which is kept by others and is what the page prints."""

import math
import warnings

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
from lifelines.exceptions import ConvergenceError
from lifelines.utils import qth_survival_times

from worked_trial import design
from worked_trial.counting import CountingRows, Survival, TrialData
from worked_trial.cox import WIDEST
from worked_trial.estimates import NOTHING, Estimate, dose_rows, exponential, wald
from worked_trial.walking import Array

#: lifelines stops before the last digits that our own search finds
_SEARCH = {"precision": 1e-10, "r_precision": 1e-13}


def survival_estimates(data: TrialData) -> dict[str, Estimate]:
    """Hazard ratio, medians and effects of dose, by the names of `design.truths`."""
    arm = data.is_walking
    return {
        "hazard_ratio": hazard_ratio(data.recurrence, arm),
        "median_control": median_days(data.recurrence, ~arm),
        "median_walking": median_days(data.recurrence, arm),
        **{
            name: dose_effect(data.recurrence_rows, name, arm, data.weeks)
            for exposure in design.EXPOSURES
            for name in (f"{exposure}_lo", f"{exposure}_hi")
        },
    }


def hazard_ratio(survival: Survival, is_walking: Array) -> Estimate:
    """Hazard ratio of the walking arm by CoxPHFitter; NaN without an estimate."""
    frame = pd.DataFrame({"days": survival.days, "event": survival.is_event, "walking": is_walking.astype(float)})
    with warnings.catch_warnings():
        # with few people lifelines warns of slow convergence and then raises
        warnings.simplefilter("ignore")
        try:
            fitted = CoxPHFitter().fit(frame, "days", "event", fit_options=_SEARCH)
        except ConvergenceError:
            return NOTHING
    return exponential(wald(float(fitted.params_["walking"]), float(fitted.standard_errors_["walking"])))


def curve(survival: Survival, among: Array) -> KaplanMeierFitter:
    """lifelines' Kaplan-Meier curve of some of the people, with log-log bounds."""
    return KaplanMeierFitter().fit(survival.days[among], survival.is_event[among])


def median_days(survival: Survival, among: Array) -> Estimate:
    """Median days to the event with the interval of lifelines; a curve at one half counts as having reached it."""
    fitted = curve(survival, among)
    left = fitted.survival_function_.iloc[:, 0]
    # a curve that has come down to 0 has no interval there, though lifelines gives one from 0 to 0
    bounds = fitted.confidence_interval_[left > 0]
    curves = (left, bounds.iloc[:, 0], bounds.iloc[:, 1])
    return Estimate(*(float(qth_survival_times(0.5, one.round(9))) for one in curves))


def dose_effect(rows: CountingRows, exposure: str, is_walking: Array, weeks: int) -> Estimate:
    """Log hazard ratio per unit of the exposure given the arm, by CoxTimeVaryingFitter; NaN without an estimate."""
    used = dose_rows(rows, exposure, weeks)
    frame = pd.DataFrame(
        {
            "person": rows.person[used],
            "start": rows.start[used],
            "stop": rows.stop[used],
            "event": rows.event[used],
            "dose": rows.exposure[exposure][used],
            "walking": is_walking[rows.person[used]].astype(float),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = CoxTimeVaryingFitter().fit(
                frame, event_col="event", start_col="start", stop_col="stop", id_col="person"
            )
        except (ConvergenceError, ValueError):
            return NOTHING
    value, error = float(fitted.params_["dose"]), float(fitted.standard_errors_["dose"])
    # lifelines returns some far point of a likelihood that has no maximum
    return wald(value, error) if abs(value) * np.ptp(frame["dose"]) < WIDEST else NOTHING


def largest_difference(one: dict[str, Estimate], other: dict[str, Estimate]) -> float:
    """The largest difference between estimates and bounds of two sets, over the names of the first.

    Relative where they are larger than 1; two that are both not reached, or both not estimable, do not differ.
    """
    pairs = [
        (getattr(one[name], part), getattr(other[name], part)) for name in one for part in ("value", "low", "high")
    ]
    return max(0.0 if a == b or (math.isnan(a) and math.isnan(b)) else abs(a - b) / max(1.0, abs(a)) for a, b in pairs)
