"""Files that cannot be used: each is set aside with a note that says why, and the rest of the inbox is loaded."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors.problems import SENTENCES
from pipelines.cli import main
from pipelines.ingest import ingest
from pipelines.run import Report
from pipelines.study_folder import StudyFolder
from sample_data.archives import zip_of
from sample_data.traces import SERIALS
from sample_data.trouble import half_an_archive
from tests.pipelines.folders import ask, drop, footfall, kept, native, new_study, reasons, sample, waiting


def _with_a_password(content: bytes) -> bytes:
    """A zip whose member says that it is encrypted, in its own header and in the list of members."""
    packed = bytearray(zip_of({"steps.csv": content}))
    packed[packed.index(b"PK\x03\x04") + 6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def _a_zip_with_one_bad_member() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("good.csv", native("P1", [104] * 31, "in-a-zip"))
        archive.writestr("bad.fit", sample("broken/picture.fit"))
    return buffer.getvalue()


#: name in the inbox -> (bytes, what the note says was found)
QUARANTINED = {
    "P1/empty.fit": (b"", "an empty file"),
    "P1/holiday.fit": (sample("broken/picture.fit"), "a picture, though its name ends in .fit"),
    "P1/half.zip": (half_an_archive(), "cut off or damaged"),
    "P1/two_orders.csv": (sample("broken/two_date_orders.csv"), "both orders"),
    "P1/locked.zip": (_with_a_password(native("P1", [100] * 30).encode()), "one that needs a password"),
    "P1/of_p2.csv": (
        native("P2", [100] * 30).encode(),
        "the folder says P1, the file's own participant column says P2",
    ),
    "P1/notes.txt": (b"walked well today\n", "text that is no table"),
    "P1/settings.json": (b'{"steps": 4}', "a JSON file"),
}
NO_STEPS = {
    "P1/route.gpx": (sample("broken/route_without_times.gpx"), "none with a time"),
    "P1/settings.fit": (sample("fit/settings.fit"), "a file of type settings"),
}
UNATTRIBUTED = {
    "W98/walk.fit": (sample("fit/walk_activity.fit"), "folder that is not in participants.csv"),
    "stranger.csv": (native("W99", [100] * 40).encode(), "a participant column"),
}
GOOD = {
    "P1/good.csv": native("P1", [100] * 40, "pedo").encode(),
    "P2/really_a_csv.fit": native("P2", [101] * 41, "pedo").encode(),
    "P2/really_a_fit.csv": sample("fit/monitoring_morning.fit"),
    "P1/mixed.zip": _a_zip_with_one_bad_member(),
    "P1/cut_off.fit": sample("broken/cut_off.fit"),
    "P1/crc.fit": sample("broken/damaged.fit"),
    "P2/walk.gpx": sample("gpx/walk.gpx"),
}
ASIDE = {"quarantined": QUARANTINED, "no_step_data": NO_STEPS, "unattributed": UNATTRIBUTED}


class Night(NamedTuple):
    """A study after a night with much trouble."""

    study: StudyFolder
    report: Report


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One inbox with every kind of trouble and some good files, ingested once."""
    study = new_study(tmp_path_factory.mktemp("bad") / "study", ["P1", "P2"])
    for files in ASIDE.values():
        for name, (content, _) in files.items():
            drop(study, name, content)
    for name, content in GOOD.items():
        drop(study, name, content)
    return Night(study, ingest(study))


@pytest.mark.parametrize(
    ("status", "name"), [(status, name) for status, files in ASIDE.items() for name in files], ids=lambda text: text
)
def test_a_file_that_cannot_be_used_has_a_note_that_says_why(status: str, name: str, night: Night) -> None:
    note = reasons(night.study)[name]
    lines = note.splitlines()
    assert lines[0] == name
    assert lines[1] == f"status: {status}"
    assert re.match(r"expected .+; found .+\.", lines[2])
    assert ASIDE[status][name][1] in note


@pytest.mark.parametrize("name", sorted({**QUARANTINED, **UNATTRIBUTED}))
def test_a_note_says_what_to_do(name: str, night: Night) -> None:
    explanation = reasons(night.study)[name].splitlines()[2]
    # a sentence after what was found: an order, which begins with a capital letter
    assert re.search(r"\. [A-Z][^.]+", explanation), explanation


def test_the_report_lists_all_that_was_set_aside(night: Night) -> None:
    expected = {(name, status) for status, files in ASIDE.items() for name in files}
    listed = {(name, status) for name, status, _ in night.report.set_aside}
    # the bad member of P1/mixed.zip is the same content as P1/holiday.fit, which comes first and stands for both
    assert listed == expected


def test_the_rest_of_the_inbox_is_loaded(night: Night) -> None:
    found = ask(
        night.study,
        "SELECT participant_id, connector, rows_read FROM source_file WHERE status = 'loaded' AND connector <> 'fit'"
        " ORDER BY ALL",
    )
    assert [row[:2] for row in found] == [("P1", "csv"), ("P1", "csv"), ("P2", "csv"), ("P2", "gpx")]
    assert [row[2] for row in found[:3]] == [31, 40, 41]
    assert ask(
        night.study, "SELECT participant_id FROM source_file WHERE status = 'loaded' AND connector = 'fit' ORDER BY ALL"
    ) == [("P1",), ("P1",), ("P2",)]


