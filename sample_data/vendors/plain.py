"""Plain tables: the project's own, All of Us, two-column minutes. Source: this project; a schema; a real two-column file."""

from sample_data.vendors.sample import Sample, TruthRow, day_total, epoch, lines
from sample_data.vendors.walker import MORNING, NIGHT, WALK, Walker, days, instant, local

_PERSON = "1042337"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every table."""
    return (_native(walker), _all_of_us_minute(walker), _all_of_us_day(walker), _sparse(walker))


def _native(walker: Walker) -> Sample:
    rows = ["participant_id,minute_start,steps,device_id"]
    truth: list[TruthRow] = []
    for device, span in (("watch-0042", MORNING), ("pedo-0208", WALK)):
        for minute in range(*span):
            measured = device != "watch-0042" or walker.wears(minute)
            steps = walker.count(minute) if measured else None
            stamp = f"{local(minute):%Y-%m-%dT%H:%M:%S}+11:00"
            rows.append(f"F07,{stamp},{'' if steps is None else steps},{device}")
            truth.append(epoch(instant(minute), 60, steps, participant="F07", device=device))
    return Sample(
        "native", "two_devices.csv", lines(rows), tuple(truth), "offsets; an empty cell where nothing was measured"
    )


def _all_of_us_minute(walker: Walker) -> Sample:
    rows, truth = ["datetime,steps,person_id,src_id"], []
    for minute in range(*WALK):
        rows.append(f"{local(minute):%Y-%m-%d %H:%M:%S},{walker.count(minute)},{_PERSON},PPI/PM")
        truth.append(epoch(local(minute), 60, walker.count(minute), participant=_PERSON))
    return Sample("all_of_us_minute", "steps_intraday.csv", lines(rows), tuple(truth), "dates shifted by design")


def _all_of_us_day(walker: Walker) -> Sample:
    rows = ["person_id,date,steps,fairly_active_minutes,lightly_active_minutes,sedentary_minutes,very_active_minutes"]
    rows += [f"{_PERSON},{day},{walker.day(day)},31,203,1186,20" for day in days()]
    truth = tuple(day_total(day, walker.day(day), participant=_PERSON) for day in days())
    return Sample("all_of_us_day", "activity_summary.csv", lines(rows), truth, "a day a row")


def _sparse(walker: Walker) -> Sample:
    minutes = walker.moving(MORNING, NIGHT)
    rows = ["datetime,steps", *(f"{local(m):%Y-%m-%d %H:%M:%S},{walker.count(m)}" for m in minutes)]
    truth = tuple(epoch(local(minute), 60, walker.count(minute)) for minute in minutes)
    return Sample("sparse_minutes", "F07.csv", lines(rows), truth, "no row where there were no steps")
