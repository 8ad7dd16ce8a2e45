"""A few nights of twelve people, with all that happens to files: the tables do not tell how the data came."""

import collections
import dataclasses
from pathlib import Path

import pytest

from pipelines.study_folder import StudyFolder
from tests.simulation.nights import Night, all_at_once, differences, new_study, night_by_night, rebuilt
from tests.simulation.world import World
from tests.study_builder import ask

WORLD = World(people=12, nights=4, seed=11)


@dataclasses.dataclass(frozen=True)
class Week:
    """The study after its nights, and what each night did."""

    study: StudyFolder
    nights: list[Night]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    study = new_study(tmp_path_factory.mktemp("week") / "study", WORLD)
    return Week(study, night_by_night(study, WORLD))


def test_every_kind_of_trouble_happened(week: Week) -> None:
    statuses: collections.Counter[str] = collections.Counter()
    for night in week.nights:
        statuses.update(night.statuses)
    assert {"loaded", "quarantined", "unattributed", "duplicate"} <= set(statuses)
    reasons = {row["reason"] for row in ask(week.study, "SELECT DISTINCT reason FROM exclusion")}
    assert {"revised", "future"} <= reasons
    assert all(night.weeks_changed for night in week.nights[1:])


def test_a_night_derives_those_whom_it_concerns_only(week: Week) -> None:
    assert 0 < week.nights[1].participants_derived < WORLD.people


def test_nights_end_as_one_run_over_all_files_in_another_order_would(week: Week, tmp_path: Path) -> None:
    fresh = new_study(tmp_path / "study", WORLD)
    all_at_once(fresh, WORLD, seed=3)
    assert differences(week.study.research, fresh.research) == []


def test_nights_end_as_a_rebuild_from_the_originals_does(week: Week) -> None:
    found = rebuilt(week.study, WORLD)
    assert (found.outcome, found.missing, found.damaged, found.different) == ("equal", [], [], [])
    assert found.rows > 1_000
