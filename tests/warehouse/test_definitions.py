"""Minutes and days: the definitions that two people could read differently, each with the smallest study that shows it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.study_builder import MONDAY, Row, ask, at, drop, make_study, minutes, native, only, run, whole_day

DEVICES = "device_id,participant_id,from_date,to_date,device_class,zeros_prove_wear\n"
DRAWER = DEVICES + "D1,P1,,,,false\n"
MEASUREMENTS = (
    "observed_minutes", "window_observed_minutes", "wear_minutes", "steps", "walking_minutes", "bouts", "gps_minutes",
    "minutes_ge_60", "minutes_ge_100", "minutes_ge_130", "peak1_spm", "peak30_spm", "partly_active_minutes",
)  # fmt: skip


def day(n: int) -> dt.date:
    """A date of the study, day(0) being its first Monday."""
    return MONDAY + dt.timedelta(days=n)


def days_of(root: Path, rows: list[Row], *, person: Row | None = None, **study: Any) -> dict[dt.date, Row]:
    made = make_study(
        root / "study", [{"participant_id": "P1"} | (person or {})], files={"a.csv": native(rows)}, **study
    )
    run(made)
    return {row["local_date"]: row for row in ask(made, "SELECT * FROM participant_day")}


def minutes_of(root: Path, files: dict[str, list[Row]], **study: Any) -> dict[dt.datetime, Row]:
    texts = {name: native(rows) for name, rows in files.items()}
    made = make_study(root / "study", [{"participant_id": "P1"}], files=texts, **study)
    run(made)
    return {row["minute_start"]: row for row in ask(made, "SELECT * FROM minute")}


def test_a_day_without_data_is_missing_and_holds_no_zero(tmp_path: Path) -> None:
    rows = whole_day("P1", day(0), 30) + whole_day("P1", day(2))
    found = days_of(tmp_path, rows, person={"start_date": MONDAY})
    assert [(row["state"], row["reason"]) for _, row in sorted(found.items())] == [
        ("valid", "worn_enough"), ("missing", "no_data"), ("valid", "worn_enough"),
    ]  # fmt: skip
    assert {found[day(1)][name] for name in MEASUREMENTS} == {None}
    assert found[day(1)]["target_met"] == "unknown"


def test_a_valid_day_without_a_step_is_a_true_zero(tmp_path: Path) -> None:
    found = days_of(tmp_path, whole_day("P1", day(0)))[day(0)]
    assert (found["steps"], found["walking_minutes"], found["target_met"]) == (0, 0, "no")


@pytest.mark.parametrize("clock", ["10:00", "23:00"])
def test_ninety_zeros_over_two_files_are_not_worn(tmp_path: Path, clock: str) -> None:
    start = at(MONDAY, clock)
    found = minutes_of(
        tmp_path,
        {
            "a.csv": minutes("P1", start, [100] * 10 + [0] * 50, device_id="D1"),
            "b.csv": minutes("P1", start + dt.timedelta(minutes=60), [0] * 40 + [100] * 10, device_id="D1"),
        },
        csvs={"devices.csv": DRAWER},
    )
    values = [found[start + dt.timedelta(minutes=n)] for n in range(110)]
    assert [row["steps"] for row in values] == [100] * 10 + [None] * 90 + [100] * 10
    assert {(row["is_worn"], row["walking_source"], *row["flags"]) for row in values[10:100]} == {
        (False, None, "zero_run")
    }


def test_what_is_no_plain_zero_ends_a_run(tmp_path: Path) -> None:
    start = at(MONDAY, "10:00")
    between: dict[str, list[Row]] = {
        "heart-rate": [{"steps": 0, "heart_rate_bpm": 60}], "no-value": [{"steps": None}], "a-step": [{"steps": 1}],
        "no-row": [],
    }  # fmt: skip
    rows: list[Row] = []
    for person, middle in between.items():
        device = f"device-{person}"
        rows += minutes(person, start, [0] * 60, device_id=device)
        for row in middle:
            rows += [minutes(person, start + dt.timedelta(minutes=60), [None], device_id=device)[0] | row]
        rows += minutes(person, start + dt.timedelta(minutes=61), [0] * 60, device_id=device)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": person} for person in between],
        csvs={"devices.csv": DEVICES + "".join(f"device-{person},{person},,,,false\n" for person in between)},
        files={"a.csv": native(rows)},
    )
    run(made)
    zeros = ask(made, "SELECT participant_id, count(*) AS n FROM minute WHERE steps = 0 GROUP BY ALL")
    assert {row["participant_id"]: row["n"] for row in zeros} == {
        "heart-rate": 121, "no-value": 120, "a-step": 120, "no-row": 120,
    }  # fmt: skip


def test_eighty_nine_zeros_stay(tmp_path: Path) -> None:
    rows = minutes("P1", at(MONDAY, "10:00"), [100] + [0] * 89 + [100], device_id="D1")
    found = minutes_of(tmp_path, {"a.csv": rows}, csvs={"devices.csv": DRAWER})
    assert sum(row["steps"] == 0 for row in found.values()) == 89


def test_zeros_of_a_device_that_proves_wear_stay_however_long(tmp_path: Path) -> None:
    found = minutes_of(tmp_path, {"a.csv": minutes("P1", at(MONDAY, "10:00"), [0] * 300)})
    assert {(row["steps"], row["is_worn"]) for row in found.values()} == {(0, True)}


def test_a_partial_day_can_be_yes_and_never_no(tmp_path: Path) -> None:
    rows = minutes("P1", at(day(0), "09:00"), [110] * 30 + [0] * 270)
    rows += minutes("P1", at(day(1), "09:00"), [110] * 20 + [0] * 280)
    rows += minutes("P1", at(day(2), "09:00"), [110] * 20 + [0] * 580)
    found = days_of(tmp_path, rows)
    assert [(found[day(n)]["state"], found[day(n)]["target_met"]) for n in range(3)] == [
        ("partial", "yes"), ("partial", "unknown"), ("valid", "no"),
    ]  # fmt: skip


def test_who_has_daily_totals_only_is_unknown(tmp_path: Path) -> None:
    person = "1503960366"
    text = "Id,ActivityDay,StepTotal\n" + "".join(f"{person},3/{n}/2024,{n}000\n" for n in range(4, 11))
    made = make_study(tmp_path / "study", [{"participant_id": person}], files={"daily.csv": text})
    run(made)
    # only totals: no minute says up to which date the study has data
    found = ask(made, "SELECT * FROM participant_day ORDER BY local_date")
    assert [row["steps_reported"] for row in found] == [n * 1000 for n in range(4, 11)]
    assert {(row["state"], row["reason"], row["steps"], row["target_met"]) for row in found} == {
        ("missing", "coarse_only", None, "unknown")
    }
    week = only(ask(made, "SELECT * FROM participant_week"))
    assert (week["status"], week["adherent_days"], week["walking_minutes"]) == ("unresolved", "unknown", None)
    assert (week["status_reason"], week["coarse_days"], week["missing_days"]) == ("coarse_only", 7, 7)


def test_days_before_the_start_have_rows_and_belong_to_no_week(tmp_path: Path) -> None:
    rows = whole_day("P1", day(0), 30) + whole_day("P1", day(1), 30)
    found = days_of(tmp_path, rows, person={"start_date": day(1)})
    early = found[day(0)]
    assert (early["state"], early["reason"], early["week_number"]) == ("ineligible", "before_start", None)
    assert (early["steps"], early["walking_minutes"], early["target_met"]) == (3300, 30, None)
    assert found[day(1)]["week_number"] == 1


def test_the_end_date_is_the_last_that_counts(tmp_path: Path) -> None:
    rows = [row for n in range(4) for row in whole_day("P1", day(n))]
    found = days_of(tmp_path, rows, person={"start_date": day(0), "end_date": day(2)})
    assert [found[day(n)]["reason"] for n in range(4)] == ["worn_enough"] * 3 + ["after_end"]


def test_without_a_start_date_the_first_and_last_data_are_the_bounds(tmp_path: Path) -> None:
    rows = whole_day("P1", day(1)) + whole_day("P1", day(3))
    found = days_of(tmp_path, rows, toml={"as_of": day(6).isoformat()})
    assert [(date, row["state"]) for date, row in sorted(found.items())] == [
        (day(1), "valid"), (day(2), "missing"), (day(3), "valid"),
    ]  # fmt: skip


EVENTS = {
    "excused,,2024-03-06": [None, "excused", "excused", None],
    "excused,,": [None, "excused", None, None],
    "withdrawal,data,": [None, None, "withdrawn", "withdrawn"],
    "withdrawal,walking,": [None, None, None, None],
    "death,,": [None, None, "after_death", "after_death"],
}


def test_events_take_days_out(tmp_path: Path) -> None:
    people = [f"P{n}" for n in range(len(EVENTS))]
    lines = [f"{person},2024-03-05,{event}\n" for person, event in zip(people, EVENTS, strict=True)]
    made = make_study(
        tmp_path / "study",
        [{"participant_id": person, "start_date": day(0)} for person in people],
        csvs={"outcomes.csv": "participant_id,date,kind,value,end_date\n" + "".join(lines)},
        files={"a.csv": native(row for person in people for n in range(4) for row in whole_day(person, day(n)))},
    )
    run(made)
    for person, (event, reasons) in zip(people, EVENTS.items(), strict=True):
        found = ask(made, f"SELECT * FROM participant_day WHERE participant_id = '{person}' ORDER BY local_date")
        assert [row["reason"] if row["state"] == "ineligible" else None for row in found] == reasons, event


CLOCK_CHANGES = {
    "P1": ("Europe/London", dt.date(2024, 3, 31), 1380),
    "P2": ("Europe/London", dt.date(2024, 10, 27), 1500),
    "P3": ("Australia/Lord_Howe", dt.date(2024, 4, 7), 1470),
    "P4": ("America/Havana", dt.date(2024, 3, 10), 1380),
}


def test_a_date_is_as_long_as_the_clocks_make_it(tmp_path: Path) -> None:
    rows = []
    for person, (_, date, _) in CLOCK_CHANGES.items():
        rows += minutes(person, at(date) - dt.timedelta(days=1), [0] * 4320)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": person, "time_zone": zone} for person, (zone, _, _) in CLOCK_CHANGES.items()],
        files={"a.csv": native(rows)},
    )
    run(made)
    found = {(row["participant_id"], row["local_date"]): row for row in ask(made, "SELECT * FROM participant_day")}
    for person, (_, date, length) in CLOCK_CHANGES.items():
        row = found[person, date]
        # the clocks change at night: the wear window is as long as ever
        assert (row["day_length_minutes"], row["observed_minutes"], row["window_minutes"]) == (length, length, 1020), (
            person
        )


def test_a_date_that_travel_skips_does_not_count(tmp_path: Path) -> None:
    # at midnight of the 5th in Honolulu it is midnight of the 6th in Kiritimati
    found = days_of(
        tmp_path,
        minutes("P1", dt.datetime(2024, 3, 4, 20, tzinfo=dt.UTC), [0] * 1440),
        zone="Pacific/Honolulu",
        csvs={"travel.csv": "participant_id,from_utc,time_zone\nP1,2024-03-05T10:00:00Z,Pacific/Kiritimati\n"},
    )
    assert sorted(found) == [day(0), day(1), day(2)]
    skipped = found[day(1)]
    assert (skipped["state"], skipped["reason"]) == ("ineligible", "no_such_date")
    assert (skipped["day_length_minutes"], skipped["time_zone"]) == (0, None)
    assert found[day(2)]["time_zone"] == "Pacific/Kiritimati"


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_the_file_that_ends_later_corrects_a_minute_and_the_old_value_is_kept_aside(tmp_path: Path, order: str) -> None:
    texts = {
        "a": native(minutes("P1", at(MONDAY, "10:00"), [100] * 40)),
        "b": native(minutes("P1", at(MONDAY, "10:39"), [110] * 30)),
    }
    made = make_study(tmp_path / "study", [{"participant_id": "P1"}])
    for name in order:
        drop(made, {f"{name}.csv": texts[name]})
        run(made)
    revised = only(ask(made, "SELECT * FROM minute WHERE list_contains(flags, 'revised')"))
    assert (revised["minute_start"], revised["steps"]) == (at(MONDAY, "10:39"), 110)
    aside = only(ask(made, "SELECT * FROM exclusion WHERE reason = 'revised'"))
    assert (aside["what"], aside["value"], aside["first_at"]) == ("minute", "100", at(MONDAY, "10:39"))


def test_a_missing_value_never_replaces_one(tmp_path: Path) -> None:
    start = at(MONDAY, "10:00")
    files = {"a.csv": minutes("P1", start, [100] * 5), "b.csv": minutes("P1", start, [None] * 5 + [90] * 5)}
    found = minutes_of(tmp_path, files)
    assert [found[start + dt.timedelta(minutes=n)]["steps"] for n in range(10)] == [100] * 5 + [90] * 5
    assert not any(row["flags"] for row in found.values())


def test_a_minute_of_the_future_is_flagged_and_counts_for_no_day(tmp_path: Path) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).replace(second=0, microsecond=0)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY}],
        files={"a.csv": native(whole_day("P1", MONDAY) + minutes("P1", later, [110] * 40))},
    )
    run(made)
    future = ask(made, "SELECT * FROM minute WHERE list_contains(flags, 'future')")
    assert len(future) == 40
    assert [row["local_date"] for row in ask(made, "SELECT local_date FROM participant_day")] == [MONDAY]
    assert {row["as_of"] for row in ask(made, "SELECT as_of FROM data_flow")} == {MONDAY}
    assert only(ask(made, "SELECT n FROM exclusion WHERE reason = 'future' AND what = 'minutes'"))["n"] == 40


@pytest.mark.parametrize(
    ("priority", "steps"),
    [
        (["watch", "phone"], 100),
        (["phone", "watch"], 90),
        (["device:D3", "watch", "phone"], 80),
        (["pedometer"], 100),
    ],
)
def test_the_first_source_of_the_priority_gives_the_minute(tmp_path: Path, priority: list[str], steps: int) -> None:
    start = at(MONDAY, "10:00")
    rows = minutes("P1", start, [100] * 12, device_id="D1")  # the fullest day where nothing else decides
    rows += minutes("P1", start, [90] * 10, device_id="D2") + minutes("P1", start, [80] * 10, device_id="D3")
    found = minutes_of(
        tmp_path,
        {"a.csv": rows},
        toml={"source_priority": priority},
        csvs={"devices.csv": DEVICES + "D1,P1,,,watch,\nD2,P1,,,phone,\nD3,P1,,,phone,\n"},
    )[start]
    assert (found["steps"], found["source_count"], found["steps_disagreement"]) == (steps, 3, 20)
