"""A rotating sample of participants is made again from the originals; whatever differs is named."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.errors import FootfallError
from pipelines.ingest import ingest as ingest_all
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from pipelines.verify import VerificationError, verify_sample
from sample_data.archives import zip_of
from tests.pipelines.folders import drop, native, new_study, participants, sample


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Three people: counters of a watch, a table of two people, an archive, a file that waits."""
    study = new_study(tmp_path_factory.mktemp("made") / "study", ("P1", "P2,,2026-03-01,,", "P3"), "Australia/Sydney")
    drop(study, "P1/morning.fit", sample("fit/monitoring_morning.fit"))
    drop(study, "P1/afternoon.fit", sample("fit/monitoring_afternoon.fit"))
    drop(study, "many.csv", native("P2", [100] * 50, "clip") + native("P3", [70, None, 0] * 20, "clip", header=False))
    drop(study, "P2/export.zip", zip_of({"a.csv": native("", [110] * 60, "phone").encode()}))
    drop(study, "P3/broken.fit", sample("broken/damaged.fit"))
    ingest_all(study)
    return study


@pytest.fixture
def study(made: StudyFolder, tmp_path: Path) -> StudyFolder:
    return StudyFolder(shutil.copytree(made.root, tmp_path / "study"))


def test_sound_tables_are_verified_and_everybody_has_a_turn(study: StudyFolder) -> None:
    with open_run(study) as run:
        assert [verify_sample(run) for _ in range(3)] == [1, 1, 1]
        assert run.report.verified == 3
        rows = run.connection.execute("SELECT participant_id FROM ledger.verification ORDER BY verified_at").fetchall()
        assert rows == [("P1",), ("P2",), ("P3",)]
        assert verify_sample(run) == 1
        first = run.connection.execute(
            "SELECT arg_max(participant_id, verified_at) FROM ledger.verification"
        ).fetchone()
        assert first == ("P1",)
        assert verify_sample(run, 10) == 3


TAMPERED = {
    "UPDATE main.participant_day SET walking_minutes = 99 WHERE participant_id = 'P2'": "walking_minutes",
    "UPDATE ledger.source_minute SET steps = 101 WHERE participant_id = 'P2' AND steps = 110": "source_minute",
    "DELETE FROM main.walking_bout WHERE participant_id = 'P2'": "walking_bout",
    "UPDATE ledger.counter_reading SET cumulative_steps = cumulative_steps + 1 WHERE participant_id = 'P1'": "counter_reading",
}


@pytest.mark.parametrize("harm", TAMPERED)
def test_a_tampered_row_is_named_with_participant_table_and_remedy(study: StudyFolder, harm: str) -> None:
    with open_run(study) as run:
        run.connection.execute(harm)
        with pytest.raises(VerificationError) as told:
            verify_sample(run, 3)
        said = str(told.value)
        assert TAMPERED[harm] in said
        assert "participant_id P" in said
        assert "footfall rebuild" in said
        assert run.report.verified == 0
        # devices have no names there that are private
        assert "clip" not in said
        assert "phone" not in said
        assert run.connection.execute("SELECT count(*) FROM ledger.verification").fetchone() == (0,)


@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_lost_original_is_named_by_its_content(study: StudyFolder, state: str) -> None:
    packed = next(path for path in study.archive.rglob("*.zip") if path.is_file())
    if state == "missing":
        packed.unlink()
    else:
        packed.write_bytes(packed.read_bytes() + b"\0")
    with open_run(study) as run, pytest.raises(VerificationError, match=f"originals of P2 .*{packed.stem} is {state}"):
        verify_sample(run, 3)


def test_csvs_that_were_not_taken_up_are_no_difference_but_a_reason_to_wait(study: StudyFolder) -> None:
    participants(study, ["P1,,,,walking", "P2,,2026-03-01,,", "P3,,,,"])
    with open_run(study) as run:
        with pytest.raises(FootfallError, match="footfall ingest"):
            verify_sample(run)
        ingest.load(run, [])
        ingest.derive(run)
        # the multiverse waits for the night
        assert verify_sample(run, 3) == 3


def test_the_as_of_date_and_files_of_other_people_are_taken_as_they_are(study: StudyFolder) -> None:
    later = dt.datetime(2026, 3, 20, 9, tzinfo=dt.UTC)
    drop(study, "P3/later.csv", native("P3", [100] * 40, "clip", later))
    ingest_all(study)
    with open_run(study) as run:
        assert verify_sample(run, 1) == 1
        assert verify_sample(run, 1) == 1
