"""The tasks of a run: one coarse task for each plain function of pipelines.ingest, failing in one paragraph if it fails.

Nothing is decided here. The ledger makes every step repeatable, so a task that fails is simply tried again. Errors of other
libraries may quote a file, so only their kind and place reach Prefect's database.
"""

import contextlib
import functools
import json
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from prefect import State, Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from pipelines import ingest, intake, publications
from pipelines.errors import FootfallError
from pipelines.run import Run, StorageError, readable_errors
from pipelines.study_folder import StudyFolder
from warehouse.errors import WarehouseError

#: A network share that is away for a moment, a disk that was full: worth another try, not a whole night.
RETRIES = 2
RETRY_SECONDS = 10

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ProgramError(FootfallError):
    """An error of the program itself, told by kind and place; nothing of a file is in it."""


def as_is(value: _T) -> _T:
    """The value as a task's parameter: Prefect looks into parameters, and a database connection is not to be looked into."""
    return cast("_T", quote(value))


@contextlib.contextmanager
def readable(study: StudyFolder) -> Iterator[None]:
    """Lets no error pass but those with a paragraph of our own."""
    try:
        with readable_errors(study):
            yield
    except (FootfallError, WarehouseError):
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}" for frame in frames]
        get_run_logger().error("an error of the program:\n  %s", "\n  ".join(places))
        where = places[-1] if places else "an unknown place"
        raise ProgramError(
            f"expected the program to know what to do; found {type(error).__name__} in {where}. What was accepted is kept"
            " and the published file is whole. Please report it with the log of this run."
        ) from None


def _step(function: Callable[Concatenate[Run, _P], _T]) -> Callable[Concatenate[Run, _P], _T]:
    """A task's function whose errors are readable, and say nothing of a file."""

    @functools.wraps(function)
    def step(run: Run, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with readable(run.study):
            return function(run, *args, **kwargs)

    return step


def _is_worth_another_try(_task: Any, _run: Any, state: "State[Any]") -> bool:
    return isinstance(state.result(raise_on_failure=False), StorageError)


def _retried(function: Callable[Concatenate[Run, _P], _T]) -> Task[Concatenate[Run, _P], _T]:
    """A step as a task that is tried again when the disk was in the way."""
    return task(
        retries=RETRIES, retry_delay_seconds=RETRY_SECONDS, retry_condition_fn=_is_worth_another_try,
        cache_policy=NO_CACHE,
    )(_step(function))  # fmt: skip


@_retried
def discover(run: Run, look_seconds: float, list_file: str) -> list[str]:
    """The files of the inbox that are complete: of a list (a watch's last look), or those that two looks now see alike."""
    if list_file:
        listed = {name: tuple(seen) for name, seen in json.loads(Path(list_file).read_text(encoding="utf-8")).items()}
        return intake.unchanged(cast("intake.Look", listed), intake.look(run.study.inbox))
    before = intake.look(run.study.inbox)
    if not before:
        return []
    time.sleep(look_seconds)
    return intake.unchanged(before, intake.look(run.study.inbox))


@task(
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=_is_worth_another_try,
    cache_policy=NO_CACHE,
    task_run_name="load-{part}",
)
@_step
def load(run: Run, names: list[str], part: str, progress: ingest.Progress) -> dict[str, int]:
    """Takes some files of the inbox; returns how many contents ended in which status so far. part: which, for people."""
    # a task that is tried again finds the files that its first try took in the ledger, and gone from the inbox
    ingest.load(run, [name for name in names if (run.study.inbox / name).exists()], progress)
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(run.report.statuses.items()))
    get_run_logger().info("files %s; so far: %s", part, counts or "nothing new")
    return dict(run.report.statuses)


@_retried
def derive(run: Run) -> int:
    """Brings minutes, bouts, days and weeks up to the ledger."""
    return ingest.derive(run)


@_retried
def compare(run: Run) -> int:
    """Scores the weeks that changed under every universe of the multiverse."""
    return ingest.compare(run)


@_retried
def verify(run: Run) -> int:
    """Makes some participants' tables again from the originals; fails if they are not what is there."""
    from pipelines.verify import verify_sample

    return verify_sample(run)


@task(cache_policy=NO_CACHE)
@_step
def check(run: Run) -> int:
    """Runs the checks; a failed one leaves the published file as it was."""
    return ingest.check(run)


@_retried
def publish(run: Run) -> str:
    """Swaps in the published file."""
    return str(ingest.publish(run))


@_retried
def changes(run: Run, earlier: Path | None) -> int:
    """Compares with the last night's publication; returns how many weeks differ."""
    try:
        run.report.changes = publications.changes_since(run, earlier)
    except WarehouseError as error:
        # an older publication that cannot be compared does not undo what was published
        get_run_logger().warning("the weeks that changed are not known: %s", error)
    return len(run.report.changes.rows) if run.report.changes is not None else 0
