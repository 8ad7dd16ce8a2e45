"""Developer fields of FIT messages, named and typed by the field descriptions of their part of the file.

Source: FIT protocol, "developer data", message field_description (206).
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.fit.columns import Column, Table
from connectors.fit.series import rendered
from connectors.fit.walk import Ints

_BYTE = 0x0D
#: fields of a field_description
_INDEX, _NUMBER, _BASE_TYPE, _NAME, _SCALE, _OFFSET = 0, 1, 2, 3, 6, 7


@dataclasses.dataclass(frozen=True)
class Description:
    """What a developer field is; without a name if nothing describes it."""

    name: str | None
    base_type: int
    scale: int | None
    offset: int | None


_UNDESCRIBED = Description(None, _BYTE, None, None)


class Descriptions:
    """The descriptions of a file. `starts`: the positions of its parts."""

    def __init__(self, described: Table, starts: Ints) -> None:
        self._starts = starts
        self._found: dict[tuple[int, int], list[tuple[int, Description]]] = {}
        columns = [described.column(n).first() for n in (_INDEX, _NUMBER, _BASE_TYPE, _NAME, _SCALE, _OFFSET)]
        for row, position in enumerate(described.positions.tolist()):
            index, number, base_type, name, scale, offset = (_value(column, row) for column in columns)
            if isinstance(index, int) and isinstance(number, int):
                told = Description(
                    name if isinstance(name, str) else None,
                    base_type if isinstance(base_type, int) else _BYTE,
                    scale if isinstance(scale, int) else None,
                    offset if isinstance(offset, int) else None,
                )
                self._found.setdefault((index, number), []).append((position, told))

    def fields(self, table: Table) -> Iterator[tuple[str | None, str, pl.Series]]:
        """Of each developer field of some messages its name if described, a name it has in any case, its values.

        A message follows the last description before it in its part, or the first one after it if there is none
        before. Described in two ways, a field is two.
        """
        for index, number in table.developer_numbers:
            told = self._found.get((index, number), [])
            chosen = self._chosen(table.positions, np.array([at for at, _ in told], dtype=np.int64))
            kinds = dict.fromkeys([*(description for _, description in told), _UNDESCRIBED])
            for kind in kinds:
                of_kind = np.array([description == kind for _, description in told] + [kind == _UNDESCRIBED])
                rows = of_kind[chosen]
                if not rows.any():
                    continue
                column = table.developer_column(index, number, kind.base_type)
                yield kind.name, f"developer_{index}_{number}", _series(column, rows, kind)

    def _chosen(self, positions: Ints, described_at: Ints) -> npt.NDArray[np.intp]:
        """For each position the place of its description; the place behind the last for none."""
        none = len(described_at)
        part = np.searchsorted(self._starts, positions, side="right")
        of_part = np.r_[np.searchsorted(self._starts, described_at, side="right"), -1]
        after = np.searchsorted(described_at, positions)
        before = np.where(after > 0, after - 1, none)
        return np.where(of_part[before] == part, before, np.where(of_part[after] == part, after, none))


def _series(column: Column, rows: npt.NDArray[np.bool_], kind: Description) -> pl.Series:
    values, valid = column.values, column.valid
    if kind is _UNDESCRIBED and values.ndim == 1:
        values, valid = values[:, None], valid[:, None]
    valid = valid & (rows if valid.ndim == 1 else rows[:, None])
    if kind is not _UNDESCRIBED and valid.ndim == 2 and not valid[:, 1:].any():
        # an array only where the number stands for another field
        values, valid = values[:, 0], valid[:, 0]
    return rendered(Column(values, valid), "byte", kind.scale, kind.offset)


def _value(column: Column, row: int) -> object:
    return column.values[row : row + 1].tolist()[0] if column.valid[row] else None
