"""Offsets from UTC, stretch by stretch, against the time zone database itself."""

import datetime as dt
import itertools
import random
import zoneinfo

import polars as pl
import pytest

from warehouse.offsets import FIRST, LAST, SCHEMA, offset_periods, zone_periods

ZONES = (
    "UTC", "Europe/London", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Africa/Casablanca",
    "Africa/Cairo", "America/Havana", "America/Sao_Paulo", "America/St_Johns", "America/Caracas", "Asia/Kathmandu",
    "Asia/Gaza", "Asia/Tehran", "Asia/Pyongyang", "Asia/Amman", "Europe/Moscow", "Europe/Istanbul", "Pacific/Apia",
    "Pacific/Chatham", "Pacific/Fiji", "Antarctica/Troll", "Antarctica/Casey",
)  # fmt: skip


def offset_of(zone: str, instant: dt.datetime) -> int:
    offset = instant.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


@pytest.mark.parametrize("zone", ZONES)
def test_stretches_cover_the_century_without_gap_or_overlap(zone: str) -> None:
    periods = zone_periods(zone)
    assert (periods[0][0], periods[-1][1]) == (FIRST, LAST)
    assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(periods))
    assert all(earlier[2] != later[2] for earlier, later in itertools.pairwise(periods))
    assert all(start < end for start, end, _ in periods)


@pytest.mark.parametrize("zone", ZONES)
def test_any_instant_has_the_offset_that_the_database_says(zone: str) -> None:
    chance = random.Random(zone)  # noqa: S311
    periods = zone_periods(zone)
    instants = [FIRST + dt.timedelta(minutes=chance.randrange(40 * 366 * 1440)) for _ in range(300)]
    # and the minutes on both sides of every change of the first forty years
    changes = [start for start, _, _ in periods[1:] if start.year < 2040]
    instants += changes + [change - dt.timedelta(minutes=1) for change in changes]
    for instant in instants:
        offset = next(offset for start, end, offset in periods if start <= instant < end)
        assert offset == offset_of(zone, instant), instant


def test_lord_howe_moves_its_clocks_by_half_an_hour() -> None:
    assert {offset for _, _, offset in zone_periods("Australia/Lord_Howe")} == {630, 660}


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        zone_periods("Europe/Atlantis")


def test_a_journey_holds_from_its_instant_until_the_next_line() -> None:
    out = dt.datetime(2024, 3, 5, 13, 30, tzinfo=dt.UTC)
    back = dt.datetime(2024, 3, 20, 6, 0, tzinfo=dt.UTC)
    people = pl.DataFrame({"participant_id": ["P1", "P2"], "time_zone": ["Europe/London", "Asia/Kathmandu"]})
    travel = pl.DataFrame(
        # in no order: a later line may stand above an earlier one
        [("P1", back, "Europe/London"), ("P1", out, "Australia/Sydney")],
        schema={"participant_id": pl.String(), "from_utc": pl.Datetime("us", "UTC"), "time_zone": pl.String()},
        orient="row",
    )
    found = offset_periods(people, travel)
    assert found.schema == pl.Schema(SCHEMA)

    def zone_at(person: str, instant: dt.datetime) -> tuple[str, int]:
        row = found.filter(
            (pl.col("participant_id") == person) & (pl.col("from_utc") <= instant) & (pl.col("to_utc") > instant)
        )
        assert row.height == 1
        return row.item(0, "time_zone"), row.item(0, "utc_offset_minutes")

    minute = dt.timedelta(minutes=1)
    assert zone_at("P1", out - minute) == ("Europe/London", 0)
    assert zone_at("P1", out) == ("Australia/Sydney", 660)
    assert zone_at("P1", back - minute) == ("Australia/Sydney", 660)
    assert zone_at("P1", back) == ("Europe/London", 0)
    assert zone_at("P1", dt.datetime(2024, 7, 1, tzinfo=dt.UTC)) == ("Europe/London", 60)
    assert zone_at("P2", out) == ("Asia/Kathmandu", 345)
