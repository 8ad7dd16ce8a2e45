"""Large exports of five formats, made from a seed: the sizes that a study of some dozen people sends."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

_PEOPLE, _DAYS = 33, 31
_FIRST = dt.datetime(2026, 3, 1)  # noqa: DTZ001 - the clock of the device, without a zone
_MINUTE = dt.timedelta(minutes=1)


def _clock(moment: dt.datetime) -> str:
    """A stamp as Fitabase writes it, such as 3/2/2026 9:00:00 AM."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"


def _minutes(generator: random.Random) -> list[int]:
    """Steps of each minute of a month: asleep at night, walks in the day."""
    found = []
    for minute in range(_DAYS * 1440):
        of_day = minute % 1440
        walks = of_day // 30 % 6 == 0
        found.append(
            0 if not 420 <= of_day < 1320 else generator.randint(80, 130) if walks else generator.randint(0, 30)
        )
    return found


def fitabase_wide(path: Path, generator: random.Random) -> int:
    """33 people for a month, an hour a row."""
    with path.open("w", newline="\n") as file:
        file.write("Id,ActivityHour," + ",".join(f"Steps{n:02d}" for n in range(60)) + "\n")
        for person in range(_PEOPLE):
            steps = _minutes(generator)
            for hour in range(_DAYS * 24):
                cells = ",".join(map(str, steps[hour * 60 : hour * 60 + 60]))
                file.write(f"15039603{person:02d},{_clock(_FIRST + dt.timedelta(hours=hour))},{cells}\n")
    return _PEOPLE * _DAYS * 1440


def fitabase_narrow(path: Path, generator: random.Random) -> int:
    """33 people for a month, a minute a row."""
    stamps = [_clock(_FIRST + n * _MINUTE) for n in range(_DAYS * 1440)]
    with path.open("w", newline="\n") as file:
        file.write("Id,ActivityMinute,Steps\n")
        for person in range(_PEOPLE):
            steps = _minutes(generator)
            file.writelines(f"15039603{person:02d},{stamp},{n}\n" for stamp, n in zip(stamps, steps, strict=True))
    return _PEOPLE * _DAYS * 1440


def actigraph(path: Path, generator: random.Random) -> int:
    """A month of 10 s epochs."""
    with path.open("w", newline="\n") as file:
        file.write(
            "------------ Data Table File Created By ActiGraph wGT3XBT ActiLife v6.13.4 Firmware v1.9.2 date format"
            " dd/MM/yyyy Filter Normal -----------\nSerial Number: MOS2D00000000\nStart Time 00:00:00\n"
            "Start Date 01/03/2026\nEpoch Period (hh:mm:ss) 00:00:10\nDownload Time 18:22:07\nDownload Date 02/04/2026\n"
            f"Current Memory Address: 0\nCurrent Battery Voltage: 4.05     Mode = 61\n{'-' * 50}\n"
            "Date, Time, Axis1,Axis2,Axis3,Steps,Lux,Inclinometer Off,Inclinometer Standing,Inclinometer Sitting,"
            "Inclinometer Lying,Vector Magnitude\n"
        )
        for minute, steps in enumerate(_minutes(generator)):
            for part in range(6):
                at = _FIRST + minute * _MINUTE + dt.timedelta(seconds=10 * part)
                file.write(
                    f"{at:%d/%m/%Y,%H:%M:%S},{steps * 9},{steps * 7},{steps * 5},{steps // 6},0,0,10,0,0,{steps * 12}\n"
                )
    return _DAYS * 1440


def apple_csv(path: Path, generator: random.Random) -> int:
    """Ten months of a watch and a phone, a row for each minute with steps."""
    minutes = 0
    with path.open("w", newline="\n") as file:
        file.write("sourceName,sourceVersion,device,type,unit,creationDate,startDate,endDate,value\n")
        for month in range(10):
            for minute, steps in enumerate(_minutes(generator)):
                if not steps:
                    continue
                at = _FIRST + dt.timedelta(days=month * _DAYS) + minute * _MINUTE
                for source in ("Anna's Apple Watch", "Anna's iPhone"):
                    file.write(
                        f'"{source}","18.3","<<HKDevice: 0x283e1a4e0>, name:{source[7:]}>","StepCount","count",'
                        f"{at:%Y-%m-%d %H:%M:%S} +1100,{at:%Y-%m-%d %H:%M:%S} +1100,{at + _MINUTE:%Y-%m-%d %H:%M:%S} +1100,"
                        f"{steps}\n"
                    )
                    minutes += 1
    return minutes


def takeout_json(path: Path, generator: random.Random) -> int:
    """A month of a Fitbit account archive, every minute written."""
    rows = (
        f'{{\n  "dateTime" : "{_FIRST + n * _MINUTE:%m/%d/%y %H:%M:%S}",\n  "value" : "{steps}"\n}}'
        for n, steps in enumerate(_minutes(generator))
    )
    path.write_text("[" + ",".join(rows) + "]", newline="\n")
    return _DAYS * 1440


#: name of the format -> file name, and what writes the file and returns how many minutes or rows it holds
FORMATS: dict[str, tuple[str, Callable[[Path, random.Random], int]]] = {
    "Fitabase wide": ("minuteStepsWide_merged.csv", fitabase_wide),
    "Fitabase narrow": ("minuteStepsNarrow_merged.csv", fitabase_narrow),
    "ActiGraph 10 s": ("datatable.csv", actigraph),
    "Apple Health CSV": ("StepCount.csv", apple_csv),
    "Fitbit Takeout JSON": ("steps-2026-03-01.json", takeout_json),
}
