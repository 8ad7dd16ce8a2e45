"""Definition 5: what a zero means, clause by clause; 90 zeros in a row where they do not prove wear are not observed."""

import datetime as dt
from typing import Any

import pytest

from connectors.dialect_file import built_in
from tests.connectors import fit_bytes
from tests.study_builder import MONDAY, Row, at, minutes, native
from tests.warehouse.cohort import Answers, Cohort, Stretch, worn

OWN = """title = "Own logger{said}"
evidence = "file"
source = "this test"
resolution = "minute"
[match]
header = ["logged{said}", "count"]
[columns]
steps = ["count"]
[device]
manufacturer = "own"
model = "logger"
device_class = "pedometer"
{line}
[time]
stamp = ["logged{said}"]
zone = "utc"
formats = ["%Y-%m-%d %H:%M"]
[interval]
seconds = 60
"""
STUDY = Cohort(
    toml={"protocols": ["walkback", "by-zeros", "by-heart-rate"]},
    csvs={
        "protocols.csv": "protocol_id,bout_rule_id,wear_rule_id\n"
        "by-zeros,walkback,zeros_60\nby-heart-rate,walkback,heart_rate\n",
        "dialects/silent.toml": OWN.format(said="_silent", line=""),
        "dialects/declared.toml": OWN.format(said="_declared", line="zeros_prove_wear = true"),
    },
)
TEN = at(MONDAY, "10:00")


def drawer(device: str, **more: Any) -> Row:
    """The row of devices.csv for a pedometer that counts 0 in a drawer too."""
    return {"device_id": device, "zeros_prove_wear": "false"} | more


def fitbit(column: str, values: dict[int, int]) -> str:
    """A Fitabase minute table of participant 1503960366 from 10:00 on; values by minute."""
    stamps = {n: (TEN + dt.timedelta(minutes=n)).strftime("%-m/%-d/%Y %-I:%M:%S %p") for n in values}
    return f"Id,ActivityMinute,{column}\n" + "".join(f"1503960366,{stamps[n]},{v}\n" for n, v in values.items())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return STUDY.run(tmp_path_factory.mktemp("zeros"))


NINETY = {"morning": "10:00", "midnight": "23:00"}
for _name, _clock in NINETY.items():
    _start = at(MONDAY, _clock)
    STUDY.add(
        _name,
        devices=[drawer(f"D-{_name}")],
        files={
            f"{_name}-1.csv": native(minutes(_name, _start, [100] * 10 + [0] * 50, device_id=f"D-{_name}")),
            f"{_name}-2.csv": native(
                minutes(_name, _start + dt.timedelta(hours=1), [0] * 40 + [100] * 10, device_id=f"D-{_name}")
            ),
        },
    )


@pytest.mark.parametrize("name", NINETY)
def test_definition_5_ninety_zeros_over_two_files_and_over_midnight_are_not_observed(found: Answers, name: str) -> None:
    """50 zeros in the first file and 40 in the second make one run of 90."""
    rows = found.minutes(name)
    assert [row["steps"] for row in rows] == [100] * 10 + [None] * 90 + [100] * 10
    assert {(row["is_worn"], row["walking_source"], *row["flags"]) for row in rows[10:100]} == {
        (False, None, "zero_run")
    }


STUDY.add("89", [Stretch(TEN, [100] + [0] * 89 + [100], device="D-89")], devices=[drawer("D-89")])


def test_definition_5_eighty_nine_zeros_stay(found: Answers) -> None:
    assert sum(row["steps"] == 0 for row in found.minutes("89")) == 89


# 60 zeros, one other minute, 60 zeros
ENDS = {
    "a-step": [Stretch(TEN, [0] * 60 + [1] + [0] * 60)],
    "no-value": [Stretch(TEN, [0] * 60 + [None] + [0] * 60)],
    "no-row": [Stretch(TEN, [0] * 60), Stretch(TEN + dt.timedelta(minutes=61), [0] * 60)],
    "heart-rate": [
        Stretch(TEN, [0] * 60), Stretch(TEN + dt.timedelta(minutes=60), [0], heart=60),
        Stretch(TEN + dt.timedelta(minutes=61), [0] * 60),
    ],
}  # fmt: skip
for _name, _stretches in ENDS.items():
    STUDY.add(
        _name,
        [Stretch(part.start, part.steps, f"D-{_name}", part.heart) for part in _stretches],
        devices=[drawer(f"D-{_name}")],
    )


@pytest.mark.parametrize("name", ENDS)
def test_definition_5_what_is_no_plain_zero_ends_a_run(found: Answers, name: str) -> None:
    """Two runs of 60 are short of 90 each; without what lies between they would be one of 121."""
    zeros = [row for row in found.minutes(name) if row["steps"] == 0]
    assert len(zeros) == (121 if name == "heart-rate" else 120)


