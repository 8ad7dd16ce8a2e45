"""The command: derives, compares, loads one more day, prints the tables and writes results.md if nothing was left out."""

import argparse
import datetime as dt
import os
import platform
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from benchmarks.bouts.compared import compare
from benchmarks.bouts.derivation import derivations, profiled
from benchmarks.bouts.environment import FOLDER, HERE, peers_python
from benchmarks.bouts.one_day import one_day

_SIZES, _PEOPLE, _WEEKS, _ORDERS = [1, 10, 100], 700, 26, ["night", "person"]


def main() -> None:
    """Times the way from minutes to weeks: bouts against peers, whole derivations, one new day in a large warehouse."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bouts", description=main.__doc__)
    parser.add_argument(
        "--sizes", default=_SIZES, type=_numbers, help="participant-years, such as 1,10 (default: 1,10,100)"
    )
    parser.add_argument("--people", default=_PEOPLE, type=int, help="people of the large warehouse (default: 700)")
    parser.add_argument("--weeks", default=_WEEKS, type=int, help="weeks of the large warehouse (default: 26)")
    parser.add_argument("--orders", default=_ORDERS, type=lambda text: text.split(","), help="night, person or both")
    parser.add_argument("--skip-warehouse", action="store_true", help="leave the large warehouse out")
    parser.add_argument("--skip-publishing", action="store_true", help="do not write the large published file")
    parser.add_argument("--only-warehouse", action="store_true", help="nothing but the large warehouse")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    parts = [_machine()]
    if not given.only_warehouse:
        peers_python()
        with tempfile.TemporaryDirectory() as name:
            databases, section = derivations(Path(name), sorted(given.sizes))
            parts += [compare(databases), section]
            middle = max((size for size in given.sizes if size <= 10), default=min(given.sizes))
            parts.append(profiled(databases[middle], middle))
    if not given.skip_warehouse:
        parts.append(one_day(given.people, given.weeks, given.orders, publish=not given.skip_publishing))
    text = "\n\n".join(["# Minutes into weeks", *parts]) + "\n"
    print(text)
    chosen = given.sizes, given.people, given.weeks, given.orders
    if chosen == (_SIZES, _PEOPLE, _WEEKS, _ORDERS) and not (
        given.skip_warehouse or given.skip_publishing or given.only_warehouse
    ):
        (HERE / "results.md").write_text(text, encoding="utf-8")


def _numbers(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(","))


def _machine() -> str:
    return (
        f"One run on {dt.datetime.now(dt.UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, DuckDB {duckdb.__version__}, Polars {pl.__version__}, NumPy {np.__version__}."
        " Ratios within the run are comparable, figures of different runs are not. The minutes are made up (`minutes.py`): a"
        " participant-year has 525,600 minutes less its holes."
    )


if __name__ == "__main__":
    main()
