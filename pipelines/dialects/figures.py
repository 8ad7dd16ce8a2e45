"""What a Recording holds in figures, and what in them looks wrong although it could be read."""

import datetime as dt
from typing import Any

import polars as pl

from connectors.recording import Recording
from pipelines.dialects.sections import Section

_SHOWN_ROWS, _SHOWN_DAYS = 5, 3
#: share of steps at night that speaks for a wrong zone, and the hours of the night
_NIGHT_SHARE, _NIGHT_HOURS = 0.2, 5
#: steps that nobody takes in a minute, and in an hour
_MOST_A_MINUTE, _MOST_AN_HOUR = 250, 12_000
_LABELS = ("participant_label", "device_label")


def figures(recording: Recording) -> list[Section]:
    """The first rows, the counts, and the first days."""
    rows = _rows(recording)
    zone = "local" if recording.time_basis == "local" else "UTC"
    return [_first_rows(recording, rows, zone), _counts(recording, rows, zone), _days(rows, zone)]


def warnings(recording: Recording, time_zone: str | None) -> list[str]:
    """What looks wrong, in words. time_zone: of the study, to tell night from day in UTC."""
    rows = _rows(recording)
    told = rows.drop_nulls("steps")
    if not told.height:
        return [] if recording.kind in ("activity", "track") else ["no row has a number of steps"]
    return [*_about_time(recording, told, time_zone), *_about_size(told), *_about_zeros(recording, told)]


def _rows(recording: Recording) -> pl.DataFrame:
    """Epochs and totals as rows with start, end, steps and whether they are minutes."""
    epochs = recording.epochs.select(
        *_LABELS, pl.col("epoch_start").alias("start"), pl.col("epoch_end").alias("end"), "steps", is_minute=True
    )
    totals = recording.totals.select(*_LABELS, "start", "end", pl.col("steps").cast(pl.Float64), is_minute=False)
    return pl.concat([epochs, totals])


def _first_rows(recording: Recording, rows: pl.DataFrame, zone: str) -> Section:
    shown = [
        [participant, device or recording.device.device_id, _stamp(start), _stamp(end), _number(steps), zone]
        for participant, device, start, end, steps, _ in rows.head(_SHOWN_ROWS).iter_rows()
    ]
    columns = ("participant", "device", "start", "end", "steps", "time")
    return Section("rows", f"First {len(shown)} rows as they are read", columns, shown)


def _counts(recording: Recording, rows: pl.DataFrame, zone: str) -> Section:
    facts: list[list[Any]] = [
        ["rows in the file", recording.rows_read],
        ["of these minutes or shorter", recording.epochs.height],
        ["totals of longer stretches", recording.totals.height],
    ]
    if recording.sessions.height:
        facts.append(["activities", recording.sessions.height])
    for label, words in (("participant_label", "participants"), ("device_label", "devices")):
        if many := rows[label].drop_nulls().n_unique():
            facts.append([f"{words} named in it", many])
    if rows.height:
        facts.append([f"first time ({zone})", _stamp(rows["start"].min())])
        facts.append([f"last time ({zone})", _stamp(rows["end"].max())])
    facts.append(["steps in all", _number(float(rows["steps"].sum()))])
    facts.append(["rows without a number", rows["steps"].null_count()])
    if (largest := _largest_minute(rows)) is not None:
        facts.append(["most steps a minute", round(largest[0])])
        facts.append([f"which was at ({zone})", _stamp(largest[1])])
    return Section("counts", "In figures", ("item", "value"), facts)


def _days(rows: pl.DataFrame, zone: str) -> Section:
    told = rows.drop_nulls("steps").with_columns(pl.col("start").dt.date().alias("day"))
    days = (
        told.group_by(*_LABELS, "day")
        .agg(
            pl.col("steps").sum(),
            pl.len().alias("rows"),
            (pl.col("steps") > 0).sum().alias("walked"),
        )
        .sort(*_LABELS, "day")
    )
    shown = [
        [participant, device, day.isoformat(), _number(steps), many, walked]
        for participant, device, day, steps, many, walked in days.head(_SHOWN_DAYS).iter_rows()
    ]
    title = f"First {len(shown)} of {days.height:,} days, each device by itself ({zone})"
    return Section("days", title, ("participant", "device", "day", "steps", "rows", "rows with steps"), shown)


