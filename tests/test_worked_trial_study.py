"""docs/worked-trial with few people: device files and tables through the real `footfall` to the headline table."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from worked_trial import design, published, run
from worked_trial.counting import data_of, differences
from worked_trial.design import Plan
from worked_trial.people import Trial, simulate

PAGES = Path(__file__).parent.parent / "docs" / "worked-trial"
WEEKS = 2


@pytest.fixture(scope="module")
def trial() -> Trial:
    """Twelve people; three send device files: an all-day watch that also records walks, a tracker, tracks."""
    senders = ("watch and activities", 1), ("tracker", 1), ("tracks", 1)
    return simulate((31,), Plan(6, 6, WEEKS, senders, longest_follow_up_days=370))


@pytest.fixture(scope="module")
def research(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.make_study(trial, tmp_path_factory.mktemp("worked") / "study")


@pytest.fixture(scope="module")
def pages(trial: Trial, research: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    shutil.copy(PAGES / "README.md", folder)
    run.write_pages(research, trial, folder)
    return folder


def test_what_was_published_is_what_was_simulated(trial: Trial, research: Path) -> None:
    assert differences(published.read(research, WEEKS), data_of(trial)) == []


def test_every_kind_of_file_was_read_and_none_set_aside(research: Path) -> None:
    counts = published.record(research)
    assert counts["files set aside"] == 0
    assert {f"files read: {kind}" for kind in ("fit", "gpx", "fitabase_minute_narrow", "native")} <= set(counts)


def test_a_trial_that_was_not_the_published_one_is_not_written_about(research: Path) -> None:
    with pytest.raises(run.DisagreementError, match=r"not what was simulated: .*recurrence\.days"):
        run.estimates_of(research, simulate((32,), Plan(6, 6, WEEKS, (), longest_follow_up_days=370)))


def test_true_adherence_lies_within_its_bounds(trial: Trial, research: Path) -> None:
    truth, weeks = run.true_adherence(trial), published.weekly_adherence(research, WEEKS)
    assert [(row.arm, row.number, row.weeks) for row in weeks] == [
        (arm, week, 6) for arm in ("walking", "control") for week in (1, 2)
    ]
    assert all(row.share_lo <= truth[row.arm, row.number] <= row.share_hi for row in weeks)
    assert any(row.share_lo < row.share_hi for row in weeks)


def test_the_headline_table_tells_every_truth_with_its_interval(pages: Path) -> None:
    text = (pages / "README.md").read_text(encoding="utf-8")
    block = text.partition("<!-- generated: headline -->")[2].partition("<!-- end -->")[0]
    rows = [line for line in block.splitlines() if line.startswith("| ") and "| truth |" not in line]
    assert len(rows) == len(design.truths())
    assert "| Recurrence: hazard ratio, walking to control (Cox) | 0.72 |" in block
    told = {word: sum(line.endswith(f"| {word} |") for line in rows) for word in ("yes", "**no**")}
    assert f"Of {sum(told.values())} intervals, {told['**no**']} do not hold the truth" in block
    # two weeks are too few for the dose of four
    assert sum("| not estimable |" in line for line in rows) >= 2


def test_a_page_is_the_same_each_time(trial: Trial, research: Path, pages: Path) -> None:
    before = {path.name: path.read_bytes() for path in pages.iterdir()}
    run.write_pages(research, trial, pages)
    assert {path.name: path.read_bytes() for path in pages.iterdir()} == before
    assert set(before) == {"README.md", "recurrence.svg", "adherence.svg"}


def test_the_pictures_say_that_they_are_simulated(pages: Path) -> None:
    for name in ("recurrence.svg", "adherence.svg"):
        words = "".join(ET.parse(pages / name).getroot().itertext())  # noqa: S314 - our own
        assert "Simulated data" in words
