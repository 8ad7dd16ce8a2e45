"""Recordings of all-day FIT monitoring made ready for the ledger together: what `prepare` gives for each, in less time.

A night of thousands of small files spends its time on calls, not on rows. Whatever is not plain (whose it is depends on the
date, a row lies before 2000 or in the future, a value cannot be true) is left to `prepare`.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

import polars as pl

from connectors.problems import in_words
from connectors.recording import Recording
from pipelines.attribution import Attribution
from pipelines.cleaning import EARLIEST, FUTURE_TOLERANCE, to_minutes
from pipelines.prepare import Prepared, readings_of
from warehouse.ledger import FRAMES

_FILE = "__file"
_NOTHING = {table: pl.DataFrame(schema=columns) for table, columns in FRAMES.items()}


@dataclasses.dataclass(frozen=True)
class Unready:
    """A recording, the first folders under inbox/ in which it was dropped, and when it first came."""

    recording: Recording
    folders: tuple[str, ...]
    received_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class _Plain:
    key: str
    place: int
    recording: Recording
    participant_id: str
    received_at: dt.datetime


def prepare_many(given: Mapping[int, Unready], attribution: Attribution) -> dict[int, Prepared]:
    """What `prepare` gives for each recording that is plain; the others are not in the answer."""
    plain = list(_plain(given, attribution))
    if len(plain) < 2:
        return {}
    files = _files(plain)
    epochs = _together(plain, {one.key: one.recording.epochs for one in plain})
    is_reading = pl.col("device_day").is_not_null()
    # the file stands in for the person: no minute of a file is shared with another file's
    as_person = epochs.filter(~is_reading).with_columns(
        pl.col(_FILE).alias("participant_id"),
        pl.lit("").alias("device_id"),
        pl.lit(value=False).alias("is_repeated"),
        pl.lit(value=False).alias("is_future"),
    )
    minutes, impossible = to_minutes(as_person, "all_day")
    spans = _spans(epochs, files)
    whole = {
        "file_part": files.join(spans, on=_FILE, maintain_order="left"),
        "source_minute": _owned(minutes.rename({"participant_id": _FILE}).drop("device_id"), files),
        "counter_reading": readings_of(_owned(epochs.filter(is_reading), files), pl.col("utc_offset_minutes"), _FILE),
        "source_coverage": _owned(
            _together(plain, {one.key: one.recording.coverage for one in plain}), files
        ).rename({"start": "coverage_start", "end": "coverage_end"}),
    }  # fmt: skip
    pieces = {table: _by_file(table, frame) for table, frame in whole.items()}
    told = {row[0]: row[1:] for row in spans.filter("is_plain").select(_FILE, "rows", "first_at", "last_at").rows()}
    # a value that no minute can have is set aside with its file's own rows, which only `prepare` counts
    wrong = {name for frame in impossible for name in frame.get_column("participant_id")}
    return {
        one.place: Prepared(
            frames={table: pieces.get(table, {}).get(one.key, nothing) for table, nothing in _NOTHING.items()},
            rows_kept=told[one.key][0],
            rows_flagged=sum(problem.count for problem in one.recording.problems),
            first_epoch=told[one.key][1],
            last_epoch=told[one.key][2],
            notes=tuple(map(in_words, one.recording.problems)),
        )
        for one in plain
        if one.key in told and one.key not in wrong
    }


def _plain(given: Mapping[int, Unready], attribution: Attribution) -> Iterator[_Plain]:
    for place, one in given.items():
        recording = one.recording
        is_monitoring = (recording.connector, recording.kind, recording.time_basis) == ("fit", "all_day", "utc")
        if not is_monitoring or recording.named_participant is not None or recording.devices:
            continue
        if recording.epochs.is_empty() or not (recording.sessions.is_empty() and recording.totals.is_empty()):
            continue
        if owner := attribution.undated_owner(one.folders, recording.device.device_id):
            yield _Plain(f"{place:09d}", place, recording, owner, one.received_at)


def _files(plain: list[_Plain]) -> pl.DataFrame:
    """One row per file: its key, owner, device and what a part of it says; received_at and the device's offset besides."""
    devices = [one.recording.device for one in plain]
    return pl.DataFrame(
        {
            _FILE: [one.key for one in plain],
            "participant_label": None,
            "participant_id": [one.participant_id for one in plain],
            "device_id": [device.device_id for device in devices],
            "manufacturer": [device.manufacturer for device in devices],
            "model": [device.model for device in devices],
            "device_class": [device.device_class for device in devices],
            "zeros_prove_wear": [device.zeros_prove_wear for device in devices],
            "kind": "all_day",
            "received_at": [one.received_at for one in plain],
            "utc_offset_minutes": [one.recording.utc_offset_minutes or 0 for one in plain],
        },
        schema_overrides={"received_at": pl.Datetime("us", "UTC"), "utc_offset_minutes": pl.Int64},
    )


def _together(plain: list[_Plain], frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows of all files, each with the key of its file."""
    heights = pl.DataFrame({_FILE: [one.key for one in plain], "n": [frames[one.key].height for one in plain]})
    keys = heights.filter(pl.col("n") > 0).select(pl.col(_FILE).repeat_by("n").explode()).to_series()
    return pl.concat([frames[one.key] for one in plain]).with_columns(keys)


def _spans(epochs: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Per file: rows, first_at, last_at, and is_plain: every row lies after 2000 and not in the future, no value is negative."""
    said = pl.any_horizontal(pl.col("participant_label", "device_label", "worn").is_not_null())
    return (
        epochs.group_by(_FILE, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("epoch_start").min().alias("first_at"),
            pl.col("epoch_end").max().alias("last_at"),
            pl.col("epoch_start").max().alias("last_start"),
            (pl.col("steps") < 0).any().alias("is_negative"),
            said.any().alias("is_labelled"),
        )
        .join(files.select(_FILE, "received_at"), on=_FILE, maintain_order="left")
        .select(
            _FILE,
            "rows",
            "first_at",
            "last_at",
            is_plain=(pl.col("first_at") >= EARLIEST)
            & (pl.max_horizontal("last_at", "last_start") <= pl.col("received_at") + FUTURE_TOLERANCE)
            & ~pl.col("is_negative")
            & ~pl.col("is_labelled"),
        )
    )


def _owned(rows: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    said = files.select(_FILE, "participant_id", "device_id", "utc_offset_minutes")
    return rows.join(said, on=_FILE, how="left", maintain_order="left")


def _by_file(table: str, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The ledger rows of each file that has any, of rows in the order of the files."""
    counts = rows.get_column(_FILE).rle().struct.unnest().select("value", "len").rows()
    kept = rows.select(pl.col(name).cast(kind) for name, kind in FRAMES[table].items())
    found, first = {}, 0
    for key, count in counts:
        found[key] = kept.slice(first, count)
        first += count
    return found
