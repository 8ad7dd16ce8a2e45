"""A publication that goes on from the last one holds what a new one would."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import publications
from pipelines.ingest import ingest
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import MORNING, ask, ask_file, drop, native, new_study, participants
from warehouse import publish
from warehouse.publish import PUBLISHED, Written

PEOPLE = ("P1,,2026-03-02,,", "P2,,2026-03-02,,", "P3,,2026-03-02,,")


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a few hundred minutes were many."""
    monkeypatch.setattr(publish, "GOING_ON_FROM_MINUTES", 0)
    monkeypatch.setattr(publish, "_UNSORTED_SHARE", 10.0)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Written]]:
    """What each publication wrote, in order."""
    found: list[Written] = []

    def write(*given: object) -> Written:
        found.append(publish.write_published(*given))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(publications, "write_published", write)
    return found


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    """Three people with an hour each, published."""
    made = new_study(tmp_path / "study", PEOPLE)
    for who in ("P1", "P2", "P3"):
        drop(made, f"{who}/first.csv", native(who, [100] * 60, "watch"))
    ingest(made)
    return made


def _is_what_the_ledger_says(study: StudyFolder) -> None:
    with open_run(study) as run:
        for name in PUBLISHED:
            columns = "* EXCLUDE (loaded_at)" if name == "source_file" else "*"
            here = sorted(map(repr, run.connection.execute(f"SELECT {columns} FROM main.{name}").fetchall()))
            assert sorted(map(repr, ask(study, f"SELECT {columns} FROM {name}"))) == here, name


def test_new_minutes_corrections_and_people_who_leave_are_put_into_the_old_file(
    study: StudyFolder, written: list[Written]
) -> None:
    drop(study, "P2/next_day.csv", native("P2", [110] * 50, "watch", MORNING + dt.timedelta(days=1)))
    ingest(study)
    _is_what_the_ledger_says(study)
    drop(study, "P1/longer.csv", native("P1", [90] * 80, "watch"))
    drop(study, "P2/other.csv", native("P2", [95] * 300, "phone"))
    ingest(study)
    _is_what_the_ledger_says(study)
    participants(study, [PEOPLE[0], "P2,Europe/London,2026-03-01,,"])
    ingest(study)
    _is_what_the_ledger_says(study)
    assert ask(study, "SELECT DISTINCT participant_id FROM minute ORDER BY ALL") == [("P1",), ("P2",)]
    assert [each.minutes_put_in > 0 for each in written] == [True, True, True]


def test_the_file_before_stays_what_it_was(study: StudyFolder, written: list[Written]) -> None:
    drop(study, "P1/longer.csv", native("P1", [90] * 80, "watch"))
    ingest(study)
    assert written[-1].minutes_put_in > 0
    before = publications.publication_file(study, "previous")
    assert before is not None
    steps = "SELECT count(*), sum(steps)::INT FROM minute WHERE participant_id = 'P1'"
    assert ask_file(before, steps) == [(60, 6000)]
    assert ask(study, steps) == [(80, 7200)]


def test_a_published_file_that_is_not_the_last_one_is_written_anew(study: StudyFolder, written: list[Written]) -> None:
    study.research.write_bytes(b"somebody else's")
    drop(study, "P1/longer.csv", native("P1", [90] * 80, "watch"))
    ingest(study)
    assert written[-1].minutes_put_in == 0
    _is_what_the_ledger_says(study)


def test_a_file_in_which_much_was_put_in_is_written_anew(
    study: StudyFolder, written: list[Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_UNSORTED_SHARE", 0.5)
    for steps in (90, 80):
        drop(study, f"P1/{steps}.csv", native("P1", [steps] * 60, "watch"))
        ingest(study)
    # one person of three, then that person again: two thirds
    assert [each.minutes_put_in for each in written] == [60, 0]
    _is_what_the_ledger_says(study)
