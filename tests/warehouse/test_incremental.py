"""Deriving the participants a load touched gives the same tables as deriving everybody."""

import datetime as dt
import shutil
from pathlib import Path

from pipelines import ingest
from pipelines.run import Run, open_run
from pipelines.study_folder import StudyFolder, init_study
from tests.study_builder import MONDAY, ask, drop, make_study, native, only, run, whole_day
from warehouse.build import derive, views

SAMPLES = Path(__file__).parents[2] / "sample_data"


def contents(run: Run) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(run.connection.execute(f"FROM main.{name}").fetchall(), key=repr) for name in views()}


def test_one_touched_participant_changes_no_row_of_the_others(tmp_path: Path) -> None:
    study = init_study(tmp_path / "study", "Australia/Sydney")
    (study.root / "participants.csv").write_text(
        "participant_id,time_zone,start_date,end_date,arm\n" + "".join(f"P{n},,,,\n" for n in (1, 2, 3))
    )
    fits = sorted((SAMPLES / "fit").glob("*.fit"))
    for person in ("P1", "P2"):
        (study.inbox / person).mkdir()
        for path in fits[::2] if person == "P1" else fits[1::2]:
            shutil.copy(path, study.inbox / person / path.name)
    minutes = "".join(f"P3,2026-03-20T10:{minute:02d}:00Z,100\n" for minute in range(40))
    (study.inbox / "p3.csv").write_text("participant_id,minute_start,steps\n" + minutes)
    with open_run(study) as run:
        names = sorted(path.relative_to(study.inbox).as_posix() for path in study.inbox.rglob("*.*"))
        ingest.load(run, names)
        assert ingest.derive(run) == 3
    more = "".join(f"P3,2026-03-21T10:{minute:02d}:00Z,100\n" for minute in range(40))
    (study.inbox / "more.csv").write_text("participant_id,minute_start,steps\n" + more)
    with open_run(study) as run:
        ingest.load(run, ["more.csv"])
        assert ingest.derive(run) == 1
        touched_only = contents(run)
        assert len(touched_only["counter_minute"]) > 0
        derive(run.connection, run.mirrored, everybody=True)
        assert contents(run) == touched_only


def test_a_file_of_one_person_that_moves_the_as_of_date_lengthens_the_calendar_of_the_others(tmp_path: Path) -> None:
    people = [{"participant_id": name, "start_date": MONDAY} for name in ("P1", "P2")]
    study = make_study(tmp_path / "study", people, files={"a.csv": native(whole_day("P1", MONDAY, 30))})
    assert run(study).participants_derived == 2
    later = MONDAY + dt.timedelta(days=9)
    drop(study, {"b.csv": native(whole_day("P1", later, 30))})
    assert run(study).participants_derived == 1
    days = ask(study, "SELECT count(*) AS n FROM participant_day WHERE participant_id = 'P2' AND state = 'missing'")
    assert only(days)["n"] == 10
    equals_a_whole_derivation(study)


def test_a_file_that_waits_in_somebodys_folder_keeps_their_declared_days_open(tmp_path: Path) -> None:
    track = (SAMPLES / "gpx").glob("*.gpx").__next__().read_bytes()
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": "2026-03-01"}, {"participant_id": "P2"}],
        toml={"activity_files_are_complete": True},
        files={"P1/walk.gpx": track},
    )
    run(study)
    declared = "SELECT count(*) AS n FROM participant_day WHERE reason = 'declared_complete'"
    before = only(ask(study, declared))["n"]
    assert before > 1
    drop(study, {"P1/broken.fit": b"no FIT file"})
    assert run(study).participants_derived == 0
    assert only(ask(study, declared))["n"] == 1
    equals_a_whole_derivation(study)


def equals_a_whole_derivation(study: StudyFolder) -> None:
    with open_run(study) as at_work:
        as_derived = contents(at_work)
        derive(at_work.connection, at_work.mirrored, everybody=True)
        assert contents(at_work) == as_derived
