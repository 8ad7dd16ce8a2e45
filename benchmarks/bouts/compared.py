"""Bouts of walkback: the views against mobgap, scikit-digital-health, Polars and NumPy. Equal first, then timed."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.bouts.child import ask
from benchmarks.bouts.environment import CHECKOUT, peers_python
from benchmarks.bouts.table import figure, markdown

_ROUNDS = 5
_Bouts = list[tuple[int, int, int]]


def compare(databases: dict[int, Path]) -> str:
    """The section of the results. databases: a derived warehouse of so many participant-years each, by size."""
    with tempfile.TemporaryDirectory() as name:
        ours = {}
        for size in sorted(databases, reverse=True):
            print(f"bouts: {size} participant-years", flush=True)
            ours[size] = ask("bouts", database=str(databases[size]), people=size, rounds=_ROUNDS, folder=name)
        print("bouts: the peers, on one participant-year", flush=True)
        told = _peers(Path(name) / "minutes.npz")
    first = [(start, end, active) for start, end, active in ours[min(ours)]["first"]]
    notes = _agreement(told["peers"], first)
    return "\n\n".join([
        "## Bouts",
        "Rule walkback: 60 steps/min, pauses of up to 2 minutes, 9 active minutes, an unobserved minute ends a bout. Ours are the"
        " views of bouts/ on a ready `minute` table in the database file; they also give each minute of each bout, steps and"
        " cadence. NumPy, Polars and the peers have their input in memory, in the form they want, and give start, end and"
        " active minutes. The peers ran on the first participant's year; their time is scaled by minutes.",
        _table(ours, told),
        "\n".join(notes),
    ])  # fmt: skip


def _peers(minutes: Path) -> dict[str, Any]:
    command = [peers_python(), "-m", "benchmarks.bouts.peers", str(minutes), "3"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return dict(json.loads(done.stdout))


def _agreement(peers: dict[str, Any], ours: _Bouts) -> list[str]:
    """One line for each: equal, or what differs and why. SystemExit if a difference is not a known one."""
    last = max(end for _, end, _ in ours)
    lines = ["- NumPy, Polars: equal to `walking_bout` on every size."]
    for name, told in peers.items():
        found = [(start, end, active) for start, end, active in told["bouts"]]
        only_ours, only_theirs = sorted(set(ours) - set(found)), sorted(set(found) - set(ours))
        if not only_ours and not only_theirs:
            lines.append(f"- {name}: equal, all {len(ours)} bouts.")
        elif name == "skdh, one record":
            # its loop stops before the last run is joined
            if len(only_ours) > 1 or any(one[1] != last for one in only_ours):
                raise SystemExit(f"{name} differs for no known reason: {only_ours}, {only_theirs}")
            lines.append(
                f"- {name}: {len(ours) - len(only_ours)} of {len(ours)} bouts equal; the last run of a record is never joined"
                " to the one before. Its least length is of the span, not of active minutes, so that shorter ones were taken out."
            )
        elif name == "skdh, day by day":
            both = len(set(ours) & set(found))
            lines.append(
                f"- {name}, as its own pipeline calls it: another answer, {both} of {len(ours)} bouts equal: days are cut at"
                " midnight UTC, and the last run of every day is never joined."
            )
        else:
            raise SystemExit(f"{name} differs for no known reason: {only_ours[:3]}, {only_theirs[:3]}")
    return lines


def _table(ours: dict[int, Any], told: dict[str, Any]) -> str:
    smallest = ours[min(ours)]
    head = ["participant-years", "minutes", "bouts", "footfall, s", "M minutes/s"]
    ways = {"Polars": "polars", "NumPy": "numpy"}
    versions = told["versions"]
    names = {
        "mobgap": f"mobgap {versions['mobgap']}",
        "skdh, one record": f"skdh {versions['scikit-digital-health']}, one record",
        "skdh, day by day": "skdh, day by day",
    }
    head += [f"{name}, s" for name in (*ways, *names.values())] + [
        f"{name} / footfall" for name in (*ways, *names.values())
    ]
    rows = []
    for size, one in sorted(ours.items()):
        mine = one["seconds"]["footfall"]
        scale = one["minutes"] / smallest["minutes"] * min(ours)
        others = [one["seconds"][key] for key in ways.values()]
        others += [told["peers"][name]["seconds"] * scale for name in names]
        rows.append([
            str(size), f"{one['minutes']:,}", f"{one['bouts']:,}", figure(mine), figure(one["minutes"] / mine / 1e6),
            *(figure(seconds) for seconds in others), *(figure(seconds / mine) for seconds in others),
        ])  # fmt: skip
    return markdown(head, rows)
