"""The door to FIT: whole files in, their messages out as tables; nothing behind it looks at a byte.

Several small files are read in one go, one behind the other in one buffer: below about 50 KB a file costs more calls
than bytes.
"""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from connectors.errors import CorruptFileError
from connectors.fit import by_row as fit_by_row
from connectors.fit.columns import TIMESTAMP, Bools, Column, Table, counted_on, tables
from connectors.fit.parts import Chain, Part, chains
from connectors.fit.walk import COMPRESSED, Ints, MixedError, TooManyError, Walk, walk
from connectors.recording import Problem

#: bytes of one file; the largest real one at hand, a day of five sports, has 3 MB
MAX_BYTES = 32 * 1024 * 1024
#: a compressed timestamp is the low 5 bits of the time in seconds
_LOW_BITS = 0x1F


class Messages:
    """The messages of some files, by message number. A message's place in the buffer grows through all files."""

    def __init__(self, starts: Ints, of_kind: dict[int, Table], problems: Sequence[Sequence[Problem]]) -> None:
        self._starts = starts
        self._tables = of_kind
        self.problems = [tuple(told) for told in problems]

    @property
    def kinds(self) -> list[int]:
        """The message numbers that any file has."""
        return sorted(self._tables)

    def __getitem__(self, message: int) -> Table:
        """All messages of a number; an empty table if there are none."""
        return self._tables.get(message) or Table(message, np.zeros(0, dtype=np.int64), ())

    def rows(self, message: int, file: int) -> slice:
        """The rows of one file in a table."""
        low, high = np.searchsorted(self[message].positions, self._starts[file : file + 2])
        return slice(int(low), int(high))

    def told(self, message: int, fields: dict[str, int], file: int) -> list[dict[str, int | None]]:
        """The messages of one file with raw whole numbers of some fields, by names of the caller's."""
        table, rows = self[message], self.rows(message, file)
        columns = [table.column(number).rows(rows).whole() for number in fields.values()]
        return [dict(zip(fields, values, strict=True)) for values in zip(*columns, strict=True)]

    def first_told(
        self, message: int, fields: dict[str, int], only: Bools | None = None
    ) -> dict[int, dict[str, int | None]]:
        """By file the first value of each field in the messages of a number, or in some of them."""
        table = self[message]
        found: dict[int, dict[str, int | None]] = {}
        for name, number in fields.items():
            column = table.column(number).first()
            rows = np.flatnonzero(column.valid if only is None else column.valid & only)
            files, first = np.unique(self.file_at(table.positions[rows]), return_index=True)
            for file, value in zip(files.tolist(), column.rows(rows[first]).whole(), strict=True):
                found.setdefault(file, dict.fromkeys(fields))[name] = value
        return found

    def file_at(self, positions: Ints) -> npt.NDArray[np.intp]:
        """The places of the files in which these positions lie."""
        return np.searchsorted(self._starts, positions, side="right") - 1

    def first_rows(self, message: int) -> npt.NDArray[np.intp]:
        """In a table the first row of each file that has any."""
        return np.flatnonzero(np.diff(self.file_at(self[message].positions), prepend=-1))

    def start_of(self, rows: npt.NDArray[np.intp], message: int) -> Ints:
        """Where the files of some rows start."""
        return self._starts[self.file_at(self[message].positions[rows])]


def read_messages(paths: Sequence[Path]) -> tuple[Messages, list[CorruptFileError | None]]:
    """All messages of some files, and for each file the error if it cannot be read at all; it then has no messages.

    What is wrong in a file that can be read is among its problems. A single file whose fields no column can hold is
    read message by message and flagged `read_by_row`; for several files that together are such, MixedError is raised.
    """
    errors: list[CorruptFileError | None] = []
    contents: list[bytes] = []
    for path in paths:
        with path.open("rb", buffering=0) as stream:
            data = stream.readall() if (size := os.fstat(stream.fileno()).st_size) <= MAX_BYTES else b""
        told = f"a FIT file of at most {MAX_BYTES} bytes"
        errors.append(CorruptFileError(path, expected=told, found=f"{size} bytes") if size > MAX_BYTES else None)
        contents.append(data)
    found = chains(list(zip(paths, contents, strict=True)))
    data = contents[0] if len(contents) == 1 else b"".join(contents)
    starts = np.cumsum([0, *map(len, contents)])
    problems: list[list[Problem]] = []
    parts: list[list[Part]] = []
    for file, chain in enumerate(found):
        if isinstance(chain, CorruptFileError):
            errors[file] = errors[file] or chain
        sound = Chain((), ()) if isinstance(chain, CorruptFileError) else chain
        problems.append(list(sound.problems))
        parts.append([part.moved(int(starts[file])) for part in sound.parts])
    walked = walk(data, parts)
    try:
        of_kind = tables(data, walked)
        _time_compressed(walked, [part for of_file in parts for part in of_file], of_kind)
    except MixedError as reason:
        if len(paths) > 1:
            raise
        of_kind, faults = fit_by_row.tables(data, parts[0], walked)
        walked = dataclasses.replace(walked, faults=(faults,))
        problems[0].append(Problem("read_by_row", 1, str(reason)))
    for file, faults in enumerate(walked.faults):
        if isinstance(faults, TooManyError):
            errors[file] = CorruptFileError(
                paths[file],
                expected=f"at most {faults.allowed}",
                found="more",
                where=f"byte {faults.at - int(starts[file])}",
                todo="No device writes such a file.",
            )
            continue
        cut = any(problem.code == "truncated" for problem in problems[file])
        for fault in faults:
            # that the messages end within one is told already of a file that ends early
            if not (cut and fault.truncated):
                problems[file].append(Problem("unreadable_message", 1, f"byte {fault.at - int(starts[file])}"))
    return Messages(starts, of_kind, problems), errors


def _time_compressed(walked: Walk, parts: Sequence[Part], of_kind: dict[int, Table]) -> None:
    """Gives each message with a compressed timestamp its time: 5 bits that count on from the last time before it."""
    compressed = walked.headers >= COMPRESSED
    if not compressed.any():
        return
    # each part starts from 0, as every decoder does
    at = [np.array([part.start for part in parts], dtype=np.int64) - 1]
    seconds = [np.zeros(len(parts), dtype=np.int64)]
    for table in of_kind.values():
        stamp = table.column(TIMESTAMP).first()
        at.append(table.positions[stamp.valid])
        seconds.append(stamp.values[stamp.valid].astype(np.int64))
    known = sum(map(len, at))
    at.append(walked.positions[compressed])
    seconds.append((walked.headers[compressed] & _LOW_BITS).astype(np.int64))
    joined, value = np.concatenate(at), np.concatenate(seconds)
    order = np.argsort(joined, kind="stable")
    time = counted_on(value[order], order < known, _LOW_BITS)
    at_message = np.empty(len(order), dtype=np.int64)
    at_message[order] = time
    places, times = joined[known:], at_message[known:]
    for table in of_kind.values():
        stamp = table.column(TIMESTAMP).first()
        place = np.minimum(np.searchsorted(places, table.positions), len(places) - 1)
        mine = (places[place] == table.positions) & ~stamp.valid
        if mine.any():
            values = np.where(mine, times[place], stamp.values.astype(np.int64))
            table.replace(TIMESTAMP, Column(values, stamp.valid | mine))
