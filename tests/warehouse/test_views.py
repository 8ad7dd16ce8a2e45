"""The views as a whole: what they read, what they document, and what one row of each published table is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, ask, make_study, native, run, whole_day
from warehouse import build
from warehouse.database import connect
from warehouse.ledger import FRAMES
from warehouse.publish import PUBLISHED
from warehouse.study_tables import STUDY_TABLES

#: Tables and columns that other people's scripts rely on: architecture A3.
CONTRACT = {
    "participant": "participant_id time_zone start_date end_date arm",
    "prescription": "participant_id valid_from days_per_week minutes_per_day",
    "source_file": """source_file_id file_name connector dialect device_id participant_id status reason container_id
        rows_read rows_kept rows_flagged first_epoch last_epoch received_at loaded_at""",
    "minute": """participant_id minute_start local_date steps walking_source is_worn device_id source_file_id
        source_count steps_disagreement flags active_seconds""",
    "walking_bout": """participant_id bout_rule_id bout_start bout_end local_date span_minutes active_minutes steps
        mean_cadence_spm peak_cadence_spm""",
    "participant_day": """participant_id protocol_id local_date time_zone day_length_minutes state reason
        observed_minutes window_minutes window_observed_minutes wear_minutes steps steps_unplaced steps_reported
        walking_minutes partly_active_minutes gps_minutes bouts longest_bout_minutes minutes_ge_60 minutes_ge_100
        minutes_ge_130 peak1_spm peak30_spm target_minutes target_met""",
    "participant_week": """participant_id protocol_id week_number arm week_start week_end iso_year iso_week
        prescribed_days prescribed_minutes target_days target_minutes target_source eligible_days valid_days
        partial_days missing_days excused_days in_progress prescription_changed observed_minutes wear_minutes
        walking_minutes weighted_minutes minutes_ge_100 minutes_ge_130 bouts longest_bout_minutes peak1_spm peak30_spm
        success_days_lo success_days_hi success_days_hi_window days_score_lo days_score_hi minutes_score_lo
        minutes_score_hi dose_score_lo dose_score_hi adherent_days adherent_days_window adherent_minutes
        adherent_days_prorated prorated_target_days extrapolated_minutes midnight_sensitive can_resolve_no coverage
        status status_prorated sources rules_hash""",
    "outcome": "participant_id date kind value end_date study_week",
    "participant_summary": """participant_id protocol_id weeks_yes weeks_no weeks_unknown share_lo share_hi mean_dose_lo
        mean_dose_hi current_streak_lo current_streak_hi week_sustained_lo week_sustained_hi can_resolve_no""",
    "counting_process": """participant_id protocol_id event_kind arm week_number tstart tstop event event_number
        exposure_status dose_lag1_lo dose_lag1_hi dose_lag4_lo dose_lag4_hi dose_cumulative_lo dose_cumulative_hi""",
    "day_imputation": """participant_id protocol_id local_date state censoring walking_minutes_lower walking_minutes_upper
        observed_minutes wear_minutes""",
    "missingness": "protocol_id dimension level arm eligible_days valid_days partial_days missing_days",
    "bout_rule": "bout_rule_id algorithm min_cadence_spm min_minutes max_gap_minutes min_share credit missing source",
    "wear_rule": "wear_rule_id method zero_run_minutes valid_day_minutes day_from day_to source",
    "protocol": """protocol_id bout_rule_id wear_rule_id days_per_week minutes_per_day success target week grace_minutes
        running vigorous_cadence_spm vigorous_weight source""",
    "data_flow": "",
    "exclusion": "",
}
GRAIN = {
    "participant": "participant_id",
    "prescription": "participant_id, valid_from",
    "outcome": "participant_id, date, kind",
    "protocol": "protocol_id",
    "bout_rule": "bout_rule_id",
    "wear_rule": "wear_rule_id",
    "age_cadence": "age_from",
    "universe": "universe_id",
    "participant_week": "participant_id, protocol_id, week_number",
    "participant_day": "participant_id, protocol_id, local_date",
    "participant_summary": "participant_id, protocol_id",
    "day_imputation": "participant_id, protocol_id, local_date",
    "missingness": "protocol_id, dimension, level, arm",
    "counting_process": "participant_id, protocol_id, event_kind, tstart",
    "walking_bout": "participant_id, bout_rule_id, bout_start",
    "minute": "participant_id, minute_start",
    "travel": "participant_id, from_utc",
    "device_assignment": "participant_id, device_id, from_date",
    "source_file": "source_file_id, receipt_number",
    "participant_file": "participant_id, source_file_id, device_id, kind",
    "participant_device": "participant_id, device_id",
    "device_agreement": "pair_level, participant_id, device_a, device_b",
    "publication": "footfall_version",
    "data_flow": "step, part, arm, connector, protocol_id",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    made = make_study(
        tmp_path_factory.mktemp("views") / "study",
        [{"participant_id": "P1", "start_date": MONDAY, "arm": "walking"}, {"participant_id": "P2"}],
        toml={"protocols": ["walkback", "who2020", "ggir-80", "nhanes-8of10"], "as_of": "2024-03-06"},
        csvs={
            "prescriptions.csv": "participant_id,valid_from,days_per_week,minutes_per_day\nP1,2024-03-04,3,15\n",
            "travel.csv": "participant_id,from_utc,time_zone\nP1,2024-03-01T00:00:00Z,UTC\n",
            "devices.csv": "device_id,participant_id,from_date,to_date\nnever-seen,P2,2024-03-04,\n",
            "outcomes.csv": "participant_id,date,kind,value\nP1,2024-03-06,visit,\nP1,2024-03-06,disability,12\n",
        },
        files={
            "a.csv": native(whole_day("P1", MONDAY, 30) + whole_day("P2", MONDAY, 20)),
            "again.csv": native(whole_day("P1", MONDAY, 30) + whole_day("P2", MONDAY, 20)),
            "second.csv": native(whole_day("P2", MONDAY, 20, device_id="second")),
            "P1/empty.fit": b"",
            "stranger.csv": native(whole_day("P9", MONDAY)),
        },
    )
    run(made)
    return made


def test_every_published_table_and_column_says_what_it_means(study: StudyFolder) -> None:
    noted = {row["table_name"]: row["comment"] for row in ask(study, "SELECT table_name, comment FROM duckdb_tables()")}
    assert set(noted) == set(PUBLISHED)
    assert all(noted.values())
    for row in ask(study, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"):
        assert row["comment"], row


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_documented_column_exists(study: StudyFolder, name: str) -> None:
    columns = [row["column_name"] for row in ask(study, f"DESCRIBE {name}")]
    assert list(build.views()[name].column_comments) == columns


@pytest.mark.parametrize("name", CONTRACT)
def test_every_column_that_others_rely_on_is_there(study: StudyFolder, name: str) -> None:
    columns = {row["column_name"] for row in ask(study, f"DESCRIBE {name}")}
    assert set(CONTRACT[name].split()) - columns == set()


@pytest.mark.parametrize("name", GRAIN)
def test_a_published_table_has_one_row_for_each_of_its_keys(study: StudyFolder, name: str) -> None:
    repeated = ask(study, f"SELECT {GRAIN[name]}, count(*) AS n FROM {name} GROUP BY ALL HAVING n > 1")
    assert repeated == []
    assert ask(study, f"SELECT count(*) AS n FROM {name}")[0]["n"] > 0


def test_times_are_instants_and_steps_whole_numbers(study: StudyFolder) -> None:
    types = {row["column_name"]: row["column_type"] for row in ask(study, "DESCRIBE minute")}
    assert types["minute_start"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["local_date"], types["steps"], types["flags"]) == ("DATE", "INTEGER", "VARCHAR[]")


def test_a_view_comes_after_everything_it_reads() -> None:
    done: set[str] = set()
    with duckdb.connect() as connection:
        for name, view in build.views().items():
            assert build._inputs(connection, view) <= done, name
            done.add(name)
    assert set(PUBLISHED) <= done


def test_every_process_sees_the_same_views_in_the_same_order() -> None:
    """Otherwise each run would take the definitions for changed, and derive everybody."""
    script = "from warehouse.build import views, views_hash; print(views_hash(), *views())"
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


def _folder(root: Path, views: dict[str, str]) -> Path:
    for name, sql in views.items():
        path = root / "views" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    return root


@pytest.fixture
def forget_views() -> Iterator[None]:
    build.views.cache_clear()
    yield
    build.views.cache_clear()


@pytest.mark.usefixtures("forget_views")
@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({"a/day": "SELECT * FROM nowhere"}, r"the view day reads \['nowhere'\]"),
        ({"a/day": "SELECT 1 AS n", "b/day": "SELECT 2 AS n"}, "two views are called day"),
        ({"a/day": "SELECT * FROM week", "a/week": "SELECT * FROM day"}, "in a circle"),
        ({"a/day": "SELEC 1"}, r"a/day\.sql cannot be read"),
    ],
)
def test_a_view_that_cannot_be_placed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, views: dict[str, str], message: str
) -> None:
    folder = _folder(tmp_path, views)
    monkeypatch.setattr(build.resources, "files", lambda _: folder)
    with pytest.raises(ValueError, match=message):
        build.views()


@pytest.mark.parametrize(("schema", "tables"), [("ledger", FRAMES), ("study", STUDY_TABLES)])
def test_frames_and_tables_have_the_same_columns(schema: str, tables: dict[str, dict[str, object]]) -> None:
    with connect() as connection:
        for name, columns in tables.items():
            held = [row[0] for row in connection.execute(f"DESCRIBE {schema}.{name}").fetchall()]
            assert [column for column in held if column != "source_file_id"] == list(columns), name
            assert ("source_file_id" in held) == (schema == "ledger"), name
