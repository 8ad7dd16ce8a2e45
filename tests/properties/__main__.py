"""The long campaign: made-up studies one after the other, derived in SQL and by the slow statements, until one cell differs.

python -m tests.properties --days 1000000 --seed 1
"""

import argparse
import itertools
import sys
import time

from tests.oracles import differences, generated

#: People of one study: one derivation costs two seconds whatever its size.
PEOPLE = 250


def main() -> int:
    """Exit code 0 after so many participant-days without a difference, 1 at the first one."""
    parser = argparse.ArgumentParser(prog="python -m tests.properties", description=__doc__)
    parser.add_argument("--days", type=int, default=100_000, help="participant-days to compare at least")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first study; each next one adds 1")
    parser.add_argument("--people", type=int, default=PEOPLE, help="people of a study")
    asked = parser.parse_args()
    began, days, minutes = time.perf_counter(), 0, 0
    for seed in itertools.count(asked.seed):
        study = generated.study(seed, asked.people)
        outcome = differences.compare(study)
        days += outcome.participant_days
        minutes += outcome.rows["minute"]
        if outcome.differences:
            print(f"seed {seed}, --people {asked.people}: {len(outcome.differences)} columns differ. The first rows:")
            for difference in outcome.differences:
                print(f"  {difference}")
            print(differences.smallest(study, outcome.differences[0]))
            return 1
        print(
            f"seed {seed}: {days:,} participant-days, {minutes:,} minutes, {time.perf_counter() - began:,.0f} s; no difference",
            flush=True,
        )
        if days >= asked.days:
            return 0
    return 0


sys.exit(main())
