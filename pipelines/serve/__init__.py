"""`footfall serve`: one process that keeps up Prefect's server, the runner of the nightly schedule and the watched inbox.

It imports neither Prefect nor DuckDB. The three things are processes of their own (`python -m pipelines.serve`), so that
whatever dies can be started again; each ends with this one (lifeline.py). The ingester's lock keeps the night and the watch
apart: whoever comes second waits.
"""

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import filelock

from pipelines.errors import FootfallError
from pipelines.prefect_home import home
from pipelines.serve.log import say
from pipelines.serve.schedule import read_schedule
from pipelines.serve.supervisor import Supervisor
from pipelines.study_folder import StudyFolder

LOCK_NAME, OWNER_NAME = "serve.lock", "serve.owner"
#: A server that was killed, or is just ending, may hold its port a moment longer.
_PORT_SECONDS = 10.0
_STALE_SECONDS = 86_400.0


class ServeError(FootfallError):
    """The server cannot be started."""


def serve(study: StudyFolder, host: str, port: int, every_seconds: float, grace_seconds: float) -> None:
    """Serves the study until SIGTERM or SIGINT, then lets a run that is at work finish its step, for at most the grace.

    Raises ServeError if the study is served already, or if the port is taken; StudyError if study.toml cannot be used.
    """
    read_schedule(study)
    address = f"http://{_for_address(host)}:{port}"
    with _only_server(study, address) as stop_file:
        _check_port(host, port)
        with _asked_by_signal() as asked:
            supervisor = Supervisor(study, host, port, address, every_seconds, grace_seconds, stop_file)
            try:
                while not asked:
                    supervisor.tick()
                    time.sleep(0.2)
                say(f"stopping: no new work; a run that is at work has {grace_seconds:g} s to finish its step.")
            finally:
                supervisor.stop(lambda: len(asked) > 1)
        say("stopped.")


@contextlib.contextmanager
def _asked_by_signal() -> Iterator[list[int]]:
    """A list that holds the signals that came; with the second one nobody wants to wait any longer."""
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _only_server(study: StudyFolder, address: str) -> Iterator[Path]:
    """Keeps a second server of the study out; gives the file by which runs are asked to end."""
    home(study).mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(study.private / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise ServeError(
            f"expected that nobody serves {study.root} yet; found `footfall serve` at work{_whose(study)}. Stop that one"
            " first: Ctrl-C where it was started, or `systemctl stop` for its unit."
        ) from None
    owner_file = study.private / OWNER_NAME
    folder = study.private / "serve"
    stop_file = folder / f"{uuid.uuid4()}.stop"
    try:
        folder.mkdir(exist_ok=True)
        for leftover in folder.iterdir():
            # a run of a server that was killed may still be looking for its own
            if time.time() - leftover.stat().st_mtime > _STALE_SECONDS:
                leftover.unlink(missing_ok=True)
        owner = {
            "process": os.getpid(), "host": socket.gethostname(), "address": address,
            "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        owner_file.write_text(json.dumps(owner), encoding="utf-8")
        yield stop_file
    finally:
        with contextlib.suppress(OSError):
            owner_file.unlink(missing_ok=True)
        lock.release()


def _whose(study: StudyFolder) -> str:
    try:
        said = json.loads((study.private / OWNER_NAME).read_text(encoding="utf-8"))
        return f": process {said['process']} on {said['host']}, since {said['since']}, its page at {said['address']}"
    except (OSError, ValueError, KeyError):
        return ""


def _for_address(host: str) -> str:
    """The host as part of an address that this machine can reach."""
    if host in ("0.0.0.0", "", "::"):  # noqa: S104 - asked for, not chosen
        return "127.0.0.1" if host != "::" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _check_port(host: str, port: int) -> None:
    until = time.monotonic() + _PORT_SECONDS
    while (problem := _not_free(host, port)) is not None:
        if isinstance(problem, socket.gaierror) or time.monotonic() > until:
            raise ServeError(
                f"expected port {port} of {host} to be free; found: {problem.strerror}. Choose another one with --port, or"
                " another --host."
            )
        time.sleep(0.5)


def _not_free(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
    except OSError as error:
        return error
    return None
