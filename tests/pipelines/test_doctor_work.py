"""What `footfall doctor` says of runs, clocks, people and the installation, and of a study that is at work."""

import datetime as dt
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from pipelines import doctor, ingest, intake
from pipelines.cli import main
from pipelines.doctor.finding import Finding
from pipelines.doctor.installation import versions
from pipelines.run import ClockError, only_ingester, open_run
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.intent import Intent, note
from tests.pipelines.doctored import NOW, change, findings, in_short, make_well, original
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


def test_a_run_that_failed_and_tables_that_are_behind_are_told(study: StudyFolder) -> None:
    change(
        study,
        "INSERT INTO ledger.run VALUES ('r', 'watch', now() + INTERVAL 1 MINUTE, NULL, NULL, NULL, '1')",
        "INSERT INTO ledger.pending (participant_id) VALUES ('P1')",
    )
    found = findings(study)
    assert in_short(found) == [("warning", "database"), ("warning", "runs")]
    assert "did not end well (ended by force)" in found[1].text


def test_a_night_that_is_more_than_26_hours_ago_is_overdue(study: StudyFolder) -> None:
    def night(hours: float) -> list[Finding]:
        at = (NOW - dt.timedelta(hours=hours)).isoformat()
        change(
            study,
            "DELETE FROM ledger.run WHERE kind = 'nightly'",
            f"INSERT INTO ledger.run VALUES ('r', 'nightly', '{at}', '{at}', 'done', NULL, '1')",
        )
        return findings(study)

    assert night(25.9) == []
    [found] = night(26.1)
    assert (found.severity, found.check) == ("warning", "schedule")
    assert "26 hours ago" in found.text


def test_the_next_night_is_told_in_the_studys_zone(study: StudyFolder) -> None:
    path = study.root / "study.toml"
    path.write_text(path.read_text().replace('"UTC"', '"Australia/Sydney"'))
    told = [each.text for each in doctor.examine(study, now=lambda: dt.datetime(2026, 3, 20, 13, tzinfo=dt.UTC))]
    assert [text for text in told if "is due 2026-03-21 02:00 Australia/Sydney" in text]


def test_a_withdrawal_that_was_begun_is_a_problem(study: StudyFolder) -> None:
    note(study, Intent("P2", NOW.isoformat(), [], [], []))
    [found] = findings(study)
    assert (found.severity, found.check, found.command) == ("problem", "withdrawals", "footfall ingest")


def test_a_clock_set_back_is_a_problem_until_it_is_said_to_be_right(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    change(study, "UPDATE ledger.clock SET noted_at = now() + INTERVAL 3 DAY")
    [found] = findings(study)
    assert (found.severity, found.check) == ("problem", "clock")
    assert found.command.endswith("footfall doctor --clock-is-right")
    with pytest.raises(ClockError), open_run(study):
        pass
    assert main(["doctor", "--clock-is-right", "--study", str(study.root)]) == 0
    assert findings(study) == []
    with open_run(study):
        pass


def test_files_of_the_future_are_told(study: StudyFolder) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).timestamp()
    path = drop(study, "P1/late.csv", "x")
    os.utime(path, (later, later))
    os.utime(original(study), (later, later))
    assert in_short(findings(study)) == [("warning", "clock"), ("warning", "clock")]


def test_files_that_lie_in_the_inbox_for_more_than_a_day_are_told_with_why(study: StudyFolder) -> None:
    path = drop(study, "P1/waits.csv", native("P1", [1]))
    os.utime(path, (0, 0))
    drop(study, "P1/big.zip.crdownload", "half")
    assert [each for each in findings(study) if each.check == "inbox"] == []
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=5)
    found = [each for each in findings(study, later) if each.check == "inbox"]
    assert len(found) == 2
    assert "P1/waits.csv): no run has begun since they came" in found[0].text
    assert "downloads that have not ended or links (P1/big.zip.crdownload)" in found[1].text


