"""Apple Health as other tools write it: a research app, applehealthdata, Simple Health Export, Health Auto Export, QS Access."""

import dataclasses
import datetime as dt
import itertools

from sample_data.clock import DAY, Span, midnight
from sample_data.vendors.sample import Sample, TruthRow, epoch, lines, total
from sample_data.vendors.walker import MORNING, NIGHT, THURSDAY, WALK, Walker, instant, local

_WATCH = "Anna’s Apple\N{NO-BREAK SPACE}Watch"
_PHONE = "Anna’s iPhone"
#: rows of a walk are of so many minutes, in turn
_CHUNKS = (1, 1, 5, 1, 10, 2)
_LONGEST_EVENT = 660


@dataclasses.dataclass(frozen=True)
class _Row:
    """Steps counted from some seconds into a wall-clock minute on."""

    minute: int
    second: int
    seconds: int
    steps: int

    def truth(self, device: str, *, utc: bool) -> TruthRow:
        """What it means."""
        start = (instant if utc else local)(self.minute, self.second)
        kind = epoch if self.seconds <= _LONGEST_EVENT else total
        return kind(start, self.seconds, self.steps, device=device)

    def written(self, form: str, *, utc: bool = False) -> tuple[str, str]:
        """Start and end."""
        start = (instant if utc else local)(self.minute, self.second)
        return f"{start:{form}}", f"{start + dt.timedelta(seconds=self.seconds):{form}}"


def samples(walker: Walker) -> tuple[Sample, ...]:
    """Every form."""
    return (
        _research_app(walker),
        _research_app_joined(walker),
        _health_data(walker),
        _simple_export(walker),
        _auto_export_minutes(walker),
        _auto_export_in_spanish(walker),
        _quantified_self(walker),
    )


