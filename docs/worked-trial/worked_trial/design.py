"""What is true in the simulated trial, and the plan of it. All data made from this are simulated.

Figures marked WalkBack are those of Pocovi et al., Lancet 2024;404:134-144 (ACTRN12619001134112). All others are chosen for
the simulation: they are nobody's results.
"""

import dataclasses
import datetime as dt
import math

#: Fixed on 2026-11-24, before the first run with it, and not changed since: what it misses is printed.
SEED = 20_261_124

PROTOCOL = "walkback"
#: The simulated people live where clocks never change, so that a local date always has 1,440 minutes.
TIME_ZONE, UTC_OFFSET_MINUTES = "Australia/Brisbane", 600

#: Source: WalkBack: randomised from 23 Sep 2019 to 10 Jun 2022, followed for 12 to 36 months.
FIRST_START, LAST_START = dt.date(2019, 9, 23), dt.date(2022, 6, 10)
CLOSE = dt.date(2023, 6, 10)
LONGEST_FOLLOW_UP_DAYS = 1096
#: Chosen: of the people still followed, the share lost in a year, whatever their arm, walking and outcomes.
LOST_PER_YEAR = 0.08

#: Source: WalkBack. Median days to the first recurrence, and the hazard ratio of walking against control.
MEDIAN_DAYS = {"control": 112.0, "walking": 208.0}
HAZARD_RATIO = 0.72
#: HR and medians hold together only where hazards fall with time as they do with this Weibull shape (0.531); scale in days (223).
WEIBULL_SHAPE = math.log(1 / HAZARD_RATIO) / math.log(MEDIAN_DAYS["walking"] / MEDIAN_DAYS["control"])
WEIBULL_SCALE = MEDIAN_DAYS["control"] / math.log(2) ** (1 / WEIBULL_SHAPE)

#: Source: WalkBack. Risk of any adverse event in the first 12 months.
ADVERSE_RISK = {"control": 0.54, "walking": 0.52}

#: A year of the trial, and the days after start_date of its visits.
YEAR_DAYS = 365
VISIT_DAYS = (0, 91, 182, 273, 365)

#: Chosen. Disability 0 to 24: each person's own share of 24 at the start, and what is left of it after 12 months.
DISABILITY_ITEMS, DISABILITY_BETA = 24, (1.5, 4.5)
DISABILITY_LEFT = {"control": 0.80, "walking": 0.65}

#: Chosen. Utility = floor + range x a person's Beta + gain after the start in the walking arm + noise of at most so much.
UTILITY_FLOOR, UTILITY_RANGE, UTILITY_BETA, UTILITY_NOISE = 0.25, 0.60, (3.0, 1.5), 0.08
UTILITY_GAIN = {"control": 0.0, "walking": 0.0514}
UTILITY_MISSED = 0.02
#: Chosen. Mean AU$ of a quarter's care, and of the programme in each of the first two quarters; gamma shape of both spreads.
CARE_PER_QUARTER = {"control": 975.0, "walking": 912.75}
PROGRAMME_PER_QUARTER = {"control": 0.0, "walking": 300.0}
COST_SHAPE = 0.8
#: AU$ per QALY. Source: WalkBack.
THRESHOLD = 28_000.0

#: Share of 12-month disability scores that were not given, whatever they were.
DISABILITY_MISSED = 0.05

EXPOSURES = ("dose_lag1", "dose_lag4", "dose_cumulative")
BOUNDS = ("lo", "hi")


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many people are in each arm, for how many study weeks devices are worn, who sends what, how long anybody is followed.

    senders: how many people send device files of each kind; all others are rows of native CSV tables.
    """

    walking: int = 351
    control: int = 350
    weeks: int = 8
    senders: tuple[tuple[str, int], ...] = (
        ("watch", 18), ("watch and activities", 8), ("tracker", 8), ("research", 6), ("activities", 5), ("tracks", 5),
    )  # fmt: skip
    longest_follow_up_days: int = LONGEST_FOLLOW_UP_DAYS

    @property
    def people(self) -> int:
        """All participants."""
        return self.walking + self.control


def risk_of_recurrence(arm: str, days: float) -> float:
    """Probability of a recurrence in the first so many days."""
    hazard_ratio = HAZARD_RATIO if arm == "walking" else 1.0
    return 1 - math.exp(-hazard_ratio * (days / WEIBULL_SCALE) ** WEIBULL_SHAPE)


def true_qaly_gain() -> float:
    """QALY of the first year, walking minus control: the gain grows in a line to the first later visit and stays."""
    days = VISIT_DAYS
    gain = UTILITY_GAIN["walking"] - UTILITY_GAIN["control"]
    return gain * (days[-1] - days[1] + (days[1] - days[0]) / 2) / YEAR_DAYS


def true_cost_difference() -> float:
    """AU$ of the first year, walking minus control."""
    year = {arm: 4 * CARE_PER_QUARTER[arm] + 2 * PROGRAMME_PER_QUARTER[arm] for arm in CARE_PER_QUARTER}
    return year["walking"] - year["control"]


def truths() -> dict[str, float]:
    """The true value of everything that the trial estimates, by the name of its estimate."""
    alpha, beta = DISABILITY_BETA
    left = DISABILITY_LEFT["walking"] - DISABILITY_LEFT["control"]
    return {
        "hazard_ratio": HAZARD_RATIO,
        "median_control": MEDIAN_DAYS["control"],
        "median_walking": MEDIAN_DAYS["walking"],
        "adverse_risk_control": ADVERSE_RISK["control"],
        "adverse_risk_walking": ADVERSE_RISK["walking"],
        "adverse_risk_difference": ADVERSE_RISK["walking"] - ADVERSE_RISK["control"],
        **{f"{exposure}_{bound}": 0.0 for exposure in EXPOSURES for bound in BOUNDS},
        "disability_difference": DISABILITY_ITEMS * alpha / (alpha + beta) * left,
        "cost_difference": true_cost_difference(),
        "qaly_difference": true_qaly_gain(),
        "net_monetary_benefit": THRESHOLD * true_qaly_gain() - true_cost_difference(),
    }
