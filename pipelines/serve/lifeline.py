"""Ends a child process with its parent: the parent holds the other end of the child's standard input and never writes.

When the parent closes it, or is killed, reading ends. This needs no signal and works on every system.
"""

import os
import signal
import threading
import time
from collections.abc import Callable


def when_parent_lets_go(do: Callable[[], None], within_seconds: float) -> None:
    """Calls do, in a thread, once standard input is closed, and ends the process by force if it is still there then."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        do()
        time.sleep(within_seconds)
        _end_by_force()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def end_this_process() -> None:
    """Asks this process to end."""
    os.kill(os.getpid(), signal.SIGTERM)


def _end_by_force() -> None:
    if os.name == "posix" and os.getpgid(0) == os.getpid():
        # with everything that it started
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
