"""The process that runs the nightly schedule: Prefect's own runner, with a deployment whose schedule follows study.toml."""

import asyncio
import datetime as dt
import multiprocessing
import time
from pathlib import Path
from uuid import UUID

from prefect import State
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed

from pipelines import stopping
from pipelines.errors import StudyError
from pipelines.flows import SERVED, nightly
from pipelines.serve.lifeline import when_parent_lets_go
from pipelines.serve.log import say
from pipelines.serve.schedule import Schedule, is_missed, read_schedule
from pipelines.study_folder import StudyFolder

#: How often the schedule and the request to stop are looked at, and the server is asked for runs that are due.
_LOOK_SECONDS, _POLL_SECONDS = 2.0, 5.0
#: A night waits so long for an ingestion that is at work.
_NIGHT_WAITS_SECONDS = 6 * 3600.0


def run(study: StudyFolder, stop_file: Path, grace_seconds: float, look_seconds: float) -> None:
    """Runs what the schedule asks for until the parent lets go; then waits for a run to end its step, at most the grace.

    look_seconds: between the two looks at the inbox with which a night begins.
    """
    # a server that is gone with the parent is asked in vain for a while how the runs ended
    when_parent_lets_go(lambda: stopping.ask(stop_file), within_seconds=grace_seconds + 10)
    asyncio.run(_Nights(study, stop_file, look_seconds).serve(grace_seconds))


class _Nights:
    """The deployment `nightly` of one study, and the runner that executes it, one run at a time."""

    def __init__(self, study: StudyFolder, stop_file: Path, look_seconds: float) -> None:
        self._study, self._stop_file = study, stop_file
        self._parameters = {
            "study_root": str(study.root), "wait_seconds": _NIGHT_WAITS_SECONDS, "look_seconds": look_seconds,
            "stop_file": str(stop_file),
        }  # fmt: skip
        # schedules are not paused at the end: what was missed is decided at the start, by what was published
        self._runner = Runner(name="footfall", query_seconds=_POLL_SECONDS, limit=1, pause_on_shutdown=False)
        self._trouble = ""

    async def serve(self, grace_seconds: float) -> None:
        """Runs nights until the request to stop is there, and returns when none is at work any more, or after the grace."""
        schedule = await self._first_schedule()
        deployment_id = await self._register(schedule)
        async with get_client() as client:
            await _put_in_order(client)
            if is_missed(self._study, schedule, dt.datetime.now(dt.UTC)):
                say(f"no nightly run since the last {schedule.in_words()}: one starts now")
                await client.create_flow_run_from_deployment(deployment_id, tags=[SERVED, "catch-up"])
            runner = asyncio.create_task(self._runner.start())
            await self._until_stopped(runner, client, schedule)
        until = time.monotonic() + grace_seconds
        # a run that starts only now sees the request at once
        while multiprocessing.active_children() and time.monotonic() < until:
            await asyncio.sleep(0.2)
        if not runner.done():
            await self._runner.astop()
            await asyncio.wait([runner], timeout=10)

    async def _first_schedule(self) -> Schedule:
        """What study.toml says, as soon as it can be used: it may be at fault when this process is started again."""
        while True:
            try:
                return read_schedule(self._study)
            except (StudyError, OSError) as error:
                self._tell_once(f"no nights before the schedule can be read: {error}")
                await asyncio.sleep(_LOOK_SECONDS)

    def _tell_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            say(trouble)
        self._trouble = trouble

    async def _until_stopped(self, runner: "asyncio.Task[None]", client: PrefectClient, schedule: Schedule) -> None:
        was_away = False
        while not stopping.is_asked(str(self._stop_file)):
            await asyncio.sleep(_LOOK_SECONDS)
            if runner.done():
                # raises what ended it; this process is started again
                await runner
                return
            schedule = await self._follow(schedule)
            if await client.api_healthcheck() is not None:
                was_away = True
            elif was_away and not multiprocessing.active_children():
                # what listens for runs cancelled in the page gives up while the server is away, and does not come back
                say("the server was away; the runner starts anew")
                return

    async def _register(self, schedule: Schedule) -> UUID:
        """Makes the deployment, or gives it another schedule."""
        deployment_id = await self._runner.aadd_flow(
            nightly, name="nightly", schedule=Cron(schedule.cron, timezone=schedule.time_zone),
            parameters=self._parameters, tags=[SERVED], description="The nightly run of the study, on study.toml's schedule.",
        )  # fmt: skip
        soon = schedule.next_after(dt.datetime.now(dt.UTC))
        say(f"nights are at {schedule.in_words()}, the next one at {soon:%Y-%m-%d %H:%M} UTC")
        return deployment_id

    async def _follow(self, schedule: Schedule) -> Schedule:
        """Takes up an edited study.toml; one that cannot be used leaves the schedule as it is, and is told once."""
        try:
            now = read_schedule(self._study)
        except (StudyError, OSError) as error:
            self._tell_once(f"the schedule stays at {schedule.in_words()}: {error}")
            return schedule
        self._trouble = ""
        if now != schedule:
            await self._register(now)
        return now


async def _put_in_order(client: PrefectClient) -> None:
    """Runs that were due while nobody served are taken away, those that a killed server left at work are ended.

    Only one server serves a study, and this one has started no run yet.
    """
    now = dt.datetime.now(dt.UTC)
    for flow_run in await _runs(client, StateType.SCHEDULED):
        due = flow_run.expected_start_time
        if due is not None and due < now:
            await client.delete_flow_run(flow_run.id)
    for flow_run in await _runs(client, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING):
        if SERVED in flow_run.tags:
            state: State[None] = Crashed(message="ended by force; the next run finishes its work.")
            await client.set_flow_run_state(flow_run.id, state, force=True)


async def _runs(client: PrefectClient, *types: StateType) -> list[FlowRun]:
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types))))
    return await client.read_flow_runs(flow_run_filter=wanted)
