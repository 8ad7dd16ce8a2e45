"""Definition 1: which days of a participant count, clause by clause."""

import datetime as dt
from pathlib import Path

import pytest

from tests.study_builder import MONDAY, Row, ask, at, drop, make_study, minutes, native, only, run
from tests.warehouse.cohort import Answers, Cohort, Stretch, daily, date, week, worn

#: The study is read as of its second Sunday.
STUDY = Cohort(toml={"as_of": date(13).isoformat()})
MEASUREMENTS = (
    "observed_minutes", "window_observed_minutes", "wear_minutes", "steps", "walking_minutes", "bouts", "gps_minutes",
    "minutes_ge_60", "minutes_ge_100", "minutes_ge_130", "peak1_spm", "peak30_spm", "partly_active_minutes",
)  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("days"))


STUDY.add("started", week("30 M 0"), start_date=date(0))


def test_definition_1_from_start_date_to_the_as_of_date_every_date_counts_data_or_not(found: Answers) -> None:
    """As of date 13 the days are 0 to 13: fourteen, of which three have data."""
    days = found.days("started")
    assert list(days) == [date(n) for n in range(14)]
    assert [(row["state"], row["reason"]) for row in days.values()] == [
        ("valid", "worn_enough"), ("missing", "no_data"), ("valid", "worn_enough"), *[("missing", "no_data")] * 11,
    ]  # fmt: skip


def test_definition_1_a_day_without_data_is_missing_and_holds_no_zero(found: Answers) -> None:
    missing = found.day("started", 1)
    assert {missing[name] for name in MEASUREMENTS} == {None}
    assert missing["target_met"] == "unknown"


def test_definition_1_a_valid_day_without_a_step_is_a_true_zero(found: Answers) -> None:
    still = found.day("started", 2)
    assert (still["steps"], still["walking_minutes"], still["target_met"]) == (0, 0, "no")


STUDY.add("silent", start_date=date(0))


def test_definition_1_who_sent_nothing_has_missing_days_and_unknown_weeks(found: Answers) -> None:
    assert [row["state"] for row in found.days("silent").values()] == ["missing"] * 14
    weeks = found.weeks("silent")
    assert [(row["missing_days"], row["adherent_days"], row["status"]) for row in weeks.values()] == [
        (7, "unknown", "unresolved"), (7, "unknown", "unresolved"),
    ]  # fmt: skip


STUDY.add("ended", week("0 0 0 0"), start_date=date(0), end_date=date(2))


def test_definition_1_the_end_date_is_the_last_that_counts(found: Answers) -> None:
    assert [row["reason"] for row in found.days("ended").values()] == ["worn_enough"] * 3 + ["after_end"]


STUDY.add("later", [worn(0), worn(20)], start_date=date(0))


def test_definition_1_nothing_after_the_as_of_date_has_a_row(found: Answers) -> None:
    assert max(found.days("later")) == date(13)
    assert max(row["week_end"] for row in found.weeks("later").values()) == date(13)


STUDY.add("unbounded", [Stretch(at(date(1), "10:00"), [None] * 10), worn(3)])


def test_definition_1_without_a_start_date_minute_rows_of_any_value_are_the_bounds(found: Answers) -> None:
    """Ten empty rows on date 1 and a whole day on date 3: eligible are 1, 2 and 3, although the as-of date is 13."""
    states = [(on, row["state"], row["observed_minutes"]) for on, row in found.days("unbounded").items()]
    assert states == [(date(1), "missing", None), (date(2), "missing", None), (date(3), "valid", 600)]


STUDY.add("early", week("30 30"), start_date=date(1))


def test_definition_1_days_before_the_start_have_rows_with_measurements_and_belong_to_no_week(found: Answers) -> None:
    """30 minutes of 110 steps are 3,300 steps."""
    early = found.day("early", 0)
    assert (early["state"], early["reason"], early["week_number"]) == ("ineligible", "before_start", None)
    assert (early["steps"], early["walking_minutes"], early["target_met"]) == (3300, 30, None)
    assert found.day("early", 1)["week_number"] == 1
    assert found.week("early")["walking_minutes"] == 30


EVENTS: dict[str, tuple[Row, list[str | None]]] = {
    "excused-until": ({"kind": "excused", "end_date": date(2)}, [None, "excused", "excused", None]),
    "excused-once": ({"kind": "excused"}, [None, "excused", None, None]),
    "withdrew-data": ({"kind": "withdrawal", "value": "data"}, [None, None, "withdrawn", "withdrawn"]),
    "withdrew-walking": ({"kind": "withdrawal", "value": "walking"}, [None, None, None, None]),
    "died": ({"kind": "death"}, [None, None, "after_death", "after_death"]),
}
for _name, (_event, _) in EVENTS.items():
    STUDY.add(_name, week("0 0 0 0"), start_date=date(0), end_date=date(3), events=[{"date": date(1)} | _event])


