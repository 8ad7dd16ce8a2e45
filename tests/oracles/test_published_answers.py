"""Overlapping sources, weekly scores and tracks against published answers: real SQL, fed by native CSV and GPX."""

import collections
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest

from pipelines.study_folder import StudyFolder
from tests.connectors.gpx_samples import gpx_text
from tests.oracles.peer_cases import rows_of
from tests.study_builder import Row, ask, make_study, native, run, table
from tests.warehouse.cohort import Answers, Cohort, date, week


def overlap_study(root: Path) -> tuple[StudyFolder, dict[str, str], dt.datetime]:
    start = dt.datetime(2024, 3, 4, 10, tzinfo=dt.UTC)
    files: dict[tuple[str, str], list[Row]] = collections.defaultdict(list)
    for row in rows_of("overlap_minutes.csv"):
        files[row["case_id"], row["source"]].append(
            {
                "participant_id": row["case_id"], "minute_start": start + dt.timedelta(minutes=int(row["i"])),
                "steps": row["steps"], "device_id": f"{row['source']}-{row['case_id']}",
            }
        )  # fmt: skip
    texts = {key: native(rows) for key, rows in files.items()}
    classes = {"watch_fit": "watch", "phone_csv": "phone", "pedometer_csv": "pedometer"}
    devices = [
        {"device_id": f"{source}-{case}", "participant_id": case, "device_class": classes[source]}
        for case, source in files
    ]
    study = make_study(
        root,
        [{"participant_id": case} for case in dict.fromkeys(case for case, _ in files)],
        csvs={"devices.csv": table(("device_id", "participant_id", "device_class"), devices)},
        files={f"{case}-{source}.csv": text for (case, source), text in texts.items()},
    )
    source_of = {hashlib.sha256(text.encode()).hexdigest(): source for (_, source), text in texts.items()}
    return study, source_of, start


def test_watch_then_phone_then_pedometer_gives_each_minute_and_steps_are_never_added(tmp_path: Path) -> None:
    study, source_of, start = overlap_study(tmp_path / "study")
    run(study)
    found = {
        (row["participant_id"], (row["minute_start"] - start) // dt.timedelta(minutes=1)): (
            source_of[row["source_file_id"]], row["steps"], row["source_count"],
        )
        for row in ask(study, "SELECT * FROM minute")
    }  # fmt: skip
    assert found == {
        (row["case_id"], int(row["i"])): (row["chosen_source"], int(row["steps"]), int(row["n_sources"]))
        for row in rows_of("expected_overlap.csv")
    }
    totals = ask(study, "SELECT participant_id, count(*) AS n, sum(steps)::INTEGER AS steps FROM minute GROUP BY ALL")
    assert {row["participant_id"]: (row["n"], row["steps"]) for row in totals} == {
        row["case_id"]: (int(row["minutes_union"]), int(row["steps_resolved"]))
        for row in rows_of("expected_overlap_totals.csv")
    }


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """The weeks of the oracle: a day's token is valid minutes, P partial, M missing, X excused. No grace, every minute counts."""
    study = Cohort(
        toml={"protocols": ["graceless"], "as_of": date(6).isoformat()},
        csvs={
            "bout_rules.csv": "bout_rule_id,algorithm,min_cadence_spm,min_minutes\nany,strict,60,1\n",
            "protocols.csv": "protocol_id,bout_rule_id,grace_minutes\ngraceless,any,0\n",
        },
    )
    for row in rows_of("adherence_weeks.csv"):
        said = [row[f"d{n}"] for n in range(1, 8)]
        study.add(
            row["week_id"],
            week(" ".join(said).replace("X", "M")),
            start_date=date(0),
            prescribed=[(date(0), int(row["rx_days"]), int(row["rx_min"]))],
            events=[{"date": date(n), "kind": "excused"} for n, day in enumerate(said) if day == "X"],
        )
    return study.run(tmp_path_factory.mktemp("adherence"))


#: Columns of the oracle whose names are ours.
SCORES = (
    "eligible_days", "valid_days", "partial_days", "missing_days", "success_days_lo", "success_days_hi", "target_days",
    "target_minutes", "days_score_lo", "days_score_hi", "minutes_score_lo", "dose_score_lo", "adherent_days",
    "adherent_minutes", "adherent_days_prorated", "coverage", "status",
)  # fmt: skip


@pytest.mark.parametrize("expected", rows_of("expected_adherence.csv"), ids=lambda row: row["week_id"])
def test_every_week_has_the_score_of_the_guide(scored: Answers, expected: dict[str, str]) -> None:
    found = scored.week(expected["week_id"], "graceless")
    columns = {name: name for name in SCORES} | {"prorated_target_days_ceil": "prorated_target_days"}
    for name, column in columns.items():
        assert _written(found[column]) == expected[name], name
    assert (found["walking_minutes"] or 0) == int(expected["observed_minutes"])
    assert (found["walking_minutes"] is None) == (found["valid_days"] + found["partial_days"] == 0)
    # the oracle's mean is not raised to what was seen
    extrapolated = expected["mean_day_extrapolated_minutes"]
    assert _written(found["extrapolated_minutes"]) == (
        f"{max(float(extrapolated), found['walking_minutes']):.4f}" if extrapolated else ""
    )


def _written(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    study = Cohort()
    points: dict[str, list[str]] = collections.defaultdict(list)
    for row in rows_of("gps_points.csv"):
        points[row["case_id"]].append(
            f'<trkpt lat="{row["lat"]}" lon="{row["lon"]}"><time>{row["ts_utc"]}</time></trkpt>'
        )
    for case, track in points.items():
        study.add(case, files={f"{case}/track.gpx": gpx_text(track)})
    return study.run(tmp_path_factory.mktemp("gps"))


#: What a minute of the grid says, by the truth of the track.
LABELS = {"walk": "gps", "run": "gps_run", "cycle": "gps_still", "vehicle": "gps_still", "stop": "gps_still"}


@pytest.mark.parametrize("case", [row["case_id"] for row in rows_of("gps_cases.csv")])
def test_every_minute_of_a_track_has_its_true_label_but_for_one_beside_a_change(tracked: Answers, case: str) -> None:
    start = min(dt.datetime.fromisoformat(row["ts_utc"]) for row in rows_of("gps_points.csv") if row["case_id"] == case)
    found = {
        (row["minute_start"] - start) // dt.timedelta(minutes=1): row["walking_source"] for row in tracked.minutes(case)
    }
    truth = [
        LABELS[row["truth"]] if row["has_points"] == "1" else None
        for row in rows_of("expected_gps_minutes.csv")
        if row["case_id"] == case
    ]
    # lost signal is a change too
    steady = [n for n in range(len(truth)) if len(set(truth[max(0, n - 1) : n + 2])) == 1]
    assert len(steady) >= 9
    assert {n: found.get(n) for n in steady} == {n: truth[n] for n in steady}
    stated = next(row for row in rows_of("gps_cases.csv") if row["case_id"] == case)
    assert abs(list(found.values()).count("gps") - int(stated["truth_walk_minutes_with_points"])) <= 1
