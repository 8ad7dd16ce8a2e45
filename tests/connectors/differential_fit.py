"""Our FIT frames against fitparse and fitdecode: every message, every raw value and every value of a file.

A difference has a reason or is a fault; `REASONS` lists the reasons.
"""

import collections
import contextlib
import datetime
import functools
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fitdecode
import fitparse
import polars as pl
from fitparse.records import DEV_TYPES

from connectors.fit.columns import Column, Table
from connectors.fit.dictionary import message_kind
from connectors.fit.frames import frames
from connectors.fit.messages import Messages, read_messages
from connectors.fit.profile import FIT_EPOCH

FIRST_DATE = 0x10000000
REASONS = {
    "peer stops": "the peer raises an error; compared up to there",
    "monitoring steps": "the peer leaves steps as cycles, half of them, where the activity type is a component",
    "accumulator": "the peer counts from 0 after each definition, ours goes on from what the messages state",
    "early date": "the peer leaves a date_time below 0x10000000 a number",
    "named here": "a number that the peer's profile has no name for",
    "named there": "a number or a field that only the peer's profile names",
    "mark": "the peer names a mark of a type that is a number: a device index of 0, bits of a message index",
    "list of names": "the peer leaves the numbers of an enumeration in an array as they are",
    "developer scale": "the peer leaves out the scale and offset of a developer field",
    "heart dates": "fitdecode makes instants of event_timestamp",
    "read by row": "a file that no columns hold: of an array the first element, no developer fields",
}

Told = Any  # a field as fitparse and fitdecode give it
Peer = Callable[[Path], Iterator[tuple[int, list[Told]]]]


@dataclass
class Tally:
    """What was compared and what differs: by peer and reason, and the differences without one."""

    files: int = 0
    messages: int = 0
    values: int = 0
    differences: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    unexplained: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.files += other.files
        self.messages += other.messages
        self.values += other.values
        self.differences += other.differences
        self.unexplained += other.unexplained

    def table(self) -> str:
        lines = [f"{self.files} files, {self.messages} messages, {self.values} values"]
        lines += [f"{peer:10} {count:9} {reason}" for (peer, reason), count in sorted(self.differences.items())]
        return "\n".join([*lines, f"without a reason: {len(self.unexplained)}", *self.unexplained[:40]])


def by_fitparse(path: Path) -> Iterator[tuple[int, list[Told]]]:
    DEV_TYPES.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = fitparse.FitFile(str(path), check_crc=False)
        for message in file.get_messages():
            file._messages.clear()
            yield message.mesg_num, message.fields


def by_fitdecode(path: Path) -> Iterator[tuple[int, list[Told]]]:
    logging.getLogger("fitdecode").setLevel(logging.ERROR)
    off, ignore = fitdecode.CrcCheck.DISABLED, fitdecode.ErrorHandling.IGNORE
    with fitdecode.FitReader(str(path), check_crc=off, error_handling=ignore) as reader:
        for message in reader:
            if isinstance(message, fitdecode.FitDataMessage):
                yield message.def_mesg.global_mesg_num, message.fields


PEERS: dict[str, Peer] = {"fitparse": by_fitparse, "fitdecode": by_fitdecode}


def compared(path: Path) -> Tally:
    """One file against both peers."""
    tally = Tally(files=1)
    messages, (error,) = read_messages([path])
    assert error is None, error
    for peer in PEERS:
        _Comparison(path, peer, messages, tally).run()
    return tally


