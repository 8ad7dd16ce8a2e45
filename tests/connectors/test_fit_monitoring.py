"""All-day monitoring: running counters of a change log become steps within intervals."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from connectors import fit
from connectors.recording import Recording
from tests.connectors.fit_bytes import (
    MONDAY,
    MONITORING,
    MONITORING_INFO,
    file_id,
    message,
    monitoring,
    typed,
    write,
)
from tests.connectors.fit_bytes import fit as fit_file
from tests.real_exports import REAL, needs_real_exports

RUNNING, WALKING, SEDENTARY, CYCLING = 1, 6, 8, 2
MIDNIGHT = dt.datetime(2024, 3, 4, tzinfo=dt.UTC)


def _read(folder: Path, data: bytes) -> Recording:
    return fit.read(write(folder, data))


def _steps(recording: Recording) -> list[tuple[int, int, str, float | None]]:
    """Start and end in seconds after MONDAY, activity and steps of each epoch that names an activity."""
    told = recording.epochs.filter(pl.col("activity").is_not_null())
    since = [(pl.col(name) - MIDNIGHT).dt.total_seconds() for name in ("epoch_start", "epoch_end")]
    return told.select(*since, "activity", "steps").rows()


# four hours into the day, so that no counter starts from 0 in the file
NOON = 12 * 3600


def test_a_row_closes_the_interval_since_the_row_before_of_whatever_type(tmp_path: Path) -> None:
    rows = (
        typed(NOON + 60, WALKING, steps=100),
        typed(NOON + 600, SEDENTARY),
        typed(NOON + 660, WALKING, steps=130),
    )
    assert _steps(_read(tmp_path, monitoring(*rows, start=NOON))) == [
        (NOON, NOON + 60, "walking", None),
        (NOON + 60, NOON + 600, "sedentary", 0.0),
        (NOON + 600, NOON + 660, "walking", 30.0),
    ]


def test_the_first_counter_of_a_file_that_starts_within_the_day_says_nothing_about_an_interval(tmp_path: Path) -> None:
    epochs = _read(tmp_path, monitoring(typed(NOON + 60, WALKING, steps=100), start=NOON)).epochs
    assert epochs["steps"].to_list() == [None]
    assert epochs["cumulative_steps"].to_list() == [100]


def test_a_file_that_starts_at_local_midnight_counts_from_zero(tmp_path: Path) -> None:
    # local midnight is 22:00 UTC of the day before
    start = -2 * 3600
    rows = (typed(start + 60, WALKING, steps=100), typed(start + 120, RUNNING, steps=7))
    recording = _read(tmp_path, monitoring(*rows, start=start, offset_minutes=120))
    assert [row[3] for row in _steps(recording)] == [100.0, 7.0]
    assert recording.utc_offset_minutes == 120
    assert recording.epochs["device_day"].unique().to_list() == [dt.date(2024, 3, 4)]


def test_a_total_repeated_at_the_midnight_a_file_starts_at_belongs_to_the_day_before(tmp_path: Path) -> None:
    rows = (typed(0, WALKING, steps=9000), typed(60, WALKING, steps=20))
    epochs = _read(tmp_path, monitoring(*rows)).epochs
    assert epochs["steps"].to_list() == [None, 20.0]
    assert epochs["device_day"].to_list() == [dt.date(2024, 3, 3), dt.date(2024, 3, 4)]


def test_a_row_at_local_midnight_belongs_to_the_day_that_ends(tmp_path: Path) -> None:
    rows = (
        typed(86_400 - 60, WALKING, steps=5000),
        typed(86_400, WALKING, steps=5010),
        typed(86_460, WALKING, steps=30),
    )
    epochs = _read(tmp_path, monitoring(*rows, start=NOON)).epochs
    assert epochs["steps"].to_list() == [None, 10.0, None]
    assert epochs["device_day"].to_list() == [dt.date(2024, 3, 4), dt.date(2024, 3, 4), dt.date(2024, 3, 5)]


def test_a_counter_that_falls_within_the_day_is_a_new_count(tmp_path: Path) -> None:
    rows = [typed(NOON + 60 * n, WALKING, steps=steps) for n, steps in ((1, 500), (2, 560), (3, 40), (4, 90))]
    assert [row[3] for row in _steps(_read(tmp_path, monitoring(*rows, start=NOON)))] == [None, 60.0, 40.0, 50.0]


def test_at_one_instant_the_first_row_of_each_type_closes_the_interval_and_a_repeat_has_no_length(
    tmp_path: Path,
) -> None:
    rows = (
        typed(NOON + 60, WALKING, steps=100),
        typed(NOON + 120, WALKING, steps=150),
        typed(NOON + 120, WALKING, steps=159),
        typed(NOON + 120, RUNNING, steps=15),
    )
    assert _steps(_read(tmp_path, monitoring(*rows, start=NOON)))[1:] == [
        (NOON + 60, NOON + 120, "walking", 50.0),
        (NOON + 60, NOON + 120, "running", None),
        (NOON + 120, NOON + 120, "walking", 9.0),
    ]


def test_the_totals_a_file_begins_with_have_no_length(tmp_path: Path) -> None:
    rows = (typed(NOON, WALKING, steps=100), typed(NOON, RUNNING, steps=15), typed(NOON + 60, WALKING, steps=120))
    assert _steps(_read(tmp_path, monitoring(*rows, start=NOON))) == [
        (NOON, NOON, "walking", None),
        (NOON, NOON, "running", None),
        (NOON, NOON + 60, "walking", 20.0),
    ]


def test_what_a_bicycle_counts_is_not_steps(tmp_path: Path) -> None:
    rows = (typed(NOON + 60, CYCLING, steps=100), typed(NOON + 120, CYCLING, steps=180))
    epochs = _read(tmp_path, monitoring(*rows, start=NOON)).epochs
    assert epochs["cumulative_steps"].to_list() == [None, None]
    assert epochs["steps"].to_list() == [0.0, 0.0]


def test_the_activity_type_may_lie_in_the_low_bits_of_the_intensity_byte(tmp_path: Path) -> None:
    row = message(MONITORING, {253: MONDAY + NOON + 60, 24: 3 << 5 | WALKING, 3: 100})
    assert _steps(_read(tmp_path, monitoring(row, start=NOON))) == [(NOON, NOON + 60, "walking", None)]


def test_a_16_bit_time_counts_on_over_its_rollover_and_from_the_start_of_the_file(tmp_path: Path) -> None:
    def short(second: int) -> bytes:
        return message(MONITORING, {26: (MONDAY + second) & 0xFFFF, 24: SEDENTARY})

    # the second row is 20 hours on: beyond one round of 16 bits from the last full timestamp
    seconds = (60, 10 * 3600, 20 * 3600, 30 * 3600)
    ends = [row[1] for row in _steps(_read(tmp_path, monitoring(*map(short, seconds))))]
    assert ends == list(seconds)


def test_a_row_a_little_before_the_one_above_is_not_a_rollover(tmp_path: Path) -> None:
    rows = [message(MONITORING, {26: (MONDAY + second) & 0xFFFF, 27: 60}) for second in (120, 60, 180)]
    recording = _read(tmp_path, monitoring(*rows))
    assert recording.coverage["end"].to_list() == [MIDNIGHT + dt.timedelta(seconds=180)]


def test_rows_ahead_of_any_full_time_count_from_the_creation_of_the_file(tmp_path: Path) -> None:
    row = message(MONITORING, {26: (MONDAY + 60) & 0xFFFF, 24: SEDENTARY})
    assert _steps(_read(tmp_path, fit_file(file_id(32), row))) == [(60, 60, "sedentary", 0.0)]


def test_rows_without_any_time_are_counted_and_left_out(tmp_path: Path) -> None:
    rows = (message(MONITORING, {24: SEDENTARY}), typed(NOON + 60, SEDENTARY))
    recording = _read(tmp_path, monitoring(*rows, start=NOON))
    assert [(p.code, p.count) for p in recording.problems] == [("no_timestamp", 1)]
    assert recording.epochs.height == 1


def test_a_clock_that_was_never_set_gives_no_minutes(tmp_path: Path) -> None:
    data = fit_file(
        file_id(32, 100),
        message(MONITORING_INFO, {253: 100, 0: 100}),
        message(MONITORING, {253: 160, 5: WALKING, 3: 9}),
    )
    with pytest.raises(fit.NoStepDataError, match="clock was never set"):
        _read(tmp_path, data)


def test_a_local_clock_that_no_place_on_earth_has_gives_no_device_day(tmp_path: Path) -> None:
    recording = _read(tmp_path, monitoring(typed(60, WALKING, steps=5), offset_minutes=20 * 60))
    assert recording.utc_offset_minutes is None
    assert recording.epochs["device_day"].to_list() == [None]
    assert [p.code for p in recording.problems] == ["implausible_offset"]


def test_heart_rate_fills_the_minute_it_was_seen_in_and_says_nothing_of_steps(tmp_path: Path) -> None:
    rows = [message(MONITORING, {26: (MONDAY + second) & 0xFFFF, 27: bpm}) for second, bpm in ((65, 60), (100, 70))]
    epochs = _read(tmp_path, monitoring(*rows)).epochs
    assert epochs.select("epoch_start", "epoch_end", "heart_rate_bpm", "steps", "activity").rows() == [
        (MIDNIGHT + dt.timedelta(seconds=60), MIDNIGHT + dt.timedelta(seconds=120), 65.0, None, None)
    ]


def test_active_time_of_a_whole_day_told_at_its_end_is_in_no_interval(tmp_path: Path) -> None:
    rows = (
        typed(60, WALKING, steps=10),
        typed(120, WALKING, steps=30, active_ms=600_000),
        typed(180, WALKING, steps=40, active_ms=630_000),
    )
    assert _read(tmp_path, monitoring(*rows)).epochs["active_seconds"].to_list() == [None, None, 30.0]


@pytest.fixture(scope="module")
def fourth_of_march() -> pl.DataFrame:
    """All typed epochs of the real all-day files of 4 March 2020 (UTC+3), with the file each came from."""
    frames = []
    for path in sorted((REAL / "fit").glob("MaksVasilev-fit2gpx__50*.fit")):
        try:
            epochs = fit.read(path).epochs
        except fit.NoStepDataError:
            continue
        frames.append(epochs.filter(pl.col("activity").is_not_null()).with_columns(file=pl.lit(path.name)))
    return pl.concat(frames).sort("epoch_end", maintain_order=True)


@pytest.fixture(scope="module")
def intervals() -> pl.DataFrame:
    return pl.read_csv(REAL / "fit" / "monitoring_intervals.csv", try_parse_dates=True).with_columns(
        pl.col("steps", "active_seconds").cast(pl.Float64)
    )


@needs_real_exports
def test_the_real_day_has_the_steps_of_an_independent_decoder(fourth_of_march: pl.DataFrame) -> None:
    day = fourth_of_march.filter(pl.col("device_day") == dt.date(2020, 3, 4))
    last = day.group_by("activity").agg(pl.col("cumulative_steps").max()).drop_nulls().rows()
    assert sorted(last) == [("running", 96), ("walking", 5834)]
    inside = day.group_by("activity").agg(pl.col("steps").sum(), pl.col("file").count())
    steps = dict(inside.select("activity", "steps").rows())
    # the first counters of the day, 13 and 15, lie in a file that starts after midnight: their files do not tell
    assert (steps["walking"], steps["running"]) == (5834 - 13, 96 - 15)


@needs_real_exports
def test_every_real_interval_within_a_file_equals_the_independent_list(
    fourth_of_march: pl.DataFrame, intervals: pl.DataFrame
) -> None:
    """The list holds every row in which a counter rose, by file; the first two counters of the day have no row before.

    There the list counts from midnight over the file before, which no single file can.
    """
    rose = fourth_of_march.filter((pl.col("steps") > 0) | (pl.col("active_seconds") > 0)).select(
        "file", "epoch_start", "epoch_end", "activity", "steps", "active_seconds"
    )
    told = intervals.drop("cumulative_steps").rename(
        {"interval_start": "epoch_start", "interval_end": "epoch_end", "activity_type": "activity"}
    )
    missing = [row for row in told.rows() if row not in set(rose.rows())]
    assert [row[3:] for row in missing] == [("walking", 13.0, 60.0), ("running", 15.0, 60.0), ("generic", 0.0, 44.0)]
    assert set(rose.rows()) <= set(told.rows())


@needs_real_exports
def test_counters_over_the_files_of_the_real_day_give_the_whole_independent_list(
    fourth_of_march: pl.DataFrame, intervals: pl.DataFrame
) -> None:
    day = fourth_of_march.filter(pl.col("cumulative_active_seconds").is_not_null())
    counters = ("cumulative_steps", "cumulative_active_seconds")
    gains = [
        (pl.col(name) - pl.col(name).shift(1, fill_value=0).over("activity", "device_day")).alias(f"gain_{name}")
        for name in counters
    ]
    rose = (
        day.with_columns(pl.col("cumulative_steps").fill_null(0))
        .with_columns(gains)
        .filter((pl.col("gain_cumulative_steps") > 0) | (pl.col("gain_cumulative_active_seconds") > 0))
    )
    assert (
        rose.select("file", "epoch_start", "epoch_end", "activity", *(f"gain_{n}" for n in counters), counters[0])
        .sort("epoch_end", "file", maintain_order=True)
        .rows()
        == intervals.select(
            "file", "interval_start", "interval_end", "activity_type", "steps", "active_seconds", "cumulative_steps"
        )
        .sort("interval_end", "file", maintain_order=True)
        .rows()
    )
