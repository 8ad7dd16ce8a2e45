"""The long form: a week of nights for a whole trial, compared with one run over everything and with a rebuild.

python -m tests.simulation --people 700 --nights 7 --history 7
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.nights import all_at_once, differences, new_study, night_by_night, rebuilt
from tests.simulation.world import World


def main() -> int:
    """Exit code 1 if any cell differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--people", type=int, default=700)
    parser.add_argument("--nights", type=int, default=7)
    parser.add_argument("--history", type=int, default=7, help="days that come with the first night")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    world = World(asked.people, asked.nights, asked.history, asked.seed)
    with tempfile.TemporaryDirectory(prefix="footfall-week") as folder:
        study = new_study(Path(folder) / "nights" / "study", world)
        print("night | files | load | derive | compare | check | publish | derived | weeks changed | contents")
        for night in night_by_night(study, world):
            seconds = " | ".join(f"{one:.1f}" for one in night.seconds.values())
            print(
                f"{night.number + 1} | {night.files:,} | {seconds} | {night.participants_derived} |"
                f" {night.weeks_changed} | {dict(sorted(night.statuses.items()))}",
                flush=True,
            )
        began = time.perf_counter()
        fresh = new_study(Path(folder) / "fresh" / "study", world)
        all_at_once(fresh, world, asked.seed)
        print(f"all at once: {time.perf_counter() - began:.1f} s")
        found = differences(study.research, fresh.research)
        print("\n".join(found) or "no cell differs")
        began = time.perf_counter()
        again = rebuilt(study, world)
        print(
            f"rebuild: {time.perf_counter() - began:.1f} s, {again.outcome}; {again.rows:,} rows of {len(again.tables)} tables"
            f" compared, {len(again.different)} tables differ, {len(again.missing)} originals missing"
        )
        return 1 if found or again.outcome != "equal" else 0


if __name__ == "__main__":
    sys.exit(main())
