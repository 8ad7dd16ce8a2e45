"""One peer in a process of its own: a request per line on standard input, an answer per line on standard output.

    python -m benchmarks.decoders.child ADAPTER DISTRIBUTION

`facts` says what the peer makes of a file, `round` times it over some files, `peak` measures its memory on one.
"""

import importlib
import importlib.metadata
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any, TextIO


def main(adapter: str, distribution: str) -> None:
    """Answers until standard input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1) as answers:
        os.dup2(2, 1)  # what a library prints must not come between the answers
        try:
            peer = importlib.import_module(f"benchmarks.decoders.adapters.{adapter}")
            _answer(answers, {"version": _version(distribution)})
        except Exception as error:
            _answer(answers, {"error": _told(error)})
            return
        for line in sys.stdin:
            try:
                _answer(answers, _do(peer, json.loads(line)))
            except Exception as error:
                _answer(answers, {"error": _told(error)})


def _do(peer: Any, request: dict[str, Any]) -> dict[str, Any]:
    paths = [Path(path) for path in request["paths"]]
    if request["do"] == "facts":
        return {"facts": peer.facts(paths[0])}
    if request["do"] == "peak":
        # the first file brings in what a peer loads once for all
        small, large = paths
        _decode(peer, [small], request["batch"])
        before = _peak()
        kept = _decode(peer, [large], request["batch"])
        after = _peak()
        del kept
        return {"bytes": after - before}
    wall, cpu = time.perf_counter(), time.process_time()
    _decode(peer, paths, request["batch"])
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def _decode(peer: Any, paths: list[Path], batch: bool) -> Any:
    if batch:
        return peer.decode_all(paths)
    result = None
    for path in paths:
        result = peer.decode(path)
    return result


def _peak() -> int:
    """The largest memory so far, in bytes; Linux counts in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _version(distribution: str) -> str:
    if distribution == "python":
        return platform.python_version()
    return importlib.metadata.version(distribution) if distribution else ""


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _answer(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
