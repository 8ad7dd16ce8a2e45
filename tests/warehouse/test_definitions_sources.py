"""Definitions 6 (several sources) and 7 (corrections), clause by clause; the study prefers phones to watches."""

import hashlib

import pytest

from tests.connectors import apple_samples
from tests.connectors.fit_bytes import START, STOP_ALL, activity, monitoring, records, session, timer, typed
from tests.study_builder import MONDAY, Row, at, drop, make_study, minutes, native, run
from tests.warehouse.cohort import Answers, Cohort, Stretch

STUDY = Cohort(toml={"source_priority": ["device:chosen", "phone", "watch"]})
TEN = at(MONDAY, "10:00")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("sources"))


def worn_by(person: str, **devices: tuple[int, int, str]) -> None:
    """A participant with devices by name: so many minutes from 10:00 on of so many steps, of a class or of none given."""
    STUDY.add(
        person,
        [Stretch(TEN, [steps] * count, device=f"{person}-{name}") for name, (count, steps, _) in devices.items()],
        devices=[
            {"device_id": f"{person}-{name}", "device_class": kind} for name, (_, _, kind) in devices.items() if kind
        ],
    )


worn_by("classes", w=(12, 100, "watch"), p=(10, 90, "phone"))
worn_by("fuller", a=(10, 90, "pedometer"), b=(12, 100, "research"))
worn_by("equal", a=(10, 90, "pedometer"), b=(10, 100, "research"))
worn_by("unlisted", a=(12, 100, ""), b=(10, 80, "watch"))
STUDY.add(
    "by-name",
    [Stretch(TEN, [90] * 10, device="by-name-p"), Stretch(TEN, [80] * 10, device="chosen")],
    devices=[{"device_id": "by-name-p", "device_class": "phone"}, {"device_id": "chosen", "device_class": "watch"}],
)
#: Steps of 10:00 and why.
CHOSEN = {
    "classes": (90, "the phone comes first in this study's list"),
    "by-name": (80, "one device stands in the list before all phones"),
    "fuller": (100, "neither class is listed: 12 minutes that day are more than 10"),
    "equal": (90, "10 minutes each: the device_id decides"),
    "unlisted": (80, "native CSV is a pedometer, which is not listed; a watch is"),
}


@pytest.mark.parametrize("person", CHOSEN)
def test_definition_6_the_first_class_of_the_priority_gives_the_minute(found: Answers, person: str) -> None:
    steps, why = CHOSEN[person]
    assert found.minutes(person)[0]["steps"] == steps, why


def test_definition_6_steps_are_never_added(found: Answers) -> None:
    """Ten minutes of the phone's 90 and two of the watch's 100, where the phone has nothing: 1,100."""
    rows = found.minutes("classes")
    assert [row["steps"] for row in rows] == [90] * 10 + [100] * 2
    assert [(row["source_count"], row["steps_disagreement"]) for row in rows] == [(2, 10)] * 10 + [(1, None)] * 2
    assert found.day("classes")["steps"] == 1100


STUDY.add(
    "not-worn",
    [
        Stretch(TEN, [None] * 5 + [0] * 90 + [0], device="not-worn-p", heart=None),
        Stretch(TEN, [60] * 96, device="not-worn-w"),
    ],
    devices=[
        {"device_id": "not-worn-p", "device_class": "phone", "zeros_prove_wear": "false"},
        {"device_id": "not-worn-w", "device_class": "watch"},
    ],
)


def test_definition_6_a_source_that_was_not_observed_or_not_worn_gives_way(found: Answers) -> None:
    """The phone, which comes first, has no value for five minutes and then 91 zeros on a table."""
    assert [row["steps"] for row in found.minutes("not-worn")] == [60] * 96


WALKING, WALK, TEN_S = 6, 11, 36000


def all_day(steps: int, before: int) -> bytes:
    """A watch's record of the day: so many steps from 10:00 to 10:10 and 200 until 10:20, and so many before 10:00."""
    return monitoring(
        typed(TEN_S, WALKING, steps=before, active_ms=0),
        typed(TEN_S + 600, WALKING, steps=before + steps, active_ms=600_000),
        typed(TEN_S + 1200, WALKING, steps=before + steps + 200, active_ms=720_000),
        start=TEN_S,
    )


#: Both by the same watch; 60 strides of one leg are 120 steps a minute. What the first ten minutes have, and why.
ONE_WATCH: dict[str, tuple[int, bytes, list[int], str]] = {
    "whole": (
        1000,
        activity(records(range(TEN_S + 120, TEN_S + 480), cadence=60), session(TEN_S + 120, TEN_S + 480, WALK)),
        [70, 70, 120, 120, 120, 120, 120, 120, 70, 70],
        "six minutes of 120 are 720; the other four share 1,000 - 720 = 280",
    ),
    "more": (
        500,
        activity(
            records(range(TEN_S + 120, TEN_S + 480), cadence=60, heart=99), session(TEN_S + 120, TEN_S + 480, WALK)
        ),
        [0, 0, 120, 120, 120, 120, 120, 120, 0, 0],
        "720 of 500: nothing remains to share, and nothing is taken off",
    ),
    "part": (
        1000,
        activity(records(range(TEN_S + 150, TEN_S + 300), cadence=60), session(TEN_S + 150, TEN_S + 300, WALK)),
        [95, 95, 95, 120, 120, 95, 95, 95, 95, 95],
        "10:02 was recorded for 30 s only: two minutes of 120 are 240, the other eight share 760",
    ),
    "paused": (
        1000,
        activity(
            timer(TEN_S + 120, START),
            records(range(TEN_S + 120, TEN_S + 240), cadence=60),
            timer(TEN_S + 240, STOP_ALL),
            timer(TEN_S + 300, START),
            records(range(TEN_S + 300, TEN_S + 480), cadence=60),
            session(TEN_S + 120, TEN_S + 480, WALK),
        ),
        [80, 80, 120, 120, 80, 120, 120, 120, 80, 80],
        "the timer stood at 10:04: five minutes of 120 are 600, the other five share 400",
    ),
    "no-cadence": (
        1000,
        activity(records(range(TEN_S + 120, TEN_S + 480), heart=100), session(TEN_S + 120, TEN_S + 480, WALK)),
        [100] * 10,
        "an activity file without cadence tells no steps",
    ),
}
for _n, (_name, _told) in enumerate(ONE_WATCH.items()):
    # nobody's file is another's
    STUDY.add(_name, files={f"{_name}/day.fit": all_day(_told[0], before=5000 + _n), f"{_name}/walk.fit": _told[1]})


