"""Weeks: targets, grace, numbering and what their answers depend on, each with the smallest study that shows it."""

import collections
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.study_builder import MONDAY, Row, ask, at, make_study, minutes, native, run, whole_day

PRESCRIPTIONS = "participant_id,valid_from,days_per_week,minutes_per_day\n"


def weeks_of(root: Path, rows: list[Row], *, person: Row | None = None, **study: Any) -> dict[int, Row]:
    people = [{"participant_id": "P1", "start_date": MONDAY} | (person or {})]
    made = make_study(root / "study", people, files={"a.csv": native(rows)}, **study)
    run(made)
    return {row["week_number"]: row for row in ask(made, "SELECT * FROM participant_week")}


def week(*walked: int, first: dt.date = MONDAY) -> list[Row]:
    """Whole days from a date on, each with so many minutes of one walk."""
    return [
        row for n, minutes_walked in enumerate(walked)
        for row in whole_day("P1", first + dt.timedelta(days=n), minutes_walked)
    ]  # fmt: skip


def test_the_prescription_of_the_first_day_holds_for_the_week(tmp_path: Path) -> None:
    csvs = {"prescriptions.csv": PRESCRIPTIONS + "P1,2024-03-04,3,15\nP1,2024-03-07,5,30\n"}
    found = weeks_of(tmp_path, week(15, 15, 15, 0, 0, 0, 0, *[30] * 7), csvs=csvs)
    one, two = found[1], found[2]
    assert (one["prescribed_days"], one["prescribed_minutes"], one["prescription_changed"]) == (3, 15, True)
    assert (one["target_days"], one["target_minutes"], one["adherent_days"]) == (3, 45, "yes")
    assert (two["prescribed_days"], two["prescribed_minutes"], two["prescription_changed"]) == (5, 30, False)
    assert two["target_source"] == "prescription"


def test_before_the_first_prescription_the_first_holds(tmp_path: Path) -> None:
    csvs = {"prescriptions.csv": PRESCRIPTIONS + "P1,2024-03-20,2,20\n"}
    found = weeks_of(tmp_path, week(*[0] * 7), csvs=csvs)[1]
    assert (found["prescribed_days"], found["target_days"], found["prescription_changed"]) == (2, 2, False)


def test_without_a_prescription_the_protocols_own_target_holds(tmp_path: Path) -> None:
    found = weeks_of(tmp_path, week(*[30] * 5, 0, 0))[1]
    assert (found["prescribed_days"], found["prescribed_minutes"], found["target_source"]) == (None, None, "protocol")
    assert (found["target_days"], found["target_minutes"], found["adherent_days"]) == (5, 150, "yes")


@pytest.mark.parametrize("rest", ["0,30", "5,0"])
def test_a_week_of_rest_is_ineligible(tmp_path: Path, rest: str) -> None:
    csvs = {"prescriptions.csv": f"{PRESCRIPTIONS}P1,2024-03-04,{rest}\n"}
    found = weeks_of(tmp_path, week(*[30] * 7), csvs=csvs)[1]
    assert (found["status"], found["status_reason"], found["adherent_days"]) == ("ineligible", "rest_prescribed", None)
    assert (found["target_days"], found["days_score_lo"]) == (None, None)


def test_a_fixed_target_ignores_the_prescription(tmp_path: Path) -> None:
    csvs = {"prescriptions.csv": PRESCRIPTIONS + "P1,2024-03-04,1,15\n"}
    found = weeks_of(tmp_path, week(15, *[0] * 6), csvs=csvs, toml={"protocols": ["who2020"]})[1]
    assert (found["target_source"], found["target_days"], found["target_minutes"]) == ("protocol", 5, 150)
    assert (found["prescribed_days"], found["adherent_minutes"]) == (1, "no")


def test_grace_helps_a_day_and_no_score(tmp_path: Path) -> None:
    found = weeks_of(tmp_path, week(*[29] * 5, 0, 0))[1]
    assert (found["success_days_lo"], found["adherent_days"], found["adherent_minutes"]) == (5, "yes", "no")
    assert found["minutes_score_lo"] == found["dose_score_lo"] == pytest.approx(145 / 150)
    short = weeks_of(tmp_path / "short", week(*[28] * 5, 0, 0))[1]
    assert (short["success_days_lo"], short["adherent_days"]) == (0, "no")


def test_a_rule_too_coarse_for_the_prescription_never_says_no(tmp_path: Path) -> None:
    # walkback sees walks from 9 minutes on; 5 asked for and 1 forgiven are below that
    csvs = {"prescriptions.csv": PRESCRIPTIONS + "P1,2024-03-04,5,5\n"}
    found = weeks_of(tmp_path, week(10, 10, *[6] * 5), csvs=csvs)[1]
    assert (found["success_days_lo"], found["success_days_hi"], found["adherent_days"]) == (2, 7, "unknown")
    assert found["status_reason"] == "rule_coarser_than_prescription"


