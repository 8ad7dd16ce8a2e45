"""Publishes a study again and again under the eyes of readers, and says what they saw."""

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

from pipelines import ingest
from pipelines.run import open_run
from tests.faults.driver import REPOSITORY
from tests.faults.readers import snapshot
from tests.pipelines.folders import MORNING, drop, native, new_study


@dataclasses.dataclass
class Seen:
    """What readers saw. published: snapshots at the moment of publication; seen: those that any reader got."""

    publishes: int = 0
    opened: int = 0
    asked: int = 0
    errors: list[str] = dataclasses.field(default_factory=list)
    published: set[str] = dataclasses.field(default_factory=set)
    seen: set[str] = dataclasses.field(default_factory=set)


def publish_under_readers(root: Path, readers: int, publishes: int) -> Seen:
    """Every publication holds one file more; half of the readers keep their connections open for a while."""
    study = new_study(root, ["P1,,2026-03-01,,", "P2,,2026-03-01,,"])
    ingest.ingest(study)
    told = Seen(published={json.dumps(snapshot(study.research))})
    stop = root.with_name(f"{root.name}.stop")
    at_work = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.readers", str(study.research), str(stop),
             "patient" if number % 2 else "hasty"],
            stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        )
        for number in range(readers)
    ]  # fmt: skip
    try:
        for number in range(publishes):
            name = f"P{1 + number % 2}/{number}.csv"
            start = MORNING + dt.timedelta(hours=number)
            drop(study, name, native("", [90 + number % 40] * 20, "watch", start))
            # the ledger is opened anew for each, as every run does
            with open_run(study) as run:
                ingest.load(run, [name])
                ingest.derive(run)
                ingest.publish(run)
            told.publishes += 1
            told.published.add(json.dumps(snapshot(study.research)))
    finally:
        stop.touch()
        for process in at_work:
            said = json.loads(process.communicate(timeout=60)[0])
            if "error" in said:
                told.errors.append(said["error"])
                continue
            told.opened += said["opened"]
            told.asked += said["asked"]
            told.seen |= set(said["found"])
    return told
