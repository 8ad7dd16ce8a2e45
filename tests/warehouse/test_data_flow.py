"""The flow of files, minutes, days and weeks: every step adds up to the one above."""

import collections
from pathlib import Path

from tests.study_builder import MONDAY, ask, at, make_study, minutes, native, run, whole_day
from tests.warehouse.cohort import date


def test_every_step_of_the_flow_adds_up_to_the_one_above(tmp_path: Path) -> None:
    walks = [row for n in range(8) for row in whole_day("P1", date(n), 30)]
    two_devices = minutes("P2", at(MONDAY, "10:00"), [100] * 30, device_id="D1")
    two_devices += minutes("P2", at(MONDAY, "10:20"), [100] * 30, device_id="D2")
    made = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "arm": "walking", "start_date": MONDAY}, {"participant_id": "P2", "arm": "control"}],
        toml={"protocols": ["walkback", "who2020"]},
        files={
            "a.csv": native(walks),
            "again.csv": native(walks),
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
