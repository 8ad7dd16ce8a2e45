"""A withdrawal: nothing of the person is left anywhere, everybody else is as they were, and nothing of it comes back."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipelines import cli
from pipelines.locks import locks
from pipelines.publications import publications
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.command import search, withdraw
from pipelines.withdraw.proof import Proof
from pipelines.withdraw.steps import Outcome
from tests.pipelines.withdraw_study import FIRST, TABLE, fit_day, make_full, many, track, without_them, zipped
from tests.study_builder import MONDAY, ask, ask_file, drop, native, only, run, whole_day

#: Tables with one row or more for each person, and their columns that name files.
_PERSONAL = ("participant", "participant_week", "participant_day", "walking_bout", "minute", "prescription", "outcome")
_OF_FILES = ("source_file_id", "sources")


def tables(study: StudyFolder) -> dict[str, list[dict[str, object]]]:
    """What is published of people, without the hashes of files."""
    return {
        name: [
            {key: value for key, value in row.items() if key not in _OF_FILES}
            for row in ask(study, f"FROM {name} ORDER BY ALL")
        ]
        for name in _PERSONAL
    }


def copy(study: StudyFolder, root: Path) -> StudyFolder:
    return StudyFolder(Path(shutil.copytree(study.root, root)))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    study = make_full(tmp_path_factory.mktemp("full") / "study")
    home = study.private / "prefect"
    home.mkdir()
    with closing(sqlite3.connect(home / "prefect.db")) as connection:
        connection.execute("CREATE TABLE artifact (id INTEGER PRIMARY KEY, data TEXT)")
        connection.execute("CREATE TABLE flow_run (id INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO artifact (data) VALUES (?)", [('["P1 is silent"]',), ('["P2 is silent"]',)])
        connection.execute("INSERT INTO flow_run (name) VALUES ('night of P1')")
        connection.commit()
    return study


@pytest.fixture(scope="module")
def done(full: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyFolder, Outcome, Proof]:
    """The study after P1 was withdrawn, what was done and what the search found."""
    study = copy(full, tmp_path_factory.mktemp("done") / "study")
    return (study, *withdraw(study, "P1"))


Done = tuple[StudyFolder, Outcome, Proof]


def test_the_search_finds_the_participant_everywhere_before_the_withdrawal(full: StudyFolder) -> None:
    found = search(full, "P1").found
    starts = {place.partition("/")[0] for place in found}
    assert starts >= {"archive", "quarantine", "inbox", "private", "published", "locks", "receipts.jsonl", "extra"}
    assert {"participants.csv", "devices.csv", "prescriptions.csv", "travel.csv", "outcomes.csv"} <= starts
    assert "private/prefect/prefect.db" in found
    assert any("in a file inside" in what for what in found.values())


def test_nothing_is_found_of_a_withdrawn_participant(done: Done) -> None:
    study, _, proof = done
    assert proof.found == {}
    assert proof.longer == ("P1-2",)
    # every file was searched, by its hash and in at least one more way
    files = [path for path in study.root.rglob("*") if path.is_file()]
    assert proof.ways["hash"] == proof.files >= len(files) - 1
    assert search(study, "P1").found == {}


def test_no_byte_of_the_participants_device_stays(done: Done) -> None:
    study, _, _ = done
    for path in study.root.rglob("*"):
        if path.is_file():
            assert b"pedo-12345678" not in path.read_bytes(), path


def test_everybody_else_is_as_if_the_participant_had_never_been_there(
    done: Done, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study, outcome, _ = done
    other = without_them(tmp_path_factory.mktemp("never") / "study")
    assert tables(study) == tables(other)
    assert outcome.lost == []
    assert {row["participant_id"] for row in ask(study, "FROM participant")} == {"P2", "P1-2"}


def test_the_next_run_changes_nothing_and_reads_nothing_again(done: Done, tmp_path: Path) -> None:
    study = copy(done[0], tmp_path / "study")
    before = {name: ask(study, f"FROM {name} ORDER BY ALL") for name in (*_PERSONAL, "source_file", "exclusion")}
    report = run(study)
    assert (report.statuses, report.set_aside) == ({}, [])
    assert {name: ask(study, f"FROM {name} ORDER BY ALL") for name in before} == before


def test_a_table_of_many_people_keeps_the_lines_of_others_byte_for_byte(done: Done) -> None:
    study, _, _ = done
    kept = {path.read_bytes() for path in study.archive.glob("??/*.csv")}
    assert "".join(line for line in TABLE.splitlines(keepends=True) if not line.startswith("P1,")).encode() in kept
    [packed] = study.archive.glob("??/*.csv.gz")
    assert gzip.decompress(packed.read_bytes()).decode().splitlines()[1].startswith("P2,")


def test_tombstones_keep_hash_status_and_month_alone(done: Done) -> None:
    rows = ask(done[0], "FROM source_file WHERE status = 'withdrawn'")
    assert len(rows) >= len([name for name in FIRST if name.startswith("P1/")]) - 1
    for row in rows:
        told = {key for key, value in row.items() if value is not None}
        assert told == {"source_file_id", "receipt_number", "file_name", "status", "received_at"}
        assert (row["received_at"].day, row["received_at"].hour) == (1, 0)
    said = [json.loads(line) for line in (done[0].root / "receipts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(receipt["inbox_path"] == "" for receipt in said) == len(rows)


def test_study_tables_lose_the_lines_of_the_participant_and_keep_all_others(done: Done) -> None:
    root = done[0].root
    assert (root / "outcomes.csv").read_bytes().splitlines(keepends=True)[1] == b"P2;2024-03-06;visit;;\r\n"
    text = (root / "prescriptions.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1:] == ["P2,2024-03-04,3,15", "P1-2,2024-03-04,5,30"]
    assert (root / "extra" / "visits.csv").read_text(encoding="utf-8") == "participant_id,kg\nP2,70\n"
    assert (root / "private" / "serve.log").read_text(encoding="utf-8") == "took a file of P2\n"


def test_prefects_database_loses_what_it_told_of_the_participant_and_keeps_its_runs(done: Done) -> None:
    with closing(sqlite3.connect(done[0].private / "prefect" / "prefect.db")) as connection:
        assert connection.execute("SELECT data FROM artifact").fetchall() == [('["P2 is silent"]',)]
        assert connection.execute("SELECT name FROM flow_run").fetchall() == [("night of withdrawn",)]


def test_locks_are_issued_again_and_marked(done: Done, full: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    study, outcome, _ = done
    assert outcome.locks == ["first", "second"]
    before = {each.name: each.facts for each in locks(full)}
    for each in locks(study):
        [mark] = each.facts["reissued"]
        assert each.is_intact
        assert mark["sha256_before"] == before[each.name]["file"]["sha256"]
        assert mark["rows_removed"] > 1000
        assert each.facts["created_at"] == before[each.name]["created_at"]
        assert "P1" not in json.dumps(each.facts).replace("P1-2", "")
        # other people's rows are those that were locked
        for name in ("participant_week", "minute"):
            asked = f"FROM {name} WHERE participant_id <> 'P1' ORDER BY ALL"
            assert ask_file(each.database, asked) == ask_file(full.locks / each.name / "research.duckdb", asked)
        # counts over all people stay as they were locked
        assert ask_file(each.database, "FROM data_flow ORDER BY ALL") == ask_file(
            full.locks / each.name / "research.duckdb", "FROM data_flow ORDER BY ALL"
        )
        comments = "SELECT comment FROM duckdb_tables() WHERE comment IS NOT NULL"
        assert len(ask_file(each.database, comments)) > 20
    assert cli.main(["--study", str(study.root), "lock", "--list", "--format", "csv"]) == 0
    assert "(1)" in capsys.readouterr().out
    assert cli.main(["--study", str(study.root), "diff", "first", "published"]) == 0


def test_only_the_new_publication_stays_in_the_history(done: Done) -> None:
    study, _, _ = done
    [kept] = publications(study)
    assert sorted(path.name for path in (study.root / "published" / "history").iterdir()) == sorted(
        [kept.file, "history.json"]
    )


@pytest.fixture
def study(done: Done, tmp_path: Path) -> StudyFolder:
    """The study after the withdrawal, to be changed."""
    return copy(done[0], tmp_path / "study")


def test_files_of_the_participant_are_refused_known_or_new(study: StudyFolder) -> None:
    before = tables(study)
    drop(
        study,
        {"P2/x.fit": FIRST["P1/day.fit"], "y.gpx": FIRST["P1/walk.gpx"], "t.csv": TABLE, "a.zip": FIRST["all.zip"]},
    )
    drop(study, {
        "P1/new.fit": fit_day(900), "P1 march.gpx": track() + "<!-- again -->",
        "new.csv": many("P1", walked=1), "new.zip": zipped({"P1/a.csv": many("P1", walked=2)}),
    })  # fmt: skip
    report = run(study)
    assert report.statuses == {"withdrawn": 8}
    assert {status for _, status, _ in report.set_aside} == {"withdrawn"}
    assert not [path for path in study.inbox.rglob("*") if path.is_file()]
    assert tables(study) == before
    assert search(study, "P1").found == {}


def test_a_new_table_is_taken_without_the_rows_of_the_participant(study: StudyFolder) -> None:
    day = MONDAY.replace(day=20)
    both = many("P1", "P2", date=day)
    drop(study, {
        "march.csv": both,
        "P1/by mistake.csv": many("P2", date=day.replace(day=21)),
        "m.zip": zipped({"P1.csv": many("P1", date=day, walked=2), "P2.csv": many("P2", date=day.replace(day=22))}),
    })  # fmt: skip
    assert run(study).statuses == {"container": 1, "loaded": 3, "withdrawn": 2}
    asked = "SELECT DISTINCT local_date FROM minute WHERE participant_id = 'P2' AND local_date >= '2024-03-20'"
    assert len(ask(study, asked)) == 3
    assert not [path for path in study.inbox.rglob("*") if path.is_file()]
    assert search(study, "P1").found == {}
    # the table as it came is a tombstone now
    drop(study, {"again.csv": both})
    assert run(study).statuses == {"withdrawn": 1}


def test_a_longer_id_is_somebody_else(study: StudyFolder) -> None:
    drop(study, {"P1-2/new.csv": native(whole_day("P1-2", MONDAY.replace(day=20), 44)), "P1-2 b.fit": fit_day(70)})
    assert run(study).statuses == {"loaded": 1, "unattributed": 1}


def test_an_id_that_was_withdrawn_is_not_listed_again(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with (study.root / "participants.csv").open("a", encoding="utf-8") as file:
        file.write("P1,,2024-03-04,,\n")
    assert cli.main(["--study", str(study.root), "ingest"]) == 1
    assert "Ids are not used again" in capsys.readouterr().err


def test_what_a_person_wrote_is_found_and_left_to_them(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (study.root / "note.txt").write_text("Ask P1 about June.\n", encoding="utf-8")
    (study.root / "note16.txt").write_text("Ask P1 about June.\n", encoding="utf-16")
    (study.root / "kept.zip").write_bytes(zipped({"a/b.txt": "P1"}))
    (study.root / "P1.md").write_text("", encoding="utf-8")
    (study.root / "copy.fit").write_bytes(fit_day(500))
    assert cli.main(["--study", str(study.root), "withdraw", "--proof", "P1"]) == 1
    said = capsys.readouterr().out
    for name in ("note.txt: the id, in line 1", "note16.txt", "kept.zip", "P1.md: its name", "copy.fit: an original"):
        assert name in said


def test_nobody_is_withdrawn_twice_or_by_an_unknown_id(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--study", str(study.root), "withdraw", "--yes", "P1"]) == 1
    assert "was withdrawn in" in capsys.readouterr().err
    assert cli.main(["--study", str(study.root), "withdraw", "--yes", "P9"]) == 1
    assert "found no 'P9'" in capsys.readouterr().err
    # nobody can be asked here
    assert cli.main(["--study", str(study.root), "withdraw", "P2"]) == 2
    assert only(ask(study, "SELECT count(*) AS n FROM participant WHERE participant_id = 'P2'"))["n"] == 1
