"""Mi Fitness and Zepp Life. Source: a real Mi Fitness export; readers of the Zepp folders."""

import csv
import io
import json

from sample_data.clock import midnight
from sample_data.vendors.sample import Sample, TruthRow, day_total, epoch, lines
from sample_data.vendors.walker import MORNING, NIGHT, WALK, Walker, days, epoch_seconds, instant, local

_UID = "6500000042"
_BAND, _PHONE = "471200511", "860300127"
_NAME = "20260314_6500000042_MiFitness_hlth_center"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (_mi_steps(walker), _mi_daily(walker), _zepp_minute(walker), _zepp_daily(walker))


def _table(header: str, rows: list[tuple[object, ...]]) -> bytes:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return table.getvalue().encode()


def _json(**values: object) -> str:
    return json.dumps(values, separators=(",", ":"))


def _mi_steps(walker: Walker) -> Sample:
    rows: list[tuple[object, ...]] = []
    truth: list[TruthRow] = []
    for minute in walker.moving(MORNING, NIGHT):
        at = epoch_seconds(minute)
        # the phone in the bag saw the walks too
        for sid, steps in ((_BAND, walker.count(minute)), (_PHONE, walker.count(minute) - minute % 6)):
            if sid == _BAND or walker.walking(minute):
                value = _json(time=at, steps=steps, distance=round(steps * 0.71), calories=steps // 20)
                rows.append((_UID, sid, "steps", at, value, at + 4002))
                truth.append(epoch(instant(minute), 60, steps, device=sid))
        rows.append((_UID, _BAND, "heart_rate", at, _json(time=at, bpm=71 + walker.count(minute) // 3), at + 4002))
    return Sample(
        "mi_fitness_steps",
        f"{_NAME}_fitness_data.csv",
        _table("Uid,Sid,Key,Time,Value,UpdateTime", rows),
        tuple(truth),
        "steps in JSON between rows of other kinds; two devices on the same walks",
    )


def _mi_daily(walker: Walker) -> Sample:
    rows: list[tuple[object, ...]] = []
    for day in days():
        # midnight in UTC, as a label
        at, steps = midnight(day) * 60, walker.day(day)
        value = _json(time=at, steps=steps, distance=round(steps * 0.71), calories=steps // 20)
        rows += [
            (_UID, "default", "daily_report", "steps", at, value, at + 90_000),
            (_UID, "default", "daily_mark", "steps", at, _json(time=at, steps=steps + 11), at + 90_000),
            (_UID, "default", "daily_report", "heart_rate", at, _json(time=at, avg_hr=74), at + 90_000),
        ]
    week = _json(time=midnight(days()[0]) * 60, steps=sum(map(walker.day, days())))
    rows.append((_UID, "default", "weekly_report", "steps", midnight(days()[0]) * 60, week, midnight(days()[-1]) * 60))
    return Sample(
        "mi_fitness_daily",
        f"{_NAME}_aggregated_fitness_data.csv",
        _table("Uid,Sid,Tag,Key,Time,Value,UpdateTime", rows),
        tuple(day_total(day, walker.day(day)) for day in days()),
        "only `daily_report` of `steps` is a day",
    )


def _zepp_minute(walker: Walker) -> Sample:
    rows, truth = ["date,time,steps"], []
    for minute in sorted([*walker.moving(WALK, NIGHT), WALK[0] + 2]):
        if minute == WALK[0] + 2:
            rows.append(f"{local(minute):%Y-%m-%d,%H:%M},null")
            truth.append(epoch(local(minute), 60, None))
            continue
        rows.append(f"{local(minute):%Y-%m-%d,%H:%M},{walker.count(minute)}")
        truth.append(epoch(local(minute), 60, walker.count(minute)))
    return Sample(
        "zepp_minute",
        "3100012345_1773532800000/ACTIVITY_MINUTE/ACTIVITY_MINUTE_1773532800000.csv",
        lines(rows, bom=True),
        tuple(truth),
        "sparse; one `null`",
    )


def _zepp_daily(walker: Walker) -> Sample:
    rows = ["date,steps,distance,runDistance,calories"]
    rows += [f"{day},{walker.day(day)},{walker.day(day) * 71 // 100},0,{walker.day(day) // 20}" for day in days()]
    return Sample(
        "zepp_daily",
        "3100012345_1773532800000/ACTIVITY/ACTIVITY_1773532800000.csv",
        lines(rows, bom=True),
        tuple(day_total(day, walker.day(day)) for day in days()),
        "a day a row",
    )
