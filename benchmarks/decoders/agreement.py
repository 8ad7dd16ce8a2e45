"""Whether the peers read the same out of the same files. It is asked before anything is timed."""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.decoders.peers import KNOWN, Peer
from benchmarks.decoders.workers import CrashError, PeerError, Worker

Facts = dict[str, Any]
_RELATIVE = 1e-6
_STEPPING = ("walking", "running")
_UNEXPLAINED = "UNEXPLAINED"


@dataclasses.dataclass(frozen=True)
class Difference:
    """One fact in which a peer differs."""

    file: str
    peer: str
    fact: str
    expected: object
    found: object

    @property
    def reason(self) -> str:
        return KNOWN.get((self.peer, self.fact), KNOWN.get(("*", self.fact), _UNEXPLAINED))

    @property
    def is_known(self) -> bool:
        return self.reason != _UNEXPLAINED


@dataclasses.dataclass
class Agreement:
    """What was asked of the peers: the files all of them read, who refused which, who failed and where they differ."""

    files: list[Path]
    facts: dict[Path, dict[Peer, Facts]]
    refused: list[tuple[str, str, str]]
    failed: dict[Peer, str]
    differences: list[Difference]


def ask(workers: Sequence[Worker], candidates: Sequence[Path], wanted: int, numbers: Mapping[str, int]) -> Agreement:
    """Asks about files until `wanted` are read by all; who cannot read the last, or crashes, is asked no more."""
    agreement = Agreement([], {}, [], {}, [])
    for worker in workers:
        try:
            worker.ask("facts", [candidates[-1]])
        except PeerError as error:
            agreement.failed[worker.peer] = str(error)
    for path in candidates:
        if len(agreement.files) == wanted:
            break
        facts: dict[Peer, Facts] = {}
        for worker in workers:
            if worker.peer in agreement.failed:
                continue
            try:
                facts[worker.peer] = _numbered(worker.ask("facts", [path])["facts"], numbers)
            except CrashError as error:
                agreement.failed[worker.peer] = str(error)
            except PeerError as error:
                agreement.refused.append((path.name, worker.peer.name, str(error)))
                break
        else:
            agreement.files.append(path)
            agreement.facts[path] = facts
            agreement.differences.extend(_differences(path.name, facts))
    return agreement


def steps(facts: Sequence[Facts]) -> tuple[float, int, int]:
    """Steps of a day by what a library names so: the sum of differences per activity type through the day's files.

    Also how many rows of walking and running it names them on, and how many such rows have a counter at all; where it
    names none, its `cycles` are counted, which are half.
    """
    rows = [row for of_file in facts for row in of_file["monitoring"] if row[0] in _STEPPING or row[0] == "None"]
    named = [(kind, value) for kind, value, _ in rows if value is not None and kind in _STEPPING]
    total = 0.0
    before: dict[str, float] = {}
    for kind, value in named or [(kind, cycles) for kind, _, cycles in rows if cycles is not None]:
        gained = value - before.get(kind, 0.0)
        total += gained if gained >= 0 else value
        before[kind] = value
    return total, len(named), len(rows)


def _numbered(facts: Facts, numbers: Mapping[str, int]) -> Facts:
    """The facts with message types by their number, however the library spells a type."""
    if "counts" not in facts:
        return facts
    counts = {}
    for kind, count in facts["counts"].items():
        digits = re.fullmatch(r"(?:unknown_)?(\d+)", kind)
        number = int(digits[1]) if digits else numbers.get(kind, kind)
        if count:
            counts[str(number)] = count
    return {**facts, "counts": counts}


def _differences(file: str, facts: Mapping[Peer, Facts]) -> list[Difference]:
    """Where peers differ from the last one, which is the slow library that all know."""
    reference, expected = list(facts.items())[-1]
    found: list[Difference] = []
    for peer, mine in facts.items():
        if peer is reference:
            continue
        for fact, value in mine.items():
            if fact == "counts":
                kinds = value.keys() if not peer.whole else value.keys() | expected["counts"].keys()
                pairs = [
                    (f"messages {kind}", expected["counts"].get(kind, 0), value.get(kind, 0)) for kind in sorted(kinds)
                ]
            elif fact != "monitoring" and fact in expected:
                pairs = [(fact, expected[fact], value)]
            else:
                continue
            found.extend(Difference(file, peer.name, *pair) for pair in pairs if not _alike(*pair[1:]))
    return found


def _alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one == other
    return math.isclose(one, other, rel_tol=_RELATIVE)
