"""The study folder: where things lie, how a new one is made, and what its CSVs say."""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import StudyError
from pipelines.settings import DEVICE_CLASSES, FILE_NAME, Settings, check_zone, read_settings, template
from pipelines.study_csv import date, instant, number, one_of, read_table, text, whole, yes_no
from warehouse.study_tables import STUDY_TABLES

_PARTICIPANT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

_NEW_FILES = {
    "participants.csv": """\
# One line for each person of the trial; only these people exist. All but participant_id may be empty.
# time_zone: the person's home, if not the study's. Optional further column: age_years.
# P001,Australia/Sydney,2026-03-02,2026-08-30,walking
participant_id,time_zone,start_date,end_date,arm
""",
    "devices.csv": """\
# Who wore which device when, both dates inclusive, for files that do not say whose they are. `footfall status` shows the
# device_id of files that wait. Optional further columns:
# device_class (research, watch, phone, pedometer, track) and zeros_prove_wear (true, false):
# a 0 in a native CSV is taken as "worn, and no steps". A pedometer in a drawer also counts 0: for one that does,
# write zeros_prove_wear = false, and long runs of zeros become "not worn".
# garmin-vivosmart4-1234567890,P001,2026-03-02,
device_id,participant_id,from_date,to_date
""",
    "prescriptions.csv": """\
# What each person was asked to walk, from which date on; the protocol's 5 x 30 otherwise.
# P001,2026-03-02,3,15
participant_id,valid_from,days_per_week,minutes_per_day
""",
    "travel.csv": """\
# Time zones away from home, from an instant on, until the next line of that person.
# P001,2026-04-10T22:00:00Z,Europe/London
participant_id,from_utc,time_zone
""",
    "outcomes.csv": """\
# Events: recurrence, adverse_event, visit, excused (with end_date, inclusive), death, withdrawal (value data: nothing
# after that date counts; walking: changes nothing), or a measure with its value: disability, utility, cost.
# P001,2026-05-04,excused,,2026-05-10
participant_id,date,kind,value,end_date
""",
}


@dataclasses.dataclass(frozen=True)
class StudyFolder:
    """The paths of one study. Everything but `private` and `published` can be rebuilt from archive/ and the CSVs."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Where people drop exports."""
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        """Accepted originals by content hash, never changed."""
        return self.root / "archive"

    @property
    def quarantine(self) -> Path:
        """What was set aside, with its reasons."""
        return self.root / "quarantine"

    @property
    def private(self) -> Path:
        """The ingester's own: database, lock, Prefect's home."""
        return self.root / "private"

    @property
    def research(self) -> Path:
        """The published database."""
        return self.root / "published" / "research.duckdb"

    @property
    def locks(self) -> Path:
        """Frozen copies of the published database, one folder each."""
        return self.root / "locks"

    @property
    def dialects(self) -> Path:
        """CSV dialects of the study's own."""
        return self.root / "dialects"


def find_study(given: Path | None) -> StudyFolder:
    """The study at the given folder, or at the nearest parent of the working directory that holds study.toml."""
    if given is not None:
        if not (given / FILE_NAME).is_file():
            raise StudyError(f"expected a study in {given}; found no {FILE_NAME} there. `footfall init` makes one.")
        return StudyFolder(given.resolve())
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return StudyFolder(folder)
    raise StudyError(f"expected {FILE_NAME} in {here} or a folder above it; found none. Give --study DIR.")


def init_study(root: Path, time_zone: str, name: str | None = None) -> StudyFolder:
    """A new study folder with settings, CSV headers and empty inbox; StudyError if the folder already holds something."""
    check_zone(time_zone, "--time-zone")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise StudyError(f"expected a new or empty folder; found {root} with something in it. Nothing was changed.")
    root.mkdir(parents=True, exist_ok=True)
    study = StudyFolder(root.resolve())
    for folder in (study.inbox, study.archive, study.quarantine, study.private, study.research.parent, study.dialects):
        folder.mkdir()
    for file_name, content in _NEW_FILES.items():
        (root / file_name).write_text(content, encoding="utf-8", newline="\n")
    # last: a folder with study.toml is a study
    (root / FILE_NAME).write_text(template(name or root.resolve().name, time_zone), encoding="utf-8", newline="\n")
    return study


@dataclasses.dataclass(frozen=True)
class StudyTables:
    """What study.toml and the CSVs say: settings, and one frame for each of warehouse.study_tables.STUDY_TABLES."""

    settings: Settings
    frames: dict[str, pl.DataFrame]

    @property
    def participants(self) -> dict[str, str]:
        """participant_id -> home time zone."""
        return dict(self.frames["participant"].select("participant_id", "time_zone").rows())


