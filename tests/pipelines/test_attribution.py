"""Whose file is it? The folder, the file's own column, and devices.csv by date; what disagrees waits for a person."""

import datetime as dt
from pathlib import Path

import pytest

from tests.pipelines.folders import (
    MORNING,
    ask,
    ask_file,
    devices,
    drop,
    fingerprints,
    kept,
    native,
    new_study,
    participants,
    reasons,
    sample,
    statuses,
)
from tests.study_builder import run
from warehouse.database import DATABASE_NAME

OWNERS = "SELECT participant_id, count(*) FROM minute GROUP BY ALL ORDER BY ALL"
STRANGERS = "SELECT participant_label, n FROM exclusion WHERE what = 'rows' AND reason = 'unattributed' ORDER BY ALL"


def test_the_folder_the_column_and_the_device_each_name_the_owner(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2", "P3"])
    devices(study, "worn-by-p3,P3,,")
    drop(study, "P1/2026/march/steps.csv", native("", [100] * 31))
    drop(study, "site_a/steps.csv", native("P2", [100] * 32))
    drop(study, "steps.csv", native("", [100] * 33, "worn-by-p3"))
    run(study)
    assert ask(study, OWNERS) == [("P1", 31), ("P2", 32), ("P3", 33)]


def test_a_device_changes_hands_at_midnight_of_its_wearer(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1,Australia/Sydney", "P2,Australia/Sydney", "P3,Australia/Sydney"])
    # 13:00 UTC on 2 March is midnight in Sydney
    devices(study, "shared,P1,2026-03-01,2026-03-02", "shared,P2,2026-03-03,2026-03-03", "shared,P3,2026-03-05,")
    start = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    drop(study, "shared.csv", native("", [50] * 2 * 1440, "shared", start))
    report = run(study)
    assert report.statuses == {"loaded": 1}
    midnight = dt.datetime(2026, 3, 2, 13, tzinfo=dt.UTC)
    held = ask(study, "SELECT participant_id, min(minute_start), count(*) FROM minute GROUP BY ALL ORDER BY ALL")
    day = dt.timedelta(days=1)
    assert held == [("P1", start, 60), ("P2", midnight, 1440), ("P3", midnight + 2 * day, 0)][:2]
    # on 4 March nobody wore it
    assert ask(study, STRANGERS) == [(None, 2 * 1440 - 60 - 1440)]


@pytest.mark.parametrize(
    ("name", "content", "people"),
    [
        ("P1/steps.csv", native("P2", [100] * 40), ("P1", "P2")),
        ("P1/steps.csv", native("", [100] * 40, "worn-by-p3"), ("P1", "P3")),
        ("steps.csv", native("P2", [100] * 40, "worn-by-p3"), ("P2", "P3")),
    ],
    ids=["folder and column", "folder and device", "column and device"],
)
def test_two_pieces_of_evidence_that_disagree_are_both_named(
    name: str, content: str, people: tuple[str, str], tmp_path: Path
) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2", "P3"])
    devices(study, "worn-by-p3,P3,2026-03-02,2026-03-02")
    drop(study, name, content)
    drop(study, "P1/other.csv", native("P1", [100] * 50))
    run(study)
    note = reasons(study)[name]
    assert "status: quarantined" in note
    assert all(person in note for person in people)
    assert ask(study, OWNERS) == [("P1", 50)]


def test_a_device_line_for_other_dates_does_not_disagree(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2"])
    devices(study, "shared,P2,2026-03-03,")
    drop(study, "P1/steps.csv", native("", [100] * 40, "shared"))
    assert run(study).statuses == {"loaded": 1}
    assert ask(study, OWNERS) == [("P1", 40)]


def test_a_disagreement_ends_when_the_line_of_devices_csv_is_corrected(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P3"])
    devices(study, "worn,P3,,")
    content = native("", [100] * 40, "worn")
    drop(study, "P1/steps.csv", content)
    assert run(study).statuses == {"quarantined": 1}
    devices(study, "worn,P1,,")
    assert run(study).statuses == {"loaded": 1}
    assert ask(study, OWNERS) == [("P1", 40)]
    assert reasons(study) == {}
    assert dict(kept(study)) == {content.encode(): 1}
    assert [path.name for path in study.quarantine.iterdir()] == []


def test_a_strangers_file_is_picked_up_once_the_person_is_listed(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    drop(study, "P9/walk.fit", sample("fit/walk_activity.fit"))
    drop(study, "steps.csv", native("P8", [100] * 40))
    assert run(study).statuses == {"unattributed": 2}
    assert ask(study, OWNERS) == []
    participants(study, ["P1", "P8", "P9"])
    assert run(study).statuses == {"loaded": 2}
    assert [who for who, _ in ask(study, OWNERS)] == ["P8", "P9"]
    assert not run(study).statuses


def test_a_strangers_device_is_picked_up_once_devices_csv_names_its_wearer(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    drop(study, "walk.fit", sample("fit/walk_activity.fit"))
    drop(study, "30sec.csv", sample("csv/actigraph_epoch/30sec.csv"))
    assert run(study).statuses == {"unattributed": 2}
    # what `footfall status` shows of files that wait
    shown = ask_file(study.private / DATABASE_NAME, "SELECT DISTINCT device_id FROM ledger.file_part ORDER BY ALL")
    devices(study, *(f"{device},P1,," for (device,) in shown))
    assert run(study).statuses == {"loaded": 2}
    assert [who for who, _ in ask(study, OWNERS)] == ["P1"]


def test_a_strangers_file_is_picked_up_when_it_is_moved_to_its_owners_folder(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    content = native("", [100] * 40)
    drop(study, "somewhere/steps.csv", content)
    assert run(study).statuses == {"unattributed": 1}
    drop(study, "P1/steps.csv", content)
    run(study)
    assert ask(study, OWNERS) == [("P1", 40)]
    assert reasons(study) == {}


def test_in_a_table_of_many_people_known_rows_load_and_the_others_are_listed_by_id(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2"])
    table = "".join(
        native(who, [100] * count, header=not at)
        for at, (who, count) in enumerate({"P1": 31, "P7": 32, "P2": 33, "P8": 34}.items())
    )
    drop(study, "everybody.csv", table)
    assert run(study).statuses == {"loaded": 1}
    assert ask(study, OWNERS) == [("P1", 31), ("P2", 33)]
    assert ask(study, STRANGERS) == [("P7", 32), ("P8", 34)]
    participants(study, ["P1", "P2", "P7"])
    run(study)
    assert ask(study, OWNERS) == [("P1", 31), ("P2", 33), ("P7", 32)]
    assert ask(study, STRANGERS) == [("P8", 34)]


@pytest.mark.parametrize("order", [("P1", "P2"), ("P2", "P1")])
def test_the_same_content_for_two_people_is_set_aside_in_either_order(order: tuple[str, str], tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2"])
    content = native("", [100] * 40, "d")
    for person in order:
        drop(study, f"{person}/steps.csv", content)
        run(study)
    assert statuses(study) == {"duplicate": 1, "quarantined": 1}
    assert ask(study, OWNERS) == []
    [note] = reasons(study).values()
    assert "dropped for P1 and for P2" in note
    assert dict(kept(study)) == {content.encode(): 1}


def test_somebody_taken_out_of_participants_csv_leaves_the_published_tables(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1", "P2"])
    drop(study, "both.csv", native("P1", [100] * 40) + native("P2", [90] * 45, header=False))
    drop(study, "P1/own.csv", native("", [100] * 60, "d", MORNING + dt.timedelta(hours=3)))
    run(study)
    before = fingerprints(study)
    participants(study, ["P2"])
    run(study)
    tables = ("participant", "minute", "walking_bout", "participant_day", "participant_week", "prescription")
    for table in tables:
        assert ask(study, f"SELECT count(*) FROM {table} WHERE participant_id = 'P1'") == [(0,)]
    assert ask(study, OWNERS) == [("P2", 45)]
    # the originals wait, and all comes back with the person
    participants(study, ["P1", "P2"])
    run(study)
    assert fingerprints(study) == before


def test_an_id_is_compared_letter_by_letter(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    drop(study, "p1/steps.csv", native("", [100] * 40))
    drop(study, "other.csv", native("P01", [100] * 40))
    assert run(study).statuses == {"unattributed": 2}
