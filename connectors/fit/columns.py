"""FIT messages as tables: the bytes of all messages of one kind at once, and their fields as columns of raw values.

Raw means as the device wrote it: no scale, no offset, no name; only the values that FIT declares invalid are none.
Source: FIT protocol, "FIT base types" (numbers, sizes, invalid values).
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.fit.walk import Ints, Layout, MixedError, Walk

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

TIMESTAMP = 253
_STRING, _BYTE = 0x07, 0x0D


@dataclasses.dataclass(frozen=True)
class _BaseType:
    code: str  # NumPy's, without byte order
    invalid: int | None  # none: not a number, or as a string decides


_BASE_TYPES: dict[int, _BaseType] = {
    0x00: _BaseType("u1", 0xFF),
    0x01: _BaseType("i1", 0x7F),
    0x02: _BaseType("u1", 0xFF),
    0x83: _BaseType("i2", 0x7FFF),
    0x84: _BaseType("u2", 0xFFFF),
    0x85: _BaseType("i4", 0x7FFFFFFF),
    0x86: _BaseType("u4", 0xFFFFFFFF),
    _STRING: _BaseType("u1", None),
    0x88: _BaseType("f4", None),
    0x89: _BaseType("f8", None),
    0x0A: _BaseType("u1", 0),
    0x8B: _BaseType("u2", 0),
    0x8C: _BaseType("u4", 0),
    _BYTE: _BaseType("u1", 0xFF),
    0x8E: _BaseType("i8", 0x7FFFFFFFFFFFFFFF),
    0x8F: _BaseType("u8", 0xFFFFFFFFFFFFFFFF),
    0x90: _BaseType("u8", 0),
}
#: columns of numbers are kept as one of these
_INT, _UINT, _FLOAT = np.dtype("i8"), np.dtype("u8"), np.dtype("f8")


@dataclasses.dataclass(frozen=True)
class Column:
    """Raw values of one field, one row per message of the table; an array field has a second axis.

    values: int64, uint64 (64-bit unsigned fields), float64, or object (text). valid: false where the message has no
    such field or the device wrote "invalid".
    """

    values: npt.NDArray[Any]
    valid: Bools

    def rows(self, chosen: slice | npt.NDArray[np.intp]) -> "Column":
        return Column(self.values[chosen], self.valid[chosen])

    def first(self) -> "Column":
        """The first element of an array field, the field itself otherwise."""
        return Column(self.values[:, 0], self.valid[:, 0]) if self.values.ndim == 2 else self

    def whole(self) -> list[int | None]:
        """Whole numbers, None for none; text and fractions are none."""
        one = self.first()
        pairs = zip(one.values.tolist(), one.valid.tolist(), strict=True)
        if one.values.dtype in (_INT, _UINT):
            return [value if given else None for value, given in pairs]
        return [int(v) if given and isinstance(v, float) and v.is_integer() else None for v, given in pairs]

    def floats(self) -> npt.NDArray[np.float64]:
        """Numbers with NaN for none; exact for fields of up to 32 bits. Text is none."""
        one = self.first()
        if one.values.dtype == object:
            return np.full(len(one.values), np.nan)
        values = one.values.astype(np.float64)
        values[~one.valid] = np.nan
        return values


@dataclasses.dataclass
class _Piece:
    """Messages of one layout and their places in the table."""

    data: bytes
    layout: Layout
    positions: Ints
    places: npt.NDArray[np.intp]

    @functools.cached_property
    def bytes(self) -> Bytes:
        """The bytes of the messages, one row each; made when a field is asked for."""
        size = self.layout.size
        # an overlapping view with one item per byte of the file: one copy per message instead of one index per byte
        windows = np.ndarray((len(self.data) - size + 1,), dtype=f"V{size}", buffer=self.data, strides=(1,))
        return windows[self.positions].view(np.uint8).reshape(-1, size)


class Table:
    """All messages of one kind in the order of their bytes. `positions` says where each one starts."""

    def __init__(self, message: int, positions: Ints, pieces: Sequence[_Piece]) -> None:
        self.message = message
        self.positions = positions
        self._pieces = pieces
        self._columns: dict[int | tuple[int, int], Column] = {}

    def __len__(self) -> int:
        return len(self.positions)

    @functools.cached_property
    def numbers(self) -> list[int]:
        """Numbers of the fields that any message has, in order of their first appearance."""
        return list(dict.fromkeys(f.number for piece in self._pieces for f in piece.layout.fields))

    @functools.cached_property
    def developer_numbers(self) -> list[tuple[int, int]]:
        """(developer index, field number) of the developer fields that any message has."""
        found = (f for piece in self._pieces for f in piece.layout.developer_fields)
        return list(dict.fromkeys((f.index, f.number) for f in found))

    def column(self, number: int) -> Column:
        """The raw values of a field; all none if no message has it."""
        if number not in self._columns:
            self._columns[number] = self._gathered(
                (piece, field.offset, field.size, field.base_type)
                for piece in self._pieces
                for field in piece.layout.fields
                if field.number == number
            )
        return self._columns[number]

    def developer_column(self, index: int, number: int, base_type: int) -> Column:
        """The raw values of a developer field whose description names a base type."""
        return self._gathered(
            (piece, field.offset, field.size, base_type)
            for piece in self._pieces
            for field in piece.layout.developer_fields
            if (field.index, field.number) == (index, number)
        )

    def replace(self, number: int, column: Column) -> None:
        """Another column in the place of a field."""
        if number not in self.numbers:
            self.numbers.append(number)
        self._columns[number] = column

    def _gathered(self, found: Iterable[tuple[_Piece, int, int, int]]) -> Column:
        parts: dict[int, tuple[npt.NDArray[np.intp], Column]] = {}
        for piece, *where in found:
            column = _read(piece, *where)
            if id(piece) in parts:
                column = _merged(parts[id(piece)][1], column)
            parts[id(piece)] = piece.places, column
        whole = list(parts.values())
        if len(whole) == 1 and len(whole[0][0]) == len(self):
            return whole[0][1]
        return _joined(len(self), whole)


def counted_on(value: Ints, full: Bools, mask: int) -> Ints:
    """Full values as they are; each other one is the low bits of a count that goes on from the value before."""
    step = np.where(full, 0, (value - np.r_[0, value[:-1]]) & mask)
    total = np.cumsum(step)
    last_full = np.maximum.accumulate(np.where(full, np.arange(len(full)), 0))
    going_on: Ints = value[last_full] + total - total[last_full]
    return going_on


def otherwise(*choices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each value from the first choice that has one."""
    chosen = choices[0]
    for other in choices[1:]:
        if np.isnan(chosen).any():
            chosen = np.where(np.isnan(chosen), other, chosen)
    return chosen


