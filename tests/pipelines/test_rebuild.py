"""A rebuild from the originals, the receipts and the CSVs equals what is there, and restores what is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import ingest, intake, receipts
from pipelines.cli import main
from pipelines.ingest import ingest as ingest_all
from pipelines.rebuild import rebuild
from pipelines.run import open_run
from pipelines.study_folder import StudyError, StudyFolder
from sample_data.archives import gzip_of, zip_of
from tests.pipelines.folders import (
    ask,
    devices,
    drop,
    fingerprints,
    kept,
    native,
    new_study,
    participants,
    reasons,
    sample,
)
from warehouse import ledger
from warehouse.database import DATABASE_NAME, connect

DIALECT = (Path(__file__).parents[2] / "docs" / "examples").exists()
OWN_FORMAT = "when;count\n" + "".join(f"2026-03-05 09:{minute:02d};90\n" for minute in range(40))
OWN_DIALECT = """
[match]
header = ["when", "count"]

[time]
start = "{when}"
"""


def history_of_arrivals(root: Path) -> StudyFolder:
    """A study that grew in four runs: repeats, archives, corrections, a stranger, somebody taken out, edited CSVs."""
    study = new_study(root, ("P1", "P2", "P3"), "Australia/Sydney")
    drop(study, "P1/monitoring_afternoon.fit", sample("fit/monitoring_afternoon.fit"))
    drop(study, "P1/broken.fit", sample("broken/damaged.fit"))
    drop(study, "many.csv", native("P2", [100] * 50) + native("P9", [90] * 50, header=False))
    drop(study, "P3/walk.gpx", sample("gpx/walk.gpx"))
    ingest_all(study)
    drop(study, "P1/monitoring_morning.fit", sample("fit/monitoring_morning.fit"))
    drop(study, "P1/again.gz", gzip_of(sample("fit/monitoring_morning.fit"), "monitoring_morning.fit"))
    drop(study, "P2/export.zip", zip_of({"a.csv": native("", [110] * 60, "phone").encode(), "b.txt": b"nothing"}))
    drop(study, "lost.csv", native("", [95] * 45, "clip"))
    ingest_all(study)
    # the stranger is listed, the clip has a wearer, somebody moves, somebody is taken out
    participants(study, ["P1,Europe/London,,,", "P2,,,,", "P9,,2026-03-01,,"])
    devices(study, "clip,P9,2026-03-01,2026-03-31")
    drop(study, "P2/corrected.csv", native("", [120] * 70, "phone"))
    ingest_all(study)
    drop(
        study,
        "P2/copy.zip",
        zip_of({"a.csv": native("", [110] * 60, "phone").encode(), "c.csv": native("", [5] * 9, "x").encode()}),
    )
    ingest_all(study)
    return study


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return history_of_arrivals(tmp_path_factory.mktemp("grown") / "study")


@pytest.fixture
def study(grown: StudyFolder, tmp_path: Path) -> StudyFolder:
    return StudyFolder(shutil.copytree(grown.root, tmp_path / "study"))


def whole_files(study: StudyFolder) -> list[tuple[object, ...]]:
    sql = "SELECT * EXCLUDE (loaded_at) FROM source_file ORDER BY source_file_id, receipt_number"
    return ask(study, sql)


def test_a_rebuild_after_any_history_of_arrivals_equals_what_is_there(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (study.private / DATABASE_NAME).read_bytes(), study.research.read_bytes()
    found = rebuild(study)
    assert found.outcome == "equal", found.different
    assert found.rows > 1000
    assert main(["rebuild", "--study", str(study.root)]) == 0
    assert "equal: " in capsys.readouterr().out
    assert study.research.read_bytes() == before[1]
    assert not list(study.private.glob("rebuild*"))


def test_a_tampered_table_is_shown_cell_by_cell_and_replaced_on_request(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = fingerprints(study)
    with connect(study.private / DATABASE_NAME) as connection:
        connection.execute(
            "UPDATE main.participant_day SET steps = 7 WHERE steps IS NOT NULL AND participant_id = 'P9'"
        )
        connection.execute("DELETE FROM ledger.source_minute WHERE participant_id = 'P2' AND steps = 120")
    assert main(["rebuild", "--study", str(study.root), "--format", "json"]) == 1
    cells = json.loads(capsys.readouterr().out)
    assert {cell["table"] for cell in cells} >= {"participant_day", "ledger.source_minute"}
    day = next(cell for cell in cells if cell["table"] == "participant_day")
    assert (day["column"], day["here"]) == ("steps", "7")
    assert "participant_id P9" in day["row"]
    assert main(["rebuild", "--study", str(study.root)]) == 1
    assert "--replace" in capsys.readouterr().out
    assert rebuild(study, is_replacing=True).outcome == "replaced"
    assert fingerprints(study) == before
    assert rebuild(study).outcome == "equal"
    with connect(study.private / DATABASE_NAME) as connection:
        kinds = connection.execute("SELECT kind, outcome FROM ledger.run ORDER BY started_at").fetchall()
        # four nights, and what was carried over of the rebuilds, the last of them noted in the rebuilt database
        assert [kind for kind, _ in kinds] == ["ingest"] * 4 + ["rebuild"] * 4
        assert {outcome for _, outcome in kinds} == {"done"}


@pytest.mark.parametrize("state", ["lost", "unreadable"])
def test_a_private_database_that_is_gone_or_unreadable_is_made_again_from_the_receipts(
    study: StudyFolder, state: str
) -> None:
    before = whole_files(study), fingerprints(study), receipts.path_of(study).read_text()
    database = study.private / DATABASE_NAME
    if state == "lost":
        shutil.rmtree(study.private)
    else:
        database.write_bytes(b"\0" * 40_000)
    if state == "lost":
        with pytest.raises(StudyError, match="footfall rebuild"):
            ingest_all(study)
    assert rebuild(study).outcome == "restored"
    assert (whole_files(study), fingerprints(study)) == before[:2]
    assert sorted(receipts.path_of(study).read_text().splitlines()) == sorted(before[2].splitlines())
    assert [path.name for path in study.private.glob("*.duckdb*")] == [DATABASE_NAME]
    assert rebuild(study).outcome == "equal"
    assert ingest_all(study).participants_derived == 0


def test_an_older_copy_of_the_private_database_is_not_gone_on_with(study: StudyFolder, tmp_path: Path) -> None:
    shutil.copy(study.private / DATABASE_NAME, tmp_path / "older")
    drop(study, "P1/new.csv", native("", [100] * 30, "band"))
    ingest_all(study)
    now = fingerprints(study)
    shutil.copy(tmp_path / "older", study.private / DATABASE_NAME)
    with pytest.raises(StudyError, match=r"receipts.jsonl"):
        ingest_all(study)
    assert rebuild(study).outcome == "different"
    assert rebuild(study, is_replacing=True).outcome == "replaced"
    assert fingerprints(study) == now


def _damage(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(("harm", "state"), [(Path.unlink, "missing"), (_damage, "damaged")])
def test_originals_that_are_missing_or_damaged_are_listed_and_nothing_is_changed(
    study: StudyFolder, harm: Callable[[Path], None], state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = fingerprints(study)
    packed = next(path for path in study.archive.rglob("*.zip") if path.is_file())
    table = next(path for path in study.archive.rglob("*.csv") if path.is_file())
    for path in (packed, table):
        harm(path)
    assert main(["rebuild", "--study", str(study.root)]) == 1
    said = capsys.readouterr().out
    assert f"{state}: {packed.stem}" in said
    assert f"{state}: {table.stem}" in said
    assert fingerprints(study) == before
    found = rebuild(study, is_replacing=True)
    assert {packed.stem, table.stem} <= {*found.missing, *found.damaged}
    status = ask(
        study, "SELECT status, reason FROM source_file WHERE source_file_id = ? AND receipt_number = 1", table.stem
    )
    assert status[0][0] == "quarantined"
    assert "expected its original in archive/" in status[0][1]


def test_an_original_without_a_receipt_is_named_and_not_loaded(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    content = native("P1", [100] * 30, "orphan").encode()
    path = drop(study, "orphan.csv", content)
    source_file_id = intake.content_hash(path)
    intake.archive_all(study, {source_file_id: (path, "orphan.csv")})
    path.unlink()
    assert main(["rebuild", "--study", str(study.root)]) == 0
    said = capsys.readouterr().out
    assert source_file_id[:12] in said
    assert "equal" in said


def test_edited_csvs_are_taken_up_before_anything_is_compared(study: StudyFolder) -> None:
    participants(study, ["P1,Europe/London,2026-03-01,,walking", "P2,,,,", "P3,,,,", "P9,,2026-03-01,,"])
    assert rebuild(study).outcome == "equal"
    assert ask(study, "SELECT arm FROM participant WHERE participant_id = 'P1'") == [("walking",)]


def test_what_is_set_aside_keeps_its_original_and_its_reason_through_a_replacement(study: StudyFolder) -> None:
    before = set(kept(study)), reasons(study)
    with connect(study.private / DATABASE_NAME) as connection:
        connection.execute("DELETE FROM main.minute WHERE participant_id = 'P2'")
    assert rebuild(study, is_replacing=True).outcome == "replaced"
    assert (set(kept(study)), reasons(study)) == before
    with open_run(study) as run:
        ingest.load(run, [])
        assert ingest.derive(run) == 0
        noted = [ledger.history(run.connection, key) for key in ledger.evidence(run.connection)]
        assert all(noted)
