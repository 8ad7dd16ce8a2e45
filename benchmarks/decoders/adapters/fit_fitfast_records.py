"""fitfast.records: the messages of one type as NumPy columns."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import fitfast

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> Any:
    """The records as columns."""
    return fitfast.records(path)


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    columns = decode(path)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return messages.facts(("record", dict(zip(columns, row, strict=True))) for row in rows)