def _watch_rows(walker: Walker, *spans: Span) -> list[_Row]:
    """A walk in rows of 1 to 10 minutes that touch, everything else as a few seconds within its minute."""
    rows: list[_Row] = []
    for span in spans:
        minute, turn = span[0], 0
        while minute < span[1]:
            length = 1
            if walker.walking(minute):
                wanted = range(minute, min(minute + _CHUNKS[turn % len(_CHUNKS)], span[1]))
                length = sum(map(walker.walking, wanted))
                turn += 1
                rows.append(_Row(minute, 7, length * 60, walker.total((minute, minute + length))))
            elif steps := walker.count(minute):
                rows.append(_Row(minute, 8 + steps % 20, 2 + steps // 2, steps))
            minute += length
    return rows


def _phone_rows(walker: Walker) -> list[_Row]:
    """The morning's walk as the phone in the bag counted it, the last part in one row of a quarter of an hour."""
    start, end = next(walk for walk in walker.walks if walk[0] in range(*MORNING))
    cuts = [start, start + 5, start + 13, end]
    return [_Row(a, 21, (b - a) * 60, walker.total((a, b)) * 24 // 25) for a, b in itertools.pairwise(cuts)]


def _research_app(walker: Walker) -> Sample:
    rows, truth = ["Device,Start_Date,Start_Time,End_Date,End_Time,Steps"], []
    for row in _watch_rows(walker, MORNING, NIGHT):
        start, end = row.written("%Y-%m-%d,%H:%M:%S")
        if start[:10] < end[:10]:
            # what one row of the real file has: the end's date was not moved on
            end = start[:10] + end[10:]
        rows.append(f"HK Apple Watch,{start},{end},{row.steps}")
        truth.append(row.truth("HK Apple Watch", utc=False))
    return Sample(
        "apple_watch_research",
        "F07-AppleWatch-st.csv",
        lines(rows),
        tuple(truth),
        "one row over midnight ends on the day it starts",
    )


def _research_app_joined(walker: Walker) -> Sample:
    rows, truth = ["device,start_datetime,end_datetime,steps"], []
    for row in _watch_rows(walker, MORNING):
        rows.append(",".join(("HK Apple Watch", *row.written("%Y-%m-%d %H:%M:%S"), str(row.steps))))
        truth.append(row.truth("HK Apple Watch", utc=False))
    return Sample("apple_watch_research", "F07_steps.csv", lines(rows), tuple(truth), "the second layout")


def _health_data(walker: Walker) -> Sample:
    rows = ["sourceName,sourceVersion,device,type,unit,creationDate,startDate,endDate,value"]
    truth = []
    for device, version, hardware, counted in (
        (_PHONE, "18.3", "iPhone, manufacturer:Apple Inc., model:iPhone, hardware:iPhone14", _phone_rows(walker)),
        (_WATCH, "11.3", "Apple Watch, manufacturer:Apple Inc., model:Watch", _watch_rows(walker, MORNING, NIGHT)),
    ):
        for row in counted:
            start, end = row.written("%Y-%m-%d %H:%M:%S +1100")
            rows.append(
                f'"{device}","{version}","<<HKDevice: 0x283e1a4e0>, name:{hardware}>","StepCount","count",'
                f"{end},{start},{end},{row.steps}"
            )
            truth.append(row.truth(device, utc=True))
        # as after a restore
        rows.append(rows[-1])
    return Sample(
        "apple_health_csv",
        "StepCount.csv",
        lines(rows),
        tuple(truth),
        "phone and watch on the same walk; the last row of each twice; one row of 15 minutes",
    )


def _simple_export(walker: Walker) -> Sample:
    kind = "HKQuantityTypeIdentifierStepCount"
    rows = ["sep=,", "type,sourceName,sourceVersion,productType,device,startDate,endDate,unit,value"]
    truth = []
    for row in _phone_rows(walker):
        start, end = row.written("%Y-%m-%d %H:%M:%S +0000", utc=True)
        hardware = '"iPhone14,5","<<HKDevice: 0x283e1a4e0>, name:iPhone, manufacturer:Apple Inc., model:iPhone>"'
        rows.append(f"{kind},{_PHONE},18.3,{hardware},{start},{end},count,{row.steps}")
        truth.append(row.truth(_PHONE, utc=True))
    return Sample(
        "apple_health_csv",
        f"HealthAll_2026-03-14/{kind}_2026-03-14_10-02-11_SimpleHealthExportCSV.csv",
        lines(rows),
        tuple(truth),
        "a line `sep=,` before the header",
        kept_as=f"{kind}.csv",
    )


def _shared_out(walker: Walker, minute: int) -> float:
    """Steps as the app apportions its intervals to minutes."""
    return round(walker.count(minute) * 0.97 + 0.3, 2)


def _auto_export_minutes(walker: Walker) -> Sample:
    rows = [
        "Date/Time,Active Energy (kJ),Heart Rate [Avg] (count/min),Step Count (count),Walking + Running Distance (mi)"
    ]
    truth = []
    for minute in range(*WALK):
        beats, moved = 71 + walker.count(minute) // 3, walker.count(minute)
        steps = f"{_shared_out(walker, minute):.10g}" if moved else ""
        far = f"{moved * 0.00044:.5f}" if moved else ""
        rows.append(f"{local(minute):%Y-%m-%d %H:%M:%S},{4 + moved * 0.14:.3f},{beats},{steps},{far}")
        truth.append(epoch(local(minute), 60, _shared_out(walker, minute) if moved else None))
    return Sample(
        "health_auto_export",
        "HealthAutoExport-2026-03-12-2026-03-12.csv",
        lines(rows),
        tuple(truth),
        "minutes; an empty cell, which is not measured, where the phone has no steps",
    )


def _auto_export_in_spanish(walker: Walker) -> Sample:
    rows = ["Fecha/Hora;Energía activa (kJ);Conteo de Pasos (recuentos);Distancia al Caminar + Correr (km);Peso (kg)"]
    truth = []
    for minute in walker.moving(WALK):
        steps, moved = _shared_out(walker, minute), walker.count(minute)
        text = f"{local(minute):%Y-%m-%d %H:%M:%S};{4 + moved * 0.14:.3f};{steps:.10g};{moved * 0.00071:.5f};"
        rows.append(text.replace(".", ","))
        truth.append(epoch(local(minute), 60, steps))
    everything = sum(row.steps or 0 for row in truth)
    rows.append(f";412,903;{everything:.10g};2,29".replace(".", ",") + ";")
    return Sample(
        "health_auto_export",
        "HealthAutoExport-es-2026-03-12.csv",
        lines(rows),
        tuple(truth),
        "Spanish: semicolons, decimal commas, a row of totals without a date",
    )


def _quantified_self(walker: Walker) -> Sample:
    rows, truth = ["Start,Finish,Steps (count)"], []
    for hour in range(midnight(THURSDAY), midnight(THURSDAY) + DAY, 60):
        steps = walker.total((hour, hour + 60))
        stamps = [f"{at:%d/%b/%Y} {at.hour}:{at:%M:%S}" for at in (local(hour), local(hour + 60))]
        rows.append(",".join([*stamps, str(steps)]))
        truth.append(total(local(hour), 3600, steps))
    return Sample("qs_access", "Health Data.csv", lines(rows), tuple(truth), "hours, months by name")
