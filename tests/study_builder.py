"""Small made-up studies for tests: a folder with its CSVs and inbox, one run, and questions to what it published."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines import ingest, intake
from pipelines.run import Report, open_run
from pipelines.study_folder import StudyFolder, init_study

#: A Monday that has passed on every clock: nothing of it can lie in the future.
MONDAY = dt.date(2024, 3, 4)

Row = dict[str, Any]

_NATIVE = ("participant_id", "minute_start", "steps", "device_id", "heart_rate_bpm")


def make_study(
    root: Path,
    people: Iterable[Row],
    *,
    zone: str = "UTC",
    toml: Mapping[str, Any] | None = None,
    files: Mapping[str, str | bytes] | None = None,
    csvs: Mapping[str, str] | None = None,
) -> StudyFolder:
    """A new study in root: people are rows of participants.csv, toml replaces lines of study.toml.

    files: text or bytes by path under inbox/. csvs: text by name, such as devices.csv.
    """
    study = init_study(root, zone)
    settings = study.root / "study.toml"
    text = settings.read_text(encoding="utf-8")
    for key, value in (toml or {}).items():
        text, found = re.subn(rf"(?m)^{key} = .*$", lambda _, k=key, v=value: f"{k} = {json.dumps(v)}", text)
        assert found == 1, key
    settings.write_text(text, encoding="utf-8")
    (study.root / "participants.csv").write_text(
        table(("participant_id", "time_zone", "start_date", "end_date", "arm"), people), encoding="utf-8"
    )
    for name, content in (csvs or {}).items():
        (study.root / name).write_text(content, encoding="utf-8")
    drop(study, files or {})
    return study


def drop(study: StudyFolder, files: Mapping[str, str | bytes]) -> None:
    """Puts files into the inbox, by path under it."""
    for name, content in files.items():
        path = study.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def run(study: StudyFolder) -> Report:
    """One pass over the inbox, as `ingest` makes it, without waiting for files that might still grow."""
    with open_run(study) as at_work:
        ingest.load(at_work, sorted(intake.look(study.inbox)))
        ingest.derive(at_work)
        ingest.check(at_work)
        ingest.publish(at_work)
        return at_work.report


def ask(study: StudyFolder, sql: str) -> list[Row]:
    """The rows of a query on the published file, as dicts; instants in UTC."""
    return ask_file(study.research, sql)


def ask_file(path: Path, sql: str) -> list[Row]:
    """The rows of a query on a database file that is opened read-only, as dicts; instants in UTC."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(sql)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def only(rows: list[Row]) -> Row:
    """The single row of an answer."""
    assert len(rows) == 1, rows
    return rows[0]


def table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """CSV text with a header; absent columns and None are empty cells."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def native(rows: Iterable[Row]) -> str:
    """Native CSV of rows with participant_id, minute_start (an instant) and steps; device and heart rate if any has one."""
    given = [row | {"minute_start": stamp(row["minute_start"])} for row in rows]
    used = set().union(*given) if given else set()
    return table([name for name in _NATIVE if name in used or name in _NATIVE[:3]], given)


def stamp(instant: dt.datetime) -> str:
    """An instant as native CSV writes it."""
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minutes(participant_id: str, start: dt.datetime, steps: Iterable[int | None], **more: Any) -> list[Row]:
    """One row a minute from an instant on; more: device_id, heart_rate_bpm."""
    return [
        {"participant_id": participant_id, "minute_start": start + dt.timedelta(minutes=n), "steps": value, **more}
        for n, value in enumerate(steps)
    ]


def at(date: dt.date, clock: str = "00:00") -> dt.datetime:
    """A date and clock time in UTC."""
    return dt.datetime.combine(date, dt.time.fromisoformat(clock), dt.UTC)


def whole_day(participant_id: str, date: dt.date, walked: int = 0, **more: Any) -> list[Row]:
    """All 1,440 minutes of a date in UTC, of which the first `walked` from 10:00 on have 110 steps and the others 0."""
    steps = [0] * 600 + [110] * walked + [0] * (840 - walked)
    return minutes(participant_id, at(date), steps, **more)