def tables(data: bytes, walked: Walk) -> dict[int, Table]:
    """The messages of a walk by message number.

    Raises MixedError if a field is a number in one message and text in another, or has two values in one message.
    """
    _refuse_mixed(walked.layouts)
    order = np.argsort(walked.layout, kind="stable")
    counts = np.bincount(walked.layout, minlength=len(walked.layouts))
    ends = np.cumsum(counts)
    of_message: dict[int, list[int]] = {}
    for number, layout in enumerate(walked.layouts):
        if counts[number]:
            of_message.setdefault(layout.message, []).append(number)
    found = {}
    for message, numbers in of_message.items():
        chosen = [order[ends[n] - counts[n] : ends[n]] for n in numbers]
        positions = [walked.positions[c] for c in chosen]
        if len(numbers) == 1:
            places = [np.arange(len(chosen[0]))]
            ordered = positions[0]
        else:
            joined = np.concatenate(positions)
            sort = np.argsort(joined, kind="stable")
            ordered = joined[sort]
            rank = np.empty(len(sort), dtype=np.intp)
            rank[sort] = np.arange(len(sort))
            places = np.split(rank, np.cumsum([len(p) for p in positions])[:-1])
        pieces = [
            _Piece(data, walked.layouts[n], at, place) for n, at, place in zip(numbers, positions, places, strict=True)
        ]
        found[message] = Table(message, ordered, pieces)
        for number in {number for piece in pieces for number in _stated_twice(piece.layout)}:
            found[message].column(number)  # raises if its two values differ
    return found


