"""garmin-fit-sdk, Garmin's own."""
# mypy: disable-error-code="import-not-found,import-untyped"

from pathlib import Path
from typing import Any

from garmin_fit_sdk import Decoder, Stream

from benchmarks.decoders.adapters import messages


def decode(path: Path) -> dict[str, list[dict[Any, Any]]]:
    """All messages by type, with every option as it comes."""
    found, errors = Decoder(Stream.from_file(str(path))).read()
    if errors:
        raise errors[0]
    return dict(found)


def facts(path: Path) -> dict[str, Any]:
    """What the library makes of a file."""
    return messages.facts(
        (kind.removesuffix("_mesgs"), fields) for kind, rows in decode(path).items() for fields in rows
    )
