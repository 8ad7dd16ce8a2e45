"""Withings and Garmin Connect. Source: two real Withings archives; readers of the Garmin tables."""

import datetime as dt

from sample_data.clock import DAY, midnight
from sample_data.vendors.sample import Sample, TruthRow, day_total, epoch, lines, total
from sample_data.vendors.walker import (
    MORNING,
    NIGHT,
    OFFSET_MINUTES,
    SUNDAY,
    THURSDAY,
    Walker,
    days,
    instant,
    local,
    quarter_hours,
)

#: what the maker's server writes, wherever the walker lives
_WITHINGS_HOURS = 1


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (
        _withings_steps(walker),
        _withings_daily(walker),
        _garmin_steps(walker),
        _garmin_activities(walker),
        _garmin_quarter_hours(walker),
    )


def _chunks(minutes: list[int]) -> list[list[int]]:
    """Minutes that follow each other, together."""
    found: list[list[int]] = []
    for minute in minutes:
        if found and found[-1][-1] == minute - 1:
            found[-1].append(minute)
        else:
            found.append([minute])
    return found


def _withings_steps(walker: Walker) -> Sample:
    rows, truth = [], []
    for chunk in _chunks(walker.moving(MORNING, NIGHT)):
        start, seconds = chunk[0], [60] * len(chunk)
        if len(chunk) > 4:
            # a minute of 61 seconds, and one of 59 after it
            seconds[2:4] = [61, 59]
        values, lengths = [walker.count(minute) for minute in chunk], seconds
        if len(chunk) > 20:
            # the watch sends the end of a long walk as ten minutes at once
            values, lengths = [*values[:-10], sum(values[-10:])], [*seconds[:-10], 600]
        rows.append(_withings_row(start, lengths, values))
        passed = 0
        for length, steps in zip(lengths, values, strict=True):
            truth.append(epoch(instant(start, passed), length, steps))
            passed += length
    # a quarter of an hour at noon that the phone told
    noon = midnight(THURSDAY) + DAY // 2
    steps = walker.total((noon, noon + 15))
    rows.append(_withings_row(noon, [900], [steps]))
    truth.append(total(instant(noon), 900, steps))
    # newest first, and every fifth row twice
    rows = [row for place, row in enumerate(sorted(rows, reverse=True)) for _ in range(2 if place % 5 == 0 else 1)]
    return Sample(
        "withings_steps",
        "data_WAL_1773532800/raw_tracker_steps.csv",
        lines(["start,duration,value", *rows]),
        tuple(truth),
        "lists of seconds and steps; newest first; exact repeats; an offset that is not the walker's",
    )


def _withings_row(start: int, seconds: list[int], steps: list[int]) -> str:
    at = instant(start) + dt.timedelta(hours=_WITHINGS_HOURS)
    cells = (f"[{','.join(map(str, numbers))}]" for numbers in (seconds, steps))
    quoted = (f'"{cell}"' if "," in cell else cell for cell in cells)
    return f"{at:%Y-%m-%dT%H:%M:%S}+{_WITHINGS_HOURS:02d}:00,{','.join(quoted)}"


def _withings_daily(walker: Walker) -> Sample:
    rows = ["date,value", *(f"{day},{walker.day(day)}" for day in reversed(days()))]
    return Sample(
        "withings_daily",
        "data_WAL_1773532800/aggregates_steps.csv",
        lines(rows),
        tuple(day_total(day, walker.day(day)) for day in days()),
        "newest first; what is counted stands in the file name only",
    )


def _garmin_steps(walker: Walker) -> Sample:
    rows = [",Actual,Goal"]
    for day in days():
        steps = walker.day(day)
        rows.append(f'{day:%m/%d/%Y},"{steps:,}","11,790"' if steps > 3500 else f"{day:%m/%d/%Y},{steps},9040")
    return Sample(
        "garmin_steps",
        "Steps.csv",
        lines(rows),
        tuple(day_total(day, walker.day(day)) for day in days()),
        "an empty first name; month first; some numbers with thousands in quotes",
    )


_ACTIVITY_NAMES = (
    "Activity Type,Date,Favorite,Title,Distance,Calories,Time,Avg HR,Max HR,Aerobic TE,Avg Run Cadence,Max Run Cadence,"
    "Avg Pace,Best Pace,Total Ascent,Total Descent,Avg Stride Length,Training Stress Score®,Steps,Body Battery Drain,"
    "Decompression,Best Lap Time,Number of Laps,Moving Time,Elapsed Time,Min Elevation,Max Elevation"
)


def _garmin_activities(walker: Walker) -> Sample:
    rows, truth = [_ACTIVITY_NAMES], []
    for start, end in sorted(walker.walks, reverse=True)[:6]:
        steps, length = walker.total((start, end)), end - start
        # the watch was stopped twenty seconds after the walk, having paused for these
        rows.append(
            f'Walking,{local(start):%Y-%m-%d %H:%M:%S},false,"Sydney Walking","{steps * 0.00071:.2f}","{steps // 16}",'
            f'"00:{length:02d}:00","104","128","1.1","108","124","10:12","7:58","12","--","0.71","0.0","{steps:,}","-4",'
            f'"No","00:{length:02d}:00.4","1","00:{length:02d}:00","00:{length:02d}:20","3","21"'
        )
        truth.append(TruthRow("session", None, None, local(start), local(end, 20), steps))
    ride = midnight(SUNDAY) + 9 * 60
    rows.append(
        f'Cycling,{local(ride):%Y-%m-%d %H:%M:%S},false,"Sydney Cycling","21.40","512","01:04:10","131","158","2.9","--",'
        '"--","--","--","148","151","--","0.0","--","-11","No","01:04:10.2","1","01:01:32","01:06:05","2","64"'
    )
    truth.append(TruthRow("session", None, None, local(ride), local(ride, 3965), None))
    return Sample(
        "garmin_activities",
        "Activities.csv",
        lines(rows),
        tuple(truth),
        "six walks and a ride without steps (`--`)",
    )


def _garmin_quarter_hours(walker: Walker) -> Sample:
    rows, truth = ["startGMT,endGMT,steps,primaryActivityLevel,activityLevelConstant"], []
    for begin, end in quarter_hours(THURSDAY):
        steps = walker.total((begin, end))
        level = "sleeping" if begin % DAY < 400 else "active" if steps > 300 else "sedentary"
        rows.append(f"{_gmt(begin)},{_gmt(end)},{steps},{level},{str(steps == 0).lower()}")
        truth.append(total(instant(begin), 900, steps))
    # the watch in a drawer: a whole day of zeros that nobody counted
    rows += [f"{_gmt(begin)},{_gmt(end)},0,none,true" for begin, end in quarter_hours(SUNDAY)]
    return Sample(
        "garmin_quarter_hours",
        "steps_2026-03-12_2026-03-15.csv",
        lines(rows),
        tuple(truth),
        "GMT without a zone; a day of the level `none` is missing, not zero",
    )


def _gmt(minute: int) -> str:
    return f"{local(minute - OFFSET_MINUTES):%Y-%m-%dT%H:%M:%S}.0"
