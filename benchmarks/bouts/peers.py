"""mobgap and scikit-digital-health on the minutes of one person; runs in the environment that has them.

    python -m benchmarks.bouts.peers MINUTES.npz ROUNDS

MINUTES holds i (minutes since 1970) and steps (-1: not observed), sorted. Each peer gets the qualifying minutes in the
form it takes; making that form is not timed. Neither knows a minute that nobody observed: for both, the clock jumps by
an hour at each, which ends their bouts as it ends ours.
"""

import contextlib
import importlib.metadata
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.bouts.statements import MAX_GAP, MIN_CADENCE, MIN_MINUTES

_JUMP_SECONDS = 3600
_DAY_MINUTES = 1440


class _Record:
    """One person's minutes on the whole grid from the first to the last. clock: seconds, with its jumps."""

    def __init__(self, i: Any, steps: Any) -> None:
        self.first = int(i[0])
        grid = np.full(int(i[-1]) - self.first + 1, -1)
        grid[i - self.first] = steps
        self.walks = grid >= MIN_CADENCE
        missing = np.concatenate([[0], np.cumsum(grid < 0)])
        self.clock = np.arange(grid.size + 1) * 60.0 + missing * float(_JUMP_SECONDS)


def _mobgap(record: _Record) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Minutes are strides of 60 s."""
    import pandas as pd
    from mobgap.wba import MaxBreakCriteria, NStridesCriteria, WbAssembly

    at = np.flatnonzero(record.walks)
    strides = pd.DataFrame(
        {"start": record.clock[at], "end": record.clock[at] + 60, "at": at}, index=pd.RangeIndex(at.size, name="s_id")
    )
    rules = [
        ("minutes", NStridesCriteria(min_strides=MIN_MINUTES)),
        ("pause", MaxBreakCriteria(max_break_s=MAX_GAP * 60, remove_last_ic=False, consider_end_as_break=False)),
    ]

    def bouts(done: Any) -> Any:
        found = done.annotated_stride_list_.groupby("wb_id")["at"].agg(["min", "max", "size"]).to_numpy()
        return found + np.array([record.first, record.first + 1, 0])

    return lambda: WbAssembly(rules).assemble(strides, sampling_rate_hz=1.0), bouts


def _skdh(record: _Record, *, by_day: bool) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Runs of qualifying minutes are joined; the least length is of the span, so that the active minutes are counted here."""
    from skdh.gait.utility import get_gait_bouts

    edges = np.diff(np.concatenate([[0], record.walks.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    size = record.walks.size
    borders = (
        [0, *range(-record.first % _DAY_MINUTES or _DAY_MINUTES, size, _DAY_MINUTES), size] if by_day else [0, size]
    )
    days = list(itertools.pairwise(borders))
    # a pause must be shorter than max_bout_sep, and last minute less first one longer than min_bout_time
    pause, least = MAX_GAP * 60 + 1, (MIN_MINUTES - 1) * 60 - 1

    def work() -> Any:
        return [one for day in days for one in get_gait_bouts(starts, stops, *day, record.clock, pause, least)]

    def bouts(found: Any) -> Any:
        rows = [(one.start + record.first, one.stop + record.first, record.walks[one].sum()) for one in found]
        return np.array([row for row in rows if row[2] >= MIN_MINUTES])

    return work, bouts


def main(minutes: str, rounds: int) -> None:
    """Prints versions, the seconds of each peer and its bouts as start, end and active minutes."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer, contextlib.redirect_stdout(sys.stderr):
        given = np.load(minutes)
        record = _Record(given["i"], given["steps"])
        peers = {
            "mobgap": _mobgap(record),
            "skdh, one record": _skdh(record, by_day=False),
            "skdh, day by day": _skdh(record, by_day=True),
        }
        told: dict[str, Any] = {}
        for name, (work, bouts) in peers.items():
            seconds = []
            for _ in range(rounds):
                began = time.perf_counter()
                result = work()
                seconds.append(time.perf_counter() - began)
            told[name] = {"seconds": statistics.median(seconds), "bouts": bouts(result).tolist()}
        versions = {name: importlib.metadata.version(name) for name in ("mobgap", "scikit-digital-health")}
        answer.write(json.dumps({"versions": versions, "peers": told}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
