"""Definition 4: when a day and a week succeed, clause by clause; protocols ask for 5 days of 30 minutes."""

from fractions import Fraction
from typing import Any

import pytest

from tests.connectors import fit_bytes
from tests.study_builder import at
from tests.warehouse.cohort import Answers, Cohort, Stretch, date, week, worn

STUDY = Cohort(
    toml={
        "as_of": date(6).isoformat(),
        "protocols": ["walkback", "walkback-session", "who2020", "graceless", "walkback-vigorous"],
    },
    csvs={
        "protocols.csv": "protocol_id,bout_rule_id,grace_minutes,vigorous_cadence_spm,vigorous_weight\n"
        "graceless,walkback,0,,\nwalkback-vigorous,walkback,1,130,2\n"
    },
)
START: dict[str, Any] = {"start_date": date(0)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("success"))


STUDY.add("29", week("29 29 29 29 29 0 0"), **START)
STUDY.add("28", week("28 28 28 28 28 0 0"), **START)


def test_definition_4_a_day_succeeds_with_its_minutes_and_the_grace_of_the_protocol(found: Answers) -> None:
    """29 + 1 >= 30 and 28 + 1 < 30 with walkback's grace of 1; without grace 29 < 30."""
    whole = found.week("29")
    assert (whole["success_days_lo"], whole["adherent_days"], whole["status"]) == (5, "yes", "complete")
    assert (found.week("28")["success_days_lo"], found.week("28")["adherent_days"]) == (0, "no")
    assert (found.week("29", "graceless")["success_days_lo"], found.week("29", "graceless")["adherent_days"]) == (
        0,
        "no",
    )


def test_definition_4_grace_is_in_no_score_and_not_in_adherent_minutes(found: Answers) -> None:
    """5 x 29 = 145 of 150: both scores are 145/150, whatever the grace, and the minutes are not reached."""
    for protocol in ("walkback", "graceless"):
        whole = found.week("29", protocol)
        assert whole["minutes_score_lo"] == pytest.approx(float(Fraction(145, 150)))
        assert whole["dose_score_lo"] == pytest.approx(float(Fraction(145, 150)))
        assert whole["adherent_minutes"] == "no"


# 15 minutes at 06:00 and 15 at 12:00, five times
STUDY.add("halves", [Stretch(at(date(n), "06:00"), ([110] * 15 + [0] * 345) * 2) for n in range(7)], **START)


def test_definition_4_a_session_is_one_bout_of_the_prescribed_length(found: Answers) -> None:
    """Two bouts of 15 are a day of 30 and no session; one of 29 + 1 is both."""
    assert found.week("halves")["adherent_days"] == "yes"
    halves = found.week("halves", "walkback-session")
    assert (halves["success_days_lo"], halves["adherent_days"], halves["status"]) == (0, "no", "complete")
    assert found.week("29", "walkback-session")["adherent_days"] == "yes"


# 12:00 to 23:45, a walk of 30 minutes, and on to 12:00 of the next date
STUDY.add("night", [Stretch(at(date(0), "12:00"), [0] * 705 + [110] * 30 + [0] * 705)], **START)


def test_definition_4_a_session_belongs_whole_to_the_date_of_its_start(found: Answers) -> None:
    """23:45 to 00:15: 15 minutes for either date, and one session of 30 for the first."""
    split = [found.day("night", n) for n in (0, 1)]
    assert [(row["walking_minutes"], row["target_met"]) for row in split] == [(15, "no"), (15, "unknown")]
    sessions = [found.day("night", n, "walkback-session") for n in (0, 1)]
    assert [(row["longest_bout_minutes"], row["target_met"]) for row in sessions] == [(30, "yes"), (None, "unknown")]
    assert [row["walking_minutes"] for row in sessions] == [15, 15]


STUDY.add("hike", week("150 M M M M M M"), **START)


def test_definition_4_the_status_follows_days_or_minutes_as_the_protocol_says(found: Answers) -> None:
    """150 minutes on one day, six missing: the minutes are reached, 1 to 7 days may be."""
    days, minutes = found.week("hike"), found.week("hike", "who2020")
    for row in (days, minutes):
        assert (row["adherent_days"], row["adherent_minutes"]) == ("unknown", "yes")
    assert (days["status"], minutes["status"]) == ("unresolved", "resolved")


STUDY.add("partial", week("P30 P20 20"), **START)


def test_definition_4_a_partial_day_can_be_yes_and_never_no(found: Answers) -> None:
    days = [found.day("partial", n) for n in range(3)]
    assert [(row["state"], row["target_met"]) for row in days] == [
        ("partial", "yes"), ("partial", "unknown"), ("valid", "no"),
    ]  # fmt: skip


# walkback sees walks from 9 minutes on; 5 asked for and 1 forgiven are below that, 8 and 1 are not
STUDY.add("five-minutes", week("10 10 6 6 6 6 6"), **START, prescribed=[(date(0), 5, 5)])
STUDY.add("eight-minutes", week("10 10 6 6 6 6 6"), **START, prescribed=[(date(0), 5, 8)])


