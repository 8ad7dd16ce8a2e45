"""Fields packed into others: their bits as columns, and counters of few bits as counters that go on.

Source: FIT protocol, "components" and "accumulated fields".
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from connectors.fit.columns import Bools, Column, counted_on
from connectors.fit.dictionary import Component, Meaning
from connectors.fit.walk import Ints

_WORD_BITS = 64


@dataclasses.dataclass(frozen=True)
class Derived:
    """Raw values of a field that come from another one, in that one's scale and offset."""

    column: Column
    scale: float | None
    offset: float | None


def expanded(
    source: Column,
    components: Sequence[Component],
    direct: Callable[[int], tuple[Column, Meaning] | None],
    first_rows: npt.NDArray[np.intp],
) -> dict[int, Derived]:
    """The fields that the components of a field are, by number; several components of one field are an array.

    `direct` gives what the messages state themselves of a field: a counter goes on from there, or from 0 at
    `first_rows`, the first message of each part of a chained file.
    """
    found = {}
    for target in dict.fromkeys(component.target for component in components):
        mine = [component for component in components if component.target == target]
        stated = direct(target)
        if stated is not None and stated[0].valid.all():
            continue
        taken = [_bits(source, component) for component in mine]
        column = taken[0]
        if len(mine) > 1:
            column = Column(np.stack([c.values for c in taken], axis=1), np.stack([c.valid for c in taken], axis=1))
        if mine[0].accumulates:
            column = _accumulated(column, mine[0], stated, first_rows)
        found[target] = Derived(column, mine[0].scale, mine[0].offset)
    return found


def _bits(source: Column, component: Component) -> Column:
    """The value of one component; none where the field is too short to have it."""
    values, valid = source.values, source.valid
    mask = (1 << component.bits) - 1
    if values.dtype not in (np.int64, np.uint64):
        return Column(np.zeros(len(valid), dtype=np.int64), np.zeros(len(valid), dtype=bool))
    if values.ndim == 1:
        if component.bit_offset >= _WORD_BITS:
            return Column(np.zeros(len(valid), dtype=np.int64), np.zeros(len(valid), dtype=bool))
        return Column((values.astype(np.int64) >> component.bit_offset) & mask, valid)
    first, shift = divmod(component.bit_offset, 8)
    total = np.zeros(len(valid), dtype=np.int64)
    # bytes of an array, the lowest first
    last = min((component.bit_offset + component.bits + 7) // 8, values.shape[1])
    for place in range(first, last):
        total |= np.where(valid[:, place], values[:, place].astype(np.int64), 0) << (8 * (place - first))
    return Column((total >> shift) & mask, valid.sum(axis=1) > first)


def _accumulated(
    column: Column, component: Component, stated: tuple[Column, Meaning] | None, first_rows: npt.NDArray[np.intp]
) -> Column:
    """Counters of few bits, in the order of rows and elements, as counters that never fall."""
    values, valid = (array.reshape(len(array), -1) for array in (column.values, column.valid))
    start, known = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=bool)
    if stated is not None:
        start, known = _last_stated(*stated, component)
    known = known.copy()
    start[first_rows] = np.where(known[first_rows], start[first_rows], 0)
    known[first_rows] = True
    grid, told = np.c_[start, values], np.c_[known, valid]
    full = np.zeros_like(told)
    full[:, 0] = True
    result = grid.copy()
    result[told] = counted_on(grid[told], full[told], (1 << component.bits) - 1)
    shape = column.values.shape
    return Column(result[:, 1:].reshape(shape), column.valid)


def _last_stated(column: Column, meaning: Meaning, component: Component) -> tuple[Ints, Bools]:
    """What rows state of a field themselves, of an array the last element, in units of a component."""
    values, valid = (array.reshape(len(array), -1) for array in (column.values, column.valid))
    place = valid.shape[1] - 1 - np.argmax(valid[:, ::-1], axis=1)
    rows = np.arange(len(valid))
    known = valid[rows, place]
    real = values[rows, place] / (meaning.scale or 1) - (meaning.offset or 0)
    raw = (real + (component.offset or 0)) * (component.scale or 1)
    return np.where(known, np.rint(raw), 0).astype(np.int64), known
