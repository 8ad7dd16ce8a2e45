"""Cadence of a GPX track becomes steps where speed tells the legs it counts, minute by minute."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from connectors import gpx
from connectors.errors import NoStepDataError
from tests.connectors.gpx_samples import START, counts, gpx_text, point, read
from tests.real_exports import REAL, needs_real_exports


def _striding(cadence: float, mps: float, sport: str, *, start_s: int = 0, step_s: int = 5) -> str:
    inside = f"<extensions><x:cad xmlns:x='y'>{cadence}</x:cad></extensions>"
    return gpx_text([point(s, mps * s, inside) for s in range(start_s, start_s + 601, step_s)], sport=sport)


@pytest.mark.parametrize(
    ("cadence", "mps", "sport", "code", "steps"),
    [
        (50, 1.3, "walking", "cadence_one_leg", 1000),
        (100, 1.3, "walking", "cadence_both_legs", 1000),
        (80, 2.5, "running", "cadence_one_leg", 1600),
        (160, 2.5, "running", "cadence_both_legs", 1600),
        (80, 1.35, "walking", "cadence_side_unknown", None),
        (50, 1.3, "", "cadence_without_foot_sport", None),
        (80, 6.0, "cycling", "cadence_without_foot_sport", None),
    ],
)
def test_cadence_is_steps_where_speed_tells_the_legs(
    tmp_path: Path, cadence: float, mps: float, sport: str, code: str, steps: float | None
) -> None:
    recording = read(tmp_path, _striding(cadence, mps, sport))
    assert counts(recording) == {code: 1}
    if steps is None:
        assert recording.epochs["steps"].is_null().all()
    else:
        assert recording.epochs["steps"].sum() == pytest.approx(steps)


def test_a_cadence_is_not_held_for_more_than_half_a_minute(tmp_path: Path) -> None:
    recording = read(tmp_path, _striding(50, 1.3, "walking", step_s=60))
    assert recording.epochs["steps"].is_null().all()
    assert counts(recording) == {}


def _by_minute(epochs: pl.DataFrame) -> list[float | None]:
    minutes = epochs.group_by(pl.col("epoch_start").dt.truncate("1m"), maintain_order=True)
    return minutes.agg(pl.when(pl.col("steps").is_not_null().any()).then(pl.col("steps").sum()))["steps"].to_list()


def test_a_minute_that_cadence_tells_in_part_has_no_steps(tmp_path: Path) -> None:
    recording = read(tmp_path, _striding(50, 1.3, "walking", start_s=28))
    epochs = recording.epochs
    told = epochs.filter(pl.col("steps").is_not_null())
    assert told["steps"].sum() == pytest.approx(900)
    assert told["epoch_start"].min() == START + dt.timedelta(minutes=1)
    assert told["epoch_end"].max() == START + dt.timedelta(minutes=10)
    # the epochs over the first and the last full minute are divided
    assert epochs.height == 122
    assert epochs["distance_m"].sum() == pytest.approx(780, abs=1)
    assert (epochs["epoch_end"].slice(0, 121) == epochs["epoch_start"].slice(1)).all()
    assert epochs["gps_label"].to_list() == ["walk"] * 122


def test_a_minute_with_a_second_without_cadence_has_no_steps(tmp_path: Path) -> None:
    cad = "<extensions><x:cad xmlns:x='y'>50</x:cad></extensions>"
    points = [point(s, 1.3 * s, "" if s == 90 else cad) for s in range(241)]
    recording = read(tmp_path, gpx_text(points, sport="walking"))
    assert _by_minute(recording.epochs) == [pytest.approx(100), None, pytest.approx(100), pytest.approx(100)]


@needs_real_exports
def test_real_runs_count_one_leg() -> None:
    found = {}
    for path in sorted((REAL / "gpx").glob("*.gpx")):
        try:
            recording = gpx.read(path)
        except NoStepDataError:
            continue
        if recording.epochs["steps"].count():
            found[path.name] = recording
    assert len(found) == 5
    assert all("cadence_one_leg" in counts(recording) for recording in found.values())
