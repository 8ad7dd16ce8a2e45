"""Locks: a frozen copy with its hash, there whole or not at all, and never changed unnoticed."""

import hashlib
import json
import shutil
import stat
import threading
from pathlib import Path

import duckdb
import pytest

from pipelines import cli
from pipelines.errors import FootfallError, UsageError
from pipelines.locks import lock, locked_file, locks
from pipelines.study_folder import StudyFolder, init_study
from tests.study_builder import MONDAY, drop, make_study, native, run, whole_day
from warehouse.publish import PUBLISHED
from warehouse.snapshots import SnapshotError, contents


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A published study with the lock `first`, and one more day published since."""
    study = make_study(
        tmp_path_factory.mktemp("locks") / "study",
        [{"participant_id": "P1", "start_date": MONDAY}, {"participant_id": "P2", "start_date": MONDAY}],
        files={"a.csv": native(whole_day("P1", MONDAY, 35))},
    )
    run(study)
    lock(study, "first")
    drop(study, {"b.csv": native(whole_day("P1", MONDAY.replace(day=5), 35))})
    run(study)
    return study


@pytest.fixture
def study(ready: StudyFolder, tmp_path: Path) -> StudyFolder:
    return StudyFolder(Path(shutil.copytree(ready.root, tmp_path / "study")))


def footfall(study: StudyFolder, *words: str) -> int:
    return cli.main(["--study", str(study.root), *words])


def test_a_lock_is_the_published_file_byte_for_byte_and_read_only(study: StudyFolder) -> None:
    made = lock(study, "second")
    folder = study.locks / "second"
    assert made.database.read_bytes() == study.research.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["lock.json", "research.duckdb"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    # nothing half-made stays beside it
    assert sorted(path.name for path in study.locks.iterdir()) == ["first", "second"]


def test_lock_json_says_what_is_in_the_file(study: StudyFolder) -> None:
    facts = json.loads((study.locks / "first" / "lock.json").read_text(encoding="utf-8"))
    database = study.locks / "first" / "research.duckdb"
    assert facts["file"]["sha256"] == hashlib.sha256(database.read_bytes()).hexdigest()
    assert facts["file"]["size_bytes"] == database.stat().st_size
    assert set(facts["tables"]) == set(PUBLISHED)
    assert facts["tables"]["minute"]["rows"] == 1440
    assert facts["publication"]["as_of"] == MONDAY.isoformat()
    assert facts["publication"]["files"] == 1
    [walkback] = [row for row in facts["rules"]["protocol"] if row["protocol_id"] == "walkback"]
    assert len(walkback["rules_hash"]) == 16
    assert facts["created_at"].endswith("Z")


def test_a_later_publication_does_not_touch_a_lock(study: StudyFolder) -> None:
    with duckdb.connect(str(study.locks / "first" / "research.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM minute").fetchone() == (1440,)
    [found] = locks(study)
    assert (found.name, found.is_intact) == ("first", True)


def test_a_lock_that_is_made_while_others_publish_is_one_publication_whole(study: StudyFolder) -> None:
    either = [study.research.read_bytes(), (study.locks / "first" / "research.duckdb").read_bytes()]
    done = threading.Event()

    def publish() -> None:
        beside = study.research.with_name("beside")
        while not done.is_set():
            for content in either:
                beside.write_bytes(content)
                beside.replace(study.research)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        made = [lock(study, f"during-{number}") for number in range(3)]
    finally:
        done.set()
        publisher.join()
    assert all(each.database.read_bytes() in either for each in made)
    assert all(each.is_intact for each in locks(study))


def test_a_content_hash_knows_rows_and_not_their_order(tmp_path: Path) -> None:
    def hashed(name: str, sql: str) -> str:
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(f"CREATE TABLE t AS {sql}")
        return str(contents(tmp_path / name).tables["t"]["content_hash"])

    one = hashed("1", "SELECT n, 'x' AS s FROM range(1000) AS r(n)")
    assert hashed("2", "SELECT n, 'x' AS s FROM range(1000) AS r(n) ORDER BY n DESC") == one
    assert hashed("3", "SELECT n, 'x' AS s FROM range(1001) AS r(n)") != one
    assert hashed("4", "SELECT n, CASE WHEN n <> 7 THEN 'x' END AS s FROM range(1000) AS r(n)") != one
    assert hashed("5", "SELECT n, 'x' AS u FROM range(1000) AS r(n)") != one
    # a row twice is another table than the row once
    assert hashed("6", "SELECT 1 AS n UNION ALL SELECT 1") != hashed("7", "SELECT 1 AS n")


def test_equal_studies_have_equal_content_hashes_though_their_files_came_at_other_times(
    ready: StudyFolder, tmp_path: Path
) -> None:
    again = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY}, {"participant_id": "P2", "start_date": MONDAY}],
        files={"other-name.csv": native(whole_day("P1", MONDAY, 35))},
    )
    run(again)
    tables = contents(again.research).tables
    facts = json.loads((ready.locks / "first" / "lock.json").read_text(encoding="utf-8"))
    differing = {name for name, table in tables.items() if table != facts["tables"][name]}
    # received_at and loaded_at are clock times
    assert differing == {"source_file"}


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../up", "published", "a b", "ü", "x" * 65])
def test_a_name_that_is_no_folder_name_everywhere_is_refused(ready: StudyFolder, name: str) -> None:
    with pytest.raises(UsageError, match="expected a name of letters"):
        lock(ready, name)


def test_a_taken_name_is_refused_and_the_lock_stays_as_it_is(study: StudyFolder) -> None:
    before = (study.locks / "first" / "lock.json").read_bytes()
    with pytest.raises(FootfallError, match="there is a lock 'first' already"):
        lock(study, "first")
    assert (study.locks / "first" / "lock.json").read_bytes() == before


def test_a_study_that_was_never_published_says_what_to_run(tmp_path: Path) -> None:
    empty = init_study(tmp_path / "empty", "UTC")
    with pytest.raises(FootfallError, match="footfall ingest"):
        lock(empty, "one")
    assert not empty.locks.exists()


def test_what_is_no_database_is_not_locked(study: StudyFolder) -> None:
    study.research.write_bytes(b"no database")
    with pytest.raises(SnapshotError, match="expected a published database"):
        lock(study, "broken")
    assert [path.name for path in study.locks.iterdir()] == ["first"]


def test_a_changed_lock_is_found_and_not_compared(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert footfall(study, "lock") == 0
    assert "intact" in capsys.readouterr().out
    database = study.locks / "first" / "research.duckdb"
    database.chmod(0o644)
    with database.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert footfall(study, "lock", "--list", "--format", "json") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)[0]["state"] == "changed since it was locked"
    assert "first: changed since it was locked" in printed.err
    assert footfall(study, "diff", "first", "published") == 1
    assert "changed since it was locked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lost", "state"),
    [("research.duckdb", "the file is gone"), ("lock.json", "lock.json is missing or cannot be read")],
)
def test_a_lock_that_lost_a_part_says_which(study: StudyFolder, lost: str, state: str) -> None:
    (study.locks / "first" / lost).unlink()
    [found] = locks(study)
    assert (found.state, found.is_intact) == (state, False)


def test_names_stand_for_files(ready: StudyFolder) -> None:
    assert locked_file(ready, "published") == ready.research
    assert locked_file(ready, "first") == ready.locks / "first" / "research.duckdb"
    with pytest.raises(FootfallError, match="There are: published, previous, first"):
        locked_file(ready, "second")


def test_the_commands_lock_and_list(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert footfall(study, "lock", "interim.1") == 0
    assert "Locked as interim.1" in capsys.readouterr().out
    assert footfall(study, "lock", "--format", "csv") == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == ["name", "first", "interim.1"]
    assert footfall(study, "lock", ".no") == 2
    shutil.rmtree(study.locks)
    assert footfall(study, "lock") == 0
    assert "No locks yet" in capsys.readouterr().out


def test_diff_says_in_words_what_a_data_manager_asks(ready: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert footfall(ready, "diff", "first", "published") == 0
    text = capsys.readouterr().out
    assert text.startswith("first -> published: 2 of 2 weeks differ.\n")
    assert "P1 walkback week 1 (2024-03-04 to 2024-03-10): yes, days met 1 -> 2, walking minutes 35 -> 70" in text
    assert "; days: 1 new: valid\n" in text
    assert "    new_file: file " in text
    assert "    as_of: the as-of date is 2024-03-05 (before: 2024-03-04)\n" in text
    assert footfall(ready, "diff", "first", "first") == 0
    assert capsys.readouterr().out == "first -> first: 0 of 2 weeks differ.\n"


def test_diff_prints_rows_for_programs(ready: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert footfall(ready, "diff", "first", "published", "--participant", "P2", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["weeks_compared"], found["weeks_different"], found["notes"]) == (1, 1, [])
    assert found["reasons"] == [{"reason": "as_of", "meaning": "the as-of date", "weeks": 1}]
    assert (found["weeks"][0]["participant_id"], found["weeks"][0]["week_start"]) == ("P2", "2024-03-04")
    assert footfall(ready, "diff", "published", "first", "--protocol", "walkback", "--format", "csv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("participant_id,protocol_id,week_number,change,")
    assert len(lines) == 3
    assert footfall(ready, "diff", "first", "published", "--protocol", "who2020") == 1
    assert "expected a protocol that both list (walkback)" in capsys.readouterr().err
