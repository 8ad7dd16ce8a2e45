"""The CRC of FIT files (CRC-16/ARC: polynomial x^16 + x^15 + x^2 + 1, reflected, start 0), at the speed of memory.

Source of polynomial and table: FIT protocol, "CRC". The polynomial is (x + 1) times Q = x^15 + x + 1, and over two
elements a square is taken term by term, so for every power of two K a multiple of Q is x^15K + x^K + 1. A long
message is folded with it, whole words at a time, into 30 bytes that leave the same remainder by Q; what they leave by
x + 1 is a parity, which is taken from the whole message.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: the polynomial as reflected 16 bits, and Q likewise: the bit of x^15 is the lowest
_POLYNOMIAL = 0xA001
_Q = 0xC001
#: bytes are folded as 64-bit words; a shorter rest as 16-bit words
_WORD = 8


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)  # noqa: PLW2901
        table.append(value)
    return table


_TABLE = _table()


def crc16(data: bytes) -> int:
    """The CRC of some bytes. Over a part and the CRC behind it, little-endian, it is 0."""
    return crcs([data])[0]


def crcs(pieces: Sequence[bytes | memoryview]) -> list[int]:
    """The CRC of each piece; pieces of similar length are folded side by side."""
    found = [0] * len(pieces)
    classes: dict[int, list[int]] = {}
    for place, piece in enumerate(pieces):
        classes.setdefault(len(piece).bit_length(), []).append(place)
    for places in classes.values():
        width = -(-max(len(pieces[place]) for place in places) // _WORD) * _WORD
        # zeros in front leave a CRC that starts from 0 unchanged
        rows = np.zeros((len(places), width), dtype=np.uint8)
        for row, place in zip(rows, places, strict=True):
            row[width - len(pieces[place]) :] = np.frombuffer(pieces[place], dtype=np.uint8)
        for place, crc in zip(places, _crc_of_rows(rows), strict=True):
            found[place] = crc
    return found


def _crc_of_rows(rows: npt.NDArray[np.uint8]) -> list[int]:
    words = rows.view(np.uint64)
    odd = [int(word).bit_count() & 1 for word in np.bitwise_xor.reduce(words, axis=1)]
    short = _folded(np.ascontiguousarray(_folded(words)).view(np.uint16))
    found = []
    for row, parity in zip(np.ascontiguousarray(short).view(np.uint8), odd, strict=True):
        crc = 0
        for byte in row.tolist():
            crc = crc >> 8 ^ _TABLE[crc & 0xFF ^ byte]
        # by x + 1 every power of x is 1: the remainder of a polynomial is the parity of its terms
        found.append(crc ^ _Q if crc.bit_count() & 1 != parity else crc)
    return found


def _folded(words: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.unsignedinteger]:
    """At most 15 words per row with the same remainder by Q; changes its argument."""
    while (length := words.shape[1]) > 15:
        k = 1 << ((length - 1) // 15).bit_length() - 1
        head = min(length - 15 * k, 14 * k)
        for lower in (14 * k, 15 * k):
            words[:, lower : lower + head] ^= words[:, :head]
        words = words[:, head:]
    return words
