"""Clock times become instants, epochs become minutes, and no step is lost or made on the way."""

import datetime as dt
import random
import zoneinfo
from collections.abc import Sequence

import polars as pl
import pytest

from connectors.recording import EPOCH_COLUMNS, conform
from pipelines.cleaning import split_early, split_future, to_minutes
from pipelines.local_time import localise, totals_on_utc
from warehouse.offsets import offset_periods

T0 = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)


def _periods(zone: str, travel: Sequence[tuple[str, dt.datetime, str]] = ()) -> pl.DataFrame:
    schema = {"participant_id": pl.String(), "from_utc": pl.Datetime("us", "UTC"), "time_zone": pl.String()}
    people = pl.DataFrame({"participant_id": ["P1"], "time_zone": [zone]})
    return offset_periods(people, pl.DataFrame(list(travel), schema=schema, orient="row"))


def _placed(
    clock: Sequence[str], zone: str, travel: Sequence[tuple[str, dt.datetime, str]] = ()
) -> list[tuple[str, bool]]:
    """Clock times in file order -> UTC hour and minute (or "") and whether that clock time occurred twice."""
    stated = pl.Series("at", clock).str.to_datetime("%Y-%m-%d %H:%M").cast(pl.Datetime("us"))
    frame = pl.DataFrame({"participant_id": "P1", "device_id": "d", "at": stated})
    placed = localise(frame, "at", _periods(zone, travel))
    assert placed.get_column("at").to_list() == stated.to_list()
    return [(f"{utc:%d %H:%M}" if utc else "", twice) for utc, twice in placed.select("utc", "is_repeated").rows()]


def test_the_repeated_hour_is_told_apart_by_the_order_in_the_file() -> None:
    # Sydney: at 03:00 on 5 April 2026 clocks go back to 02:00, which is 16:00 UTC the day before
    clock = ["01:59", "02:00", "02:30", "02:59", "02:00", "02:30", "02:59", "03:00"]
    placed = _placed([f"2026-04-05 {at}" for at in clock], "Australia/Sydney")
    assert [utc for utc, _ in placed] == [
        "04 14:59", "04 15:00", "04 15:30", "04 15:59", "04 16:00", "04 16:30", "04 16:59", "04 17:00",
    ]  # fmt: skip
    assert [twice for _, twice in placed] == [False, True, True, True, True, True, True, False]


@pytest.mark.parametrize(
    ("zone", "stands"), [("Australia/Sydney", [100, 7, 8, 9]), ("Australia/Brisbane", [100, 7, 9])]
)
def test_an_hour_that_is_told_twice_is_two_totals_only_where_the_clock_was_put_back(
    zone: str, stands: list[int]
) -> None:
    start = pl.Series("start", [f"2026-04-05 {at}" for at in ("01:00", "02:00", "02:00", "03:00")])
    frame = pl.DataFrame({"participant_id": "P1", "device_id": "d", "steps": [100, 7, 8, 9]}).with_columns(
        start.str.to_datetime("%Y-%m-%d %H:%M").cast(pl.Datetime("us")).alias("start")
    )
    kept, again = totals_on_utc(
        frame.with_columns((pl.col("start") + pl.duration(hours=1)).alias("end")), _periods(zone)
    )
    assert kept["steps"].to_list() == stands
    assert kept["start"].is_unique().all()
    assert again.height == 4 - len(stands)


def test_a_repeated_clock_time_that_is_stated_once_is_the_earlier_instant() -> None:
    assert _placed(["2026-10-25 01:30"], "Europe/London") == [("25 00:30", True)]


def test_a_clock_time_that_was_skipped_is_no_instant() -> None:
    placed = _placed(["2026-03-29 00:59", "2026-03-29 01:30", "2026-03-29 02:00"], "Europe/London")
    assert placed == [("29 00:59", False), ("", False), ("29 01:00", False)]


def test_a_traveller_is_on_the_clock_of_the_place() -> None:
    flight = [("P1", dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC), "America/New_York")]
    # 13:00 in London, then 08:00 in New York: the morning hours of that day occur twice
    placed = _placed(["2026-06-10 07:00", "2026-06-10 12:59", "2026-06-10 13:30"], "Europe/London", flight)
    assert placed == [("10 06:00", False), ("10 11:59", True), ("10 17:30", False)]


def _is_once(clock: dt.datetime) -> bool:
    return clock.replace(fold=0).utcoffset() == clock.replace(fold=1).utcoffset()


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham"])
def test_zones_off_the_hour_agree_with_the_time_zone_database(zone: str) -> None:
    rng = random.Random(zone)  # noqa: S311
    instants = [
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=rng.randrange(525_600)) for _ in range(300)
    ]
    clocks = [instant.astimezone(zoneinfo.ZoneInfo(zone)) for instant in instants]
    once = [pair for pair in zip(instants, clocks, strict=True) if _is_once(pair[1])]
    placed = _placed([f"{clock:%Y-%m-%d %H:%M}" for _, clock in once], zone)
    assert [utc for utc, _ in placed] == [f"{instant:%d %H:%M}" for instant, _ in once]


