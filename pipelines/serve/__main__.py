"""The processes of `footfall serve`: `python -m pipelines.serve server|runner|arrivals ...`; started by it alone."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from pipelines import stopping
from pipelines.serve.lifeline import end_this_process, when_parent_lets_go
from pipelines.study_folder import StudyFolder


def _server(host: str, port: str) -> None:
    # a server that does not end by itself is no use to anybody
    when_parent_lets_go(end_this_process, within_seconds=8)
    from pipelines.flows.server import run

    run(host, int(port))


def _runner(root: str, stop_file: str, grace_seconds: str, look_seconds: str) -> None:
    from pipelines.flows.runner import run

    run(StudyFolder(Path(root)), Path(stop_file), float(grace_seconds), float(look_seconds))


def _arrivals(root: str, stop_file: str, grace_seconds: str, list_file: str) -> None:
    # a parent that was killed asks by letting go
    when_parent_lets_go(lambda: stopping.ask(Path(stop_file)), within_seconds=float(grace_seconds))
    from pipelines.flows.arriving import take

    sys.exit(take(root, stop_file, list_file))


_COMMANDS: dict[str, Callable[..., None]] = {"server": _server, "runner": _runner, "arrivals": _arrivals}

if __name__ == "__main__":
    command, *words = sys.argv[1:]
    _COMMANDS[command](*words)
    sys.stdout.flush()
    # threads of Prefect that wait for a server which is ending must not keep the process
    os._exit(0)
