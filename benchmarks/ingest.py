"""Times one ingestion of made-up minutes, phase by phase, against the shortest script that only reads the same file.

    python benchmarks/ingest.py [PEOPLE] [DAYS]

Prints minutes per second and the ratio to the peer in the same run; figures of different runs are not comparable.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipelines import ingest
from pipelines.run import open_run
from pipelines.study_folder import init_study

START = 1_767_225_600  # 2026-01-01T00:00:00Z


def write_minutes(path: Path, people: int, days: int, seed: int = 1) -> int:
    """Writes a native CSV with every minute of every day: nights of zeros, days of small steps, walks; returns the minutes."""
    generator = random.Random(seed)  # noqa: S311 - reproducible, not secret
    minutes = days * 1440
    frames = []
    for person in range(people):
        steps = [0] * minutes
        for day in range(days):
            for _ in range(generator.randrange(4)):
                first = day * 1440 + generator.randrange(420, 1200)
                for minute in range(first, min(first + generator.randrange(5, 45), minutes)):
                    steps[minute] = generator.randrange(60, 130)
        frames.append(
            pl.DataFrame({"steps": steps}).select(
                pl.lit(f"P{person:04d}").alias("participant_id"),
                pl.from_epoch(START + pl.int_range(pl.len()) * 60)
                .dt.strftime("%Y-%m-%dT%H:%M:%SZ")
                .alias("minute_start"),
                "steps",
            )
        )
    pl.concat(frames).write_csv(path)
    return people * minutes


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(people: int, days: int) -> None:
    """Runs the benchmark and prints its table."""
    with tempfile.TemporaryDirectory() as folder:
        study = init_study(Path(folder) / "study", "UTC")
        (study.root / "participants.csv").write_text(
            "participant_id,time_zone,start_date,end_date,arm\n"
            + "".join(f"P{person:04d},,,,\n" for person in range(people))
        )
        table = study.inbox / "minutes.csv"
        minutes = write_minutes(table, people, days)
        peer = timed(
            lambda: pl.read_csv(table).with_columns(pl.col("minute_start").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"))
        )
        with open_run(study) as run:
            phases = {
                "load": timed(lambda: ingest.load(run, ["minutes.csv"])),
                "derive": timed(lambda: ingest.derive(run)),
                "check": timed(lambda: ingest.check(run)),
                "publish": timed(lambda: ingest.publish(run)),
            }
        phases["all"] = sum(phases.values())
        print(f"{people} people, {days} days, {minutes:,} minutes; peer: Polars reads the CSV in {peer:.2f} s")
        for phase, seconds in phases.items():
            print(
                f"{phase:>8} {seconds:8.2f} s {minutes / seconds / 1e6:8.2f} M minutes/s {seconds / peer:8.1f} x peer"
            )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    main(*(given + [10, 60][len(given) :]))
