"""A progress bar on a terminal, and nothing where output goes to a file."""

import contextlib
import sys
import time
from collections.abc import Iterator

from pipelines.ingest import Progress

#: Before this much of the work is done, what remains is a guess.
_KNOWN_FROM = 0.02


def remaining_seconds(share: float, elapsed_seconds: float) -> float | None:
    """How long the rest takes if it goes on as it went so far; None while too little is done to tell."""
    return None if share < _KNOWN_FROM else elapsed_seconds * (1 - share) / share


def in_words(seconds: float | None) -> str:
    """A length of time for people: `about 40 s left`; empty if it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min left"


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A function to call with (done, total, set aside, share of the work); draws on stderr if that is a terminal.

    The bar and the time that remains follow the share, which knows large files from small ones.
    """
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    import rich.console
    import rich.progress

    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.TextColumn("{task.fields[said]}"),
        console=rich.console.Console(stderr=True),
    ) as bar:
        task = bar.add_task(title, total=None, said="")
        begun = time.monotonic()

        def show(done: int, total: int, aside: int, share: float) -> None:
            nonlocal begun
            if done == 0:
                # hashing, and looking into archives, comes first and is no measure of what follows
                begun = time.monotonic()
            left = in_words(remaining_seconds(share, time.monotonic() - begun)) if done < total else ""
            words = [f"{done:,}/{total:,} files", f"{aside:,} set aside" if aside else "", left]
            bar.update(task, completed=share, total=1.0, said=", ".join(filter(None, words)))

        yield show
