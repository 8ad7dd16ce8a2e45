"""Monitoring files of made-up people, from a seed, about as much work as real ones.

Eleven real files have 0.7 to 13 KB (4.4 KB on average) and 7 to 490 epochs (141 on average). These have about as many epochs
and keep a plain fitparse loop busy as long; they are smaller, because no message in them is unknown to the profile.
"""

import concurrent.futures
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

from pipelines.study_folder import StudyFolder, init_study
from sample_data.fit_monitoring import Counters, Watch, monitoring_file

PEOPLE = 700
FIRST_DAY = dt.date(2024, 3, 4)
_DAY = 1440
_FIRST_MINUTE = (FIRST_DAY - dt.date(1970, 1, 1)).days * _DAY
#: minutes between two heart-rate rows
HEART_EVERY = (10, 15, 30, 30)


def make_study(root: Path, people: int = PEOPLE) -> StudyFolder:
    """An empty study of so many people, who all begin on the first day."""
    study = init_study(root, "UTC")
    lines = [f"P{person:04d},,{FIRST_DAY},,{'AB'[person % 2]}" for person in range(people)]
    (study.root / "participants.csv").write_text(
        "participant_id,time_zone,start_date,end_date,arm\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    return study


def write_files(folder: Path, first: int, last: int, *, people: int = PEOPLE, parts: int = 1, seed: int = 1) -> None:
    """Writes the files of numbers first to last - 1 under folder/<participant>/; the same number gives the same bytes.

    parts: files that the watch writes a day. Numbers go through all parts of a day of all people, then to the next day.
    """
    whole_days = range(first // parts, -(-last // parts))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        step = max(1, -(-len(whole_days) // 20))
        pieces = [whole_days[at : at + step] for at in range(0, len(whole_days), step)]
        done = [pool.submit(_write, folder, piece, (first, last), people, parts, seed) for piece in pieces]
        for one in done:
            one.result()


def _write(folder: Path, days: range, wanted: tuple[int, int], people: int, parts: int, seed: int) -> None:
    for number in days:
        day, person = divmod(number, people)
        into = folder / f"P{person:04d}"
        into.mkdir(parents=True, exist_ok=True)
        for part, (name, content) in enumerate(_files_of(person, day, parts, seed)):
            if wanted[0] <= number * parts + part < wanted[1]:
                (into / name).write_bytes(content)


def _files_of(person: int, day: int, parts: int, seed: int) -> Iterator[tuple[str, bytes]]:
    rng = random.Random(f"{seed}/{person}/{day}")  # noqa: S311 - reproducible, not secret
    start = _FIRST_MINUTE + day * _DAY
    steps = _steps(rng, start)
    every = rng.choice(HEART_EVERY)
    worn = [(minute, minute + 1) for minute in range(start + 370, start + 1360, every)]
    cuts = [start, *sorted(start + rng.randrange(480, 1380) for _ in range(parts - 1)), start + _DAY]
    counters: Counters = {}
    for part in range(parts):
        span = cuts[part], cuts[part + 1]
        fit = monitoring_file(
            Watch(3_900_000_000 + person), day * parts + part + 1, span,
            day_start=start, offset_minutes=0, steps=steps, worn=worn, counters=counters,
        )  # fmt: skip
        yield f"monitoring_{FIRST_DAY + dt.timedelta(days=day)}_{part}.fit", fit.to_bytes()


def _steps(rng: random.Random, start: int) -> dict[int, int]:
    """A day: a few steps now and then between getting up and going to bed, and up to three walks."""
    steps: dict[int, int] = {}
    minute = start + rng.randint(370, 430)
    while minute < start + 1340:
        steps |= {minute + n: rng.randint(5, 50) for n in range(rng.randint(1, 4))}
        minute += rng.randint(8, 45)
    for _ in range(rng.randrange(4)):
        first = start + rng.randint(430, 1200)
        steps |= {first + n: rng.randint(85, 125) for n in range(rng.randint(5, 45))}
    return steps
