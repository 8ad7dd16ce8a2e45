"""pyfitparsernative."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import pyfitparsernative

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> Any:
    """All messages in file order."""
    return pyfitparsernative.parse_fit_file(str(path))


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return messages.facts((fields["message_type"], fields) for fields in decode(path))
