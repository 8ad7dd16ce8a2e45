"""One job in a process of its own, so that its peak of memory is its own.

python -m benchmarks.bouts.child JOB ARGUMENTS      # arguments as JSON; the answer is the last line of its output
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bouts.environment import CHECKOUT


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def ask(job: str, **arguments: Any) -> dict[str, Any]:
    """What a job answers; what else it prints goes to standard error."""
    path = os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "benchmarks.bouts.child", job, json.dumps(arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": path}
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Does one job."""
    from benchmarks.bouts import jobs, nights

    known: dict[str, Callable[..., dict[str, Any]]] = {
        "make": jobs.make,
        "derive": jobs.derive_all,
        "bouts": jobs.bouts,
        "profile": jobs.profile,
        "night": nights.night,
        "empty": nights.empty,
        "publish": nights.publish,
    }
    print(json.dumps(known[sys.argv[1]](**json.loads(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