def read_study(study: StudyFolder) -> StudyTables:
    """The study's settings and tables; StudyError names file, line and cell of the first thing that cannot be used."""
    settings = read_settings(study.root / FILE_NAME)
    root = study.root
    participants = read_table(
        root / "participants.csv",
        {"participant_id": _participant_id, "time_zone": text, "start_date": date, "end_date": date, "arm": text,
         "age_years": number},
        required=("participant_id",), defaults={"time_zone": settings.time_zone},
    )  # fmt: skip
    for row in participants:
        check_zone(row["time_zone"], f"participants.csv, line {row['line']}, time_zone")
        if row["start_date"] and row["end_date"] and row["end_date"] < row["start_date"]:
            raise StudyError(f"participants.csv, line {row['line']}: end_date lies before start_date.")
    _unique(participants, "participants.csv", "participant_id")
    known = {row["participant_id"] for row in participants}

    devices = read_table(
        root / "devices.csv",
        {"device_id": text, "participant_id": text, "from_date": date, "to_date": date,
         "device_class": one_of(*DEVICE_CLASSES), "zeros_prove_wear": yes_no},
        required=("device_id", "participant_id"),
    )  # fmt: skip
    prescriptions = read_table(
        root / "prescriptions.csv",
        {"participant_id": text, "valid_from": date, "days_per_week": whole, "minutes_per_day": number},
        required=("participant_id", "valid_from", "days_per_week", "minutes_per_day"),
    )
    for row in prescriptions:
        if row["days_per_week"] > 7:
            raise StudyError(f"prescriptions.csv, line {row['line']}: a week has 7 days; found {row['days_per_week']}.")
    _unique(prescriptions, "prescriptions.csv", "participant_id", "valid_from")
    travel = read_table(
        root / "travel.csv",
        {"participant_id": text, "from_utc": instant, "time_zone": text},
        required=("participant_id", "from_utc", "time_zone"),
    )
    for row in travel:
        check_zone(row["time_zone"], f"travel.csv, line {row['line']}, time_zone")
    _unique(travel, "travel.csv", "participant_id", "from_utc")
    outcomes = read_table(
        root / "outcomes.csv",
        {"participant_id": text, "date": date, "kind": text, "value": text, "end_date": date},
        required=("participant_id", "date", "kind"),
    )
    for row in outcomes:
        if row["end_date"] and row["end_date"] < row["date"]:
            raise StudyError(f"outcomes.csv, line {row['line']}: end_date lies before date.")
        if row["kind"] == "withdrawal" and row["value"] not in ("data", "walking"):
            raise StudyError(
                f"outcomes.csv, line {row['line']}, value: a withdrawal is of data or of walking; found {row['value']!r}."
            )
    for file_name, rows in (
        ("devices.csv", devices), ("prescriptions.csv", prescriptions), ("travel.csv", travel), ("outcomes.csv", outcomes),
    ):  # fmt: skip
        for row in rows:
            if row["participant_id"] not in known:
                raise StudyError(
                    f"{file_name}, line {row['line']}: participants.csv has no {row['participant_id']!r}. Add the person"
                    " there, or correct the line."
                )

    bout_rules = _rules("bout_rule", root / "bout_rules.csv", "bout_rule_id", _BOUT_RULE, _BOUT_RULE_DEFAULTS)
    wear_rules = _rules("wear_rule", root / "wear_rules.csv", "wear_rule_id", _WEAR_RULE, _WEAR_RULE_DEFAULTS)
    protocols = _rules("protocol", root / "protocols.csv", "protocol_id", _PROTOCOL, _PROTOCOL_DEFAULTS)
    _check_protocols(protocols, bout_rules, wear_rules, settings)
    for row in protocols:
        row["week"] = row["week"] or settings.week
        row["is_listed"] = row["protocol_id"] in settings.protocols
    setting = [
        {
            "name": settings.name,
            "time_zone": settings.time_zone,
            "activity_files_are_complete": settings.activity_files_are_complete,
            "as_of": settings.as_of,
        }
    ]
    priority = [{"priority": at, "entry": entry} for at, entry in enumerate(settings.source_priority, 1)]
    rows_of = {
        "participant": participants, "device_assignment": devices, "prescription": prescriptions, "travel": travel,
        "outcome": outcomes, "bout_rule": bout_rules, "wear_rule": wear_rules, "protocol": protocols,
        "setting": setting, "source_priority": priority,
        "age_cadence": read_table(_built_in("age_cadence"), _AGE_CADENCE, tuple(_AGE_CADENCE)),
        "multiverse_option": read_table(_built_in("multiverse_option"), _MULTIVERSE, tuple(_MULTIVERSE)),
    }  # fmt: skip
    return StudyTables(settings, {table: _frame(rows, STUDY_TABLES[table]) for table, rows in rows_of.items()})


def _frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema).unique(
        maintain_order=True
    )


def _participant_id(cell: str) -> str:
    if not _PARTICIPANT_ID.fullmatch(cell):
        raise ValueError("a pseudonym of letters, digits, '_', '-' or '.' that can name a folder")
    return cell


def _unique(rows: Iterable[dict[str, Any]], file_name: str, *keys: str) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        if key in seen:
            shown = ", ".join(item.isoformat() if isinstance(item, dt.date) else str(item) for item in key)
            raise StudyError(f"{file_name}, line {row['line']}: {shown} stands in line {seen[key]} already.")
        seen[key] = row["line"]


