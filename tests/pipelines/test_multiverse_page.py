"""`footfall adherence --multiverse`: one page on how far the answers depend on the definition."""

import json
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.cli import main
from pipelines.multiverse_page import arm_lines
from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, ask, make_study, native, whole_day


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "180")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    days = [f"2024-03-{day:02d}" for day in range(4, 11)]
    made = make_study(
        tmp_path_factory.mktemp("page") / "study",
        [
            {"participant_id": "W1", "start_date": MONDAY, "arm": "walking"},
            {"participant_id": "C1", "start_date": MONDAY, "arm": "control"},
        ],
        toml={"as_of": "2024-03-17"},
        files={
            f"{name}.csv": native(
                row for day in days for row in whole_day(name, MONDAY.replace(day=int(day[-2:])), walked)
            )
            for name, walked in (("W1", 40), ("C1", 0))
        },
    )
    ingest.ingest(made, [made.inbox / name for name in ("W1.csv", "C1.csv")])
    return made


def page(study: StudyFolder, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["adherence", "--study", str(study.root), "--multiverse", *more]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_page_says_how_the_shares_move_and_which_weeks_stand(
    study: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page(study, capsys)
    # one week of each met and not met whatever the definition; the second week has no data
    assert "1 of 4 weeks were met, 1 not, 2 cannot be told, so between 25% and 75% were met" in text
    assert "the lower bound lies between 25% and 25%, the upper between 75% and 75%" in text
    assert "4 of 4 weeks have one answer under every definition; 0 are met under one" in text
    assert "steps in a minute that count as walking 60* 1 1 2 25% to 75%" in text
    assert "walking against control: more weeks met for certain in 0 of 72 definitions, fewer in 0" in text
    assert "walking is ahead by +0 to +100 percentage points" in text


def test_the_page_is_there_for_programs_too(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(page(study, capsys, "--format", "json"))
    assert len(rows) == ask(study, "SELECT count(*) AS n FROM multiverse_summary")[0]["n"] == 3 * 72
    assert {row["arm"] for row in rows} == {None, "walking", "control"}


def test_arms_are_told_apart_only_where_their_bounds_do_not_touch() -> None:
    def row(universe: str, arm: str, low: float, high: float) -> dict[str, object]:
        return {"universe_id": universe, "arm": arm, "share_lo": low, "share_hi": high, "is_protocol": universe == "u1"}

    [line] = arm_lines(
        [
            row("u1", "walking", 0.6, 0.8), row("u1", "control", 0.3, 0.5),
            row("u2", "walking", 0.5, 0.8), row("u2", "control", 0.3, 0.5),
            row("u3", "walking", 0.1, 0.2), row("u3", "control", 0.3, 0.5),
        ]
    )  # fmt: skip
    assert "certain in 1 of 3 definitions, fewer in 1, not told by the bounds in 1" in line
    assert "ahead by +10 to +50 percentage points" in line


def test_a_study_without_weeks_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = make_study(tmp_path / "study", [])
    ingest.ingest(empty)
    assert "No weeks yet" in page(empty, capsys)
