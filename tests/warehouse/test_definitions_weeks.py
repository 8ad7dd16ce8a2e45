"""Definitions 2 (weeks) and 3 (targets), clause by clause."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.study_builder import ask
from tests.warehouse.cohort import Answers, Cohort, date, week

STUDY = Cohort(
    toml={"as_of": date(20).isoformat(), "protocols": ["walkback", "by-iso-week", "who2020"]},
    csvs={"protocols.csv": "protocol_id,bout_rule_id,week\nby-iso-week,walkback,iso\n"},
)
SEVEN: dict[str, Any] = {"start_date": date(0), "end_date": date(6)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("weeks"))


STUDY.add("wednesday", week("30 30 30 30 30", first=2), start_date=date(2))


def test_definition_2_study_weeks_run_from_the_start_date(found: Answers) -> None:
    """From Wednesday, date 2: 2 to 8, 9 to 15, 16 to 22; the last is not over as of date 20 and has 20 - 16 + 1 days."""
    weeks = found.weeks("wednesday")
    assert [(n, row["week_start"], row["week_end"]) for n, row in weeks.items()] == [
        (1, date(2), date(8)), (2, date(9), date(15)), (3, date(16), date(22)),
    ]  # fmt: skip
    assert [(row["eligible_days"], row["in_progress"]) for row in weeks.values()] == [(7, False), (7, False), (5, True)]


def test_definition_2_a_protocol_may_count_in_iso_weeks_numbered_from_the_one_that_holds_the_start(
    found: Answers,
) -> None:
    """Monday to Sunday; the first, 2024-W10, has Wednesday to Sunday: five days, so no whole answer but one prorated."""
    weeks = found.weeks("wednesday", "by-iso-week")
    assert [(n, row["week_start"], row["eligible_days"]) for n, row in weeks.items()] == [
        (1, date(0), 5), (2, date(7), 7), (3, date(14), 7),
    ]  # fmt: skip
    first = weeks[1]
    assert (first["iso_year"], first["iso_week"]) == (2024, 10)
    assert (first["status"], first["adherent_days"], first["adherent_days_prorated"]) == ("partial_week", None, "yes")


STUDY.add("no-start", week("30 30 30 30 30", first=9))


def test_definition_2_without_a_start_date_iso_weeks_are_numbered_from_the_first_date_with_data(found: Answers) -> None:
    """Data from Wednesday, date 9, to date 13: the ISO week of date 7 is the first, under either protocol."""
    for protocol in ("walkback", "by-iso-week"):
        weeks = found.weeks("no-start", protocol)
        assert [(n, row["week_start"], row["eligible_days"]) for n, row in weeks.items()] == [(1, date(7), 5)]


STUDY.add("third-week", week("30 30 30 30 30 30 30", first=14), start_date=date(0))


def test_definition_2_weeks_without_any_data_have_rows_and_are_unknown(found: Answers) -> None:
    weeks = found.weeks("third-week")
    assert list(weeks) == [1, 2, 3]
    for n in (1, 2):
        empty = weeks[n]
        assert (empty["missing_days"], empty["adherent_days"], empty["walking_minutes"]) == (7, "unknown", None)
        assert (empty["days_score_lo"], empty["days_score_hi"]) == (0, 1)


def test_definition_2_a_study_may_count_in_iso_weeks(tmp_path: Path) -> None:
    study = Cohort(toml={"week": "iso"})
    study.add("P1", week("30 30", first=6), start_date=date(6))
    weeks = study.run(tmp_path).weeks("P1")
    assert [(n, row["week_start"], row["eligible_days"]) for n, row in weeks.items()] == [
        (1, date(0), 1),
        (2, date(7), 1),
    ]


STUDY.add(
    "progresses",
    week("15 15 15 0 0 0 0 30 30 30 30 30 30 30"),
    start_date=date(0),
    end_date=date(13),
    prescribed=[(date(0), 3, 15), (date(3), 5, 30)],
)


def test_definition_3_the_prescription_of_the_first_day_holds_for_the_week(found: Answers) -> None:
    """3 x 15 holds although 5 x 30 starts on day 3: T = 3 x 7 / 7 = 3 days, 3 x 15 = 45 minutes, and 15 15 15 meet it."""
    one, two = found.week("progresses"), found.week("progresses", number=2)
    assert (one["prescribed_days"], one["prescribed_minutes"], one["prescription_changed"]) == (3, 15, True)
    assert (one["target_days"], one["target_minutes"], one["adherent_days"]) == (3, 45, "yes")
    assert (two["prescribed_days"], two["prescribed_minutes"], two["prescription_changed"]) == (5, 30, False)
    assert (one["target_source"], two["target_source"]) == ("prescription", "prescription")
    assert [row["target_minutes"] for row in found.days("progresses").values()] == [15] * 7 + [30] * 7


STUDY.add("five-days", week("30 30 30 30 30"), start_date=date(0), end_date=date(4), prescribed=[(date(0), 4, 20)])


def test_definition_3_targets_are_in_proportion_to_the_eligible_days(found: Answers) -> None:
    """Four days of 20 minutes, five of seven days: T = 4 x 5 / 7 = 20/7 days, 20/7 x 20 = 400/7 minutes; a day asks for 20."""
    part = found.week("five-days")
    assert part["target_days"] == pytest.approx(float(Fraction(20, 7)))
    assert part["target_minutes"] == pytest.approx(float(Fraction(400, 7)))
    assert {row["target_minutes"] for row in found.days("five-days").values()} == {20}


STUDY.add(
    "excused-at-first",
    week("0 0 15 0 0 0 0"),
    **SEVEN,
    prescribed=[(date(0), 5, 30), (date(1), 3, 15), (date(7), 5, 30)],
    events=[{"date": date(0), "kind": "excused", "end_date": date(1)}],
)
STUDY.add(
    "excused-at-last",
    week("30"),
    **SEVEN,
    prescribed=[(date(0), 3, 15), (date(4), 5, 30)],
    events=[{"date": date(3), "kind": "excused", "end_date": date(6)}],
)


def test_definition_3_the_first_day_is_the_first_eligible_one(found: Answers) -> None:
    """Excused on dates 0 and 1, so date 2 decides, when 3 x 15 was in force already; the next starts after the week."""
    late = found.week("excused-at-first")
    assert (late["prescribed_days"], late["prescribed_minutes"], late["prescription_changed"]) == (3, 15, False)


def test_definition_3_a_prescription_that_starts_on_an_excused_day_changes_inside_the_week(found: Answers) -> None:
    early = found.week("excused-at-last")
    assert (early["prescribed_minutes"], early["prescription_changed"], early["eligible_days"]) == (15, True, 3)


STUDY.add("before-the-first", week("0 0 0 0 0 0 0"), **SEVEN, prescribed=[(date(16), 2, 20)])


def test_definition_3_before_the_first_prescription_the_first_holds(found: Answers) -> None:
    early = found.week("before-the-first")
    assert (early["prescribed_days"], early["target_days"], early["prescription_changed"]) == (2, 2, False)


STUDY.add("unprescribed", week("30 30 30 30 30 0 0"), **SEVEN)


def test_definition_3_without_a_prescription_the_protocols_own_target_holds(found: Answers) -> None:
    whole = found.week("unprescribed")
    assert (whole["prescribed_days"], whole["prescribed_minutes"], whole["target_source"]) == (None, None, "protocol")
    assert (whole["target_days"], whole["target_minutes"], whole["adherent_days"]) == (5, 150, "yes")


STUDY.add("one-day", week("15 0 0 0 0 0 0"), **SEVEN, prescribed=[(date(0), 1, 15)])


def test_definition_3_a_fixed_target_ignores_the_prescription(found: Answers) -> None:
    """One day of 15 minutes meets 1 x 15; who2020 asks everybody for 5 x 30 = 150."""
    assert found.week("one-day")["adherent_minutes"] == "yes"
    fixed = found.week("one-day", "who2020")
    assert (fixed["target_source"], fixed["target_days"], fixed["target_minutes"]) == ("protocol", 5, 150)
    assert (fixed["prescribed_days"], fixed["prescribed_minutes"], fixed["adherent_minutes"]) == (1, 15, "no")


STUDY.add("rests-days", week("30 30 30 30 30 30 30"), **SEVEN, prescribed=[(date(0), 0, 30)])
STUDY.add("rests-minutes", week("30 30 30 30 30 30 30"), **SEVEN, prescribed=[(date(0), 5, 0)])


@pytest.mark.parametrize("person", ["rests-days", "rests-minutes"])
def test_definition_3_a_week_of_rest_is_ineligible(found: Answers, person: str) -> None:
    rest = found.week(person)
    assert (rest["status"], rest["status_reason"], rest["adherent_days"]) == ("ineligible", "rest_prescribed", None)
    assert (rest["target_days"], rest["days_score_lo"]) == (None, None)
    assert {row["target_met"] for row in found.days(person).values()} == {None}
    # rest is the prescription's, not the fixed protocol's
    assert found.week(person, "who2020")["status"] == "complete"


def test_definition_3_presets_for_public_health_totals_are_fixed_and_forgive_nothing(found: Answers) -> None:
    rows = ask(found.study, "SELECT protocol_id, target, grace_minutes FROM protocol")
    fixed = {row["protocol_id"]: row["grace_minutes"] for row in rows if row["target"] == "fixed"}
    assert fixed == dict.fromkeys(("who2020", "who2010-10min", "nhanes-8of10", "ggir-80", "tudor-locke-100"), 0)
