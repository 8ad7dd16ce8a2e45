"""The nightly run, and the arrivals of a watched inbox, as Prefect flows: the same functions as `footfall ingest` calls.

Only this package imports Prefect. A run ends with its report, or in one paragraph; a run of `footfall serve` also ends, at the
next whole step, once it is asked to.
"""

import atexit
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from prefect import Flow, State, get_run_logger
from prefect import flow as as_flow
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Failed

from pipelines import night_tables, publications, stopping
from pipelines.errors import FootfallError
from pipelines.flows import tasks
from pipelines.flows.page import Shown, show_changes, show_results
from pipelines.prefect_home import end_quietly
from pipelines.readers import GROUP_FILES
from pipelines.run import BusyError, Report, Run, open_run
from pipelines.serve.log import say
from pipelines.study_folder import StudyFolder
from warehouse.database import DatabaseBusyError
from warehouse.errors import WarehouseError

#: A run has at most this many loading tasks, each of which reads the ledger and starts readers of its own; and none for less
#: than a group of files.
LOAD_TASKS = 8
#: The tag of runs that `footfall serve` started.
SERVED = "served"
#: The name of the state of an ingestion that gave up waiting for another one.
WAITING = "Waiting"
_TURN_SECONDS = 2.0
#: A question such as `footfall status` has the ledger open for a moment.
_MOMENT_SECONDS = 60.0


class FlowError(FootfallError):
    """A flow ended without its report; the message is the paragraph that it ended with."""


def report_of(state: "State[Any]") -> Report:
    """What a flow that was called here did; FlowError if it failed, or was stopped."""
    if not state.is_completed():
        raise FlowError(state.message or f"the run ended as {state.name}.")
    return cast("Report", state.result())


def tell_failure(flow: "Flow[..., Any]", flow_run: FlowRun, state: "State[Any]") -> None:
    """Sends the alert of a nightly run that failed or crashed: a hook of Prefect's, which names its parameters."""
    from pipelines.alerts import alert

    study = StudyFolder(Path(flow_run.parameters["study_root"]))
    alert(study, "the nightly run failed", state.message or f"The run ended as {state.name}.")


@as_flow(
    name="nightly", flow_run_name="nightly", persist_result=False, validate_parameters=False,
    on_failure=[tell_failure], on_crashed=[tell_failure],
)  # fmt: skip
def nightly(
    study_root: str, wait_seconds: float = 0, look_seconds: float = 1.0, stop_file: str = ""
) -> "Report | State[Any]":
    """One nightly run of the study in that folder.

    wait_seconds: for another ingester. look_seconds: between two looks at the inbox. stop_file: once it is there the run ends
    early; it is given by `footfall serve`.
    """
    study = StudyFolder(Path(study_root))

    def night() -> Report:
        from pipelines.alerts import morning

        shown = Shown("nightly-progress")
        with contextlib.ExitStack() as stack:
            run = _opened(stack, study, "nightly", wait_seconds, stop_file)
            earlier = publications.last_nightly(study)
            _take(run, shown, look_seconds, "", stop_file)
            verified = tasks.verify(tasks.as_is(run))
            get_run_logger().info("%d participants verified against the originals", verified)
            _publish(run, shown, stop_file)
            changed = tasks.changes(tasks.as_is(run), earlier)
            get_run_logger().info("%d weeks changed since the last nightly run", changed)
            show_results(run, "nightly")
            show_changes(run, "nightly", earlier)
            morning(run)
            return run.report

    return _in_a_paragraph("nightly run", study, stop_file, night)


@as_flow(name="arrivals", flow_run_name="arrivals", persist_result=False, validate_parameters=False)
def arrivals(study_root: str, list_file: str, wait_seconds: float = 0, stop_file: str = "") -> "Report | State[Any]":
    """Takes the files that a watch saw complete. list_file: JSON, name under inbox/ -> [size, modification time in ns]."""
    study = StudyFolder(Path(study_root))

    def arrived() -> Report:
        shown = Shown("arrivals-progress")
        with contextlib.ExitStack() as stack:
            run = _opened(stack, study, "watch", wait_seconds, stop_file)
            _take(run, shown, 0, list_file, stop_file)
            _publish(run, shown, stop_file)
            show_results(run, "arrivals")
            return run.report

    return _in_a_paragraph("ingestion", study, stop_file, arrived)


