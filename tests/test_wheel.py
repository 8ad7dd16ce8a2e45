"""The built wheel carries everything it needs: SQL, rules, dialects, generator."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("footfall-*.whl")
    return built


def test_the_wheel_holds_every_sql_rule_and_dialect_file_of_the_checkout(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for pattern in (
            "warehouse/**/*.sql",
            "warehouse/rules/*.csv",
            "connectors/dialects/*.toml",
            "connectors/fit/*.csv",
            "*/*.py",
        )
        for path in ROOT.glob(pattern)
        if path.parts[len(ROOT.parts)] in ("connectors", "pipelines", "warehouse", "sample_data")
    }
    assert wanted <= names
    assert not [name for name in names if name.startswith("tests/")]


def test_an_ingest_runs_from_the_wheel_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / "python"
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes",
         "-r", str(ROOT / "requirements.lock")],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--no-deps", str(wheel)],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    where = subprocess.run(
        [str(python), "-c", "import warehouse; print(warehouse.__file__)"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    ).stdout  # fmt: skip
    assert str(home) in where
    footfall = str(scripts / "footfall")
    study = tmp_path / "study"
    subprocess.run([footfall, "init", str(study), "--time-zone", "UTC"], check=True, capture_output=True, cwd=tmp_path)
    (study / "participants.csv").write_text(
        "participant_id,time_zone,start_date,end_date,arm\nP1,,2026-03-02,2026-03-08,\n"
    )
    rows = [
        f"P1,2026-03-02T{hour:02d}:{minute:02d}:00Z,{110 if hour == 10 else 0}"
        for hour in range(24)
        for minute in range(60)
    ]
    (study / "inbox" / "p1.csv").write_text("participant_id,minute_start,steps\n" + "\n".join(rows) + "\n")
    subprocess.run([footfall, "ingest", "--study", str(study)], check=True, capture_output=True, cwd=tmp_path)
    told = subprocess.run(
        [footfall, "sql", "--study", str(study), "--format", "json",
         "SELECT walking_minutes, target_met FROM participant_day WHERE local_date = '2026-03-02'"],
        check=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert json.loads(told.stdout) == [{"walking_minutes": 60, "target_met": "yes"}]
