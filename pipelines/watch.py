"""Takes files from the inbox as they become complete: looks, and ingests what two looks in a row saw alike."""

import time
from collections.abc import Callable

from pipelines import intake
from pipelines.errors import FootfallError
from pipelines.ingest import check, derive, load, publish
from pipelines.run import BusyError, Report, open_run
from pipelines.study_folder import StudyFolder
from warehouse.errors import WarehouseError


def watch(
    study: StudyFolder,
    every_seconds: float,
    tell: Callable[[Report], None],
    complain: Callable[[str], object] = lambda _: None,
    keep_on: Callable[[], bool] = lambda: True,
) -> None:
    """Looks at the inbox every so many seconds until keep_on() says no, and tells the report of each ingestion.

    Only looking decides: notifications do not cross network shares, and come long before a slow copy is complete. While
    another ingester is at work the files wait for the next look. An edited study CSV is taken up in the same way.
    """
    before, told = intake.look(study.inbox), _tables(study)
    tables = told
    complained: intake.Look = {}
    while keep_on():
        time.sleep(every_seconds)
        after = intake.look(study.inbox)
        names = intake.unchanged(before, after)
        before = after
        # a CSV that was edited, and then left alone for one look, may name the owner of files that wait
        edited, tables = tables, _tables(study)
        is_edited = tables == edited and tables not in (told, complained)
        if not names and not is_edited:
            continue
        try:
            with open_run(study, "watch") as run:
                load(run, names)
                derive(run)
                check(run)
                publish(run)
                report = run.report
        except BusyError:
            continue
        except (FootfallError, WarehouseError) as error:
            # a slip in a CSV must not end the watch; it is told once, until the CSV changes again
            if tables != complained:
                complain(str(error))
            complained = tables
            continue
        told = tables
        tell(report)


def _tables(study: StudyFolder) -> intake.Look:
    return {
        path.name: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(study.root.iterdir())
        if path.suffix in (".csv", ".toml")
    }
