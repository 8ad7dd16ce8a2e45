"""A study in which one thing changes for each person, and the publications before and after."""

import datetime as dt
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, at, drop, make_study, minutes, native, run, table

SAMPLES = Path(__file__).parents[2] / "sample_data"
PEOPLE = ("participant_id", "time_zone", "start_date", "end_date", "arm", "age_years")
#: A week with its reasons, by participant, protocol and number.
Weeks = dict[tuple[str, str, int], list[str]]


def date(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def days(person: str, *numbers: int, walked: int = 35, **more: str) -> str:
    """11 hours of each date from 06:00 on, just enough for a valid day, with a walk at 10:00."""
    steps = [0] * 240 + [110] * walked + [0] * (420 - walked)
    return native(row for number in numbers for row in minutes(person, at(date(number), "06:00"), steps, **more))


#: One person for each thing that changes, each with two days in the first week and one in the second.
ORDINARY = (
    "same", "file", "fixed", "totals", "asked", "excused", "dead", "ended", "late", "travelled", "moved_home", "armed",
    "aged", "removed", "renamed",
)  # fmt: skip


def people() -> list[Row]:
    rows: list[Row] = [{"participant_id": name, "start_date": MONDAY, "arm": "walking"} for name in ORDINARY]
    rows += [{"participant_id": name, "start_date": MONDAY} for name in ("night", "classed", "giver", "taker", "zeros")]
    return [
        *rows,
        {"participant_id": "open"},
        {"participant_id": "track", "start_date": "2024-03-04", "end_date": "2024-03-17"},
    ]


def write_people(study: StudyFolder, rows: list[Row]) -> None:
    (study.root / "participants.csv").write_text(table(PEOPLE, rows), encoding="utf-8")


def append(study: StudyFolder, name: str, header: str, *lines: str) -> None:
    (study.root / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


DEVICES = "device_id,participant_id,from_date,to_date,device_class,zeros_prove_wear"


def set_toml(study: StudyFolder, key: str, value: str) -> None:
    path = study.root / "study.toml"
    text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", path.read_text(encoding="utf-8"))
    assert found == 1
    path.write_text(text, encoding="utf-8")


def own_protocol(study: StudyFolder, minutes_per_day: int) -> None:
    lines = f"mine,walkback,{minutes_per_day},fixed"
    append(study, "protocols.csv", "protocol_id,bout_rule_id,minutes_per_day,target", lines)


def at_first(root: Path) -> StudyFolder:
    # positions of a walk, on a date of the study
    track = (SAMPLES / "gpx" / "walk.gpx").read_text(encoding="utf-8").replace("2026-03-02", "2024-03-08")
    files = {f"{name}.csv": days(name, 0, 1, 8) for name in ORDINARY}
    files |= {
        "night.csv": native(minutes("night", at(date(6), "08:00"), [0] * 950 + [110] * 10)),
        "classed.csv": days("classed", 0, walked=0, device_id="waist"),
        "classed2.csv": days("classed", 0, walked=40, device_id="wrist"),
        "lost/given.csv": days("", 0, device_id="lent"),
        "taker.csv": days("taker", 1),
        "zeros.csv": days("zeros", 0, 1, walked=0, device_id="drawer"),
        "open.csv": days("open", 0, 2),
        "track/walk.gpx": track,
    }
    study = make_study(
        root, people(), toml={"as_of": "2024-03-17", "activity_files_are_complete": True}, files=files,
        csvs={
            "devices.csv": f"{DEVICES}\nlent,giver,,,,\nwaist,classed,,,track,\n",
            "prescriptions.csv": "participant_id,valid_from,days_per_week,minutes_per_day\nasked,2024-03-04,5,30\n",
        },
    )  # fmt: skip
    own_protocol(study, 30)
    set_toml(study, "protocols", '["walkback", "mine"]')
    write_people(study, [row for row in people() if row["participant_id"] != "renamed"])
    return study


def change_everybody(study: StudyFolder) -> None:
    """One thing for each person."""
    drop(
        study,
        {
            "file2.csv": days("file", 2),
            "same-again.csv": days("same", 0, 1, 8),
            "fixed2.csv": native(
                minutes("fixed", at(date(0), "10:00"), [0] * 20) + minutes("fixed", at(date(8), "17:00"), [None])
            ),
            "totals/day.csv": "ActivityDay,StepTotal\n3/7/2024,9000\n",
            "night2.csv": native(minutes("night", at(date(7)), [110] * 30)),
            "open2.csv": days("open", -9),
            "track/broken.fit": b"no FIT file",
        },
    )
    append(study, "devices.csv", DEVICES, "lent,taker,,,,", "waist,classed,,,research,", "drawer,zeros,,,,false")
    append(
        study, "prescriptions.csv", "participant_id,valid_from,days_per_week,minutes_per_day",
        "asked,2024-03-04,5,30", "asked,2024-03-11,1,30",
    )  # fmt: skip
    append(
        study, "outcomes.csv", "participant_id,date,kind,value,end_date",
        "excused,2024-03-06,excused,,2024-03-07", "dead,2024-03-09,death,,", "same,2024-03-05,visit,,",
    )  # fmt: skip
    append(study, "travel.csv", "participant_id,from_utc,time_zone", "travelled,2024-03-12T00:00:00Z,Asia/Tokyo")
    changed: dict[str, Row] = {
        "ended": {"end_date": "2024-03-10"},
        "late": {"start_date": "2024-03-05"},
        "moved_home": {"time_zone": "Asia/Tokyo"},
        "armed": {"arm": "control"},
        "aged": {"age_years": 45},
    }
    rows = [row | changed.get(row["participant_id"], {}) for row in people()]
    write_people(study, [row for row in rows if row["participant_id"] != "removed"])


#: What each person's change does to the protocol walkback.
EXPECTED: Weeks = {
    ("file", "walkback", 1): ["new_file"],
    ("fixed", "walkback", 1): ["correction"],
    ("totals", "walkback", 1): ["new_file"],
    # Sunday's walk goes on after midnight: the longest bout of Sunday is longer
    ("night", "walkback", 1): ["new_file"],
    ("night", "walkback", 2): ["new_file"],
    ("asked", "walkback", 2): ["prescription"],
    ("excused", "walkback", 1): ["calendar"],
    ("dead", "walkback", 1): ["calendar"],
    ("dead", "walkback", 2): ["calendar"],
    ("ended", "walkback", 2): ["calendar"],
    ("late", "walkback", 1): ["calendar"],
    ("late", "walkback", 2): ["calendar"],
    ("travelled", "walkback", 2): ["time_zone"],
    ("moved_home", "walkback", 1): ["time_zone"],
    ("moved_home", "walkback", 2): ["time_zone"],
    ("armed", "walkback", 1): ["arm"],
    ("armed", "walkback", 2): ["arm"],
    ("aged", "walkback", 1): ["age"],
    ("aged", "walkback", 2): ["age"],
    ("removed", "walkback", 1): ["withdrawal"],
    ("removed", "walkback", 2): ["withdrawal"],
    ("renamed", "walkback", 1): ["new_participant"],
    ("renamed", "walkback", 2): ["new_participant"],
    ("classed", "walkback", 1): ["device"],
    ("giver", "walkback", 1): ["device"],
    ("giver", "walkback", 2): ["device"],
    ("taker", "walkback", 1): ["device"],
    ("zeros", "walkback", 1): ["device"],
    # without a start_date all dates between the first and the last with data count, and weeks from the first
    ("open", "walkback", 1): ["calendar", "new_file"],
    ("open", "walkback", 2): ["new_file"],
    ("open", "walkback", 3): ["calendar"],
    ("track", "walkback", 1): ["waiting_file"],
}


def change_at_random(study: StudyFolder, seed: int) -> None:
    """New files, lines of CSVs and corrections for people drawn by lot."""
    draw = random.Random(seed)  # noqa: S311 - a draw for a test
    some = draw.sample(ORDINARY[:12], 8)
    drop(study, {f"random{name}.csv": days(name, draw.randrange(14), walked=draw.randrange(60)) for name in some[:4]})
    append(
        study, "outcomes.csv", "participant_id,date,kind,value,end_date",
        *(f"{name},{date(draw.randrange(14))},{draw.choice(['excused', 'death', 'visit'])},," for name in some[2:6]),
    )  # fmt: skip
    append(
        study, "travel.csv", "participant_id,from_utc,time_zone",
        *(f"{name},{date(draw.randrange(14))}T05:00:00Z,America/New_York" for name in some[4:8]),
    )  # fmt: skip
    append(
        study, "prescriptions.csv", "participant_id,valid_from,days_per_week,minutes_per_day",
        *(f"{name},{date(draw.randrange(14))},{draw.randrange(1, 7)},20" for name in some[::2]),
    )  # fmt: skip


def publications(folder: Path) -> dict[str, Path]:
    """Copies of the published file after each change, by what changed: first, everybody, as_of, rules, random."""
    study = at_first(folder / "study")

    def change_rules(study: StudyFolder) -> None:
        own_protocol(study, 40)
        set_toml(study, "activity_files_are_complete", "false")

    steps: dict[str, Callable[[StudyFolder], None]] = {
        "first": lambda _: None,
        "everybody": change_everybody,
        "as_of": lambda study: set_toml(study, "as_of", '"2024-03-19"'),
        "rules": change_rules,
        "random": lambda study: change_at_random(study, 7),
    }
    copies = {}
    for name, change in steps.items():
        change(study)
        run(study)
        copies[name] = Path(shutil.copy(study.research, folder / f"{name}.duckdb"))
    return copies
