"""Deriving the participants a load touched gives the same tables as deriving everybody."""

import shutil
from pathlib import Path

from pipelines import ingest
from pipelines.study_folder import init_study
from warehouse.build import derive, views

SAMPLES = Path(__file__).parents[2] / "sample_data"


def contents(run: ingest.Run) -> dict[str, list[tuple[object, ...]]]:
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
    with ingest.open_run(study) as run:
        names = sorted(path.relative_to(study.inbox).as_posix() for path in study.inbox.rglob("*.*"))
        ingest.load(run, names)
        assert ingest.derive(run) == 3
    more = "".join(f"P3,2026-03-21T10:{minute:02d}:00Z,100\n" for minute in range(40))
    (study.inbox / "more.csv").write_text("participant_id,minute_start,steps\n" + more)
    with ingest.open_run(study) as run:
        ingest.load(run, ["more.csv"])
        assert ingest.derive(run) == 1
        touched_only = contents(run)
        assert len(touched_only["counter_minute"]) > 0
        derive(run.connection, run.study_hash, everybody=True)
        assert contents(run) == touched_only