def _clock(cell: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", cell):
        raise ValueError("a clock time such as 06:00")
    return cell


_BOUT_RULE = {
    "bout_rule_id": text, "algorithm": one_of("strict", "gap_merge", "nci_8of10", "window_share"),
    "min_cadence_spm": number, "min_minutes": whole, "max_gap_minutes": whole, "min_share": number,
    "credit": one_of("span", "active"), "missing": one_of("break", "as_gap"),
    "cadence_scale": one_of("absolute", "age"), "partly_active": one_of("count", "exclude"), "source": text,
}  # fmt: skip
_BOUT_RULE_DEFAULTS = {
    "max_gap_minutes": 0, "credit": "span", "missing": "break", "cadence_scale": "absolute", "partly_active": "count",
}  # fmt: skip
_WEAR_RULE = {
    "wear_rule_id": text, "method": one_of("coverage", "zeros", "choi", "heart_rate"), "zero_run_minutes": whole,
    "valid_day_minutes": whole, "day_from": _clock, "day_to": _clock, "spike_minutes": whole, "spike_steps": whole,
    "flank_minutes": whole, "source": text,
}  # fmt: skip
_WEAR_RULE_DEFAULTS = {"valid_day_minutes": 600, "day_from": "06:00", "day_to": "23:00"}
_PROTOCOL = {
    "protocol_id": text, "bout_rule_id": text, "wear_rule_id": text, "days_per_week": whole, "minutes_per_day": number,
    "success": one_of("days", "minutes", "sessions"), "target": one_of("prescription", "fixed"),
    "week": one_of("study", "iso"), "grace_minutes": number, "running": one_of("count", "exclude"),
    "vigorous_cadence_spm": number, "vigorous_weight": number, "source": text,
}  # fmt: skip
_PROTOCOL_DEFAULTS = {
    "wear_rule_id": "coverage", "days_per_week": 5, "minutes_per_day": 30, "success": "days", "target": "prescription",
    "grace_minutes": 0, "running": "count", "vigorous_weight": 1,
}  # fmt: skip
_AGE_CADENCE: dict[str, Any] = {"age_from": whole, "age_to": whole, "min_cadence_spm": number, "source": text}
_MULTIVERSE: dict[str, Any] = {"algorithm": text, "parameter": text, "value": text, "source": text}
_REQUIRED = {
    "bout_rule_id": ("bout_rule_id", "algorithm", "min_cadence_spm", "min_minutes"),
    "wear_rule_id": ("wear_rule_id", "method"),
    "protocol_id": ("protocol_id", "bout_rule_id"),
}


def _built_in(kind: str) -> Path:
    return Path(str(resources.files("warehouse") / "rules" / f"{kind}.csv"))


def _rules(kind: str, own: Path, key: str, columns: Any, defaults: dict[str, Any]) -> list[dict[str, Any]]:
    rows = read_table(_built_in(kind), columns, _REQUIRED[key], defaults)
    names = {row[key] for row in rows}
    added = read_table(own, columns, _REQUIRED[key], defaults)
    for row in added:
        if row[key] in names:
            raise StudyError(
                f"{own.name}, line {row['line']}: {row[key]!r} is a built-in rule and cannot be changed. Give yours a"
                " name of its own."
            )
    _unique(added, own.name, key)
    return rows + added


def _check_protocols(
    protocols: list[dict[str, Any]],
    bout_rules: list[dict[str, Any]],
    wear_rules: list[dict[str, Any]],
    settings: Settings,
) -> None:
    bouts = {row["bout_rule_id"]: row for row in bout_rules}
    wears = {row["wear_rule_id"] for row in wear_rules}
    for row in protocols:
        for name, known in (("bout_rule_id", set(bouts)), ("wear_rule_id", wears)):
            if row[name] not in known:
                raise StudyError(f"protocol {row['protocol_id']!r}: there is no {name} {row[name]!r}.")
        if row["days_per_week"] > 7:
            raise StudyError(f"protocol {row['protocol_id']!r}: a week has 7 days; found {row['days_per_week']}.")
    for row in bout_rules:
        if row["min_minutes"] < 1 or row["min_cadence_spm"] <= 0:
            raise StudyError(
                f"bout rule {row['bout_rule_id']!r}: min_minutes starts at 1 and min_cadence_spm above 0; a minute"
                " without steps is no walk."
            )
        if row["algorithm"] == "window_share" and not 0 < (row["min_share"] or 0) <= 1:
            raise StudyError(f"bout rule {row['bout_rule_id']!r}: window_share needs min_share above 0, at most 1.")
    unknown = [name for name in settings.protocols if name not in {row["protocol_id"] for row in protocols}]
    if unknown:
        names = ", ".join(sorted(row["protocol_id"] for row in protocols))
        raise StudyError(f"study.toml, protocols: there is no protocol {unknown[0]!r}; there are {names}.")
