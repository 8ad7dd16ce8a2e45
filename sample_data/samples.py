"""The small sample files that lie beside this module, one or more per format."""

import dataclasses
from pathlib import Path

from sample_data.clock import midnight, overlap, seeded, utc_datetime
from sample_data.csv_writer import (
    Series,
    actigraph_epochs,
    fitabase_daily_steps,
    fitabase_minute_narrow,
    fitabase_minute_wide,
    native_csv,
)
from sample_data.exports import activity, metres_per_second, native, on_the_wall
from sample_data.fit_monitoring import Counters, Watch, monitoring_file, settings_file
from sample_data.gpx_writer import gpx_track
from sample_data.life import Life, live
from sample_data.people import PARTICIPANTS
from sample_data.route import loop
from sample_data.traces import SERIALS, Trace, traces_of
from sample_data.trouble import PICTURE, damaged, half_an_archive, route_without_times, two_date_orders
from sample_data.vendors import files as vendor_files

SEED = 2024

HERE = Path(__file__).parent


def _person(participant_id: str) -> tuple[Life, Trace]:
    """A participant and the first of their devices."""
    participant = next(one for one in PARTICIPANTS if one.participant_id == participant_id)
    life = live(participant, SEED)
    return life, traces_of(life, SEED)[0]


def _fit() -> dict[str, bytes]:
    """One day of W01's watch, read out at noon, and the walk of that day as an activity."""
    life, trace = _person("W01")
    day = next(day for day in life.days if day.walks)
    noon, watch, shift = life.clock.utc(day.date, 12), Watch(SERIALS["W01"]), life.clock.offset(day.span[0])
    counters: Counters = {}
    halves = [
        monitoring_file(
            watch,
            number,
            span,
            day_start=day.span[0],
            offset_minutes=shift,
            steps=trace.steps,
            worn=list(trace.worn),
            counters=counters,
        ).to_bytes()
        for number, span in enumerate(((day.span[0], noon), (noon, day.span[1])), start=1)
    ]
    return {
        "fit/monitoring_morning.fit": halves[0],
        "fit/monitoring_afternoon.fit": halves[1],
        "fit/walk_activity.fit": activity(life, day.walks[0]),
        "fit/settings.fit": settings_file(watch, day.span[0]).to_bytes(),
        "broken/damaged.fit": damaged(halves[0]),
        "broken/cut_off.fit": halves[1][: len(halves[1]) // 2],
    }


def _gpx() -> dict[str, bytes]:
    """A walk of 15 minutes after two minutes of standing still, without and with heart rate."""
    start = utc_datetime(midnight(PARTICIPANTS[0].start_date))
    points = loop(seeded("sample"), 900, metres_per_second(108), standing=120)
    return {
        "gpx/walk.gpx": gpx_track("Walk", start, points),
        "gpx/walk_with_heart_rate.gpx": gpx_track("Walk & talk", start, points, heart_rate=True),
        "broken/route_without_times.gpx": route_without_times(),
    }


def _csv() -> dict[str, bytes]:
    """W04's and W05's trackers, W08's pedometer and W07's research monitor for a few hours of a day with a walk."""
    tracker, other = (on_the_wall(*_person(who)) for who in ("W04", "W05"))
    first = tracker.spans[0][0]
    morning = Series(tracker.label, [(first + 360, first + 720)], tracker.steps)
    days = [Series(one.label, one.spans[:1], one.steps) for one in (tracker, other)]
    life, trace = _person("W04")
    totals = {day.date: sum(trace.steps.get(minute, 0) for minute in range(*day.span)) for day in life.days[:7]}

    life, trace = _person("W08")
    walk = next(day.walks[0] for day in life.days if day.walks)
    cut = dataclasses.replace(native(life, trace), spans=[(walk.start - 60, walk.end + 60)])

    life, trace = _person("W07")
    walk = next(day.walks[0] for day in life.days if day.walks)
    begin, end = life.clock.local(walk.start) - 30, life.clock.local(walk.end) + 30
    steps = {life.clock.local(minute): count for minute, count in trace.steps.items()}
    worn = [
        (life.clock.local(a), life.clock.local(b)) for a, b in trace.worn if overlap((a, b), (walk.start, walk.end))
    ]
    return {
        "csv/native/pedometer.csv": native_csv([cut]),
        "csv/fitabase_minute_narrow/minuteStepsNarrow_merged.csv": fitabase_minute_narrow([morning]),
        "csv/fitabase_minute_wide/minuteStepsWide_merged.csv": fitabase_minute_wide(days),
        "csv/fitabase_daily_steps/dailySteps_merged.csv": fitabase_daily_steps("W04", totals),
        "csv/actigraph_epoch/30sec.csv": actigraph_epochs("MOS2E39260107", (begin, end), steps, worn, seeded("counts")),
        "broken/two_date_orders.csv": two_date_orders("W06"),
    }


def sample_files() -> dict[str, bytes]:
    """Path under this folder and bytes of every committed sample."""
    broken = {"broken/empty.fit": b"", "broken/picture.fit": PICTURE, "broken/half_an_archive.zip": half_an_archive()}
    return dict(sorted((_fit() | _gpx() | _csv() | vendor_files() | broken).items()))


def write_samples(folder: Path = HERE) -> list[Path]:
    """Writes the samples into a folder; without one, over the committed ones."""
    written = []
    for path, content in sample_files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written.append(target)
    return written
