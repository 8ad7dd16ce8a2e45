"""The log of `footfall serve`: one plain line for each thing that happens, on standard output, stamped in UTC."""

import contextlib
import datetime as dt
import re

_SAID = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")


def say(text: str) -> None:
    """Prints one line at once, also into a pipe; a reader that is gone stops nothing."""
    line = " ".join(text.split())
    with contextlib.suppress(OSError):
        print(f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ} {line}", flush=True)  # noqa: T201


def is_said(line: bytes) -> bool:
    """True for a line of say()."""
    return _SAID.match(line) is not None
