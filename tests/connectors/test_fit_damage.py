"""Damaged and hostile FIT files: the rows before the fault with a problem, or an error that says what to do."""

import random
import struct
from pathlib import Path

import pytest

from connectors import fit
from connectors.errors import ConnectorError, CorruptFileError
from connectors.fit import messages as fit_messages
from connectors.fit import walk as fit_walk
from connectors.fit.crc import crc16
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


def test_the_crc_equals_the_byte_by_byte_rule_at_every_length() -> None:
    dice = random.Random(1)  # noqa: S311  reproducible, not secret
    for length in (*range(1, 300), 4_095, 4_096, 4_097, 70_001):
        data = dice.randbytes(length)
        slow = 0
        for byte in data:
            slow ^= byte
            for _ in range(8):
                slow = slow >> 1 ^ (0xA001 if slow & 1 else 0)
        assert crc16(data) == slow
        assert crc16(data + slow.to_bytes(2, "little")) == 0


def test_a_changed_byte_flags_a_complete_file_and_the_rows_that_make_sense_are_kept(tmp_path: Path) -> None:
    data = bytearray(activity(records(range(10), cadence=50), session(0, 10, WALK)))
    whole = _read(tmp_path, bytes(data)).epochs
    data[-5] ^= 1  # within the session's time: every record is as it was
    recording = _read(tmp_path, bytes(data))
    assert [(p.code, p.where) for p in recording.problems] == [("bad_crc", f"byte {len(data) - 2}")]
    assert recording.epochs["epoch_start"].equals(whole["epoch_start"])


def test_a_fault_behind_a_wrong_crc_ends_the_rows_and_says_where(tmp_path: Path) -> None:
    rows = [records(range(n, n + 1), cadence=50) for n in range(10)]
    data = bytearray(activity(*rows))
    fault = len(data) - 2 - len(rows[0])
    data[fault] = 0x0F  # a message that nothing defines, in the place of the last record's definition
    recording = _read(tmp_path, bytes(data))
    assert recording.epochs.height == 9
    assert [(p.code, p.where) for p in recording.problems] == [
        ("bad_crc", f"byte {len(data) - 2}"),
        ("unreadable_message", f"byte {fault}"),
    ]


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
def test_what_follows_a_part_and_is_none_does_not_take_the_part_with_it(fault: bytes, tmp_path: Path) -> None:
    first = activity(records(range(10), cadence=50))
    recording = _read(tmp_path, first + fault)
    assert recording.epochs.height == 10
    assert [(p.code, p.where) for p in recording.problems] == [("unreadable_part", f"byte {len(first)}")]


def test_a_damaged_part_of_a_chain_is_flagged_and_the_others_are_read(tmp_path: Path) -> None:
    first, second = (activity(records(range(n, n + 10), cadence=50)) for n in (0, 10))
    for place in (0, 1):
        parts = [bytearray(first), bytearray(second)]
        parts[place][-6] ^= 1  # a cadence of fractions less or more
        recording = _read(tmp_path, bytes(parts[0] + parts[1]))
        assert recording.epochs.height >= 19
        assert _problems(recording)[0] == "bad_crc"


def test_a_message_that_nothing_defines_ends_the_rows_and_says_where(tmp_path: Path) -> None:
    rows = records(range(10), cadence=50)
    data = activity(rows, b"\x0f", records(range(10, 20), cadence=50))
    recording = _read(tmp_path, data)
    assert recording.epochs.height == 10
    place = data.index(rows) + len(rows)
    assert [(p.code, p.where) for p in recording.problems] == [("unreadable_message", f"byte {place}")]
    with pytest.raises(CorruptFileError, match=r"none before the file breaks off \(unreadable_message\) at byte 14"):
        _read(tmp_path, fit_file(b"\x0f", rows))


def test_a_field_whose_size_its_type_does_not_divide_costs_no_other_field(tmp_path: Path) -> None:
    # the distance as a four-byte number of one byte, as one maker writes it
    fields = bytes([253, 4, 0x86, 5, 1, 0x86, 4, 1, 0x02])
    odd = struct.pack("<BBBHB", 0x41, 0, 0, RECORD, 3) + fields
    odd += b"".join(b"\x01" + struct.pack("<IBB", MONDAY + n, 7, 50) for n in range(10, 20))
    recording = _read(tmp_path, activity(records(range(10), cadence=50), odd, session(0, 20, WALK)))
    assert recording.epochs["steps"].count() == 20
    assert recording.problems == ()


