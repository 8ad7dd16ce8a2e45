"""One row per participant: weeks by answer, streaks and times with bounds, load, and what is missing."""

import collections
import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracles import slow_publication
from tests.study_builder import MONDAY, Row, ask, make_study, native, run, whole_day
from tests.warehouse import made_people
from tests.warehouse.publication_tables import rows_of, warehouse

AS_OF = MONDAY + dt.timedelta(days=69)


def week(person: str, number: int, answer: str | None, **more: Any) -> tuple[Row, Row]:
    """A row of participant_week and one of study_week; answer None: a week that does not count."""
    first = MONDAY + dt.timedelta(days=7 * (number - 1))
    key = {"participant_id": person, "protocol_id": "walkback", "week_number": number}
    key |= {"week_start": first, "week_end": first + dt.timedelta(days=6)}
    days = {"yes": (7, 0, 0), "no": (7, 0, 0), "unknown": (3, 0, 4), None: (0, 0, 0)}[answer]
    row: Row = dict(zip(("valid_days", "partial_days", "missing_days"), days, strict=True))
    row |= {
        "eligible_days": sum(days),
        "excused_days": 0,
        "answer": answer,
        "in_progress": False,
        "can_resolve_no": True,
    }
    row |= {
        "success_days_lo": {"yes": 5, "no": 1}.get(answer or "", 2),
        "status": "complete" if answer else "ineligible",
    }
    row |= {"success_days_hi": row["success_days_lo"] + row["missing_days"], "walking_minutes": 150 if answer else None}
    row |= {"dose_score_lo": 0.5 if answer else None, "dose_score_hi": 0.75 if answer else None}
    row |= {name: value for name, value in more.items() if name not in ("rd", "rm")}
    target = {name: row[name] for name in ("eligible_days", "excused_days")} | {"rd": 5, "rm": 30}
    return key | row, key | target | {name: value for name, value in more.items() if name in ("rd", "rm")}


def person_weeks(person: str, answers: str, **more: Any) -> list[tuple[Row, Row]]:
    """One week per letter: y, n, u, or x for one that does not count."""
    words = {"y": "yes", "n": "no", "u": "unknown", "x": None}
    return [week(person, number, words[letter], **more) for number, letter in enumerate(answers, 1)]


EXCUSED = [
    # 4 of 5 days, one excused: T = 5 x 6 / 7, so 5 are asked of 6; with the excused day as missing still 5, of 7
    week("X", 1, "no", eligible_days=6, valid_days=6, excused_days=1, success_days_lo=4, success_days_hi=4),
    # 3 days, three excused: yes of 4 eligible days (T = 20 / 7); of 7 days 5 are asked, and 3 + 3 may have been
    week("X", 2, "yes", eligible_days=4, valid_days=4, excused_days=3, success_days_lo=3, success_days_hi=3),
    # 1 day, three excused: 1 + 3 < 5
    week("X", 3, "no", eligible_days=4, valid_days=4, excused_days=3, success_days_lo=1, success_days_hi=1),
    # excused whole: comes in as unknown
    week("X", 4, None, excused_days=7, success_days_lo=0, success_days_hi=0),
    # rest: stays out, excused or not
    week("X", 5, None, eligible_days=5, valid_days=5, excused_days=2, rd=0),
    week("X", 6, "yes"),
    # five dates only: 25 / 7 days are asked, so 4; one and two that may have been are too few
    week("X", 7, "no", eligible_days=3, valid_days=3, excused_days=2, success_days_lo=1, success_days_hi=1),
]
DAYS = {"Y": "VVVVPPV", "U": "VVMVMMV", "M": "VPVMMMM", "Z": "MMMMMMM", "X": "VIMIVII", "I": "III"}


