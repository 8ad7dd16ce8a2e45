"""The command: makes the files, asks whether all three ways read the same, times them in turn and prints the table.

    python -m benchmarks.exports        # or: make benchmark-exports

pandas lives in an environment of its own (.bench/exports), never in the project's.
"""

import datetime as dt
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import IO, Any, cast

from benchmarks.exports.made import FORMATS

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[1]
_READERS = ("footfall", "polars", "pandas")
_ROUNDS = 7


class _Reader:
    """A child process that reads on request."""

    def __init__(self, name: str, python: str) -> None:
        path = os.pathsep.join([str(_CHECKOUT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.exports.child", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def ask(self, name: str, path: Path) -> dict[str, Any]:
        stdin, stdout = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)
        stdin.write(json.dumps([name, str(path)]) + "\n")
        stdin.flush()
        return dict(json.loads(stdout.readline()))

    def close(self) -> None:
        cast(IO[str], self.process.stdin).close()
        self.process.wait()


def _pandas_python() -> str:
    folder = _CHECKOUT / ".bench" / "exports"
    python, wanted = folder / "bin" / "python", (_HERE / "requirements.txt").read_text(encoding="utf-8")
    stamp = folder / "made-of.txt"
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "-r", str(_HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def _row(name: str, path: Path, minutes: int, readers: dict[str, _Reader]) -> str:
    told = {reader: readers[reader].ask(name, path)["told"] for reader in _READERS}
    if len({json.dumps(one) for one in told.values()}) > 1:
        raise SystemExit(f"{name}: the ways differ: {told}")
    seconds: dict[str, list[float]] = {reader: [] for reader in _READERS}
    for _ in range(_ROUNDS):
        for reader in _READERS:
            seconds[reader].append(readers[reader].ask(name, path)["seconds"])
    middle = {reader: statistics.median(times) for reader, times in seconds.items()}
    speeds = " | ".join(f"{minutes / middle[reader]:,.0f}" for reader in _READERS)
    ratios = " | ".join(f"{middle[reader] / middle['footfall']:.2f}" for reader in _READERS[1:])
    return f"| {name} | {path.stat().st_size / 1e6:.1f} | {minutes:,} | {speeds} | {ratios} |"


def main() -> None:
    """Prints the table and writes it to results.md."""
    readers = {
        "footfall": _Reader("footfall", sys.executable),
        "polars": _Reader("polars", sys.executable),
        "pandas": _Reader("pandas", _pandas_python()),
    }
    lines = [
        "| format | MB | minutes | footfall, minutes/s | Polars, minutes/s | pandas, minutes/s | speed / Polars | / pandas |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, (file_name, make) in FORMATS.items():
            path = Path(folder) / file_name
            lines.append(_row(name, path, make(path, random.Random(20260301)), readers))  # noqa: S311 - made-up data
            path.unlink()
    for reader in readers.values():
        reader.close()
    lines += [
        "",
        f"One run on {dt.datetime.now(dt.UTC):%Y-%m-%d}: Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" {platform.machine()}.",
        f"Median of {_ROUNDS} rounds in turn, after one that proved rows, sum, first and last time equal.",
    ]
    print("\n".join(lines))
    (_HERE / "results.md").write_text(
        "# Exports read, against the shortest scripts\n\n" + "\n".join(lines) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
