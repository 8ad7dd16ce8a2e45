"""The command `footfall`: what it lists, prints and refuses, as a person at a terminal meets it."""

import csv
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.ingest import ingest
from pipelines.study_folder import StudyFolder
from tests.pipelines.folders import ask, drop, footfall, native, new_study

COMMANDS = [
    "init",
    "demo",
    "ingest",
    "retry",
    "rebuild",
    "watch",
    "nightly",
    "serve",
    "status",
    "doctor",
    "adherence",
    "explain",
    "sql",
    "lock",
    "diff",
    "withdraw",
    "dialect",
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A small study with something of everything; the tests of this module only read it."""
    made = new_study(tmp_path_factory.mktemp("cli") / "study", ["P1,,2026-03-02,,=cmd", "P2,,2026-03-02,,walking"])
    drop(made, "P1/a.csv", native("P1", [100] * 840))
    drop(made, "P2/b.csv", native("P2", [0] * 800))
    drop(made, "P2/empty.fit", b"")
    drop(made, "stranger.csv", native("P9", [100] * 40))
    ingest(made)
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> StudyFolder:
    """A study to break."""
    return new_study(tmp_path / "study")


def test_help_lists_the_commands_that_exist() -> None:
    begin = time.monotonic()
    done = footfall("--help")
    assert time.monotonic() - begin < 2
    assert done.returncode == 0
    assert re.findall(r"^    ([a-z]+)\b", done.stdout.split("COMMAND\n")[1], re.MULTILINE) == COMMANDS


def test_help_loads_none_of_the_heavy_libraries() -> None:
    program = (
        "import sys, pipelines.cli; pipelines.cli.parser().format_help();"
        "print([name for name in ('polars', 'duckdb', 'prefect', 'numpy', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main([command, "--help"])
    assert f"usage: footfall {command}" in capsys.readouterr().out


def test_the_study_may_be_named_before_or_after_the_command_or_be_above_the_working_folder(study: StudyFolder) -> None:
    question = "SELECT count(*) AS n FROM participant"
    answers = [
        footfall("--study", study.root, "sql", question, "--format", "json"),
        footfall("sql", question, "--format", "json", "--study", study.root),
        footfall("sql", question, "--format", "json", cwd=study.archive),
    ]
    assert [json.loads(answer.stdout) for answer in answers] == [[{"n": 2}]] * 3


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["ingest", "--fast"], ["init", "somewhere"], ["sql"], ["status", "--format", "xml"]], ids=str
)
def test_wrong_usage_is_exit_status_2_and_one_paragraph(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(words)
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"footfall: [^\n]+\n", said.err)


def test_wrong_usage_ends_the_real_command_with_2() -> None:
    done = footfall("fly")
    assert (done.returncode, done.stdout) == (2, "")


Refused = Callable[..., None]


@pytest.fixture
def refused(fresh: StudyFolder, capsys: pytest.CaptureFixture[str]) -> Refused:
    """An ingestion fails with one paragraph that says all of this."""

    def check(*wanted: str) -> None:
        assert main(["ingest", "--study", str(fresh.root)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert re.fullmatch(r"footfall: [^\n]+\n", said.err), said.err
        assert [words for words in wanted if words not in said.err] == []
        assert not fresh.research.exists()

    return check


def test_a_study_toml_that_is_no_toml_is_named(fresh: StudyFolder, refused: Refused) -> None:
    (fresh.root / "study.toml").write_text('[study]\nname = "unfinished\n')
    refused("study.toml", "expected TOML")


def test_a_key_that_study_toml_does_not_have_is_named(fresh: StudyFolder, refused: Refused) -> None:
    (fresh.root / "study.toml").write_text('[study]\ntimezone = "UTC"\n')
    refused("study.toml", "'timezone'", "time_zone")


def test_a_date_in_another_order_is_named_by_file_line_and_cell(fresh: StudyFolder, refused: Refused) -> None:
    (fresh.root / "participants.csv").write_text("# people\nparticipant_id,start_date\nP1,2026-03-02\nP2,02/03/2026\n")
    refused("participants.csv, line 4, start_date", "'02/03/2026'", "YYYY-MM-DD")


def test_a_zone_that_does_not_exist_is_named(fresh: StudyFolder, refused: Refused) -> None:
    (fresh.root / "participants.csv").write_text("participant_id,time_zone\nP1,Australia/Sidney\n")
    refused("participants.csv, line 2, time_zone", "'Australia/Sidney'")


def test_somebody_unknown_in_devices_csv_is_named(fresh: StudyFolder, refused: Refused) -> None:
    (fresh.root / "devices.csv").write_text("device_id,participant_id\nd1,P7\n")
    refused("devices.csv, line 2", "'P7'")


def test_no_study_is_said_in_one_paragraph(tmp_path: Path) -> None:
    for done in (footfall("status", cwd=tmp_path), footfall("status", "--study", tmp_path)):
        assert done.returncode == 1
        assert re.fullmatch(r"footfall: [^\n]*study\.toml[^\n]*\n", done.stderr)


def test_init_refuses_a_folder_with_something_in_it(fresh: StudyFolder) -> None:
    before = (fresh.root / "study.toml").read_bytes()
    done = footfall("init", fresh.root, "--time-zone", "UTC")
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert (fresh.root / "study.toml").read_bytes() == before


def test_a_csv_of_another_country_and_another_editor_is_read(fresh: StudyFolder) -> None:
    text = "# Personen\r\nparticipant_id;time_zone;start_date;arm\r\n\r\n# alle\r\nP1;Europe/Berlin;2026-03-02;walking\r\n;;;\r\n"
    (fresh.root / "participants.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    ingest(fresh)
    found = ask(fresh, "SELECT participant_id, time_zone, start_date::VARCHAR, arm FROM participant")
    assert found == [("P1", "Europe/Berlin", "2026-03-02", "walking")]


def test_the_weeks_as_json_and_as_csv_are_those_of_the_table(study: StudyFolder) -> None:
    columns = "participant_id, week_number, eligible_days, success_days_lo, success_days_hi, adherent_days, status"
    table = ask(study, f"SELECT {columns} FROM participant_week ORDER BY ALL")
    assert table
    names = columns.split(", ")
    rows = json.loads(footfall("adherence", "--format", "json", "--study", study.root).stdout)
    assert [tuple(row[name] for name in names) for row in rows] == table
    text = footfall("adherence", "--format", "csv", "--study", study.root).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [tuple(row[name] for name in names) for row in rows] == [
        tuple("" if cell is None else str(cell) for cell in row) for row in table
    ]


def test_the_grid_shows_one_participant_or_says_that_there_is_none(study: StudyFolder) -> None:
    grid = footfall("adherence", "--participant", "P2", "--study", study.root)
    assert "P2" in grid.stdout
    assert "P1" not in grid.stdout
    nobody = footfall("adherence", "--participant", "P7", "--study", study.root)
    assert nobody.returncode == 1
    assert "'P7'" in nobody.stderr


def test_a_spreadsheet_is_given_no_formula(study: StudyFolder) -> None:
    done = footfall(
        "sql", "SELECT arm, '@x' AS at, -5 AS n FROM participant ORDER BY 1", "--format", "csv", "--study", study.root
    )
    assert done.stdout.splitlines() == ["arm,at,n", "'=cmd,'@x,-5", "walking,'@x,-5"]


@pytest.mark.parametrize("question", ["SELEC 1", "DROP TABLE minute", "SELECT * FROM read_csv('/etc/passwd')"])
def test_a_wrong_or_forbidden_question_is_one_paragraph(question: str, study: StudyFolder) -> None:
    done = footfall("sql", question, "--study", study.root)
    assert done.returncode == 1
    assert done.stderr.startswith("footfall: ")
    assert "Traceback" not in done.stderr


def test_the_status_as_json_lists_files_reasons_strangers_and_last_data(study: StudyFolder) -> None:
    rows = json.loads(footfall("status", "--format", "json", "--study", study.root).stdout)
    files = {row["status"]: row["files"] for row in rows if row["section"] == "files"}
    assert files == {"loaded": 2, "quarantined": 1, "unattributed": 1}
    assert [row["file"] for row in rows if row["section"] == "set_aside"] == ["P2/empty.fit"]
    assert [row["id in the file"] for row in rows if row["section"] == "waiting"] == ["P9"]
    assert [row["participant_id"] for row in rows if row["section"] == "last_data"] == ["P1", "P2"]
