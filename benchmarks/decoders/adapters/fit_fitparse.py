"""fitparse and python-fitparse, which share the name of the module; which one it is, the process's path decides."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import fitparse

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> list[Any]:
    """All messages, values included."""
    return list(fitparse.FitFile(str(path)).get_messages())


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return messages.facts((message.mesg_num, message.get_values()) for message in decode(path))