class _Comparison:
    def __init__(self, path: Path, peer: str, messages: Messages, tally: Tally) -> None:
        self.path, self.peer, self.messages, self.tally = path, peer, messages, tally
        self.by_row = any(problem.code == "read_by_row" for problem in messages.problems[0])
        self.rows: collections.Counter[int] = collections.Counter()
        self.frames = frames(path)
        self.lists: dict[tuple[int, str], list[Any]] = {}
        self.raws: dict[tuple[int, int], list[Any]] = {}

    def run(self) -> None:
        stopped = False
        told = PEERS[self.peer](self.path)
        while not stopped:
            try:
                number, fields = next(told)
            except StopIteration:
                break
            except Exception:  # a peer may raise anything
                stopped = True
                self.differs("peer stops")
                break
            self.message(number, fields)
        for number in {*self.rows, *self.messages.kinds}:
            ours, theirs = len(self.messages[number]), self.rows[number]
            if theirs > ours or (theirs < ours and not stopped):
                self.fault(f"message {number}: {ours} messages, {theirs} of the peer")

    def message(self, number: int, fields: list[Told]) -> None:
        row = self.rows[number]
        self.rows[number] += 1
        self.tally.messages += 1
        if row >= len(self.messages[number]):
            return
        seen: set[int] = set()
        derived: dict[str, list[Told]] = {}
        for told in fields:
            definition = told.field_def
            if definition is None:
                derived.setdefault(told.name, []).append(told)
            elif hasattr(definition, "dev_data_index"):
                self.developer(number, row, told)
            elif definition.def_num not in seen:
                seen.add(definition.def_num)
                self.raw(number, row, definition.def_num, told.raw_value)
                if told.field is not None:
                    self.value(number, row, told, fields)
        for name, parts in derived.items():
            self.derived(number, row, name, parts, seen)

    def raw(self, message: int, row: int, number: int, theirs: Any) -> None:
        self.tally.values += 1
        ours = self.raw_list(message, number)[row]
        if not _same(ours, theirs):
            if self.by_row and _same(ours, _first(theirs)):
                self.differs("read by row")
            else:
                self.fault(f"message {message} row {row} field {number}: raw {ours!r}, {theirs!r} of the peer")

    def value(self, message: int, row: int, told: Told, fields: list[Told]) -> None:
        self.tally.values += 1
        theirs = _plain(told.value)
        number = told.field_def.def_num
        kind = message_kind(message).field(number)
        name = told.name
        if name not in self.frame(message) or name not in {kind.main.name, *(other.name for other in kind.others)}:
            if theirs is not None:
                if name not in {kind.main.name, *(other.name for other in kind.others)}:
                    self.differs("named there")
                elif not self.steps(message, row, told):
                    self.fault(f"message {message} row {row} {name}: no column, {theirs!r} of the peer")
            return
        ours = _plain(self.column(message, name)[row])
        if ours == theirs:
            return
        if theirs is None:
            # invalid in this message, and a component of another field
            if any(f.field_def is None and f.name == name for f in fields) or self.is_component(message, number):
                return
        elif self.steps(message, row, told):
            return
        elif ours is None and name != kind.main.name and _plain(self.column(message, kind.main.name)[row]) == theirs:
            # a sub-field by a condition that the profile of 2020 lacks
            self.differs("named there")
            return
        self.explain(message, row, name, ours, theirs, told)

    def is_component(self, message: int, number: int) -> bool:
        return any(
            component.target == number
            for one in message_kind(message).fields.values()
            for meaning in (one.main, *one.others)
            for component in meaning.components
        )

    def steps(self, message: int, row: int, told: Told) -> bool:
        if (message, told.field_def.def_num, told.name) != (55, 3, "cycles"):
            return False
        if "steps" not in self.frame(message) or self.column(message, "steps")[row] != told.raw_value:
            return False
        self.differs("monitoring steps")
        return True

    def derived(self, message: int, row: int, name: str, parts: list[Told], seen: set[int]) -> None:
        theirs = _plain([part.value for part in parts])
        number = parts[0].def_num
        if theirs is None:
            return
        if number in seen and _plain(self.raw_list(message, number)[row]) is not None:
            return  # a value that the message states itself counts
        self.tally.values += 1
        if name not in self.frame(message):
            kind = message_kind(message).field(number)
            known = name in {kind.main.name, *(other.name for other in kind.others)}
            if known:
                self.fault(f"message {message} row {row} {name}: no column, {theirs!r} of the peer's component")
            else:
                self.differs("named there")
            return
        ours = _plain(self.column(message, name)[row])
        if ours != theirs and not self.accumulated(message, number, ours, theirs):
            self.explain(message, row, name, ours, theirs, parts[0])

    def accumulated(self, message: int, number: int, ours: Any, theirs: Any) -> bool:
        """True if a counter differs by whole turns."""
        for one in message_kind(message).fields.values():
            for component in one.main.components:
                if component.target == number and component.accumulates:
                    turn = (1 << component.bits) / (component.scale or 1)
                    mine, other = (x if isinstance(x, list) else [x] for x in (ours, theirs))
                    with contextlib.suppress(TypeError):
                        if len(mine) == len(other) and all(
                            (a - b) % turn == 0 for a, b in zip(mine, other, strict=True)
                        ):
                            self.differs("accumulator")
                            return True
        return False

    def explain(self, message: int, row: int, name: str, ours: Any, theirs: Any, told: Told) -> None:
        reason = None
        raw = _plain(told.raw_value)
        if isinstance(ours, datetime.datetime) and isinstance(theirs, int) and theirs < FIRST_DATE:
            if ours == datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=FIT_EPOCH + theirs):  # noqa: DTZ001
                reason = "early date"
        elif isinstance(ours, str) and isinstance(theirs, int):
            reason = "named here" if not ours.isdecimal() else None
            if ours == str(theirs):
                return
        elif isinstance(ours, str) and ours.isdecimal() and isinstance(theirs, str) and ours == str(raw):
            reason = "named there"
        elif isinstance(ours, int | float) and isinstance(theirs, str) and ours == raw:
            reason = "mark"
        elif isinstance(ours, list) and isinstance(theirs, list) and any(isinstance(x, str) for x in ours):
            reason = "list of names"
        elif self.peer == "fitdecode" and message == 132 and name == "event_timestamp" and _dated(theirs):
            reason = "heart dates"
        elif self.by_row and ours == _first(theirs):
            reason = "read by row"
        if reason is None:
            self.fault(f"message {message} row {row} {name}: {ours!r}, {theirs!r} of the peer")
        else:
            self.differs(reason)

    def developer(self, message: int, row: int, told: Told) -> None:
        self.tally.values += 1
        theirs = _plain(told.value)
        if theirs is None:
            return
        plain = f"developer_{told.field_def.dev_data_index}_{told.field_def.def_num}"
        frame = self.frame(message)
        own = [name for name in frame if name == told.name or name.endswith(plain)]
        found = [_plain(self.column(message, name)[row]) for name in own]
        if theirs in found:
            return
        if self.by_row:
            self.differs("read by row")
        elif theirs in self.unscaled(told.field_def, found):
            self.differs("developer scale")
        else:
            self.fault(f"message {message} row {row} developer {told.name}: {found!r}, {theirs!r} of the peer")

    def unscaled(self, definition: Any, values: list[Any]) -> list[float]:
        """Values of a developer field without the scales and offsets that describe it."""
        described = self.frames["field_description"].filter(
            developer_data_index=definition.dev_data_index, field_definition_number=definition.def_num
        )
        factors = described.select(
            "scale", pl.col("offset").fill_null(0) if "offset" in described else pl.lit(0)
        ).rows()
        return [
            round((value + offset) * scale)
            for value in values
            for scale, offset in factors
            if scale is not None and isinstance(value, float)
        ]

    def frame(self, message: int) -> Any:
        return self.frames[message_kind(message).name].columns

    def column(self, message: int, name: str) -> list[Any]:
        key = message, name
        if key not in self.lists:
            self.lists[key] = self.frames[message_kind(message).name][name].to_list()
        return self.lists[key]

    def raw_list(self, message: int, number: int) -> list[Any]:
        key = message, number
        if key not in self.raws:
            self.raws[key] = _raw_list(self.messages[message], number)
        return self.raws[key]

    def differs(self, reason: str) -> None:
        assert reason in REASONS
        self.tally.differences[self.peer, reason] += 1

    def fault(self, what: str) -> None:
        self.tally.unexplained.append(f"{self.path.name} {self.peer}: {what}")


