"""What research software makes of raw acceleration: OxWearables stepcount, GGIR. Source: their own code."""

from sample_data.clock import DAY, midnight
from sample_data.vendors.sample import Sample, day_total, epoch, lines, total
from sample_data.vendors.walker import MORNING, SATURDAY, SUNDAY, WALK, Walker, days, local

_BASE = "outputs/F07/F07"
_CWA = "data/F07.cwa"
#: minutes around the moment the monitor came off
_OFF = (MORNING[0] + 95, MORNING[0] + 105)


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (
        _steps(walker),
        _step_times(walker),
        _minutely(walker),
        _hourly(walker),
        _daily(walker),
        _adjusted_minutes(walker),
        _adjusted_days(walker),
        _ggir(walker),
        _ggir_events(walker),
    )


def _windows(steps: int) -> list[float]:
    """A minute's steps in windows of 10 s; the walker slows down within the minute, so some are fractions."""
    share = steps / 6
    return [round(share + shift, 2) if steps else 0.0 for shift in (0.5, 0.25, 0, 0, -0.25, -0.5)]


def _steps(walker: Walker) -> Sample:
    rows, truth = ["time,Steps"], []
    for minute in [*range(WALK[0] + 5, WALK[0] + 25), *range(*_OFF)]:
        for place, steps in enumerate(_windows(walker.count(minute))):
            at, worn = local(minute, place * 10), walker.wears(minute)
            rows.append(f"{at:%Y-%m-%d %H:%M:%S},{steps if worn else ''}")
            truth.append(epoch(at, 10, steps if worn else None))
    return Sample(
        "stepcount_steps", f"{_BASE}-Steps.csv", lines(rows), tuple(truth), "windows of 10 s; empty where not worn"
    )


def _step_times(walker: Walker) -> Sample:
    rows, truth = ["time"], []
    for minute in range(WALK[0] + 9, WALK[0] + 12):
        steps = walker.count(minute)
        for number in range(steps):
            at = local(minute, (number * 60_000 // steps + 40) // 10 / 100)
            rows.append(f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3])
        if steps:
            truth.append(epoch(local(minute), 60, steps))
    return Sample("stepcount_step_times", f"{_BASE}-StepTimes.csv", lines(rows), tuple(truth), "one row for each step")


def _minutely(walker: Walker) -> Sample:
    rows, truth = ["Filename,Time,Steps,ENMO(mg)"], []
    for minute in range(*MORNING):
        worn, steps = walker.wears(minute), walker.count(minute)
        cells = f"{float(steps)},{12 + steps * 0.9:.3f}" if worn else ","
        rows.append(f"{_CWA},{local(minute):%Y-%m-%d %H:%M:%S},{cells}")
        truth.append(epoch(local(minute), 60, steps if worn else None))
    return Sample(
        "stepcount_minutely", f"{_BASE}-Minutely.csv", lines(rows), tuple(truth), "empty where not worn, 0 where still"
    )


def _hourly(walker: Walker) -> Sample:
    rows, truth = ["Filename,Time,Steps,ENMO(mg)"], []
    for hour in range(midnight(SATURDAY), midnight(SATURDAY) + 2 * DAY, 60):
        worn, steps = hour < midnight(SUNDAY), walker.total((hour, hour + 60))
        rows.append(f"{_CWA},{local(hour):%Y-%m-%d %H:%M:%S},{float(steps) if worn else ''},{27.4 if worn else ''}")
        if worn:
            truth.append(total(local(hour), 3600, steps))
    return Sample("stepcount_minutely", f"{_BASE}-Hourly.csv", lines(rows), tuple(truth), "hours under the same header")


_DAILY = (
    "Filename,Date,Steps,Walking(mins),Steps5thAt,Steps25thAt,Steps50thAt,Steps75thAt,Steps95thAt,"
    "CadencePeak1(steps/min),CadencePeak30(steps/min),Cadence95th(steps/min),ENMO(mg)"
)
_REST = "61.0,07:21:00,07:33:00,10:02:00,17:20:00,18:04:00,121.0,108.0,114.0,27.4"


def _daily(walker: Walker) -> Sample:
    rows = [_DAILY, *(f"{_CWA},{day},{float(walker.day(day))},{_REST}" for day in days())]
    # too little of Sunday was worn
    rows.append(f"{_CWA},{SUNDAY},,,,,,,,,,,")
    truth = tuple(day_total(day, walker.day(day)) for day in days())
    return Sample("stepcount_daily", f"{_BASE}-Daily.csv", lines(rows), truth, "an empty day was not worn enough")


def _adjusted_minutes(walker: Walker) -> Sample:
    rows = ["Filename,Time,Steps,ENMO(mg)"]
    for minute in range(*_OFF):
        steps = walker.count(minute) if walker.wears(minute) else 7.5
        rows.append(f"{_CWA},{local(minute):%Y-%m-%d %H:%M:%S},{float(steps)},{12 + steps * 0.9:.3f}")
    return Sample(
        "stepcount_derived",
        f"{_BASE}-MinutelyAdjusted.csv",
        lines(rows),
        (),
        "imputed where not worn: nothing that was measured",
    )


def _adjusted_days(walker: Walker) -> Sample:
    rows = [_DAILY, *(f"{_CWA},{day},{float(walker.day(day) + 212)},{_REST}" for day in [*days(), SUNDAY])]
    return Sample("stepcount_derived", f"{_BASE}-DailyAdjusted.csv", lines(rows), (), "the same of days")


def _ggir(walker: Walker) -> Sample:
    rows = [
        "ID,filename,start_time,calendar_date,bodylocation,N valid hours,N hours,weekday,measurementday,"
        "mean_ENMO_mg_0-24hr,ExtFunEvent_tot_step_count_0-24hr,ExtFunEvent_mn_cad_0-24hr"
    ]
    for number, day in enumerate(days(), start=1):
        start = f"{day}T00:00:00+1100"
        rows.append(f"F07,F07.cwa,{start},{day},wrist,23.5,24,{day:%A},{number},27.4,{walker.day(day)},14.2")
    truth = tuple(day_total(day, walker.day(day), participant="F07") for day in days())
    return Sample(
        "ggir_day", "output_F07/results/part2_daysummary.csv", lines(rows), truth, "GGIR before 3.1-6: among all else"
    )


def _ggir_events(walker: Walker) -> Sample:
    # of this table GGIR neither cuts the dates to days nor keeps the prefix of the names
    rows = ["ID,filename,calendar_date,N valid hours,N hours,weekday,tot_step_count_0-24hr"]
    rows += [f"F07,F07.cwa,{day}T00:00:00+1100,23.5,24,{day:%A},{walker.day(day)}" for day in days()]
    truth = tuple(day_total(day, walker.day(day), participant="F07") for day in days())
    return Sample(
        "ggir_day", "output_F07/results/part2_dayeventsummary.csv", lines(rows), truth, "GGIR 3.1-6 and later"
    )