def day_rows(person: str, states: str) -> list[Row]:
    names = {"V": "valid", "P": "partial", "M": "missing", "I": "ineligible"}
    return [
        {
            "participant_id": person, "protocol_id": "walkback", "local_date": MONDAY + dt.timedelta(days=n),
            "state": names[letter], "reason": "made", "walking_minutes": 0 if letter in "VP" else None,
        }
        for n, letter in enumerate(states)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def worked() -> Iterator[dict[str, Row]]:
    weeks = [
        *person_weeks("Y", "yyyynyy"),
        *person_weeks("U", "uyyuyxyn"),
        *person_weeks("L", "yyyyyunn"),
        *person_weeks("C", "xyxyuxyn"),
        *EXCUSED,
        # runs: the tenth week ends after the as-of date, and is yes already
        *person_weeks("R", "yyynyyyyy"), week("R", 10, "yes", in_progress=True),
        # the same week, of somebody whose end_date has come
        *person_weeks("E", "yyynyyyyy"), week("E", 10, "yes", in_progress=True),
    ]  # fmt: skip
    people: list[Row] = [{"participant_id": name, "start_date": MONDAY} for name in "YULCXRZM"]
    people += [
        {"participant_id": "E", "start_date": MONDAY, "end_date": AS_OF},
        {"participant_id": "I", "arm": "control"},
    ]
    tables = {
        "participant_week": [row for row, _ in weeks],
        "study_week": [target for _, target in weeks],
        "participant_day": [row for person, states in DAYS.items() for row in day_rows(person, states)],
    }
    with warehouse(people, tables, as_of=AS_OF) as connection:
        yield {row["participant_id"]: row for row in rows_of(connection, "FROM participant_summary")}


def of(row: Row, *names: str) -> list[Any]:
    """The values of some columns; a name that ends in * stands for its lo and hi."""
    asked = [
        part for name in names for part in ((name[:-1] + "lo", name[:-1] + "hi") if name.endswith("*") else (name,))
    ]
    return [row[name] for name in asked]


def test_everybody_has_a_row_also_who_sent_nothing(worked: dict[str, Row]) -> None:
    assert set(worked) == set("YULCXRZMEI")
    nobody = worked["I"]
    assert of(nobody, "arm", "start_date", "weeks_eligible", "share_*") == ["control", None, 0, None, None]
    assert of(nobody, "can_resolve_no", "current_streak_*", "silent_days") == [False, 0, 0, None]


def test_weeks_by_answer_and_the_bounds_of_their_share(worked: dict[str, Row]) -> None:
    """U: uyyuyxyn: four yes, one no, two unknown of seven that count."""
    names = ("weeks_eligible", "weeks_yes", "weeks_no", "weeks_unknown", "weeks_ineligible", "weeks_resolved")
    assert of(worked["U"], *names) == [7, 4, 1, 2, 1, 5]
    assert of(worked["U"], "share_*", "mean_dose_*") == [4 / 7, 6 / 7, 0.5, 0.75]
    assert worked["U"]["mean_walking_minutes_observed"] == 150


@pytest.mark.parametrize(
    ("person", "current", "longest", "first", "sustained", "lapsed"),
    [
        # yyyynyy: all is certain
        ("Y", [2, 2], [4, 4], [1, 1], [4, 4], [5, 5]),
        # uyyuyxyn: two yes in a row, six if the unknown ones were; week 6 does not count. Sustained in week 4 if both were,
        # or never: then it lapsed with the first week that may be no after it, which is week 8
        ("U", [0, 0], [2, 6], [1, 2], [4, None], [8, None]),
        # yyyyyunn: sustained in week 4, lapsed in 6 if that was no, in 7 for certain
        ("L", [0, 0], [5, 6], [1, 1], [4, 4], [6, 7]),
        # xyxyuxyn: weeks that do not count neither break nor add; y y u y is sustained in week 7 at the earliest
        ("C", [0, 0], [2, 4], [2, 2], [7, None], [8, None]),
        # R: yyynyyyyy and a running yes, which waits
        ("R", [5, 5], [5, 5], [1, 1], [8, 8], [None, None]),
        # E: the follow-up is over, so the same week counts
        ("E", [6, 6], [6, 6], [1, 1], [8, 8], [None, None]),
    ],
)
def test_streaks_and_times_lie_between_what_is_certain_and_what_is_possible(
    worked: dict[str, Row], person: str, current: list[Any], longest: list[Any], first: list[Any], sustained: list[Any],
    lapsed: list[Any],
) -> None:  # fmt: skip
    row = worked[person]
    assert of(row, "current_streak_*") == current
    assert of(row, "longest_streak_*") == longest
    assert of(row, "week_first_adherent_*") == first
    assert of(row, "week_sustained_*") == sustained
    assert of(row, "week_lapsed_*") == lapsed


def test_a_week_that_still_runs_enters_no_count(worked: dict[str, Row]) -> None:
    names = ("weeks_eligible", "weeks_yes", "weeks_running", "follow_up_ends_by")
    assert of(worked["R"], *names) == [9, 8, 1, "as_of"]
    assert of(worked["E"], *names) == [10, 9, 0, "end_date"]


def test_excused_days_as_missing_ones(worked: dict[str, Row]) -> None:
    """Weeks 1 to 7 of X: no and yes become unknown, no, the one excused whole is unknown, the fifth is rest, yes, no."""
    row = worked["X"]
    assert of(row, "weeks_eligible", "weeks_yes", "weeks_no", "weeks_unknown", "weeks_rest") == [5, 2, 3, 0, 1]
    names = [f"weeks_{name}_excused_missing" for name in ("eligible", "yes", "no", "unknown")]
    # week 1: 4 and one that may have been make 5 of 5: unknown
    assert of(row, *names) == [6, 1, 2, 3]
    assert of(row, "share_lo_excused_missing", "share_hi_excused_missing") == [1 / 6, 4 / 6]


@pytest.mark.parametrize(
    ("person", "pattern", "longest", "days", "silent"),
    [
        ("Y", "complete", 0, [5, 2, 0, 0], 63),
        ("U", "intermittent", 2, [4, 0, 3, 0], 63),
        ("M", "monotone", 4, [2, 1, 4, 0], 67),
        ("Z", "none_sent", 7, [0, 0, 7, 0], None),
        # dates that do not count lie outside the pattern
        ("X", "intermittent", 1, [2, 0, 1, 4], 65),
        ("I", None, None, [0, 0, 0, 3], None),
    ],
)
def test_the_pattern_of_missing_days(
    worked: dict[str, Row], person: str, pattern: str | None, longest: int | None, days: list[int], silent: int | None
) -> None:
    row = worked[person]
    assert of(row, "missing_pattern", "longest_missing_run_days", "silent_days") == [pattern, longest, silent]
    assert of(row, "valid_days", "partial_days", "missing_days", "ineligible_days") == days


def test_summaries_of_made_up_people_equal_the_slow_statement() -> None:
    people = made_people.make_people(11, 60)
    both = {person.name: made_people.week_rows(person) for person in people}
    tables = {
        "participant_week": [row for rows, _ in both.values() for row in rows],
        "study_week": [row for _, targets in both.values() for row in targets],
        "participant_day": [row for person in people for row in made_people.day_rows(person)],
    }
    outcomes = [outcome for person in people for outcome in person.outcomes]
    with warehouse(
        [person.row for person in people], tables, as_of=made_people.AS_OF, outcomes=outcomes,
        protocols=made_people.PROTOCOL_ROWS,
    ) as connection:  # fmt: skip
        found = {
            (row["participant_id"], row["protocol_id"]): row for row in rows_of(connection, "FROM participant_summary")
        }
    assert len(found) == len(people) * len(made_people.PROTOCOLS)
    seen: collections.Counter[str] = collections.Counter()
    for person in people:
        for protocol, (_, success) in made_people.PROTOCOLS.items():
            rows, targets = ([row for row in table if row["protocol_id"] == protocol] for table in both[person.name])
            weeks = made_people.slow_weeks(person, rows)
            finished = [week for week in weeks if not week.is_running]
            counted = [week for week in finished if week.answer]
            told = slow_publication.counts([week.answer or "" for week in counted])
            expected = {name if name.startswith("share") else f"weeks_{name}": value for name, value in told.items()}
            asked = [
                slow_publication.excused_as_missing(row, target["rd"], target["rm"], success)
                for row, target, week in zip(rows, targets, weeks, strict=True)
                if not week.is_running
            ]
            told = slow_publication.counts([answer for answer in asked if answer])
            expected |= {
                (name if name.startswith("share") else f"weeks_{name}") + "_excused_missing": value
                for name, value in told.items()
            }
            expected |= slow_publication.streaks(weeks) or {}
            expected["weeks_overshoot"], expected["weeks_overshoot_judged"] = slow_publication.overshoots(finished)
            expected["sudden_stop_week"] = slow_publication.sudden_stop(finished)
            states = [day["state"] for day in person.days.values()]
            pattern, longest = slow_publication.missing_pattern(states)
            expected |= {"missing_pattern": pattern, "longest_missing_run_days": longest}
            for bound in ("lo", "hi"):
                doses = [getattr(week, f"dose_{bound}") for week in counted]
                expected[f"mean_dose_{bound}"] = sum(doses, Fraction(0)) / len(doses) if doses else None
            expected["weeks_running"] = sum(week.is_running and week.answer is not None for week in weeks)
            for name, value in expected.items():
                near = pytest.approx(float(value), abs=1e-9) if isinstance(value, Fraction) else value
                assert found[person.name, protocol][name] == near, (person.name, protocol, name)
            seen.update([f"pattern {pattern}", *(name for name, value in expected.items() if value)])
    patterns = {name.removeprefix("pattern ") for name in seen if name.startswith("pattern ")}
    assert {"complete", "intermittent", "monotone", "none_sent"} <= patterns
    rare = (
        "week_sustained_hi",
        "week_lapsed_lo",
        "week_lapsed_hi",
        "weeks_overshoot",
        "sudden_stop_week",
        "weeks_running",
    )
    assert min(seen[name] for name in rare) >= 3, seen


def test_a_study_publishes_one_row_for_each_participant(tmp_path: Path) -> None:
    """P1 walks 30 minutes on six of seven days and sends nothing in week 2; P2 sends nothing."""
    rows = [row for n in range(7) for row in whole_day("P1", MONDAY + dt.timedelta(days=n), 30 if n else 0)]
    study = make_study(
        tmp_path / "study",
        [{"participant_id": name, "start_date": MONDAY} for name in ("P1", "P2")],
        toml={"as_of": "2024-03-17", "protocols": ["walkback", "who2020"]},
        files={"a.csv": native(rows)},
    )
    run(study)
    sql = """SELECT participant_id, weeks_yes, weeks_no, weeks_unknown, share_lo, share_hi, missing_pattern, silent_days,
        can_resolve_no FROM participant_summary WHERE protocol_id = 'walkback' ORDER BY participant_id"""
    assert [tuple(row.values()) for row in ask(study, sql)] == [
        ("P1", 1, 0, 1, 0.5, 1.0, "monotone", 7, True), ("P2", 0, 0, 2, 0.0, 1.0, "none_sent", None, False),
    ]  # fmt: skip
