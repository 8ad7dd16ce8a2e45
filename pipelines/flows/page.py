"""What a run shows in Prefect's page: its progress, and its tables. A page that cannot be reached stops nothing."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact

from pipelines import ingest, night_tables, stopping
from pipelines.progress import in_words, remaining_seconds
from pipelines.run import Run

#: The progress is renewed at most this often: each time is a request to the server.
_SHOW_SECONDS = 2.0
#: The share of a run that reading files takes, in percent.
_FILES_FROM, _FILES_TO = 5.0, 80.0


@contextlib.contextmanager
def _not_needed() -> Iterator[None]:
    """For what Prefect's page shows: without it the run goes on."""
    try:
        yield
    except Exception as error:
        get_run_logger().warning("Prefect's page could not be told (%s)", type(error).__name__)


class Shown:
    """The progress of a run in Prefect's page; a page that cannot be reached stops nothing."""

    def __init__(self, key: str) -> None:
        self._began = self._at = time.monotonic()
        self._artifact: UUID | None = None
        with _not_needed():
            # synchronous here; the declared type allows for a coroutine too
            made = create_progress_artifact(progress=0.0, key=key, description="Share of the work done")
            self._artifact = cast("UUID", made)

    def show(self, percent: float, words: str) -> None:
        """Renews share and words."""
        self._at = time.monotonic()
        with _not_needed():
            if self._artifact is not None:
                update_progress_artifact(self._artifact, progress=percent, description=words)

    def files(self, before: float, after: float, first: int, total: int, stop_file: str) -> ingest.Progress:
        """The progress of one loading task, which brings the files from one share to the other; also asks whether to stop."""

        def progress(done: int, _: int, aside: int, share: float) -> None:
            stopping.check(stop_file)
            if time.monotonic() - self._at < _SHOW_SECONDS:
                return
            of_files = before + (after - before) * share
            left = in_words(remaining_seconds(of_files, time.monotonic() - self._began))
            words = [f"{first + done:,} of {total:,} files", f"{aside:,} set aside" if aside else "", left]
            self.show(_FILES_FROM + (_FILES_TO - _FILES_FROM) * of_files, ", ".join(filter(None, words)))

        return progress


def show_results(run: Run, key: str) -> None:
    """The tables of a run that has published."""
    _table(f"{key}-summary", "What the run did", night_tables.summary(run))
    words = "Why files were set aside; `footfall status` shows their names"
    _table(f"{key}-set-aside", words, night_tables.set_aside(run.report))


def show_changes(run: Run, key: str, earlier: Path | None) -> None:
    """The weeks that differ from the last night's publication, in counts."""
    found = run.report.changes
    if found is None or earlier is None:
        return
    words = f"{len(found.rows):,} of {found.compared:,} weeks changed since the last nightly run"
    listed = f"{words}; {night_tables.how_to_list(earlier)}" if found.rows else words
    _table(f"{key}-changes", listed, night_tables.changed_answers(found))
    _table(f"{key}-change-reasons", f"Why: {listed}", night_tables.change_reasons(found))


def _table(key: str, words: str, rows: night_tables.Rows) -> None:
    with _not_needed():
        create_table_artifact(table=rows, key=key, description=words)
