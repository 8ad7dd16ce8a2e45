"""What a study is made of before anything is derived, as plain rows: the slow statements read it, the ledger is filled with it.

Minutes are whole minutes since 1970-01-01T00:00Z; the minute n is the half-open [n, n + 1).
"""

import dataclasses
import datetime as dt
from typing import NamedTuple

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def instant(minute: int) -> dt.datetime:
    """The instant in UTC at which a minute begins."""
    return EPOCH + dt.timedelta(minutes=minute)


def minute_of(when: dt.datetime) -> int:
    """The minute that holds an instant."""
    return (when - EPOCH) // dt.timedelta(minutes=1)


class Statement(NamedTuple):
    """One minute as one file states it. steps None: not measured. flags: as the file's reader set them."""

    minute: int
    steps: int | None
    heart_rate: bool = False
    shows_wear: bool = False
    gps_label: str | None = None
    flags: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Device:
    """A device as its files describe it."""

    device_id: str
    device_class: str
    zeros_prove_wear: bool


@dataclasses.dataclass
class File:
    """One loaded file of one device. kind: all_day, activity or track; exported_at: the date stated inside, if any."""

    source_file_id: str
    device: Device
    kind: str
    rows: list[Statement]
    exported_at: int | None = None


@dataclasses.dataclass(frozen=True)
class Session:
    """A recorded activity from minute start to minute end (exclusive)."""

    start: int
    end: int
    sport: str
    on_foot: bool


@dataclasses.dataclass(frozen=True)
class Event:
    """A row of outcomes.csv."""

    date: dt.date
    kind: str
    value: str | None = None
    end_date: dt.date | None = None


@dataclasses.dataclass(frozen=True)
class Assignment:
    """A row of devices.csv; both dates are inclusive, None: open."""

    device_id: str
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    device_class: str | None = None
    zeros_prove_wear: bool | None = None


@dataclasses.dataclass
class Person:
    """A row of participants.csv with everything that is known of the person."""

    participant_id: str
    time_zone: str
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    arm: str | None = None
    travel: list[tuple[int, str]] = dataclasses.field(default_factory=list)
    files: list[File] = dataclasses.field(default_factory=list)
    sessions: list[Session] = dataclasses.field(default_factory=list)
    #: reported steps by local date, from files that hold nothing finer
    totals: dict[dt.date, int] = dataclasses.field(default_factory=dict)
    prescriptions: list[tuple[dt.date, int, int]] = dataclasses.field(default_factory=list)
    events: list[Event] = dataclasses.field(default_factory=list)
    assignments: list[Assignment] = dataclasses.field(default_factory=list)
    #: a file of this person lies in quarantine
    has_unread_file: bool = False


@dataclasses.dataclass(frozen=True)
class BoutRule:
    """A row of bout_rules.csv."""

    bout_rule_id: str
    algorithm: str
    min_cadence_spm: int
    min_minutes: int
    max_gap_minutes: int = 0
    min_share_tenths: int | None = None
    credit: str = "span"
    missing: str = "break"


@dataclasses.dataclass(frozen=True)
class WearRule:
    """A row of wear_rules.csv; day_from and day_to in minutes after midnight."""

    wear_rule_id: str
    method: str
    zero_run_minutes: int | None
    valid_day_minutes: int
    day_from: int
    day_to: int


@dataclasses.dataclass(frozen=True)
class Protocol:
    """A row of protocols.csv with its two rules; week is study or iso."""

    protocol_id: str
    bout_rule: BoutRule
    wear_rule: WearRule
    days_per_week: int = 5
    minutes_per_day: int = 30
    success: str = "days"
    target: str = "prescription"
    week: str = "study"
    grace_minutes: int = 1
    running: str = "count"
    vigorous_cadence_spm: int | None = None
    vigorous_weight: int = 1


@dataclasses.dataclass
class Study:
    """A whole study. priority: device classes and device:ID, the first one wins."""

    people: list[Person]
    protocols: list[Protocol]
    priority: tuple[str, ...] = ("research", "watch", "phone", "pedometer", "track")
    activity_files_are_complete: bool = False
    as_of: dt.date | None = None
