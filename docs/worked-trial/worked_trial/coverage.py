"""How often the 95 % intervals hold the truth, over simulated trials without device files."""

import dataclasses
import math
import multiprocessing
from collections.abc import Iterable

import numpy as np

from worked_trial import design
from worked_trial.counting import data_of
from worked_trial.design import Plan
from worked_trial.estimates import Estimate, all_estimates
from worked_trial.people import simulate
from worked_trial.walking import Array

SIMULATIONS = 1000
#: Intervals that are what they say cover in 95 %; the Monte Carlo error of 1,000 simulations is 0.7 % (one standard error).
LEAST, MOST = 0.93, 0.97


@dataclasses.dataclass(frozen=True)
class Coverage:
    """One estimate over the simulations: how often it could be made, its intervals' coverage, and what it was like.

    mean_error: mean standard error stated, of ratios that of the logarithm; NaN where none is stated. spread: the standard
    deviation of the estimates on the same scale.
    """

    name: str
    truth: float
    estimable: int
    covered: int
    mean: float
    spread: float
    mean_error: float

    @property
    def share(self) -> float:
        """Share of the intervals that hold the truth."""
        return self.covered / self.estimable

    @property
    def is_as_stated(self) -> bool:
        """True if the share lies within 93 to 97 %."""
        return LEAST <= self.share <= MOST


def one_trial(number: int) -> dict[str, Estimate]:
    """All estimates of the simulation of that number, from 1 on: 0 would be the trial of the page once more."""
    plan = Plan()
    trial = simulate((design.SEED, number), plan)
    return all_estimates(data_of(trial, last_week=plan.weeks + 1))


def run(simulations: int = SIMULATIONS, processes: int = 2) -> list[Coverage]:
    """The coverage of every estimate; the number of processes changes nothing but the time."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        found = pool.map(one_trial, range(1, simulations + 1), chunksize=25)
    return summarise(found)


def summarise(found: Iterable[dict[str, Estimate]]) -> list[Coverage]:
    """One row for each estimate of the trials."""
    trials = list(found)
    rows = []
    for name, truth in design.truths().items():
        made = [trial[name] for trial in trials if not math.isnan(trial[name].value)]
        values: Array = np.array([one.value for one in made])
        errors = np.array([one.standard_error for one in made])
        scaled = np.log(values) if name == "hazard_ratio" else values
        rows.append(
            Coverage(
                name, truth, len(made), sum(one.covers(truth) for one in made), float(values.mean()),
                float(scaled.std(ddof=1)), float(errors.mean()),
            )
        )  # fmt: skip
    return rows
