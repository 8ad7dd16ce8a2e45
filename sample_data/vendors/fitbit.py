"""A person's own Fitbit exports: web API, Takeout, account archive. Source: their readers, and minute files of the web API."""

import csv
import io
import json

from sample_data.vendors.sample import Sample, TruthRow, day_total, epoch, lines
from sample_data.vendors.walker import MORNING, NIGHT, WALK, Walker, days, epoch_seconds, instant, local, made_up_id

_PHONE = "Health Connect"
_WATCH = "Charge 6"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every form."""
    return (
        _api_minute(walker),
        _rapids(walker),
        _rapids_flat(walker),
        _takeout_json(walker),
        _takeout_csv(walker),
        _takeout_csv_older(walker),
        _monthly(walker),
    )


def _api_minute(walker: Walker) -> Sample:
    day = local(MORNING[0]).date()
    rows = ['"dateTime","value","dataset_time","dataset_value","datasetInterval","datasetType"']
    rows += [
        f'"{day}","{walker.day(day)}","{local(minute):%H:%M:%S}",{walker.count(minute)},1,"minute"'
        for minute in range(*MORNING)
    ]
    truth = tuple(epoch(local(minute), 60, walker.count(minute)) for minute in range(*MORNING))
    return Sample(
        "fitbit_api_minute",
        "S001_d4_1min_epoch.csv",
        lines(rows),
        truth,
        "the day's total on every row; the day itself has 1,440 rows",
    )


def _rapids(walker: Walker) -> Sample:
    table, device = io.StringIO(), made_up_id("rapids")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("device_id", "fitbit_data"))
    truth: list[TruthRow] = []
    for span in (WALK, (NIGHT[0], NIGHT[0] + 20), (NIGHT[0] + 20, NIGHT[1])):
        day = local(span[0]).date()
        minutes = [{"time": f"{local(minute):%H:%M:%S}", "value": walker.count(minute)} for minute in range(*span)]
        document = {
            "activities-steps": [{"dateTime": f"{day}", "value": f"{walker.day(day)}"}],
            "activities-steps-intraday": {"dataset": minutes, "datasetInterval": 1, "datasetType": "minute"},
        }
        writer.writerow((device, json.dumps(document, separators=(",", ":"))))
        truth += [epoch(local(minute), 60, walker.count(minute), device=device) for minute in range(*span)]
    return Sample(
        "fitbit_api_rapids", "fitbit_steps_intraday.csv", table.getvalue().encode(), tuple(truth), "JSON in a cell"
    )


def _rapids_flat(walker: Walker) -> Sample:
    rows, truth, device = ["timestamp,device_id,steps,local_date_time"], [], made_up_id("rapids")
    for minute in range(*WALK):
        rows.append(f"{epoch_seconds(minute) * 1000},{device},{walker.count(minute)},{local(minute):%Y-%m-%d %H:%M:%S}")
        truth.append(epoch(local(minute), 60, walker.count(minute), device=device))
    return Sample("fitbit_api_rapids_flat", "fitbit_steps_intraday_flat.csv", lines(rows), tuple(truth), "the same")


def _takeout_json(walker: Walker) -> Sample:
    # sparse, with a row of 0 here and there
    minutes = sorted([*walker.moving(MORNING, NIGHT), *(m for m in range(*MORNING, 37) if not walker.count(m))])
    rows = [
        f'{{\n  "dateTime" : "{instant(minute):%m/%d/%y %H:%M:%S}",\n  "value" : "{walker.count(minute)}"\n}}'
        for minute in minutes
    ]
    truth = tuple(epoch(instant(minute), 60, walker.count(minute)) for minute in minutes)
    return Sample(
        "fitbit_takeout_json",
        "Takeout/Fitbit/Global Export Data/steps-2026-03-11.json",
        ("[" + ",".join(rows) + "]").encode(),
        truth,
        "UTC; the local day before starts it",
    )


def _takeout_csv(walker: Walker) -> Sample:
    rows, truth = ["timestamp,steps,data source"], []
    for minute in walker.moving(MORNING, NIGHT):
        rows.append(f"{instant(minute):%Y-%m-%dT%H:%M:%SZ},{walker.count(minute)},{_WATCH}")
        truth.append(epoch(instant(minute), 60, walker.count(minute), device=_WATCH))
        if walker.walking(minute):
            # the phone's copy of the walk
            steps = walker.count(minute) - minute % 5
            rows.append(f"{instant(minute):%Y-%m-%dT%H:%M}:12.345Z,{steps},{_PHONE}")
            truth.append(epoch(instant(minute, 12.345), 60, steps, device=_PHONE))
    return Sample(
        "fitbit_takeout_csv",
        "Takeout/Fitbit/Physical Activity_GoogleData/steps_2026-03-11.csv",
        lines(rows),
        tuple(truth),
        "watch and phone on the same walks",
    )


def _takeout_csv_older(walker: Walker) -> Sample:
    minutes = walker.moving(WALK)
    rows = [
        "timestamp,steps",
        *(f"{instant(minute):%Y-%m-%dT%H:%M:%SZ},{walker.count(minute)}" for minute in minutes),
    ]
    return Sample(
        "fitbit_takeout_csv",
        "Takeout/Fitbit/Physical Activity_GoogleData/steps_2026-03-12.csv",
        lines(rows),
        tuple(epoch(instant(minute), 60, walker.count(minute)) for minute in minutes),
        "the older header, without a data source",
    )


def _monthly(walker: Walker) -> Sample:
    dates = [(day, f"{day:%d-%m-%Y}") for day in days()]
    rows = ["Body", "Date,Weight,BMI,Fat", *(f'"{text}","71.4","23.1","0"' for _, text in dates), ""]
    rows += ["Foods", "Date,Calories In", *(f'"{text}","0"' for _, text in dates), ""]
    rows += [
        "Activities",
        "Date,Calories Burned,Steps,Distance,Floors,Minutes Sedentary,Minutes Lightly Active,Minutes Fairly Active,"
        "Minutes Very Active,Activity Calories",
    ]
    for day, text in dates:
        steps = walker.day(day)
        rows.append(f'"{text}","2,104","{steps:,}","{steps * 0.00071:.2f}","4","1,186","203","31","20","812"')
    rows += ["", "Sleep", "Start Time,End Time,Minutes Asleep,Minutes Awake,Number of Awakenings,Time in Bed"]
    rows += [f'"{text} 12:30AM","{text} 6:40AM","340","30","2","370"' for _, text in dates]
    rows += ["", "Food Log 20260309", "Daily Totals", '"","Calories","0"', ""]
    return Sample(
        "fitbit_monthly",
        "fitbit_export_20260314.csv",
        lines(rows),
        tuple(day_total(day, walker.day(day)) for day, _ in dates),
        "five titled blocks, day first, thousands in quotes",
    )
