"""Every participant's exports as they lie in the inbox, each with what should become of it."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

from sample_data.archives import gzip_of, zip_of
from sample_data.clock import DAY, Span, midnight, seeded, utc_datetime
from sample_data.csv_writer import (
    Series,
    actigraph_epochs,
    fitabase_daily_steps,
    fitabase_minute_narrow,
    fitabase_minute_wide,
    native_csv,
)
from sample_data.fit_activity import activity_file
from sample_data.fit_monitoring import Counters, Watch, monitoring_file, settings_file
from sample_data.gpx_writer import gpx_track
from sample_data.life import Life, Spell
from sample_data.route import bus_ride, loop
from sample_data.traces import LOST_UNTIL, SERIALS, Trace, clip

#: weeks in which W01 also starts an activity for the walk
_RECORDED_WEEKS = (1, 6, 7)

#: weeks in which W03's watch is read out three times a day; otherwise once
_BUSY_WEEKS = 4

#: first and last day of W06's two exports, counted from start_date: two weeks are in both
_NARROW_EXPORTS = ((0, 34), (21, 55))

#: an id in the tables of many people that is nobody's
STRANGER = "W77"

GARMIN_FOLDER = "DI_CONNECT/DI-Connect-Uploaded-Files"


@dataclasses.dataclass(frozen=True)
class Receipt:
    """A file or a member of an archive, and the status it should end with."""

    member: str
    status: str
    why: str


@dataclasses.dataclass(frozen=True)
class Export:
    """Bytes to drop under the study folder, and what becomes of them."""

    path: str
    content: bytes
    receipts: tuple[Receipt, ...]


def export(path: str, content: bytes, status: str, why: str) -> Export:
    """An export that is one file."""
    return Export(path, content, (Receipt("", status, why),))


def stamp(minute: int) -> str:
    """A UTC minute in a file name."""
    return f"{utc_datetime(minute):%Y%m%dT%H%MZ}"


def metres_per_second(pace: int) -> float:
    """Walking speed at so many steps a minute."""
    return pace * 0.72 / 60


def monitoring(life: Life, trace: Trace) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file of a watch: a new one at midnight, where clocks change and where it was read out."""
    who = life.participant
    watch, number = Watch(SERIALS[who.participant_id]), 0
    steps = trace.steps | trace.lost
    for day in life.days:
        recorded = clip(trace.recorded, day.span)
        if not recorded:
            continue
        cuts = {day.span[0], day.span[1], *life.clock.changes(day.span)}
        if who.participant_id == "W03" and who.week_of(day.date) <= _BUSY_WEEKS:
            early = seeded(who.participant_id, day.date, "read out").randint(480, 700)
            cuts |= {day.span[0] + early, life.clock.utc(day.date, LOST_UNTIL)}
        counters: Counters = {}
        edges = sorted(cuts)
        for span in itertools.pairwise(edges):
            number += 1
            shift, worn = life.clock.offset(span[0]), list(trace.worn)
            fit = monitoring_file(
                watch, number, span,
                day_start=day.span[0], offset_minutes=shift, steps=steps, worn=worn, counters=counters,
            )  # fmt: skip
            if span[0] >= recorded[0][0]:
                yield f"monitoring_{stamp(span[0])}.fit", fit.to_bytes()


def activity(life: Life, walk: Spell, serial: int | None = None) -> bytes:
    """A walk recorded as an activity on the person's watch, or on the one with that serial number."""
    who = life.participant.participant_id
    watch = Watch(serial or SERIALS[who])
    rng = seeded(who, walk.start, "route")
    points = loop(rng, len(walk.steps) * 60, metres_per_second(walk.steps[0]))
    fit = activity_file(watch, walk.start, walk.steps, points, offset_minutes=life.clock.offset(walk.start), rng=rng)
    return fit.to_bytes()


def _activities(life: Life, weeks: Iterable[int], codes: str) -> Iterator[Export]:
    who = life.participant
    for day in life.days:
        if day.code in codes and who.week_of(day.date) in weeks:
            for walk in day.walks:
                path = f"inbox/{who.participant_id}/activity_{stamp(walk.start)}.fit"
                yield export(path, activity(life, walk), "loaded", "a recorded walk")


def _watch(life: Life, trace: Trace) -> Iterator[Export]:
    who = life.participant.participant_id
    for name, content in monitoring(life, trace):
        yield export(f"inbox/{who}/{name}", content, "loaded", "all-day monitoring")
    if who == "W01":
        yield from _activities(life, _RECORDED_WEEKS, "WR")


def _watch_in_archive(life: Life, trace: Trace) -> Export:
    """A zip in which the watch's files lie in another zip, as in an account export; one file has settings only."""
    who = life.participant.participant_id
    files = dict(monitoring(life, trace))
    settings = settings_file(Watch(SERIALS[who]), life.days[0].span[0]).to_bytes()
    inner = f"{GARMIN_FOLDER}/UploadedFiles_0-_Part1.zip"
    receipts = [Receipt("", "container", "an account export"), Receipt(inner, "container", "a zip in the export")]
    receipts += [Receipt(f"{inner}/{name}", "loaded", "all-day monitoring") for name in files]
    receipts.append(Receipt(f"{inner}/settings.fit", "no_step_data", "settings of the watch"))
    content = zip_of({inner: zip_of(files | {"settings.fit": settings})})
    return Export(f"inbox/{who}/garmin_export.zip", content, tuple(receipts))


