"""One ingester, or the plain fitparse loop, in a process of its own, so that its time and memory are its own.

python -m benchmarks.files.child ingest STUDY [load]       # the answer is JSON, the last line of its output
python -m benchmarks.files.child fitparse FILE ...
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

#: shares of the files at which the remaining time is asked for
ASKED_AT = (0.25, 0.5, 0.75)


def run_ingest(root: Path, *, only_load: bool) -> dict[str, Any]:
    """What `footfall ingest` does, phase by phase, in seconds; the second between two looks at the inbox is left out."""
    from pipelines import ingest, intake
    from pipelines.run import open_run
    from pipelines.study_folder import StudyFolder

    began = time.perf_counter()
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    study = StudyFolder(root)
    with open_run(study) as run:
        seconds["open"] = time.perf_counter() - began
        watched = _Watched()
        phases: dict[str, Any] = {"load": lambda: ingest.load(run, sorted(intake.look(study.inbox)), watched.show)}
        if not only_load:
            phases |= {
                name: lambda step=step: step(run)
                for name, step in (
                    ("derive", ingest.derive), ("compare", ingest.compare), ("check", ingest.check),
                    ("publish", ingest.publish),
                )
            }  # fmt: skip
        for name, work in phases.items():
            start, before = time.perf_counter(), cpu_seconds()
            work()
            seconds[name], cpu[name] = time.perf_counter() - start, cpu_seconds() - before
        statuses = dict(run.report.statuses)
    return {"seconds": seconds, "load_cpu": cpu["load"], "files": statuses, "told": watched.told(seconds["load"])}


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class _Watched:
    """What the progress bar of a load would have said at certain shares of its files."""

    def __init__(self) -> None:
        self.began = self.read_from = time.perf_counter()
        self.said: dict[float, tuple[float, float | None]] = {}

    def show(self, done: int, total: int, _: int, share: float) -> None:
        from pipelines.progress import remaining_seconds

        if done == 0:
            self.read_from = time.perf_counter()
        elapsed = time.perf_counter() - self.read_from
        for asked in ASKED_AT:
            if asked not in self.said and total and done >= asked * total:
                self.said[asked] = time.perf_counter() - self.began, remaining_seconds(share, elapsed)

    def told(self, seconds: float) -> dict[str, list[float | None]]:
        """Share of the files -> what was said to remain, and what did, in seconds."""
        return {f"{asked:.0%}": [said, seconds - elapsed] for asked, (elapsed, said) in self.said.items()}


def run_fitparse(paths: list[Path]) -> dict[str, Any]:
    """The plain loop: every message listed, every value read."""
    import fitparse

    start, cpu = time.perf_counter(), time.process_time()
    values = 0
    for path in paths:
        for message in fitparse.FitFile(str(path)).messages:
            for field in message:
                values += field.value is not None
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "values": values}


def main() -> None:
    """Does one job."""
    job, *given = sys.argv[1:]
    if job == "ingest":
        answer = run_ingest(Path(given[0]), only_load="load" in given[1:])
    else:
        answer = run_fitparse([Path(one) for one in given])
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
