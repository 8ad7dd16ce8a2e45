"""Tables of many people: who is in their participant column, and the same table without the rows of some of them."""

import csv
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connectors.dialect_file import known
from connectors.pedometer_csv.head import claims, place, read_head, split

#: A table that no dialect claims is still one of many people if a line near its top has this cell.
_COLUMN = "participant_id"
_DELIMITERS = (",", ";", "\t")
_TOP_LINES = 20
#: Other encodings write the same text in several ways, so that the lines that stay would not stay as they are.
_EXACT = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")


@dataclasses.dataclass(frozen=True)
class PeopleTable:
    """Where the participants stand in a table. first_row: the first line below the header, counted from 0; column from 0."""

    path: Path
    encoding: str
    delimiter: str
    first_row: int
    column: int

    def people(self) -> frozenset[str]:
        """Everybody in the participant column."""
        return frozenset(who for _, who in self._records() if who)

    def without(self, is_theirs: Callable[[str], bool], target: Path) -> tuple[int, frozenset[str]]:
        """Writes the table to target without the rows of some people, all others byte for byte; rows left out, people kept.

        is_theirs: asked with what stands in the participant column, "" for an empty cell.
        """
        left_out, kept = 0, set()
        with target.open("wb") as file:
            for record, who in self._records():
                if who is not None and is_theirs(who):
                    left_out += 1
                    continue
                kept |= {who} if who else set()
                file.write(record.encode(self.encoding, "surrogateescape"))
        return left_out, frozenset(kept)

    def _records(self) -> Iterator[tuple[str, str | None]]:
        """Each line, or lines that a quoted cell holds together, with its participant; None above the rows and in blank lines."""
        record = ""
        for number, line in enumerate(self._lines()):
            record += line
            # a quotation mark that is still open goes on in the next line
            if number >= self.first_row and record.count('"') % 2 and self._quotes(record):
                continue
            yield record, self._who(record) if number >= self.first_row else None
            record = ""
        if record:
            yield record, self._who(record)

    def _lines(self) -> Iterator[str]:
        # newline="" keeps every end of line as it is
        with self.path.open(encoding=self.encoding, errors="surrogateescape", newline="") as file:
            yield from file

    def _quotes(self, record: str) -> bool:
        """True if a cell begins with a quotation mark; one elsewhere is a sign like another."""
        return record.startswith('"') or f'{self.delimiter}"' in record

    def _who(self, record: str) -> str | None:
        if not record.strip():
            return None
        if '"' in record:
            cells = next(csv.reader([record], delimiter=self.delimiter), [])
        else:
            cells = record.rstrip("\r\n").split(self.delimiter, self.column + 1)
        return cells[self.column].strip() if len(cells) > self.column else None


def people_table(path: Path, *, dialect_folder: Path | None = None, names: Sequence[str] = ()) -> PeopleTable | None:
    """The table in a file if it has a participant column and can be written again line by line; None for anything else."""
    for layout in claims(path, known(dialect_folder).values(), names):
        column = place(layout.dialect.columns.participant, layout.names)
        if column is not None and layout.delimiter and layout.encoding in _EXACT:
            # lines that only name the delimiter or are blank are counted by nobody but the layout
            return PeopleTable(path, layout.encoding, layout.delimiter, layout.first_row, column)
    head = read_head(path)
    if head is None or head.keys is not None or head.encoding not in _EXACT:
        return None
    for number, line in enumerate(head.lines[:_TOP_LINES]):
        for delimiter in _DELIMITERS:
            cells = split(line, delimiter)
            if len(cells) > 1 and _COLUMN in cells:
                return PeopleTable(path, head.encoding, delimiter, number + 1, cells.index(_COLUMN))
    return None
