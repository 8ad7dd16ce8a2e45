"""Changes real and made device files and tables at random and reads them: no crash, no hang, no unbounded memory.

    python -m tests.fuzz --runs 20000 --seed 1

Each run takes a file, changes it (bits, bytes, stretches left out, doubled or taken from another file, cuts), seals
two of three FIT files with a valid CRC again, and reads it in a worker process that has 20 s and 1.5 GB. Whatever is
not a Recording or a ConnectorError is kept in the findings folder; the exit status is then 1.
"""

import argparse
import collections
import multiprocessing
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import connectors
from connectors import apple_health, fit, gpx
from connectors.errors import ConnectorError
from connectors.fit.crc import crc16
from sample_data.vendors import samples
from tests.connectors.apple_samples import export, pieces
from tests.real_exports import REAL

#: files above are left out: a change costs as much as a reading
MAX_SEED_BYTES = 120_000
SECONDS = 20
MEMORY = 1_500 * 1024 * 1024
_ODD = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
_ODD_TEXT = (
    b"nan",
    b"-",
    b"1e999",
    b"&#48;",
    b"<!--",
    b"]]>",
    b"<trkpt/>",
    b"</trkseg>",
    b'"',
    b"\xff",
    b"99999999999999999999",
    b"\n",
    b";",
    b",",
    b"]",
)

Reader = Callable[[Path], object]
#: names that some tables need: every sample's, so that a changed one still finds its dialect
_NAMES = tuple(sample.name for sample in samples())


def _table(path: Path) -> object:
    return connectors.read(path, names=_NAMES)


_READERS: dict[str, Reader] = {"fit": fit.read, "gpx": gpx.read, "xml": apple_health.read, "csv": _table}


def seeds() -> dict[str, list[bytes]]:
    """The files to start from, by kind: real exports where they are, and the project's own samples."""
    ours = Path(__file__).resolve().parents[1] / "sample_data"
    found: dict[str, list[bytes]] = {kind: [] for kind in _READERS}
    found["csv"] = [sample.content for sample in samples()]
    found["xml"] = [export(*pieces(seed)) for seed in range(3)]
    for folder in (REAL, ours / "fit", ours / "gpx"):
        for path in sorted(folder.rglob("*")):
            kind = path.suffix.lower().lstrip(".")
            if kind in found and path.is_file() and 0 < path.stat().st_size <= MAX_SEED_BYTES:
                found[kind].append(path.read_bytes())
    return found


def changed(data: bytes, other: bytes, dice: random.Random, kind: str) -> bytes:
    """A copy with a few changes."""
    made = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        at = dice.randrange(len(made)) if made else 0
        length = dice.choice((1, 2, 3, 8, 64, 512))
        match dice.randrange(8):
            case 0 if made:
                made[at] ^= 1 << dice.randrange(8)
            case 1 if made:
                made[at] = dice.choice(_ODD)
            case 2:
                made[at : at + length] = dice.randbytes(length)
            case 3:
                del made[at : at + length]
            case 4:
                made[at:at] = made[at : at + length] * dice.choice((1, 2, 50))
            case 5:
                start = dice.randrange(len(other))
                made[at : at + length] = other[start : start + length]
            case 6:
                made[at:at] = dice.choice(_ODD_TEXT) if kind != "fit" else bytes([dice.choice(_ODD)]) * length
            case _:
                del made[at if dice.random() < 0.2 else len(made) :]
    if kind == "fit" and len(made) > 16 and dice.random() < 0.67:
        made[4:8] = max(0, len(made) - made[0] - 2).to_bytes(4, "little")
        made[-2:] = crc16(bytes(made[:-2])).to_bytes(2, "little")
    return bytes(made)


def _cases(runs: int, seed: int) -> Iterator[tuple[int, str, bytes]]:
    files = seeds()
    kinds = [kind for kind in files if files[kind]]
    for run in range(runs):
        dice = random.Random(f"{seed}-{run}")  # noqa: S311  reproducible, not secret
        kind = dice.choice(kinds)
        yield run, kind, changed(dice.choice(files[kind]), dice.choice(files[kind]), dice, kind)


class _TooSlow(BaseException):  # no Exception, so that no reader can catch it
    """A file took too long."""


def _too_slow(*_: object) -> None:
    raise _TooSlow(f"more than {SECONDS} s")


def _limit() -> None:
    signal.signal(signal.SIGALRM, _too_slow)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _address_space(), resource.RLIM_INFINITY))


def _address_space() -> int:
    """What a worker has reserved before it reads anything: thread stacks and libraries."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _read(case: tuple[int, str, bytes]) -> tuple[int, str, str]:
    """The run, what became of it in a word, and for a finding the error."""
    run, kind, data = case
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
        file.write(data)
        file.flush()
        signal.alarm(SECONDS)
        try:
            _READERS[kind](Path(file.name))
        except ConnectorError as error:
            if not (error.expected and error.found):
                return run, "finding", f"an error without expected and found: {error!r}"
            return run, f"{kind}: {type(error).__name__}", ""
        except BaseException as error:
            return run, "finding", f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
    return run, f"{kind}: read", ""


def _read_all(cases: list[tuple[int, str, bytes]]) -> list[tuple[int, str, str]]:
    """What became of each case; one whose process died is a finding."""
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(mp_context=context, initializer=_limit) as pool:
            return list(pool.map(_read, cases, chunksize=20))
    except BrokenProcessPool:
        if len(cases) == 1:
            return [(cases[0][0], "finding", "the process that read it died")]
        half = len(cases) // 2
        return [*_read_all(cases[:half]), *_read_all(cases[half:])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    options = parser.parse_args()
    ends: collections.Counter[str] = collections.Counter()
    cases = _cases(options.runs, options.seed)
    while chunk := [case for _, case in zip(range(500), cases, strict=False)]:
        for (_, kind, data), (run, end, error) in zip(chunk, _read_all(chunk), strict=True):
            ends[end] += 1
            if error:
                options.findings.mkdir(exist_ok=True)
                (options.findings / f"{options.seed}-{run}.{kind}").write_bytes(data)
                print(f"run {run}: {error}", file=sys.stderr)
    print(f"{sum(ends.values())} runs, seed {options.seed}: {dict(sorted(ends.items()))}")
    return 1 if ends["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
