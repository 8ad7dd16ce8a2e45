"""The simulator, the estimates and the coverage of docs/worked-trial; test_worked_trial_study.py takes the whole way."""

import dataclasses
import datetime as dt
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from worked_trial import coverage, design, page, reference
from worked_trial.counting import Survival, counting_rows, data_of, differences, quality_adjusted_years
from worked_trial.cox import NotEstimableError, fit_cox
from worked_trial.design import Plan
from worked_trial.estimates import Estimate, all_estimates, mean_difference, median_days, risk_difference
from worked_trial.people import Trial, simulate
from worked_trial.walking import MISSING, PARTIAL, VALID, Dose, Walking, truly_met, weekly_dose

PAGES = Path(__file__).parent.parent / "docs" / "worked-trial"


@pytest.fixture(scope="module")
def trial() -> Trial:
    return simulate((11,))


@pytest.fixture(scope="module")
def crowd() -> Trial:
    """So many people that chance hardly matters."""
    return simulate((12,), Plan(10_000, 10_000, weeks=3, senders=()))


def test_the_trial_has_351_walkers_and_350_controls_of_the_ages_of_the_plan(trial: Trial) -> None:
    assert len(trial.is_walking) == 701
    assert trial.is_walking.sum() == 351
    assert (trial.age_years.min(), trial.age_years.max()) >= (20, 20) and trial.age_years.max() <= 82
    starts = [trial.start_date(person) for person in range(701)]
    assert dt.date(2019, 9, 23) <= min(starts) < max(starts) <= dt.date(2022, 6, 10)
    assert trial.follow_up_days.max() <= 1096
    assert (trial.sends != "table").sum() == 50


def test_the_hazard_ratio_and_both_medians_hold_together() -> None:
    assert (round(design.WEIBULL_SHAPE, 3), round(design.WEIBULL_SCALE)) == (0.531, 223)
    for arm, median in (("control", 112), ("walking", 208)):
        assert design.risk_of_recurrence(arm, median - 1) < 0.5 < design.risk_of_recurrence(arm, median + 1)
    hazards = [-math.log(1 - design.risk_of_recurrence(arm, 300)) for arm in ("walking", "control")]
    assert hazards[0] / hazards[1] == pytest.approx(0.72)


def test_a_seed_gives_one_trial_and_another_seed_another(trial: Trial) -> None:
    assert differences(data_of(trial), data_of(simulate((11,)))) == []
    assert "recurrence.days" in differences(data_of(trial), data_of(simulate((10,))))


def test_many_people_show_the_truths(crowd: Trial) -> None:
    """All of them followed for as long as it takes: four standard errors are never reached by chance."""
    whole = dataclasses.replace(crowd, follow_up_days=np.full(20_000, 100_000))
    survival = Survival(whole.recurrence_day, np.ones(20_000, np.int64))
    for name, arm in (("control", ~crowd.is_walking), ("walking", crowd.is_walking)):
        assert (survival.days[arm] <= design.MEDIAN_DAYS[name]).mean() == pytest.approx(0.5, abs=0.015)
        risk = (crowd.adverse_day[arm] <= 365).mean()
        assert risk == pytest.approx(design.ADVERSE_RISK[name], abs=0.015)
    truths, found = design.truths(), all_estimates(data_of(crowd, last_week=4))
    for name in ("disability_difference", "cost_difference", "qaly_difference", "net_monetary_benefit"):
        assert abs(found[name].value - truths[name]) < 4 * found[name].standard_error


def test_dose_has_no_effect_and_the_dose_of_the_current_week_seems_to_have_one(crowd: Trial) -> None:
    data = data_of(crowd, last_week=4)
    rows, found = data.recurrence_rows, all_estimates(data)["dose_lag1_lo"]
    assert abs(found.value) < 4 * found.standard_error < 0.5
    used = (rows.event_number == 1) & (rows.week <= 3)
    current = crowd.dose.lo[rows.person[used], rows.week[used] - 1]
    covariates = np.column_stack([current, crowd.is_walking[rows.person[used]]])
    fit = fit_cox(rows.start[used], rows.stop[used], rows.event[used], covariates)
    assert fit.coefficients[0] < -10 * fit.standard_errors[0]


