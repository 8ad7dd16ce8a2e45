"""A child process and what it costs: seconds, CPU seconds and memory of it and all that it starts (Linux)."""

import dataclasses
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
_EVERY_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Measured:
    """answer: what the child said. peak_mb: the largest sum of resident memory of all its processes at one time."""

    answer: dict[str, Any]
    seconds: float
    cpu_seconds: float
    peak_mb: float
    load: float


def measure(*words: str) -> Measured:
    """Runs benchmarks.files.child with these words."""
    path = os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")])
    before, began = _cpu(), time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.files.child", *words],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path},
    ) as child:  # fmt: skip
        watch = _Memory(child.pid)
        said = child.communicate()[0]
        watch.stop()
    if child.returncode:
        raise SystemExit(f"benchmarks.files.child {words[0]} failed")
    seconds = time.perf_counter() - began
    return Measured(json.loads(said.splitlines()[-1]), seconds, _cpu() - before, watch.peak_mb, os.getloadavg()[0])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Memory:
    """Looks at the processes below one, again and again, in a thread."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            self.peak_mb = max(self.peak_mb, sum(map(_resident_mb, _family(self._pid))))


def _family(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue  # ended meanwhile
    return found


def _resident_mb(pid: int) -> float:
    try:
        said = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(said[1]) / 1024 if said else 0.0