@pytest.mark.parametrize("person", ONE_WATCH)
def test_definition_6_the_activity_file_and_the_day_of_one_device_are_one_source(found: Answers, person: str) -> None:
    _, _, expected, reason = ONE_WATCH[person]
    rows = [row for row in found.minutes(person) if row["minute_start"] >= TEN]
    assert [row["steps"] for row in rows[:10]] == expected, reason
    assert {row["source_count"] for row in rows} == {1}
    assert sum(row["steps"] for row in rows[10:]) == 200


@pytest.fixture(scope="module")
def in_both_orders(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Two files of everybody, of which the second came a run later; for P2 the other way round."""

    def two(person: str) -> list[str]:
        return [native(minutes(person, TEN, [100] * 40)), native(minutes(person, at(MONDAY, "10:39"), [110] * 30))]

    study = make_study(tmp_path_factory.mktemp("corrections") / "study", [{"participant_id": p} for p in ("P1", "P2")])
    for first, second in ((0, 1), (1, 0)):
        drop(study, {f"P1-{first}.csv": two("P1")[first], f"P2-{second}.csv": two("P2")[second]})
        run(study)
    return Answers(study)


@pytest.mark.parametrize("person", ["P1", "P2"])
def test_definition_7_the_file_that_ends_later_corrects_a_minute_and_the_old_value_is_kept_aside(
    in_both_orders: Answers, person: str
) -> None:
    """One file ends at 10:40 and says 100 for 10:39, the other at 11:09 and says 110."""
    revised = [row for row in in_both_orders.minutes(person) if "revised" in row["flags"]]
    assert [(row["minute_start"], row["steps"]) for row in revised] == [(at(MONDAY, "10:39"), 110)]
    aside = [row for row in in_both_orders.of("exclusion", person, "what") if row["reason"] == "revised"]
    assert [(row["what"], row["value"], row["first_at"]) for row in aside] == [("minute", "100", at(MONDAY, "10:39"))]


STUDY.add(
    "missing-later",
    files={
        "missing-1.csv": native(minutes("missing-later", TEN, [100] * 5)),
        "missing-2.csv": native(minutes("missing-later", TEN, [None] * 5 + [90] * 5)),
    },
)


def test_definition_7_a_missing_value_never_replaces_one(found: Answers) -> None:
    rows = found.minutes("missing-later")
    assert [row["steps"] for row in rows] == [100] * 5 + [90] * 5
    assert not any(row["flags"] for row in rows)


def exported(on: str, steps: int) -> bytes:
    """An Apple Health export made on a date, with one minute of the phone."""
    made = apple_samples.export(apple_samples.record(0, 60, steps))
    return made.replace(b'<ExportDate value="2024-06-01', f'<ExportDate value="{on}'.encode())


#: The export that was made later is the one with the smaller hash: the date must decide.
_DATED = sorted(
    ((steps, exported("2024-06-01", 50), exported("2024-06-02", steps)) for steps in range(60, 80)),
    key=lambda made: hashlib.sha256(made[1]).hexdigest() < hashlib.sha256(made[2]).hexdigest(),
)[0]
STUDY.add("dated", files={"dated/1/export.xml": _DATED[1], "dated/2/export.xml": _DATED[2]})


def test_definition_7_of_files_that_end_together_the_one_exported_later_wins(found: Answers) -> None:
    assert hashlib.sha256(_DATED[1]).hexdigest() > hashlib.sha256(_DATED[2]).hexdigest()
    assert [(row["steps"], row["flags"]) for row in found.minutes("dated")] == [(_DATED[0], ["revised"])]


def _table(steps: int) -> tuple[str, int, str]:
    rows: list[Row] = minutes("undated", TEN, [steps])
    return hashlib.sha256(native(rows).encode()).hexdigest(), steps, native(rows)


UNDATED = sorted(map(_table, (70, 71, 72)))
STUDY.add("undated", files={f"undated-{n}.csv": text for n, (_, _, text) in enumerate(reversed(UNDATED))})


def test_definition_7_and_of_files_without_a_date_the_one_with_the_larger_hash(found: Answers) -> None:
    assert [(row["steps"], row["flags"]) for row in found.minutes("undated")] == [(UNDATED[-1][1], ["revised"])]
    aside = {row["value"] for row in found.of("exclusion", "undated", "what") if row["reason"] == "revised"}
    assert aside == {str(steps) for _, steps, _ in UNDATED[:-1]}


STUDY.add(
    "said-twice",
    files={
        "same-1.csv": native(minutes("said-twice", TEN, [100] * 5)),
        "same-2.csv": native(minutes("said-twice", TEN, [100] * 6)),
    },
)


def test_definition_7_the_same_value_said_twice_is_no_correction(found: Answers) -> None:
    assert [(row["steps"], row["flags"]) for row in found.minutes("said-twice")] == [(100, [])] * 6
