"""Whether the clocks of two devices on one walk agree: what tells it, and what only looks like it."""

import datetime as dt
import random

import pytest

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, ask, at, make_study, minutes, native, only, run

#: Steps by minute; None = no row.
Steps = list[int | None]
#: Walks within four hours: minute of the start, minute after the end.
SEVEN = [(20, 34), (47, 56), (70, 95), (110, 122), (131, 161), (180, 191), (205, 213)]


def record(walks: list[tuple[int, int]]) -> Steps:
    """Four hours of zeros with walks of 110 steps/min in them."""
    return [110 if any(start <= n < end for start, end in walks) else 0 for n in range(240)]


def noisy(steps: Steps) -> Steps:
    """The same walks as another device counts them."""
    return [value and value + random.Random(n).randint(-6, 6) for n, value in enumerate(steps)]  # noqa: S311


def late(steps: Steps, by: int) -> Steps:
    """The same record as a clock shows it that is late by some minutes."""
    return steps[-by:] + steps[:-by]


def within(steps: Steps, start: int, end: int) -> Steps:
    """The record from minute start to before minute end alone."""
    return [value if start <= n < end else None for n, value in enumerate(steps)]


WALKS, ONE, THREE = record(SEVEN), record([(60, 90)]), record(SEVEN[:3])
NOISY = noisy(WALKS)
COMB = record([(n, n + 1) for n in range(60, 80, 2)])
NIGHT: Steps = [None] * 1200
#: Clocks in Sydney go back, and forward, at the 90th minute after these.
AUTUMN, SPRING = at(dt.date(2024, 4, 6), "14:30"), at(dt.date(2024, 10, 5), "14:30")

#: By person: what device_a and device_b state.
CASES: dict[str, tuple[Steps, Steps]] = {
    "LATE3": (NOISY, late(WALKS, 3)),
    "EARLY4": (NOISY, late(WALKS, -4)),
    "LATE2": (WALKS, late(WALKS, 2)),
    "LATE1": (NOISY, late(WALKS, 1)),
    "LATE11": (WALKS, late(WALKS, 11)),
    "AUTUMN": (WALKS, NOISY),
    "SPRING": (WALKS, NOISY),
    "AUTUMN3": (WALKS, late(NOISY, 3)),
    "CONSTANT": ([100] * 240, [100] * 240),
    "ALLZERO": (WALKS, [0] * 240),
    # compared during a walk only, where neither begins nor ends
    "NOEDGE": (within(noisy(ONE), 62, 80), late(noisy(ONE), 3)),
    "SHORT": (NOISY, within(NOISY, 18, 27)),
    "ONE3": (noisy(ONE), late(ONE, 3)),
    "THREE3": (THREE, late(THREE, 3)),
    "TWICE3": (THREE + NIGHT + THREE, late(THREE, 3) + NIGHT + late(THREE, 3)),
    "UNLIKE": (THREE + NIGHT + THREE, late(THREE, 3) + NIGHT + late(THREE, -6)),
    # picked up after every walk began and put down before it ended: late by its starts, early by its ends
    "POCKET": (NOISY, record([(start + 3, end - 3) for start, end in SEVEN])),
    # in the bag for the walks in between: those that it shows are late
    "BAG3": (NOISY, late(record(SEVEN[::2]), 3)),
    # steps in every other minute: they fit nearly as well where they are as two minutes later
    "COMB2": (COMB, late(COMB, 2)),
    # late for half of the walks, in time for the others
    "HALF": (NOISY, record([(a + 3 * (n % 2), b + 3 * (n % 2)) for n, (a, b) in enumerate(SEVEN)])),
}
STARTS = {"AUTUMN": AUTUMN, "AUTUMN3": AUTUMN, "SPRING": SPRING}
HELD = {"LATE3": 3, "EARLY4": -4, "LATE2": 2, "AUTUMN3": 3, "TWICE3": 3}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    rows = [
        row
        for name, devices in CASES.items()
        for device, steps in zip("ab", devices, strict=True)
        for row in minutes(name, STARTS.get(name, at(MONDAY, "09:00")), steps, device_id=device)
        if row["steps"] is not None
    ]
    made = make_study(
        tmp_path_factory.mktemp("clocks") / "study",
        [{"participant_id": name, "time_zone": "Australia/Sydney" if name in STARTS else "UTC"} for name in CASES],
        files={"all.csv": native(rows)},
    )
    run(made)
    return made


def answer(study: StudyFolder, name: str) -> Row:
    return only(ask(study, f"SELECT * FROM device_agreement WHERE participant_id = '{name}'"))


def told(row: Row) -> tuple[bool | None, int | None, int, int]:
    """The answer, its minutes, the dates that tell, and those that look like an offset."""
    return row["is_clock_offset"], row["clock_offset_minutes"], row["clock_dates"], row["clock_offset_dates"]


@pytest.mark.parametrize("name", ["LATE3", "EARLY4", "LATE2", "AUTUMN3"])
def test_a_second_clock_that_is_late_gives_a_positive_offset(study: StudyFolder, name: str) -> None:
    assert told(answer(study, name)) == (True, HELD[name], 1, 1)


