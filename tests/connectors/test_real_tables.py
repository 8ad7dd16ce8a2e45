"""Every real table: rows, sums per person and day, first and last time, as two other programs counted them."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import connectors
from connectors.dialect_file import built_in
from connectors.pedometer_csv.checks import without_repeats
from connectors.pedometer_csv.clock import parse_stamps, stamp_text
from connectors.pedometer_csv.head import claims
from connectors.pedometer_csv.rows import read_rows
from connectors.recording import Recording
from tests.real_exports import REAL, needs_real_exports

CSV = REAL / "csv"
ORACLE: dict[str, Any] = json.loads((CSV / "oracle.json").read_text()) if CSV.is_dir() else {}
#: what the export printed is an hour ahead of UTC there; the file states instants
_PRINTED_AHEAD = {"apple_health_csv": dt.timedelta(hours=1)}
_TABLES = sorted(
    name
    for name, facts in ORACLE.items()
    if isinstance(facts, dict) and "step_sum" in facts and not name.endswith(".xml")
)


def _steps(recording: Recording) -> pl.DataFrame:
    """Start as printed, steps and person of all epochs and totals that have steps."""
    frames = [
        recording.epochs.select("participant_label", pl.col("epoch_start").alias("start"), "steps"),
        recording.totals.select("participant_label", "start", pl.col("steps").cast(pl.Float64)),
    ]
    ahead = _PRINTED_AHEAD.get(recording.dialect or "", dt.timedelta(0))
    printed = pl.col("start").dt.replace_time_zone(None) + ahead
    # serial day numbers carry tenths of seconds, the printed stamp whole seconds
    return pl.concat(frames).with_columns(printed.dt.round("1s"))


@needs_real_exports
@pytest.mark.parametrize("name", _TABLES)
def test_a_real_table_has_the_known_rows_sums_days_and_times(name: str) -> None:
    facts = ORACLE[name]
    recording = connectors.read(CSV / name)
    steps = _steps(recording)
    told = {problem.code: problem.count for problem in recording.problems}
    assert recording.rows_read == facts["data_rows"]
    per_row = 60 if "Wide" in name else 1
    assert steps.height == facts["data_rows"] * per_row - facts["rows_with_no_step_value"] - told.get("not_measured", 0)
    assert steps["steps"].sum() == facts["step_sum"]
    assert str(steps["start"].min()) == facts["first_timestamp"].replace("2018-03-19", "2018-04-03")
    last = dt.datetime.fromisoformat(facts["last_timestamp"]) + dt.timedelta(minutes=59 if "Wide" in name else 0)
    assert steps["start"].max() in (last, last - dt.timedelta(minutes=59))
    days = steps.group_by(
        pl.col("participant_label").fill_null("-"), pl.col("start").dt.date().cast(pl.String).alias("day")
    )
    sums = {(who, day): total for who, day, total in days.agg(pl.col("steps").sum()).iter_rows()}
    for person, by_day in facts["steps_by_day"].items():
        who = person if facts["participants"] > 1 else "-"
        # a day that was not worn has no row at all
        assert {day: sums.get((who, day), 0) for day in by_day} == by_day
    for person, total in facts.get("steps_by_participant", {}).items():
        assert sum(count for (who, _), count in sums.items() if who == person) == total
    assert len(sums) == facts["participant_days"] - told.get("not_measured", 0)


@needs_real_exports
def test_an_apple_watch_row_whose_end_forgot_midnight_ends_on_the_next_day() -> None:
    epochs = connectors.read(CSV / "apple/P355472-AppleWatch-st.csv").epochs
    row = epochs.filter(pl.col("epoch_start") == dt.datetime(2026, 3, 28, 23, 56, 47)).row(0, named=True)  # noqa: DTZ001
    assert row["epoch_end"] == dt.datetime(2026, 3, 29, 0, 4, 19)  # noqa: DTZ001
    assert (epochs["epoch_end"] > epochs["epoch_start"]).all()


@needs_real_exports
def test_real_intensities_show_wear_in_the_minutes_whose_code_is_one_or_more() -> None:
    path = CSV / "fitabase/minuteIntensitiesWide_merged.csv"
    recording = connectors.read(path)
    facts = ORACLE["fitabase/minuteIntensitiesWide_merged.csv"]
    cells = pl.read_csv(path).select(pl.exclude("Id", "ActivityHour"))
    assert recording.rows_read == facts["data_rows"] == cells.height
    assert int(cells.sum().sum_horizontal().item()) == facts["sum_of_intensity_codes"]
    assert recording.epochs.height == int((cells > 0).sum().sum_horizontal().item())
    assert recording.epochs["worn"].all()
    assert recording.epochs["steps"].null_count() == recording.epochs.height
    assert recording.epochs["participant_label"].n_unique() == facts["participants"]


@needs_real_exports
def test_real_nights_are_known_and_say_where_their_minutes_are() -> None:
    path = CSV / "fitabase/sleepDay_merged.csv"
    with pytest.raises(connectors.NoStepDataError, match="minuteSleep"):
        connectors.read(path)
    assert len(path.read_text().splitlines()) - 1 == ORACLE["fitabase/sleepDay_merged.csv"]["data_rows"]


@needs_real_exports
@pytest.mark.parametrize(
    ("name", "events"), [("activpal/Test1-EventsEx.csv", 6158), ("activpal/Test_Events.csv", 14219)]
)
def test_an_activpal_count_rises_by_one_stride_with_each_stepping_event(name: str, events: int) -> None:
    # events are counted; the running total beside them says the same
    path = CSV / name
    layout = claims(path, built_in().values())[0]
    total = layout.names.index(next(n for n in layout.names if n.replace(" ", "") == "cumulativestepcount"))
    text = path.read_text().splitlines()[layout.first_row :]
    last = int(text[-1].split(layout.delimiter)[total])
    recording = connectors.read(path)
    assert recording.rows_read == events
    assert _steps(recording)["steps"].sum() == 2 * last


@needs_real_exports
def test_the_serial_day_of_activpal_equals_the_clock_beside_it() -> None:
    path = CSV / "activpal/Test1-EventsEx.csv"
    layout = claims(path, built_in().values())[0]
    rows, _ = read_rows(path, layout)
    start = parse_stamps(stamp_text(rows, layout), rows["line"], layout, path)
    printed = pl.Series([line.split(";")[1] for line in path.read_text().splitlines()[2:]]).str.to_datetime()
    assert (start.dt.round("1s") == printed).all()
    assert without_repeats(rows.with_columns(start.alias("start")), layout.dialect, path)[1] == ()


@needs_real_exports
def test_the_narrow_form_of_the_wide_file_gives_the_same_minutes(tmp_path: Path) -> None:
    wide = connectors.read(CSV / "fitabase/minuteStepsWide_merged.csv").epochs
    path = tmp_path / "minuteStepsNarrow_merged.csv"
    wide.select(
        pl.col("participant_label").alias("Id"),
        pl.col("epoch_start").dt.strftime("%-m/%-d/%Y %-I:%M:%S %p").alias("ActivityMinute"),
        pl.col("steps").cast(pl.Int64).alias("Steps"),
    ).write_csv(path)
    narrow = connectors.read(path)
    assert narrow.dialect == "fitabase_minute_narrow"
    assert narrow.epochs.equals(wide)


@needs_real_exports
def test_hours_of_a_wide_table_add_up_to_the_hourly_one() -> None:
    wide = connectors.read(CSV / "fitabase/minuteStepsWide_merged.csv").epochs
    hours = wide.group_by("participant_label", pl.col("epoch_start").dt.truncate("1h").alias("start")).agg(
        pl.col("steps").sum().cast(pl.Int64)
    )
    hourly = connectors.read(CSV / "fitabase/hourlySteps_merged.csv").totals
    both = hours.join(hourly, on=["participant_label", "start"])
    assert both.height == 21_307
    assert (both["steps"] == both["steps_right"]).all()
