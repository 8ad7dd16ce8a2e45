"""A clock that is wrong: what was set back far is refused, what was set forward or corrected by little is whole."""

import datetime as dt
from pathlib import Path

import pytest

from pipelines import ingest, intake, receipts
from pipelines.run import ClockError, open_run
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import ask, drop, fingerprints, native, new_study, waiting

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


def run_at(study: StudyFolder, *instants: dt.datetime) -> None:
    """An ingestion for which the clock shows these instants, one after another, then the last one."""
    shown = list(instants)

    def clock() -> dt.datetime:
        return shown.pop(0) if len(shown) > 1 else shown[0]

    with open_run(study, now=clock) as run:
        ingest.load(run, intake.settled(study.inbox))
        ingest.derive(run)
        ingest.compare(run)
        ingest.check(run)
        ingest.publish(run)


def stamps(study: StudyFolder) -> list[tuple[str, dt.datetime]]:
    """Name and instant of each receipt, in the order of the file."""
    return [(each.inbox_path, each.received_at) for each in receipts.read(study)]


def test_a_clock_that_was_set_back_is_refused_and_nothing_is_taken(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/a.csv", native("P1", [100] * 40))
    run_at(study, NOON)
    before = fingerprints(study)
    drop(study, "P1/b.csv", native("P1", [100] * 50, "pedo"))
    with pytest.raises(ClockError) as told:
        run_at(study, NOON - dt.timedelta(hours=2))
    assert "2026-03-04 12:00 UTC" in str(told.value) and "2026-03-04 10:00 UTC" in str(told.value)
    assert "\n" not in str(told.value)
    assert waiting(study) == ["P1/b.csv"]
    assert fingerprints(study) == before and len(stamps(study)) == 1
    # nobody else is kept out by the refused run, and a clock that is set right goes on
    run_at(study, NOON + dt.timedelta(minutes=1))
    assert waiting(study) == [] and len(stamps(study)) == 2


@pytest.mark.parametrize(
    "step",
    [pytest.param(dt.timedelta(days=400), marks=pytest.mark.campaign), -dt.timedelta(minutes=50)],
    ids=["forward", "a little back"],
)
def test_a_clock_that_was_set_forward_or_a_little_back_gives_the_same_tables(
    step: dt.timedelta, tmp_path: Path
) -> None:
    found = []
    for name, second in (("steady", NOON), ("stepped", NOON + step)):
        study = new_study(tmp_path / name)
        drop(study, "P1/a.csv", native("P1", [100] * 40))
        run_at(study, NOON)
        drop(study, "P1/b.csv", native("P1", [100] * 50, "pedo"))
        run_at(study, second)
        assert waiting(study) == []
        found.append(fingerprints(study))
    assert found[0] == found[1]


def test_receipts_keep_their_order_when_the_clock_steps_back(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    names = ["P1/z.csv", "P1/m.csv", "P1/a.csv"]
    # the first run is a long one; then the clock loses ten minutes, twice
    starts = [
        (NOON, NOON + dt.timedelta(minutes=30)),
        (NOON + dt.timedelta(minutes=20),),
        (NOON + dt.timedelta(minutes=10),),
    ]
    for number, (name, instants) in enumerate(zip(names, starts, strict=True)):
        drop(study, name, native("P1", [100] * (40 + number), f"d{number}"))
        run_at(study, *instants)
    appended = stamps(study)
    assert [name for name, _ in appended] == names
    # what the ledger would write is the same file
    receipts.path_of(study).unlink()
    run_at(study, NOON + dt.timedelta(hours=1))
    assert stamps(study) == appended
    assert ask(study, "SELECT count(*) FROM source_file") == [(3,)]
