"""Whole FIT files as frames: what fields mean, on files made for it."""

import csv
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fitparse.profile import FIELD_TYPES, MESSAGE_TYPES
from fitparse.records import BASE_TYPES
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import CorruptFileError
from connectors.fit import components as fit_components
from connectors.fit import dictionary as fit_dictionary
from connectors.fit.columns import Column
from connectors.fit.dictionary import Component, units
from connectors.fit.frames import frames
from tests.connectors.fit_bytes import (
    EVENT,
    FILE_ID,
    MONDAY,
    MONITORING,
    RECORD,
    SESSION,
    data,
    definition,
    description,
    fit,
    message,
    monitoring,
    typed,
    write,
)

UINT8, UINT16, UINT32, BYTES, TEXT = 0x02, 0x84, 0x86, 0x0D, 0x07
AT = datetime(2024, 3, 4, tzinfo=UTC)
HR, UNKNOWN = 132, 0xFF01


def _read(folder: Path, *messages: bytes) -> dict[str, pl.DataFrame]:
    return frames(write(folder, fit(*messages)))


@pytest.mark.parametrize("big_endian", [False, True])
def test_scale_offset_time_and_invalid_values_in_both_byte_orders(big_endian: bool, tmp_path: Path) -> None:
    fields = [(6, 2, UINT16), (2, 2, UINT16), (253, 4, UINT32)]
    order = ">" if big_endian else "<"
    rows = [data(struct.pack(f"{order}HHI", *row)) for row in ((2345, 2600, MONDAY), (0xFFFF, 0xFFFF, MONDAY + 1))]
    record = _read(tmp_path, definition(RECORD, fields, big_endian=big_endian), *rows)["record"]
    assert record.columns == ["timestamp", "speed", "altitude", "enhanced_speed", "enhanced_altitude"]
    assert record.rows() == [(AT, 2.345, 20.0, 2.345, 20.0), (AT + timedelta(seconds=1), None, None, None, None)]
    assert record.dtypes == [pl.Datetime("us", "UTC"), *[pl.Float64] * 4]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("identifier", [number for number in BASE_TYPES if number not in (TEXT, BYTES)])
def test_every_base_type_has_its_values_and_its_invalid_one(identifier: int, order: str, tmp_path: Path) -> None:
    base = BASE_TYPES[identifier]
    size, whole = struct.calcsize(base.fmt), base.fmt not in "fd"
    unset: float = 0 if base.name.endswith("z") else float("nan")
    if whole and not base.name.endswith("z"):
        unset = 2 ** (8 * size - base.fmt.islower()) - 1
    told = [1, 2 ** (8 * size - 1) - 2] if whole else [0.5, -2.0]
    rows = [data(struct.pack(order + base.fmt, value)) for value in (*told, unset)]
    head = definition(UNKNOWN, [(7, size, identifier)], big_endian=order == ">")
    column = _read(tmp_path, head, *rows)["unknown_65281"]["unknown_7"]
    assert column.to_list() == [*told, None]
    assert column.dtype == (pl.Int64 if whole else pl.Float64)


def test_unsigned_numbers_beyond_63_bits_stay_unsigned(tmp_path: Path) -> None:
    head = definition(UNKNOWN, [(1, 8, 0x8F)])
    rows = [data(struct.pack("<Q", value)) for value in (2**63, 2**64 - 2, 2**64 - 1)]
    column = _read(tmp_path, head, *rows)["unknown_65281"]["unknown_1"]
    assert column.dtype == pl.UInt64
    assert column.to_list() == [2**63, 2**64 - 2, None]


def test_arrays_are_lists_without_the_invalid_elements_at_their_end(tmp_path: Path) -> None:
    head = definition(SESSION, [(65, 12, UINT32)])  # time_in_hr_zone, in milliseconds
    none = 0xFFFFFFFF
    rows = [data(struct.pack("<3I", *row)) for row in ((1000, none, 3500), (2000, none, none), (none, none, none))]
    longer = definition(SESSION, [(65, 16, UINT32)]) + data(struct.pack("<4I", 1, 2, 3, 4))
    column = _read(tmp_path, head, *rows, longer)["session"]["time_in_hr_zone"]
    assert column.to_list() == [[1.0, None, 3.5], [2.0], None, [0.001, 0.002, 0.003, 0.004]]


def test_bytes_are_one_value_that_is_invalid_only_as_a_whole(tmp_path: Path) -> None:
    rows = [data(bytes(row)) for row in ((1, 0xFF, 0xFF), (0xFF, 0xFF, 0xFF))]
    column = _read(tmp_path, definition(UNKNOWN, [(1, 3, BYTES)]), *rows)["unknown_65281"]["unknown_1"]
    assert column.to_list() == [[1, 255, 255], None]