@pytest.mark.parametrize("name", ["LATE1", "AUTUMN", "SPRING"])
def test_one_minute_or_a_change_to_daylight_saving_is_no_offset(study: StudyFolder, name: str) -> None:
    assert told(answer(study, name)) == (False, None, 1, 0)


@pytest.mark.parametrize("name", ["CONSTANT", "ALLZERO", "NOEDGE", "SHORT", "LATE11", "POCKET", "HALF", "COMB2"])
def test_records_that_tell_nothing_of_a_clock_say_so(study: StudyFolder, name: str) -> None:
    row = answer(study, name)
    assert row["minutes"] > 0
    assert told(row) == (None, None, 0, 0)


def test_one_walk_that_is_late_tells_nothing_of_a_clock(study: StudyFolder) -> None:
    assert told(answer(study, "ONE3")) == (None, None, 0, 0)


def test_three_late_walks_flag_their_date_and_hold_for_the_pair_once_another_date_repeats_them(
    study: StudyFolder,
) -> None:
    assert told(answer(study, "THREE3")) == (None, None, 1, 1)
    assert told(answer(study, "TWICE3")) == (True, 3, 2, 2)
    assert told(answer(study, "UNLIKE")) == (None, None, 2, 2)


def test_walks_that_one_device_does_not_show_say_nothing_against_those_that_both_show(study: StudyFolder) -> None:
    assert told(answer(study, "BAG3")) == (None, None, 1, 1)


def test_the_grid_flags_the_date_and_changes_no_step(study: StudyFolder) -> None:
    flagged = ask(
        study,
        """SELECT participant_id, list(steps ORDER BY minute_start) AS steps FROM minute
        WHERE list_contains(flags, 'clock_offset') GROUP BY participant_id""",
    )
    assert {row["participant_id"]: row["steps"] for row in flagged} == {
        name: [value for value in CASES[name][0] if value is not None] for name in (*HELD, "THREE3", "UNLIKE", "BAG3")
    }


def test_over_all_people_the_largest_offset_that_holds_is_told(study: StudyFolder) -> None:
    row = only(ask(study, "SELECT * FROM device_agreement WHERE pair_level = 'study'"))
    assert row["participants"] == len(CASES)
    assert told(row) == (True, -4, 13, 10)


#: A walk of 20 minutes begins at each of these minutes, the rows of the watch three minutes after.
ROWED = [14, 51, 85, 127, 166, 199]


def apple(start: dt.datetime) -> str:
    """The step table of a watch that writes two rows of ten minutes for each walk, zeros in rows of a minute between them."""
    rows = [(minute + n, 10, 1100) for minute in ROWED for n in (3, 13)]
    covered = {first + n for first, length, _ in rows for n in range(length)}
    rows += [(n, 1, 0) for n in range(240) if n not in covered]
    lines = ["type,sourceName,sourceVersion,productType,device,startDate,endDate,unit,value"]
    for first, length, steps in sorted(rows):
        began, ended = (f"{start + dt.timedelta(minutes=n):%Y-%m-%d %H:%M:%S} +0000" for n in (first, first + length))
        lines.append(f'StepCount,Watch,9.0,"Watch5,4",,{began},{ended},count,{steps}')
    return "\n".join(lines) + "\n"


def lateness(chance: random.Random, date: int) -> list[Row]:
    """A watch, and a phone taken along and put down up to three minutes after it on each of three walks."""
    shown = [(start + chance.randint(0, 3), end + chance.randint(0, 3)) for start, end in SEVEN[:3]]
    start = at(MONDAY + dt.timedelta(days=date), "09:00")
    return [
        row
        for device, walks in (("phone", shown), ("watch", SEVEN[:3]))
        for row in minutes("PHONE", start, noisy(record(walks)), device_id=device)
    ]


@pytest.fixture(scope="module")
def equal_clocks(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    chance = random.Random(60)  # noqa: S311 - made-up data, the same in every run
    walks = record([(n, n + 20) for n in ROWED])
    made = make_study(
        tmp_path_factory.mktemp("equal") / "study",
        [{"participant_id": name} for name in ("ROWS", "PHONE")],
        files={
            "ROWS/pedometer.csv": native(minutes("ROWS", at(MONDAY, "09:00"), walks)),
            "ROWS/StepCount.csv": apple(at(MONDAY, "09:00")),
            "phone.csv": native([row for date in range(40) for row in lateness(chance, date)]),
        },
    )
    run(made)
    return made


def test_rows_of_ten_minutes_beside_minutes_are_no_late_clock(equal_clocks: StudyFolder) -> None:
    row = answer(equal_clocks, "ROWS")
    assert row["apportioned_minutes"] == 120
    assert told(row) == (None, None, 0, 0)


def test_a_phone_taken_along_some_minutes_late_has_no_late_clock(equal_clocks: StudyFolder) -> None:
    row = answer(equal_clocks, "PHONE")
    assert row["dates"] == 40
    assert (row["clock_offset_dates"], row["clock_offset_minutes"]) == (0, None)
