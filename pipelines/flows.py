"""The nightly run as a Prefect flow: one coarse task for each plain function of pipelines.ingest.

Nothing is decided here. The ledger makes every step repeatable, so a task that fails is simply tried again.
"""

from pathlib import Path
from typing import cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from pipelines import ingest, intake
from pipelines.readers import GROUP_FILES
from pipelines.run import Report, Run, open_run
from pipelines.study_folder import StudyFolder

#: A night has at most this many loading tasks, and none for less than a group of files: a task costs Prefect 5 to 20 ms,
#: a file must not.
LOAD_TASKS = 20
#: A network share that is away for a moment, a disk that was full: worth another try, not a whole night.
RETRIES = 2
RETRY_SECONDS = 10


def _as_is(run: Run) -> Run:
    # Prefect looks into parameters for results of other tasks; a database connection is not to be looked into
    return cast("Run", quote(run))


@task(retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, cache_policy=NO_CACHE)
def discover(run: Run) -> list[str]:
    """The files of the inbox that are complete."""
    return intake.settled(run.study.inbox)


@task(retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, cache_policy=NO_CACHE, task_run_name="load-{first}-to-{last}")
def load(run: Run, names: list[str], first: int, last: int) -> dict[str, int]:
    """Takes some files of the inbox; returns how many contents ended in which status so far."""
    # a task that is tried again finds the files that its first try took in the ledger, and gone from the inbox
    ingest.load(run, [name for name in names if (run.study.inbox / name).exists()])
    get_run_logger().info("files %d to %d: %s", first, last, dict(run.report.statuses))
    return dict(run.report.statuses)


@task(retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, cache_policy=NO_CACHE)
def derive(run: Run) -> int:
    """Brings minutes, bouts, days and weeks up to the ledger."""
    return ingest.derive(run)


@task(retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, cache_policy=NO_CACHE)
def compare(run: Run) -> int:
    """Scores the weeks that changed under every universe of the multiverse."""
    return ingest.compare(run)


@task(cache_policy=NO_CACHE)
def check(run: Run) -> int:
    """Runs the checks; a failed one leaves the published file as it was."""
    return ingest.check(run)


@task(retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, cache_policy=NO_CACHE)
def publish(run: Run) -> str:
    """Swaps in the published file."""
    return str(ingest.publish(run))


@flow(name="nightly", flow_run_name="nightly", persist_result=False, validate_parameters=False)
def nightly(study_root: str) -> Report:
    """One nightly run of the study in that folder; fails if another ingester is at work or a check finds fault."""
    logger = get_run_logger()
    # synchronous here; the declared type allows for a coroutine too
    progress = cast(
        "UUID",
        create_progress_artifact(progress=0.0, key="nightly-progress", description="Share of the night's work done"),
    )
    with open_run(StudyFolder(Path(study_root)), "nightly") as run:
        names = discover(_as_is(run))
        logger.info("%d files in the inbox", len(names))
        size = max(GROUP_FILES, -(-len(names) // LOAD_TASKS))
        # a night without files still reads again what a change of the CSVs concerns
        for first in range(0, max(1, len(names)), size):
            batch = names[first : first + size]
            load(_as_is(run), batch, first + 1, first + len(batch))
            update_progress_artifact(progress, 5 + 75 * (first + len(batch)) / max(1, len(names)))
        derive(_as_is(run))
        logger.info("weeks compared under %d definitions", compare(_as_is(run)))
        update_progress_artifact(progress, 90.0)
        logger.info("%d checks passed", check(_as_is(run)))
        logger.info("published %s", Path(publish(_as_is(run))).name)
        update_progress_artifact(progress, 100.0)
        create_table_artifact(
            table=[{"what": what, "count": count} for what, count in ingest.summary(run)],
            key="nightly-summary",
            description="What the night did",
        )
        create_table_artifact(
            table=[{"status": status, "reason": reason} for _, status, reason in run.report.set_aside],
            key="nightly-set-aside",
            description="What was set aside; `footfall status` shows the names",
        )
        return run.report
