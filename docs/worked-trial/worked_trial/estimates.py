"""The trial's estimates with their 95 % intervals, in numpy; `worked_trial.reference` gives the same by lifelines.

Intervals: Wald on the log hazard for hazard ratios, log-log (Brookmeyer and Crowley) for medians, Greenwood for risks, Welch
for means, also of each person's net monetary benefit: the ratio of cost to QALY has no interval that means anything.
"""

import dataclasses
import math

import numpy as np
from scipy import stats

from worked_trial import design
from worked_trial.counting import CountingRows, Survival, TrialData
from worked_trial.cox import NotEstimableError, fit_cox
from worked_trial.walking import Array

Z = float(stats.norm.ppf(0.975))


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; NaN = cannot be estimated, an infinite bound = not reached."""

    value: float
    low: float
    high: float
    standard_error: float = math.nan

    def covers(self, truth: float) -> bool:
        """True if the interval holds the truth."""
        return self.low <= truth <= self.high


NOTHING = Estimate(math.nan, math.nan, math.nan)


def wald(value: float, standard_error: float) -> Estimate:
    """An estimate whose error is normal."""
    return Estimate(value, value - Z * standard_error, value + Z * standard_error, standard_error)


def all_estimates(data: TrialData) -> dict[str, Estimate]:
    """Every estimate of the trial, by the names of `design.truths`."""
    arm = data.is_walking
    first_year = data.adverse.until(design.YEAR_DAYS)
    monetary = design.THRESHOLD * data.qaly - data.cost
    return {
        "hazard_ratio": hazard_ratio(data.recurrence, arm),
        "median_control": median_days(data.recurrence, ~arm),
        "median_walking": median_days(data.recurrence, arm),
        "adverse_risk_control": risk(first_year, ~arm),
        "adverse_risk_walking": risk(first_year, arm),
        "adverse_risk_difference": risk_difference(first_year, arm),
        **dose_effects(data),
        "disability_difference": mean_difference(data.disability, arm),
        "cost_difference": mean_difference(data.cost, arm),
        "qaly_difference": mean_difference(data.qaly, arm),
        "net_monetary_benefit": mean_difference(monetary, arm),
    }


def hazard_ratio(survival: Survival, is_walking: Array) -> Estimate:
    """Hazard ratio of the walking arm by Cox's model; the interval is Wald's on the log scale."""
    try:
        fit = fit_cox(
            np.full(len(is_walking), -1.0), survival.days, survival.is_event, is_walking[:, None].astype(float)
        )
    except NotEstimableError:
        return NOTHING
    return exponential(wald(fit.coefficients[0], fit.standard_errors[0]))


def exponential(log: Estimate) -> Estimate:
    """A ratio from its logarithm; the standard error stays that of the logarithm."""
    return Estimate(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.standard_error)


def dose_rows(rows: CountingRows, exposure: str, weeks: int) -> Array:
    """Which rows a dose model uses: until the first event, exposure known, and all weeks before them weeks with devices."""
    known = ~np.isnan(rows.exposure[exposure])
    return np.asarray(known & (rows.event_number == 1) & (rows.week <= weeks + 1))


def dose_effects(data: TrialData) -> dict[str, Estimate]:
    """Log hazard ratio of recurrence per unit of dose given the arm, for each exposure and bound."""
    found = {}
    for exposure in design.EXPOSURES:
        for bound in design.BOUNDS:
            name, rows = f"{exposure}_{bound}", data.recurrence_rows
            used = dose_rows(rows, name, data.weeks)
            covariates = np.column_stack([rows.exposure[name][used], data.is_walking[rows.person[used]]])
            try:
                fit = fit_cox(rows.start[used], rows.stop[used], rows.event[used], covariates)
                found[name] = wald(fit.coefficients[0], fit.standard_errors[0])
            except NotEstimableError:
                found[name] = NOTHING
    return found


@dataclasses.dataclass(frozen=True)
class Curve:
    """Kaplan-Meier estimate at the days of events: survival, and Greenwood's sum for its variance."""

    days: Array
    survival: Array
    greenwood: Array


def kaplan_meier(survival: Survival, among: Array) -> Curve:
    """The curve of some of the people."""
    days, is_event = survival.days[among], survival.is_event[among]
    at, deaths = np.unique(days[is_event == 1], return_counts=True)
    risk = len(days) - np.searchsorted(np.sort(days), at)
    with np.errstate(divide="ignore"):
        return Curve(at, np.cumprod(1 - deaths / risk), np.cumsum(deaths / (risk * (risk - deaths))))


def median_days(survival: Survival, among: Array) -> Estimate:
    """Median days to the event; the interval is where log-log bounds of the curve cross one half."""
    curve = kaplan_meier(survival, among)
    inside = (curve.survival > 0) & (curve.survival < 1)
    days, log = curve.days[inside], np.log(curve.survival[inside])
    spread = Z * np.sqrt(curve.greenwood[inside]) / np.abs(log)
    low, high = (np.exp(log * np.exp(sign * spread)) for sign in (1, -1))
    return Estimate(_first_day(curve.days, curve.survival), _first_day(days, low), _first_day(days, high))


def _first_day(days: Array, survival: Array) -> float:
    # products of fractions miss one half by a last digit
    below = days[survival <= 0.5 + 1e-9]
    return float(below[0]) if len(below) else math.inf


def risk_difference(survival: Survival, is_walking: Array) -> Estimate:
    """Risk at the end of follow-up, walking minus control."""
    walking, control = risk(survival, is_walking), risk(survival, ~is_walking)
    return wald(walking.value - control.value, math.hypot(walking.standard_error, control.standard_error))


def risk(survival: Survival, among: Array) -> Estimate:
    """Risk at the end of follow-up by Kaplan-Meier with Greenwood's variance; NaN without an event or without a survivor."""
    curve = kaplan_meier(survival, among)
    if not len(curve.days) or not curve.survival[-1]:
        return NOTHING
    left = float(curve.survival[-1])
    return wald(1 - left, left * math.sqrt(curve.greenwood[-1]))


def mean_difference(values: Array, is_walking: Array) -> Estimate:
    """Mean of the known values, walking minus control, with Welch's interval."""
    known = ~np.isnan(values)
    groups = [values[known & arm] for arm in (is_walking, ~is_walking)]
    if min(map(len, groups)) < 2:
        return NOTHING
    parts = [group.var(ddof=1) / len(group) for group in groups]
    error = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / sum(part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True))
    difference, reach = float(groups[0].mean() - groups[1].mean()), float(stats.t.ppf(0.975, freedom)) * error
    return Estimate(difference, difference - reach, difference + reach, error)