def test_iso_weeks_are_numbered_from_the_one_that_holds_the_start(tmp_path: Path) -> None:
    wednesday = MONDAY + dt.timedelta(days=2)
    found = weeks_of(
        tmp_path, week(*[30] * 12, first=wednesday), person={"start_date": wednesday}, toml={"week": "iso"}
    )
    assert [(n, row["week_start"], row["eligible_days"]) for n, row in sorted(found.items())] == [
        (1, MONDAY, 5),
        (2, MONDAY + dt.timedelta(days=7), 7),
    ]
    assert (found[1]["status"], found[1]["adherent_days"], found[1]["adherent_days_prorated"]) == (
        "partial_week", None, "yes",
    )  # fmt: skip
    assert (found[1]["iso_year"], found[1]["iso_week"]) == (2024, 10)


def test_study_weeks_run_from_the_start_date(tmp_path: Path) -> None:
    wednesday = MONDAY + dt.timedelta(days=2)
    found = weeks_of(tmp_path, week(*[30] * 8, first=wednesday), person={"start_date": wednesday})
    assert [(n, row["week_start"], row["eligible_days"]) for n, row in sorted(found.items())] == [
        (1, wednesday, 7),
        (2, wednesday + dt.timedelta(days=7), 1),
    ]
    assert [found[n]["in_progress"] for n in (1, 2)] == [False, True]


def test_weeks_without_any_data_have_rows_and_are_unknown(tmp_path: Path) -> None:
    found = weeks_of(tmp_path, week(*[30] * 7, first=MONDAY + dt.timedelta(days=14)))
    assert sorted(found) == [1, 2, 3]
    for n in (1, 2):
        assert (found[n]["missing_days"], found[n]["adherent_days"], found[n]["walking_minutes"]) == (
            7,
            "unknown",
            None,
        )
        assert (found[n]["days_score_lo"], found[n]["days_score_hi"]) == (0, 1)


def test_a_walk_over_midnight_can_decide_a_week(tmp_path: Path) -> None:
    friday = MONDAY + dt.timedelta(days=4)
    rows = week(30, 30, 30, 30)
    night = [0] * 1420 + [110] * 40 + [0] * 1420  # from 23:40 to 00:20
    rows += minutes("P1", at(friday), night) + whole_day("P1", friday + dt.timedelta(days=2))
    found = weeks_of(tmp_path, rows)[1]
    assert (found["success_days_lo"], found["adherent_days"], found["midnight_sensitive"]) == (4, "no", True)
    assert found["walking_minutes"] == 160


def test_a_walk_over_midnight_that_decides_nothing_is_not_noted(tmp_path: Path) -> None:
    found = weeks_of(tmp_path, week(*[30] * 7))[1]
    assert found["midnight_sensitive"] is False


def test_a_walk_over_the_end_of_a_week_gives_each_week_its_minutes(tmp_path: Path) -> None:
    sunday = MONDAY + dt.timedelta(days=6)
    rows = minutes("P1", at(sunday), [0] * 1420 + [110] * 50 + [0] * 1410)
    found = weeks_of(tmp_path, rows)
    assert [(found[n]["walking_minutes"], found[n]["bouts"]) for n in (1, 2)] == [(20, 1), (30, 0)]


def test_every_step_of_the_flow_adds_up_to_the_one_above(tmp_path: Path) -> None:
    two_devices = minutes("P2", at(MONDAY, "10:00"), [100] * 30, device_id="D1")
    two_devices += minutes("P2", at(MONDAY, "10:20"), [100] * 30, device_id="D2")
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "arm": "walking", "start_date": MONDAY}, {"participant_id": "P2", "arm": "control"}],
        toml={"protocols": ["walkback", "who2020"]},
        files={
            "a.csv": native(week(*[30] * 8)),
            "again.csv": native(week(*[30] * 8)),
            "revised.csv": native(minutes("P1", at(MONDAY, "10:00"), [90] * 1440 * 9)),
            "two.csv": native(two_devices),
            "P1/empty.fit": b"",
        },
    )
    run(made)
    flow = ask(made, "SELECT * FROM data_flow")
    parts: dict[tuple[str, str | None], collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row in flow:
        parts[row["step"], row["protocol_id"]][row["part"]] += row["n"]
    for row in flow:
        assert row["total"] == sum(parts[row["step"], row["protocol_id"]].values())
    stated, device = parts["minutes_stated", None], parts["device_minutes", None]
    assert parts["files_received", None] == {"loaded": 3, "duplicate": 1, "quarantined": 1}
    assert stated["stated_again"] == 8 * 1440 - 600
    assert sum(device.values()) == stated["first_statement"]
    assert device["other_device_preferred"] == 10
    assert sum(parts["minutes", None].values()) == device["chosen"]
    for table, step in (("participant_day", "days"), ("participant_week", "weeks")):
        for held in ask(made, f"SELECT protocol_id, count(*) AS n FROM {table} GROUP BY ALL"):
            assert sum(parts[step, held["protocol_id"]].values()) == held["n"]
    arms = {row["arm"] for row in flow if row["step"] in ("minutes", "days", "weeks")}
    assert arms == {"walking", "control"}
