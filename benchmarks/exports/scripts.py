"""The shortest Polars and pandas scripts for each format: long frames of id, start and steps, in order.

They trust the file: no check of date orders, repeats, bad rows, encodings or delimiters.
"""

from pathlib import Path
from typing import Any


def polars_frame(name: str, path: Path) -> Any:
    """The long frame with Polars."""
    import polars as pl

    if name == "Fitabase wide":
        wide = pl.read_csv(path).with_columns(pl.col("ActivityHour").str.to_datetime("%m/%d/%Y %I:%M:%S %p"))
        long = wide.unpivot(index=["Id", "ActivityHour"], variable_name="minute", value_name="steps")
        start = pl.col("ActivityHour") + pl.duration(minutes=pl.col("minute").str.slice(5).cast(pl.Int64))
        return long.select(pl.col("Id").alias("id"), start.alias("start"), "steps").sort("id", "start")
    if name == "Fitabase narrow":
        start = pl.col("ActivityMinute").str.to_datetime("%m/%d/%Y %I:%M:%S %p")
        narrow = pl.read_csv(path)
        return narrow.select(pl.col("Id").alias("id"), start.alias("start"), pl.col("Steps").alias("steps")).sort(
            "id", "start"
        )
    if name == "ActiGraph 10 s":
        table = pl.read_csv(path, skip_rows=10)
        start = pl.concat_str("Date", " Time", separator=" ").str.to_datetime("%d/%m/%Y %H:%M:%S")
        return table.select(pl.lit(0).alias("id"), start.alias("start"), pl.col("Steps").alias("steps")).sort("start")
    if name == "Apple Health CSV":
        start = pl.col("startDate").str.to_datetime("%Y-%m-%d %H:%M:%S %z", time_zone="UTC")
        end = pl.col("endDate").str.to_datetime("%Y-%m-%d %H:%M:%S %z", time_zone="UTC")
        table = pl.read_csv(path)
        return table.select(
            pl.col("sourceName").alias("id"), start.alias("start"), end.alias("end"), pl.col("value").alias("steps")
        ).sort("id", "start")
    start = pl.col("dateTime").str.to_datetime("%m/%d/%y %H:%M:%S")
    steps = pl.col("value").cast(pl.Int64).alias("steps")
    return pl.read_json(path).select(pl.lit(0).alias("id"), start.alias("start"), steps).sort("start")


def pandas_frame(name: str, path: Path) -> Any:
    """The long frame with pandas."""
    import pandas as pd

    if name == "Fitabase wide":
        wide = pd.read_csv(path)
        wide["ActivityHour"] = pd.to_datetime(wide["ActivityHour"], format="%m/%d/%Y %I:%M:%S %p")
        long = wide.melt(["Id", "ActivityHour"], var_name="minute", value_name="steps")
        long["start"] = long["ActivityHour"] + pd.to_timedelta(long["minute"].str.slice(5).astype(int), unit="min")
        return long.rename(columns={"Id": "id"})[["id", "start", "steps"]].sort_values(["id", "start"])
    if name == "Fitabase narrow":
        table = pd.read_csv(path)
        table["start"] = pd.to_datetime(table["ActivityMinute"], format="%m/%d/%Y %I:%M:%S %p")
        return table.rename(columns={"Id": "id", "Steps": "steps"})[["id", "start", "steps"]].sort_values(
            ["id", "start"]
        )
    if name == "ActiGraph 10 s":
        table = pd.read_csv(path, skiprows=10, skipinitialspace=True)
        table["start"] = pd.to_datetime(table["Date"] + " " + table["Time"], format="%d/%m/%Y %H:%M:%S")
        return table.rename(columns={"Steps": "steps"})[["start", "steps"]].sort_values("start")
    if name == "Apple Health CSV":
        table = pd.read_csv(path)
        for column, target in (("startDate", "start"), ("endDate", "end")):
            table[target] = pd.to_datetime(table[column], format="%Y-%m-%d %H:%M:%S %z", utc=True)
        named = table.rename(columns={"sourceName": "id", "value": "steps"})
        return named[["id", "start", "end", "steps"]].sort_values(["id", "start"])
    table = pd.read_json(path, convert_dates=False, dtype=False)
    table["start"] = pd.to_datetime(table["dateTime"], format="%m/%d/%y %H:%M:%S")
    table["steps"] = table["value"].astype(int)
    return table[["start", "steps"]].sort_values("start")


def footfall_frame(name: str, path: Path) -> Any:
    """What `connectors.read` makes of it, with all its checks."""
    import connectors

    return connectors.read(path).epochs
