"""How well two devices on one walk agree."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest, intake
from pipelines.run import Run, open_run
from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, ask, at, drop, make_study, minutes, native, only, run
from warehouse.build import derive, views

#: Differences of cardiac ejection fraction, radionuclide ventriculography minus impedance cardiography, in hundredths.
#: Source: Bland and Altman 2007, J Biopharm Stat 17:571-582, Table 1.
PUBLISHED = {
    "B01": [126, 180, 99, 55, 153],
    "B02": [210, 297, 245, 245],
    "B03": [4, -26, -22, -24, 4, -25],
    "B04": [7, -59, -89, -81, -112],
    "B05": [10, 12, 8, 71, 77, 69],
    "B06": [2, 61, 22, 51],
    "B07": [204, 199, 197, 184],
    "B08": [-18, 20, 75, 109, 103, 137],
    "B09": [131, 180, 101],
    "B10": [-13, 3, 158, 91, 97],
    "B11": [-42, -2, -48, -68, -99, -104],
    "B12": [56, 52, 110, 100, 70, 60],
}


def test_the_limits_of_the_published_example_come_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows: list[Row] = []
    for name, differences in PUBLISHED.items():
        # any two counts with the published difference, at least one of them walking
        more = [max(60, abs(difference)) for difference in differences]
        signed = list(zip(more, differences, strict=True))
        rows += minutes(name, at(MONDAY, "10:00"), [n if d >= 0 else n + d for n, d in signed], device_id="rv")
        rows += minutes(name, at(MONDAY, "10:00"), [n - d if d >= 0 else n for n, d in signed], device_id="ic")
    made = make_study(
        tmp_path_factory.mktemp("published") / "study",
        [{"participant_id": name} for name in PUBLISHED],
        # devices of one age are numbered by name: ic is -01, so a minus b is the other way round
        files={"all.csv": native(rows)},
    )
    run(made)
    row = only(ask(made, "SELECT * FROM device_agreement WHERE pair_level = 'study'"))
    assert (row["walking_participants"], row["walking_minutes"]) == (12, 60)
    assert row["walking_mean_difference"] == pytest.approx(-60.21667, abs=1e-5)
    assert row["walking_sd_within"] ** 2 == pytest.approx(1707.14026, rel=1e-6)
    total = row["walking_sd_within"] ** 2 + row["walking_sd_between"] ** 2
    assert total == pytest.approx(9813.3606, rel=1e-6)
    assert (row["limit_lower"], row["limit_upper"]) == pytest.approx((-254.37899, 133.94565), abs=2e-5)


def fitabase(start: dt.datetime, steps: list[int]) -> str:
    """A Fitabase minuteStepsNarrow table, whose clock is the participant's."""
    stamps = [start + dt.timedelta(minutes=n) for n in range(len(steps))]
    lines = [
        f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M:%S %p},{n}" for t, n in zip(stamps, steps, strict=True)
    ]
    return "ActivityMinute,Steps\n" + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """P1 and P2 have a Fitbit and a pedometer on one walk; the Fitbit lies in a drawer from 12:00 on. P3 has a Fitbit."""
    walks = {"P1": ([100] * 4, [98, 100, 102, 110]), "P2": ([80] * 2, [90, 82])}
    files: dict[str, str | bytes] = {}
    for name, (fitbit, pedometer) in walks.items():
        files[f"{name}/fitbit.csv"] = fitabase(at(MONDAY, "10:00"), [*fitbit, *[9] * 116, *[0] * 200])
        files[f"{name}/pedometer.csv"] = native(minutes(name, at(MONDAY, "10:00"), [*pedometer, *[0] * 316]))
    files["P3/fitbit.csv"] = fitabase(at(MONDAY, "10:00"), [100] * 60)
    made = make_study(
        tmp_path_factory.mktemp("models") / "study",
        [{"participant_id": name} for name in ("P1", "P2", "P3")],
        files=files,
    )
    run(made)
    return made


