"""The rule gap_merge (missing = break) said in NumPy and in Polars, on minutes that are sorted by person and time.

person and i (whole minutes since 1970, UTC) are int64, steps int32 with NULL, or -1 in NumPy, for a minute that was not
observed. A bout is person, first minute, minute after the last, and qualifying minutes inside.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Ints = npt.NDArray[np.int64]

#: walkback: Source: warehouse/rules/bout_rule.csv
MIN_CADENCE, MIN_MINUTES, MAX_GAP = 60, 9, 2


def numpy_bouts(person: Ints, i: Ints, steps: npt.NDArray[np.int32]) -> Ints:
    """Bouts as rows."""
    walking = np.flatnonzero(steps >= MIN_CADENCE)
    at, person = i[walking], person[walking]
    # constant as long as no minute is missing: the minute number grows as fast as the count of observed ones
    piece = at - walking + np.searchsorted(np.flatnonzero(steps < 0), walking)
    opens = np.ones(at.size, dtype=bool)
    opens[1:] = (np.diff(at) > MAX_GAP + 1) | (np.diff(piece) != 0) | (np.diff(person) != 0)
    first = np.flatnonzero(opens)
    active = np.diff(np.append(first, at.size))
    last = first + active - 1
    bouts = np.column_stack([person[first], at[first], at[last] + 1, active])
    return bouts[active >= MIN_MINUTES]


def polars_bouts(minutes: "pl.DataFrame") -> "pl.DataFrame":
    """Bouts as a frame of person, start, end, active."""
    import polars as pl  # not where the peers are, which need the rule's numbers alone

    person, i, piece = pl.col("person"), pl.col("i"), pl.col("piece")
    return (
        minutes.lazy()
        .filter(pl.col("steps").is_not_null())
        .with_columns(piece=i - pl.int_range(pl.len()))
        .filter(pl.col("steps") >= MIN_CADENCE)
        .with_columns(
            bout=((i.diff() > MAX_GAP + 1) | (piece.diff() != 0) | (person.diff() != 0)).fill_null(True).cum_sum()
        )
        .group_by("bout", maintain_order=True)
        .agg(person.first(), start=i.first(), end=i.last() + 1, active=pl.len().cast(pl.Int64))
        .filter(pl.col("active") >= MIN_MINUTES)
        .select("person", "start", "end", "active")
        .collect()
    )
