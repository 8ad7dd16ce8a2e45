"""What is measured on one warehouse: its derivation, its bouts, and its views one by one. Each runs in a child process."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.bouts import minutes, statements
from benchmarks.bouts.child import peak_mb
from benchmarks.bouts.study import opened
from warehouse.build import derive, views
from warehouse.touched import touch_everybody

_TABLES = ("minute", "walking_bout", "participant_day", "participant_week")
#: bouts of one rule as whole minutes since 1970
_OUR_BOUTS = """
SELECT right(participant_id, 5)::BIGINT AS person, epoch_ms(bout_start) // 60000 AS start_i,
    epoch_ms(bout_end) // 60000 AS end_i, active_minutes
FROM walking_bout
WHERE bout_rule_id = 'walkback'
ORDER BY ALL
"""


def make(database: str, people: int, days: int, by_night: bool, late: int) -> dict[str, Any]:
    """A ledger of so many people and days; nothing is derived."""
    began = time.perf_counter()
    with opened(Path(database), range(people)) as (connection, _):
        rows = minutes.fill(connection, people, days, by_night=by_night, late=late)
    return {"minutes": rows, "seconds": time.perf_counter() - began}


def derive_all(database: str, people: int, all_protocols: bool) -> dict[str, Any]:
    """Derives everybody; seconds until the transaction is committed, and the peak of memory before and after."""
    with opened(Path(database), range(people), all_protocols=all_protocols) as (connection, study):
        before, began = peak_mb(), time.perf_counter()
        derive(connection, study)
        seconds, peak = time.perf_counter() - began, peak_mb()
        rows = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _TABLES}  # noqa: S608
        connection.execute("CHECKPOINT")
    return {"seconds": seconds, "before_mb": before, "peak_mb": peak, "rows": rows,
            "file_mb": Path(database).stat().st_size / 1e6}  # fmt: skip


def profile(database: str, people: int, all_protocols: bool) -> dict[str, Any]:
    """Seconds, rows and share of each view, computed whole and alone, in their order."""
    told = {}
    with opened(Path(database), range(people), all_protocols=all_protocols) as (connection, study):
        derive(connection, study)
        _touch_everybody(connection)
        for view in views().values():
            began = time.perf_counter()
            connection.execute(f"CREATE OR REPLACE TABLE main.{view.name} AS {view.sql}")
            seconds = time.perf_counter() - began
            rows = connection.execute(f"SELECT count(*) FROM main.{view.name}").fetchone()[0]  # noqa: S608
            told[view.name] = {"seconds": seconds, "rows": rows}
    return {"views": told, "peak_mb": peak_mb()}


def _touch_everybody(connection: Any) -> None:
    touch_everybody(connection)


def bouts(database: str, people: int, rounds: int, folder: str) -> dict[str, Any]:
    """The bout views on a ready minute table against NumPy and Polars; SystemExit if an answer differs.

    Leaves the first person's minutes as minutes.npz in folder, for the peers, and returns that person's bouts.
    """
    with opened(Path(database), range(people)) as (connection, study):
        derive(connection, study)
        _touch_everybody(connection)
        frame = _minutes(connection, Path(folder))
        person, i = frame["person"].to_numpy(), frame["i"].to_numpy()
        steps = frame["steps"].fill_null(-1).to_numpy()
        ours = np.array(connection.execute(_OUR_BOUTS).fetchall())
        selects = [view for view in views().values() if view.subject == "bouts"]

        def footfall() -> None:
            for view in selects:
                connection.execute(f"CREATE OR REPLACE TEMP TABLE {view.name} AS {view.sql}")

        footfall()
        _equal("the bout views alone", ours, np.array(connection.execute(_OUR_BOUTS).fetchall()))
        _equal("NumPy", ours, statements.numpy_bouts(person, i, steps))
        _equal("Polars", ours, statements.polars_bouts(frame).to_numpy())
        seconds = _in_turn(rounds, {
            "footfall": footfall,
            "polars": lambda: statements.polars_bouts(frame),
            "numpy": lambda: statements.numpy_bouts(person, i, steps),
        })  # fmt: skip
    first = person == 0
    np.savez(Path(folder) / "minutes.npz", i=i[first], steps=steps[first])
    return {"minutes": frame.height, "bouts": len(ours), "qualifying": int((steps >= statements.MIN_CADENCE).sum()),
            "seconds": seconds, "first": ours[ours[:, 0] == 0, 1:].tolist()}  # fmt: skip


def _minutes(connection: Any, folder: Path) -> pl.DataFrame:
    parquet = folder / "minutes.parquet"
    connection.execute(
        "COPY (SELECT right(participant_id, 5)::BIGINT AS person, epoch_ms(minute_start) // 60000 AS i, steps"  # noqa: S608
        f" FROM minute ORDER BY person, i) TO '{parquet}' (FORMAT parquet)"
    )
    frame = pl.read_parquet(parquet)
    parquet.unlink()
    return frame


def _in_turn(rounds: int, ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each way; all take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _equal(name: str, expected: Any, found: Any) -> None:
    if expected.shape != found.shape or not (expected == found).all():
        raise SystemExit(f"{name}: {len(found)} bouts are not the {len(expected)} of walking_bout; nothing was timed")
