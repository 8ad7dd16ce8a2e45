"""The demonstration study against what its simulated people really did."""

import collections
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines import demo as demonstration
from pipelines.demo import make_demo
from pipelines.errors import StudyError
from pipelines.ingest import ingest
from pipelines.run import Report
from pipelines.study_folder import StudyFolder
from sample_data.study import write_study
from sample_data.truth import ExpectedFile, Truth
from tests.pipelines.folders import ask, ask_file, fingerprints, kept, reasons, statuses, waiting
from warehouse.database import DATABASE_NAME


class Demo(NamedTuple):
    """The demonstration as it was made and after one plain ingestion, what it ought to hold, and the bytes dropped."""

    made: Path
    study: StudyFolder
    report: Report
    truth: Truth
    dropped: collections.Counter[bytes]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One demonstration for all tests of this module; tests leave its tables as they are."""
    root = tmp_path_factory.mktemp("demo")
    told: list[Truth] = []

    def write_and_tell(folder: Path, seed: int) -> Truth:
        told.append(write_study(folder, seed))
        return told[-1]

    # what the generator says of the study that it writes: to write another one would take as long again
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demonstration, "write_study", write_and_tell)
        made = make_demo(root / "made").root
    study = StudyFolder(root / "study")
    shutil.copytree(made, study.root)
    dropped = collections.Counter(path.read_bytes() for path in study.inbox.rglob("*") if path.is_file())
    [truth] = told
    return Demo(made, study, ingest(study), truth, dropped)


def _expected(truth: Truth) -> list[ExpectedFile]:
    # the generator counts the zip inside W02's zip as a container of its own; the product opens it and lists what it
    # holds as members of the outer one, which is the only original there is
    return [row for row in truth.expected_files if not (row.status == "container" and row.member)]


def _name(row: ExpectedFile) -> str:
    """What the ledger calls it: members behind "!/"."""
    member = row.member.replace(".zip/", ".zip!/")
    return row.path.removeprefix("inbox/") + (f"!/{member}" if member else "")


def test_every_participant_week_is_what_the_simulated_person_did(demo: Demo) -> None:
    found = ask(
        demo.study,
        """SELECT participant_id, week_number, week_start, prescribed_days, prescribed_minutes, eligible_days,
            success_days_lo, success_days_hi, coalesce(adherent_days, ''), status
        FROM participant_week WHERE protocol_id = 'walkback' ORDER BY ALL""",
    )
    asked = {row.participant_id for row in demo.truth.weeks}
    weeks = {(row[0], row[1]): row[2:] for row in found}
    assert {who for who, _ in weeks} == asked
    truth = {
        (row.participant_id, row.week_number): (
            row.week_start,
            row.prescribed_days,
            row.prescribed_minutes,
            row.eligible_days,
            row.success_days_lo,
            row.success_days_hi,
            row.adherent_days,
            row.status,
        )
        for row in demo.truth.weeks
    }
    assert {key: row[:1] + row[3:] for key, row in weeks.items()} == {
        key: row[:1] + row[3:] for key, row in truth.items()
    }
    # where nothing is prescribed the published prescription is empty, and the target is the protocol's
    prescribed = {key: row for key, row in weeks.items() if row[1] is not None}
    assert {key: row[:3] for key, row in prescribed.items()} == {key: truth[key][:3] for key in prescribed}


def test_every_participant_day_is_what_the_simulated_person_did(demo: Demo) -> None:
    found = ask(
        demo.study,
        """SELECT participant_id, local_date, state, coalesce(target_met, '')
        FROM participant_day WHERE protocol_id = 'walkback'""",
    )
    days = {(who, date): (state, met) for who, date, state, met in found}
    assert len(days) == len(found)
    truth = {(row.participant_id, row.local_date): (row.state, row.met) for row in demo.truth.days}
    assert {key: days.get(key) for key in truth} == truth
    assert {days[key][0] for key in days.keys() - truth.keys()} <= {"ineligible"}


def test_the_steps_of_a_day_are_those_that_its_files_state(demo: Demo) -> None:
    found = ask(
        demo.study, "SELECT participant_id, local_date, steps FROM participant_day WHERE protocol_id = 'walkback'"
    )
    days = {(who, date): steps for who, date, steps in found}
    stated = {
        (row.participant_id, row.local_date): row.steps
        for row in demo.truth.days
        if row.steps is not None and row.state != "ineligible"
    }
    assert {key: days[key] for key in stated} == stated


def test_every_file_ends_as_it_should(demo: Demo) -> None:
    found = ask_file(
        demo.study.private / DATABASE_NAME,
        """SELECT inbox_path, CASE WHEN receipt_number = 1 THEN status ELSE 'duplicate' END
        FROM ledger.receipt JOIN ledger.source_file USING (source_file_id)""",
    )
    truth = {_name(row): row.status for row in _expected(demo.truth)}
    assert dict(found) == truth


def test_files_are_counted_alike_in_the_report_and_in_the_published_file(demo: Demo) -> None:
    counts = dict(collections.Counter(row.status for row in _expected(demo.truth)))
    assert dict(demo.report.statuses) == counts
    assert statuses(demo.study) == counts


def test_every_dropped_content_is_kept_and_the_inbox_is_empty(demo: Demo) -> None:
    assert waiting(demo.study) == []
    originals = kept(demo.study)
    assert set(demo.dropped) <= set(originals)
    assert all(count == 1 for count in originals.values())


def test_everything_that_was_set_aside_has_a_note_but_what_an_archive_holds_beside_steps(demo: Demo) -> None:
    aside = [row for row in _expected(demo.truth) if row.status in ("quarantined", "unattributed", "no_step_data")]
    inside = [row for row in aside if row.member and row.status == "no_step_data"]
    assert inside
    aside = [row for row in aside if row not in inside]
    assert len(reasons(demo.study)) == len(aside)


def test_dropping_every_archived_original_again_changes_no_table(demo: Demo, tmp_path: Path) -> None:
    study = StudyFolder(tmp_path / "study")
    shutil.copytree(demo.study.root, study.root)
    originals = [path for path in study.archive.rglob("*") if path.is_file()]
    for number, original in enumerate(originals):
        shutil.copyfile(original, study.inbox / f"again_{number:04d}{original.suffix}")
    report = ingest(study)
    assert dict(report.statuses) == {"duplicate": len(originals)}
    assert fingerprints(study) == fingerprints(demo.study)
    assert waiting(study) == []


def test_somebody_who_sends_daily_totals_only_never_fails_a_day_or_a_week(demo: Demo) -> None:
    who = "W13"
    assert ask(demo.study, "SELECT count(*) FROM minute WHERE participant_id = ?", who) == [(0,)]
    days = ask(demo.study, "SELECT DISTINCT state, target_met FROM participant_day WHERE participant_id = ?", who)
    assert set(days) <= {("missing", "unknown"), ("ineligible", None)}
    weeks = ask(demo.study, "SELECT DISTINCT adherent_days FROM participant_week WHERE participant_id = ?", who)
    assert weeks == [("unknown",)]
    assert ask(demo.study, "SELECT max(steps_reported) > 2000 FROM participant_day WHERE participant_id = ?", who) == [
        (True,)
    ]


def test_nothing_counts_after_consent_for_data_was_withdrawn(demo: Demo) -> None:
    [(who, last)] = ask(
        demo.study, "SELECT participant_id, date FROM outcome WHERE kind = 'withdrawal' AND value = 'data'"
    )
    after = ask(
        demo.study, "SELECT DISTINCT state, target_met FROM participant_day WHERE participant_id = ? AND local_date > ?",
        who, last,
    )  # fmt: skip
    assert after == [("ineligible", None)]
    weeks = ask(
        demo.study,
        "SELECT DISTINCT status, adherent_days FROM participant_week WHERE participant_id = ? AND week_start > ?",
        who, last,
    )  # fmt: skip
    assert weeks == [("ineligible", None)]


def test_a_demonstration_replaces_an_earlier_one_and_no_other_folder(demo: Demo, tmp_path: Path) -> None:
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter1.txt").write_text("do not lose")
    with pytest.raises(StudyError, match="Nothing was changed"):
        make_demo(precious)
    assert [path.name for path in precious.iterdir()] == ["chapter1.txt"]
    earlier = StudyFolder(tmp_path / "demo")
    shutil.copytree(demo.made, earlier.root)
    (earlier.inbox / "left_over.csv").write_text("of the first demonstration")
    study = make_demo(earlier.root)
    assert not (study.inbox / "left_over.csv").exists()
    assert (study.root / "truth" / "expected_weeks.csv").is_file()
