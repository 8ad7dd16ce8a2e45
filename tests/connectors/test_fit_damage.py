"""Damaged and hostile FIT files: the rows before the fault with a problem, or an error that says what to do."""

import random
import struct
from pathlib import Path

import pytest

from connectors import fit, fit_messages
from connectors.errors import ConnectorError, CorruptFileError
from connectors.fit_parts import crc16
from connectors.recording import Recording
from tests.connectors.fit_bytes import (
    MONDAY,
    RECORD,
    START,
    activity,
    file_id,
    monitoring,
    record,
    records,
    session,
    timer,
    typed,
    write,
)
from tests.connectors.fit_bytes import fit as fit_file
from tests.real_exports import REAL, needs_real_exports

WALK = 11


def _read(folder: Path, data: bytes) -> Recording:
    return fit.read(write(folder, data))


def _problems(recording: Recording) -> list[str]:
    return [problem.code for problem in recording.problems]


@pytest.mark.parametrize("size", [12, 14])
def test_both_header_sizes_and_a_header_crc_of_zero_are_legal(size: int, tmp_path: Path) -> None:
    assert _read(tmp_path, fit_file(file_id(4), records(range(10), cadence=50), header_size=size)).problems == ()


def test_the_crc_is_that_of_the_fit_protocol() -> None:
    # the check value of CRC-16/ARC
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"") == 0


def test_a_changed_byte_in_a_complete_file_is_refused_with_both_crcs(tmp_path: Path) -> None:
    data = bytearray(activity(records(range(10), cadence=50)))
    stated = int.from_bytes(data[-2:], "little")
    data[100] ^= 1
    with pytest.raises(CorruptFileError, match=f"expected the CRC {stated:#06x}.*found 0x.*at byte.*Copy the file"):
        _read(tmp_path, bytes(data))


def test_a_file_cut_anywhere_keeps_the_rows_before_the_cut_or_is_refused(tmp_path: Path) -> None:
    data = activity(records(range(6), cadence=50))
    whole = _read(tmp_path, data).epochs
    kept = []
    for length in range(12, len(data)):
        try:
            recording = _read(tmp_path, data[:length])
        except CorruptFileError:
            kept.append(0)
            continue
        assert _problems(recording) == ["truncated"]
        assert recording.epochs["epoch_start"].equals(whole["epoch_start"].head(recording.epochs.height))
        kept.append(recording.epochs.height)
    assert kept == sorted(kept)
    assert kept[-1] == 6


def test_a_recording_that_was_never_closed_is_read_to_its_end(tmp_path: Path) -> None:
    data = bytearray(activity(records(range(20), cadence=50)))
    data[4:8] = bytes(4)
    recording = _read(tmp_path, bytes(data[:-2]))
    assert recording.epochs.height == 20
    assert _problems(recording) == ["truncated"]


def test_chained_files_are_read_to_the_last_part(tmp_path: Path) -> None:
    first, second = (activity(records(range(n, n + 10), cadence=50)) for n in (0, 10))
    recording = _read(tmp_path, first + second)
    assert recording.epochs.height == 20
    assert recording.problems == ()


@pytest.mark.parametrize("fault", [b"no header", bytes(16)])
def test_a_damaged_later_part_does_not_take_the_first_one_with_it(fault: bytes, tmp_path: Path) -> None:
    first = activity(records(range(10), cadence=50))
    broken = bytearray(first)
    broken[60] ^= 1
    for tail in (fault, bytes(broken)):
        recording = _read(tmp_path, first + tail)
        assert recording.epochs.height == 10
        assert [(p.code, p.where) for p in recording.problems] == [("unreadable_part", f"byte {len(first)}")]


def test_a_message_that_cannot_be_read_ends_the_rows_and_says_where(tmp_path: Path) -> None:
    rows = records(range(10), cadence=50)
    # a definition with a two-byte number of three bytes
    wrong = struct.pack("<BBBHB", 0x41, 0, 0, 20, 1) + bytes([7, 3, 0x84])
    data = activity(rows, wrong, records(range(10, 20), cadence=50))
    recording = _read(tmp_path, data)
    assert recording.epochs.height == 10
    assert [(p.code, p.where) for p in recording.problems] == [("unreadable_message", f"byte {data.index(wrong)}")]
    with pytest.raises(CorruptFileError, match=r"none before the file breaks off \(unreadable_message\) at byte 14"):
        _read(tmp_path, fit_file(wrong, rows))


def _developer_data(index: bytes, base_type: int) -> bytes:
    """developer_data_id and field_description whose index is of any type."""
    size = len(index)
    identity = struct.pack("<BBBHB", 0x41, 0, 0, 207, 1) + bytes([3, size, base_type]) + b"\x01" + index
    fields = bytes([0, size, base_type, 1, 1, 2, 2, 1, 2])
    description = struct.pack("<BBBHB", 0x41, 0, 0, 206, 3) + fields + b"\x01" + index + bytes([0, 2])
    return identity + description


