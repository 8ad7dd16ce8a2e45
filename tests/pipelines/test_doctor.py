"""What `footfall doctor` finds in a study that is well, or of which a file is broken; and that it changes nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines import doctor
from pipelines.study_folder import StudyFolder
from tests.pipelines.doctored import DATABASE, change, findings, in_short, make_well, original
from tests.pipelines.folders import drop, native


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Nobody changes it."""
    return make_well(tmp_path_factory.mktemp("doctor") / "study")


@pytest.fixture
def study(well: StudyFolder, tmp_path: Path) -> StudyFolder:
    """A copy to break."""
    shutil.copytree(well.root, tmp_path / "study", copy_function=shutil.copy2)
    return StudyFolder(tmp_path / "study")


def test_nothing_is_wrong_with_a_study_that_is_well(well: StudyFolder) -> None:
    assert findings(well, deep=True) == []


def test_nothing_is_changed_in_the_study(study: StudyFolder) -> None:
    drop(study, "P1/waits.csv", native("P1", [1]))
    (study.private / "ingest.owner").write_text("{}")

    def state() -> dict[str, tuple[int, int]]:
        paths = [path for path in study.root.rglob("*") if path.name != "ingest.lock"]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.is_file()}

    before = state()
    doctor.examine(study, deep=True)
    assert state() == before


def test_a_fault_in_each_of_several_csvs_is_told_at_once(study: StudyFolder) -> None:
    (study.root / "travel.csv").write_text("participant_id,from_utc,time_zone\nP1,2026-03-02T00:00:00Z,Mars/Base\n")
    (study.root / "devices.csv").write_text("device_id,participant_id\nd,P9\n")
    (study.root / "dialects" / "x.toml").write_text("nonsense")
    found = sorted((each for each in findings(study) if each.check == "study files"), key=lambda each: each.command)
    assert [each.command for each in found] == ["edit devices.csv", "edit the file in dialects/", "edit travel.csv"]
    assert "'P9'" in found[0].text
    assert "Mars/Base" in found[2].text
    assert str(study.root) not in found[0].text + found[2].text


def test_a_broken_study_toml_does_not_keep_the_rest_from_being_looked_at(study: StudyFolder) -> None:
    (study.root / "study.toml").write_text("[study\n")
    original(study).unlink()
    found = findings(study)
    assert in_short(found) == [("problem", "study files"), ("problem", "originals")]
    assert found[0].command == "edit study.toml"


@pytest.mark.parametrize("name", ["inbox", "archive", "quarantine"])
def test_a_missing_folder_is_told_with_the_command_that_makes_it(name: str, study: StudyFolder) -> None:
    shutil.rmtree(study.root / name)
    found = [each for each in findings(study) if each.check == "folders"]
    assert [(each.severity, each.command) for each in found] == [("problem", f"mkdir '{study.root / name}'")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_that_may_not_be_written_in_is_told(study: StudyFolder) -> None:
    study.archive.chmod(0o500)
    found = [each for each in findings(study) if each.check == "folders"]
    study.archive.chmod(0o700)
    assert [(each.severity, each.command) for each in found] == [("problem", f"chmod u+rwx '{study.archive}'")]


def _lose(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [_lose, _cut])
def test_an_original_that_is_gone_or_cut_is_a_problem(damage: Callable[[Path], None], study: StudyFolder) -> None:
    path = original(study)
    damage(path)
    [found] = findings(study)
    assert (found.severity, found.check, found.command[-16:]) == ("problem", "originals", "footfall rebuild")
    assert path.name[:12] in found.text


def test_a_byte_that_turned_is_found_by_hashing_only(study: StudyFolder) -> None:
    path = original(study)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    assert findings(study) == []
    assert in_short(findings(study, deep=True)) == [("problem", "originals")]


def test_an_original_of_which_the_ledger_knows_nothing_is_told(study: StudyFolder) -> None:
    orphan = study.archive / "ab" / ("ab" * 32 + ".csv")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_text("x")
    [found] = findings(study)
    assert (found.severity, found.check) == ("warning", "originals")
    assert "archive/ab/" in found.text


def test_receipts_that_differ_from_the_ledger_are_told(study: StudyFolder) -> None:
    path = study.root / "receipts.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0])
    [found] = findings(study)
    assert (found.severity, found.check) == ("warning", "receipts")
    assert "differ in 1 receipt:" in found.text
    path.write_text("not JSON\n")
    assert in_short(findings(study)) == [("problem", "receipts")]


def test_a_damaged_private_database_is_a_problem_and_the_files_are_still_looked_at(study: StudyFolder) -> None:
    (study.private / DATABASE).write_bytes(b"no database")
    (study.quarantine).rmdir()
    found = findings(study)
    assert in_short(found) == [("problem", "database"), ("problem", "folders")]
    assert found[0].command == "footfall rebuild"


def test_a_lost_private_database_is_a_problem_if_originals_are_there(study: StudyFolder) -> None:
    (study.private / DATABASE).unlink()
    assert ("problem", "database", "footfall rebuild") in [
        (each.severity, each.check, each.command) for each in findings(study)
    ]


def test_a_database_of_a_newer_version_is_not_looked_into(study: StudyFolder) -> None:
    change(study, "INSERT INTO main.schema_migration VALUES ('9999_later.sql', now())")
    [found] = findings(study)
    assert (found.severity, found.check, found.command) == ("problem", "database", "install the newer version again")


def test_a_published_file_that_somebody_wrote_in_is_a_problem(study: StudyFolder) -> None:
    (study.root / "published" / "history").rename(study.root / "kept")
    shutil.copytree(study.root / "kept", study.root / "published" / "history")
    with duckdb.connect(str(study.research)) as connection:
        connection.execute("COMMENT ON COLUMN minute.steps IS NULL")
        connection.execute("DROP TABLE missingness")
    found = findings(study)
    assert in_short(found) == [("problem", "published"), ("warning", "published")]
    assert "table missingness is missing, column minute.steps has no comment" in found[1].text


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), (b"text", "cannot open")])
def test_a_published_file_that_is_gone_or_none_is_a_problem(
    content: bytes | None, words: str, study: StudyFolder
) -> None:
    study.research.unlink()
    if content is not None:
        study.research.write_bytes(content)
    [found] = findings(study)
    assert (found.severity, found.check, found.command) == ("problem", "published", "footfall ingest")
    assert words in found.text


def test_an_earlier_publication_or_a_lock_that_changed_is_a_problem(study: StudyFolder) -> None:
    [path] = (study.root / "published" / "history").glob("*.duckdb")
    path.write_bytes(path.read_bytes() + b"x")
    locked = study.locks / "interim" / "research.duckdb"
    locked.chmod(0o600)
    locked.write_bytes(locked.read_bytes() + b"x")
    assert in_short(findings(study)) == [("problem", "history"), ("problem", "locks")]


def test_a_publication_older_than_the_last_run_is_told(study: StudyFolder) -> None:
    change(study, "INSERT INTO ledger.run VALUES ('r', 'ingest', now() + INTERVAL 1 MINUTE, now(), 'done', NULL, '1')")
    [found] = findings(study)
    assert (found.severity, found.check) == ("warning", "published")
