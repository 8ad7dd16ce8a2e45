"""FIT files as bytes: one part or a chain of parts, each header + messages + CRC.

Length and CRC of every part are looked at before a message is read, so that a cut-off file, a damaged one and an odd
message are told apart.
"""

import dataclasses
from pathlib import Path

from connectors.errors import CorruptFileError
from connectors.fit.crc import crcs
from connectors.recording import Problem

#: parts of one chained file; the longest real chain at hand has 7
MAX_PARTS = 1_000
_HEADER_SIZES = (12, 14)


@dataclasses.dataclass(frozen=True)
class Part:
    """One FIT file of a chain: where its messages start and end, and whether all of them are there."""

    start: int
    end: int
    truncated: bool = False

    def moved(self, by: int) -> "Part":
        return Part(self.start + by, self.end + by, self.truncated)


@dataclasses.dataclass(frozen=True)
class Chain:
    """The parts of one file and what is wrong with it as a whole."""

    parts: tuple[Part, ...]
    problems: tuple[Problem, ...]


@dataclasses.dataclass(frozen=True)
class _Frame:
    """A part as its header describes it: from the header to behind the CRC, and the length that the header states."""

    header: int
    start: int
    end: int
    declared: int


def has_fit_header(head: bytes) -> bool:
    """True if bytes begin as a FIT file does; 12 bytes are enough to say."""
    return len(head) >= 12 and head[0] in _HEADER_SIZES and head[8:12] == b".FIT"


def chains(files: list[tuple[Path, bytes]]) -> list[Chain | CorruptFileError]:
    """The parts of each file; of a file without a FIT header, or with more parts than any device writes, the error.

    A part whose CRC does not match is kept: its rows may be read as far as they make sense, and the file is flagged
    `bad_crc`. What follows a part and is none is flagged `unreadable_part`, a file that ends within a part `truncated`.
    """
    framed = [_frames(path, data) for path, data in files]
    whole = [
        memoryview(data)[frame.header : frame.end]
        for (_, data), frames in zip(files, framed, strict=True)
        if not isinstance(frames, CorruptFileError)
        for frame in frames
        if frame.end <= len(data)
    ]
    sums = iter(crcs(whole))
    found: list[Chain | CorruptFileError] = []
    for (_, data), frames in zip(files, framed, strict=True):
        if isinstance(frames, CorruptFileError):
            found.append(frames)
        else:
            found.append(_chain(data, frames, [next(sums) == 0 for f in frames if f.end <= len(data)]))
    return found


def _frames(path: Path, data: bytes) -> list[_Frame] | CorruptFileError:
    frames: list[_Frame] = []
    position = 0
    while has_fit_header(data[position : position + 14]):
        if len(frames) == MAX_PARTS:
            where = f"byte {position}"
            return CorruptFileError(path, expected=f"at most {MAX_PARTS} chained parts", found="more", where=where)
        start = position + data[position]
        declared = int.from_bytes(data[position + 4 : position + 8], "little")
        frames.append(_Frame(position, start, start + declared + 2, declared))
        position = start + declared + 2
    if frames:
        return frames
    todo = "Copy the file from the device again."
    return CorruptFileError(path, expected="a FIT header", found="none", where="byte 0", todo=todo)


def _chain(data: bytes, frames: list[_Frame], sound: list[bool]) -> Chain:
    parts: list[Part] = []
    problems: list[Problem] = []
    for number, frame in enumerate(frames):
        # a device writes the length last: 0 with more to come is a recording that was never closed
        never_closed = frame.declared == 0 and not (number < len(sound) and sound[number])
        if never_closed or frame.end > len(data):
            end = len(data) if never_closed else min(frame.end - 2, len(data))
            parts.append(Part(min(frame.start, end), end, truncated=True))
            problems.append(Problem("truncated", 1, f"byte {len(data)}"))
            return Chain(tuple(parts), tuple(problems))
        # a header CRC of zero is legal and the CRC of the part covers the header: its own CRC adds nothing
        if not sound[number]:
            problems.append(Problem("bad_crc", 1, f"byte {frame.end - 2}"))
        parts.append(Part(frame.start, frame.end - 2))
    if (after := frames[-1].end) < len(data):
        problems.append(Problem("unreadable_part", 1, f"byte {after}"))
    return Chain(tuple(parts), tuple(problems))
