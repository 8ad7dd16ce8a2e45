"""The watched folder: what is taken, what is left, and that taking changes nothing about the bytes."""

import datetime as dt
import itertools
from pathlib import Path

import filelock
import pytest

from pipelines import intake
from pipelines.ingest import derive, ingest, load, publish
from pipelines.run import BusyError, Report, open_run
from pipelines.watch import watch
from tests.pipelines.folders import (
    MORNING,
    ask,
    drop,
    fingerprints,
    footfall,
    kept,
    native,
    new_study,
    sample,
    statuses,
    waiting,
)


def test_a_file_that_changes_between_two_looks_is_left(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    growing = drop(study, "P1/growing.csv", native("P1", [100] * 40))
    drop(study, "P1/whole.csv", native("P1", [100] * 40))
    before = intake.look(study.inbox)
    with growing.open("a") as file:
        file.write(native("P1", [90], start=MORNING + dt.timedelta(hours=1), header=False))
    drop(study, "P1/new.csv", native("P1", [100] * 41))
    assert intake.unchanged(before, intake.look(study.inbox)) == ["P1/whole.csv"]


def test_hidden_files_and_unfinished_downloads_are_left(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    left = [
        ".hidden.csv",
        "P1/Thumbs.db",
        "P1/steps.csv.part",
        "P1/steps.fit.crdownload",
        ".trash/steps.csv",
        "~$x.csv",
    ]
    for number, name in enumerate(left):
        drop(study, name, native("P1", [100] * (40 + number)))
    drop(study, "P1/steps.csv", native("P1", [100] * 39))
    assert ingest(study).statuses == {"loaded": 1}
    assert waiting(study) == sorted(left)


def test_the_same_file_under_another_name_is_a_duplicate_and_changes_nothing(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    content = native("P1", [100] * 40)
    drop(study, "P1/a.csv", content)
    ingest(study)
    before = fingerprints(study)
    drop(study, "P1/later/copy of a.csv", content)
    assert ingest(study).statuses == {"duplicate": 1}
    assert fingerprints(study) == before
    assert statuses(study) == {"duplicate": 1, "loaded": 1}
    assert waiting(study) == []


def test_three_overlapping_files_give_the_same_tables_in_any_order(tmp_path: Path) -> None:
    later = MORNING + dt.timedelta(minutes=20)
    files = {
        "first export": native("P1", [100] * 40, "watch"),
        "corrected export": native("P1", [110] * 50, "watch", later),
        "second device": native("P1", [90] * 60, "pedo", later + dt.timedelta(minutes=10)),
    }
    found = []
    # each file is first, second and last once
    names = list(files)
    for order in (names[n:] + names[:n] for n in range(len(names))):
        study = new_study(tmp_path / "-".join(order))
        with open_run(study) as run:
            for name in order:
                drop(study, f"P1/{name}.csv", files[name])
                load(run, [f"P1/{name}.csv"])
                derive(run)
            publish(run)
        found.append(fingerprints(study))
        # a re-export corrects, a second device fills, nothing is added
        assert ask(study, "SELECT count(*), sum(steps)::INT FROM minute") == [(90, 20 * 100 + 50 * 110 + 20 * 90)]
    assert all(tables == found[0] for tables in found)


def test_the_archive_holds_the_bytes_by_their_hash(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    content = sample("fit/walk_activity.fit")
    drop(study, "P1/Evening Walk.FIT", content)
    ingest(study)
    [original] = [path for path in study.archive.rglob("*") if path.is_file()]
    assert original.read_bytes() == content
    [(source_file_id,)] = ask(study, "SELECT source_file_id FROM source_file")
    assert original.name == f"{source_file_id}.fit"


def test_ingesting_paths_leaves_the_originals_and_the_rest_of_the_inbox(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    elsewhere = tmp_path / "stick" / "P1"
    elsewhere.mkdir(parents=True)
    (elsewhere / "steps.csv").write_text(native("", [100] * 40))
    (tmp_path / "alone.csv").write_text(native("P1", [100] * 20, start=MORNING + dt.timedelta(hours=2)))
    drop(study, "P1/waits.csv", native("P1", [100] * 41))
    assert ingest(study, [elsewhere, tmp_path / "alone.csv"]).statuses == {"loaded": 2}
    assert (elsewhere / "steps.csv").read_text() == native("", [100] * 40)
    assert (tmp_path / "alone.csv").exists()
    assert waiting(study) == ["P1/waits.csv"]
    assert ask(study, "SELECT count(*) FROM minute WHERE participant_id = 'P1'") == [(60,)]


def test_a_file_of_the_inbox_that_is_named_is_taken_where_it_lies(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "b.csv", native("P1", [90] * 40))
    assert ingest(study, [drop(study, "a.csv", native("P1", [100] * 40))]).statuses == {"loaded": 1}
    assert waiting(study) == ["b.csv"]


def test_a_path_never_overwrites_another_file_that_waits_under_its_name(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    (tmp_path / "steps.csv").write_text(native("P1", [100] * 40))
    other = native("P1", [90] * 40)
    waits = drop(study, "steps.csv", other)
    done = footfall("ingest", tmp_path / "steps.csv", "--study", study.root)
    assert done.returncode == 1
    assert "expected room for steps.csv" in done.stderr
    assert waits.read_text() == other


def test_a_second_ingester_is_told_that_another_one_is_at_work(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/a.csv", native("P1", [100] * 40))
    with filelock.FileLock(study.private / "ingest.lock"):
        with pytest.raises(BusyError):
            ingest(study)
        done = footfall("ingest", "--study", study.root)
    assert done.returncode == 1
    assert done.stderr.startswith("footfall: expected to be the only ingester")
    assert "Traceback" not in done.stderr
    assert waiting(study) == ["P1/a.csv"]
    assert ingest(study).statuses == {"loaded": 1}


def test_watching_takes_a_file_only_after_two_looks_saw_it_alike(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    growing = drop(study, "P1/growing.csv", native("P1", [100] * 30))
    reports: list[tuple[int, Report]] = []
    looks = itertools.count()
    at = 0

    def keep_on() -> bool:
        nonlocal at
        at = next(looks)
        if at < 3:
            with growing.open("a") as file:
                file.write(native("P1", [90], start=MORNING + dt.timedelta(hours=1, minutes=at), header=False))
        if at == 1:
            drop(study, "P1/whole.csv", native("P1", [80] * 10, start=MORNING + dt.timedelta(hours=3)))
        return at < 6

    watch(study, 0.3, lambda report: reports.append((at, report)), keep_on=keep_on)
    assert [(when, dict(report.statuses)) for when, report in reports] == [(2, {"loaded": 1}), (3, {"loaded": 1})]
    assert ask(study, "SELECT count(*) FROM minute") == [(30 + 3 + 10,)]


def test_watching_waits_while_another_ingester_is_at_work(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/a.csv", native("P1", [100] * 40))
    reports: list[Report] = []
    lock = filelock.FileLock(study.private / "ingest.lock")
    lock.acquire()
    looks = itertools.count()

    def keep_on() -> bool:
        at = next(looks)
        if at == 2:
            assert waiting(study) == ["P1/a.csv"]
            lock.release()
        return at < 3

    watch(study, 0.3, reports.append, keep_on=keep_on)
    assert [dict(report.statuses) for report in reports] == [{"loaded": 1}]


def test_an_empty_inbox_ends_with_a_published_file(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    assert not ingest(study).statuses
    assert ask(study, "SELECT participant_id FROM participant") == [("P1",)]
    assert kept(study) == {}
