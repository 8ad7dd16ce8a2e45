"""Takes files from the inbox as they become complete: looks, and ingests what two looks in a row saw alike."""

import time
from collections.abc import Callable

from pipelines import intake
from pipelines.ingest import BusyError, Report, check, derive, load, open_run, publish
from pipelines.study_folder import StudyFolder


def watch(
    study: StudyFolder,
    every_seconds: float,
    tell: Callable[[Report], None],
    keep_on: Callable[[], bool] = lambda: True,
) -> None:
    """Looks at the inbox every so many seconds until keep_on() says no, and tells the report of each ingestion.

    Only looking decides: notifications do not cross network shares, and come long before a slow copy is complete. While
    another ingester is at work the files wait for the next look.
    """
    before = intake.look(study.inbox)
    while keep_on():
        time.sleep(every_seconds)
        after = intake.look(study.inbox)
        names = intake.unchanged(before, after)
        before = after
        if not names:
            continue
        try:
            with open_run(study) as run:
                load(run, names)
                derive(run)
                check(run)
                publish(run)
                report = run.report
        except BusyError:
            continue
        tell(report)
