"""The process that takes what arrived, as one flow run: the files that the watch has found complete."""

from prefect import tags

from pipelines.flows import SERVED, WAITING, arrivals
from pipelines.serve.supervisor import BUSY

#: An arrival waits so long for a night that is at work, then for its next turn.
_WAIT_SECONDS = 3600.0


def take(root: str, stop_file: str, list_file: str) -> int:
    """One ingestion, which says what it did; returns the exit status: 0 done, 1 failed, BUSY if another one was at work."""
    with tags(SERVED):
        state = arrivals(root, list_file=list_file, wait_seconds=_WAIT_SECONDS, stop_file=stop_file, return_state=True)
    if state.is_completed():
        return 0
    return BUSY if state.name == WAITING else 1
