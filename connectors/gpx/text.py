"""The text of a GPX file a window at a time, and what in it is neither a tag nor a value.

Comments, instructions and CDATA sections are overwritten in place, by as many characters and the same line breaks, so
that whatever still looks like a tag is one, and every place and line stays what it was.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

#: microseconds of one file that may go into what is read one by one; what a recorder writes needs hardly any
MAX_SINGLE_US = 500_000

#: FIRST[n] keeps the first n characters of a word
FIRST = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)

_PAD = 32
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*("1\.0"|'1\.0')(\s+encoding\s*=\s*("[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?"""
    rb"""(\s+standalone\s*=\s*("(yes|no)"|'(yes|no)'))?\s*\?>"""
)
_MARKED = re.compile(rb"<(?:!--|!\[CDATA\[|\?)")
_INSTRUCTION = re.compile(rb"<\?(?!(?i:xml)[ \t\r\n?])[A-Za-z_][\w.-]*(?:[ \t\r\n]|\?>)")
#: DEL, which XML allows, is no blank and is in no value
_SECTION_MASK, _COMMENT_MASK = (bytes(byte if byte < 32 else mask for byte in range(256)) for mask in (127, 32))
_ENTITY = re.compile(rb"&(?:amp|lt|gt|quot|apos|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_UNENDED_ENTITY = re.compile(rb"&[#A-Za-z0-9]{0,8}\Z")


class Declined(Exception):  # noqa: N818 - no error: the file is read in another way
    """The file is one for the careful way; says why in a few words that hold nothing of the file."""


class Text:
    """Bytes between paddings, so that a word of eight can be taken at any place from start to stop."""

    def __init__(self, size: int) -> None:
        self.raw = bytearray(b" ") * (size + 2 * _PAD)
        self.bytes = np.frombuffer(self.raw, dtype=np.uint8)
        self.words: Words = np.ndarray((len(self.raw) - 7,), "<u8", self.raw, 0, (1,))
        self.start, self.stop = _PAD, _PAD + size
        self._left_us = MAX_SINGLE_US

    def fill(self, file: BinaryIO, used: int) -> bool:
        """Moves what follows the used part to the front and reads on; True at the end of the file."""
        rest = self.stop - used
        self.raw[self.start : self.start + rest] = self.raw[used : self.stop]
        room = memoryview(self.raw)[self.start + rest : len(self.raw) - _PAD]
        read = file.readinto(room)  # type: ignore[attr-defined]
        self.stop = self.start + rest + read
        return bool(read < len(room))

    def at(self, start: int, stop: int) -> str:
        """The characters from start to stop; a byte that is none becomes U+FFFD."""
        return self.raw[start:stop].decode("utf-8", "replace")

    def spend(self, count: int, each_us: int) -> None:
        """Declines a file of which too much has to be read one by one."""
        self._left_us -= count * each_us
        if self._left_us < 0:
            raise Declined("too much that is written in other ways than the rest")

    def each(
        self, places: npt.NDArray[np.intp], start: Places, stop: Places, *, each_us: int = 3
    ) -> Iterator[tuple[int, str]]:
        self.spend(len(places), each_us)
        for place in places.tolist():
            yield place, self.at(int(start[place]), int(stop[place])).strip()

    def is_blank(self, start: int, stop: int) -> bool:
        return not self.raw[start:stop].strip(_BLANK)

    def find_all(self, character: str, start: int, stop: int) -> Places:
        return np.flatnonzero(self.bytes[start:stop] == ord(character)) + start

    def line_breaks(self, start: int, stop: int) -> int:
        feeds = self.bytes[start:stop] == ord("\n")
        count = np.count_nonzero(feeds)
        if self.raw.find(b"\r", start, stop) >= 0:
            returns = self.bytes[start:stop] == ord("\r")
            count += np.count_nonzero(returns) - np.count_nonzero(returns[:-1] & feeds[1:])
        return int(count)


def first_tag(text: Text) -> int:
    """Where the first tag of a file is; its XML declaration is overwritten."""
    begin = text.start + (len(_BOM) if text.raw.startswith(_BOM, text.start) else 0)
    while begin < text.stop and text.raw[begin] in _BLANK:
        begin += 1
    if text.raw[begin : begin + 1] != b"<":
        raise Declined("another encoding")
    if text.raw.startswith(b"<?xml", begin) and text.raw[begin + 5] in _BLANK:
        declared = _DECLARATION.match(text.raw, begin, text.stop)
        if not declared:
            raise Declined("an unusual XML declaration")
        _overwrite(text, begin, declared.end(), _COMMENT_MASK)
    return begin


def check_characters(text: Text) -> None:
    """Declines what XML does not allow: control characters, U+FFFE and U+FFFF."""
    block = text.bytes[text.start : text.stop]
    low = np.count_nonzero(block < 32)
    if low and low != sum(np.count_nonzero(block == ord(blank)) for blank in "\n\t\r"):
        raise Declined("control characters")
    if text.raw.find(b"\xef", text.start, text.stop) >= 0 and any(
        text.raw.find(bad, text.start, text.stop) >= 0 for bad in (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
    ):
        raise Declined("control characters")


def overwrite_marked(text: Text, begin: int, stop: int) -> tuple[int, Places]:
    """Overwrites comments, instructions and sections. Where one begins that does not end, else stop; and where they are."""
    places: list[int] = []
    marked = _MARKED.search(text.raw, begin, stop)
    while marked:
        start = marked.start()
        end = _end_of(text, start, stop)
        if end < 0:
            return start, np.array(places, dtype=np.int64)
        _overwrite(text, start, end, _SECTION_MASK if text.raw[start + 2] == ord("[") else _COMMENT_MASK)
        places.append(start)
        text.spend(1, 2)
        marked = _MARKED.search(text.raw, end, stop)
    return stop, np.array(places, dtype=np.int64)


def _end_of(text: Text, start: int, stop: int) -> int:
    """Behind the comment, instruction or section that begins here; -1 if it does not end before stop."""
    if text.raw[start + 2] == ord("-"):
        end = text.raw.find(b"--", start + 4, stop)
        if end >= 0 and end + 3 <= stop and text.raw[end + 2] != ord(">"):
            raise Declined("hyphens in a comment")
        return end + 3 if 0 <= end <= stop - 3 else -1
    if text.raw[start + 2] == ord("["):
        end = text.raw.find(b"]]>", start, stop)
        return end + 3 if end >= 0 else -1
    end = text.raw.find(b"?>", start + 2, stop)
    if end >= 0 and not _INSTRUCTION.match(text.raw, start, stop):
        raise Declined("an unusual instruction")
    return end + 2 if end >= 0 else -1


def _overwrite(text: Text, start: int, stop: int, mask: bytes) -> None:
    text.raw[start:stop] = text.raw[start:stop].translate(mask)


def check_entities(text: Text, begin: int, stop: int, *, is_cut: bool) -> Places:
    """Where characters are written by their number; those of the five names are fine where nothing is read."""
    count = text.raw.count(b"&", begin, stop)
    if not count:
        return np.empty(0, dtype=np.int64)
    if is_cut:
        count -= _UNENDED_ENTITY.search(text.raw, max(begin, stop - 9), stop) is not None
    text.spend(count, 1)
    numbered = []
    for entity in _ENTITY.finditer(text.raw, begin, stop):
        count -= 1
        decimal, hexadecimal = entity.groups()
        if decimal or hexadecimal:
            if not _is_character(int(decimal) if decimal else int(hexadecimal, 16)):
                raise Declined("unknown entities")
            numbered.append(entity.start())
    if count:
        raise Declined("unknown entities")
    return np.array(numbered, dtype=np.int64)


def _is_character(code: int) -> bool:
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
