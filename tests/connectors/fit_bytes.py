"""A small FIT writer: messages given as field numbers and values become a file with header and CRC."""

import struct
from collections.abc import Iterable
from pathlib import Path

from connectors.fit.crc import crc16

#: 2024-03-04 00:00 UTC on the FIT clock
MONDAY = 1_709_510_400 - 631_065_600

FILE_ID, SPORT, SESSION, RECORD, EVENT, DEVICE_INFO, FIELD_DESCRIPTION = 0, 12, 18, 20, 21, 23, 206
MONITORING, MONITORING_INFO = 55, 103
START, STOP_ALL = 0, 4
#: base types by size in bytes: uint8, uint16, uint32
_TYPES = {1: (0x02, "B"), 2: (0x84, "H"), 4: (0x86, "I")}
_SIZES = {
    FILE_ID: {0: 1, 1: 2, 2: 2, 3: 4, 4: 4},
    SPORT: {0: 1, 1: 1},
    SESSION: {2: 4, 5: 1, 6: 1, 7: 4, 10: 4, 253: 4},
    RECORD: {0: 4, 1: 4, 3: 1, 4: 1, 5: 4, 53: 1, 253: 4},
    EVENT: {0: 1, 1: 1, 253: 4},
    MONITORING: {3: 4, 4: 4, 5: 1, 24: 1, 26: 2, 27: 1, 253: 4},
    MONITORING_INFO: {0: 4, 253: 4},
}


def message(number: int, fields: dict[int, int]) -> bytes:
    """A definition and one data message of local type 0, little-endian."""
    sizes = [(field, _SIZES[number][field]) for field in fields]
    definition = b"".join(bytes([field, size, _TYPES[size][0]]) for field, size in sizes)
    values = (struct.pack("<" + _TYPES[size][1], fields[field] % 256**size) for field, size in sizes)
    return struct.pack("<BBBHB", 0x40, 0, 0, number, len(sizes)) + definition + b"\x00" + b"".join(values)


def file_id(kind: int, created: int = MONDAY) -> bytes:
    return message(FILE_ID, {0: kind, 1: 1, 2: 2927, 3: 1234567, 4: created})


def fit(*messages: bytes, header_size: int = 14) -> bytes:
    """A whole FIT file. Its header CRC is 0, which is legal."""
    body = b"".join(messages)
    head = struct.pack("<BBHI4s", header_size, 0x20, 2132, len(body), b".FIT") + b"\x00" * (header_size - 12)
    return head + body + crc16(head + body).to_bytes(2, "little")


def write(folder: Path, data: bytes, name: str = "export.fit") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def activity(*messages: bytes) -> bytes:
    return fit(file_id(4), *messages)


def record(second: int, **values: int) -> bytes:
    """A record so many seconds after MONDAY; values by name: heart, cadence, fraction, cm, lat, lon."""
    fields = {"lat": 0, "lon": 1, "heart": 3, "cadence": 4, "cm": 5, "fraction": 53}
    return message(RECORD, {253: MONDAY + second} | {fields[name]: value for name, value in values.items()})


def records(seconds: range, **values: int) -> bytes:
    return b"".join(record(second, **values) for second in seconds)


def timer(second: int, kind: int) -> bytes:
    return message(EVENT, {0: 0, 1: kind, 253: MONDAY + second})


def session(start: int, end: int, sport: int, sub_sport: int = 0, cycles: int = 0xFFFFFFFF) -> bytes:
    elapsed = (end - start) * 1000
    return message(SESSION, {2: MONDAY + start, 7: elapsed, 5: sport, 6: sub_sport, 10: cycles, 253: MONDAY + end})


def monitoring(*messages: bytes, start: int = 0, offset_minutes: int = 0) -> bytes:
    """A monitoring file that starts so many seconds after MONDAY, on a clock so far ahead of UTC."""
    begin = MONDAY + start
    info = message(MONITORING_INFO, {253: begin, 0: begin + offset_minutes * 60})
    return fit(file_id(32, begin), info, *messages)


def typed(second: int, activity_type: int, **values: int) -> bytes:
    """A monitoring row with a full timestamp that names an activity type; values: steps, active_ms."""
    fields = {"steps": 3, "active_ms": 4}
    return message(
        MONITORING, {253: MONDAY + second, 5: activity_type} | {fields[name]: v for name, v in values.items()}
    )


def definition(
    number: int,
    fields: Iterable[tuple[int, int, int]],
    developer: Iterable[tuple[int, int, int]] = (),
    *,
    local: int = 0,
    big_endian: bool = False,
) -> bytes:
    """A definition. Fields: number, size in bytes, base type; developer fields: number, size, developer index."""
    plain, own = [bytes(field) for field in fields], [bytes(field) for field in developer]
    head = struct.pack(
        ">BBBHB" if big_endian else "<BBBHB", (0x60 if own else 0x40) | local, 0, big_endian, number, len(plain)
    )
    return head + b"".join(plain) + (bytes([len(own)]) + b"".join(own) if own else b"")


def data(content: bytes, local: int = 0) -> bytes:
    """A data message of these bytes."""
    return bytes([local]) + content


def description(index: int, number: int, base_type: int, name: str, scale: int = 0xFF, offset: int = 0x7F) -> bytes:
    """A field_description and the developer_data_id that it needs, of local types 14 and 15."""
    text = name.encode() + b"\0"
    fields = [(0, 1, 2), (1, 1, 2), (2, 1, 2), (3, len(text), 7), (6, 1, 2), (7, 1, 1)]
    return (
        definition(207, [(3, 1, 2)], local=15)
        + data(bytes([index]), 15)
        + definition(206, fields, local=14)
        + data(bytes([index, number, base_type]) + text + bytes([scale, offset]), 14)
    )