def test_an_odd_size_is_bytes_and_a_size_of_zero_is_nothing(tmp_path: Path) -> None:
    head = definition(RECORD, [(90, 3, UINT16), (3, 0, UINT8), (4, 1, UINT8)])
    record = _read(tmp_path, head, data(bytes([1, 2, 3, 85])))["record"]
    assert record.to_dicts() == [{"unknown_90": [1, 2, 3], "heart_rate": None, "cadence": 85}]


@pytest.mark.parametrize("second", [60, 90])
def test_of_a_field_that_comes_twice_the_first_value_counts(second: int, tmp_path: Path) -> None:
    head = definition(RECORD, [(4, 1, UINT8), (4, 1, UINT8)])
    assert _read(tmp_path, head, data(bytes([60, second])))["record"]["cadence"].to_list() == [60]


def test_text_ends_at_its_first_zero_byte(tmp_path: Path) -> None:
    rows = [data(text) for text in (b"Walk\0xx", b"\0\0\0\0\0\0\0", b"\xffalk\0\0\0")]
    column = _read(tmp_path, definition(12, [(3, 7, TEXT)]), *rows)["sport"]["name"]
    assert column.to_list() == ["Walk", None, "�alk"]


def test_enumerations_are_names_and_numbers_without_a_name_are_text(tmp_path: Path) -> None:
    sport = _read(tmp_path, *(message(12, {0: number, 1: sub}) for number, sub in ((11, 27), (252, 0), (255, 255))))[
        "sport"
    ]
    assert sport["sport"].to_list() == ["walking", "252", None]
    assert sport["sub_sport"].to_list() == ["indoor_walking", "generic", None]


def test_truths_local_times_and_early_dates(tmp_path: Path) -> None:
    head = definition(103, [(0, 4, UINT32), (253, 4, UINT32)]) + definition(3, [(4, 1, 0)], local=1)
    found = _read(tmp_path, head, data(struct.pack("<II", MONDAY + 3600, 60)))
    assert found["monitoring_info"].rows() == [(datetime(1989, 12, 31, 0, 1, tzinfo=UTC), datetime(2024, 3, 4, 1))]  # noqa: DTZ001
    assert found["monitoring_info"].dtypes == [pl.Datetime("us", "UTC"), pl.Datetime("us")]
    settings = _read(
        tmp_path, definition(21, [(0, 1, 0)]), data(b"\0"), definition(2, [(36, 1, 0)]), data(b"\1"), data(b"\xff")
    )
    assert settings["device_settings"]["activity_tracker_enabled"].to_list() == [True, None]


def test_steps_are_steps_wherever_the_activity_type_sits(tmp_path: Path) -> None:
    rows = [
        typed(60, 6, steps=100),
        typed(120, 1, steps=31),
        message(MONITORING, {3: 315, 24: 6 | 2 << 5}),
        message(MONITORING, {3: 9, 24: 1}),
        message(MONITORING, {3: 11, 24: 2}),
        typed(240, 8, steps=7),
        message(MONITORING, {3: 21}),
    ]
    found = frames(write(tmp_path, monitoring(*rows)))["monitoring"]
    assert found["steps"].to_list() == [100, 31, 315, 9, None, None, None]
    assert found["strokes"].to_list() == [None, None, None, None, 5.5, None, None]
    assert found["cycles"].to_list() == [None, None, None, None, None, 3.5, 10.5]
    assert found["activity_type"].to_list() == [
        "walking",
        "running",
        "walking",
        "running",
        "cycling",
        "sedentary",
        None,
    ]
    assert found["intensity"].to_list() == [None, None, 2, 0, 0, None, None]
    assert found["steps"].dtype == pl.Int64


def test_a_sub_field_has_a_column_of_its_own_and_the_field_keeps_the_other_rows(tmp_path: Path) -> None:
    found = _read(tmp_path, message(FILE_ID, {1: 1, 2: 2927}), message(FILE_ID, {1: 294, 2: 2927}))["file_id"]
    assert found["product"].to_list() == [None, 2927]
    assert found["garmin_product"].to_list() == ["vivosmart_4", None]
    session = _read(tmp_path, message(SESSION, {5: 1, 10: 500}), message(SESSION, {5: 2, 10: 70}))["session"]
    assert session["total_strides"].to_list() == [500, None]
    assert session["total_cycles"].to_list() == [None, 70]


