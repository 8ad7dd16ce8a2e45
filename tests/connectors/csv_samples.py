"""Small files of every built-in CSV dialect, as the vendors write them."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

_START = dt.datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - the clock of the device, without a zone
ACTIGRAPH_HEADER = "Date, Time, Axis1,Axis2,Axis3,Steps,Lux,Inclinometer Off\n"


def clock12(moment: dt.datetime) -> str:
    """A stamp as Fitabase writes it, such as 3/2/2026 9:00:00 AM."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"


def native(minutes: int = 200) -> str:
    rows = [f"P1,{_START + dt.timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ},{n % 120}\n" for n in range(minutes)]
    return "participant_id,minute_start,steps\n" + "".join(rows)


def narrow(minutes: int = 200) -> str:
    rows = [f"1503960366,{clock12(_START + dt.timedelta(minutes=n))},{n % 120}\n" for n in range(minutes)]
    return "Id,ActivityMinute,Steps\n" + "".join(rows)


def wide(hours: int = 150) -> str:
    header = "Id,ActivityHour," + ",".join(f"Steps{n:02d}" for n in range(60)) + "\n"
    cells = ",".join(str(n) for n in range(60))
    return header + "".join(f"1503960366,{clock12(_START + dt.timedelta(hours=n))},{cells}\n" for n in range(hours))


def hourly(hours: int = 150) -> str:
    rows = [f"1503960366,{clock12(_START + dt.timedelta(hours=n))},{n}\n" for n in range(hours)]
    return "Id,ActivityHour,StepTotal\n" + "".join(rows)


def _days(header: str, rest: str) -> str:
    days = [_START.date() + dt.timedelta(days=n) for n in range(150)]
    return header + "".join(f"1503960366,{d.month}/{d.day}/{d.year},{5000 + d.day}{rest}\n" for d in days)


def daily_steps() -> str:
    return _days("Id,ActivityDay,StepTotal\n", "")


def daily_activity() -> str:
    return _days("Id,ActivityDate,TotalSteps,TotalDistance,SedentaryMinutes,Calories\n", ",3.5,728,1985")


def actigraph_preamble(date_format: str = "dd/MM/yyyy", start: str = "02/03/2026", epoch: str = "00:00:30") -> str:
    return (
        f"------------ Data Table File Created By ActiGraph wGT3XBT ActiLife v6.13.4 Firmware v1.9.2 "
        f"date format {date_format} Filter Normal -----------\n"
        f"Serial Number: MOS2D00000000\nStart Time 09:00:00\nStart Date {start}\n"
        f"Epoch Period (hh:mm:ss) {epoch}\nDownload Time 18:22:07\nDownload Date {start}\n"
        f"Current Memory Address: 0\nCurrent Battery Voltage: 4.05     Mode = 61\n{'-' * 50}\n"
    )


def actigraph_rows(epochs: int = 200, seconds: int = 30, form: str = "%d/%m/%Y,%H:%M:%S") -> str:
    return "".join(f"{_START + dt.timedelta(seconds=n * seconds):{form}},0,22,0,{n % 7},0,0\n" for n in range(epochs))


def actigraph() -> str:
    return actigraph_preamble() + ACTIGRAPH_HEADER + actigraph_rows()


def data_scoring(minutes: int = 200) -> str:
    stamps = [_START + dt.timedelta(minutes=n) for n in range(minutes)]
    rows = [f"{clock12(s).replace(' ', ',', 1)},1431,2560,2860,4096,{s.minute},0\n" for s in stamps]
    header = "Data Scoring Details export for: recording.agd\ndate,epoch,axis1,axis2,axis3,vm,steps,lux\n"
    return header + "".join(rows)


#: dialect name -> text of a file of it
SAMPLES: dict[str, Callable[[], str]] = {
    "native": native,
    "fitabase_minute_narrow": narrow,
    "fitabase_minute_wide": wide,
    "fitabase_hourly": hourly,
    "fitabase_daily_steps": daily_steps,
    "fitabase_daily_activity": daily_activity,
    "actigraph_epoch": actigraph,
    "actigraph_data_scoring": data_scoring,
}


def write(folder: Path, text: str | bytes, name: str = "export.csv") -> Path:
    """The path of a file with this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
