"""The long form of the fault campaign: kills at hundreds of instants, a full disk at every step, readers under publishes.

python -m tests.faults --kills 200 --readers 8 --publishes 100 --seed 1
"""

import argparse
import collections
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from pipelines import intake
from tests.faults.commands import Campaign, campaigns
from tests.faults.driver import Driver, Order
from tests.faults.publishing import publish_under_readers
from tests.faults.studies import is_whole, make_oracle, next_run, nothing_is_lost
from tests.faults.test_disk_full import is_readable

_LATE = "came too late"


def _kills(driver: Driver, campaign: Campaign, number: int, chance: random.Random, scratch: Path) -> int:
    """Kills one command at so many instants, half of them in time, half between two steps; returns how many broke it."""
    undisturbed = campaign.undisturbed(driver, scratch)
    met: collections.Counter[str] = collections.Counter()
    broken = at = 0
    # one that came too late tells nothing, and is made up for
    while at - met[_LATE] < number and at < 2 * number:
        root = scratch / f"kill-{at}"
        order = Order(campaign.words, str(root), parallel=at % 8 == 7 and campaign.words == ["ingest"])
        if at % 2:
            order = Order(**{**vars(order), "kill_at": chance.randrange(1, len(undisturbed.operations) + 1)})
        else:
            share = chance.uniform(0, 1.02)
            order = Order(**{**vars(order), "kill_after": share * undisturbed.seconds * (2 if order.parallel else 1)})
        try:
            fallen = campaign.kill(driver, root, order)
            met[fallen.phase if fallen.code == -9 else _LATE] += 1
        except AssertionError as error:
            broken += 1
            print(f"  BROKEN: {order}: {str(error)[:600]}", flush=True)
        shutil.rmtree(root)
        at += 1
        if at % 25 == 0:
            print(f"  {at} kills: {dict(met)}, {broken} broken", flush=True)
    print(f"`footfall {' '.join(campaign.words)}`: {at} kills, {broken} broken")
    for phase, count in sorted(met.items()):
        print(f"  {count:5}  {phase}")
    return broken


def _full(driver: Driver, scratch: Path) -> int:
    """Finds the disk full at every step of an ingestion, for good and for once; returns how many broke it."""
    oracle = make_oracle(scratch / "full")
    study = oracle.copy(scratch / "full" / "undisturbed")
    steps = driver.run(Order(["ingest"], str(study.root))).operations
    told = done = broken = 0
    wanted = [at for at, step in enumerate(steps, 1) if not step.startswith(("os.remove", "os.rmdir"))]
    for stays_full in (True, False):
        for at in wanted:
            study = oracle.copy(scratch / "full" / "study")
            answer = driver.run(Order(["ingest"], str(study.root), full_at=at, stays_full=stays_full))
            try:
                # a disk that is full for once need not be noticed: not everything that is written must be
                assert is_readable(answer) or answer.code == 0, answer.said
                told, done = told + (answer.code == 1), done + (answer.code == 0)
                nothing_is_lost(study, oracle)
                next_run(study)
                is_whole(study, oracle)
            except AssertionError as error:
                broken += 1
                print(f"  BROKEN: full at {at} ({steps[at - 1]}): {str(error)[:600]}", flush=True)
            shutil.rmtree(study.root)
    print(f"disk full at {2 * len(wanted)} steps: {told} told of, {done} without consequence, {broken} broken")
    return broken


def main() -> int:
    """Prints counts; returns 1 if anything broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("kills", "full", "readers"))
    parser.add_argument("--command", help="kill this command only: ingest, rebuild, withdraw")
    arguments = parser.parse_args()
    intake.LOOK_SECONDS = 0.01
    broken, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults") as folder, Driver() as driver:
        scratch = Path(folder)
        if arguments.only in (None, "kills"):
            chosen = [each for each in campaigns(scratch, driver) if arguments.command in (None, each.words[0])]
            # an ingestion has the most steps: half of all kills are its own
            for campaign in chosen:
                whole = len(chosen) == 1 or campaign.words[0] == "ingest"
                number = arguments.kills if whole else arguments.kills // 2
                chance = random.Random(arguments.seed)  # noqa: S311 - instants to repeat, no secrets
                broken += _kills(driver, campaign, number, chance, scratch)
        if arguments.only in (None, "full"):
            broken += _full(driver, scratch)
        if arguments.only in (None, "readers"):
            told = publish_under_readers(scratch / "readers", arguments.readers, arguments.publishes)
            mixed = len(told.seen - told.published)
            broken += len(told.errors) + mixed
            print(
                f"{arguments.readers} readers: {told.opened} opens, {told.asked} questions, {told.publishes} publishes,"
                f" {len(told.seen)} publications seen, {len(told.errors)} errors {told.errors[:1]}, {mixed} mixed answers"
            )
    print(f"{time.monotonic() - started:.0f} s; {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