@pytest.mark.parametrize(
    "wrong",
    [
        _developer_data(struct.pack("<f", float("inf")), 0x88),  # OverflowError in fitparse
        _developer_data(struct.pack("<f", 1.5), 0x88),  # KeyError
        _developer_data(b"\x00\x00", 0x02),  # TypeError: an index of two numbers
        b"\x0f",  # FitParseError: a message without a definition
    ],
)
def test_whatever_fitparse_raises_is_a_problem_at_a_byte(wrong: bytes, tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(records(range(10), cadence=50), wrong))
    assert recording.epochs.height == 10
    assert _problems(recording) == ["unreadable_message"]


def test_a_developer_field_with_the_number_of_cadence_is_not_cadence(tmp_path: Path) -> None:
    developer = _developer_data(b"\x00", 0x02).replace(bytes([0, 2]), bytes([4, 2]))
    fields = bytes([253, 4, 0x86, 4, 1, 0x02])
    row = struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 2) + fields + bytes([1, 4, 1, 0])
    row += b"\x02" + struct.pack("<I", MONDAY) + bytes([50, 200])
    assert _read(tmp_path, activity(developer, row, session(0, 1, WALK))).epochs["steps"].to_list() == [
        pytest.approx(100 / 60)
    ]


def test_developer_fields_of_one_file_are_unknown_in_the_next(tmp_path: Path) -> None:
    undescribed = struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 1) + bytes([253, 4, 0x86]) + bytes([1, 0, 1, 0])
    rows = records(range(10), cadence=50)
    assert _problems(_read(tmp_path, activity(_developer_data(b"\x00", 0x02), rows, undescribed))) == []
    assert _problems(_read(tmp_path, activity(rows, undescribed))) == ["unreadable_message"]


def test_a_bomb_of_messages_without_fields_is_refused(tmp_path: Path) -> None:
    empty = struct.pack("<BBBHB", 0x40, 0, 0, 20, 0)
    with pytest.raises(CorruptFileError, match="10000 without a field"):
        _read(tmp_path, fit_file(file_id(4), empty, bytes(2_000_000)))


def test_more_messages_than_any_device_writes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_messages, "MAX_MESSAGES", 15)
    with pytest.raises(CorruptFileError, match="at most 15 messages"):
        _read(tmp_path, activity(records(range(10), cadence=50)))


def test_a_file_larger_than_any_device_writes_is_refused_unread(tmp_path: Path) -> None:
    path = write(tmp_path, activity(record(0)))
    with path.open("r+b") as file:
        file.truncate(fit_messages.MAX_BYTES + 1)
    with pytest.raises(CorruptFileError, match="a FIT file of at most"):
        fit.read(path)


def test_no_error_shows_the_serial_number(tmp_path: Path) -> None:
    data = bytearray(activity(records(range(10), cadence=50)))
    for wrong in (fit_file(file_id(2)), bytes(data[:60]), bytes(data[:-1]) + b"\x00"):
        try:
            _read(tmp_path, wrong)
        except ConnectorError as error:
            assert "1234567" not in str(error)


def _sealed(data: bytearray) -> bytes:
    data[4:8] = (len(data) - data[0] - 2).to_bytes(4, "little")
    data[-2:] = crc16(bytes(data[:-2])).to_bytes(2, "little")
    return bytes(data)


def _hostile(seeds: list[bytes], count: int) -> list[bytes]:
    """Copies with some bytes changed behind a valid CRC, and copies cut short."""
    dice = random.Random(20200304)  # noqa: S311  reproducible, not secret
    made = []
    for _ in range(count):
        data = bytearray(dice.choice(seeds))
        if dice.random() < 0.2:
            made.append(bytes(data[: dice.randrange(len(data))]))
            continue
        for _ in range(dice.choice((1, 2, 5, 20))):
            place = dice.randrange(14, len(data) - 2)
            data[place] = dice.randrange(256) if dice.random() < 0.5 else data[place] ^ (1 << dice.randrange(8))
        made.append(_sealed(data))
    return made


@pytest.mark.parametrize("source", ["made", pytest.param("real", marks=needs_real_exports)])
def test_a_hostile_file_gives_a_recording_or_a_clear_error(source: str, tmp_path: Path) -> None:
    """60 seeded files each; while this was written 46,000 others ended the same way."""
    if source == "made":
        seeds = [
            activity(timer(0, START), records(range(20), cadence=50, lat=9**9, lon=9**8), session(0, 20, WALK)),
            monitoring(*(typed(60 * n, n % 9, steps=n, active_ms=n) for n in range(20))),
        ]
    else:
        seeds = [p.read_bytes() for p in (REAL / "fit").iterdir() if ".fit" in p.name and p.stat().st_size < 3000]
    for data in _hostile(seeds, 60):
        path = write(tmp_path, data)
        try:
            recording = fit.read(path)
        except ConnectorError as error:
            assert error.expected
            assert error.found
        else:
            assert (recording.epochs["epoch_end"] >= recording.epochs["epoch_start"]).all()
