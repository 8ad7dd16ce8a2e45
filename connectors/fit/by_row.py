"""The slow way through a FIT file, message by message with fitparse: for a file whose fields no column can hold."""

import io
import struct
import threading
from collections.abc import Sequence

import fitparse
import numpy as np
from fitparse.profile import FIELD_TYPE_TIMESTAMP
from fitparse.records import DEV_TYPES, DevFieldDefinition
from fitparse.utils import FitEOFError, FitParseError

from connectors.fit.columns import Column, Table
from connectors.fit.parts import Part
from connectors.fit.walk import Fault, TooManyError, Walk

#: messages of one file: more would hold up a night, and the real files that come here have at most 5,100
MAX_MESSAGES = 20_000
#: what fitparse raises on messages it cannot decode, found by 46,000 files made wrong behind a valid CRC
_UNREADABLE = (FitParseError, KeyError, OverflowError, TypeError)
#: fitparse keeps the developer fields of all files in one module-level table
_ONE_AT_A_TIME = threading.Lock()

_Values = dict[int, object]


def tables(
    data: bytes, parts: Sequence[Part], walked: Walk
) -> tuple[dict[int, Table], tuple[Fault, ...] | TooManyError]:
    """The messages by number, and where a part could not be read to its end."""
    if len(walked.positions) > MAX_MESSAGES:
        return {}, TooManyError(f"{MAX_MESSAGES} messages in a file that is read by row", int(walked.positions[-1]))
    rows: dict[int, list[tuple[int, _Values]]] = {}
    with _ONE_AT_A_TIME:
        faults = [fault for part in parts if (fault := _read_part(data, part, rows)) is not None]
    return {message: _table(message, found) for message, found in rows.items()}, tuple(faults)


def _read_part(data: bytes, part: Part, rows: dict[int, list[tuple[int, _Values]]]) -> Fault | None:
    """None if all whole messages went into rows, else the place of the first one that could not be read."""
    body = data[part.start : part.end]
    header = struct.pack("<BBHI4s", 12, 0x20, 2132, len(body), b".FIT")
    stream = io.BytesIO(header + body)
    size = len(header) + len(body)
    DEV_TYPES.clear()
    file = fitparse.FitFile(stream, check_crc=False, data_processor=_AsItIs())
    messages = file.get_messages(with_definitions=True)
    while (at := stream.tell()) < size:
        position = part.start + at - len(header)
        try:
            message = next(messages)
        except FitEOFError:
            return Fault(position, truncated=True)
        except _UNREADABLE:
            return Fault(position, truncated=False)
        # fitparse keeps all it has parsed; nobody asks for it twice
        file._messages.clear()
        if message.type == "data":
            rows.setdefault(message.mesg_num, []).append((position, _values(message)))
    return None


def _values(message: "fitparse.records.DataMessage") -> _Values:
    """Raw values by field number; of a field that comes twice the first."""
    found: _Values = {}
    for field in message.fields:
        definition = field.field_def
        if definition is None:
            # what fitparse makes itself: the time of a compressed header is wanted, expanded components are not
            if field.field is FIELD_TYPE_TIMESTAMP:
                found.setdefault(FIELD_TYPE_TIMESTAMP.def_num, field.raw_value)
        elif type(definition) is not DevFieldDefinition:
            found.setdefault(definition.def_num, field.raw_value)
    return found


def _table(message: int, rows: list[tuple[int, _Values]]) -> Table:
    table = Table(message, np.array([at for at, _ in rows], dtype=np.int64), ())
    for number in dict.fromkeys(number for _, values in rows for number in values):
        table.replace(number, _column([values.get(number) for _, values in rows]))
    return table


def _column(raw: list[object]) -> Column:
    """Numbers as a column; of an array the first element. A field that is text in any message is text in all."""
    first = [value[0] if isinstance(value, tuple) and value else value for value in raw]
    valid = np.array([value is not None and value != () for value in first], dtype=bool)
    if any(isinstance(value, (str, bytes)) for value in first):
        texts = np.empty(len(first), dtype=object)
        texts[:] = ["" if value is None else str(value) for value in first]
        return Column(texts, valid)
    whole = all(
        isinstance(value, int) and abs(value) < 2**63 for value, given in zip(first, valid, strict=True) if given
    )
    numbers = [value if given else 0 for value, given in zip(first, valid, strict=True)]
    return Column(np.array(numbers, dtype=np.int64 if whole else np.float64), valid)


class _AsItIs:
    """Leaves values raw: fitparse's own processors take a third of its time and make naive datetimes."""

    def run_type_processor(self, field: object) -> None: ...

    def run_field_processor(self, field: object) -> None: ...

    def run_unit_processor(self, field: object) -> None: ...

    def run_message_processor(self, message: object) -> None: ...