def test_a_sub_field_is_taken_apart_only_where_it_is_one(tmp_path: Path) -> None:
    head = definition(EVENT, [(0, 1, 0), (3, 4, UINT32)])
    gears = 11 | 25 << 8 | 2 << 16 | 50 << 24
    event = _read(tmp_path, head, data(struct.pack("<BI", 42, gears)), data(struct.pack("<BI", 36, 7)))["event"]
    assert event["gear_change_data"].to_list() == [gears, None]
    names = ["rear_gear_num", "rear_gear", "front_gear_num", "front_gear"]
    assert event.select(names).rows() == [(11, 25, 2, 50), (None,) * 4]
    short = definition(EVENT, [(0, 1, 0), (2, 2, UINT16)]) + data(struct.pack("<BH", 4, 1))
    assert _read(tmp_path, short)["event"]["data"].to_list() == [1]


def test_a_value_of_its_own_wins_over_a_component(tmp_path: Path) -> None:
    head = definition(RECORD, [(6, 2, UINT16), (73, 4, UINT32)])
    rows = [data(struct.pack("<HI", 1000, 1001)), data(struct.pack("<HI", 2000, 0xFFFFFFFF))]
    assert _read(tmp_path, head, *rows)["record"]["enhanced_speed"].to_list() == [1.001, 2.0]


def _speed_distance(speed: int, distance: int) -> bytes:
    return data((speed | distance << 12).to_bytes(3, "little"), 1)


def test_a_counter_of_few_bits_goes_on_and_starts_anew_in_each_part(tmp_path: Path) -> None:
    head = definition(RECORD, [(8, 3, BYTES)], local=1)
    rows = [_speed_distance(250, 4000), _speed_distance(300, 4090), _speed_distance(310, 10), data(b"\xff\xff\xff", 1)]
    one = fit(head, *rows, _speed_distance(1, 20))
    record = frames(write(tmp_path, one + one))["record"]
    metres = [4000 / 16, 4090 / 16, (4096 + 10) / 16, None, (4096 + 20) / 16]
    assert record["distance"].to_list() == metres * 2
    assert record["speed"].to_list() == [2.5, 3.0, 3.1, None, 0.01] * 2


def test_a_counter_goes_on_from_the_value_that_a_message_states(tmp_path: Path) -> None:
    total = definition(RECORD, [(19, 4, UINT32)]) + data(struct.pack("<I", 1000))
    low = definition(RECORD, [(18, 1, UINT8)], local=1)
    rows = [data(bytes([value]), 1) for value in (1000 % 256 + 3, 5)]
    record = _read(tmp_path, total, low, *rows, low, data(b"\x07", 1))["record"]
    assert record["total_cycles"].to_list() == [1000, 1003, 1029, 1031]


def test_several_components_of_one_field_are_a_list(tmp_path: Path) -> None:
    first = definition(HR, [(9, 4, UINT32)]) + data(struct.pack("<I", 5000))
    packed = (5000 + 500) % 4096 | (5000 + 4000) % 4096 << 12
    rows = definition(HR, [(10, 3, BYTES), (1, 1, UINT8)], local=1) + data(packed.to_bytes(3, "little") + b"\x80", 1)
    found = _read(tmp_path, first, rows)["hr"]
    assert found["event_timestamp"].to_list() == [[5000 / 1024], [5500 / 1024, 9000 / 1024]]
    assert found["fractional_timestamp"].to_list() == [None, 0.5]


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 5000), st.lists(st.integers(0, 255), min_size=2, max_size=2)), min_size=1
    )
)
def test_counters_go_on_as_a_loop_over_the_values_says(rows: list[tuple[int | None, list[int]]]) -> None:
    counted, expected = 0, []
    for stated, lows in rows:
        counted = counted if stated is None else stated
        for low in lows:
            counted += (low - counted) % 256
            expected.append(counted)
    component = Component(9, 8, 0, None, None, accumulates=True)
    stated = Column(np.array([s or 0 for s, _ in rows]), np.array([s is not None for s, _ in rows]))
    lows = np.array([low for _, low in rows])
    column = fit_components._accumulated(
        Column(lows, np.ones_like(lows, dtype=bool)), component, (stated, fit_dictionary.Meaning("x")), np.array([0])
    )
    assert column.values.ravel().tolist() == expected


def _with_developer_fields(fields: list[tuple[int, int, int]], *content: bytes) -> bytes:
    return definition(RECORD, [(4, 1, UINT8)], fields) + b"".join(data(b"\x50" + one) for one in content)