def test_definition_4_a_rule_too_coarse_for_the_prescription_never_says_no(found: Answers) -> None:
    coarse = found.week("five-minutes")
    assert (coarse["success_days_lo"], coarse["success_days_hi"], coarse["adherent_days"]) == (2, 7, "unknown")
    assert (coarse["status"], coarse["status_reason"]) == ("unresolved", "rule_coarser_than_prescription")
    fine = found.week("eight-minutes")
    assert (fine["success_days_lo"], fine["success_days_hi"], fine["adherent_days"]) == (2, 2, "no")
    assert fine["status_reason"] is None


STUDY.add("vigorous", [worn(0, 90, steps=129), worn(1, 30, steps=130), *[worn(n) for n in range(2, 7)]], **START)


def test_definition_4_vigorous_minutes_count_by_weight_in_weekly_minutes_and_nowhere_else(found: Answers) -> None:
    """90 minutes at 129 steps and 30 at 130: walked 120, weighted 120 + (2 - 1) x 30 = 150 of 150.

    The dose counts at most 30 minutes a day as walked: (30 + 30) / 150 = 0.4.
    """
    for protocol in ("who2020", "walkback-vigorous"):
        whole = found.week("vigorous", protocol)
        assert (whole["walking_minutes"], whole["weighted_minutes"]) == (120, 150)
        assert (whole["adherent_minutes"], whole["minutes_score_lo"]) == ("yes", 1)
        assert whole["dose_score_lo"] == pytest.approx(0.4)
        assert [row["walking_minutes"] for row in found.days("vigorous", protocol).values()][:2] == [90, 30]
        assert whole["success_days_lo"] == 2
    plain = found.week("vigorous")
    assert (plain["weighted_minutes"], plain["adherent_minutes"]) == (120, "no")
    assert plain["minutes_score_lo"] == pytest.approx(0.8)


# 20 minutes walked a day; 1,020 - 1,011 = 9 minutes of the window unobserved, or 8
STUDY.add("nine-unseen", week("20 20 20 20 20 20 20", minutes=1011), **START)
STUDY.add("eight-unseen", week("20 20 20 20 20 20 20", minutes=1012), **START)


def test_definition_4_a_failing_valid_day_is_no_by_convention_and_possible_where_enough_was_not_seen(
    found: Answers,
) -> None:
    """20 walked + 9 unobserved + 1 grace = 30 may have sufficed; 20 + 8 + 1 = 29 cannot. The convention says no to both."""
    possible, proven = found.week("nine-unseen"), found.week("eight-unseen")
    for row in (possible, proven):
        assert (row["success_days_lo"], row["success_days_hi"], row["adherent_days"]) == (0, 0, "no")
    assert (possible["success_days_hi_window"], possible["adherent_days_window"]) == (7, "unknown")
    assert (proven["success_days_hi_window"], proven["adherent_days_window"]) == (0, "no")


# 12 minutes, ten that nobody saw, 12 more; the rest of the window is seen
STUDY.add("two-parts", [Stretch(at(date(0), "06:00"), [100] * 12 + [None] * 10 + [100] * 12 + [0] * 986)], **START)


def test_definition_4_two_short_walks_around_an_unseen_stretch_may_have_been_one_session(found: Answers) -> None:
    """24 walked + 10 unobserved + 1 >= 30; the six missing days may have succeeded too."""
    day = found.day("two-parts", protocol_id="walkback-session")
    assert (day["longest_bout_minutes"], day["walking_minutes"], day["target_met"]) == (12, 24, "no")
    whole = found.week("two-parts", "walkback-session")
    assert (whole["success_days_lo"], whole["success_days_hi"], whole["success_days_hi_window"]) == (0, 6, 7)


SOURCES = {
    "a pedometer": ([("pedometer", True)], True),
    "a watch whose zeros prove nothing": ([("watch", False)], True),
    "a phone without zeros": ([("phone", False)], False),
    "a phone with zeros": ([("phone", True)], True),
    "a phone and a watch": ([("phone", False), ("watch", False)], True),
}
for _n, (_devices, _) in enumerate(SOURCES.values()):
    STUDY.add(
        f"S{_n}",
        [Stretch(at(date(0), "10:00"), [100] * 12, device=f"S{_n}-{kind}") for kind, _ in _devices],
        **START,
        devices=[
            {"device_id": f"S{_n}-{kind}", "device_class": kind, "zeros_prove_wear": str(proves).lower()}
            for kind, proves in _devices
        ],
    )
STUDY.add(
    "walks-only",
    **START,
    files={
        "walks-only/a.fit": fit_bytes.activity(
            fit_bytes.records(range(36000, 36600), cadence=60), fit_bytes.session(36000, 36600, sport=11)
        )
    },
)


@pytest.mark.parametrize("sources", SOURCES)
def test_definition_4_can_resolve_no_says_whether_the_sources_could_ever_show_a_no(
    found: Answers, sources: str
) -> None:
    person = f"S{list(SOURCES).index(sources)}"
    assert found.week(person)["can_resolve_no"] is SOURCES[sources][1]


def test_definition_4_activity_files_alone_can_never_show_a_no(found: Answers) -> None:
    assert found.week("walks-only")["can_resolve_no"] is False
    assert found.day("walks-only")["steps"] == 10 * 120
