"""The study of the made-up people: the default one, with more protocols or without, put into a database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.bouts.minutes import FIRST_DAY, TIME_ZONE
from pipelines.study_folder import init_study, read_study
from warehouse.database import connect
from warehouse.study_tables import MirroredStudy, mirror_study


def _frames(people: range, first_day: int, *, all_protocols: bool) -> dict[str, pl.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        study = init_study(Path(folder) / "study", TIME_ZONE)
        frames = dict(read_study(study).frames)
    schema = frames["participant"].schema
    row = {"time_zone": TIME_ZONE, "arm": "walking", "start_date": FIRST_DAY + first_day}
    frames["participant"] = pl.DataFrame(
        [{"participant_id": f"P{person:05d}", **row} for person in people], schema_overrides={"start_date": pl.Int32()}
    ).select(
        (pl.col(name) if name in ("participant_id", *row) else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )
    if all_protocols:
        frames["protocol"] = frames["protocol"].with_columns(is_listed=pl.lit(True))
    return frames


@contextmanager
def opened(
    database: Path, people: range, *, first_day: int = 0, all_protocols: bool = False
) -> Iterator[tuple[Any, MirroredStudy]]:
    """A database of these people, all enrolled on a day counted from FIRST_DAY: the connection and the study's hash."""
    with connect(database) as connection:
        yield connection, mirror_study(connection, _frames(people, first_day, all_protocols=all_protocols))
