"""fitfast.parse: all messages as dictionaries."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import fitfast

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> Any:
    """All messages by type."""
    return fitfast.parse(path)


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return messages.facts((kind, fields) for kind, rows in decode(path).items() for fields in rows)
