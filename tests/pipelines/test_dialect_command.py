"""`footfall dialect check` and `footfall dialect draft`, as a data manager meets them."""

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from connectors.dialect_file import load
from pipelines.cli import main
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import SAMPLES, footfall, new_study

ZEPP = next((SAMPLES / "csv" / "zepp_minute").glob("*0.csv"))
MORNING = dt.datetime.fromisoformat("2026-03-14T10:00:00")
OWN = """
title = "Acme stepper"
evidence = "file"
source = "its menu"
resolution = "minute"
[match]
header = ["when", "count"]
[columns]
steps = ["count"]
[device]
manufacturer = "acme"
model = "stepper"
device_class = "pedometer"
[time]
stamp = ["when"]
zone = "local"
formats = ["%Y-%m-%d %H:%M"]
[interval]
seconds = 60
"""


@pytest.fixture(autouse=True)
def _outside_any_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return new_study(tmp_path / "study", time_zone="Australia/Sydney")


def acme(path: Path, counts: Iterable[int], start: dt.datetime = MORNING) -> Path:
    rows = (f"{start + n * dt.timedelta(minutes=1):%Y-%m-%d %H:%M},{count}" for n, count in enumerate(counts))
    path.write_text("\n".join(["when,count", *rows]) + "\n")
    return path


def with_own(study: StudyFolder, text: str = OWN, name: str = "acme") -> StudyFolder:
    (study.dialects / f"{name}.toml").write_text(text)
    return study


