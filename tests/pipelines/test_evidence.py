"""The same content under several names, and names that get in the way: nothing is loaded for the wrong person or lost."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from pipelines import ingest, intake, loading, readers
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder, init_study
from warehouse.research import query

WALK = "participant_id,minute_start,steps\n" + "".join(f",2026-03-02T10:{minute:02d}:00Z,100\n" for minute in range(40))


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    made = init_study(tmp_path / "study", "UTC")
    (made.root / "participants.csv").write_text("participant_id,time_zone,start_date,end_date,arm\nP1,,,,\nP2,,,,\n")
    return made


def drop(study: StudyFolder, name: str, content: bytes) -> None:
    path = study.inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def night(study: StudyFolder) -> None:
    with open_run(study) as run:
        ingest.load(run, sorted(intake.look(study.inbox)))
        ingest.derive(run)
        ingest.check(run)
        ingest.publish(run)


def statuses(study: StudyFolder) -> list[list[object]]:
    return query(
        study.research, "SELECT status, participant_id FROM source_file WHERE receipt_number = 1 ORDER BY ALL"
    ).rows


def minutes(study: StudyFolder) -> list[list[object]]:
    return query(study.research, "SELECT participant_id, count(*) FROM minute GROUP BY ALL ORDER BY ALL").rows


def archive(tmp_path: Path) -> bytes:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("walk.csv", WALK)
    return path.read_bytes()


@pytest.mark.parametrize("nights", [1, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_content_dropped_for_two_people_is_loaded_for_neither(
    study: StudyFolder, tmp_path: Path, nights: int, packed: bool
) -> None:
    name, content = ("export.zip", archive(tmp_path)) if packed else ("walk.csv", WALK.encode())
    drop(study, f"P1/{name}", content)
    if nights == 2:
        night(study)
        assert minutes(study) == [["P1", 40]]
    drop(study, f"P2/{name}", content)
    night(study)
    assert minutes(study) == []
    assert ["quarantined", None] in statuses(study)
    night(study)
    assert minutes(study) == []


def test_an_archive_that_is_moved_to_its_owners_folder_is_loaded(study: StudyFolder) -> None:
    content = gzip.compress(WALK.encode(), mtime=0)
    drop(study, "nobody/walk.csv.gz", content)
    night(study)
    assert minutes(study) == []
    drop(study, "P1/walk.csv.gz", content)
    night(study)
    night(study)
    assert minutes(study) == [["P1", 40]]


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_name_that_is_no_utf8_and_one_that_is_too_long_stop_nobody(study: StudyFolder) -> None:
    drop(study, "P2/ok.csv", WALK.encode())
    drop(study, "P1/" + os.fsdecode(b"caf\xe9.csv"), WALK.replace("100", "90").encode())
    drop(study, "P1/" + "歩数記録" * 20 + ".csv", b"")
    night(study)
    assert minutes(study) == [["P1", 40], ["P2", 40]]
    assert len(list(study.quarantine.glob("*.reason.txt"))) == 1
    assert not list(study.inbox.rglob("*.csv"))


def test_a_file_that_is_taken_away_again_stops_nobody(study: StudyFolder) -> None:
    drop(study, "P1/a.csv", WALK.encode())
    drop(study, "P2/b.csv", WALK.replace("100", "90").encode())
    seen = sorted(intake.look(study.inbox))
    (study.inbox / "P1" / "a.csv").unlink()
    with open_run(study) as run:
        ingest.load(run, seen)
        ingest.derive(run)
        ingest.publish(run)
    assert minutes(study) == [["P2", 40]]


def test_a_large_archive_that_was_stopped_between_batches_loses_no_member(
    study: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # three groups and two batches, as of an archive with some hundred members
    monkeypatch.setattr(readers, "GROUP_FILES", 32)
    monkeypatch.setattr(loading, "BATCH_FILES", 50)
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for day in range(1, 29):
            for hour in range(3):
                stamp = f"2026-02-{day:02d}T{hour + 8:02d}:00:00Z"
                packed.writestr(f"{day}-{hour}.csv", f"participant_id,minute_start,steps\nP1,{stamp},50\n")
    drop(study, "P1/many.zip", path.read_bytes())

    class StoppedError(Exception):
        pass

    def stop(done: int, *_: object) -> None:
        # after the first batch is written, before the second
        if done > loading.BATCH_FILES + 5:
            raise StoppedError

    with pytest.raises(StoppedError), open_run(study) as run:
        ingest.load(run, sorted(intake.look(study.inbox)), stop)
    night(study)
    assert minutes(study) == [["P1", 28 * 3]]
