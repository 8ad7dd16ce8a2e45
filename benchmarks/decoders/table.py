"""The results as Markdown: no path, no name of a machine."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.decoders.agreement import Agreement, Difference
from benchmarks.decoders.peers import Peer
from benchmarks.decoders.workers import Times

_SHOWN = 100


@dataclasses.dataclass(frozen=True)
class Timing:
    """All peers over one set of so many bytes."""

    title: str
    size: int
    results: Mapping[Peer, Times | str]

    def rate(self, peer: Peer) -> float | None:
        """Megabytes per second."""
        times = self.results.get(peer)
        return self.size / 1e6 / times.seconds(peer) if isinstance(times, Times) and times.cpu else None


def speeds(
    peers: Sequence[Peer], versions: Mapping[Peer, str], failed: Mapping[Peer, str], timings: Sequence[Timing],
    scales: Sequence[str], extra: Mapping[Peer, str] | None = None,
) -> str:  # fmt: skip
    """One row per peer; for each set its MB/s and how many times that of each scale."""
    named = {peer.name: peer for peer in peers}
    scales = [scale for scale in scales if scale in named and named[scale] not in failed]
    head = ["decoder", "version"]
    for timing in timings:
        head += [f"{timing.title} MB/s", *(f"x {scale}" for scale in scales)]
    head += (["steps of the day"] if extra is not None else []) + ["leaves out"]
    rows = []
    for peer in peers:
        cells = [peer.name, versions.get(peer, "-")]
        for timing in timings:
            mine = timing.rate(peer)
            cells += [_figure(mine), *(_times(mine, timing.rate(named[scale])) for scale in scales)]
        cells += [extra.get(peer, "-")] if extra is not None else []
        reason = failed.get(peer) or next(
            (t for timing in timings if isinstance(t := timing.results.get(peer), str)), None
        )
        rows.append([*cells, f"not run: {reason}" if reason else peer.leaves_out])
    return markdown(head, rows)


def agreements(titles: Mapping[str, Agreement]) -> str:
    """Which files were dropped, and every difference with its reason; equal ones in several files are one row."""
    lines = []
    for title, agreement in titles.items():
        lines += [
            f"- {title}: {file} is left out: {peer} says {_short(told)}" for file, peer, told in agreement.refused
        ]
    found: dict[tuple[str, str, str, str], list[Difference]] = {}
    for title, agreement in titles.items():
        for one in agreement.differences:
            fact = "messages" if one.is_known and one.fact.startswith("messages") else one.fact
            found.setdefault((title, one.peer, fact, one.reason), []).append(one)
    if not found:
        return "\n".join([*lines, "All agree."])
    rows = []
    for (title, peer, fact, reason), ones in found.items():
        first = ones[0]
        rows.append(
            [
                title,
                peer,
                fact,
                str(len({one.file for one in ones})),
                first.file,
                _value(first.expected),
                _value(first.found),
                reason,
            ]
        )
    table = markdown(["set", "decoder", "fact", "files", "first", "expected", "found", "why"], rows)
    return "\n".join([*lines, "", table])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


def _short(told: str) -> str:
    line = " ".join(told.split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "..."


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _times(mine: float | None, scale: float | None) -> str:
    return "-" if mine is None or not scale else f"{mine / scale:.3g}"


def _value(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
