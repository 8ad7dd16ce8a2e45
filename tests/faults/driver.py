"""A warm process that runs the command in forked children, to be killed or disturbed: nothing is imported again for each.

Started as `python -m tests.faults.driver`; one order a line comes in as JSON, one answer a line goes out.
"""

import contextlib
import dataclasses
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Order:
    """One command to run in a child for the study in root, and how to disturb it.

    kill_after: seconds; kill_when: a file below the study that is there and not empty; kill_at, full_at: number of the file
    operation (from 1) that kills the child, or finds the disk full; stays_full: all later ones find it full too;
    file_bytes: no file may grow larger; parallel: read in worker processes.
    """

    words: list[str]
    root: str
    kill_after: float | None = None
    kill_when: str | None = None
    kill_at: int | None = None
    full_at: int | None = None
    stays_full: bool = True
    file_bytes: int | None = None
    parallel: bool = False


@dataclasses.dataclass(frozen=True)
class Answer:
    """code: exit status, or minus the signal; said: what the command wrote; operations: how many file operations it began."""

    code: int
    seconds: float
    said: str
    operations: list[str]


class Driver:
    """The warm process, as seen from the tests."""

    def __enter__(self) -> "Driver":
        # DuckDB and Polars wait for each other's threads on few cores
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.driver"], cwd=REPOSITORY, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def run(self, order: Order) -> Answer:
        """Carries out one order to its end."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(dataclasses.asdict(order)) + "\n")
        self.process.stdin.flush()
        return Answer(**json.loads(self.process.stdout.readline()))


def _serve() -> None:
    from pipelines import cli, ingest, progress, watch  # noqa: F401 - what the children would import each anew

    for line in sys.stdin:
        answer = _carry_out(Order(**json.loads(line)), cli.main)
        sys.stdout.write(json.dumps(dataclasses.asdict(answer)) + "\n")
        sys.stdout.flush()


def _carry_out(order: Order, main: Callable[[list[str]], int]) -> Answer:
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as log:
        started = time.monotonic()
        child = os.fork()
        if not child:
            _child(order, main, said.fileno(), log.fileno())
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                break
            is_late = order.kill_after is not None and time.monotonic() - started > order.kill_after
            if is_late or (order.kill_when and _is_written(Path(order.root) / order.kill_when)):
                os.kill(child, signal.SIGKILL)
            time.sleep(0.001)
        seconds = time.monotonic() - started
        said.seek(0)
        log.seek(0)
        return Answer(
            os.waitstatus_to_exitcode(status), seconds, said.read().decode(errors="replace"),
            log.read().decode(errors="replace").splitlines(),
        )  # fmt: skip


def _is_written(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _child(order: Order, main: Callable[[list[str]], int], said: int, log: int) -> None:
    """Runs the command and ends the process, whatever comes."""
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        _make_small(order)
        _disturb(order, log)
        code = main([*order.words, "--study", order.root])
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _make_small(order: Order) -> None:
    """Few files are read and written as many would be: in several groups and transactions, by worker processes if asked."""
    from pipelines import intake, loading, readers

    intake.LOOK_SECONDS = 0.01
    loading.BATCH_FILES = 4
    readers.GROUP_FILES = 3
    if order.parallel:
        readers.PARALLEL_BYTES = 1


#: Events of Python that put something on the disk or take it away. Source: "Audit events table" of Python's manual.
_WRITES = ("os.rename", "os.mkdir", "os.link")
_REMOVALS = ("os.remove", "os.rmdir")


def _disturb(order: Order, log: int) -> None:
    """Counts the file operations below the study and strikes at the one that is asked for."""
    root, count = order.root, 0
    pending: list[str] = []

    def meet(event: str, path: str, *, needs_room: bool) -> None:
        nonlocal count
        count += 1
        os.write(log, f"{event} {Path(path).relative_to(root)}\n".encode())
        if count == order.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if order.full_at and needs_room and (count >= order.full_at if order.stays_full else count == order.full_at):
            import errno

            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            is_written = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        elif event in _WRITES or event in _REMOVALS:
            path, is_written = arguments[1 if event in ("os.rename", "os.link") else 0], True
        else:
            return
        if is_written and isinstance(path, str | os.PathLike):
            name = os.fspath(path)
            if isinstance(name, str) and name.startswith(root):
                meet(event, name, needs_room=event not in _REMOVALS)

    real_sync = os.fsync

    def sync(handle: int) -> None:
        with contextlib.suppress(OSError):
            name = str(Path(f"/proc/self/fd/{handle}").readlink())
            if name.startswith(root):
                pending.append(name)
        if pending:
            meet("fsync", pending.pop(), needs_room=True)
        real_sync(handle)

    # the program calls it with numbers only
    os.fsync = sync  # type: ignore[assignment]
    sys.addaudithook(hook)
    if order.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.file_bytes, resource.RLIM_INFINITY))


if __name__ == "__main__":
    _serve()
