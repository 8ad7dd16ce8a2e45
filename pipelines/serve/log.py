"""The log of `footfall serve`: one plain line for each thing that happens, on standard output, stamped in UTC."""

import datetime as dt


def say(text: str) -> None:
    """Prints one line at once, also into a pipe."""
    line = " ".join(text.split())
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ} {line}", flush=True)  # noqa: T201