class Told:
    """What the command said; `text` with all runs of blanks as one, since tables fold long cells."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        self.text = " ".join(out.split())


Run = Callable[..., Told]


@pytest.fixture
def dialect(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Told:
        status = main(["dialect", *map(str, words)])
        return Told(status, *capsys.readouterr())

    return run


def test_a_file_that_is_read_is_shown_as_it_is_understood(dialect: Run) -> None:
    told = dialect("check", ZEPP)
    assert told.status == 0
    for words in (
        "dialect zepp_minute (built in)",
        "Zepp or Zepp Life minute steps",
        "utf-8; delimiter: comma",
        "the participant's own clock (local)",
        "given in the form of the times: %Y-%m-%d %H:%M",
        "zepp-zepp 2026-03-12 07:20:00 2026-03-12 07:21:00 106 local",
        "steps in all 4600",
        "most steps a minute 118",
        "2026-03-12 4059 39 39",
        "no row has 0 steps",
        "Claimed by csv dialect zepp_minute alone, and read.",
    ):
        assert words in told.text, told.out


def test_files_that_are_no_table_are_checked_too(dialect: Run) -> None:
    files = [next((SAMPLES / kind).glob(f"*.{kind}")) for kind in ("fit", "gpx")]
    told = dialect("check", *files)
    assert told.status == 0, told.out
    assert told.text.count("connector fit, by its bytes") == told.text.count("connector gpx, by its bytes") == 1


def test_the_date_order_is_said_with_how_it_is_known(dialect: Run) -> None:
    folder = SAMPLES / "csv"
    files = [folder / "fitabase_hourly" / "hourlySteps_merged.csv", folder / "garmin_steps" / "Steps.csv"]
    files.append(folder / "actigraph_epoch" / "half_minutes.csv")
    told = dialect("check", *files)
    assert "month before day, given by the dialect" in told.text
    assert "month before day, proved by the file" in told.text
    assert "captured from the lines above the table" in told.text
    assert "no row is as short as a minute" in told.text


def test_what_nobody_claims_shows_the_nearest_dialects_and_what_they_miss(dialect: Run, tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("ActivityMin,Steps,Extra\n3/14/2026 10:00:00 AM,5,1\n")
    told = dialect("check", path)
    assert told.status == 1
    assert "fitabase_minute_narrow" in told.text
    assert "a column named activityminute" in told.text
    assert "write that in match.header" in told.text
    assert (
        "found a CSV with the columns (another), steps, (another). `footfall dialect draft` proposes a dialect"
        in told.text
    )
    assert len({row["dialect"] for row in rows_of(dialect, path) if row["section"] == "nearest"}) == 3


def rows_of(dialect: Run, *words: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(dialect("check", *words, "--format", "json").out)
    return found


def test_a_wrong_file_name_and_a_wrong_delimiter_are_what_is_missing(dialect: Run, tmp_path: Path) -> None:
    (tmp_path / "renamed.csv").write_bytes(ZEPP.read_bytes().replace(b",", b"|"))
    misses = [row for row in rows_of(dialect, tmp_path / "renamed.csv") if row.get("dialect") == "zepp_minute"]
    assert [str(row["needs, and did not find"])[:18] for row in misses] == ["a file name like a", "columns parted by "]


def test_what_several_claim_names_each_and_how_it_knows_it(dialect: Run, study: StudyFolder, tmp_path: Path) -> None:
    with_own(study)
    with_own(study, OWN.replace("Acme stepper", "Another"), "other")
    told = dialect("check", acme(tmp_path / "a.csv", [5] * 9), "--study", study.root)
    assert told.status == 1
    assert "Several dialects claim it" in told.text
    for words in ("Acme stepper", "Another", "columns when, count", "make its match stricter"):
        assert words in told.text


def test_dialects_of_a_study_count_if_it_is_named_or_around(
    dialect: Run, study: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_own(study)
    path = acme(tmp_path / "a.csv", [100] * 30)
    assert dialect("check", path).status == 1
    told = dialect("check", path, "--study", study.root)
    assert (told.status, "dialect acme (of the study)" in told.text) == (0, True)
    monkeypatch.chdir(study.inbox)
    assert dialect("check", path).status == 0


def test_a_claimed_file_that_cannot_be_read_is_told_with_its_line(
    dialect: Run, study: StudyFolder, tmp_path: Path
) -> None:
    path = acme(tmp_path / "a.csv", [100] * 30)
    path.write_text(path.read_text().replace("10:07,100", "10:07,many"))
    told = dialect("check", path, "--study", with_own(study).root)
    assert told.status == 1
    assert "Claimed by csv dialect acme, but cannot be read: expected rows of dialect acme" in told.text
    assert "at line 9" in told.text


def test_every_malformed_dialect_of_the_study_is_named_with_its_key(dialect: Run, study: StudyFolder) -> None:
    with_own(study, OWN.replace('zone = "local"', 'zone = "mars"'))
    with_own(study, OWN.replace("[interval]\nseconds = 60", "[interval]\nsecond = 60"), "other")
    told = dialect("check", ZEPP, "--study", study.root)
    assert (told.status, told.out) == (1, "")
    assert re.fullmatch(r"footfall: [^\n]+\n", told.err)
    for words in ("acme.toml: time.zone: 'mars' is not known", "other.toml: interval.second: unknown key"):
        assert words in told.err


def test_each_member_of_an_archive_is_checked_under_its_name(dialect: Run, tmp_path: Path) -> None:
    path = tmp_path / "account.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(ZEPP, f"export/{ZEPP.name}")
        archive.writestr("export/profile.txt", "nothing here")
    told = dialect("check", path)
    assert told.status == 1
    assert f"account.zip!/export/{ZEPP.name}" in told.text
    assert "Claimed by csv dialect zepp_minute alone, and read." in told.text
    assert "account.zip!/export/profile.txt" in told.text


def test_a_broken_archive_and_a_missing_file_are_said(dialect: Run, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    told = dialect("check", tmp_path / "a.zip")
    assert (told.status, "Cannot be unpacked: expected a whole zip file" in told.text) == (1, True)
    told = dialect("check", tmp_path / "none.csv")
    assert (told.status, told.err.startswith("footfall: expected a file; found nothing at")) == (1, True)


def test_csv_and_json_hold_what_the_table_shows(dialect: Run) -> None:
    rows = rows_of(dialect, ZEPP)
    assert rows[0] | {"sound": None} == rows[0] | {"section": "verdict", "sound": None}
    counts = {row["item"]: row["value"] for row in rows if row["section"] == "counts"}
    assert (counts["steps in all"], counts["rows in the file"]) == (4600, 45)
    told = dialect("check", ZEPP, "--format", "csv")
    assert told.status == 0
    assert [row["section"] for row in csv.DictReader(io.StringIO(told.out))] == [row["section"] for row in rows]


@pytest.mark.parametrize(
    ("counts", "start", "says"),
    [
        ([100] * 60, "2026-03-14T02:00:00", "100% of the steps lie between 00:00 and 05:00 by the participant's clock"),
        ([100] * 20 + [251], "2026-03-14T10:00:00", "251 steps in a minute; people walk up to 220"),
        ([0] * 20 + [90], "2026-03-14T10:00:00", "zeros are written: 20 of 21 rows; they do not prove"),
        ([90] * 10 + [0] * 2900, "2026-03-14T10:00:00", "2 of 3 days have no step at all: not worn"),
    ],
)
def test_what_looks_wrong_is_said(
    counts: list[int], start: str, says: str, dialect: Run, study: StudyFolder, tmp_path: Path
) -> None:
    path = acme(tmp_path / "a.csv", counts, dt.datetime.fromisoformat(start))
    told = dialect("check", path, "--study", with_own(study).root)
    assert told.status == 0
    assert says in told.text, told.out


def test_night_is_told_in_utc_by_the_studys_zone_only(dialect: Run, study: StudyFolder, tmp_path: Path) -> None:
    path = tmp_path / "native.csv"
    rows = [f"P1,2026-03-14T16:{n:02d}:00Z,100" for n in range(60)]
    path.write_text("\n".join(["participant_id,minute_start,steps", *rows]) + "\n")
    assert "which hours are night was not looked at" in dialect("check", path).text
    told = dialect("check", path, "--study", study.root)
    assert "100% of the steps lie between 00:00 and 05:00 by the clock of Australia/Sydney" in told.text


def test_a_draft_goes_to_standard_output_and_its_check_to_standard_error(dialect: Run, tmp_path: Path) -> None:
    path = acme(tmp_path / "a.csv", [100, 90, 0, 110, 80] * 12)
    told = dialect("draft", path)
    assert told.status == 0
    (tmp_path / "made.toml").write_text(told.out)
    assert load(tmp_path / "made.toml").columns.steps == ("count",)
    said = " ".join(told.err.split())
    assert "dialect draft (this draft)" in said
    assert "steps in all 4560" in said
    assert re.search(r"The draft asks \d questions: answer each in it\.", said)


def test_a_draft_that_is_saved_is_used_by_the_study(dialect: Run, study: StudyFolder, tmp_path: Path) -> None:
    path, out = acme(tmp_path / "a.csv", [100, 90, 0, 110, 80] * 12), study.dialects / "stepper.toml"
    told = dialect("draft", path, "-o", out, "--study", study.root)
    assert (told.status, told.err) == (0, "")
    assert "dialect stepper (this draft)" in told.text
    before = out.read_text()
    assert dialect("check", path, "--study", study.root).status == 0
    again = dialect("draft", path, "-o", out)
    assert again.status == 1
    assert "expected a new file" in again.err
    assert out.read_text() == before
    known = dialect("draft", path, "--study", study.root)
    assert (known.status, known.out) == (1, "")
    assert "a.csv is read already, by csv dialect stepper. Nothing was drafted" in known.err


def test_a_draft_whose_date_order_is_open_says_why_it_cannot_be_read_yet(dialect: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"03/05/2026 {hour % 12 or 12}:00 {'AM' if hour < 12 else 'PM'},{hour * 10}" for hour in range(24)]
    path.write_text("\n".join(["When,Pas", *rows]) + "\n")
    told = dialect("draft", path, "-o", tmp_path / "own.toml")
    assert told.status == 0
    assert "not proved: no date has a number over 12" in told.text
    assert "cannot be read: expected a date that shows whether day or month comes first" in told.text


def test_what_cannot_be_drafted_is_one_paragraph(dialect: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all\nhello\n")
    fresh = acme(tmp_path / "a.csv", [5] * 9)
    for words, says in (
        ((ZEPP,), "is read already, by csv dialect zepp_minute"),
        ((tmp_path / "letter.txt",), "letter.txt: expected a table with a line of column names"),
        ((fresh, "-o", tmp_path / "native.toml"), "no built-in dialect's"),
        ((fresh, "-o", tmp_path / "none" / "x.toml"), "expected a folder"),
        ((tmp_path,), "found a folder"),
    ):
        told = dialect("draft", *words)
        assert (told.status, told.out) == (1, "")
        assert re.fullmatch(r"footfall: [^\n]+\n", told.err)
        assert says in told.err


def test_the_real_command_answers_and_explains_itself(tmp_path: Path) -> None:
    done = footfall("dialect", "check", ZEPP, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: footfall dialect draft" in footfall("dialect", "draft", "--help").stdout
