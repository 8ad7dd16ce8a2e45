"""The whole derivation, ledger to weeks, at growing sizes: does its cost grow faster than the data?"""

import statistics
from pathlib import Path
from typing import Any

from benchmarks.bouts.child import ask
from benchmarks.bouts.table import figure, markdown

_DAYS = 365


def derivations(folder: Path, sizes: list[int]) -> tuple[dict[int, Path], str]:
    """Derived warehouses of protocol walkback by participant-years, and the section of the results."""
    kept, rows = {}, []
    before: dict[str, tuple[int, Any]] = {}
    for size in sizes:
        kept[size] = folder / f"{size}.duckdb"
        for protocols in ("walkback", "all"):
            print(f"derivation: {size} participant-years, {protocols}", flush=True)
            told = _derived(kept[size] if protocols == "walkback" else folder / "all.duckdb", size, protocols == "all")
            rows.append(_row(size, protocols, told, before.get(protocols)))
            before[protocols] = size, told
    head = ["participant-years", "protocols", "minutes", "seconds", "M minutes/s", "peak MB", "of that before", "file MB",
            "data x", "seconds x", "memory x"]  # fmt: skip
    return kept, "\n\n".join([
        "## Derivation",
        "`warehouse.build.derive` of a ledger that is read for the first time, each in a process of its own: the median of three"
        " such processes up to 10 participant-years. Peak: VmHWM at the end; before: with database and study open. x: times the"
        " row of the size before; seconds that grow no faster than the data stay at or below data x.",
        markdown(head, rows),
    ])  # fmt: skip


def _derived(database: Path, size: int, all_protocols: bool) -> dict[str, Any]:
    """The process of median time; its database stays if it is the one of protocol walkback."""
    told = []
    for _ in range(3 if size <= 10 else 1):
        database.unlink(missing_ok=True)
        made = ask("make", database=str(database), people=size, days=_DAYS, by_night=False, late=0)
        told.append({**ask("derive", database=str(database), people=size, all_protocols=all_protocols),
                     "minutes": made["minutes"]})  # fmt: skip
        print(f"  {told[-1]['seconds']:.1f} s, {told[-1]['peak_mb']:,.0f} MB", flush=True)
    if all_protocols:
        database.unlink()
    middle = statistics.median_low(one["seconds"] for one in told)
    return next(one for one in told if one["seconds"] == middle)


def _row(size: int, protocols: str, told: dict[str, Any], before: tuple[int, Any] | None) -> list[str]:
    row = [str(size), protocols, f"{told['minutes']:,}", figure(told["seconds"]),
           figure(told["minutes"] / told["seconds"] / 1e6), figure(told["peak_mb"]), figure(told["before_mb"]),
           figure(told["file_mb"])]  # fmt: skip
    if before is None:
        return [*row, "-", "-", "-"]
    pairs = (told[key] / before[1][key] for key in ("minutes", "seconds", "peak_mb"))
    return [*row, *(figure(times) for times in pairs)]


def profiled(database: Path, size: int) -> str:
    """The views by time, the slowest first."""
    print(f"profile: {size} participant-years", flush=True)
    told = ask("profile", database=str(database), people=size, all_protocols=False)
    whole = sum(one["seconds"] for one in told["views"].values())
    ranked = sorted(told["views"].items(), key=lambda one: -one[1]["seconds"])
    rows = [
        [name, f"{one['rows']:,}", figure(one["seconds"]), f"{one['seconds'] / whole:.0%}"] for name, one in ranked[:12]
    ]
    title = f"## Views, each alone and whole, at {size} participant-years ({whole:.1f} s in all)"
    return f"{title}\n\n" + markdown(["view", "rows", "seconds", "share"], rows)
