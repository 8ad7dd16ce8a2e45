"""Google Fit's Takeout and Samsung Health. Source: a daily file and readers; a column dictionary of a Samsung export."""

import datetime as dt

from sample_data.clock import midnight
from sample_data.vendors.sample import Sample, day_total, epoch, lines, total
from sample_data.vendors.walker import (
    MORNING,
    NIGHT,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    Walker,
    days,
    instant,
    local,
    made_up_id,
    quarter_hours,
)

_FIT = "Takeout/Fit/Daily activity metrics"
_PLACE = "-33.871,151.203,-33.869,151.207"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (
        _google_daily(walker),
        _google_day(walker),
        _samsung_steps(walker),
        _samsung_trend(walker),
        _samsung_summary(walker),
    )


def _google_daily(walker: Walker) -> Sample:
    rows = [
        "Date,Average weight (kg),Max weight (kg),Min weight (kg),Calories (kcal),Heart Points,Heart Minutes,"
        "Low latitude (deg),Low longitude (deg),High latitude (deg),High longitude (deg),Average heart rate (bpm),"
        "Max heart rate (bpm),Min heart rate (bpm),Step count,Distance (m),Average speed (m/s),Max speed (m/s),"
        "Min speed (m/s),Move Minutes count,Walking duration (ms)"
    ]
    truth = []
    for day in [*days(), SUNDAY]:
        steps = walker.day(day)
        if not steps:
            rows.append(f"{day},72.0,72.0,72.0,1473.25,,,,,,,,,,,,,,,,")
            continue
        rows.append(
            f"{day},,,,{1473.25 + steps / 16},21.0,19,{_PLACE},,,,{steps},{steps * 0.71:.13f},"
            f"0.70,2.11,0.27,61,{steps * 560}"
        )
        truth.append(day_total(day, steps))
    return Sample(
        "google_fit_daily",
        f"{_FIT}/Daily activity metrics.csv",
        lines(rows),
        tuple(truth),
        "a last day with other data only",
    )


def _google_day(walker: Walker) -> Sample:
    rows = [
        "Start time,End time,Move Minutes count,Calories (kcal),Distance (m),Heart Points,Heart Minutes,"
        "Low latitude (deg),Low longitude (deg),High latitude (deg),High longitude (deg),Average speed (m/s),"
        "Max speed (m/s),Min speed (m/s),Step count,Average weight (kg),Max weight (kg),Min weight (kg),"
        "Walking duration (ms)"
    ]
    truth = []
    for begin, end in quarter_hours(THURSDAY):
        clock = ",".join(f"{local(minute):%H:%M:%S}.000+11:00" for minute in (begin, end))
        steps = walker.total((begin, end))
        if not steps:
            rows.append(f"{clock},,14.161690654853983,,,,,,,,,,,,,,,")
            continue
        rows.append(f"{clock},,{14.16 + steps / 16},{steps * 0.71},,,{_PLACE},0.33,0.33,0.33,{steps},,,,{steps * 560}")
        truth.append(total(instant(begin), 900, steps))
    return Sample(
        "google_fit_day",
        f"{_FIT}/{THURSDAY}.csv",
        lines(rows),
        tuple(truth),
        "96 rows; the date is in the file name only",
    )


def _samsung(kind: str, version: str, header: str, rows: list[str]) -> bytes:
    """A line with the table's name first, a byte order mark, and a comma too many on each row."""
    return lines([f"{kind},{version}", header, *(row + "," for row in rows)], bom=True)


