"""A first dialect for a table that nobody knows, made by looking at all of its cells; `footfall dialect draft` prints it.

The way of a file: `header` (where the table begins; imports no polars) -> `table` (its columns, by the reader of all
dialects) -> `roles` (which column is what; `forms` for times, `words` for names) -> `findings` (intervals and what numbers
count) -> `proposal` (the TOML, with its comments and questions).
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from connectors.dialect import Dialect


@dataclasses.dataclass(frozen=True)
class Draft:
    """toml: the text of the dialect, which loads and claims the file it was made from; questions: how many it asks."""

    toml: str
    questions: int


def draft(path: Path, dialects: dict[str, Dialect], names: Sequence[str] = ()) -> Draft:
    """A dialect for a file that none of the given dialects claims.

    Raises UnknownFormatError if the file is no table with column names, a row's time cannot be found, or nothing could be
    steps; another ConnectorError if the table is damaged.
    """
    from connectors.draft.findings import look_at
    from connectors.draft.proposal import propose
    from connectors.draft.table import read_table

    return propose(look_at(read_table(Path(path), dialects)), dialects, tuple(names) or (Path(path).name,))