def test_a_week_of_three_times_fifteen_has_the_dose_of_the_guide() -> None:
    """Week wk15 of the bouts guide: 15 0 15 0 14 0 0 against 3 x 15 is 44 of 45 minutes; then with a partial and a lost day."""
    seen = np.array([[15, 0, 15, 0, 14, 0, 0, 15, 0, 15, 0, 4, 0, 0]])
    state = np.full((1, 14), VALID)
    state[0, 11], state[0, 13] = PARTIAL, MISSING
    asked = np.full((1, 26), 3), np.full((1, 26), 15)
    dose = weekly_dose(Walking(*asked, seen, state, seen))
    assert dose.lo.tolist() == [[44 / 45, 34 / 45]]
    assert dose.hi.tolist() == [[44 / 45, 1.0]]
    met, counts = truly_met(Walking(*asked, seen, state, seen), np.array([8]))
    # a grace of one minute; of the second week two days count, and one of them had to be walked
    assert (met.tolist(), counts.tolist()) == ([[True, True]], [[True, True]])


def test_follow_up_is_cut_at_weeks_and_at_the_event_and_doses_are_of_earlier_weeks() -> None:
    """17 days of follow-up, an event on day 9; devices in two weeks, of which nothing was seen in the second."""
    dose = Dose(np.array([[0.5, 0.0]]), np.array([[0.75, 1.0]]), np.array([[True, False]]))
    rows = counting_rows(dose, np.array([17]), np.array([9.0]))
    assert list(zip(rows.start, rows.stop, rows.event, rows.event_number, rows.week, strict=True)) == [
        (0, 7, 0, 1, 1), (7, 9, 1, 1, 2), (9, 14, 0, 2, 2), (14, 17, 0, 2, 3),
    ]  # fmt: skip
    nan = math.nan
    np.testing.assert_array_equal(rows.exposure["dose_lag1_lo"], [nan, 0.5, 0.5, nan])
    np.testing.assert_array_equal(rows.exposure["dose_cumulative_lo"], [nan, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(rows.exposure["dose_cumulative_hi"], [nan, 0.75, 0.75, 1.75])
    assert np.isnan(rows.exposure["dose_lag4_hi"]).all()


def test_an_event_on_the_last_day_of_a_row_does_not_cut_it() -> None:
    dose = Dose(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1), bool))
    rows = counting_rows(dose, np.array([14]), np.array([7.0]))
    assert list(zip(rows.start, rows.stop, rows.event, rows.event_number, strict=True)) == [(0, 7, 1, 1), (7, 14, 0, 2)]


@pytest.mark.parametrize("seed", [21, 22])
def test_the_survival_estimates_of_the_simulations_are_those_of_lifelines(seed: int) -> None:
    data = data_of(simulate((seed,)), last_week=9)
    assert reference.largest_difference(reference.survival_estimates(data), all_estimates(data)) < 1e-5


def test_an_exposure_that_tells_who_has_the_event_has_no_estimate() -> None:
    event = np.array([1, 1, 0, 0])
    with pytest.raises(NotEstimableError):
        fit_cox(np.zeros(4), np.array([1, 2, 3, 4]), event, event[:, None].astype(float))
    with pytest.raises(NotEstimableError):
        fit_cox(np.zeros(4), np.array([1, 2, 3, 4]), np.zeros(4), event[:, None].astype(float))


def test_a_median_that_is_not_reached_is_infinite() -> None:
    survival = Survival(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 0, 0]))
    found = median_days(survival, np.ones(4, bool))
    assert (found.value, found.high, found.covers(1e9)) == (math.inf, math.inf, True)


