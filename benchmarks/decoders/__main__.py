"""The command: makes the peers' environment, asks all for agreement, times them and writes the table."""

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.decoders import agreement, files, table
from benchmarks.decoders.environment import Environment
from benchmarks.decoders.peers import FIT_SCALES, GPX_SCALES, PEERS, Format, Peer
from benchmarks.decoders.workers import PeerError, Worker, timed

_RESULTS = Path(__file__).with_name("results.md")
_NAMES = "import garmin_fit_sdk, json; print(json.dumps(garmin_fit_sdk.Profile['types']['mesg_num']))"


class Run:
    """One run: who takes part, in which version, and why others do not."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.versions: dict[Peer, str] = {}
        self.failed: dict[Peer, str] = {}
        self.numbers = _numbers(environment)

    def workers(self, kind: Format, stack: contextlib.ExitStack) -> list[Worker]:
        """A fresh process for each peer of a format that can be started."""
        started = []
        for peer in PEERS:
            if peer.format == kind and peer not in self.failed:
                try:
                    started.append(stack.enter_context(Worker(peer, self.environment)))
                    self.versions[peer] = started[-1].version or "this checkout"
                except PeerError as error:
                    self.failed[peer] = str(error)
        return started

    def ask(self, kind: Format, candidates: Sequence[Path], wanted: int) -> agreement.Agreement:
        """The agreement of all peers; one whose process ends takes no further part."""
        with contextlib.ExitStack() as stack:
            found = agreement.ask(self.workers(kind, stack), candidates, wanted, self.numbers)
        self.failed.update(found.failed)
        return found

    def time(self, kind: Format, title: str, paths: Sequence[Path]) -> table.Timing:
        """All peers over one set."""
        _say(f"{title}: timing")
        with contextlib.ExitStack() as stack:
            results = timed(self.workers(kind, stack), paths)
        return table.Timing(title, files.size_of(list(paths)), results)

    def memory(self, kind: Format, small: Path, path: Path) -> dict[Peer, str]:
        """What each peer's memory grows by at its peak while it reads a file and keeps the result, per byte of it.

        Each reads a small one first: what a library loads once is no matter of the file.
        """
        grown = {}
        for peer in PEERS:
            if peer.format == kind and peer not in self.failed and peer.pinned:
                try:
                    with Worker(peer, self.environment) as worker:
                        grown[peer] = f"{worker.ask('peak', [small, path])['bytes'] / path.stat().st_size:.1f}"
                except PeerError as error:
                    grown[peer] = f"not measured: {error}"
        return grown


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoders", description=main.__doc__)
    where = files.CHECKOUT / ".bench"
    parser.add_argument("--environment", type=Path, default=where, help="folder for the peers (default: .bench)")
    parser.add_argument("--only", choices=("fit", "gpx"), help="one format")
    given = parser.parse_args()
    exports = files.folder()
    if not exports.is_dir():
        raise SystemExit("no real exports here; set FOOTFALL_REAL_EXPORTS to their folder")
    _say("installing the peers, once")
    environment = Environment(given.environment.resolve())
    environment.make()
    run = Run(environment)
    found = files.find(exports)
    parts = [_machine()]
    if given.only != "gpx":
        parts += _fit(run, found)
    if given.only != "fit":
        parts += _gpx(run, found)
    text = "\n\n".join(parts) + "\n"
    print(text)
    if given.only is None:
        _RESULTS.write_text(text, encoding="utf-8")


def _fit(run: Run, found: files.Files) -> list[str]:
    _say("FIT: do they agree?")
    activity = run.ask("fit", found.activity, files.LARGEST)
    monitoring = run.ask("fit", found.monitoring, len(found.monitoring))
    timings = [run.time("fit", "activity", activity.files)]
    with tempfile.TemporaryDirectory() as folder:
        timings.append(run.time("fit", "monitoring", files.repeated(monitoring.files, Path(folder))))
    day = _steps(found.day, monitoring.facts)
    peers = [peer for peer in PEERS if peer.format == "fit"]
    count = sum(sum(_last(activity.facts[path])["counts"].values()) for path in activity.files)
    return [
        "## FIT",
        f"activity: {_amount(activity.files)}, {count:,} messages; monitoring: {_amount(monitoring.files)}, each read "
        f"{files.COPIES} times under another name. Steps of the day: {files.STEPS:,} by the device's own raw counters; "
        "the sum of what a library names steps, of cycles if it names none, and on how many rows it does; the rest are cycles.",
        table.speeds(peers, run.versions, run.failed, timings, FIT_SCALES, day),
        table.agreements({"activity": activity, "monitoring": monitoring}),
        _memory(run, "fit", activity.files),
    ]


def _gpx(run: Run, found: files.Files) -> list[str]:
    _say("GPX: do they agree?")
    asked = run.ask("gpx", found.gpx, files.LARGEST)
    timing = run.time("gpx", "gpx", asked.files)
    count = sum(_last(asked.facts[path])["points"] for path in asked.files)
    peers = [peer for peer in PEERS if peer.format == "gpx"]
    return [
        "## GPX",
        f"{_amount(asked.files)}, {count:,} track points.",
        table.speeds(peers, run.versions, run.failed, [timing], GPX_SCALES),
        table.agreements({"gpx": asked}),
        _memory(run, "gpx", asked.files),
    ]


def _memory(run: Run, kind: Format, paths: Sequence[Path]) -> str:
    _say(f"{kind}: memory")
    path, small = paths[0], paths[-1]
    grown = run.memory(kind, small, path)
    title = f"Memory on the largest file ({path.stat().st_size / 1e6:.2f} MB): growth at the peak per byte of the file"
    return f"{title}\n\n" + table.markdown(
        ["decoder", "bytes per byte"], [[peer.name, said] for peer, said in grown.items()]
    )


def _steps(day: Sequence[Path], facts: Mapping[Path, Mapping[Peer, agreement.Facts]]) -> dict[Peer, str]:
    """What each peer makes of the day whose steps are known."""
    told = {}
    for peer in PEERS:
        mine = [facts[path][peer] for path in day if peer in facts.get(path, {})]
        if len(mine) == len(day) and any(of_file["monitoring"] for of_file in mine):
            total, named, rows = agreement.steps(mine)
            right = "right" if total == files.STEPS else f"{total:,.0f}"
            told[peer] = f"{right}; named on {named} of {rows} rows"
    return told


def _last(facts: Mapping[Peer, agreement.Facts]) -> agreement.Facts:
    return list(facts.values())[-1]


def _amount(paths: Sequence[Path]) -> str:
    return f"{len(paths)} files, {files.size_of(list(paths)) / 1e6:.2f} MB"


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}. MB per CPU second of one thread, medians of rounds in which all take turns; "
        "figures of different runs are not comparable, ratios within a run are."
    )


def _numbers(environment: Environment) -> dict[str, int]:
    """The number of each message name, by the newest profile at hand."""
    done = subprocess.run([str(environment.python), "-c", _NAMES], capture_output=True, text=True, check=False)
    return {name: int(number) for number, name in json.loads(done.stdout or "{}").items()}


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
