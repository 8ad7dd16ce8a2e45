"""FIT files as bytes: one part or a chain of parts, each header + messages + CRC.

Length and CRC of every part are checked before a message is read, so that a cut-off file, a damaged one and an odd
message are told apart.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from connectors.errors import CorruptFileError
from connectors.recording import Problem

#: parts of one chained file; the longest real chain at hand has 7
MAX_PARTS = 1_000
_HEADER_SIZES = (12, 14)
_AGAIN = "Copy the file from the device again."
_BLOCK = 64


@dataclasses.dataclass(frozen=True)
class Part:
    """One FIT file of a chain: its messages as bytes and the position of the first in the whole file."""

    body: bytes
    position: int
    truncated: bool


def has_fit_header(head: bytes) -> bool:
    """True if bytes begin as a FIT file does; 12 bytes are enough to say."""
    return len(head) >= 12 and head[0] in _HEADER_SIZES and head[8:12] == b".FIT"


def file_parts(path: Path, data: bytes, problems: list[Problem]) -> Iterator[Part]:
    """The parts of a chain up to the first that is damaged; a damaged first one raises."""
    position = 0
    for _ in range(MAX_PARTS):
        head = data[position : position + 14]
        if not has_fit_header(head) or len(head) < head[0]:
            if position == 0:
                raise CorruptFileError(path, expected="a FIT header", found="none", where="byte 0", todo=_AGAIN)
            problems.append(Problem("unreadable_part", 1, f"byte {position}"))
            return
        start = position + head[0]
        declared = int.from_bytes(head[4:8], "little")
        end = start + declared
        # a device writes the length last: 0 with more to come is a recording that was never closed
        if end + 2 > len(data) or (declared == 0 and not _sound(data, position, end)):
            yield Part(data[start : end if declared else None], start, truncated=True)
            return
        if not _sound(data, position, end):
            if position == 0:
                raise CorruptFileError(
                    path,
                    expected=f"the CRC {int.from_bytes(data[end : end + 2], 'little'):#06x} that the file states",
                    found=f"{crc16(data[position:end]):#06x}",
                    where=f"byte {end}",
                    todo=f"Some bytes changed on the way. {_AGAIN}",
                )
            problems.append(Problem("unreadable_part", 1, f"byte {position}"))
            return
        yield Part(data[start:end], start, truncated=False)
        position = end + 2
        if position == len(data):
            return
    raise CorruptFileError(path, expected=f"at most {MAX_PARTS} chained parts", found="more", where=f"byte {position}")


def _sound(data: bytes, start: int, end: int) -> bool:
    # a zero header CRC is legal and the file CRC covers the header, so the header's own CRC adds nothing
    return crc16(data[start:end]) == int.from_bytes(data[end : end + 2], "little")


@functools.cache
def _crc_tables() -> tuple[npt.NDArray[np.uint16], list[int]]:
    """The CRC of each byte, and each CRC after one block of zero bytes."""
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ 0xA001, table >> 1).astype(np.uint16)
    after_block = np.arange(65_536, dtype=np.uint16)
    for _ in range(_BLOCK):
        after_block = (after_block >> 8) ^ table[after_block & 0xFF]
    return table, after_block.tolist()


def crc16(data: bytes) -> int:
    """The CRC of FIT (CRC-16/ARC: polynomial 0xA001 reflected, start 0). Source: FIT protocol, "CRC".

    The CRC is linear: all blocks are run side by side, then joined by what a block of zeros does to the CRC so far.
    Zeros in front of the data leave a CRC that starts from 0 unchanged.
    """
    table, after_block = _crc_tables()
    padded = b"\x00" * (-len(data) % _BLOCK) + data
    blocks = np.frombuffer(padded, dtype=np.uint8).reshape(-1, _BLOCK).T.astype(np.uint16)
    crcs = np.zeros(blocks.shape[1], dtype=np.uint16)
    for column in blocks:
        crcs = (crcs >> 8) ^ table[(crcs ^ column) & 0xFF]
    crc = 0
    for block in crcs.tolist():
        crc = after_block[crc] ^ block
    return crc
