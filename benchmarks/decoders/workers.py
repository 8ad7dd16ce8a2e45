"""Peers at work: one process per peer and set, asked in turn."""

import dataclasses
import json
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.decoders.environment import Environment
from benchmarks.decoders.peers import Peer

#: rounds that count, after one to warm up; a peer is done earlier once it has taken enough seconds
_MIN_ROUNDS, _MAX_ROUNDS, _ENOUGH_SECONDS = 3, 15, 20.0
#: a warm-up this long is the measurement: caches do not matter to such a peer
_SLOW_SECONDS = 10.0


class PeerError(Exception):
    """The peer said that it cannot do what it was asked."""


class CrashError(PeerError):
    """The peer's process ended."""


class Worker:
    """One peer in its process."""

    def __init__(self, peer: Peer, environment: Environment) -> None:
        self.peer = peer
        if reason := environment.reasons.get(peer.distribution):
            raise PeerError(reason)
        self._process = subprocess.Popen(
            environment.command(peer),
            env=environment.variables(peer),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            self.version = str(self._answer()["version"])
        except PeerError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()

    def ask(self, do: str, paths: Sequence[Path]) -> dict[str, Any]:
        """The answer to one request."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        request = {"do": do, "paths": [str(path) for path in paths], "batch": self.peer.batch}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise CrashError("its process has ended") from error
        answer = self._answer()
        for path in paths[:1]:
            if "error" in answer:
                raise PeerError(answer["error"].replace(str(path), path.name))
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise CrashError(f"its process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer and not hasattr(self, "version"):
            raise PeerError(answer["error"])
        return answer


@dataclasses.dataclass
class Times:
    """Seconds of the rounds of one peer over one set."""

    cpu: list[float] = dataclasses.field(default_factory=list)
    wall: list[float] = dataclasses.field(default_factory=list)

    def add(self, answer: dict[str, Any]) -> None:
        self.cpu.append(answer["cpu"])
        self.wall.append(answer["wall"])

    def seconds(self, peer: Peer) -> float:
        """The median: CPU seconds, or seconds of wall time for a peer that may use all cores."""
        return statistics.median(self.cpu if peer.pinned else self.wall)

    def enough(self) -> bool:
        return len(self.wall) >= _MAX_ROUNDS or (len(self.wall) >= _MIN_ROUNDS and sum(self.wall) >= _ENOUGH_SECONDS)


def timed(workers: Sequence[Worker], paths: Sequence[Path]) -> dict[Peer, Times | str]:
    """Rounds of all peers in turn, so that other work on the machine slows all of them; a failure becomes a reason."""
    results: dict[Peer, Times | str] = {}
    at_work = list(workers)
    for turn in range(_MAX_ROUNDS + 1):
        for worker in list(at_work):
            times = results.setdefault(worker.peer, Times())
            assert isinstance(times, Times)  # noqa: S101 - a failed one is no longer at work
            try:
                answer = worker.ask("round", paths)
            except PeerError as error:
                results[worker.peer] = str(error)
                at_work.remove(worker)
                continue
            slow = turn == 0 and answer["cpu"] > _SLOW_SECONDS
            if turn or slow:
                times.add(answer)
            if slow or times.enough():
                at_work.remove(worker)
    return results
