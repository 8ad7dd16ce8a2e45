"""The slow way through a FIT file: the same tables, and the files that only it can hold."""

import struct
from pathlib import Path

import numpy as np
import pytest

from connectors import fit
from connectors.fit import by_row as fit_by_row
from connectors.fit import columns as fit_columns
from connectors.fit.parts import Chain, chains
from connectors.fit.walk import walk
from tests.connectors.fit_bytes import MONDAY, RECORD, activity, records, session, write
from tests.real_exports import REAL, needs_real_exports

WALK = 11


def _two_values(first: int, second: int) -> bytes:
    """A record that states its cadence twice."""
    head = struct.pack("<BBBHB", 0x43, 0, 0, RECORD, 3) + bytes([253, 4, 0x86, 4, 1, 0x02, 4, 1, 0x02])
    return head + b"\x03" + struct.pack("<IBB", MONDAY + 10, first, second)


def test_a_message_that_states_a_field_twice_alike_is_read_in_columns(tmp_path: Path) -> None:
    recording = fit.read(write(tmp_path, activity(_two_values(60, 60), session(10, 11, WALK))))
    assert recording.epochs["steps"].to_list() == [pytest.approx(2)]
    assert recording.problems == ()


def test_a_message_with_two_values_of_a_field_is_read_by_row_and_the_first_one_counts(tmp_path: Path) -> None:
    data = activity(records(range(10), cadence=50), _two_values(60, 90), session(0, 11, WALK))
    recording = fit.read(write(tmp_path, data))
    assert recording.epochs["steps"].to_list()[-1] == pytest.approx(2)
    assert recording.epochs.height == 11
    assert [(p.code, p.where) for p in recording.problems] == [
        ("read_by_row", "a field with two values in one message")
    ]


def test_only_the_file_that_needs_it_is_read_by_row(tmp_path: Path) -> None:
    good = activity(records(range(10), cadence=50), session(0, 10, WALK))
    odd = activity(_two_values(60, 90), session(10, 11, WALK))
    found = fit.read_many([write(tmp_path, data, f"{n}.fit") for n, data in enumerate((good, odd, good))])
    assert [[problem.code for problem in one.problems] for one in found if isinstance(one, fit.Recording)] == [
        [],
        ["read_by_row"],
        [],
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        struct.pack("<BBBHB", 0x41, 0, 0, RECORD, 1) + bytes([7, 3, 0x84]),  # FitParseError: a field size
        struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 1) + bytes([253, 4, 0x86, 1, 0, 9, 0]),  # an unknown developer
        struct.pack("<BBBHB", 0x41, 0, 0, 206, 2) + bytes([0, 2, 2, 1, 1, 2]) + b"\x01\x00\x00\x00",  # TypeError
    ],
)
def test_whatever_fitparse_raises_on_the_slow_way_is_a_problem_at_a_byte(wrong: bytes, tmp_path: Path) -> None:
    data = activity(_two_values(60, 90), session(10, 11, WALK), wrong, records(range(20, 30), cadence=50))
    recording = fit.read(write(tmp_path, data))
    assert {problem.code for problem in recording.problems} == {"read_by_row", "unreadable_message"}
    assert recording.epochs["steps"].to_list() == [pytest.approx(2)]


def test_the_slow_way_takes_no_more_than_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_by_row, "MAX_MESSAGES", 5)
    data = activity(records(range(10), cadence=50), _two_values(60, 90))
    with pytest.raises(fit.ConnectorError, match="at most 5 messages in a file that is read by row"):
        fit.read(write(tmp_path, data))


def _small(below: int) -> list[Path]:
    folder = REAL / "fit"
    return [p for p in sorted(folder.glob("*")) if p.suffix.lower() == ".fit" and p.stat().st_size < below]


@needs_real_exports
@pytest.mark.parametrize("path", _small(9_000), ids=lambda path: path.name)
def test_both_ways_give_the_same_tables_of_a_real_file(path: Path) -> None:
    data = path.read_bytes()
    chain = chains([(path, data)])[0]
    assert isinstance(chain, Chain)
    walked = walk(data, [chain.parts])
    slow, _ = fit_by_row.tables(data, chain.parts, walked)
    fast = fit_columns.tables(data, walked)
    assert slow.keys() == fast.keys()
    for message, table in slow.items():
        assert table.positions.tolist() == fast[message].positions.tolist()
        for number in fast[message].numbers:
            ours, theirs = fast[message].column(number).first(), table.column(number)
            # fitparse adds the time of a compressed header, which the tables get later
            if number == fit_columns.TIMESTAMP:
                continue
            assert theirs.valid.tolist() == ours.valid.tolist(), (message, number)
            assert np.array_equal(theirs.values[ours.valid], ours.values[ours.valid]), (message, number)