def _largest_minute(rows: pl.DataFrame) -> tuple[float, dt.datetime] | None:
    """The most steps a minute and when: rows shorter than a minute are summed, longer ones are taken in the mean."""
    told = rows.drop_nulls("steps")
    if not told.height:
        return None
    seconds = (pl.col("end") - pl.col("start")).dt.total_microseconds() / 1e6
    minutes = (
        told.with_columns(pl.col("start").dt.truncate("1m").alias("minute"), (seconds / 60).alias("length"))
        .with_columns((pl.col("steps") / pl.max_horizontal("length", pl.lit(1.0))).alias("rate"))
        .group_by(*_LABELS, "minute")
        .agg(pl.col("rate").sum())
    )
    rate, minute = minutes.sort("rate", "minute", descending=[True, False]).select("rate", "minute").row(0)
    return float(rate), minute


def _about_time(recording: Recording, told: pl.DataFrame, time_zone: str | None) -> list[str]:
    found, start = [], told["start"]
    is_daily = bool(((told["end"] - start) >= dt.timedelta(hours=23)).all())
    if recording.time_basis == "utc" and time_zone is not None:
        start = start.dt.convert_time_zone(time_zone)
    if (recording.time_basis == "local" or time_zone is not None) and not is_daily:
        night = float(told.filter(start.dt.hour() < _NIGHT_HOURS)["steps"].sum())
        whole = float(told["steps"].sum())
        if whole and night > _NIGHT_SHARE * whole:
            where = "the participant's clock" if recording.time_basis == "local" else f"the clock of {time_zone}"
            found.append(
                f"{night / whole:.0%} of the steps lie between 00:00 and 05:00 by {where}: a wrong zone, or AM/PM lost?"
            )
    midnight = told["start"].dt.truncate("1d") == told["start"]
    if told.height > 2 and midnight.all() and not is_daily:
        found.append("all rows start at midnight: the time of day was cut off, or these are days")
    if recording.time_basis == "utc" and time_zone is None and not is_daily:
        found.append("times are UTC: which hours are night was not looked at, because no study gives a time zone")
    return found


def _about_size(told: pl.DataFrame) -> list[str]:
    found = []
    largest = _largest_minute(told)
    if largest is not None and largest[0] > _MOST_A_MINUTE:
        found.append(
            f"{largest[0]:,.0f} steps in a minute; people walk up to 220: a running count read as steps, a day's total that"
            " every row repeats, or two sources added?"
        )
    hours = told.group_by(*_LABELS, pl.col("start").dt.truncate("1h").alias("hour")).agg(
        pl.col("steps").sum(), ((pl.col("end") - pl.col("start")).max() <= dt.timedelta(hours=1)).alias("is_short")
    )
    many = hours.filter("is_short", pl.col("steps") > _MOST_AN_HOUR).height
    if many:
        found.append(f"{many:,} hours have over 12,000 steps: a running count read as steps, or sources added?")
    if not told["is_minute"].any():
        found.append(
            "no row is as short as a minute: the file can show that somebody moved, never that somebody walked for 30 minutes"
        )
    return found


def _about_zeros(recording: Recording, told: pl.DataFrame) -> list[str]:
    zeros = int((told["steps"] == 0).sum())
    if not zeros:
        return ["no row has 0 steps: the file does not tell a still minute from one in which the device was not worn"]
    wear = "they prove wear" if recording.device.zeros_prove_wear else "they do not prove that the device was worn"
    found = [f"zeros are written: {zeros:,} of {told.height:,} rows; {wear}"]
    days = told.group_by(*_LABELS, pl.col("start").dt.date().alias("day")).agg(pl.col("steps").sum())
    empty = days.filter(pl.col("steps") == 0).height
    if empty and empty < days.height:
        found.append(f"{empty:,} of {days.height:,} days have no step at all: not worn, until shown otherwise")
    return found


def _stamp(moment: object) -> str:
    if not isinstance(moment, dt.datetime):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{moment.microsecond:06d}" if moment.microsecond else "")


def _number(value: float | None) -> float | int | None:
    return None if value is None else int(value) if float(value).is_integer() else round(float(value), 3)
