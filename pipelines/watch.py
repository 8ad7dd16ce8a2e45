"""Takes files from the inbox as they become complete: looks, and ingests what two looks in a row saw alike."""

import time
from collections.abc import Callable

from pipelines import intake
from pipelines.errors import FootfallError
from pipelines.ingest import check, compare, derive, load, publish
from pipelines.run import BusyError, Report, open_run, readable_errors
from pipelines.study_folder import StudyFolder
from warehouse.database import DatabaseBusyError
from warehouse.errors import WarehouseError

#: After a failure the next try waits, each time twice as long, at most so long: a disk that is full at midnight is at six.
LONGEST_PAUSE_SECONDS = 1800.0


class Looks:
    """Which files of the inbox two looks in a row saw alike, and whether a file of the study was edited and then left alone.

    Only looking decides: notifications do not cross network shares, and come long before a slow copy is complete. What an
    ingestion left lying (a file that nobody may remove) is not handed out again before it changes.
    """

    def __init__(self, study: StudyFolder, every_seconds: float, *, is_unfinished: bool = False) -> None:
        """is_unfinished: what an earlier ingestion left undone is worth one, whatever the inbox holds."""
        self._study = study
        self._every = every_seconds
        self._is_unfinished = is_unfinished
        self._inbox = intake.look(study.inbox)
        self._tables = self._taken_up = _tables(study)
        self._left: intake.Look = {}
        self._pause, self._not_before = every_seconds, 0.0
        #: what the next ingestion takes
        self.found: intake.Look = {}

    def again(self) -> bool:
        """Looks once more, at files and tables; True if there is something to ingest now."""
        before, self._inbox = self._inbox, intake.look(self._study.inbox)
        edited, self._tables = self._tables, _tables(self._study)
        self._left = {name: seen for name, seen in self._left.items() if name in self._inbox}
        names = intake.unchanged(before, self._inbox)
        self.found = {name: self._inbox[name] for name in names if self._left.get(name) != self._inbox[name]}
        if self._tables != edited:
            # somebody is at it: what failed may be mended
            self._not_before = 0.0
            return False
        is_wanted = bool(self.found) or self._tables != self._taken_up or self._is_unfinished
        return is_wanted and time.monotonic() >= self._not_before

    def ingested(self) -> None:
        """What was handed out, and the tables as they were then, are taken up."""
        self._left |= self.found
        self._taken_up, self._is_unfinished = self._tables, False
        self._pause, self._not_before = self._every, 0.0

    def failed(self) -> float:
        """The ingestion failed; returns the seconds until the next try, unless a file of the study is edited before."""
        self._is_unfinished = True
        pause = self._pause
        self._not_before = time.monotonic() + pause
        self._pause = min(2 * self._pause, max(LONGEST_PAUSE_SECONDS, self._every))
        return pause


def watch(
    study: StudyFolder,
    every_seconds: float,
    tell: Callable[[Report], None],
    complain: Callable[[str], object] = lambda _: None,
    keep_on: Callable[[], bool] = lambda: True,
) -> None:
    """Looks at the inbox every so many seconds until keep_on() says no, and tells the report of each ingestion.

    While another ingester is at work the files wait for the next look. An edited file of the study is taken up in the same
    way. What fails is complained of once, until something else fails.
    """
    with readable_errors(study):
        looks = Looks(study, every_seconds)
    complained = away = ""
    while keep_on():
        time.sleep(every_seconds)
        try:
            with readable_errors(study):
                is_wanted = looks.again()
        except FootfallError as error:
            # a share that is away comes back
            if str(error) != away:
                complain(str(error))
            away = str(error)
            continue
        away = ""
        if not is_wanted:
            continue
        try:
            with open_run(study, "watch") as run:
                load(run, sorted(looks.found))
                derive(run)
                compare(run)
                check(run)
                publish(run)
                report = run.report
        except (BusyError, DatabaseBusyError):
            continue
        except (FootfallError, WarehouseError) as error:
            # a slip in a CSV must not end the watch
            looks.failed()
            if str(error) != complained:
                complain(str(error))
            complained = str(error)
            continue
        looks.ingested()
        complained = ""
        tell(report)


def _tables(study: StudyFolder) -> intake.Look:
    """The study's settings, CSVs and dialects: size in bytes and modification time in ns."""
    paths = [*study.root.iterdir(), *(study.dialects.iterdir() if study.dialects.is_dir() else ())]
    seen: intake.Look = {}
    for path in sorted(paths):
        if path.suffix in (".csv", ".toml"):
            try:
                status = path.stat()
            except FileNotFoundError:
                # an editor replaces it at this very moment
                continue
            seen[path.relative_to(study.root).as_posix()] = (status.st_size, status.st_mtime_ns)
    return seen
