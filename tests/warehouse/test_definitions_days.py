"""Definitions 10 (day steps) and 11 (local date), clause by clause."""

import datetime as dt

import pytest

from tests.connectors import fit_bytes
from tests.study_builder import MONDAY, at
from tests.warehouse.cohort import Answers, Cohort, Stretch, daily, date, week

STUDY = Cohort()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("days"))


WALKING, TEN = 6, 10 * 3600
STUDY.add(
    "counter",
    files={
        "counter/day.fit": fit_bytes.monitoring(
            fit_bytes.typed(TEN, WALKING, steps=5000, active_ms=0),
            fit_bytes.typed(TEN + 600, WALKING, steps=6000, active_ms=600_000),
            fit_bytes.typed(TEN + 1200, WALKING, steps=6200, active_ms=720_000),
            start=TEN,
        )
    },
)


def test_definition_10_before_its_first_reading_a_counter_has_observed_nothing(found: Answers) -> None:
    """The file begins at 10:00: 20 minutes until 10:20, and no zero at 09:59."""
    rows = found.minutes("counter")
    assert (rows[0]["minute_start"], len(rows)) == (at(MONDAY, "10:00"), 20)


def test_definition_10_day_steps_are_those_of_the_minutes_and_those_whose_minute_is_unknown(found: Answers) -> None:
    """The file begins at 10:00 with 5,000 on the counter, then come 1,000 and 200: 1,200 + 5,000 = 6,200."""
    assert sum(row["steps"] for row in found.minutes("counter")) == 1200
    day = found.day("counter")
    assert (day["steps_unplaced"], day["steps"]) == (5000, 6200)
    # nobody knows how they were walked
    assert day["minutes_ge_100"] == 10


STUDY.add("2503960366", week("0 0"), files={"totals.csv": daily("2503960366", -3, [500] * 9)})


def test_definition_10_totals_are_reported_only_and_make_no_day_of_somebody_with_minutes(found: Answers) -> None:
    days = found.days("2503960366")
    assert {on: (row["steps"], row["steps_reported"]) for on, row in days.items()} == {
        date(n): (0, 500) for n in (0, 1)
    }


STUDY.add(
    "3503960366",
    start_date=date(0),
    end_date=date(0),
    files={
        "both-days.csv": daily("3503960366", 0, [2000]),
        "both-hours.csv": "Id,ActivityHour,StepTotal\n"
        + "".join(f"3503960366,3/4/2024 {hour}:00:00 AM,100\n" for hour in range(1, 9)),
    },
)


def test_definition_10_the_hours_and_the_day_of_one_device_are_not_added(found: Answers) -> None:
    """Eight hours of 100 are part of the day's 2,000."""
    day = found.day("3503960366")
    assert (day["steps_reported"], day["state"], day["reason"], day["steps"]) == (2000, "missing", "coarse_only", None)
    assert found.week("3503960366")["adherent_days_prorated"] == "unknown"


CLOCK_CHANGES = {
    "spring": ("Europe/London", dt.date(2024, 3, 31), 1380),
    "autumn": ("Europe/London", dt.date(2024, 10, 27), 1500),
    "half-hour": ("Australia/Lord_Howe", dt.date(2024, 4, 7), 1470),
    "no-midnight": ("America/Havana", dt.date(2024, 3, 10), 1380),
}
for _name, (_zone, _date, _) in CLOCK_CHANGES.items():
    STUDY.add(_name, [Stretch(at(_date) - dt.timedelta(days=1), [0] * 4320)], time_zone=_zone)


def test_definition_11_a_date_is_as_long_as_the_clocks_make_it(found: Answers) -> None:
    for name, (_, on, length) in CLOCK_CHANGES.items():
        row = found.days(name)[on]
        # the clocks change at night: the wear window is as long as ever
        assert (row["day_length_minutes"], row["observed_minutes"], row["window_minutes"]) == (length, length, 1020)


