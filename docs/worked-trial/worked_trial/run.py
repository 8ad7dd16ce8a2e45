"""From a seed to the pages: a simulated trial goes through the real `footfall`, and the tables come from what was published."""

import sys
from pathlib import Path

from pipelines.cli import main as footfall
from worked_trial import coverage, design, page, published, reference
from worked_trial.counting import data_of, differences
from worked_trial.design import Plan
from worked_trial.estimates import Estimate, all_estimates
from worked_trial.figures import draw_adherence, draw_recurrence
from worked_trial.people import Trial, simulate
from worked_trial.study_files import write_trial
from worked_trial.walking import truly_met

#: lifelines stops its search a little earlier than we do
_AGREEMENT = 1e-4


class DisagreementError(Exception):
    """Two ways to the same number do not agree."""


def make_study(trial: Trial, study: Path) -> Path:
    """A study folder with the trial in it, ingested; returns the published file. SystemExit if `footfall` sets a file aside."""
    _run(["init", str(study), "--time-zone", design.TIME_ZONE, "--name", "Simulated walking trial"])
    write_trial(trial, study)
    _run(["ingest", "--study", str(study), "--strict"])
    return study / "published" / "research.duckdb"


def _run(command: list[str]) -> None:
    if code := footfall(command):
        sys.exit(f"footfall {command[0]} ended with exit code {code}")


def true_adherence(trial: Trial) -> dict[tuple[str, int], float]:
    """The true share of the arm's participant-weeks in which the target was met, by arm and study week."""
    met, counts = truly_met(trial.walking, trial.follow_up_days)
    arms = {"walking": trial.is_walking, "control": ~trial.is_walking}
    return {
        (name, week + 1): float(met[arm, week][counts[arm, week]].mean())
        for name, arm in arms.items()
        for week in range(trial.plan.weeks)
    }


def estimates_of(research: Path, trial: Trial) -> dict[str, Estimate]:
    """The trial's estimates from its published file, those of survival by lifelines.

    DisagreementError if the published rows are not the simulator's, or lifelines says otherwise than the numpy of the
    simulations does.
    """
    data = published.read(research, trial.plan.weeks)
    if wrong := differences(data, data_of(trial)):
        raise DisagreementError(f"what was published is not what was simulated: {', '.join(wrong)}")
    ours, kept = all_estimates(data), reference.survival_estimates(data)
    if (gap := reference.largest_difference(kept, ours)) > _AGREEMENT:
        raise DisagreementError(f"lifelines and the Cox model of the simulations differ by {gap}")
    return ours | kept


def write_pages(research: Path, trial: Trial, pages: Path) -> dict[str, Estimate]:
    """Fills README.md in the folder of pages and draws its pictures; the same trial gives the same bytes."""
    estimates = estimates_of(research, trial)
    data = published.read(research, trial.plan.weeks)
    weeks, truth = published.weekly_adherence(research, trial.plan.weeks), true_adherence(trial)
    if outside := [row for row in weeks if not row.share_lo <= truth[row.arm, row.number] <= row.share_hi]:
        raise DisagreementError(f"true adherence lies outside its bounds in {outside}")
    page.fill(
        pages / "README.md",
        {
            "headline": page.headline(estimates),
            "economics": page.economics(estimates),
            "arms": page.arms(published.arm_facts(research, data, trial.is_woman)),
            "adherence": page.adherence(weeks, truth),
            "adverse": page.adverse(published.adverse_by_dose(data, among=data.is_walking)),
            "record": page.record(published.record(research)),
        },
    )
    draw_recurrence(data, pages / "recurrence.svg")
    draw_adherence(weeks, truth, pages / "adherence.svg")
    return estimates


def write_trial_pages(
    study: Path, pages: Path, plan: Plan | None = None, seed: int = design.SEED
) -> dict[str, Estimate]:
    """The whole way: simulate, write device files and tables, ingest, estimate, write the pages."""
    trial = simulate(seed, plan)
    return write_pages(make_study(trial, study), trial, pages)


def write_coverage(pages: Path, simulations: int = coverage.SIMULATIONS) -> list[coverage.Coverage]:
    """Fills coverage.md."""
    rows = coverage.run(simulations)
    page.fill(pages / "coverage.md", {"coverage": page.coverage_table(rows)})
    return rows