def _developer_data(index: bytes, base_type: int) -> bytes:
    """developer_data_id and field_description whose index is of any type."""
    size = len(index)
    identity = struct.pack("<BBBHB", 0x41, 0, 0, 207, 1) + bytes([3, size, base_type]) + b"\x01" + index
    fields = bytes([0, size, base_type, 1, 1, 2, 2, 1, 2])
    description = struct.pack("<BBBHB", 0x41, 0, 0, 206, 3) + fields + b"\x01" + index + bytes([0, 2])
    return identity + description


@pytest.mark.parametrize(
    "strange",
    [
        _developer_data(struct.pack("<f", float("inf")), 0x88),
        _developer_data(struct.pack("<f", 1.5), 0x88),
        _developer_data(b"\x00\x00", 0x02),
    ],
)
def test_a_strange_description_of_developer_fields_harms_nothing_else(strange: bytes, tmp_path: Path) -> None:
    recording = _read(tmp_path, activity(strange, records(range(10), cadence=50), session(0, 10, WALK)))
    assert recording.epochs["steps"].count() == 10
    assert recording.problems == ()


def test_a_developer_field_with_the_number_of_cadence_is_not_cadence(tmp_path: Path) -> None:
    developer = _developer_data(b"\x00", 0x02).replace(bytes([0, 2]), bytes([4, 2]))
    fields = bytes([253, 4, 0x86, 4, 1, 0x02])
    row = struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 2) + fields + bytes([1, 4, 1, 0])
    row += b"\x02" + struct.pack("<I", MONDAY) + bytes([50, 200])
    assert _read(tmp_path, activity(developer, row, session(0, 1, WALK))).epochs["steps"].to_list() == [
        pytest.approx(100 / 60)
    ]


def test_a_developer_field_that_nothing_describes_is_passed_over(tmp_path: Path) -> None:
    undescribed = struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 1) + bytes([253, 4, 0x86]) + bytes([1, 0, 3, 0])
    undescribed += b"\x02" + struct.pack("<I", MONDAY + 10) + bytes(3)
    recording = _read(tmp_path, activity(records(range(10), cadence=50), undescribed))
    assert recording.rows_read == 11
    assert recording.problems == ()


def test_a_foot_pod_that_stands_for_cadence_counts_where_the_watch_has_none(tmp_path: Path) -> None:
    names = {0: 0, 1: 7, 2: 0x02, 14: RECORD, 15: 4}
    described = struct.pack("<BBBHB", 0x41, 0, 0, 206, 5)
    described += bytes([0, 1, 2, 1, 1, 2, 2, 1, 2, 14, 2, 0x84, 15, 1, 2])
    described += b"\x01" + struct.pack("<BBBHB", *names.values())
    row = struct.pack("<BBBHB", 0x62, 0, 0, RECORD, 1) + bytes([253, 4, 0x86]) + bytes([1, 7, 1, 0])
    row += b"".join(b"\x02" + struct.pack("<IB", MONDAY + n, 45) for n in range(60))
    assert _read(tmp_path, activity(described, row, session(0, 60, WALK))).epochs["steps"].sum() == pytest.approx(90)


def test_a_bomb_of_messages_without_fields_is_refused(tmp_path: Path) -> None:
    empty = struct.pack("<BBBHB", 0x40, 0, 0, 20, 0)
    with pytest.raises(CorruptFileError, match="at most 400000 messages"):
        _read(tmp_path, fit_file(file_id(4), empty, bytes(2_000_000)))


def test_more_messages_than_any_device_writes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_walk, "MAX_MESSAGES", 5)
    with pytest.raises(CorruptFileError, match="at most 5 messages"):
        _read(tmp_path, activity(records(range(10), cadence=50)))


def test_more_definitions_than_any_device_writes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_walk, "MAX_DEFINITIONS", 5)
    with pytest.raises(CorruptFileError, match="at most 5 definitions"):
        _read(tmp_path, activity(records(range(10), cadence=50)))


def test_a_hostile_neighbour_costs_the_others_of_a_batch_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = activity(records(range(4), cadence=50), session(0, 4, WALK))
    many = activity(records(range(60), cadence=50))
    monkeypatch.setattr(fit_walk, "MAX_MESSAGES", 20)
    paths = [write(tmp_path, data, f"{n}.fit") for n, data in enumerate([good, many, b"no header", good[:-20], good])]
    alone = []
    for path in paths:
        try:
            alone.append(fit.read(path).epochs.height)
        except CorruptFileError as error:
            alone.append(str(error))
    together = [str(f) if isinstance(f, ConnectorError) else f.epochs.height for f in fit.read_many(paths)]
    assert together == alone
    assert together[0] == together[4] == 4


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
