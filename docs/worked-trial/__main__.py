"""`python docs/worked-trial` renews README.md and its pictures from the seed, `python docs/worked-trial coverage` coverage.md.

Everything is simulated. The study folder is build/worked-trial under the checkout unless --study names a new one; it is kept,
so that its published file can be opened.
"""

import argparse
import shutil
import sys
from pathlib import Path

from worked_trial.coverage import SIMULATIONS
from worked_trial.run import write_coverage, write_trial_pages

PAGES = Path(__file__).resolve().parent
STUDY = PAGES.parent.parent / "build" / "worked-trial"


def main() -> int:
    """Parses the command line and writes pages; 0 when done."""
    parser = argparse.ArgumentParser(prog="python docs/worked-trial", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("trial", "coverage"), default="trial")
    parser.add_argument("--study", type=Path, help="a new folder for the study (default: build/worked-trial, replaced)")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, help="how many trials (default %(default)s)")
    options = parser.parse_args()
    if options.what == "coverage":
        rows = write_coverage(PAGES, options.simulations)
        sys.stdout.write("".join(f"{row.share:7.1%}  {row.name}\n" for row in rows))
        return 0
    if options.study is None:
        shutil.rmtree(STUDY, ignore_errors=True)
    estimates = write_trial_pages(options.study or STUDY, PAGES)
    for name, one in estimates.items():
        sys.stdout.write(f"{one.value:12.4f}  {one.low:12.4f} to {one.high:12.4f}  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
