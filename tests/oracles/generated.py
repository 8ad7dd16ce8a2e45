"""Seeded made-up studies in which every definition is met near its edges; made for tests, not to look like people."""

import datetime as dt
import random
import zoneinfo

from tests.oracles.generated_rules import protocols
from tests.oracles.generated_walks import Chance, day_of_minutes, heart_rates, track
from tests.oracles.world import Assignment, Device, Event, File, Person, Session, Statement, Study, minute_of

_DAY = dt.timedelta(days=1)
#: Zones with a date on which their clocks change, or on which nothing happens, in three seasons.
SEASONS = (
    (
        ("Australia/Sydney", dt.date(2024, 4, 7)), ("Europe/Berlin", dt.date(2024, 3, 31)),
        ("Australia/Lord_Howe", dt.date(2024, 4, 7)), ("UTC", dt.date(2024, 4, 2)),
    ),
    (
        ("Australia/Sydney", dt.date(2024, 10, 6)), ("Australia/Lord_Howe", dt.date(2024, 10, 6)),
        ("America/New_York", dt.date(2024, 11, 3)), ("Europe/Berlin", dt.date(2024, 10, 27)),
    ),
    (
        ("America/New_York", dt.date(2024, 3, 10)), ("UTC", dt.date(2024, 3, 6)), ("Asia/Kathmandu", dt.date(2024, 3, 8)),
    ),
)  # fmt: skip
AWAY = ("Pacific/Honolulu", "Pacific/Kiritimati", "Europe/London", "Asia/Tokyo", "America/Los_Angeles")


def study(seed: int, people: int) -> Study:
    """A study of so many people, each seen over some twelve dates of one season."""
    chance = random.Random(seed)  # noqa: S311 - made-up data, the same in every run
    season = chance.choice(SEASONS)
    last = max(change for _, change in season)
    is_complete = chance.random() < 0.5
    made = Study(
        people=[_person(chance, f"P{number:04d}", *chance.choice(season), is_complete) for number in range(people)],
        protocols=protocols(chance),
        activity_files_are_complete=is_complete,
        as_of=chance.choice((None, last, last + 12 * _DAY)),
    )
    named = [file.device.device_id for person in made.people for file in person.files]
    if chance.random() < 0.5 and named:
        listed = chance.sample(made.priority, chance.choice((2, 5)))
        listed.insert(chance.randint(0, len(listed)), f"device:{chance.choice(named)}")
        made.priority = tuple(listed)
    return made


def _person(chance: Chance, name: str, zone: str, change: dt.date, is_complete: bool) -> Person:
    first = change - chance.randint(0, 9) * _DAY
    person = Person(name, zone, arm=chance.choice(("walking", "control", None)))
    if chance.random() < 0.8:
        person.start_date = first
    if chance.random() < 0.7:
        person.end_date = first + chance.randint(0, 15) * _DAY
    _journeys(chance, person, first, change)
    _prescriptions(chance, person, first)
    _events(chance, person, first)
    dates = [first + n * _DAY for n in range(-1, chance.randint(6, 16))]
    # what totals alone could show beside complete activity files is not made: such a person has no activity file
    kind = chance.choices(("all_day", "activity", "coarse", "nothing"), (82, 10, 4, 4))[0]
    if kind == "all_day":
        _all_day(chance, person, dates)
    elif kind == "activity":
        _activities(chance, person, dates)
    elif kind == "coarse":
        person.totals = {date: chance.randint(0, 9000) for date in dates if chance.random() < 0.8} or {first: 100}
    return person


def _journeys(chance: Chance, person: Person, first: dt.date, change: dt.date) -> None:
    if chance.random() < 0.25:
        # at an odd minute, so that no two zones hold equally long on a date; on a date with a third stretch of time, by
        # the clocks or by a second journey, the zone of most of the date has no slow statement
        starts = [n for n in range(9) if abs((first + n * _DAY - change).days) > 1]
        leaves = first + chance.choice(starts) * _DAY
        out = minute_of(dt.datetime.combine(leaves, dt.time(0), dt.UTC)) + chance.randrange(1, 1440, 2)
        person.travel.append((out, chance.choice(AWAY)))
        if chance.random() < 0.5 and all(abs((leaves + n * _DAY - change).days) > 1 for n in (3, 4, 5)):
            person.travel.append((out + chance.randrange(4320, 5760, 2), chance.choice((person.time_zone, *AWAY))))
    elif chance.random() < 0.15 and not -2 < (change - first).days < 6:
        # over the date line at midnight: a whole date is skipped
        midnight = minute_of(dt.datetime.combine(first + 3 * _DAY, dt.time(10), dt.UTC))
        person.travel = [(midnight - 2881, "Pacific/Honolulu"), (midnight, "Pacific/Kiritimati")]


def _prescriptions(chance: Chance, person: Person, first: dt.date) -> None:
    starts = chance.sample(range(-5, 16), chance.choice((0, 0, 1, 1, 2, 3)))
    person.prescriptions = [
        (first + n * _DAY, chance.choice((5, 5, 3, 1, 7, 2, 0)), chance.choice((30, 20, 15, 10, 8, 5, 0)))
        for n in starts
    ]


def _events(chance: Chance, person: Person, first: dt.date) -> None:
    for kind, value, often in (
        ("excused", None, 0.3), ("withdrawal", "data", 0.06), ("withdrawal", "walking", 0.06), ("death", None, 0.04),
        ("recurrence", None, 0.1),
    ):  # fmt: skip
        if chance.random() < often:
            date = first + chance.randint(0, 12) * _DAY
            until = date + chance.randint(0, 8) * _DAY if kind == "excused" and chance.random() < 0.7 else None
            person.events.append(Event(date, kind, value, until))