def _stated_twice(layout: Layout) -> list[int]:
    numbers = [field.number for field in layout.fields]
    return [] if len(set(numbers)) == len(numbers) else [n for n in set(numbers) if numbers.count(n) > 1]


def _refuse_mixed(layouts: Iterable[Layout]) -> None:
    kinds: dict[tuple[int, int], bool] = {}
    for layout in layouts:
        for field in layout.fields:
            text = field.base_type == _STRING
            if kinds.setdefault((layout.message, field.number), text) != text:
                raise MixedError("a field that is a number in one message and text in another")


def _read(piece: _Piece, offset: int, size: int, base_type: int) -> Column:
    """The raw values of one field of one layout."""
    count = len(piece.bytes)
    if size == 0:
        return _nothing(count)
    base = _BASE_TYPES.get(base_type)
    width = np.dtype(base.code).itemsize if base else 1
    if base is None or size % width:
        # an unknown type, or a size that its type does not divide: bytes
        base_type, base, width = _BYTE, _BASE_TYPES[_BYTE], 1
    if base_type == _STRING:
        return _text(piece.bytes[:, offset : offset + size])
    code = (">" if piece.layout.big_endian else "<") + base.code
    shape, strides = (count, size // width), (piece.layout.size, width)
    raw = (
        np.ndarray(shape, dtype=code, buffer=piece.bytes, offset=offset, strides=strides) if count else np.empty(shape)
    )
    if shape[1] == 1:
        raw = raw[:, 0]
    if base_type == _BYTE:
        # bytes are one value: invalid only if all of them are
        valid = raw != base.invalid
        valid = valid if valid.ndim == 1 else np.repeat(valid.any(axis=1)[:, None], shape[1], axis=1)
    elif base.invalid is None:
        valid = ~np.isnan(raw)
    else:
        valid = raw != base.invalid
    kept = _FLOAT if base.invalid is None else _UINT if base.code == "u8" else _INT
    return Column(raw.astype(kept), valid)


def _text(cells: Bytes) -> Column:
    """Text up to the first zero byte; bytes that are no UTF-8 become U+FFFD."""
    whole = np.ascontiguousarray(cells).tobytes()
    size = cells.shape[1]
    texts = [whole[at : at + size].partition(b"\0")[0].decode("utf-8", "replace") for at in range(0, len(whole), size)]
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return Column(values, values != "")


def _nothing(count: int) -> Column:
    return Column(np.zeros(count, dtype=_INT), np.zeros(count, dtype=bool))


def _merged(one: Column, other: Column) -> Column:
    """A field that a message states twice."""
    if one.values.shape != other.values.shape or (one.valid & other.valid & (one.values != other.values)).any():
        raise MixedError("a field with two values in one message")
    return Column(np.where(one.valid, one.values, other.values), one.valid | other.valid)


def _joined(count: int, parts: Sequence[tuple[npt.NDArray[np.intp], Column]]) -> Column:
    """Columns of some of the rows as one column of all rows."""
    told = [(places, column) for places, column in parts if column.valid.any()]
    if not told:
        return _nothing(count)
    kind = functools.reduce(_wider, (column.values.dtype for _, column in told))
    widths = [column.values.shape[1] for _, column in told if column.values.ndim == 2]
    shape = (count, max(widths)) if widths else (count,)
    values, valid = np.zeros(shape, dtype=kind), np.zeros(shape, dtype=bool)
    for places, column in told:
        if len(shape) == 1:
            values[places], valid[places] = column.values, column.valid
        elif column.values.ndim == 1:
            values[places, 0], valid[places, 0] = column.values, column.valid
        else:
            across = column.values.shape[1]
            values[places, :across], valid[places, :across] = column.values, column.valid
    return Column(values, valid)


def _wider(one: np.dtype[Any], other: np.dtype[Any]) -> np.dtype[Any]:
    if one == other:
        return one
    if np.dtype(object) in (one, other):
        raise MixedError("a field that is a number in one message and text in another")
    return _FLOAT