def _in_a_paragraph(what: str, study: StudyFolder, stop_file: str, body: Callable[[], Report]) -> "Report | State[Any]":
    """The report, or the state of a run that ended otherwise, with a message that is fit for everybody's eyes."""
    _without_tracebacks()
    if stop_file:
        atexit.register(end_quietly)
    try:
        with tasks.readable(study):
            report = body()
    except stopping.StoppedError as error:
        say(f"{what} {error}")
        return Cancelled(message=str(error))
    except BusyError as error:
        if what == "ingestion":
            # no failure: its files wait for the next turn
            return Cancelled(name=WAITING, message=str(error))
        return _failed(what, stop_file, error)
    except (FootfallError, WarehouseError) as error:
        return _failed(what, stop_file, error)
    words = night_tables.in_words(report)
    get_run_logger().info(words)
    if stop_file:
        say(f"{what}: {words}")
    return report


def _failed(what: str, stop_file: str, error: Exception) -> "State[Any]":
    get_run_logger().error(str(error))
    if stop_file:
        say(f"the {what} failed: {error}")
    return Failed(message=str(error))


def _without_tracebacks() -> None:
    """Keeps pages of our own code out of the log of runs: what fails says in a paragraph what a person can do."""

    def strip(record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True

    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logger = logging.getLogger(name)
        logger.filters[:] = [strip]


def _opened(stack: contextlib.ExitStack, study: StudyFolder, kind: str, wait_seconds: float, stop_file: str) -> Run:
    """The study, open for this run, as soon as no other ingester is at work on it."""
    began, is_told = time.monotonic(), False
    while True:
        stopping.check(stop_file)
        waited = time.monotonic() - began
        try:
            return stack.enter_context(open_run(study, kind, wait_seconds=min(_TURN_SECONDS, wait_seconds)))
        except BusyError as error:
            if waited >= wait_seconds:
                raise
            if not is_told:
                get_run_logger().info("waits: %s", error)
            is_told = True
        except DatabaseBusyError:
            if waited >= max(wait_seconds, _MOMENT_SECONDS):
                raise
            time.sleep(_TURN_SECONDS)


def _take(run: Run, shown: Shown, look_seconds: float, list_file: str, stop_file: str) -> None:
    """Loads what came and brings the tables up to it."""
    names = tasks.discover(tasks.as_is(run), look_seconds, list_file)
    get_run_logger().info("%d files in the inbox", len(names))
    size = max(GROUP_FILES, -(-len(names) // LOAD_TASKS))
    # a run without files still reads again what a change of the CSVs concerns
    for first in range(0, max(1, len(names)), size):
        batch = names[first : first + size]
        last = first + len(batch)
        shares = (first / len(names), last / len(names)) if names else (0.0, 1.0)
        progress = shown.files(*shares, first, len(names), stop_file)
        part = f"{first + 1}-to-{last}" if batch else "none"
        tasks.load(tasks.as_is(run), tasks.as_is(batch), part, tasks.as_is(progress))
        stopping.check(stop_file)
    shown.show(80.0, "files are taken; minutes, walks, days and weeks follow")
    tasks.derive(tasks.as_is(run))
    stopping.check(stop_file)
    get_run_logger().info("weeks compared under %d definitions", tasks.compare(tasks.as_is(run)))
    stopping.check(stop_file)


def _publish(run: Run, shown: Shown, stop_file: str) -> None:
    stopping.check(stop_file)
    shown.show(95.0, "checks, then the published file")
    get_run_logger().info("%d checks passed", tasks.check(tasks.as_is(run)))
    get_run_logger().info("published %s", Path(tasks.publish(tasks.as_is(run))).name)
    shown.show(100.0, "published")