#: What people wear all day: class, and whether a zero proves that it was worn.
_DEVICES = {
    "research": True, "pedometer": True, "watch": False, "phone": False,
}  # fmt: skip


def _all_day(chance: Chance, person: Person, dates: list[dt.date]) -> None:
    classes = chance.choices(list(_DEVICES), (1, 4, 5, 2), k=chance.choices((1, 2, 3), (60, 32, 8))[0])
    # the record of somebody whose only clock runs ahead ends in quiet minutes: bouts show minutes ahead, days do not
    is_ahead = len(classes) == 1 and chance.random() < 0.1
    for number, device_class in enumerate(classes):
        proves = _DEVICES[device_class] if chance.random() < 0.85 else not _DEVICES[device_class]
        device = Device(f"{person.participant_id}-{device_class}-{number}", device_class, proves)
        rows: list[Statement] = []
        often = chance.choice((0.6, 0.75, 1.0))
        for date in dates:
            if chance.random() < often:
                rows += day_of_minutes(chance, _local(person, date), may_run=True, is_diligent=often == 1.0)
        # a date's night can reach into the next one's: a file states each minute once
        rows = [row for _, row in sorted({row.minute: row for row in rows}.items())]
        if chance.random() < 0.3:
            rows = heart_rates(chance, rows)
        if rows:
            files = _files(chance, person, device, "all_day", rows)
            if is_ahead:
                _run_ahead(chance, files[-1])
            person.files += files
        if chance.random() < 0.15:
            other = chance.choice((None, "research", "phone"))
            person.assignments.append(
                Assignment(
                    device.device_id, None, None, other, None if chance.random() < 0.5 else not device.zeros_prove_wear
                )
            )
    if chance.random() < 0.15:
        person.totals = {date: chance.randint(0, 9000) for date in dates if chance.random() < 0.5}
    if person.files and not is_ahead and chance.random() < 0.3:
        _tracks(chance, person, dates)


def _tracks(chance: Chance, person: Person, dates: list[dt.date]) -> None:
    """Tracks beside the other devices, and rides and runs that their watch recorded."""
    device = Device(f"{person.participant_id}-gps", "track", zeros_prove_wear=False)
    for n, date in enumerate(dates):
        if chance.random() < 0.4:
            start = _local(person, date) + chance.choice((590, 600, 610, 620, 1425))
            rows = track(chance, start, may_run=True)
            file = File(f"{person.participant_id}/track-{n}", device, "track", rows)
            person.files.append(file)
        if chance.random() < 0.15:
            start = _local(person, date) + chance.randint(580, 630)
            on_foot = chance.random() < 0.3
            person.sessions.append(
                Session(
                    start,
                    start + chance.randint(1, 40),
                    chance.choice(("walking", "running")) if on_foot else "cycling",
                    on_foot,
                )
            )


def _activities(chance: Chance, person: Person, dates: list[dt.date]) -> None:
    """Somebody of whom only recorded walks are known."""
    kind = chance.choice(("activity", "track"))
    device = Device(
        f"{person.participant_id}-{kind}", "watch" if kind == "activity" else "track", zeros_prove_wear=False
    )
    for n, date in enumerate(dates):
        if chance.random() < 0.5:
            start = _local(person, date) + chance.choice((600, 1000, 1425))
            rows = (
                day_of_minutes(chance, start - 580, may_run=True)
                if kind == "activity"
                else track(chance, start, may_run=True)
            )
            person.files.append(File(f"{person.participant_id}/{kind}-{n}", device, kind, rows))
    if not person.files:
        start = _local(person, dates[0]) + 600
        person.files.append(File(f"{person.participant_id}/{kind}", device, kind, track(chance, start, may_run=True)))
    if chance.random() < 0.3:
        person.assignments.append(
            Assignment(
                device.device_id, dates[0], dates[chance.randrange(len(dates))] if chance.random() < 0.5 else None
            )
        )
    person.has_unread_file = chance.random() < 0.25


def _files(chance: Chance, person: Person, device: Device, kind: str, rows: list[Statement]) -> list[File]:
    """The rows in one to three files, the later ones of which repeat, correct or blank some minutes of the earlier."""
    cuts = sorted(chance.randrange(len(rows)) for _ in range(chance.choice((0, 0, 1, 2))))
    files: list[File] = []
    for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        held = rows[begin:end]
        if files and held:
            held = [_again(chance, row) for row in rows[max(0, begin - chance.choice((0, 5, 40))) : begin]] + held
        if held:
            name = f"{person.participant_id}/{chance.randrange(10**9):09d}-{device.device_id}"
            files.append(File(name, device, kind, held, chance.choice((None, 1, 2))))
    if len(files) > 1 and chance.random() < 0.5:
        # two files that end alike: the export date decides, then the content hash
        last = files[-1].rows[-1]
        files[0].rows.append(last._replace(steps=chance.choice((None, 70, last.steps))))
    return files


def _run_ahead(chance: Chance, file: File) -> None:
    """A clock that ran ahead after some quiet minutes: these minutes are shown and count for nothing."""
    at = file.rows[-1].minute + 1
    file.rows += [Statement(at + n, 0) for n in range(20)]
    file.rows += [Statement(at + 5000 + n, chance.choice((0, 40)), flags=("future",)) for n in range(3)]


def _again(chance: Chance, row: Statement) -> Statement:
    if row.steps is None or chance.random() < 0.7:
        return row
    return row._replace(steps=chance.choice((None, 0, 59, 60, row.steps + 1)))


def _local(person: Person, date: dt.date) -> int:
    """Midnight of a date in the person's home zone."""
    return minute_of(dt.datetime.combine(date, dt.time(0), zoneinfo.ZoneInfo(person.time_zone)))
