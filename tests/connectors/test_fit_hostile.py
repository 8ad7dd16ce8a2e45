"""FIT files made to do harm: each is read with flags or ends in a clear error, within bounded memory."""

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from connectors import fit as reader
from connectors.errors import ConnectorError
from tests.connectors.fit_bytes import (
    DEVICE_INFO,
    EVENT,
    FIELD_DESCRIPTION,
    MONDAY,
    MONITORING,
    RECORD,
    SESSION,
    activity,
    file_id,
    fit,
    monitoring,
    session,
)

WALK = 11
#: as many messages as a file may have, less those around them
MANY = 399_000
#: mebibytes of a process that reads one of these files, Python and libraries included
MOST_MEMORY_MB = 300


def _rows(message: int, fields: bytes, count: int = 0, **columns: npt.ArrayLike) -> bytes:
    """A definition of local type 1 and its messages; fields: number, size, base type; columns: NumPy type_name=values."""
    definition = struct.pack("<BBBHB", 0x41, 0, 0, message, len(fields) // 3) + fields
    rows = np.zeros(count, dtype=[("header", "u1"), *((name, "<" + name.partition("_")[0]) for name in columns)])
    rows["header"] = 1
    for name, values in columns.items():
        rows[name] = values
    return definition + rows.tobytes()


def _records(count: int, step: int = 1) -> bytes:
    fields = bytes([253, 4, 0x86, 4, 1, 2])
    return _rows(RECORD, fields, count, u4_time=MONDAY + step * np.arange(count), u1_cadence=50)


def _walk(count: int) -> bytes:
    fields = bytes([253, 4, 0x86, 4, 1, 2, 0, 4, 0x85, 1, 4, 0x85])
    second = np.arange(count)
    return _rows(
        RECORD, fields, count, u4_time=MONDAY + second, u1_cadence=50, i4_lat=500_000_000 + second * 160, i4_lon=10**8
    )


def _hostile() -> Iterator[tuple[str, bytes]]:
    many = np.arange(MANY)
    stamped = bytes([253, 4, 0x86])
    yield "messages without fields", fit(file_id(4), _rows(RECORD, b""), b"\x01" * 2_000_000)
    yield "a time of no size", fit(_rows(RECORD, bytes([253, 0, 0x86, 4, 1, 2]), 300_000, u1_cadence=50))
    yield "records", activity(_records(MANY), session(0, MANY, WALK))
    yield "records far apart", activity(_records(MANY, step=31), session(0, MANY, WALK))
    yield "positions on foot", activity(_walk(MANY), session(0, MANY, WALK))
    yield "positions without sport", activity(_walk(MANY))
    short = activity(_records(10))
    yield "four gigabytes declared", short[:4] + (0xFFFFFFF0).to_bytes(4, "little") + short[8:]
    yield "a long chain", short * 900
    yield "a longer chain", short * 5_000
    yield "definitions", activity(_records(1) * 99_000)
    yield "different definitions", fit(*(_rows(n, bytes([1, 1 + n % 250, 2])) for n in range(60_000)))
    kinds = stamped + bytes([5, 1, 0])
    yield "sessions", activity(_records(10), _rows(SESSION, kinds, 100_000, u4_time=MONDAY, u1_sport=WALK))
    pauses = {"u4_time": MONDAY + many % 1000, "u1_event": 0, "u1_type": 4 * (many % 2)}
    yield "pauses", activity(_records(500), _rows(EVENT, stamped + bytes([0, 1, 0, 1, 1, 0]), MANY, **pauses))
    yield "devices", activity(_records(500), _rows(DEVICE_INFO, bytes([2, 2, 0x84]), MANY, u2_manufacturer=1))
    described = np.arange(200_000)
    yield (
        "field descriptions",
        activity(
            _rows(
                FIELD_DESCRIPTION,
                bytes([0, 1, 2, 1, 1, 2, 2, 1, 2, 14, 2, 0x84, 15, 1, 2]),
                len(described),
                u1_index=described % 250,
                u1_number=described // 250 % 250,
                u1_type=2,
                u2_message=RECORD,
                u1_field=4,
            ),
            _records(100_000),
        ),
    )
    rows = {"u4_time": MONDAY + many, "u1_type": 1 + 5 * (many % 2), "u4_cycles": many}
    yield "monitoring", monitoring(_rows(MONITORING, stamped + bytes([5, 1, 0, 3, 4, 0x86]), MANY, **rows))
    twice = _rows(RECORD, stamped + bytes([4, 1, 2, 4, 1, 2]), 99_000, u4_time=MONDAY, u1_cadence=5, u1_again=6)
    yield "two values of a field", activity(twice)
    compressed = np.stack([0xA0 | many % 32, np.full(MANY, 50)], axis=1).astype(np.uint8).tobytes()
    yield "compressed times", activity(_records(1), _rows(RECORD, bytes([4, 1, 2])), compressed, session(0, MANY, WALK))
    yield "text", fit(file_id(4), _rows(0, bytes([8, 250, 7]), 60_000, S250_text=b"x" * 250))


_CHILD = """
import sys
from pathlib import Path
from connectors import fit
for path in sys.argv[1:]:
    try:
        print("read", fit.read(Path(path)).epochs.height)
    except fit.ConnectorError as error:
        assert error.expected and error.found
        print("refused", error)
# the peak of this process alone: getrusage would count what the one that started it held
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell the memory of a process elsewhere")
def test_hostile_files_are_read_or_refused_within_bounded_memory(tmp_path: Path) -> None:
    paths = {}
    for name, data in _hostile():
        paths[name] = tmp_path / f"{name}.fit"
        paths[name].write_bytes(data)
    command = [sys.executable, "-c", _CHILD, *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    *said, memory_mb = done.stdout.strip().splitlines()
    ends = dict(zip(paths, said, strict=True))
    refused = {name for name, end in ends.items() if end.startswith("refused expected")}
    assert refused == {
        "messages without fields",
        "a time of no size",
        "a longer chain",
        "different definitions",
        "sessions",
        "two values of a field",
        "text",
    }
    assert all(end.startswith("read ") for name, end in ends.items() if name not in refused)
    assert int(memory_mb) < MOST_MEMORY_MB


def test_a_chain_of_500_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "chain.fit"
    path.write_bytes(activity(_records(3)))
    with path.open("r+b") as file:
        file.truncate(500_000_000)
    with pytest.raises(ConnectorError, match="found 500000000 bytes"):
        reader.read(path)