STUDY.add(
    "1503960366",
    files={
        "steps.csv": fitbit("Steps", dict.fromkeys(range(450), 0)),
        # intensity 0 is no evidence, 1 is: minute 160; the night's log tells of minute 320
        "intensities.csv": fitbit("Intensity", {80: 0, 160: 1}),
        "sleep.csv": "Id,date,value,logId\n1503960366,3/4/2024 3:20:00 PM,1,11\n",
    },
)


def test_definition_5_a_sleep_row_and_an_intensity_of_one_end_a_run_of_a_fitbit(found: Answers) -> None:
    """450 zeros are cut at minutes 160 and 320 into runs of 160, 159 and 129: all but those two minutes are not observed."""
    rows = found.minutes("1503960366")
    assert [n for n, row in enumerate(rows) if row["steps"] == 0] == [160, 320]
    assert {row["is_worn"] for row in rows if row["steps"] is None} == {False}


STUDY.add(
    "two-devices",
    [Stretch(TEN, [0] * 60, device="first"), Stretch(TEN + dt.timedelta(minutes=60), [0] * 60, device="second")],
    devices=[drawer("first"), drawer("second")],
)


def test_definition_5_a_run_is_one_devices(found: Answers) -> None:
    assert [row["steps"] for row in found.minutes("two-devices")] == [0] * 120


STUDY.add("native", [Stretch(TEN, [0] * 300)])
STUDY.add("denied", [Stretch(TEN, [0] * 300, device="D-denied")], devices=[drawer("D-denied")])
for _name in ("silent", "declared"):
    STUDY.add(
        _name,
        files={
            f"{_name}/log.csv": f"logged_{_name},count\n"
            + "".join(f"{MONDAY} 10:{n:02d},0\n{MONDAY} 11:{n:02d},0\n" for n in range(60))
        },
    )
STUDY.add(
    "fit",
    files={
        "fit/day.fit": fit_bytes.monitoring(
            fit_bytes.typed(36000, 6, steps=0, active_ms=0), fit_bytes.typed(36000 + 7200, 8), start=36000
        )
    },
)
STANDS = {"native": True, "denied": False, "silent": False, "declared": True, "fit": False}


@pytest.mark.parametrize("name", STANDS)
def test_definition_5_zeros_prove_wear_for_native_tables_and_where_it_is_declared(found: Answers, name: str) -> None:
    """Two to five hours of zeros: native CSV, unless devices.csv says no; a study's own dialect if it says so; never FIT."""
    rows = found.minutes(name)
    assert len(rows) >= 120
    expected = (0, True) if STANDS[name] else (None, False)
    assert {(row["steps"], row["is_worn"]) for row in rows} == {expected}


def test_definition_5_of_the_built_in_dialects_only_native_and_stepcount_declare_it() -> None:
    declared = {name for name, dialect in built_in().items() if dialect.device.zeros_prove_wear}
    assert declared == {"native", "stepcount_minutely", "stepcount_steps", "stepcount_daily"}


STUDY.add(
    "drawer-and-phone",
    [Stretch(TEN, [0] * 20 + [50] + [0] * 90, device="watch"), Stretch(TEN, [70] * 111, device="phone")],
    devices=[drawer("watch", device_class="watch"), {"device_id": "phone", "device_class": "phone"}],
)


def test_definition_5_a_long_run_yields_to_the_next_source_and_a_short_one_stands(found: Answers) -> None:
    """The watch comes first: its 20 zeros and its 50 steps stand; its run of 90 gives way to the phone."""
    assert [row["steps"] for row in found.minutes("drawer-and-phone")] == [0] * 20 + [50] + [70] * 90


STUDY.add("no-heart-rate", [worn(0, 30)])


def test_definition_5_a_protocols_wear_rule_acts_on_its_days_only(found: Answers) -> None:
    """570 zeros after the walk: worn by coverage, not worn by runs of 60 zeros; no heart rate at all."""
    assert {row["is_worn"] for row in found.minutes("no-heart-rate")} == {True}
    days = {name: found.day("no-heart-rate", 0, name) for name in ("walkback", "by-zeros", "by-heart-rate")}
    assert [(row["state"], row["wear_minutes"]) for row in days.values()] == [
        ("valid", 600), ("partial", 30), ("partial", 0),
    ]  # fmt: skip
    assert {(row["observed_minutes"], row["walking_minutes"], row["steps"]) for row in days.values()} == {
        (600, 30, 3300)
    }
    assert [row["target_met"] for row in days.values()] == ["yes"] * 3
