"""Gives Prefect a home in the study and starts the nightly flow; Prefect itself is imported only then."""

import atexit
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.study_folder import StudyFolder

if TYPE_CHECKING:
    from pipelines.run import Report


def home(study: StudyFolder) -> Path:
    """Where Prefect keeps its database and its logs."""
    return study.private / "prefect"


def environment(study: StudyFolder) -> dict[str, str]:
    """What Prefect needs to know, by the name of its variable."""
    return {
        "PREFECT_HOME": str(home(study)),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # a new database takes about 20 s to set up on a small machine, which is Prefect's own limit
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }


def prepare_prefect(study: StudyFolder) -> None:
    """Sets Prefect's environment for this process, before Prefect is imported; what the user has set stands.

    With PREFECT_API_URL the flow reports to that server; without it Prefect starts one for the length of the run.
    """
    home(study).mkdir(parents=True, exist_ok=True)
    for name, value in environment(study).items():
        os.environ.setdefault(name, value)


def end_quietly() -> None:
    """Sends what comes after the end of this process to nowhere.

    Prefect's service threads outlive the interpreter and keep duckdb's classes alive, which its bindings then report on
    stderr, page after page. Register it first, so that it runs after every other exit handler.
    """
    sys.stderr.flush()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)


def run_nightly(study: StudyFolder, wait_seconds: float = 0) -> "Report":
    """One nightly run of the study as a Prefect flow; returns what it did.

    wait_seconds: how long to wait for another ingester. Raises FlowError with the paragraph that the run ended with.
    """
    prepare_prefect(study)
    atexit.register(end_quietly)
    from pipelines.flows import nightly, report_of

    return report_of(nightly(str(study.root), wait_seconds=wait_seconds, return_state=True))
