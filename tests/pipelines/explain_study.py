"""A study with every kind of week, for the tests of `explain`: one participant a kind, one run."""

import datetime as dt
from pathlib import Path

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, at, make_study, minutes, native, run, table

SUNDAY = MONDAY + dt.timedelta(days=6)
#: When summer time began in Berlin that year.
SPRING = dt.date(2024, 3, 31)

PROTOCOLS = ["walkback", "walkback-session", "who2020", "walkback-relative"]


def date(day: int) -> dt.date:
    """The day of the week, 0 = Monday."""
    return MONDAY + dt.timedelta(days=day)


def recorded(person: str, day: int, walked: int = 0, length: int = 620, steps: int = 110, **more: object) -> list[Row]:
    """So many minutes from 06:00 UTC on, of which the first walked from 08:00 on have steps and the others 0."""
    counts = [steps if 120 <= minute < 120 + walked else 0 for minute in range(length)]
    return minutes(person, at(date(day), "06:00"), counts, **more)


def week(person: str, walked: list[int | None], **more: object) -> list[Row]:
    """The days of the week with their minutes of walking; None: no data."""
    return [row for day, n in enumerate(walked) if n is not None for row in recorded(person, day, n, **more)]


def _files() -> dict[str, str | bytes]:
    two = week("TWO", [40, 40, 40, 40, 40, 0, 0], device_id="w1")
    # the other device counts a step less while walking, and knows Sunday evening alone
    other = [row | {"steps": max(row["steps"] - 1, 0), "device_id": "p1"} for row in two]
    night = minutes("MIDNIGHT", at(date(0), "23:50"), [100] * 30)
    short = recorded("UNKNOWN", 5, 12, length=200)
    walk = [row["minute_start"] for row in night]
    return {
        "YES/a.csv": native(week("YES", [40, 40, 40, 40, 29, None, None])),
        "NO/a.csv": native(week("NO", [40, 40, 0, 12, 0, 0, 0], length=1020)),
        "CONVENTION/a.csv": native(week("CONVENTION", [40, 40, 40, 40, 0, 0, 0])),
        "UNKNOWN/a.csv": native([*week("UNKNOWN", [40, 40, 40, 0, None]), *short]),
        "PART/a.csv": native(week("PART", [40, 0, 40, 40])),
        "REST/a.csv": native(week("REST", [40])),
        "EXCUSED/a.csv": native(week("EXCUSED", [40, 40, 0])),
        "MIDNIGHT/a.csv": native(
            [row for row in week("MIDNIGHT", [0, 40, 40, 40, 40, 0, 0], length=1020) if row["minute_start"] not in walk]
            + night
        ),
        "TWO/a.csv": native(two),
        "TWO/b.csv": native(other + minutes("TWO", at(date(6), "20:00"), [0] * 10, device_id="p1")),
        # a later file that says otherwise of ten walking minutes
        "TWO/c.csv": native(
            minutes("TWO", at(date(0), "08:00"), [90] * 10, device_id="w1")
            + minutes("TWO", at(date(6), "17:00"), [0], device_id="w1")
        ),
        "ZERO/a.csv": native(week("ZERO", [40, 0, 0], device_id="z1")),
        "COARSE/a.csv": "ActivityDay,StepTotal\n" + "".join(f"3/{4 + day}/2024,9000\n" for day in range(7)),
        "COARSE/empty.fit": b"",
        "SPRING/a.csv": native(minutes("SPRING", at(SPRING, "00:30"), [0, 100] * 300)),
        "RUN/a.csv": native(week("RUN", [20, 20, 20, 20, 20], steps=140)),
    }


def make(root: Path) -> StudyFolder:
    """The study, ingested and published; its as-of date is SPRING."""
    people = [
        {"participant_id": name, "start_date": MONDAY, "end_date": SUNDAY}
        for name in (
            "YES",
            "NO",
            "CONVENTION",
            "UNKNOWN",
            "REST",
            "EXCUSED",
            "MIDNIGHT",
            "TWO",
            "ZERO",
            "COARSE",
            "RUN",
        )
    ]
    people.append({"participant_id": "PART", "start_date": MONDAY, "end_date": date(3)})
    people.append({"participant_id": "SPRING", "start_date": SPRING, "time_zone": "Europe/Berlin"})
    people.append({"participant_id": "LATER", "start_date": "2024-06-01"})
    aged = [person | {"age_years": 25} if person["participant_id"] == "RUN" else person for person in people]
    prescribed = [
        {"participant_id": name, "valid_from": MONDAY, "days_per_week": days, "minutes_per_day": 30}
        for name, days in (("YES", 5), ("REST", 0))
    ]
    prescribed.append({"participant_id": "YES", "valid_from": date(3), "days_per_week": 6, "minutes_per_day": 30})
    given = [
        {"device_id": "w1", "participant_id": "TWO", "device_class": "watch"},
        {"device_id": "p1", "participant_id": "TWO", "device_class": "phone"},
        {"device_id": "z1", "participant_id": "ZERO", "zeros_prove_wear": "false"},
    ]
    excused = [{"participant_id": "EXCUSED", "date": MONDAY, "kind": "excused", "end_date": SUNDAY}]
    study = make_study(
        root,
        people,
        toml={"protocols": PROTOCOLS, "as_of": SPRING.isoformat()},
        files=_files(),
        csvs={
            "participants.csv": table(("participant_id", "time_zone", "start_date", "end_date", "age_years"), aged),
            "prescriptions.csv": table(tuple(prescribed[0]), prescribed),
            "devices.csv": table(
                ("device_id", "participant_id", "from_date", "to_date", "device_class", "zeros_prove_wear"), given
            ),
            "outcomes.csv": table(("participant_id", "date", "kind", "value", "end_date"), excused),
        },
    )
    run(study)
    return study
