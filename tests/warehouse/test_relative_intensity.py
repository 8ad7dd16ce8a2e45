"""Cadence relative to age: the moderate cadence of a person's age band takes the place of a rule's own."""

from pathlib import Path

from tests.study_builder import MONDAY, ask, make_study, minutes, native, run
from tests.study_builder import at as instant


def test_each_person_is_judged_by_the_cadence_of_their_age(tmp_path: Path) -> None:
    ages = {"A20": "20.9", "A25": "25", "A40": "40.9", "A55": "55", "A60": "60.99", "A61": "61", "UNKNOWN": ""}
    # six walks of 10 minutes: at 124, 121, 118, 114, 113 and 100 steps/min
    walks = [cadence for cadence in (124, 121, 118, 114, 113, 100) for cadence in [cadence] * 10 + [0] * 10]
    study = make_study(
        tmp_path / "study",
        [],
        toml={"protocols": ["walkback-relative", "walkback-brisk"]},
        csvs={
            "participants.csv": "participant_id,time_zone,start_date,end_date,arm,age_years\n"
            + "".join(f"{name},,{MONDAY},,,{age}\n" for name, age in ages.items())
        },
        files={
            f"{name}.csv": native(minutes(name, instant(MONDAY), [0] * 600 + walks + [0] * 720, device_id=f"d-{name}"))
            for name in ages
        },
    )
    run(study)
    found = {
        (row["participant_id"], row["protocol_id"]): (row["walking_minutes"], row["minutes_ge_relative"])
        for row in ask(study, "SELECT * FROM participant_day")
    }
    # 21-30: 123.8, 31-40: 120.2, 51-60: 113.3; 100 where no band holds; whole years decide
    assert {name: found[name, "walkback-relative"] for name in ages} == {
        "A20": (60, None), "A25": (10, 10), "A40": (20, 20), "A55": (40, 40), "A60": (40, 40), "A61": (60, None),
        "UNKNOWN": (60, None),
    }  # fmt: skip
    assert {found[name, "walkback-brisk"][0] for name in ages} == {60}
    hashes = ask(study, "SELECT DISTINCT protocol_id, rules_hash FROM participant_week ORDER BY 1")
    assert len({row["rules_hash"] for row in hashes}) == 2
    weeks = ask(study, "SELECT minutes_ge_relative FROM participant_week WHERE participant_id = 'A55'")
    assert [row["minutes_ge_relative"] for row in weeks] == [40, 40]
