"""fitdecode."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

import fitdecode

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> list[Any]:
    """All data messages."""
    with fitdecode.FitReader(str(path)) as reader:
        return [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA]


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file; of a field that is there twice the first value that is one."""
    return messages.facts((message.global_mesg_num, _values(message)) for message in decode(path))


def _values(message: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in message.fields:
        if values.get(field.name) is None:
            values[field.name] = field.value
    return {name: value for name, value in values.items() if value is not None}