# date 0 in Sydney begins at 13:00 UTC of the day before; from 20:00 UTC on the traveller is in Perth, three hours less
STUDY.add(
    "traveller",
    [Stretch(at(date(-1), "12:59"), [0, 0]), Stretch(at(date(0), "15:59"), [0, 0])],
    time_zone="Australia/Sydney",
    travel=[(f"{date(-1)}T20:00:00Z", "Australia/Perth")],
)


def test_definition_11_the_local_date_follows_the_travel_row_in_force_and_else_the_participants_zone(
    found: Answers,
) -> None:
    """Midnight is 13:00 UTC in Sydney (UTC+11) and, after the flight, 16:00 UTC in Perth (UTC+8): 27 hours later."""
    assert [row["local_date"] for row in found.minutes("traveller")] == [date(-1), date(0), date(0), date(1)]
    day = found.day("traveller")
    assert (day["day_length_minutes"], day["time_zone"]) == (27 * 60, "Australia/Perth")


# 22:00 in UTC is 08:00 of the next date on the watch's own clock
STUDY.add(
    "abroad",
    files={
        "abroad/day.fit": fit_bytes.monitoring(
            fit_bytes.typed(22 * 3600, WALKING, steps=0, active_ms=0),
            fit_bytes.typed(22 * 3600 + 600, WALKING, steps=900, active_ms=600_000),
            start=22 * 3600,
            offset_minutes=600,
        )
    },
)


def test_definition_11_the_files_own_zone_gives_no_date_and_is_noted(found: Answers) -> None:
    rows = found.minutes("abroad")
    assert {row["local_date"] for row in rows} == {date(0)}
    assert all("zone_differs" in row["flags"] for row in rows)


# by the watch's clock, ten hours ahead, the count starts anew at 14:00 UTC
LATE = 13 * 3600 + 2400
for _name, _offset in (("own-midnight", 600), ("no-midnight-yet", 0)):
    STUDY.add(
        _name,
        files={
            f"{_name}/day.fit": fit_bytes.monitoring(
                fit_bytes.typed(LATE, WALKING, steps=0, active_ms=0),
                fit_bytes.typed(LATE + 600, WALKING, steps=100, active_ms=600_000),
                fit_bytes.typed(LATE + 1800, WALKING, steps=300, active_ms=900_000),
                start=LATE,
                offset_minutes=_offset,
            )
        },
    )


def test_definition_11_the_files_own_zone_finds_where_a_counter_starts_anew(found: Answers) -> None:
    """13:40 to 13:50 100 steps, at 14:10 the count says 300: 100 + 300 after a midnight between, 100 + 200 without one."""
    assert found.day("own-midnight")["steps"] == 400
    assert found.day("no-midnight-yet")["steps"] == 300


# from UTC to Noumea, 11 hours ahead, at 12:31: the clock runs 06:00 to 12:31 and then from 23:31 on
for _minutes in (229, 230):
    STUDY.add(
        f"east-{_minutes}",
        [Stretch(at(MONDAY, "06:00"), [0] * _minutes)],
        travel=[(f"{MONDAY}T12:31:00Z", "Pacific/Noumea")],
    )
# from UTC to Honolulu, 10 hours behind, at 12:00: 06:00 to 12:00, and from 16:00 UTC on all of 06:00 to 23:00 once more
STUDY.add(
    "west",
    [Stretch(at(MONDAY, "06:00"), [0] * 360), Stretch(at(MONDAY, "16:00"), [0] * 239)],
    travel=[(f"{MONDAY}T12:00:00Z", "Pacific/Honolulu")],
)


def test_definition_11_a_shorter_window_asks_for_its_share_of_the_600_minutes_and_a_longer_one_for_no_more(
    found: Answers,
) -> None:
    """The window of 391 minutes asks for 600 x 391 / 1,020 = 230; one of 360 + 1,020 = 1,380 minutes for 600."""
    states = {name: found.day(name) for name in ("east-229", "east-230", "west")}
    assert [(row["window_minutes"], row["window_observed_minutes"], row["state"]) for row in states.values()] == [
        (391, 229, "partial"), (391, 230, "valid"), (1380, 599, "partial"),
    ]  # fmt: skip
