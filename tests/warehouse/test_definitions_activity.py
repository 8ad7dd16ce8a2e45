"""Definition 8: days known by activity files alone, clause by clause; one study trusts that all walks are recorded."""

import datetime as dt
from typing import Any

import pytest

from tests.connectors.fit_bytes import FILE_ID, MONDAY, fit, message, records, session
from tests.connectors.gpx_samples import gpx_text, point
from tests.study_builder import ask, at, minutes, native
from tests.warehouse.cohort import Answers, Cohort, Stretch, date

TRUSTS = Cohort(toml={"activity_files_are_complete": True, "as_of": "2024-05-05"})
DOUBTS = Cohort(toml={"as_of": "2024-05-05"})
START: dict[str, Any] = {"start_date": date(0), "end_date": date(5)}
MISSING = ("missing", "no_data", None)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return TRUSTS.run(tmp_path_factory.mktemp("trusts"))


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return DOUBTS.run(tmp_path_factory.mktemp("doubts"))


def walk(serial: int, n: int) -> bytes:
    """A watch's activity file: ten minutes of 120 steps from 10:00 of date n on."""
    begin = (n * 24 + 10) * 3600
    head = message(FILE_ID, {0: 4, 1: 1, 2: 2927, 3: serial, 4: MONDAY + begin})
    return fit(head, records(range(begin, begin + 600), cadence=60), session(begin, begin + 600, sport=11))


def walks(person: str, serial: int, dates: tuple[int, ...] = (0, 3)) -> dict[str, str | bytes]:
    """Activity files in a participant's folder."""
    return {f"{person}/{n}.fit": walk(serial, n) for n in dates}


def states(found: Answers, person: str) -> list[tuple[str, str, int | None]]:
    """State, reason and walking minutes of each day."""
    return [(row["state"], row["reason"], row["walking_minutes"]) for row in found.days(person).values()]


for _study in (TRUSTS, DOUBTS):
    _study.add("walks", **START, files=walks("walks", 100))


def test_definition_8_without_the_declaration_a_day_with_a_file_is_partial_and_one_without_is_missing(
    doubted: Answers,
) -> None:
    """Walks on dates 0 and 3 of 0 to 5."""
    partial = ("partial", "activity_only", 10)
    assert states(doubted, "walks") == [partial, MISSING, MISSING, partial, MISSING, MISSING]


def test_definition_8_declared_complete_every_day_up_to_the_last_file_is_valid_and_later_ones_are_missing(
    trusted: Answers,
) -> None:
    """The days between the two walks have 0 minutes, not unknown ones; after date 3 nothing is known."""
    declared = ("valid", "declared_complete")
    assert states(trusted, "walks") == [
        (*declared, 10),
        (*declared, 0),
        (*declared, 0),
        (*declared, 10),
        MISSING,
        MISSING,
    ]
    assert [row["target_met"] for row in trusted.days("walks").values()] == ["no"] * 4 + ["unknown"] * 2
    assert (trusted.week("walks")["can_resolve_no"], trusted.week("walks")["valid_days"]) == (True, 4)


for _study in (TRUSTS, DOUBTS):
    _study.add(
        "track",
        start_date=dt.date(2024, 5, 3),
        files={"track/a.gpx": gpx_text([point(second, 1.4 * second) for second in range(0, 1201, 5)])},
    )


def test_definition_8_a_track_is_an_activity_file_too(trusted: Answers, doubted: Answers) -> None:
    """A walk of 20 minutes on the second of three days."""
    assert states(doubted, "track") == [MISSING, ("partial", "activity_only", 20), MISSING]
    assert states(trusted, "track") == [("valid", "declared_complete", 0), ("valid", "declared_complete", 20), MISSING]


TRUSTS.add(
    "given-twice",
    **START,
    files=walks("given-twice", 101),
    devices=[
        {"device_id": "garmin-vivosmart_4-101", "from_date": date(0), "to_date": date(1)},
        {"device_id": "garmin-vivosmart_4-101", "from_date": date(3), "to_date": date(5)},
    ],
)


def test_definition_8_a_gap_of_devices_csv_stays_missing(trusted: Answers) -> None:
    """Nobody had the watch on date 2."""
    declared = ("valid", "declared_complete")
    assert states(trusted, "given-twice")[:4] == [(*declared, 10), (*declared, 0), MISSING, (*declared, 10)]


TRUSTS.add("all-day-too", [Stretch(at(date(1), "06:00"), [0] * 600)], **START, files=walks("all-day-too", 102))


def test_definition_8_who_has_an_all_day_source_is_judged_by_it(trusted: Answers) -> None:
    """A pedometer on date 1 only."""
    partial = ("partial", "activity_only", 10)
    assert states(trusted, "all-day-too")[:4] == [partial, ("valid", "worn_enough", 0), MISSING, partial]


OPEN = [("valid", "declared_complete", 10), MISSING, MISSING, ("valid", "declared_complete", 10)]
TRUSTS.add("damaged", **START, files=walks("damaged", 103) | {"damaged/empty.fit": b""})
# a table of somebody else's lies in the folder of a third person: its own column says whose it may be
TRUSTS.add("misplaced", **START, files=walks("misplaced", 104))
TRUSTS.add("host", files={"host/table.csv": native(minutes("misplaced", at(date(1), "10:00"), [100] * 35))})
# the watch is the participant's up to date 3; a file of date 9 has no owner
TRUSTS.add(
    "returned",
    **START,
    files=walks("returned", 105) | {"later.fit": walk(105, 9)},
    devices=[{"device_id": "garmin-vivosmart_4-105", "from_date": date(0), "to_date": date(3)}],
)


@pytest.mark.parametrize("person", ["damaged", "misplaced", "returned"])
def test_definition_8_while_a_file_of_theirs_waits_days_without_a_file_stay_missing(
    trusted: Answers, person: str
) -> None:
    """Quarantined for its content or its place, or unattributed: it may hold a walk of those days."""
    assert states(trusted, person)[:4] == OPEN


def test_definition_8_those_files_do_wait(trusted: Answers) -> None:
    held = ask(trusted.study, "SELECT status, count(*) AS n FROM source_file WHERE status <> 'loaded' GROUP BY status")
    assert {row["status"]: row["n"] for row in held} == {"quarantined": 2, "unattributed": 1}
