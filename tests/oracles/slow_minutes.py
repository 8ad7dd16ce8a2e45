"""The minute grid of one person, stated slowly: what each device says, and whose word stands.

Architecture A3: definitions 5 (zeros), 6 (several sources), 7 (corrections) and 9 (tracks against zeros).
"""

import collections
import dataclasses
import datetime as dt

from tests.oracles.slow_clock import Clock
from tests.oracles.world import Device, File, Person, Statement, Study

#: Consecutive zero minutes that are no observation where zeros do not prove wear. Source: definition 5.
ZERO_RUN = 90
#: Zeros at walking speed from which on they contradict the track. Source: definition 9.
CONTRADICTION = 3
_LABELS = {"walk": "gps", "run": "gps_run", "still": "gps_still"}


@dataclasses.dataclass(slots=True)
class Told:
    """One minute as one device's files tell it once corrected. steps None: not measured, or taken back."""

    statement: Statement
    file: File
    steps: int | None
    heart_rate: bool
    shows_wear: bool
    label: str | None
    is_revised: bool = False
    is_zero_run: bool = False


@dataclasses.dataclass(slots=True)
class Minute:
    """A row of the table minute."""

    date: dt.date
    clock: int
    steps: int | None
    source: str | None
    is_worn: bool | None
    heart_rate: bool
    device_id: str
    file: File
    count: int
    disagreement: int | None
    flags: set[str]
    label: str | None
    zeros_prove_wear: bool
    has_zero_run: bool

    @property
    def is_observed(self) -> bool:
        """Definition 9: it has steps, or a track's label."""
        return self.source is not None


def proves_wear(person: Person, device: Device) -> bool:
    """devices.csv, else what the device's format says."""
    said = [row.zeros_prove_wear for row in person.assignments if row.device_id == device.device_id]
    return next((answer for answer in said if answer is not None), device.zeros_prove_wear)


def device_class(person: Person, device: Device) -> str:
    """devices.csv, else what the device's format says."""
    said = [row.device_class for row in person.assignments if row.device_id == device.device_id]
    return next((answer for answer in said if answer is not None), device.device_class)


def rank(priority: tuple[str, ...], person: Person, device: Device) -> int:
    """The place in source_priority of the device itself, else of its class; what is not listed comes last."""
    for name in (f"device:{device.device_id}", device_class(person, device)):
        if name in priority:
            return priority.index(name)
    return len(priority)


def in_order_of_correction(files: list[File]) -> list[File]:
    """Of one device; a later one corrects: whose rows end later, then exported later, then the larger content hash."""
    return sorted(
        files,
        key=lambda file: (
            max(row.minute for row in file.rows),
            -1 if file.exported_at is None else file.exported_at,
            file.source_file_id,
        ),
    )


def told_by(files: list[File], *, future: bool) -> dict[int, Told]:
    """What one device's files say of each minute, corrected; of minutes that had happened, or of the future's."""
    told: dict[int, Told] = {}
    for file in in_order_of_correction([file for file in files if file.rows]):
        for row in file.rows:
            if ("future" in row.flags) is not future:
                continue
            before = told.get(row.minute)
            if before is None:
                told[row.minute] = Told(row, file, row.steps, row.heart_rate, row.shows_wear, row.gps_label)
                continue
            before.heart_rate |= row.heart_rate
            before.shows_wear |= row.shows_wear
            before.label = row.gps_label or before.label
            if row.steps is None and before.steps is not None:
                continue
            before.is_revised |= before.steps is not None and before.steps != row.steps
            before.statement, before.file, before.steps = row, file, row.steps
    return told


def take_back_zero_runs(told: dict[int, Told]) -> None:
    """90 zeros in a row are not observed; steps, heart rate, shown wear, and an absent or NULL minute end a run."""
    run: list[Told] = []
    previous = None
    for minute in [*sorted(told), None]:
        one = told[minute] if minute is not None else None
        is_zero = one is not None and one.steps == 0 and not one.heart_rate and not one.shows_wear
        if not is_zero or minute is None or previous is None or minute != previous + 1:
            if len(run) >= ZERO_RUN:
                for zero in run:
                    zero.steps, zero.is_zero_run = None, True
            run = []
        if is_zero and one is not None:
            run.append(one)
        previous = minute


