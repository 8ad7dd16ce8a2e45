"""The project's own reader: a FIT file in, a Recording out."""

from pathlib import Path
from typing import Any

from connectors import fit
from connectors.recording import Recording


def decode(path: Path) -> Recording:
    """The Recording, its frames fully evaluated."""
    return fit.read(path)


def facts(path: Path) -> dict[str, Any]:
    """A Recording has no messages: how many records or monitoring rows it comes of, and the step counters."""
    found = decode(path)
    rows = found.epochs.filter(found.epochs["cumulative_steps"].is_not_null())
    return {
        "counts": {"55" if found.kind == "all_day" else "20": found.rows_read},
        "monitoring": [(kind, steps, None) for kind, steps in rows.select("activity", "cumulative_steps").iter_rows()],
    }
