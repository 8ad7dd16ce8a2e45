"""The walk through FIT messages: where each one starts and which definition it follows; no value is read here.

One look-up in a table from header byte to size and one addition take it from a message to the next. Definitions are
told apart by their content, so that a definition sent again, as some devices do before every message, costs a look-up.
Source: FIT protocol, "record header byte", "definition message".
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from connectors.fit.parts import Part

#: messages of one file; two days at one record and one beat-to-beat message a second are 350,000
MAX_MESSAGES = 400_000
#: definitions of one file, which cost far more than messages; the most at hand are 5,867
MAX_DEFINITIONS = 100_000
#: different definitions of one file; the most at hand are 97
MAX_LAYOUTS = 4_096
#: bit 7 of a header byte: a compressed timestamp; bit 6: a definition; bit 5 of a definition: developer fields
COMPRESSED, _DEFINITION, _DEVELOPER = 0x80, 0x40, 0x20
#: layouts are numbered in 16 bits
_LAYOUT = 0xFFFF
#: messages in a row that are looked at in one go
_RUN = 256
#: bytes of a definition before its fields: header, reserved, byte order, message number (2), number of fields
_FIXED = 6

Ints = npt.NDArray[np.int64]


class MixedError(Exception):
    """Messages that tables cannot hold, or not together with those of other files: why."""


class TooManyError(Exception):
    """More messages or definitions than any device writes: how many of what are allowed, and the byte of the next."""

    def __init__(self, allowed: str, at: int) -> None:
        super().__init__(allowed, at)
        self.allowed = allowed
        self.at = at


@dataclasses.dataclass(frozen=True)
class Field:
    """A field of a definition: its number, the place of its bytes within a message, and its base type."""

    number: int
    offset: int
    size: int
    base_type: int


@dataclasses.dataclass(frozen=True)
class DeveloperField:
    """A developer field of a definition; its base type is told by a field_description of the file."""

    index: int
    number: int
    offset: int
    size: int


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a definition says of its messages. `size` counts the header byte."""

    message: int
    big_endian: bool
    size: int
    fields: tuple[Field, ...]
    developer_fields: tuple[DeveloperField, ...]


@dataclasses.dataclass(frozen=True)
class Fault:
    """Where the messages of a part stop making sense, or end within a message."""

    at: int
    truncated: bool


@dataclasses.dataclass(frozen=True)
class Walk:
    """Messages in the order of their bytes: position and value of the header byte, number of the layout in `layouts`."""

    positions: Ints
    headers: npt.NDArray[np.uint8]
    layout: npt.NDArray[np.uint16]
    layouts: tuple[Layout, ...]
    faults: tuple[tuple[Fault, ...] | TooManyError, ...]  # one per file


def walk(data: bytes, files: Sequence[Sequence[Part]]) -> Walk:
    """The messages of the parts of some files that lie one behind the other in `data`.

    A file with more messages or definitions than any device writes has no message in the walk, and the error in the
    place of its faults. Raises MixedError if files together have more layouts than a 16-bit number can tell apart.
    """
    tracks = _Tracks(data)
    # several files are few bytes, and so few messages; a single one may be all messages
    most = MAX_MESSAGES + 1 if len(files) == 1 else None
    positions = np.fromiter(itertools.islice(tracks.steps(files), most), dtype=np.int64)
    kept = ~np.isin(positions, tracks.halves) if tracks.halves else np.ones(len(positions), dtype=bool)
    faults: list[tuple[Fault, ...] | TooManyError] = []
    for file, parts in enumerate(files):
        low, high = np.searchsorted(positions, [parts[0].start, parts[-1].end]) if parts else (0, 0)
        refused = tracks.refused.get(file)
        if high - low > MAX_MESSAGES:
            refused = TooManyError(f"{MAX_MESSAGES} messages", int(positions[low + MAX_MESSAGES]))
        if refused is not None:
            kept[low:high] = False
        faults.append(refused or tuple(tracks.faults.get(file, ())))
    return tracks.walk(positions[kept], tuple(faults))