def test_two_models_are_compared_over_the_people_who_had_both(two_models: StudyFolder) -> None:
    rows = ask(two_models, "SELECT * FROM device_agreement ORDER BY pair_level, participant_id")
    assert [(row["pair_level"], row["participant_id"], row["minutes"]) for row in rows] == [
        ("participant", "P1", 120),
        ("participant", "P2", 118),
        ("study", None, 238),
    ]
    first, second, study = rows
    assert (first["walking_minutes"], first["walking_mean_difference"]) == (4, -2.5)
    # deviations from -2.5: 4.5, 2.5, 0.5 and -7.5
    assert first["walking_sd_within"] == pytest.approx((83 / 3) ** 0.5)
    assert (first["walking_sd_between"], first["limit_lower"], first["limit_upper"]) == (None, None, None)
    assert (second["walking_minutes"], second["walking_mean_difference"]) == (2, -6)
    assert (study["participants"], study["walking_participants"], study["walking_minutes"]) == (2, 2, 6)
    assert study["walking_mean_difference"] == pytest.approx(-22 / 6)
    # within (83 + 32) / 4 = 28.75; between 4 x 2 / 6 x 3.5^2 = 16.33, which is less: people do not differ
    assert study["walking_sd_within"] == pytest.approx(28.75**0.5)
    assert study["walking_sd_between"] == 0
    assert study["limit_upper"] == pytest.approx(-22 / 6 + 1.96 * 28.75**0.5)
    assert (study["device_a"], study["device_b"]) == (first["device_a"][:-3], first["device_b"][:-3])


def test_minutes_on_a_ride_in_the_future_or_measured_in_part_are_not_compared(
    two_models: StudyFolder, tmp_path: Path
) -> None:
    study = StudyFolder(shutil.copytree(two_models.root, tmp_path / "study"))
    with open_run(study) as at_work:
        at_work.connection.execute(
            """UPDATE ledger.source_minute
            SET flags = CASE minute(minute_start) WHEN 0 THEN ['future'] WHEN 1 THEN ['part_minute'] ELSE flags END
            WHERE participant_id = 'P1' AND hour(minute_start) = 10"""
        )
        at_work.connection.execute(
            """INSERT INTO ledger.source_session BY NAME
            SELECT source_file_id, participant_id, device_id, first_at AS session_start, 'cycling' AS sport,
                first_at + INTERVAL 3 MINUTE AS session_end, false AS on_foot
            FROM ledger.file_part WHERE participant_id = 'P1' LIMIT 1"""
        )
        derive(at_work.connection, at_work.mirrored, everybody=True)
        found = at_work.connection.execute(
            "SELECT minutes, walking_minutes, walking_mean_difference FROM device_agreement WHERE participant_id = 'P1'"
        ).fetchone()
    # of 10:00 (future), 10:01 (in part), 10:02 (the ride) and 10:03 the last is left
    assert found == (117, 1, -10)


def agreement_rows(at_work: Run) -> dict[str, list[Any]]:
    subject = [name for name, view in views().items() if view.subject == "agreement"]
    return {name: sorted(at_work.connection.execute(f"FROM main.{name}").fetchall(), key=repr) for name in subject}


def test_one_persons_new_device_changes_the_rows_that_deriving_everybody_changes(
    two_models: StudyFolder, tmp_path: Path
) -> None:
    study = StudyFolder(shutil.copytree(two_models.root, tmp_path / "study"))
    drop(study, {"P3/pedometer.csv": native(minutes("P3", at(MONDAY, "10:03"), [100] * 60))})
    with open_run(study) as at_work:
        before = agreement_rows(at_work)
        ingest.load(at_work, sorted(intake.look(study.inbox)))
        assert ingest.derive(at_work) == 1
        touched_only = agreement_rows(at_work)
        derive(at_work.connection, at_work.mirrored, everybody=True)
        assert agreement_rows(at_work) == touched_only
    assert {name: len(rows) - len(before[name]) for name, rows in touched_only.items()} == {
        "device_overlap": 1,
        "clock_edge": 0,
        "clock_lag": 1,
        "clock_offset": 1,
        "device_pair": 2,
        "device_agreement": 1,
    }


def test_the_hundredth_device_of_one_model_has_a_number_of_its_own(tmp_path: Path) -> None:
    rows = [row for n in range(102) for row in minutes("P1", at(MONDAY, "10:00"), [100, 100], device_id=f"X{n:03d}")]
    study = make_study(tmp_path / "study", [{"participant_id": "P1"}], files={"all.csv": native(rows)})
    run(study)
    numbers = {f"native-csv-{n:02d}" for n in range(1, 103)}
    assert {row["device_id"] for row in ask(study, "SELECT device_id FROM participant_device")} == numbers
    pairs = ask(study, "SELECT device_a, device_b, pair_level FROM device_agreement")
    assert [row for row in pairs if row["pair_level"] == "study"] == [
        {"device_a": "native-csv", "device_b": "native-csv", "pair_level": "study"}
    ]
    of_devices = [(row["device_a"], row["device_b"]) for row in pairs if row["pair_level"] == "participant"]
    assert len(of_devices) == 102 * 101 / 2
    assert all(int(a.removeprefix("native-csv-")) < int(b.removeprefix("native-csv-")) for a, b in of_devices)
