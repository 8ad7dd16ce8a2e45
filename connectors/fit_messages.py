"""The door to FIT: a whole file in, its messages out as columns of raw values; what comes after never sees fitparse."""

import dataclasses
import io
import struct
import threading
from pathlib import Path

import fitparse
import polars as pl
from fitparse.profile import FIELD_TYPE_TIMESTAMP
from fitparse.records import DEV_TYPES, DevFieldDefinition
from fitparse.utils import FitEOFError, FitParseError

from connectors.errors import CorruptFileError
from connectors.fit_parts import Part, file_parts
from connectors.recording import Problem

#: the zero of the FIT clock, 1989-12-31 00:00 UTC, in Unix seconds. Source: FIT profile, type date_time
FIT_EPOCH = 631_065_600
#: 2000-01-01 in Unix seconds: a device that was never synced counts from its start or from 1989
FIRST_SECOND = 946_684_800
#: bytes of one file; the largest real one at hand, a day of five sports, has 3 MB
MAX_BYTES = 32 * 1024 * 1024
#: messages and definitions of one file; two days at one record and one beat-to-beat message a second are 350,000
MAX_MESSAGES = 500_000
#: messages without a field: no device writes them, and 2 MB of them cost fitparse 54 s
MAX_EMPTY_MESSAGES = 10_000
#: every field read here has 32 bits or fewer; a file that declares more could overflow a time
_MAX_VALUE = 2**32

#: message -> field number -> column; every column is Int64 and raw: no scale, no offset, invalid values null.
#: Source: FIT profile (fitparse 1.2.0, profile.py), message and field numbers.
FIELDS: dict[str, dict[int, str]] = {
    "file_id": {0: "type", 1: "manufacturer", 2: "product", 3: "serial_number", 4: "time_created"},
    "device_info": {0: "device_index", 2: "manufacturer", 3: "serial_number", 4: "product"},
    "sport": {0: "sport", 1: "sub_sport"},
    "session": {
        2: "start_time",
        5: "sport",
        6: "sub_sport",
        7: "total_elapsed_ms",
        10: "total_cycles",
        253: "timestamp",
    },
    "record": {
        0: "position_lat",
        1: "position_long",
        3: "heart_rate",
        4: "cadence",
        5: "distance_cm",
        53: "fractional_cadence",
        253: "timestamp",
    },
    "event": {0: "event", 1: "event_type", 253: "timestamp"},
    "monitoring": {
        3: "cycles",
        4: "active_ms",
        5: "activity_type",
        11: "local_timestamp",
        24: "type_intensity",
        26: "timestamp_16",
        27: "heart_rate",
        253: "timestamp",
    },
    "monitoring_info": {0: "local_timestamp", 253: "timestamp"},
}
_NUMBERS = {
    0: "file_id",
    12: "sport",
    18: "session",
    20: "record",
    21: "event",
    23: "device_info",
    55: "monitoring",
    103: "monitoring_info",
}
#: what fitparse raises on messages it cannot decode, found by 46,000 files made wrong behind a valid CRC
_UNREADABLE = (FitParseError, KeyError, OverflowError, TypeError)
#: fitparse keeps the developer fields of all files in one module-level table
_ONE_AT_A_TIME = threading.Lock()

_Rows = dict[str, list[list[int | None]]]


@dataclasses.dataclass(frozen=True)
class Messages:
    """The messages of one file by name, each a frame of FIELDS and `order`, the place of the message in the file."""

    frames: dict[str, pl.DataFrame]
    problems: tuple[Problem, ...]

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]


def read_messages(path: Path) -> Messages:
    """All messages of a file that are named in FIELDS; what is wrong with the rest is in `problems`.

    Raises CorruptFileError if the CRC of the first part does not match, or if the file exceeds the limits above.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CorruptFileError(path, expected=f"a FIT file of at most {MAX_BYTES} bytes", found=f"{size} bytes")
    data = path.read_bytes()
    rows: _Rows = {name: [] for name in FIELDS}
    problems: list[Problem] = []
    limit = _Limit(path)
    with _ONE_AT_A_TIME:
        for part in file_parts(path, data, problems):
            if part.truncated:
                problems.append(Problem("truncated", 1, f"byte {len(data)}"))
            stopped = _read_part(part, rows, limit)
            if stopped is not None:
                problems.append(Problem("unreadable_message", 1, f"byte {stopped}"))
    frames = {
        name: pl.DataFrame(rows[name], schema=dict.fromkeys(("order", *columns.values()), pl.Int64), orient="row")
        for name, columns in FIELDS.items()
    }
    return Messages(frames, tuple(problems))


class _Limit:
    """Counts messages over all parts of a file and ends in CorruptFileError beyond the limits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages = 0
        self.empty = 0

    def count(self, message: "fitparse.records.DataMessage", position: int) -> int:
        self.messages += 1
        if message.type == "data" and not message.fields:
            self.empty += 1
        if self.messages > MAX_MESSAGES or self.empty > MAX_EMPTY_MESSAGES:
            raise CorruptFileError(
                self.path,
                expected=f"at most {MAX_MESSAGES} messages, and {MAX_EMPTY_MESSAGES} without a field",
                found="more",
                where=f"byte {position}",
                todo="No device writes such a file.",
            )
        return self.messages


def _read_part(part: Part, rows: _Rows, limit: _Limit) -> int | None:
    """None if all whole messages went into rows, else the position of the first one that could not be read."""
    header = struct.pack("<BBHI4s", 12, 0x20, 2132, len(part.body), b".FIT")
    stream = io.BytesIO(header + part.body)
    size = len(header) + len(part.body)
    DEV_TYPES.clear()
    file = fitparse.FitFile(stream, check_crc=False, data_processor=_AsItIs())
    messages = file.get_messages(with_definitions=True)
    while (at := stream.tell()) < size:
        position = part.position + at - len(header)
        try:
            message = next(messages)
        except FitEOFError:
            # in a cut-off part the last message is incomplete: that is told already
            return None if part.truncated else position
        except _UNREADABLE:
            return position
        # fitparse keeps all it has parsed; nobody asks for it twice
        file._messages.clear()
        order = limit.count(message, position)
        name = _NUMBERS.get(message.mesg_num)
        if name is not None and message.type == "data":
            rows[name].append([order, *_values(message, FIELDS[name])])
    return None


def _values(message: "fitparse.records.DataMessage", columns: dict[int, str]) -> list[int | None]:
    found: dict[int, int | None] = {}
    for field in message.fields:
        definition = field.field_def
        if definition is None:
            # what fitparse makes itself: the time of a compressed header is wanted, expanded components are not
            if field.field is FIELD_TYPE_TIMESTAMP:
                found[FIELD_TYPE_TIMESTAMP.def_num] = _whole(field.raw_value)
        elif definition.def_num in columns and type(definition) is not DevFieldDefinition:
            found[definition.def_num] = _whole(field.raw_value)
    return [found.get(number) for number in columns]


def _whole(value: object) -> int | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) and abs(value) < _MAX_VALUE else None


class _AsItIs:
    """Leaves values raw: fitparse's own processors take a third of its time and make naive datetimes."""

    def run_type_processor(self, field: object) -> None: ...

    def run_field_processor(self, field: object) -> None: ...

    def run_unit_processor(self, field: object) -> None: ...

    def run_message_processor(self, message: object) -> None: ...
