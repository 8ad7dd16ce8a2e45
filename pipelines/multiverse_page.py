"""One page on how far the answers depend on the definition, from the published multiverse."""

import itertools
from pathlib import Path
from typing import Any

from pipelines import printing
from warehouse.research import query

#: What is varied, in words.
PARAMETERS = {
    "min_cadence_spm": "steps in a minute that count as walking",
    "max_gap_minutes": "minutes of pause within a walk",
    "valid_day_minutes": "minutes that make a day valid",
    "partly_active": "minutes in which the device was active for a part",
}

LEGEND = (
    "share met: from the weeks known to be met to those that may have been. changed: weeks with another answer than under"
    " the protocol itself; reversed: of these, from met to not met or back. * the protocol's own value."
)

SUMMARY = "SELECT * FROM multiverse_summary WHERE protocol_id = $protocol ORDER BY universe_id, arm NULLS FIRST"

_SETTLED = """
SELECT count(*) AS weeks, count(*) FILTER (WHERE answers = 1) AS settled, count(*) FILTER (WHERE is_reversed) AS reversed
FROM (
    SELECT count(DISTINCT answer) AS answers, bool_or(answer = 'yes') AND bool_or(answer = 'no') AS is_reversed
    FROM multiverse
    WHERE protocol_id = $protocol AND answer IS NOT NULL AND NOT is_running
    GROUP BY participant_id, week_number
)
"""


def print_page(database: Path, protocol: str, title: str) -> None:
    """Prints the page of one protocol."""
    import rich.box
    import rich.table

    console = printing.console()
    universes = query(database, SUMMARY, {"protocol": protocol}).by_name()
    everybody = [row for row in universes if row["arm"] is None]
    if not everybody:
        console.print("No weeks yet: nobody has a date that counts. Check participants.csv and `footfall status`.")
        return
    [own] = [row for row in everybody if row["is_protocol"]]
    [settled] = query(database, _SETTLED, {"protocol": protocol}).by_name()
    console.print(f"[bold]{title}: {protocol}, and {len(everybody) - 1} other definitions\n")
    console.print(
        f"Under the protocol itself {_counts(own)}, so between {own['share_lo']:.0%} and {own['share_hi']:.0%} were met.\n"
        f"Over all {len(everybody)} definitions the lower bound lies between {_range(everybody, 'share_lo')}, the upper"
        f" between {_range(everybody, 'share_hi')}.\n"
        f"{settled['settled']} of {settled['weeks']} weeks have one answer under every definition; {settled['reversed']} are"
        " met under one and not met under another."
    )
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    for name in (
        "one thing changed",
        "value",
        "met",
        "not met",
        "cannot tell",
        "share met",
        "dose",
        "changed",
        "reversed",
    ):
        table.add_column(name, justify="left" if name == "one thing changed" else "right")
    for parameter, words in PARAMETERS.items():
        others = [name for name in PARAMETERS if name != parameter]
        alone = [row for row in everybody if all(row[name] == own[name] for name in others)]
        for at, row in enumerate(sorted(alone, key=lambda row: row[parameter])):
            value = row[parameter] if isinstance(row[parameter], str) else f"{row[parameter]:g}"
            table.add_row(
                "" if at else words, f"{value}{'*' if row['is_protocol'] else ' '}",
                str(row["weeks_yes"]), str(row["weeks_no"]), str(row["weeks_unknown"]),
                f"{row['share_lo']:.0%} to {row['share_hi']:.0%}",
                f"{row['mean_dose_lo']:.2f} to {row['mean_dose_hi']:.2f}",
                str(row["weeks_changed"]), str(row["weeks_reversed"]),
            )  # fmt: skip
    console.print(table)
    console.print(LEGEND)
    for line in arm_lines(universes):
        console.print(line)


def arm_lines(universes: list[dict[str, Any]]) -> list[str]:
    """For each pair of arms, in how many universes the bounds alone say which arm met more of its weeks."""
    arms = sorted({row["arm"] for row in universes if row["arm"] is not None})
    by_universe: dict[str, dict[str, dict[str, Any]]] = {}
    for row in universes:
        if row["arm"] is not None:
            by_universe.setdefault(row["universe_id"], {})[row["arm"]] = row
    lines = []
    for first, second in itertools.combinations(reversed(arms), 2):
        pairs = [(both[first], both[second]) for both in by_universe.values() if first in both and second in both]
        above = sum(a["share_lo"] > b["share_hi"] for a, b in pairs)
        below = sum(a["share_hi"] < b["share_lo"] for a, b in pairs)
        own = [(a, b) for a, b in pairs if a["is_protocol"]]
        said = "".join(
            f" Under the protocol itself {first} is ahead by {(a['share_lo'] - b['share_hi']) * 100:+.0f} to"
            f" {(a['share_hi'] - b['share_lo']) * 100:+.0f} percentage points."
            for a, b in own
        )
        lines.append(
            f"{first} against {second}: more weeks met for certain in {above} of {len(pairs)} definitions, fewer in {below},"
            f" not told by the bounds in {len(pairs) - above - below}.{said}"
        )
    return lines


def _counts(row: dict[str, Any]) -> str:
    return f"{row['weeks_yes']} of {row['weeks']} weeks were met, {row['weeks_no']} not, {row['weeks_unknown']} cannot be told"


def _range(rows: list[dict[str, Any]], name: str) -> str:
    values = [row[name] for row in rows]
    return f"{min(values):.0%} and {max(values):.0%}"
