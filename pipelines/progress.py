"""A progress bar on a terminal, and nothing where output goes to a file."""

import contextlib
import sys
from collections.abc import Iterator

from pipelines.ingest import Progress


@contextlib.contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A function to call with (done, total, set aside); draws on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    import rich.console
    import rich.progress

    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
        rich.progress.TextColumn("{task.fields[aside]}"),
        console=rich.console.Console(stderr=True),
    ) as bar:
        task = bar.add_task(title, total=None, aside="")

        def show(done: int, total: int, aside: int) -> None:
            bar.update(task, completed=done, total=total, aside=f"{aside} set aside" if aside else "")

        yield show