class _Tracks:
    """What is met on the way: definitions, faults and half messages."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.numbers: dict[bytes, int] = {}
        self.defined: list[int] = []  # place << 20 | local type << 16 | layout
        self.faults: dict[int, list[Fault]] = {}
        self.refused: dict[int, TooManyError] = {}
        self.halves: list[int] = []

    def steps(self, files: Sequence[Sequence[Part]]) -> Iterator[int]:
        """Where each data message starts; of half a message too, which is then among the halves."""
        data, numbers, defined = self.data, self.numbers, self.defined
        for file, parts in enumerate(files):
            most, varied = len(defined) + MAX_DEFINITIONS, len(numbers) + MAX_LAYOUTS
            for part in parts:
                at, end = part.start, part.end
                sizes = [0] * 256
                last = -1
                while at < end:
                    header = data[at]
                    if size := sizes[header]:
                        if header == last:
                            # messages of one type in a row: their header bytes lie one size apart
                            ahead = data[at : min(at + _RUN * size, end) : size]
                            run = len(ahead) - len(ahead.lstrip(ahead[:1]))
                            yield from range(at, at + run * size, size)
                            at += run * size
                        else:
                            last = header
                            yield at
                            at += size
                        continue
                    if header & COMPRESSED or not header & _DEFINITION:
                        # bits 4 and 5 of a data message mean nothing; a compressed header names its local type in two
                        size = sizes[header >> 5 & 3 if header & COMPRESSED else header & 0x0F]
                        if size:
                            yield at
                            at += size
                            continue
                        self._fault(file, Fault(at, truncated=False))
                        break
                    length = self._definition_length(at, end)
                    if at + length > end:
                        self._fault(file, Fault(at, truncated=True))
                        break
                    if len(defined) == most or len(numbers) > varied:
                        told = f"{MAX_DEFINITIONS} definitions and {MAX_LAYOUTS} different ones"
                        self.refused[file] = TooManyError(told, at)
                        break
                    # the header byte tells the local type only; without it two definitions of one content are equal
                    content = data[at + 1 : at + length]
                    layout = numbers.setdefault(content, len(numbers))
                    local = header & 0x0F
                    defined.append(at << 20 | local << 16 | layout & _LAYOUT)
                    sizes[local] = _layout(content).size
                    last = -1
                    at += length
                if at > end:
                    self.halves.append(at - size)
                    self._fault(file, Fault(at - size, truncated=True))
                if file in self.refused:
                    break

    def _fault(self, file: int, fault: Fault) -> None:
        self.faults.setdefault(file, []).append(fault)

    def _definition_length(self, at: int, end: int) -> int:
        """Bytes of the definition at a place; beyond `end` if it is cut off."""
        data = self.data
        if at + _FIXED > end:
            return end + 1
        length = _FIXED + 3 * data[at + 5]
        if data[at] & _DEVELOPER:
            if at + length + 1 > end:
                return end + 1
            length += 1 + 3 * data[at + length]
        return length

    def walk(self, positions: Ints, faults: tuple[tuple[Fault, ...] | TooManyError, ...]) -> Walk:
        if len(self.numbers) > _LAYOUT:
            raise MixedError(f"{len(self.numbers)} different definitions")
        headers = np.frombuffer(self.data, dtype=np.uint8)[positions]
        return Walk(positions, headers, self._layouts_at(positions, headers), tuple(map(_layout, self.numbers)), faults)

    def _layouts_at(self, positions: Ints, headers: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
        """For each message the layout that was defined last for its local type."""
        local = _local_types()[headers]
        defined = np.array(self.defined, dtype=np.int64)
        defined_at, defined_local = defined >> 20, defined >> 16 & 0x0F
        defined_layout = (defined & _LAYOUT).astype(np.uint16)
        found = np.zeros(len(positions), dtype=np.uint16)
        for one in np.flatnonzero(np.bincount(local, minlength=1)):
            mine, definitions = np.flatnonzero(local == one), np.flatnonzero(defined_local == one)
            last = np.searchsorted(defined_at[definitions], positions[mine]) - 1
            found[mine] = defined_layout[definitions][last]
        return found


@functools.cache
def _local_types() -> npt.NDArray[np.uint8]:
    header = np.arange(256, dtype=np.uint8)
    return np.where(header & COMPRESSED, header >> 5 & 3, header & 0x0F).astype(np.uint8)


@functools.lru_cache(maxsize=4096)
def _layout(content: bytes) -> Layout:
    """The layout that a definition states; `content` is the definition without its header byte."""
    big_endian = content[1] != 0
    offset, fields, developer_fields = 1, [], []
    end = 5 + 3 * content[4]
    for place in range(5, end, 3):
        number, size, base_type = content[place : place + 3]
        fields.append(Field(number, offset, size, base_type))
        offset += size
    for place in range(end + 1, len(content), 3):
        number, size, index = content[place : place + 3]
        developer_fields.append(DeveloperField(index, number, offset, size))
        offset += size
    message = int.from_bytes(content[2:4], "big" if big_endian else "little")
    return Layout(message, big_endian, offset, tuple(fields), tuple(developer_fields))
