"""Definitions about several sources, reported totals and bounds that are easy to read one way too many."""

import datetime as dt
from pathlib import Path

from pipelines import ingest, intake
from tests.study_builder import MONDAY, ask, at, drop, make_study, minutes, native, only, run, whole_day

FITABASE = "Id,ActivityDay,StepTotal\n"


def daily(person: str, first: dt.date, totals: list[int]) -> str:
    """A Fitabase dailySteps table: month first, no leading zeros."""
    dates = [first + dt.timedelta(days=n) for n in range(len(totals))]
    return FITABASE + "".join(
        f"{person},{date.month}/{date.day}/{date.year},{steps}\n" for date, steps in zip(dates, totals, strict=True)
    )


def test_reported_totals_make_no_eligible_day_for_somebody_who_has_minutes(tmp_path: Path) -> None:
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}],
        files={
            "minutes.csv": native(whole_day("P1", MONDAY) + whole_day("P1", MONDAY + dt.timedelta(days=1))),
            "daily.csv": daily("P1", MONDAY - dt.timedelta(days=3), [500] * 9),
        },
    )
    run(made)
    days = ask(made, "SELECT local_date, steps_reported FROM participant_day ORDER BY ALL")
    assert [row["local_date"] for row in days] == [MONDAY, MONDAY + dt.timedelta(days=1)]
    assert {row["steps_reported"] for row in days} == {500}


def test_the_hours_and_the_day_of_one_device_are_not_added(tmp_path: Path) -> None:
    hours = "Id,ActivityHour,StepTotal\n" + "".join(
        f"P1,{MONDAY.month}/{MONDAY.day}/{MONDAY.year} {hour}:00:00 AM,100\n" for hour in range(1, 9)
    )
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY, "end_date": MONDAY}],
        toml={"as_of": MONDAY.isoformat()},
        files={"daily.csv": daily("P1", MONDAY, [2000]), "hours.csv": hours},
    )
    run(made)
    day = only(ask(made, "SELECT * FROM participant_day"))
    assert (day["steps_reported"], day["state"], day["reason"], day["steps"]) == (2000, "missing", "coarse_only", None)
    assert only(ask(made, "SELECT * FROM participant_week"))["adherent_days_prorated"] == "unknown"


def test_two_short_walks_around_an_unseen_stretch_may_have_been_one_session(tmp_path: Path) -> None:
    walk = [100] * 12
    seen = whole_day("P1", MONDAY)
    parts = minutes("P1", at(MONDAY, "10:00"), [*walk, *[None] * 10, *walk])
    replaced = {row["minute_start"] for row in parts}
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY, "end_date": MONDAY + dt.timedelta(days=6)}],
        toml={"protocols": ["walkback-session"], "as_of": (MONDAY + dt.timedelta(days=6)).isoformat()},
        files={"a.csv": native([row for row in seen if row["minute_start"] not in replaced] + parts)},
    )
    run(made)
    day = only(ask(made, "SELECT * FROM participant_day WHERE state = 'valid'"))
    assert (day["longest_bout_minutes"], day["walking_minutes"], day["target_met"]) == (12, 24, "no")
    week = only(ask(made, "SELECT * FROM participant_week"))
    assert (week["success_days_lo"], week["success_days_hi"], week["success_days_hi_window"]) == (0, 6, 7)


def test_a_prescription_that_starts_on_an_excused_day_changes_inside_the_week(tmp_path: Path) -> None:
    excused, until = MONDAY + dt.timedelta(days=3), MONDAY + dt.timedelta(days=6)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": MONDAY, "end_date": until}],
        toml={"as_of": until.isoformat()},
        files={"a.csv": native(whole_day("P1", MONDAY))},
        csvs={
            "prescriptions.csv": "participant_id,valid_from,days_per_week,minutes_per_day\n"
            f"P1,{MONDAY},3,15\nP1,{excused + dt.timedelta(days=1)},5,30\n",
            "outcomes.csv": f"participant_id,date,kind,value,end_date\nP1,{excused},excused,,{until}\n",
        },
    )
    run(made)
    week = only(ask(made, "SELECT * FROM participant_week"))
    assert (week["prescription_changed"], week["prescribed_minutes"], week["eligible_days"]) == (True, 15, 3)


def test_a_window_shortened_by_travel_asks_for_its_share_of_the_600_minutes_exactly(tmp_path: Path) -> None:
    # from UTC to Noumea (11 hours ahead) at 12:31: the window of that date is 391 minutes, and 391/1020 of 600 is 230
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}],
        files={"a.csv": native(minutes("P1", at(MONDAY, "06:00"), [0] * 230))},
        csvs={"travel.csv": f"participant_id,from_utc,time_zone\nP1,{MONDAY}T12:31:00Z,Pacific/Noumea\n"},
    )
    run(made)
    day = only(ask(made, f"SELECT * FROM participant_day WHERE local_date = '{MONDAY}'"))
    assert (day["window_minutes"], day["window_observed_minutes"], day["state"]) == (391, 230, "valid")


def test_a_walk_in_quarantine_keeps_a_declared_day_open_whoever_names_its_owner(tmp_path: Path) -> None:
    walk = native(minutes("P1", at(MONDAY + dt.timedelta(days=1), "10:00"), [100] * 35))
    made = make_study(
        tmp_path / "study",
        [{"participant_id": name, "start_date": MONDAY} for name in ("P1", "P2")],
        toml={"activity_files_are_complete": True},
        files={"P2/walk.csv": walk},
    )
    walks = sorted((Path(__file__).parents[2] / "sample_data" / "gpx").glob("*.gpx"))
    drop(made, {"P1/walk.gpx": walks[0].read_bytes()})
    run(made)
    # P1's own table lies in P2's folder: it is quarantined, and P1's days without a file stay open
    assert only(ask(made, "SELECT status FROM source_file WHERE connector = 'csv'"))["status"] == "quarantined"
    found = ask(made, "SELECT reason, count(*) AS n FROM participant_day WHERE participant_id = 'P1' GROUP BY reason")
    reasons = {row["reason"] for row in found}
    assert "no_data" in reasons
    assert "declared_complete" in reasons


def test_a_minute_of_the_future_never_displaces_one_that_had_happened(tmp_path: Path) -> None:
    start = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(hours=20)
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1"}],
        csvs={
            "devices.csv": "device_id,participant_id,from_date,to_date,device_class\nfirst,P1,,,research\n",
        },
    )
    future = start + dt.timedelta(hours=10)
    drop(
        made,
        {
            # the research device's clock runs ahead; the pedometer's minutes are within a day of their receipt
            "ahead.csv": native(minutes("P1", future, [0] * 60, device_id="first")),
            "true.csv": native(minutes("P1", start, [90] * 60, device_id="second")),
        },
    )
    with ingest.open_run(made) as night:
        ingest.load(night, sorted(intake.look(made.inbox)))
        ingest.derive(night)
        ingest.publish(night)
    rows = ask(
        made, "SELECT list_contains(flags, 'future') AS late, count(*) AS n, sum(steps) AS steps FROM minute GROUP BY 1"
    )
    assert {(row["late"], row["n"], row["steps"]) for row in rows} == {(True, 60, 0), (False, 60, 5400)}
    last = only(ask(made, "SELECT max(local_date) AS last FROM participant_day"))["last"]
    assert last <= (start + dt.timedelta(minutes=60)).date()