def _epochs(rows: Sequence[tuple[float, float, float | None]], **more: object) -> pl.DataFrame:
    """(start, end) in seconds after T0, and steps."""
    frame = pl.DataFrame(
        {
            "epoch_start": [T0 + dt.timedelta(seconds=start) for start, _, _ in rows],
            "epoch_end": [T0 + dt.timedelta(seconds=end) for _, end, _ in rows],
            "steps": [steps for _, _, steps in rows],
        },
        schema={"epoch_start": pl.Datetime("us", "UTC"), "epoch_end": pl.Datetime("us", "UTC"), "steps": pl.Float64()},
    )
    values = {"participant_id": "P1", "device_id": "d", "is_repeated": False, "is_future": False, **more}
    return conform(frame, EPOCH_COLUMNS, "utc").with_columns(
        pl.lit(value).alias(name) for name, value in values.items()
    )


def _minutes(rows: Sequence[tuple[float, float, float | None]]) -> dict[int, int | None]:
    """Steps by minutes after T0."""
    minutes, _ = to_minutes(_epochs(rows), "all_day")
    return {(at - T0) // dt.timedelta(minutes=1): steps for at, steps in minutes.select("minute_start", "steps").rows()}


def test_two_halves_make_a_minute() -> None:
    assert _minutes([(0, 30, 50), (30, 60, 51), (60, 90, 7)]) == {0: 101, 1: 7}


def test_an_epoch_over_several_minutes_is_shared_by_its_seconds() -> None:
    assert _minutes([(30, 150, 120)]) == {0: 30, 1: 60, 2: 30}
    minutes, _ = to_minutes(_epochs([(30, 150, 120)]), "all_day")
    assert minutes.get_column("observed_seconds").to_list() == [30, 60, 30]
    assert minutes.get_column("flags").to_list() == [["apportioned"]] * 3


def test_a_long_epoch_without_steps_shares_nothing_out() -> None:
    minutes, _ = to_minutes(_epochs([(0, 180, 0), (180, 300, 10)]), "all_day")
    assert minutes.get_column("steps").to_list() == [0, 0, 0, 5, 5]
    assert minutes.get_column("flags").to_list() == [[], [], [], ["apportioned"], ["apportioned"]]


def test_an_epoch_without_length_belongs_to_the_minute_that_ends_then() -> None:
    assert _minutes([(120, 120, 40)]) == {1: 40}


def test_not_measured_is_not_zero() -> None:
    assert _minutes([(0, 60, None), (60, 120, 0)]) == {0: None, 1: 0}


@pytest.mark.parametrize("seed", range(25))
def test_no_step_is_lost_or_made(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    rows, at = [], 0.0
    for _ in range(rng.randrange(1, 120)):
        length = rng.choice([1, 5, 10, 15, 30, 60, 61, 90, 300, rng.uniform(0.5, 1000)])
        rows.append((at, at + length, rng.choice([0, 1, 2.5, rng.uniform(0, length * 2)])))
        at += length + rng.choice([0, 0, 0, 7, 60, 1000])
    minutes = _minutes(rows)
    total = sum(steps for _, _, steps in rows)
    assert abs(sum(steps or 0 for steps in minutes.values()) - total) <= 0.5 + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_a_file_in_two_parts_gives_the_same_minutes(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    rows = [(at * 30.0, at * 30.0 + 30, float(rng.randrange(90))) for at in range(200)]
    cut = 2 * rng.randrange(1, 99)
    assert _minutes(rows[:cut]) | _minutes(rows[cut:]) == _minutes(rows)


def test_the_order_of_rows_does_not_matter() -> None:
    rows = [(at * 20.0, at * 20.0 + 20, at % 7 + 0.5) for at in range(90)]
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311
    assert _minutes(shuffled) == _minutes(rows)


def test_more_than_300_steps_in_a_minute_are_flagged_and_counted_and_not_believed() -> None:
    minutes, aside = to_minutes(_epochs([(0, 60, 300), (60, 120, 301)]), "all_day")
    assert minutes.select("steps", "flags").rows() == [(300, []), (None, ["impossible"])]
    [counted] = aside
    assert counted.select("reason", "rows", "participant_id").rows() == [("impossible_steps", 1, "P1")]


def test_negative_steps_are_set_aside_and_not_taken_from_others() -> None:
    minutes, aside = to_minutes(_epochs([(0, 30, 50), (30, 60, -20), (60, 120, 10)]), "all_day")
    assert minutes.get_column("steps").to_list() == [50, 10]
    assert minutes.get_column("observed_seconds").to_list() == [30, 60]
    [counted] = aside
    assert counted.select("reason", "rows").rows() == [("negative_steps", 1)]


def test_a_clock_that_was_never_set_is_set_aside() -> None:
    epochs = _epochs([(0, 60, 5), (60, 120, 6)]).with_columns(
        pl.Series(
            "epoch_start", [dt.datetime(1999, 12, 31, 23, 59, tzinfo=dt.UTC), dt.datetime(2000, 1, 1, tzinfo=dt.UTC)]
        )
    )
    left, [counted] = split_early(epochs, "epoch_start")
    assert left.get_column("steps").to_list() == [6]
    assert counted.select("reason", "rows").rows() == [("before_2000", 1)]


def test_what_lies_more_than_a_day_after_its_file_came_is_set_aside() -> None:
    left, [counted] = split_future(_epochs([(0, 60, 5), (86_460, 86_520, 6)]), "epoch_start", T0)
    assert left.get_column("steps").to_list() == [5]
    assert counted.select("reason", "rows").rows() == [("future", 1)]
