"""Valid FIT files: header, definition and data messages, CRC; little endian, fixed arrays of any base type.

Source: the FIT protocol as Garmin publishes it. Nothing here knows what the messages mean.
"""

import dataclasses
import functools
import struct
from collections.abc import Sequence

#: base type: (code on disk, struct letter, value that stands for "invalid")
_BASE = {
    "enum": (0x00, "B", 0xFF),
    "sint8": (0x01, "b", 0x7F),
    "uint8": (0x02, "B", 0xFF),
    "string": (0x07, "s", 0),
    "uint8z": (0x0A, "B", 0),
    "byte": (0x0D, "B", 0xFF),
    "sint16": (0x83, "h", 0x7FFF),
    "uint16": (0x84, "H", 0xFFFF),
    "uint16z": (0x8B, "H", 0),
    "sint32": (0x85, "i", 0x7FFFFFFF),
    "uint32": (0x86, "I", 0xFFFFFFFF),
    "uint32z": (0x8C, "I", 0),
}

#: seconds from 1970-01-01 to 1989-12-31, where FIT starts counting
FIT_EPOCH = 631_065_600

_PROTOCOL, _PROFILE, _LOCAL_TYPES = 0x10, 2105, 16

Value = int | str | tuple[int, ...] | None


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return table


_CRC = _crc_table()


def fit_crc(data: bytes) -> int:
    """CRC-16 as FIT uses it: polynomial 0x8005 reflected, from 0."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def fit_time(utc_minute: int, seconds: int = 0) -> int:
    """FIT seconds of a UTC minute and some seconds more."""
    return utc_minute * 60 + seconds - FIT_EPOCH


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a message: its number, base type and how many values (for a string: how many bytes)."""

    number: int
    base: str
    count: int = 1

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.count * struct.calcsize(_BASE[self.base][1])

    def flat(self, value: Value) -> tuple[int | bytes, ...]:
        """What struct packs: one value per element, the invalid value for None; bytes for a string."""
        if isinstance(value, str):
            return (value.encode()[: self.count - 1],)
        invalid = _BASE[self.base][2]
        values = value if isinstance(value, tuple) else (value,) * self.count
        return tuple(invalid if one is None else one for one in values)


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
    """A message definition: the global message number and its fields in order. Two are the same only if identical."""

    message: int
    fields: tuple[Field, ...]

    @functools.cached_property
    def form(self) -> struct.Struct:
        """How a data message of this definition is packed, its header byte included."""
        return struct.Struct("<B" + "".join(f"{field.count}{_BASE[field.base][1]}" for field in self.fields))

    def pack(self, header: int, values: Sequence[Value]) -> bytes:
        """A data message."""
        flat = [one for field, value in zip(self.fields, values, strict=True) for one in field.flat(value)]
        return self.form.pack(header, *flat)


def layout(message: int, *fields: tuple[int, str] | tuple[int, str, int]) -> Layout:
    """A definition from (number, base type) or (number, base type, count)."""
    return Layout(message, tuple(Field(*field) for field in fields))


class FitFile:
    """A FIT file in the making: add messages, then take the bytes."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._local: dict[Layout, int] = {}
        self._next = 0

    def add(self, what: Layout, *values: Value) -> None:
        """Appends one data message, and its definition where that is not in force."""
        if what not in self._local:
            self._define(what)
        self._body += what.pack(self._local[what], values)

    def _define(self, what: Layout) -> None:
        slot = self._next % _LOCAL_TYPES
        self._next += 1
        self._local = {known: number for known, number in self._local.items() if number != slot}
        self._local[what] = slot
        self._body += struct.pack("<BBBHB", 0x40 | slot, 0, 0, what.message, len(what.fields))
        for field in what.fields:
            self._body += struct.pack("<BBB", field.number, field.size, _BASE[field.base][0])

    def to_bytes(self) -> bytes:
        """The whole file with both checksums."""
        head = struct.pack("<BBHI4s", 14, _PROTOCOL, _PROFILE, len(self._body), b".FIT")
        whole = head + struct.pack("<H", fit_crc(head)) + bytes(self._body)
        return whole + struct.pack("<H", fit_crc(whole))


def message_starts(fit: bytes) -> list[int]:
    """Where each data message of a file written here starts."""
    sizes: dict[int, int] = {}
    starts, at = [], 14
    while at < len(fit) - 2:
        slot = fit[at] & 0x0F
        if fit[at] & 0x40:
            fields = fit[at + 5]
            sizes[slot] = 1 + sum(fit[at + 7 + 3 * n] for n in range(fields))
            at += 6 + 3 * fields
        else:
            starts.append(at)
            at += sizes[slot]
    return starts