def test_developer_fields_have_the_names_scales_and_types_of_their_descriptions(tmp_path: Path) -> None:
    told = [
        description(0, 0, UINT16, "Power"),
        description(0, 1, 0x88, "Leg Spring"),
        description(0, 2, UINT8, "vo2", scale=10, offset=5),
        description(1, 0, UINT8, "cadence"),
    ]
    fields = [(0, 2, 0), (1, 4, 0), (2, 1, 0), (0, 1, 1), (9, 2, 1)]
    content = struct.pack("<HfBB", 250, 9.5, 80, 60), struct.pack("<HfBB", 0xFFFF, float("nan"), 0xFF, 0xFF)
    record = _read(tmp_path, *told, _with_developer_fields(fields, *(one + b"\1\2" for one in content)))["record"]
    assert record.to_dicts() == [
        {
            "cadence": 80,
            "Power": 250,
            "Leg Spring": 9.5,
            "vo2": 3.0,
            "cadence_developer_1_0": 60,
            "developer_1_9": [1, 2],
        },
        {
            "cadence": 80,
            "Power": None,
            "Leg Spring": None,
            "vo2": None,
            "cadence_developer_1_0": None,
            "developer_1_9": [1, 2],
        },
    ]


def test_a_developer_field_that_is_described_anew_is_two(tmp_path: Path) -> None:
    first = description(0, 0, 0x88, "balance") + _with_developer_fields([(0, 4, 0)], struct.pack("<f", 1.5))
    then = description(0, 0, UINT16, "Power") + _with_developer_fields([(0, 2, 0)], struct.pack("<H", 250))
    record = _read(tmp_path, first, then)["record"]
    assert record["balance"].to_list() == [1.5, None]
    assert record["Power"].to_list() == [None, 250]


def test_a_description_holds_for_its_part_of_a_chained_file(tmp_path: Path) -> None:
    fields = _with_developer_fields([(0, 1, 0)], b"\x07")
    described, plain = fit(description(0, 0, UINT8, "Power"), fields), fit(fields)
    record = frames(write(tmp_path, plain + described + plain))["record"]
    assert record["Power"].to_list() == [None, 7, None]
    assert record["developer_0_0"].to_list() == [[7], None, [7]]


def test_compressed_timestamps_are_times_and_frames_come_by_message_number(tmp_path: Path) -> None:
    timed = definition(EVENT, [(253, 4, UINT32)]) + data(struct.pack("<I", MONDAY))
    low = definition(RECORD, [(3, 1, UINT8)], local=1)
    seconds = (MONDAY + 40) % 32
    found = _read(
        tmp_path, timed, low, bytes([0x80 | 1 << 5 | seconds, 61]), definition(371, [(0, 2, UINT16)]), data(b"\0\x20")
    )
    assert list(found) == ["record", "event", "hrv_value"]
    assert found["record"].rows() == [(AT + timedelta(seconds=8), 61)]
    assert found["hrv_value"]["value"].to_list() == [64.0]


def test_what_wrist_devices_write_all_day_has_names(tmp_path: Path) -> None:
    sleep = definition(275, [(0, 1, 0), (253, 4, UINT32)]) + data(struct.pack("<BI", 3, MONDAY))
    rest = definition(211, [(0, 1, UINT8), (1, 1, UINT8)], local=1) + data(bytes([50, 52]), 1)
    found = _read(tmp_path, sleep, rest)
    assert found["sleep_level"].rows() == [(AT, "deep")]
    breath = _read(tmp_path, definition(20, [(99, 1, UINT8)]), data(b"\x0e"))["record"]
    assert breath.to_dicts() == [{"respiration_rate": 14, "enhanced_respiration_rate": 14}]
    assert found["monitoring_hr_data"].columns == ["resting_heart_rate", "current_day_resting_heart_rate"]


def test_columns_have_units() -> None:
    assert units("record", "speed") == "m/s"
    assert units("monitoring", "steps") == "steps"
    assert units("hrv_value", "value") == "ms"
    assert units("record", "timestamp") is None
    assert units("record", "no such column") is None


def test_a_file_that_cannot_be_read_raises(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError):
        frames(write(tmp_path, b"no FIT"))


def test_the_added_profile_adds_only_what_is_missing_and_knows_all_its_types() -> None:
    folder = Path(fit_dictionary.__file__).parent
    rows = _table(folder / "profile_added.csv")
    numbered = [(int(row["message_number"]), int(row["field_number"])) for row in rows]
    assert len(set(numbered)) == len(numbered)
    assert not [(m, f) for m, f in numbered if m in MESSAGE_TYPES and f in MESSAGE_TYPES[m].fields]
    bases = {base.name for base in BASE_TYPES.values()}
    names = _table(folder / "profile_names.csv")
    assert {row["type"] for row in rows} <= {
        *bases,
        *FIELD_TYPES,
        *(row["type"] for row in names),
        *fit_dictionary._NUMBERS,
    }
    assert not [
        row
        for row in names
        if int(row["number"]) in ((FIELD_TYPES[row["type"]].values or {}) if row["type"] in FIELD_TYPES else {})
    ]


def _table(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