def native(life: Life, trace: Trace, *, with_device: bool = True) -> Series:
    """A trace as rows of the project's own CSV."""
    return Series(life.participant.participant_id, trace.worn, trace.steps, trace.device_id if with_device else "")


def on_the_wall(life: Life, trace: Trace, first: int = 0, last: int = 1000) -> Series:
    """A trace by the clock on the wall: dense whole days, counted from start_date; a repeated hour is written once."""
    start = life.participant.start_date
    dates = [d.date for d in life.days if clip(trace.recorded, d.span) and first <= (d.date - start).days <= last]
    steps = {life.clock.local(minute): count for minute, count in trace.steps.items()}
    return Series(life.participant.participant_id, [(midnight(d), midnight(d) + DAY) for d in dates], steps)


def _narrow(life: Life, trace: Trace) -> Iterator[Export]:
    who = life.participant
    for first, last in _NARROW_EXPORTS:
        days = [who.start_date + dt.timedelta(days=n) for n in (first, last)]
        name = f"{who.participant_id}_minuteStepsNarrow_{days[0]:%Y%m%d}_{days[1]:%Y%m%d}.csv"
        content = fitabase_minute_narrow([on_the_wall(life, trace, first, last)])
        yield export(f"inbox/{who.participant_id}/{name}", content, "loaded", "an export that overlaps another")


def _actigraph(life: Life, trace: Trace) -> Iterator[Export]:
    who = life.participant.participant_id
    series = on_the_wall(life, trace)
    worn = [(life.clock.local(start), life.clock.local(end)) for start, end in trace.worn]
    for span in _joined(series.spans):
        content = actigraph_epochs("MOS2E39260107", span, series.steps, worn, seeded(who, span[0], "counts"))
        name = f"{who}_{utc_datetime(span[0]):%Y-%m-%d}_30sec.csv"
        yield export(f"inbox/{who}/{name}", content, "loaded", "two weeks of a research monitor")


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _tracks(life: Life) -> Iterator[Export]:
    who = life.participant.participant_id
    for day in life.days:
        for walk in day.walks if day.code in "Ws" else ():
            rng = seeded(who, walk.start, "route")
            points = loop(rng, len(walk.steps) * 60, metres_per_second(walk.steps[0]), standing=120)
            content = gpx_track("Walk", utc_datetime(walk.start - 2), points)
            yield export(f"inbox/{who}/track_{stamp(walk.start)}.gpx", content, "loaded", "a track of a walk")
        if day.code == "s" and life.participant.week_of(day.date) == 3:
            noon = life.clock.utc(day.date, 12)
            content = gpx_track("To town", utc_datetime(noon), bus_ride(seeded(who, noon), 1200))
            yield export(f"inbox/{who}/track_{stamp(noon)}.gpx", content, "loaded", "a bus ride: no walking")


def _daily(life: Life, trace: Trace) -> Export:
    who = life.participant.participant_id
    totals = {d.date: 2900 + sum(trace.lost.get(m, 0) for m in range(*d.span)) for d in life.days}
    content = fitabase_daily_steps(who, totals)
    return export(f"inbox/{who}/dailySteps_merged.csv", content, "loaded", "daily totals, no minutes")


def own_exports(life: Life, traces: list[Trace]) -> Iterator[Export]:
    """The exports in a participant's own folder."""
    who, sends = life.participant.participant_id, life.participant.sends
    match sends:
        case "watch":
            yield from _watch(life, traces[0])
        case "watch and pedometer":
            yield _watch_in_archive(life, traces[0])
            yield export(
                f"inbox/{who}/pedometer.csv", native_csv([native(life, traces[1])]), "loaded", "a second device"
            )
        case "fitabase narrow":
            yield from _narrow(life, traces[0])
        case "actigraph":
            yield from _actigraph(life, traces[0])
        case "pedometer, gzip":
            content = native_csv([native(life, traces[0], with_device=False)], clock=life.clock)
            receipts = Receipt("", "container", "gzip"), Receipt("pedometer.csv", "loaded", "a pedometer on a journey")
            yield Export(f"inbox/{who}/pedometer.csv.gz", gzip_of(content, "pedometer.csv"), receipts)
        case "gpx":
            yield from _tracks(life)
        case "activities":
            yield from _activities(life, range(1, 9), "Ws")
        case "fitabase daily":
            yield _daily(life, traces[0])


def shared_exports(lives: list[Life], traces: dict[str, list[Trace]]) -> Iterator[Export]:
    """Tables of many people, directly in the inbox; each also holds rows of somebody unknown."""
    by_sends = {
        sends: [(life, traces[life.participant.participant_id][0]) for life in lives if life.participant.sends == sends]
        for sends in ("fitabase wide", "pedometer")
    }
    wide = [on_the_wall(*pair) for pair in by_sends["fitabase wide"]]
    wide.append(dataclasses.replace(wide[0], label=STRANGER, spans=wide[0].spans[:2]))
    why = "a table of two participants and one stranger"
    yield export("inbox/minuteStepsWide_merged.csv", fitabase_minute_wide(wide), "loaded", why)
    pedometers = [native(*pair) for pair in by_sends["pedometer"]]
    pedometers.append(
        dataclasses.replace(pedometers[0], label=STRANGER, spans=pedometers[0].spans[:1], device_id="pedo-0277")
    )
    yield export("inbox/pedometers.csv", native_csv(pedometers), "loaded", why)