def take_back_contradicted_zeros(found: dict[int, Minute]) -> None:
    """Three or more zeros in a row while the track walks are no steps measured, unless they prove wear.

    What another device counted in such a minute does not step in: the track's label holds (definition 9).
    """
    run: list[Minute] = []
    previous = None
    for minute in [*sorted(found), None]:
        row = found[minute] if minute is not None else None
        is_doubtful = row is not None and row.steps == 0 and row.label == "walk" and not row.zeros_prove_wear
        if not is_doubtful or minute is None or previous is None or minute != previous + 1:
            if len(run) >= CONTRADICTION:
                for zero in run:
                    zero.steps, zero.source = None, "gps"
                    zero.flags |= {"gps_contradicts_zero", *(["zero_run"] if zero.has_zero_run else [])}
            run = []
        if is_doubtful and row is not None:
            run.append(row)
        previous = minute


def grids(person: Person, study: Study, clock: Clock) -> tuple[dict[int, Minute], dict[int, Minute]]:
    """Every minute of which any file has a row, in order: those that count, and those of the future, which are only shown."""
    kept = _resolve(person, study, clock, future=False)
    ahead = _resolve(person, study, clock, future=True)
    return dict(sorted(kept.items())), {minute: row for minute, row in ahead.items() if minute not in kept}


def _resolve(person: Person, study: Study, clock: Clock, *, future: bool) -> dict[int, Minute]:
    files: dict[Device, list[File]] = collections.defaultdict(list)
    for file in person.files:
        files[file.device].append(file)
    by_device = {device: told_by(theirs, future=future) for device, theirs in files.items()}
    proving = {device: proves_wear(person, device) for device in by_device}
    for device, told in by_device.items():
        if not proving[device]:
            take_back_zero_runs(told)
    where = {minute: clock.local(minute) for told in by_device.values() for minute in told}
    days = {
        device: collections.Counter(
            where[minute][0] for minute, one in told.items() if one.steps is not None or one.label is not None
        )
        for device, told in by_device.items()
    }
    ranks = {device: rank(study.priority, person, device) for device in by_device}
    not_on_foot, running = _session_minutes(person)
    found = {}
    for minute, (date, at) in where.items():
        order = [device for device, told in by_device.items() if minute in told]
        if len(order) > 1:
            order.sort(key=lambda device: (ranks[device], -days[device][date], device.device_id))
        said = [(device, by_device[device][minute]) for device in order]
        found[minute] = _stands(date, at, said, proving, minute in not_on_foot, minute in running)
    take_back_contradicted_zeros(found)
    return found


def _session_minutes(person: Person) -> tuple[set[int], set[int]]:
    not_on_foot: set[int] = set()
    running: set[int] = set()
    for session in person.sessions:
        if not session.on_foot:
            not_on_foot.update(range(session.start, session.end))
        elif session.sport == "running":
            running.update(range(session.start, session.end))
    return not_on_foot, running


def _stands(
    date: dt.date,
    at: int,
    order: list[tuple[Device, Told]],
    proving: dict[Device, bool],
    not_on_foot: bool,
    running: bool,
) -> Minute:
    """order: devices that have a row, the first in priority first. Steps of any device go before a track's label."""
    with_steps = [(device, one) for device, one in order if one.steps is not None]
    with_label = [(device, one) for device, one in order if one.label is not None]
    device, one = (with_steps or with_label or order)[0]
    counts = [each.steps for _, each in with_steps if each.steps is not None]
    # a device that measured steps knows best whether it moved
    label = next((each.label for _, each in [*with_steps, *with_label] if each.label is not None), None)
    source = "steps" if with_steps else _LABELS[label] if label is not None else None
    is_shown, is_taken_back, is_run, has_heart_rate, count = source is not None, False, running, False, 0
    for _, each in order:
        is_shown = is_shown or each.heart_rate or each.shows_wear
        is_taken_back = is_taken_back or each.is_zero_run
        is_run = is_run or each.label == "run" or "run" in each.statement.flags
        has_heart_rate = has_heart_rate or each.heart_rate
        count += each.steps is not None or each.label is not None
    flags = set(one.statement.flags)
    for name, holds in (
        ("revised", one.is_revised),
        ("zero_run", is_taken_back and not with_steps),
        ("not_on_foot", not_on_foot),
        ("run", is_run),
    ):
        if holds:
            flags.add(name)
    return Minute(
        date=date,
        clock=at,
        steps=one.steps if with_steps else None,
        source=source,
        is_worn=True if is_shown else False if is_taken_back else None,
        heart_rate=has_heart_rate,
        device_id=device.device_id,
        file=one.file,
        count=count,
        disagreement=max(counts) - min(counts) if len(counts) > 1 else None,
        flags=flags,
        label=label,
        zeros_prove_wear=proving[device],
        has_zero_run=is_taken_back,
    )