def _stamp(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.000"


def _made(day: dt.date) -> str:
    """Rows of a day are made as it begins, in UTC."""
    return f"{instant(midnight(day)):%Y-%m-%d %H:%M:%S}"[:-2] + "01.702"


def _samsung_steps(walker: Walker) -> Sample:
    kind = "com.samsung.shealth.tracker.pedometer_step_count"
    prefix = "com.samsung.health.step_count."
    names = (
        "start_time,sample_position_type,custom,update_time,create_time,count,speed,distance,calorie,time_offset,"
        "deviceuuid,pkg_name,end_time,datauuid"
    )
    header = "duration,version_code,run_step,walk_step," + ",".join(prefix + name for name in names.split(","))
    phone, watch = made_up_id("samsung", "phone"), made_up_id("samsung", "watch")
    # for twenty minutes the watch was out of the phone's reach; then it told them at once
    noon = midnight(THURSDAY) + 12 * 60
    rows, truth = [], []
    for minute in [*walker.moving(MORNING, (noon - 15, noon)), noon, *walker.moving((noon + 20, noon + 50), NIGHT)]:
        length = 20 if minute == noon else 1
        for device in (phone, watch) if walker.walking(minute) else (watch,):
            steps = walker.total((minute, minute + length)) - (minute % 7 if device == phone else 0)
            start, end, later = (_stamp(instant(at)) for at in (minute, minute + length, minute + length + 2))
            rows.append(
                f"{min(60_000, steps * 550)},4,0,{steps},{start},,,{later},{later},{steps},1.25,{steps * 0.71:.2f},"
                f"{steps * 0.04:.2f},UTC+1100,{device},com.sec.android.app.shealth,{end},"
                f"{made_up_id(device, minute)}"
            )
            truth.append((total if length > 11 else epoch)(instant(minute), length * 60, steps, device=device))
    return Sample(
        "samsung_steps",
        f"samsunghealth_anna_20260314100211/{kind}.20260314100211.csv",
        _samsung(kind, "6290057,8", header, rows),
        tuple(truth),
        "stamps in UTC; phone and watch on the same walks; one row of twenty minutes",
    )


def _by_device(walker: Walker, day: dt.date) -> list[tuple[str, int, int]]:
    """Device, its kind and its steps; the combined row is missing on the last day."""
    steps = walker.day(day)
    rows = [("phone", 0, steps * 3 // 5), ("watch", 2, steps * 9 // 10)]
    return rows if day == SATURDAY else [*rows, ("combined", -2, steps)]


def _samsung_trend(walker: Walker) -> Sample:
    kind = "com.samsung.shealth.step_daily_trend"
    header = (
        "binning_data,update_time,create_time,source_pkg_name,source_type,count,speed,distance,calorie,deviceuuid,"
        "pkg_name,datauuid,day_time"
    )
    rows, truth = [], []
    for day in days():
        found = _by_device(walker, day)
        for device, source, steps in found:
            name, made = made_up_id(kind, device, day), _made(day)
            rows.append(
                f"{name}.binning_data.json,{made},{made},com.sec.android.app.shealth,{source},{steps},1.22,"
                f"{steps * 0.71:.2f},{steps * 0.04:.2f},{made_up_id('samsung', device)},com.sec.android.app.shealth,"
                f"{name},{midnight(day) * 60_000}"
            )
        truth.append(day_total(day, max(steps for _, _, steps in found)))
    return Sample(
        "samsung_daily_trend",
        f"samsunghealth_anna_20260314100211/{kind}.20260314100211.csv",
        _samsung(kind, "6290057,4", header, rows),
        tuple(truth),
        "a row for each device and, on all days but one, for both together; days as milliseconds",
    )


def _samsung_summary(walker: Walker) -> Sample:
    kind = "com.samsung.shealth.tracker.pedometer_day_summary"
    header = (
        "create_sh_ver,step_count,binning_data,active_time,recommendation,modify_sh_ver,run_step_count,update_time,"
        "source_package_name,create_time,source_info,speed,distance,calorie,walk_step_count,deviceuuid,pkg_name,"
        "healthy_step,achievement,datauuid,day_time"
    )
    rows, truth = [], []
    for day in days():
        found = _by_device(walker, day)
        for device, _, steps in found:
            name, made = made_up_id(kind, device, day), _made(day)
            rows.append(
                f"6290057,{steps},{name}.binning_data.json,{steps * 550},6000,6290057,0,{made},"
                f"com.sec.android.app.shealth,{made},{name}.source_info.json,1.22,{steps * 0.71:.2f},"
                f"{steps * 0.04:.2f},{steps},{made_up_id('samsung', device)},com.sec.android.app.shealth,"
                f"{steps // 2},,{name},{_stamp(local(midnight(day)))}"
            )
        truth.append(day_total(day, max(steps for _, _, steps in found)))
    return Sample(
        "samsung_day_summary",
        f"samsunghealth_anna_20260314100211/{kind}.20260314100211.csv",
        _samsung(kind, "6290057,12", header, rows),
        tuple(truth),
        "the same in an app that writes days as text",
    )
