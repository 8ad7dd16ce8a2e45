"""Made-up people as the files and CSVs of a real study folder."""

import collections
import datetime as dt
from pathlib import Path
from typing import Any

from pipelines.study_folder import StudyFolder
from tests.oracles import generated
from tests.oracles.world import File, Person, Statement, instant
from tests.study_builder import make_study, native, table

_PERSON = ("participant_id", "time_zone", "start_date", "end_date", "arm")
PROTOCOLS = ("walkback", "walkback-session", "who2020", "nhanes-8of10")


def people_with_tables(seed: int, count: int) -> list[Person]:
    """So many made-up people who wore devices all day, with what a native table can say of them and nothing else."""
    found: list[Person] = []
    for person in generated.study(seed, 4 * count).people:
        files = [file for file in person.files if file.kind == "all_day"]
        if files and len(found) < count:
            person.sessions, person.totals, person.has_unread_file = [], {}, False
            person.files = [_as_table(file) for file in files]
            found.append(person)
    assert len(found) == count
    return found


def _as_table(file: File) -> File:
    rows = [Statement(row.minute, row.steps, row.heart_rate) for row in file.rows if "future" not in row.flags]
    return File(file.source_file_id, file.device, file.kind, rows)


def without_conflicts(person: Person) -> None:
    """Leaves each device one file, in which the last statement of each minute stands."""
    rows: dict[str, dict[int, Statement]] = collections.defaultdict(dict)
    for file in person.files:
        rows[file.device.device_id].update({row.minute: row for row in file.rows})
    first = {file.device.device_id: file for file in reversed(person.files)}
    person.files = [
        File(first[name].source_file_id, first[name].device, "all_day", [held[at] for at in sorted(held)])
        for name, held in rows.items()
    ]


def csv_text(person: Person, file: File) -> str:
    """The file as native CSV."""
    return native(
        {
            "participant_id": person.participant_id,
            "minute_start": instant(row.minute),
            "steps": row.steps,
            "device_id": file.device.device_id,
            "heart_rate_bpm": 70 if row.heart_rate else None,
        }
        for row in file.rows
    )


def study_of(root: Path, people: list[Person]) -> StudyFolder:
    """A study folder of these people with an empty inbox."""
    devices = [
        {
            "device_id": file.device.device_id,
            "participant_id": person.participant_id,
            "device_class": file.device.device_class,
            "zeros_prove_wear": str(file.device.zeros_prove_wear).lower(),
        }
        for person in people
        for file in {file.device.device_id: file for file in person.files}.values()
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "devices.csv": devices,
        "travel.csv": [
            {"participant_id": p.participant_id, "from_utc": instant(minute).isoformat(), "time_zone": zone}
            for p in people
            for minute, zone in p.travel
        ],
        "prescriptions.csv": [
            {"participant_id": p.participant_id, "valid_from": date, "days_per_week": rd, "minutes_per_day": rm}
            for p in people
            for date, rd, rm in p.prescriptions
        ],
        "outcomes.csv": [{"participant_id": p.participant_id} | vars(event) for p in people for event in p.events],
    }
    return make_study(
        root,
        [{name: vars(person)[name] for name in _PERSON} for person in people],
        toml={"protocols": list(PROTOCOLS), "as_of": dt.date(2024, 12, 1).isoformat()},
        csvs={name: table(tuple(held[0]), held) for name, held in rows.items() if held},
    )
