"""What the documentation shows is run: queries against the demo study, the dialect, the links."""

import re
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import connectors
from connectors.dialect_file import built_in, load
from pipelines.ingest import ingest
from pipelines.study_folder import StudyFolder, init_study
from warehouse.research import query

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_dialect_in_the_guide_is_a_valid_one(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "docs" / "formats.md", "toml")
    path = tmp_path / "acme_minutes.toml"
    path.write_text(block)
    assert load(path).name == "acme_minutes"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """P1 walked 40 minutes on two days of one whole week; P2 on none of a first week and on six days of a second; P3 sent a
    week's daily totals."""
    study = init_study(tmp_path_factory.mktemp("docs") / "study", "UTC")
    (study.root / "participants.csv").write_text(
        "participant_id,time_zone,start_date,end_date,arm\n"
        "P1,,2026-03-02,2026-03-08,walking\nP2,,2026-03-02,2026-03-15,control\n"
        "P3,,2026-03-02,2026-03-08,control\n"
    )
    days = "".join(f"3/{day}/2026,9000\n" for day in range(2, 9))
    (study.inbox / "P3").mkdir()
    (study.inbox / "P3" / "days.csv").write_text("ActivityDay,StepTotal\n" + days)
    rows = [
        f"{person},2026-03-{day:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z,"
        f"{110 if day in walked and 600 <= minute < 640 else 0}"
        for person, last, walked in (("P1", 8, (2, 3)), ("P2", 15, range(9, 15)))
        for day in range(2, last + 1)
        for minute in range(1440)
    ]
    (study.inbox / "p1.csv").write_text("participant_id,minute_start,steps\n" + "\n".join(rows) + "\n")
    ingest(study)
    return study


@pytest.mark.parametrize(
    "sql", blocks(ROOT / "docs" / "research-tables.md", "sql"), ids=lambda sql: " ".join(sql.split())[:40]
)
def test_every_query_of_the_guide_has_an_answer(study: StudyFolder, sql: str) -> None:
    assert query(study.research, sql).rows


def test_the_guide_finds_who_was_under_target_in_the_last_week_and_no_earlier_one(study: StudyFolder) -> None:
    sql = blocks(ROOT / "docs" / "research-tables.md", "sql")[1]
    assert query(study.research, sql).rows == [["P1", 1, "2026-03-08", 2, 2, 5]]


def test_the_python_of_the_guide_runs_beside_the_published_file(study: StudyFolder) -> None:
    (code,) = blocks(ROOT / "docs" / "research-tables.md", "python")
    done = subprocess.run([sys.executable, "-c", code], cwd=study.root, capture_output=True, text=True, check=True)
    assert done.stdout == "[(4,)]\n"


def test_a_drawn_day_shows_the_minutes_of_its_row_in_participant_day(study: StudyFolder, tmp_path: Path) -> None:
    main = runpy.run_path(str(ROOT / "docs" / "draw_day.py"))["main"]
    stated = "interval_start,interval_end,activity_type,steps\n2026-03-02T10:00:00Z,2026-03-02T10:40:00Z,walking,4400\n"
    (tmp_path / "stated.csv").write_text(stated)
    main([*map(str, (study.root, "P1", "2026-03-02", tmp_path / "day.svg", "--intervals", tmp_path / "stated.csv"))])
    picture = ET.parse(tmp_path / "day.svg").getroot()  # noqa: S314 - our own
    boxes = [int(box.attrib["data-minutes"]) for box in picture.iter() if box.get("class") == "bout"]
    told = query(
        study.research, "SELECT walking_minutes FROM participant_day WHERE participant_id = 'P1' ORDER BY local_date"
    )
    assert [[sum(boxes)]] == told.rows[:1] == [[40]]
    words = [text.text for text in picture.iter() if text.tag.endswith("}text")]
    assert {"4,400 steps on the day", "4,400 walking", "40 walking minutes", "1,440 min observed"} <= set(words)
    with pytest.raises(SystemExit, match="none of participant P1 on 2025"):
        main([str(study.root), "P1", "2025-03-02", str(tmp_path / "none.svg")])


def test_every_dialect_stands_in_the_table_of_formats() -> None:
    told = set(re.findall(r"`([a-z0-9_]+)`", (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")))
    assert set(built_in()) <= told


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples" / "dialects").glob("*.toml")), ids=lambda p: p.stem)
def test_an_example_of_a_study_dialect_loads(path: Path) -> None:
    dialect = load(path)
    assert dialect.name not in built_in()
    # nobody has seen a real file of these, and they say so
    assert dialect.evidence == "none"


def test_the_pedometer_nobody_has_heard_of_is_read_as_the_guide_says(tmp_path: Path) -> None:
    page = ROOT / "docs" / "dialects.md"
    table, dialect = blocks(page, "")[0], blocks(page, "toml")[0]
    example = (ROOT / "docs" / "examples" / "dialects" / "acme_stepper.toml").read_text(encoding="utf-8")
    assert dialect.partition("resolution")[2] == example.partition("resolution")[2]
    (tmp_path / "acme_stepper.toml").write_text(dialect, "utf-8")
    (tmp_path / "export.csv").write_text(table, "utf-8")
    recording = connectors.read(tmp_path / "export.csv", dialect_folder=tmp_path)
    told = re.findall(
        r"^\| (?:\d+ March )?\d\d:\d\d \| \d\d:\d\d \| (\d+) \| (a minute|a total)", page.read_text("utf-8"), re.M
    )
    assert [int(steps) for steps, becomes in told if becomes == "a minute"] == recording.epochs["steps"].to_list()
    assert [int(steps) for steps, becomes in told if becomes == "a total"] == recording.totals["steps"].to_list()
    assert len(told) == 5
