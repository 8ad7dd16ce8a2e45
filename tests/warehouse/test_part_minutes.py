"""Minutes of which a device measured only a part: whatever else was walked in them lies inside the bounds of their day."""

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from tests.connectors.fit_bytes import monitoring, typed
from tests.study_builder import MONDAY, Row, ask, at, make_study, minutes, native, run
from tests.warehouse.publication_tables import rows_of, warehouse

WALKING, TEN, DATES = 6, 10 * 3600, 3
APPLE = "type,sourceName,sourceVersion,productType,device,startDate,endDate,unit,value\n"


def day(n: int, state: str = "valid", **more: object) -> Row:
    """A row of participant_day that was seen for 1,440 minutes."""
    row: Row = {"participant_id": "A", "protocol_id": "walkback", "local_date": MONDAY + dt.timedelta(days=n)}
    row |= {"state": state, "reason": "made", "week_number": 1, "day_length_minutes": 1440, "window_minutes": 1020}
    row |= {"observed_minutes": 1440, "wear_minutes": 1440, "window_observed_minutes": 1020}
    return row | {"gps_minutes": 0, "minutes_ge_60": 10, "walking_minutes": 10} | more


@pytest.fixture(scope="module")
def bounds() -> Iterator[duckdb.DuckDBPyConnection]:
    """Seven days that were seen in every minute, in some of them for a part; the seventh is declared complete."""
    parts = [0, 0, 0, 3, 0, 0, 0, 9]
    days = [day(n) for n in range(7)] + [day(7, reason="declared_complete")]
    base = [
        {"participant_id": "A", "local_date": MONDAY + dt.timedelta(days=n), "part_minutes": part}
        for n, part in enumerate(parts)
    ]
    people = [{"participant_id": "A", "start_date": MONDAY}]
    tables = {"participant_day": days, "day_base": base}
    with warehouse(people, tables, as_of=MONDAY + dt.timedelta(days=30)) as connection:
        yield connection


def test_a_minute_seen_for_a_part_is_open_to_the_bounds(bounds: duckdb.DuckDBPyConnection) -> None:
    """Day 3: 3 + 10 minutes and pauses of two between them, 13 + 2 x 14 = 41; its neighbours may share a walk with it."""
    sql = """SELECT walking_minutes_upper, walking_minutes_upper_window, unobserved_minutes, part_minutes
        FROM day_imputation ORDER BY local_date"""
    found = [tuple(row.values()) for row in rows_of(bounds, sql)]
    alone = 10 + 2 * 11
    assert found[1] == (10, 10, 0, 0)
    assert found[2] == found[4] == (alone, alone, 0, 0)
    assert found[3] == (41, 41, 0, 3)
    assert found[5] == (10, 10, 0, 0)
    assert found[7] == (10, 10, 0, 0)


def apple_rows(model: str, date: dt.date, seconds: dict[int, int], steps: dict[int, int]) -> str:
    """A row for each minute of a date, of 60 s and 1 step where nothing else is given."""
    lines = []
    for minute in range(1440):
        begins = at(date) + dt.timedelta(minutes=minute)
        ends = begins + dt.timedelta(seconds=seconds.get(minute, 60))
        name = "Watch" if model.startswith("Watch") else "Phone"
        lines.append(
            f'StepCount,{name},9.0,"{model}",,{begins:%F %T} +0000,{ends:%F %T} +0000,count,{steps.get(minute, 1)}\n'
        )
    return "".join(lines)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Row]:
    """The middle one of three dates holds the part minutes, but for FIT, SPARSE and NATIVE, who have the first one only."""
    dates = [MONDAY + dt.timedelta(days=n) for n in range(DATES)]
    walk = range(600, 640)
    # of a walk at 110 steps/min the watch wrote the first 20 s of each minute
    twenty, thirty_six = dict.fromkeys(walk, 20), dict.fromkeys(walk, 36)
    watch = [apple_rows("Watch5,4", date, twenty if n == 1 else {}, thirty_six) for n, date in enumerate(dates)]
    whole = [apple_rows("Watch5,4", date, {}, {}) for date in dates]
    phone = [apple_rows("iPhone12,1", date, twenty, thirty_six) for date in dates]
    # 10:01 is 0.038 + 34.443 + 25.519 s, which is a hair below 60 in floating point
    sparse = ["2024-03-04T10:00:00.038Z,100,A", "2024-03-04T10:01:34.481Z,100,A", "2024-03-04T10:07:10.456Z,7,A"]
    study = make_study(
        tmp_path_factory.mktemp("parts") / "study",
        [{"participant_id": name, "start_date": MONDAY} for name in ("PART", "BOTH", "FIT", "SPARSE", "NATIVE")],
        toml={"as_of": dates[-1].isoformat()},
        files={
            "PART/StepCount.csv": APPLE + "".join(watch),
            "BOTH/StepCount.csv": APPLE + "".join(whole + phone),
            # from 10:00:20 to 10:19:50
            "FIT/day.fit": monitoring(
                typed(TEN + 20, WALKING, steps=0, active_ms=0),
                typed(TEN + 600, WALKING, steps=900, active_ms=580_000),
                typed(TEN + 1190, WALKING, steps=1200, active_ms=900_000),
                start=TEN + 20,
            ),
            "SPARSE/steps_2024-03-04.csv": "timestamp,steps,data source\n" + "\n".join(sparse) + "\n",
            "native.csv": native(minutes("NATIVE", at(MONDAY), [60] * 100)),
        },
    )
    run(study)
    sql = "SELECT participant_id, (local_date - DATE '2024-03-04')::INTEGER AS n, * FROM day_imputation"
    return {(row["participant_id"], row["n"]): row for row in ask(study, sql)}


def test_a_walk_of_which_a_third_was_seen_lies_inside_the_bounds(parts: dict[tuple[str, int], Row]) -> None:
    """Forty minutes of 20 s and 36 steps: no bout was seen, and all of them may have been one."""
    row = parts["PART", 1]
    assert (row["state"], row["unobserved_minutes"], row["part_minutes"]) == ("valid", 0, 40)
    assert row["walking_minutes_lower"] == 0
    assert row["walking_minutes_upper"] >= 40
    assert row["walking_minutes_upper_window"] >= 40


def test_the_part_minutes_of_a_device_that_was_not_chosen_leave_nothing_open(parts: dict[tuple[str, int], Row]) -> None:
    """The watch saw every minute whole; the phone of the same file only a part of some, and comes after it."""
    row = parts["BOTH", 1]
    assert (row["part_minutes"], row["walking_minutes_lower"], row["walking_minutes_upper"]) == (0, 0, 0)


def test_a_counter_is_read_from_the_second_it_starts_to_that_of_its_last_reading(
    parts: dict[tuple[str, int], Row],
) -> None:
    """40 s of 10:00 and 50 s of 10:19; the eighteen minutes between them are whole."""
    row = parts["FIT", 0]
    assert (row["observed_minutes"], row["part_minutes"]) == (20, 2)


def test_zeros_that_an_export_leaves_out_are_seen(parts: dict[tuple[str, int], Row]) -> None:
    """From 10:00:00.038 to 10:08:10.456: the first and the last minute are parts, those between rows are not."""
    row = parts["SPARSE", 0]
    assert (row["observed_minutes"], row["part_minutes"]) == (9, 2)


def test_rows_of_whole_minutes_leave_none(parts: dict[tuple[str, int], Row]) -> None:
    assert parts["NATIVE", 0]["part_minutes"] == 0
    assert parts["NATIVE", 1]["part_minutes"] is None
