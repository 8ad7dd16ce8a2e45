"""What messages and fields of FIT files mean: fitparse's profile of 2020, completed by what it lacks.

Sources: fitparse's tables; Garmin FIT SDK profile for `profile_added.csv` (messages and fields) and
`profile_names.csv` (names of numbers), which are read when a meaning is asked for first.
"""

import csv
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fitparse.profile import FIELD_TYPES, MESSAGE_TYPES

from connectors.fit.columns import TIMESTAMP
from connectors.fit.profile import added_names

_HERE = Path(__file__).parent
#: types that name some of their values, bits or marks, but are numbers
_NUMBERS = frozenset(
    word
    for line in (
        "activity_class ant_channel_id attitude_validity auto_activity_detect backlight_timeout",
        "connectivity_capabilities course_capabilities date_time device_index file_flags language_bits_0",
        "language_bits_1 language_bits_2 language_bits_3 language_bits_4 left_right_balance left_right_balance_100",
        "local_date_time message_index sport_bits_0 sport_bits_1 sport_bits_2 sport_bits_3 sport_bits_4 sport_bits_5",
        "sport_bits_6 supported_exd_screen_layouts user_local_id weight workout_capabilities workout_hr workout_power",
    )
    for word in line.split()
)


@dataclasses.dataclass(frozen=True)
class Component:
    """Some bits of a field that are a value of another field, in units of this scale and offset."""

    target: int
    bits: int
    bit_offset: int
    scale: float | None
    offset: float | None
    accumulates: bool


@dataclasses.dataclass(frozen=True)
class Meaning:
    """What a field is. value = raw / scale - offset; `kind` is a FIT type or base type.

    `conditions` of a sub-field: (field number, raw value), one of which a message must have.
    """

    name: str
    kind: str = "byte"
    scale: float | None = None
    offset: float | None = None
    units: str | None = None
    components: tuple[Component, ...] = ()
    conditions: tuple[tuple[int, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class FieldKind:
    """A field, and the sub-fields that it is in messages that meet their conditions; the first that does counts."""

    main: Meaning
    others: tuple[Meaning, ...] = ()


@dataclasses.dataclass(frozen=True)
class MessageKind:
    """A message and its fields by number."""

    name: str
    fields: dict[int, FieldKind]

    def field(self, number: int) -> FieldKind:
        """A field of the message; without a name if the profile has none."""
        return self.fields.get(number) or _other_field(number)


@functools.cache
def _other_field(number: int) -> FieldKind:
    if number == TIMESTAMP:
        return FieldKind(Meaning("timestamp", "date_time", units="s"))
    return FieldKind(Meaning(f"unknown_{number}"))


#: (message, field) -> its component, of the added fields that have one
_COMPONENTS = {
    (18, 147): Component(169, 8, 0, None, None, accumulates=False),
    (18, 148): Component(170, 8, 0, None, None, accumulates=False),
    (18, 149): Component(180, 8, 0, None, None, accumulates=False),
    (19, 147): Component(136, 8, 0, None, None, accumulates=False),
    (19, 148): Component(137, 8, 0, None, None, accumulates=False),
    (20, 99): Component(108, 8, 0, None, None, accumulates=False),
    (101, 24): Component(22, 8, 0, None, None, accumulates=False),
    (101, 25): Component(23, 8, 0, None, None, accumulates=False),
    (285, 7): Component(8, 16, 0, 1000, None, accumulates=False),
}


@functools.cache
def message_kind(number: int) -> MessageKind:
    """What a message number stands for; `unknown_N` if no profile says."""
    added = _added().get(number)
    known = MESSAGE_TYPES.get(number)
    if known is None:
        return added or MessageKind(f"unknown_{number}", {})
    fields = {
        n: FieldKind(_meaning(field), tuple(map(_meaning, field.subfields or ()))) for n, field in known.fields.items()
    }
    return MessageKind(known.name, (added.fields if added else {}) | fields)


@functools.cache
def names(kind: str) -> dict[int, str]:
    """The names of the numbers of a FIT type; none if it is not an enumeration."""
    if kind in _NUMBERS:
        return {}
    known: dict[int, str] = (FIELD_TYPES[kind].values or {}) if kind in FIELD_TYPES else {}
    return _listed_names().get(kind, {}) | added_names(kind) | known


def units(message: str, column: str) -> str | None:
    """The unit that the profile states for a column of a frame; none for times, names and developer fields."""
    for number in (*MESSAGE_TYPES, *_added()):
        kind = message_kind(number)
        if kind.name == message:
            for field in kind.fields.values():
                for meaning in (field.main, *field.others):
                    if meaning.name == column:
                        timed = meaning.kind in ("date_time", "local_date_time", "localtime_into_day")
                        return None if timed else meaning.units
    return None


def _meaning(field: Any) -> Meaning:
    components = tuple(
        Component(c.def_num, c.bits, c.bit_offset, c.scale, c.offset, bool(c.accumulate))
        for c in field.components or ()
    )
    conditions = tuple((ref.def_num, ref.raw_value) for ref in getattr(field, "ref_fields", None) or ())
    return Meaning(field.name, field.type.name, field.scale, field.offset, field.units, components, conditions)


@functools.cache
def _added() -> dict[int, MessageKind]:
    found: dict[int, MessageKind] = {}
    for row in _rows("profile_added.csv"):
        kind = found.setdefault(int(row["message_number"]), MessageKind(row["message"], {}))
        scale, offset = (float(row[name]) if row[name] else None for name in ("scale", "offset"))
        number = int(row["field_number"])
        component = _COMPONENTS.get((int(row["message_number"]), number))
        components = () if component is None else (component,)
        kind.fields[number] = FieldKind(
            Meaning(row["field"], row["type"], scale, offset, row["units"] or None, components)
        )
    return found


@functools.cache
def _listed_names() -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for row in _rows("profile_names.csv"):
        found.setdefault(row["type"], {})[int(row["number"])] = row["name"]
    return found


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