@pytest.mark.parametrize(
    ("code", "words"),
    [("truncated", "ends in the middle"), ("bad_crc", "the checksum is wrong")],
    ids=lambda text: text,
)
def test_a_damaged_recording_is_used_as_far_as_it_can_be_read_and_says_so(code: str, words: str, night: Night) -> None:
    [(reason, kept_rows, flagged)] = ask(
        night.study,
        "SELECT reason, rows_kept, rows_flagged FROM source_file"
        " WHERE participant_id = 'P1' AND connector = 'fit' AND status = 'loaded' AND contains(reason, ?)",
        f"({code}: 1, byte ",
    )
    assert words in reason
    assert kept_rows > 0
    assert flagged > 0


def test_the_status_says_in_words_what_is_to_know_about_loaded_files(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--format", "json", "--study", str(night.study.root)]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["section"] == "remarks"]
    told = {row["remark"]: (row["files"], row["such as"]) for row in rows}
    assert told[SENTENCES["bad_crc"]] == (1, "P1/crc.fit")
    assert told[SENTENCES["truncated"]] == (1, "P1/cut_off.fit")


def test_a_files_content_decides_what_it_is_and_not_its_name(night: Night) -> None:
    sql = "SELECT connector FROM source_file WHERE participant_id = 'P2' AND file_name LIKE ? AND status = 'loaded'"
    assert ask(night.study, sql, "%.fit") == [("csv",)]
    assert ask(night.study, sql, "%.csv") == [("fit",)]


def test_nothing_that_was_dropped_is_lost(night: Night) -> None:
    dropped = {content for files in ASIDE.values() for content, _ in files.values()} | set(GOOD.values())
    assert dropped <= set(kept(night.study))
    assert waiting(night.study) == []
    quarantined = {path.read_bytes() for path in night.study.quarantine.iterdir() if path.suffix != ".txt"}
    assert {content for name, (content, _) in QUARANTINED.items() if not name.endswith(".txt")} <= quarantined


def test_every_file_that_was_set_aside_is_listed_for_researchers(night: Night) -> None:
    listed = ask(night.study, "SELECT reason FROM exclusion WHERE what = 'file'")
    by_status = {
        status: sum(reason.startswith(f"{status}: ") for (reason,) in listed)
        for status in ("quarantined", "no_step_data")
    }
    assert by_status == {"quarantined": len(QUARANTINED), "no_step_data": len(NO_STEPS)}


def test_notes_hold_no_serial_number_and_no_coordinates(night: Night) -> None:
    text = "\n".join(reasons(night.study).values())
    assert not [serial for serial in SERIALS.values() if str(serial) in text]
    coordinates = re.findall(rb'l(?:at|on)="(-?\d+\.\d+)"', sample("broken/route_without_times.gpx"))
    assert coordinates
    assert not [degrees for degrees in coordinates if degrees.decode().lstrip("-")[:7] in text]


def test_the_published_file_holds_no_serial_number_and_no_original_name(night: Night) -> None:
    tables = [name for (name,) in ask(night.study, "SELECT table_name FROM duckdb_tables()")]
    cells = "\n".join(str(row) for name in tables for row in ask(night.study, f"SELECT * FROM {name}"))
    assert not [serial for serial in SERIALS.values() if str(serial) in cells]
    assert not [word for word in ("holiday", "really_a", "two_orders", "locked") if word in cells]


def test_a_second_night_finds_nothing_new_to_complain_about(night: Night) -> None:
    before = reasons(night.study)
    report = ingest(night.study)
    assert not report.statuses
    assert reasons(night.study) == before


def test_files_set_aside_are_a_failure_only_if_asked_to_be_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    drop(study, "P1/good.csv", native("P1", [100] * 40))
    drop(study, "P1/empty.fit", b"")
    assert main(["ingest", "--study", str(study.root)]) == 0
    told = capsys.readouterr().out
    assert "Files: 1 loaded, 1 quarantined." in told
    assert "P1/empty.fit" in told
    drop(study, "P1/picture.fit", sample("broken/picture.fit"))
    drop(study, "P1/more.csv", native("P1", [90] * 50))
    strict = footfall("ingest", "--strict", "--study", study.root)
    assert strict.returncode == 1
    assert ask(study, "SELECT count(*) FROM source_file WHERE status = 'loaded'") == [(2,)]
    drop(study, "P1/most.csv", native("P1", [90] * 60))
    assert main(["ingest", "--strict", "--study", str(study.root)]) == 0


def test_a_file_that_can_be_used_now_loses_its_note(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study", ["P1"])
    drop(study, "mine.csv", native("P2", [100] * 40))
    ingest(study)
    assert list(reasons(study)) == ["mine.csv"]
    (study.root / "participants.csv").write_text("participant_id\nP1\nP2\n")
    ingest(study)
    assert reasons(study) == {}
    assert ask(study, "SELECT participant_id, count(*) FROM minute GROUP BY ALL") == [("P2", 40)]
