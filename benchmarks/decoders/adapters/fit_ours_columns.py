"""The project's own reader up to all messages as data frames."""

from pathlib import Path
from typing import Any

import polars as pl

from connectors.fit import frames as fit_frames


def decode(path: Path) -> dict[str, pl.DataFrame]:
    """One frame per message type, values scaled and named."""
    return fit_frames.frames(path)


def facts(path: Path) -> dict[str, Any]:
    """What the frames hold."""
    frames = decode(path)
    records = frames.get("record", pl.DataFrame({"timestamp": []}, schema={"timestamp": pl.Datetime("us", "UTC")}))
    seconds = records["timestamp"].drop_nulls().dt.epoch("s").to_list()
    counters = frames.get("monitoring", pl.DataFrame())
    return {
        "counts": {name: frame.height for name, frame in frames.items()},
        "first": min(seconds, default=None),
        "last": max(seconds, default=None),
        **{name: _sum(records, name) for name in ("heart_rate", "cadence", "distance")},
        "monitoring": [
            (row["activity_type"], row["steps"], None)
            for row in (counters.to_dicts() if {"activity_type", "steps"} <= set(counters.columns) else [])
            if row["steps"] is not None
        ],
    }


def _sum(records: pl.DataFrame, name: str) -> float:
    return float(records[name].cast(pl.Float64).sum()) if name in records.columns else 0.0