def test_without_censoring_the_risk_difference_is_that_of_two_shares(trial: Trial) -> None:
    had = trial.adverse_day <= 365
    survival = Survival(np.where(had, trial.adverse_day, 365), had.astype(np.int64))
    found, arms = risk_difference(survival, trial.is_walking), (had[trial.is_walking], had[~trial.is_walking])
    assert found.value == pytest.approx(arms[0].mean() - arms[1].mean())
    assert found.standard_error == pytest.approx(
        math.sqrt(sum(arm.mean() * (1 - arm.mean()) / len(arm) for arm in arms))
    )


def test_means_are_compared_as_scipy_compares_them(trial: Trial) -> None:
    cost = trial.cost.sum(axis=1)
    known, found = ~np.isnan(cost), mean_difference(cost, trial.is_walking)
    kept = stats.ttest_ind(cost[known & trial.is_walking], cost[known & ~trial.is_walking], equal_var=False)
    assert (found.low, found.high) == pytest.approx(tuple(kept.confidence_interval(0.95)))


def test_a_year_at_full_health_is_one_qaly_and_a_missed_visit_leaves_it_unknown() -> None:
    found = quality_adjusted_years(np.array([[1.0, 1, 1, 1, 1], [0.0, 1, 1, 1, 1], [1.0, 1, math.nan, 1, 1]]))
    assert found[:2] == pytest.approx([1.0, 1 - 91 / 2 / 365])
    assert math.isnan(found[2])


def test_coverage_counts_the_intervals_that_hold_the_truth_and_leaves_out_what_has_no_estimate() -> None:
    hit = {name: Estimate(truth or 0.1, truth - 1, truth + 1, 0.5) for name, truth in design.truths().items()}
    miss = {name: Estimate(one.value, one.high + 1, one.high + 2, 0.5) for name, one in hit.items()}
    nothing = {name: Estimate(math.nan, math.nan, math.nan) for name in hit}
    for row in coverage.summarise([hit, hit, hit, miss, nothing]):
        assert (row.covered, row.estimable, row.share, row.is_as_stated) == (3, 4, 0.75, False)


def test_a_few_simulations_make_the_page_of_coverage() -> None:
    text = page.coverage_table(coverage.summarise(coverage.one_trial(number) for number in range(1, 4)))
    assert text.startswith("**Simulated data.** 95 % intervals over 3 simulated trials")
    assert text.count("of 3 |") == len(design.truths())


@pytest.mark.parametrize("name", ["README.md", "coverage.md"])
def test_a_committed_page_is_filled_says_that_it_is_simulated_and_links_to_files(name: str) -> None:
    text = (PAGES / name).read_text(encoding="utf-8")
    first = text.split("\n\n")
    assert "simulated" in first[0] and first[1].startswith("**All data on this page are simulated.**")
    tables = re.findall(r"(?m)^(.*)\n\n\|.*\n\|---", text)
    assert tables and all(caption.startswith("**Simulated data.**") for caption in tables)
    assert not re.search(r"<!-- generated: \w+ -->\n<!-- end -->", text)
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (PAGES / target).exists(), target


def test_the_committed_headline_is_that_of_the_seed() -> None:
    """The run has compared what it read back from the published file with these data."""
    data = data_of(simulate(design.SEED))
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    assert page.headline(all_estimates(data) | reference.survival_estimates(data)) in text


def test_the_committed_coverage_is_of_a_thousand_trials_and_tells_of_every_truth() -> None:
    text = (PAGES / "coverage.md").read_text(encoding="utf-8")
    assert f"over {coverage.SIMULATIONS:,} simulated trials" in text
    shares = [float(share) for share in re.findall(r"\| ([\d.]+)% \| (?:yes|\*\*no\*\*) \|", text)]
    assert len(shares) == len(design.truths())
    assert ("**no**" in text) == any(not 93 <= share <= 97 for share in shares)
