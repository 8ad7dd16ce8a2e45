"""The step records of an export.xml as bytes, found by searching: nine tenths of the file are other records."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from connectors.apple_health import prolog
from connectors.errors import CorruptFileError

#: the type of the records that count, in full: other records, workouts and their statistics name it, too
STEPS = "HKQuantityTypeIdentifierStepCount"
#: what stays in a processor's cache while it is searched; 2 MB take half as long again
CHUNK_BYTES = 256 * 1024
#: tags that are handed on together
BATCH_BYTES = 8 * 1024**2
#: a tag, or a record with what is in it, that is longer is none; without a limit a damaged file would be kept whole
MAX_RECORD_BYTES = 4 * 1024**2

_NEEDLE = STEPS.encode()
_RECORD = (b"<Record ", b"<Record\n", b"<Record\t", b"<Record\r")
#: what ends a record that is not empty; but for the first, only in a damaged file
_RECORD_END = re.compile(rb"</Record(?=[\s>])|</HealthData|<(?:Record|Correlation|Workout|ActivitySummary)(?=[\s>])")
_TYPED_IN = re.compile(
    rb"<MetadataEntry(?=\s)(?=[^<]*\skey\s*=\s*[\"']HKWasUserEntered[\"'])(?=[^<]*\svalue\s*=\s*[\"']\s*1\s*[\"'])"
)
_END = re.compile(rb"</HealthData\s*>")
_WHOLE_TAG = re.compile(rb"<(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')++>\s*")
_NO_ELEMENT = re.compile(rb"<(?:!--|!\[CDATA\[|\?)")
_CLOSING = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}

#: tags of step records, each from "<Record" to ">", and for each whether it was typed in by hand
Batch = tuple[list[bytes], list[bool]]


class Scan:
    """Goes once through a file of any size in bounded memory.

    exported: the stamp of ExportDate as it stands in the file.
    truncated_at: the size of the file if it ends before its root element does, once `batches` has ended.
    """

    def __init__(self, path: Path, file: BinaryIO, chunk_bytes: int = CHUNK_BYTES) -> None:
        head = file.read(prolog.HEAD_BYTES)
        start = prolog.root_at(head)
        if start is None:
            raise CorruptFileError(path, expected="an Apple Health export in XML", found="another document")
        self.exported = prolog.exported(_elements(head[start:])[0])
        self.truncated_at: int | None = None
        self._path, self._file, self._chunk_bytes = path, file, chunk_bytes
        self._tags: list[bytes] = []
        self._typed: list[bool] = []
        file.seek(start)

    def batches(self) -> Iterator[Batch]:
        """Every step record once, in the file's order. A record that the end of the file cuts off is none."""
        carry, held = b"", 0
        while chunk := self._file.read(self._chunk_bytes):
            buffer, unfinished = _elements(carry + chunk)
            before = len(self._tags)
            done = self._collect(buffer)
            carry = buffer[done:] + unfinished
            if len(carry) > MAX_RECORD_BYTES:
                raise CorruptFileError(
                    self._path,
                    expected="records of some hundred bytes",
                    found=f"one of more than {MAX_RECORD_BYTES // 1024**2} MB",
                    where=f"byte {self._file.tell() - len(carry)}",
                    todo="Export the data again and copy the archive whole.",
                )
            held += sum(map(len, self._tags[before:]))
            if held >= BATCH_BYTES:
                yield self._taken()
                held = 0
        last = carry[max(carry.rfind(b"<"), 0) :]
        if not _END.match(last):
            self.truncated_at = self._file.tell()
            # a whole tag is a record, whatever would have come behind it
            whole = carry if _WHOLE_TAG.fullmatch(last) else carry[: len(carry) - len(last)]
            self._collect(whole + b"<")
        if self._tags:
            yield self._taken()

    def _taken(self) -> Batch:
        batch = self._tags, self._typed
        self._tags, self._typed = [], []
        return batch

    def _collect(self, buffer: bytes) -> int:
        """Adds the records that end in the buffer; how much of it is done with. "<" begins tags only, XML says."""
        place = 0
        while (found := buffer.find(_NEEDLE, place)) >= 0:
            start = buffer.rfind(b"<", place, found)
            end = buffer.find(b"<", found)
            if end < 0:
                break
            place = end
            if start < 0 or not buffer.startswith(_RECORD, start):
                continue
            tag = buffer[start:end].rstrip()
            typed = False
            if not tag.endswith(b"/>"):
                close = _RECORD_END.search(buffer, end)
                if close is None:
                    return start
                place = close.start()
                typed = _TYPED_IN.search(buffer, end, place) is not None
            self._tags.append(tag)
            self._typed.append(typed)
        last = buffer.rfind(b"<")
        return last if last >= 0 else len(buffer)


def _elements(buffer: bytes) -> tuple[bytes, bytes]:
    """The buffer without comments, CDATA and processing instructions, and what to put before the next for one that goes on."""
    if b"!" not in buffer and b"?" not in buffer:
        # both are rare, and looking for one byte costs a tenth of looking for two
        return buffer, b""
    kept, done = [], 0
    while opening := _NO_ELEMENT.search(buffer, done):
        kept.append(buffer[done : opening.start()])
        closing = _CLOSING[opening[0]]
        end = buffer.find(closing, opening.end())
        if end < 0:
            # its length has no limit: the beginning, and as much of the end as may belong to the closing
            rest = max(opening.end(), len(buffer) - len(closing) + 1)
            return b"".join(kept), opening[0] + buffer[rest:]
        done = end + len(closing)
    return b"".join([*kept, buffer[done:]]) if kept else buffer, b""
