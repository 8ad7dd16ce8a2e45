"""Fitabase's research exports of Fitbit trackers. Source: tables of 33 people (Zenodo 53894), readers of the narrow form."""

import datetime as dt

from sample_data.clock import Span, midnight, seeded
from sample_data.csv_writer import american
from sample_data.vendors.sample import Sample, day_total, epoch, lines, total, wear
from sample_data.vendors.walker import ASLEEP, MORNING, MORNING_HOURS, SUNDAY, THURSDAY, Walker, days, local

#: ten digits, as Fitabase hands them out
_ID, _OTHER = "9503960366", "9624580081"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (
        _narrow(walker, with_id=True),
        _narrow(walker, with_id=False),
        _wide(walker),
        _hourly(walker),
        _daily_steps(walker),
        _daily_activity(walker),
        _intensities_narrow(walker),
        _intensities_wide(walker),
        _sleep_minute(),
        _sleep_day(),
    )


def _date(day: dt.date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _intensity(walker: Walker, minute: int) -> int:
    """0 sedentary, 1 light, 2 moderate, 3 very active."""
    steps = walker.count(minute)
    return 0 if not steps else 1 if steps < 45 else 2 if steps < 110 else 3


def _narrow(walker: Walker, *, with_id: bool) -> Sample:
    rows = ["Id,ActivityMinute,Steps" if with_id else "ActivityMinute,Steps"]
    truth = []
    people: tuple[tuple[str | None, Span], ...] = (
        ((_ID, MORNING), (_OTHER, (MORNING[0], MORNING[0] + 30))) if with_id else ((None, MORNING),)
    )
    for who, span in people:
        for minute in range(*span):
            # the other one sits still
            steps = 0 if who == _OTHER else walker.count(minute)
            rows.append(("" if who is None else f"{who},") + f"{american(minute)},{steps}")
            truth.append(epoch(local(minute), 60, steps, participant=who))
    return Sample(
        "fitabase_minute_narrow",
        "minuteStepsNarrow_two_people.csv" if with_id else "F07_minuteStepsNarrow_20260312_20260312.csv",
        lines(rows, end="\r\n" if with_id else "\n"),
        tuple(truth),
        "two people, CRLF" if with_id else "one person, named by the file only",
    )


def _wide(walker: Walker) -> Sample:
    rows = ["Id,ActivityHour," + ",".join(f"Steps{minute:02d}" for minute in range(60))]
    truth = []
    for hour in range(*MORNING_HOURS, 60):
        rows.append(f"{_ID},{american(hour)}," + ",".join(str(walker.count(hour + n)) for n in range(60)))
        truth += [epoch(local(hour + n), 60, walker.count(hour + n), participant=_ID) for n in range(60)]
    return Sample(
        "fitabase_minute_wide", "minuteStepsWide_three_hours.csv", lines(rows), tuple(truth), "60 minutes a row"
    )


def _hourly(walker: Walker) -> Sample:
    rows, truth = ["Id,ActivityHour,StepTotal"], []
    for hour in range(midnight(THURSDAY), midnight(THURSDAY) + 2 * 1440, 60):
        steps = walker.total((hour, hour + 60))
        rows.append(f"{_ID},{american(hour)},{steps}")
        truth.append(total(local(hour), 3600, steps, participant=_ID))
    return Sample("fitabase_hourly", "hourlySteps_merged.csv", lines(rows), tuple(truth), "two days, every hour")


def _daily_steps(walker: Walker) -> Sample:
    rows = ["Id,ActivityDay,StepTotal", *(f"{_ID},{_date(day)},{walker.day(day)}" for day in days())]
    truth = tuple(day_total(day, walker.day(day), participant=_ID) for day in days())
    return Sample("fitabase_daily_steps", "dailySteps_six_days.csv", lines(rows, end="\r\n"), truth, "CRLF")


def _daily_activity(walker: Walker) -> Sample:
    rows = [
        "Id,ActivityDate,TotalSteps,TotalDistance,TrackerDistance,LoggedActivitiesDistance,VeryActiveDistance,"
        "ModeratelyActiveDistance,LightActiveDistance,SedentaryActiveDistance,VeryActiveMinutes,FairlyActiveMinutes,"
        "LightlyActiveMinutes,SedentaryMinutes,Calories"
    ]
    truth = []
    for day in [*days(), SUNDAY]:
        steps, begin = walker.day(day), midnight(day)
        if not steps:
            rows.append(f"{_ID},{_date(day)},0,0,0,0,0,0,0,0,0,0,0,1440,1347")
            continue
        minutes = [0, 0, 0, 0]
        for minute in range(begin, begin + 1440):
            minutes[_intensity(walker, minute)] += 1
        still, light, fair, very = minutes
        far = round(steps * 0.00071, 2)
        rows.append(
            f"{_ID},{_date(day)},{steps},{far},{far},0,{far * 0.2:.14f},{far * 0.5:.14f},{far * 0.3:.14f},0,"
            f"{very},{fair},{light},{still},{1350 + steps // 12}"
        )
        truth.append(day_total(day, steps, participant=_ID))
    return Sample(
        "fitabase_daily_activity",
        "dailyActivity_merged.csv",
        lines(rows),
        tuple(truth),
        "six days worn and one in a drawer: 0 steps and 1,440 sedentary minutes",
    )


def _intensities_narrow(walker: Walker) -> Sample:
    rows = ["Id,ActivityMinute,Intensity"]
    rows += [f"{_ID},{american(minute)},{_intensity(walker, minute)}" for minute in range(*MORNING)]
    truth = tuple(wear(local(minute), _ID) for minute in walker.moving(MORNING))
    return Sample(
        "fitabase_intensities_narrow", "minuteIntensitiesNarrow_merged.csv", lines(rows), truth, "0 shows nothing"
    )


def _intensities_wide(walker: Walker) -> Sample:
    rows = ["Id,ActivityHour," + ",".join(f"Intensity{minute:02d}" for minute in range(60))]
    rows += [
        f"{_ID},{american(hour)}," + ",".join(str(_intensity(walker, hour + n)) for n in range(60))
        for hour in range(*MORNING_HOURS, 60)
    ]
    truth = tuple(wear(local(minute), _ID) for minute in walker.moving(MORNING_HOURS))
    return Sample("fitabase_intensities_wide", "minuteIntensitiesWide_merged.csv", lines(rows), truth, "three hours")


def _sleep_minute() -> Sample:
    rows, truth = ["Id,date,value,logId"], []
    dice = seeded("fitabase", "sleep")
    for minute in range(*ASLEEP):
        stamp = american(minute).replace(":00 ", ":30 ")
        rows.append(f"{_ID},{stamp},{dice.choice((1, 1, 1, 1, 2, 3))},11380564589")
        truth.append(wear(local(minute, 30), _ID))
    return Sample(
        "fitabase_sleep_minute", "minuteSleep_merged.csv", lines(rows), tuple(truth), "stamps on the half minute"
    )


def _sleep_day() -> Sample:
    rows = ["Id,SleepDay,TotalSleepRecords,TotalMinutesAsleep,TotalTimeInBed"]
    rows += [f"{_ID},{_date(day)} 12:00:00 AM,1,{340 + day.day},370" for day in days()]
    # the public table has three such rows
    rows.append(rows[-1])
    return Sample("fitabase_sleep_day", "sleepDay_merged.csv", lines(rows), (), "how long, not when: no minute")
