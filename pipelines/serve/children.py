"""The processes of `footfall serve`: started, started again with a growing pause when they die, and ended."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from pipelines.serve.log import is_said, say

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
#: A process that lived so long has started well: the next pause is short again.
_LIVED_WELL_SECONDS = 120.0
_LOG_BYTES = 2_000_000


class Child:
    """One process `python -m pipelines.serve ...`, whose standard input is its lifeline. It says its lines on standard
    output; everything else goes to its log."""

    def __init__(self, name: str, words: list[str], environment: Mapping[str, str], home: Path) -> None:
        """name: for people. words: what follows `python -m pipelines.serve`. home: the working folder, which holds the logs."""
        self.name = name
        self.log = home / f"{words[0]}.log"
        self._words = [sys.executable, "-m", "pipelines.serve", *words]
        self._environment = {**os.environ, **environment}
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._relay: threading.Thread | None = None
        self._started_at = self._not_before = 0.0
        self._pause = _FIRST_PAUSE

    @property
    def is_alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """How the process ended; None while it runs, or before it was started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Starts the process, in a session of its own: Ctrl-C reaches the parent alone."""
        _keep_short(self.log)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._words, env=self._environment, cwd=self._home, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        if self._process.stdout is not None:
            self._relay = threading.Thread(target=relay, args=(self._process.stdout, self.log), daemon=True)
            self._relay.start()
        self._started_at = time.monotonic()

    def keep_up(self) -> bool:
        """Starts the process if it is not there and its pause is over; True if it was started now."""
        if self.is_alive:
            return False
        now = time.monotonic()
        if self._process is not None:
            lived_well = now - self._started_at > _LIVED_WELL_SECONDS
            self._pause = _FIRST_PAUSE if lived_well else min(2 * self._pause, _LONGEST_PAUSE)
            say(
                f"the {self.name} ended with status {self._process.returncode}; it is started again in {self._pause:g} s"
                f" (its log: {self.log.relative_to(self._home.parent.parent)})."
            )
            self._let_go()
            self._process, self._not_before = None, now + self._pause
        if now < self._not_before:
            return False
        self.start()
        return True

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def ask_to_end(self) -> None:
        """Closes the lifeline."""
        self._let_go()

    def wait(self, seconds: float) -> bool:
        """Waits for the process to end; False if it did not in that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return False
        self._hear_the_rest()
        return True

    def _hear_the_rest(self) -> None:
        # what it started may hold the pipe a little longer
        if self._relay is not None:
            self._relay.join(2)

    def end_by_force(self) -> None:
        """Kills the process and everything that it started."""
        if self._process is None or not self.is_alive:
            return
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._hear_the_rest()


def relay(source: IO[bytes], log: Path) -> None:
    """Passes on the lines that a process says for people, and writes what libraries print into its log."""
    with source:
        for line in source:
            if is_said(line):
                sys.stdout.write(line.decode(errors="replace"))
                sys.stdout.flush()
            else:
                with log.open("ab") as file:
                    file.write(line)


def _keep_short(log: Path) -> None:
    """Keeps one older log beside a new one once it is long."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