@pytest.mark.parametrize("name", EVENTS)
def test_definition_1_an_event_on_the_second_day_takes_days_out(found: Answers, name: str) -> None:
    days = found.days(name).values()
    assert [row["reason"] if row["state"] == "ineligible" else None for row in days] == EVENTS[name][1]


STUDY.add("1503960366", files={"daily.csv": daily("1503960366", 0, [n * 1000 for n in range(1, 8)])})


def test_definition_1_who_has_coarse_rows_only_is_eligible_from_the_first_to_the_last_reported_date(
    found: Answers,
) -> None:
    days = found.days("1503960366")
    assert {on: row["steps_reported"] for on, row in days.items()} == {date(n): (n + 1) * 1000 for n in range(7)}
    assert {(row["state"], row["reason"], row["steps"], row["target_met"]) for row in days.values()} == {
        ("missing", "coarse_only", None, "unknown")
    }
    whole = found.week("1503960366")
    assert (whole["status"], whole["adherent_days"], whole["walking_minutes"]) == ("unresolved", "unknown", None)
    assert (whole["status_reason"], whole["coarse_days"], whole["missing_days"]) == ("coarse_only", 7, 7)


# at midnight of date 1 in Honolulu it is midnight of date 2 in Kiritimati
STUDY.add(
    "skips",
    [Stretch(at(date(0), "20:00"), [0] * 1440)],
    time_zone="Pacific/Honolulu",
    travel=[(f"{date(1)}T10:00:00Z", "Pacific/Kiritimati")],
)


def test_definition_1_a_local_date_that_travel_skips_does_not_count(found: Answers) -> None:
    days = found.days("skips")
    assert list(days) == [date(0), date(1), date(2)]
    skipped = days[date(1)]
    assert (skipped["state"], skipped["reason"]) == ("ineligible", "no_such_date")
    assert (skipped["day_length_minutes"], skipped["time_zone"]) == (0, None)
    assert days[date(2)]["time_zone"] == "Pacific/Kiritimati"


def test_definition_1_the_as_of_date_is_the_last_with_a_kept_minute_of_a_listed_participant(tmp_path: Path) -> None:
    """Somebody unlisted has date 9, a clock that runs ahead has a day in three days' time: as of date 2 all the same."""
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).replace(second=0, microsecond=0)
    rows = minutes("P1", at(date(2), "23:00"), [0]) + minutes("P1", ahead, [110] * 40)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": name, "start_date": MONDAY} for name in ("P1", "P2")],
        files={"a.csv": native(rows + minutes("unlisted", at(date(9)), [0]))},
    )
    run(made)
    days = ask(made, "SELECT participant_id, local_date FROM participant_day ORDER BY ALL")
    assert days == [{"participant_id": name, "local_date": date(n)} for name in ("P1", "P2") for n in range(3)]
    assert {row["as_of"] for row in ask(made, "SELECT as_of FROM data_flow")} == {date(2)}
    assert len(ask(made, "SELECT * FROM minute WHERE list_contains(flags, 'future')")) == 40
    assert only(ask(made, "SELECT n FROM exclusion WHERE reason = 'future' AND what = 'minutes'"))["n"] == 40


def test_definition_1_more_than_a_day_after_its_receipt_a_minute_is_future_and_displaces_none(tmp_path: Path) -> None:
    """20 to 21 h after receipt is kept; 30 to 31 h after it is not, though its device comes first."""
    start = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(hours=20)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}],
        csvs={"devices.csv": "device_id,participant_id,from_date,to_date,device_class\nfirst,P1,,,research\n"},
    )
    later = start + dt.timedelta(hours=10)
    ahead = minutes("P1", later, [0] * 60, device_id="first")
    true = minutes("P1", start, [90] * 60, device_id="second")
    drop(made, {"ahead.csv": native(ahead), "true.csv": native(true)})
    run(made)
    rows = ask(
        made, "SELECT list_contains(flags, 'future') AS late, count(*) AS n, sum(steps) AS steps FROM minute GROUP BY 1"
    )
    assert {(row["late"], row["n"], row["steps"]) for row in rows} == {(True, 60, 0), (False, 60, 5400)}
    last = only(ask(made, "SELECT max(local_date) AS last FROM participant_day"))["last"]
    assert last <= (start + dt.timedelta(minutes=60)).date()
