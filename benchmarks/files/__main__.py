"""The command: many small monitoring files through `footfall ingest`, and a sample of them through a plain fitparse loop.

python -m benchmarks.files [--files N ...] [--people N] [--parts N] [--only-load]      # or: make benchmark-files
"""

import argparse
import datetime as dt
import os
import platform
import random
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.files.made import PEOPLE, make_study, write_files
from benchmarks.files.measured import Measured, measure

#: files that the fitparse loop reads before, and again after the load
_SAMPLE = 40
#: files of the night that follows
_NIGHT = 200
_HEAD = (
    "| run | files | load s | load CPU s | ms/file | derive | compare | check | publish | whole s | CPU s | peak MB |"
)


def main() -> None:
    """Prints the tables; --into writes them to a file as well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--parts", type=int, default=1, help="files that a watch writes a day")
    parser.add_argument("--only-load", action="store_true", help="nothing is derived and published")
    parser.add_argument("--into", type=Path)
    given = parser.parse_args()
    lines = [
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()},"
        f" {dt.datetime.now(dt.UTC):%Y-%m-%d}. One run each; the fitparse loop ran just before and just after the load.",
    ]
    for files in given.files:
        for line in _of_size(files, given.people, given.parts, only_load=given.only_load):
            print(line, flush=True)
            lines.append(line)
    if given.into:
        given.into.write_text("# Very many small files\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


def _of_size(files: int, people: int, parts: int, *, only_load: bool) -> list[str]:
    """The lines about one first load of so many files, a run with nothing new and a night of some more."""
    with tempfile.TemporaryDirectory(prefix="footfall-files") as folder:
        study = make_study(Path(folder) / "study", people)
        write_files(study.inbox, 0, files, people=people, parts=parts)
        paths = sorted(study.inbox.rglob("*.fit"))
        sizes = sorted(path.stat().st_size for path in paths)
        sample = Path(folder) / "sample"
        sample.mkdir()
        chosen = [
            str(shutil.copyfile(path, sample / f"{place}.fit"))
            for place, path in enumerate(random.Random(1).sample(paths, min(_SAMPLE, len(paths))))  # noqa: S311
        ]
        peers = [measure("fitparse", *chosen)]
        words = ("ingest", str(study.root), *(["load"] if only_load else []))
        runs = {f"{files:,} new": measure(*words)}
        peers.append(measure("fitparse", *chosen))
        runs["nothing new"] = measure(*words)
        write_files(study.inbox, files, files + _NIGHT, people=people, parts=parts)
        runs[f"{_NIGHT} new"] = measure(*words)
    return [
        "",
        f"## {files:,} files of {people} people",
        "",
        f"Bytes: smallest {sizes[0]:,}, median {statistics.median(sizes):,.0f}, mean {statistics.mean(sizes):,.0f},"
        f" largest {sizes[-1]:,}.",
        "",
        _HEAD,
        "|" + "---|" * _HEAD.count(" | ") + "---|",
        *(_row(name, one) for name, one in runs.items()),
        "",
        *_ratio(peers, next(iter(runs.values())), len(chosen), files),
        *_progress(next(iter(runs.values()))),
    ]


def _row(name: str, run: Measured) -> str:
    seconds = run.answer["seconds"]
    files = sum(run.answer["files"].values())
    phases = " | ".join(
        f"{seconds[phase]:.1f}" if phase in seconds else "-" for phase in ("derive", "compare", "check", "publish")
    )
    each = f"{seconds['load'] / files * 1000:.2f}" if files else "-"
    return (
        f"| {name} | {files:,} | {seconds['load']:.1f} | {run.answer['load_cpu']:.1f} | {each} | {phases}"
        f" | {run.seconds:.1f} | {run.cpu_seconds:.1f} | {run.peak_mb:,.0f} |"
    )


def _ratio(peers: list[Measured], run: Measured, sample: int, files: int) -> list[str]:
    wall = [peer.answer["seconds"] / sample for peer in peers]
    cpu = [peer.answer["cpu"] / sample for peer in peers]
    ours, ours_cpu = run.answer["seconds"]["load"] / files, run.answer["load_cpu"] / files
    by_wall, by_cpu = statistics.mean(wall) / ours, statistics.mean(cpu) / ours_cpu
    return [
        f"fitparse, {sample} of the files: {wall[0] * 1000:.1f} ms a file before and {wall[1] * 1000:.1f} after the load"
        f" ({cpu[0] * 1000:.1f} and {cpu[1] * 1000:.1f} CPU ms). The load: {ours * 1000:.2f} ms a file ({ours_cpu * 1000:.2f}"
        f" CPU ms in all processes), **{by_wall:.0f} times as fast**; {by_cpu:.0f} times by CPU. Load of the machine in the"
        f" last minute: {peers[0].load:.1f} before, {peers[1].load:.1f} after.",
        "",
    ]


def _progress(run: Measured) -> list[str]:
    said = "; ".join(
        f"at {share} {'nothing' if told is None else f'{told:.1f} s'} (then came {came:.1f} s)"
        for share, (told, came) in run.answer["told"].items()
    )
    return [f"What the progress bar said would remain of the load: {said}."]


if __name__ == "__main__":
    main()
