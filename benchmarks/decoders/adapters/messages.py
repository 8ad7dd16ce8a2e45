"""What FIT messages say, in the form that `agreement` compares, from messages as dictionaries."""

import collections
import datetime as dt
import math
from collections.abc import Iterable, Mapping
from typing import Any

Fields = Mapping[Any, Any]


def facts(messages: Iterable[tuple[str | int, Fields]]) -> dict[str, Any]:
    """Messages per type, first and last time and sums of the records, and the step counters of monitoring.

    A type is the number of the message or its name as the library spells it.
    """
    counts: collections.Counter[str] = collections.Counter()
    seconds: list[float] = []
    sums = dict.fromkeys(("heart_rate", "cadence", "distance"), 0.0)
    counters: list[tuple[str, float | None, float | None]] = []
    for kind, fields in messages:
        counts[str(kind)] += 1
        if kind in ("record", 20):
            if (at := _seconds(fields.get("timestamp"))) is not None:
                seconds.append(at)
            for name in sums:
                value = fields.get(name)
                sums[name] += value if isinstance(value, int | float) and math.isfinite(value) else 0.0
        elif kind in ("monitoring", 55) and ("steps" in fields or "cycles" in fields):
            counters.append((str(fields.get("activity_type")), fields.get("steps"), fields.get("cycles")))
    return {
        "counts": counts,
        "first": min(seconds, default=None),
        "last": max(seconds, default=None),
        **sums,
        "monitoring": counters,
    }


def _seconds(time: object) -> float | None:
    """Unix seconds of a time, which libraries give as a number, a text or a datetime; without a zone it is UTC."""
    if isinstance(time, str):
        time = dt.datetime.fromisoformat(time)
    if isinstance(time, dt.datetime):
        return time.replace(tzinfo=time.tzinfo or dt.UTC).timestamp()
    return float(time) if isinstance(time, int | float) else None