def test_what_a_run_that_was_killed_leaves_behind_is_told(study: StudyFolder) -> None:
    (study.private / "ingest.owner").write_text("{}")
    (study.private / "run-abc").mkdir()
    (study.research.parent / ".research.duckdb.new").write_text("half")
    (study.inbox / "P1").mkdir(exist_ok=True)
    (study.inbox / "P1" / ".a.csv.new").write_text("half")
    found = findings(study)
    assert in_short(found) == [("warning", "leftovers"), ("warning", "leftovers"), ("warning", "ingester")]
    assert "2 leftovers" in found[0].text
    assert "inbox/P1/.a.csv.new" in found[1].text


def test_who_is_silent_and_what_was_set_aside_is_told(study: StudyFolder) -> None:
    drop(study, "P1/broken.fit", b"")
    drop(study, "stranger.csv", native("P9", [100] * 30))
    with open_run(study) as run:
        ingest.load(run, sorted(intake.look(study.inbox)))
        ingest.derive(run)
        ingest.publish(run)
    found = findings(study, NOW + dt.timedelta(days=8))
    # the last minutes of the data may be of yesterday
    days = 8 + (NOW.date() - (NOW - dt.timedelta(minutes=31)).date()).days
    assert [(each.check, each.text.split(";")[0]) for each in found] == [
        ("set aside", "1 file could not be read"),
        ("set aside", "1 file waits for a CSV of the study to name the owner."),
        ("silence", f"1 participant silent: P1 not syncing for {days} days."),
    ]


def test_while_an_ingester_is_at_work_it_is_named_and_the_ledger_left_alone(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_ingester(study, "nightly"):
        assert main(["doctor", "--format", "json", "--study", str(study.root)]) == 0
        told = {row["check"]: row["found"] for row in json.loads(capsys.readouterr().out)}
        assert f"`footfall nightly` is at work, process {os.getpid()} on " in told["ingester"]
        assert "not looked at, because the ledger is not open" in told["ledger"]
        owner = study.private / "ingest.owner"
        owner.write_text(owner.read_text().replace(str(os.getpid()), "999999999"))
        assert in_short(findings(study)) == [("warning", "ingester")]


def test_a_check_that_fails_itself_is_a_problem_and_the_others_go_on(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.root / "published" / "history" / "history.json").write_text("[1")
    original(study).unlink()
    assert main(["doctor", "--format", "json", "--study", str(study.root)]) == 1
    rows = [row for row in json.loads(capsys.readouterr().out) if row["severity"] == "problem"]
    assert {row["check"] for row in rows} >= {"published", "history", "originals"}
    assert all("Traceback" not in row["found"] for row in rows)
    assert any(row["found"].startswith("this could not be looked at: ") for row in rows if row["check"] == "history")


def test_versions_outside_of_the_declared_ranges_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "footfall-9.9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: footfall\nVersion: 9.9\nRequires-Python: >=9\nRequires-Dist: duckdb<1\n"
        'Requires-Dist: no-such-package>=2\nRequires-Dist: polars>=1\nRequires-Dist: other>=1; extra == "trial"\n'
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = [each.text.split(":")[0] for each in versions() if each.severity == "problem"]
    assert len(found) == 3
    assert (found[0].endswith("(needed"), found[1].startswith("duckdb 2") or found[1].startswith("duckdb 1")) == (
        True,
        True,
    )
    assert found[2].startswith("no-such-package is not installed")


def test_the_tables_of_everybody_are_made_again_and_a_tampered_one_is_found(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["doctor", "--study", str(study.root), "--verify"]
    assert main([*words, "all"]) == 0
    assert capsys.readouterr().out.startswith("2 participants: ")
    change(study, "UPDATE participant_day SET walking_minutes = 999 WHERE participant_id = 'P2'")
    assert main([*words, "2"]) == 1
    assert "P2" in capsys.readouterr().err
    for wrong in ("0", "many"):
        with pytest.raises(SystemExit, match="2"):
            main([*words, wrong])


def test_outside_of_a_study_the_installation_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--format", "json"]) == 1
    told = {(row["severity"], row["check"]) for row in json.loads(capsys.readouterr().out)}
    assert told == {("fine", "versions"), ("fine", "time zones"), ("problem", "study")}
    assert main(["doctor", "--study", str(tmp_path)]) == 1
