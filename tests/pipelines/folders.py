"""Small studies on disk for these tests: made, filled, run and asked."""

import collections
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.study_folder import StudyFolder, init_study

#: What a participant's result is made of; the tables that promise 1 of the architecture is about.
TABLES = ("minute", "walking_bout", "participant_day", "participant_week")
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
MORNING = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)


def new_study(root: Path, people: Iterable[str] = ("P1",), time_zone: str = "UTC") -> StudyFolder:
    """A study whose participants are named by id only, or by whole lines of participants.csv."""
    study = init_study(root, time_zone)
    participants(study, people)
    return study


def participants(study: StudyFolder, people: Iterable[str]) -> None:
    """Writes participants.csv anew."""
    lines = ["participant_id,time_zone,start_date,end_date,arm", *people]
    (study.root / "participants.csv").write_text("\n".join(lines) + "\n")


def devices(study: StudyFolder, *lines: str) -> None:
    """Writes devices.csv anew."""
    (study.root / "devices.csv").write_text("\n".join(["device_id,participant_id,from_date,to_date", *lines]) + "\n")


def drop(study: StudyFolder, name: str, content: str | bytes) -> Path:
    """Puts a file into the inbox."""
    path = study.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sample(name: str) -> bytes:
    """A committed sample file of sample_data."""
    return (SAMPLES / name).read_bytes()


def native(
    person: str, steps: Sequence[int | None], device: str = "", start: dt.datetime = MORNING, header: bool = True
) -> str:
    """Native CSV: one minute after another from the start; "" leaves the cell of the person or device empty."""
    lines = ["participant_id,minute_start,steps,device_id"] if header else []
    for at, count in enumerate(steps):
        stamp = f"{start + dt.timedelta(minutes=at):%Y-%m-%dT%H:%M:%SZ}"
        lines.append(f"{person},{stamp},{'' if count is None else count},{device}")
    return "\n".join(lines) + "\n"


def ask(study: StudyFolder, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the published file."""
    return ask_file(study.research, sql, *values)


def ask_file(database: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of a DuckDB file, with instants in UTC."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql, list(values)).fetchall()


def fingerprints(study: StudyFolder) -> dict[str, tuple[Any, ...]]:
    """Row count and a hash of every row, in any order, of each of the four tables."""
    sql = "SELECT count(*), coalesce(sum(hash(t::VARCHAR)::HUGEINT), 0)::VARCHAR FROM {} AS t"
    return {table: ask(study, sql.format(table))[0] for table in TABLES}


def statuses(study: StudyFolder) -> dict[str, int]:
    """How many contents are published with which status."""
    return dict(ask(study, "SELECT status, count(*) FROM source_file GROUP BY ALL ORDER BY ALL"))


def reasons(study: StudyFolder) -> dict[str, str]:
    """Every reason file by the name that its content had in the inbox, which is its first line."""
    notes = [path.read_text(encoding="utf-8") for path in sorted(study.quarantine.glob("*.reason.txt"))]
    return {note.splitlines()[0]: note for note in notes}


def kept(study: StudyFolder) -> collections.Counter[bytes]:
    """The bytes of every original in archive/ and quarantine/."""
    files = [path for folder in (study.archive, study.quarantine) for path in folder.rglob("*") if path.is_file()]
    return collections.Counter(path.read_bytes() for path in files if not path.name.endswith(".reason.txt"))


def waiting(study: StudyFolder) -> list[str]:
    """The files that still lie in the inbox."""
    return sorted(path.relative_to(study.inbox).as_posix() for path in study.inbox.rglob("*") if path.is_file())


def command(*words: object) -> list[str]:
    """The command line of the installed `footfall`."""
    return [str(Path(sys.executable).with_name("footfall")), *map(str, words)]


def footfall(*words: object, cwd: Path | None = None, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Runs the real command to its end."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "TZ": "UTC"}
    return subprocess.run(
        command(*words), capture_output=True, text=True, timeout=timeout, cwd=cwd, env=environment, check=False
    )