def _raw_list(table: Table, number: int) -> list[Any]:
    column: Column = table.column(number)
    values, valid = column.values.tolist(), column.valid.tolist()
    if column.values.ndim == 1:
        return [value if told else None for value, told in zip(values, valid, strict=True)]
    return [[v if t else None for v, t in zip(*row, strict=True)] for row in zip(values, valid, strict=True)]


def _same(ours: Any, theirs: Any) -> bool:
    return bool(_plain(ours) == _plain(theirs))


def _dated(value: Any) -> bool:
    return all(isinstance(one, datetime.datetime) for one in (value if isinstance(value, list) else [value]))


def _first(value: Any) -> Any:
    return _plain(value[0] if isinstance(value, tuple | list) and value else value)


def _plain(value: Any) -> Any:
    """Lists without invalid elements at the end, lists of one as that one, times without zone."""
    if isinstance(value, tuple | list):
        found = [_plain(one) for one in value]
        while found and found[-1] is None:
            found.pop()
        return found[0] if len(found) == 1 else found or None
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, bytes):
        return _plain(list(value))
    return None if value == "" else value


@functools.cache
def real_files(folder: Path, below: int | None = None) -> list[Path]:
    """FIT files of a folder, smaller than so many bytes."""
    found = (path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".fit")
    return [path for path in found if below is None or path.stat().st_size < below]
