"""A whole FIT file as data frames, one per kind of message: every field, with its name, unit and type.

Recordings are made of raw values (`messages`) and need none of this.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.fit.columns import Column, Table
from connectors.fit.components import Derived, expanded
from connectors.fit.developer import Descriptions
from connectors.fit.dictionary import FieldKind, Meaning, message_kind
from connectors.fit.messages import read_messages
from connectors.fit.parts import has_fit_header
from connectors.fit.profile import FIELD_DESCRIPTION
from connectors.fit.series import either, rendered
from connectors.fit.walk import Ints

_HEADER = 14


def frames(path: Path) -> dict[str, pl.DataFrame]:
    """The messages of a FIT file by name in order of message number, rows in the order of the file.

    Columns have the profile's names and units; the types are those of `series.rendered`. What no profile names is
    `unknown_N` by its number. A sub-field is a column of its own, and the main field keeps the other rows. A component
    gives a value where the message states none itself; monitoring `steps` are right also where the activity type is
    one. A developer field has the name of its description, with `_developer_I_N` behind it if that is taken, and is
    `developer_I_N`, bytes, without one. A file that is read by row has first elements of arrays only and no developer
    fields.
    Raises CorruptFileError if the file cannot be read; of a damaged one the messages before the damage are given.
    """
    messages, (error,) = read_messages([path])
    if error is not None:
        raise error
    starts = _part_starts(path)
    descriptions = Descriptions(messages[FIELD_DESCRIPTION], starts)
    return {message_kind(n).name: _frame(messages[n], starts, descriptions) for n in messages.kinds}


def _part_starts(path: Path) -> Ints:
    starts, at = [], 0
    with path.open("rb") as file:
        while has_fit_header(head := file.read(_HEADER)):
            starts.append(at)
            at += head[0] + int.from_bytes(head[4:8], "little") + 2
            file.seek(at)
    return np.array(starts, dtype=np.int64)


def _frame(table: Table, starts: Ints, descriptions: Descriptions) -> pl.DataFrame:
    fields = _Fields(table, starts)
    columns: dict[str, pl.Series] = {}
    for number in fields.numbers:
        for name, values in fields.columns(number):
            columns[_free(name, f"_{number}", columns)] = values
    for told, plain, values in descriptions.fields(table):
        columns[_free(told or plain, f"_{plain}", columns)] = values
    order = sorted(columns, key=lambda name: name != "timestamp")
    return pl.DataFrame([columns[name].alias(name) for name in order])


def _free(name: str, suffix: str, taken: dict[str, pl.Series]) -> str:
    while name in taken:
        name += suffix
    return name


class _Fields:
    """The fields of the messages of a table, those included that are components of others."""

    def __init__(self, table: Table, starts: Ints) -> None:
        self._table = table
        self._kind = message_kind(table.message)
        self._direct = {number: table.column(number) for number in table.numbers}
        part = np.searchsorted(starts, table.positions, side="right")
        self._first_rows = np.flatnonzero(np.diff(part, prepend=-1))
        self._derived: dict[int, Derived] = {}
        for number in table.numbers:
            self._expand(number)
        self.numbers = list(dict.fromkeys([*table.numbers, *self._derived]))

    def _expand(self, number: int) -> None:
        """Takes the components of a field apart; those of a sub-field where it is that one."""
        field = self._kind.field(number)
        for choice, meaning in enumerate((field.main, *field.others)):
            if meaning.components:
                source = self._direct[number]
                rows = self._choice(field) == choice if field.others else None
                if rows is None or rows.any():
                    found = expanded(_of_rows(source, rows), meaning.components, self._stated, self._first_rows)
                    self._derived.update(found)

    def _stated(self, number: int) -> tuple[Column, Meaning] | None:
        return (self._direct[number], self._kind.field(number).main) if number in self._direct else None

    def _raw(self, number: int) -> Column:
        """Numbers that the messages state, or else have as a component."""
        direct, derived = self._direct.get(number), self._derived.get(number)
        if derived is None or derived.scale or derived.offset or derived.column.values.ndim == 2:
            return direct or self._table.column(number)
        if direct is None or direct.values.ndim == 2:
            return derived.column
        return Column(np.where(direct.valid, direct.values, derived.column.values), direct.valid | derived.column.valid)

    def _choice(self, field: FieldKind) -> npt.NDArray[np.uint8]:
        """For each row 0 if the field is itself, else the place of the first sub-field whose conditions it meets."""
        chosen = np.zeros(len(self._table), dtype=np.uint8)
        raw = functools.cache(self._raw)
        for place, other in reversed(list(enumerate(field.others, 1))):
            for number, value in other.conditions:
                column = raw(number)
                if column.values.ndim == 1:
                    chosen[column.valid & (column.values == value)] = place
        return chosen

    def columns(self, number: int) -> Iterator[tuple[str, pl.Series]]:
        """The columns of a field: its own, and one for each sub-field that a row has a value of."""
        field = self._kind.field(number)
        if not field.others:
            yield field.main.name, self._series(number, field.main, None)
            return
        choice = self._choice(field)
        main = self._series(number, field.main, choice == 0)
        others = [
            (other.name, self._series(number, other, choice == place))
            for place, other in enumerate(field.others, 1)
            if (choice == place).any()
        ]
        others = [(name, values) for name, values in others if values.null_count() < len(values)]
        if main.null_count() < len(main) or not others:
            yield field.main.name, main
        yield from others

    def _series(self, number: int, meaning: Meaning, rows: npt.NDArray[np.bool_] | None) -> pl.Series:
        found = []
        if (column := self._direct.get(number)) is not None:
            found.append(rendered(_of_rows(column, rows), meaning.kind, meaning.scale, meaning.offset))
        if (derived := self._derived.get(number)) is not None:
            found.append(rendered(_of_rows(derived.column, rows), meaning.kind, derived.scale, derived.offset))
        return found[0] if len(found) == 1 else either(*found)


def _of_rows(column: Column, rows: npt.NDArray[np.bool_] | None) -> Column:
    if rows is None:
        return column
    return Column(column.values, column.valid & (rows if column.valid.ndim == 1 else rows[:, None]))
