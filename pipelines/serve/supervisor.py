"""Keeps the processes of a served study at work: the server, the runner of the schedule, and one ingestion at a time."""

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pipelines import stopping
from pipelines.prefect_home import environment, home
from pipelines.serve.children import Child
from pipelines.serve.log import say
from pipelines.study_folder import StudyFolder
from pipelines.watch import Looks
from warehouse.durable import write_durably

#: A server that is alive and has not answered for so long is started again; a new database takes it 20 s to set up.
_SILENT_SECONDS = 300.0
_ASK_SECONDS, _ASK_READY_SECONDS = 0.5, 30.0
#: A status of an ingestion that found another one at work for too long; no failure.
BUSY = 3


class Supervisor:
    """The processes of one served study. Call tick() often, and stop() at the end."""

    def __init__(
        self, study: StudyFolder, host: str, port: int, address: str, every: float, grace: float, stop_file: Path
    ) -> None:
        """every, grace: seconds between two looks at the inbox, and for a run that is at work when asked to stop."""
        self._study, self._address, self._every, self._grace = study, address, every, grace
        self._stop_file = stop_file
        folder = home(study)
        variables = environment(study) | {
            "PREFECT_API_URL": f"{address}/api",
            # a browser on another machine asks the address that it has the page from
            "PREFECT_SERVER_UI_API_URL": "/api",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            # runs are kept for 90 days, so that the database stays small over years
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        }
        root, stop = str(study.root), str(stop_file)
        self._server = Child("Prefect server", ["server", host, str(port)], variables, folder)
        self._runner = Child("runner", ["runner", root, stop, f"{grace:g}", f"{min(every, 30.0):g}"], variables, folder)
        self._list_file = stop_file.with_suffix(".arrivals.json")
        self._arrivals = Child(
            "ingestion", ["arrivals", root, stop, f"{grace:g}", str(self._list_file)], variables, folder
        )
        self._is_ready = self._is_ingesting = False
        self._answered_at = self._ask_at = self._look_at = 0.0
        # whatever an earlier run left undone is taken up by the first ingestion
        self._looks: Looks | None = None
        self._trouble = ""

    def tick(self) -> None:
        """One look at everything."""
        now = time.monotonic()
        if self._server.keep_up():
            self._is_ready, self._answered_at, self._ask_at = False, now, now
            say(f"the Prefect server starts; its page will be at {self._address}")
        self._ask(now)
        if not self._is_ready:
            return
        self._runner.keep_up()
        self._end_of_ingestion()
        if not self._is_ingesting and now >= self._look_at:
            self._look_at = now + self._every
            self._look()

    def _ask(self, now: float) -> None:
        """Asks the server whether it is well, often until it is and now and then afterwards."""
        if now < self._ask_at or not self._server.is_alive:
            return
        self._ask_at = now + (_ASK_READY_SECONDS if self._is_ready else _ASK_SECONDS)
        if _is_healthy(self._address):
            if not self._is_ready:
                say(f"the page of the runs is {self._address}; the inbox is looked at every {self._every:g} s")
            self._is_ready, self._answered_at = True, now
        elif now - self._answered_at > _SILENT_SECONDS:
            say("the Prefect server does not answer; it is ended.")
            self._server.end_by_force()

    def _look(self) -> None:
        try:
            if self._looks is None:
                self._looks = Looks(self._study, self._every, is_unfinished=True)
                return
            is_wanted = self._looks.again()
            if is_wanted:
                write_durably(self._list_file, json.dumps(self._looks.found))
        except OSError as error:
            # a share that is away comes back
            self._complain(f"the study folder cannot be read or written ({error.strerror}); it is looked at again.")
            return
        if is_wanted:
            self._arrivals.start()
            self._is_ingesting = True

    def _end_of_ingestion(self) -> None:
        """The ingestion says by itself what it did; its status says whether its files are taken."""
        if not self._is_ingesting or self._arrivals.is_alive or self._looks is None:
            return
        self._is_ingesting = False
        self._list_file.unlink(missing_ok=True)
        if self._arrivals.status == 0:
            self._looks.ingested()
            self._trouble = ""
        elif self._arrivals.status != BUSY:
            pause = self._looks.failed()
            say(f"the ingestion failed; it is tried again in {pause:g} s, or once a file of the study is edited.")

    def _complain(self, text: str) -> None:
        if text != self._trouble:
            say(text)
        self._trouble = text

    def stop(self, is_hurried: Callable[[], bool] = lambda: False) -> None:
        """Ends everything: runs at the end of their step or after the grace, then the runner, then the server."""
        with contextlib.suppress(OSError):
            stopping.ask(self._stop_file)
        at_work = (self._runner, self._arrivals)
        for child in at_work:
            child.ask_to_end()
        # the runner has its own limit, and needs a moment to say how its runs ended
        until = time.monotonic() + self._grace + 15
        while any(child.is_alive for child in at_work) and time.monotonic() < until and not is_hurried():
            time.sleep(0.1)
        for child in at_work:
            child.end_by_force()
        self._server.ask_to_end()
        self._server.wait(12)
        self._server.end_by_force()
        for leftover in (self._stop_file, self._list_file):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/health", timeout=5) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, http.client.HTTPException):
        return False
