"""The contract between a connector and everything behind it: one source file in, one `Recording` out.

A Recording knows devices and times, not people, days or databases. Frames are fully evaluated Polars frames.
No coordinate, name, birth date or free text of the file may enter it.
"""

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

TimeBasis = Literal["utc", "local"]
Kind = Literal["all_day", "activity", "track", "totals"]
FrameName = Literal["epochs", "coverage", "sessions", "totals"]
DeviceClass = Literal["research", "watch", "phone", "pedometer", "track"]

#: columns of `Recording.epochs`: half-open [epoch_start, epoch_end) at the device's own resolution.
#: A null in `steps` means "not measured", 0 means "measured, and none".
EPOCH_COLUMNS: dict[str, pl.DataType] = {
    "participant_label": pl.String(),  # the file's own participant column, else null
    "device_label": pl.String(),  # the file's own device column, else null (then Recording.device holds)
    "epoch_start": pl.Datetime("us"),  # zone "UTC" when time_basis is utc, none when it is local
    "epoch_end": pl.Datetime("us"),
    "steps": pl.Float64(),  # both feet, within the epoch
    "distance_m": pl.Float64(),
    "heart_rate_bpm": pl.Float64(),
    "worn": pl.Boolean(),  # true: the file itself shows wear (sleep row, intensity of 1 or more); else null
    "activity": pl.String(),  # FIT activity type or sport in lower case; null = not said
    "gps_label": pl.String(),  # walk, run, still, vehicle; null = no usable position
    "active_seconds": pl.Float64(),  # seconds of the epoch the device itself calls active
    "cumulative_steps": pl.Int64(),  # running counters (FIT monitoring): both feet, per activity and device_day
    "cumulative_active_seconds": pl.Float64(),
    "device_day": pl.Date(),  # the local day the running counter belongs to, by the device's own clock
}

#: stretches in which the device was recording and could have seen steps
COVERAGE_COLUMNS: dict[str, pl.DataType] = {
    "participant_label": pl.String(),
    "device_label": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
}

#: what the device calls an activity; `on_foot` null = the file does not say
SESSION_COLUMNS: dict[str, pl.DataType] = {
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "sport": pl.String(),
    "sub_sport": pl.String(),
    "on_foot": pl.Boolean(),
    "steps": pl.Int64(),  # the session's own total, both feet; a cross-check, never added
}

#: step totals of stretches longer than a minute: they are reported, never spread over minutes
TOTAL_COLUMNS: dict[str, pl.DataType] = {
    "participant_label": pl.String(),
    "device_label": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "steps": pl.Int64(),
}

#: Longest row, in seconds, of an export that writes one for as long as something was going on, whose steps are shared over
#: its minutes; a longer one is a total. A real Apple Watch writes up to 660 s, and two thirds of its steps in rows of 8 to
#: 10 minutes.
LONGEST_EVENT = 660

_FRAMES: dict[FrameName, dict[str, pl.DataType]] = {
    "epochs": EPOCH_COLUMNS,
    "coverage": COVERAGE_COLUMNS,
    "sessions": SESSION_COLUMNS,
    "totals": TOTAL_COLUMNS,
}
_TIME_COLUMNS = ("epoch_start", "epoch_end", "start", "end")


@dataclasses.dataclass(frozen=True)
class Device:
    """What a file says about the device that wrote it. The serial number never leaves the private store."""

    manufacturer: str
    model: str
    serial: str | None
    device_class: DeviceClass
    zeros_prove_wear: bool

    @property
    def device_id(self) -> str:
        """manufacturer-model-serial in lower case; equal for every file of one device."""
        parts = [self.manufacturer, self.model, *([self.serial] if self.serial else [])]
        return "-".join(re.sub(r"[^a-z0-9_.]+", "_", part.lower()).strip("_") or "unknown" for part in parts)


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something wrong inside a file that was read all the same: a code, how many rows, and where first."""

    code: str
    count: int
    where: str = ""


def schema(columns: dict[str, pl.DataType], basis: TimeBasis) -> dict[str, pl.DataType]:
    """The columns with their types for a time basis: datetimes carry zone UTC, or none when times are naive local."""
    zoned = pl.Datetime("us", "UTC")
    return {n: zoned if basis == "utc" and n in _TIME_COLUMNS else t for n, t in columns.items()}


@functools.cache
def empty(name: FrameName, basis: TimeBasis) -> pl.DataFrame:
    """A frame of a Recording that has no rows; frames are never changed, so one serves all."""
    return pl.DataFrame(schema=schema(_FRAMES[name], basis))


def conform(frame: pl.DataFrame, columns: dict[str, pl.DataType], basis: TimeBasis) -> pl.DataFrame:
    """The frame with exactly the contract's columns in order; missing ones are filled with null."""
    want = schema(columns, basis)
    unknown = set(frame.columns) - set(want)
    if unknown:
        raise ValueError(f"columns that the contract does not know: {sorted(unknown)}")
    return frame.select(
        (pl.col(n).cast(t) if n in frame.columns else pl.lit(None, dtype=t)).alias(n) for n, t in want.items()
    )


def in_order(epochs: pl.DataFrame) -> pl.DataFrame:
    """Epochs by participant, device and start; what is equal in these stays in the order given."""
    unlabelled = epochs.select("participant_label", "device_label").null_count().row(0) == (
        epochs.height,
        epochs.height,
    )
    if unlabelled and bool((epochs["epoch_start"].diff().slice(1) > dt.timedelta(0)).all()):
        # one device that tells one epoch after the other: a check costs a tenth of the sort
        return epochs
    return epochs.sort("participant_label", "device_label", "epoch_start", "epoch_end", maintain_order=True)


@dataclasses.dataclass(frozen=True)
class Recording:
    """What one source file holds.

    epochs: EPOCH_COLUMNS, sorted by participant, device and start.
    coverage, sessions, totals: the columns above; empty where the format has none.
    time_basis: "utc", or "local" for naive clock times that are localised where the participant's zone is known.
    kind: all_day (worn through the day), activity (only while an activity was recorded), track (positions, perhaps cadence),
        totals (nothing finer than a minute).
    devices: by device_label, for the labels whose device differs from `device` (a phone and a watch in one export).
    named_participant: whom the file's name says it is of, else None; evidence like a folder.
    exported_at: the export date stated inside the file, else None.
    utc_offset_minutes: the device's own offset from UTC, else None; never used for the local date.
    """

    connector: str
    dialect: str | None
    kind: Kind
    time_basis: TimeBasis
    device: Device
    epochs: pl.DataFrame
    coverage: pl.DataFrame
    sessions: pl.DataFrame
    totals: pl.DataFrame
    rows_read: int
    problems: tuple[Problem, ...] = ()
    devices: Mapping[str, Device] = dataclasses.field(default_factory=dict)
    named_participant: str | None = None
    exported_at: dt.datetime | None = None
    utc_offset_minutes: int | None = None

    @classmethod
    def build(
        cls,
        *,
        connector: str,
        kind: Kind,
        device: Device,
        rows_read: int,
        time_basis: TimeBasis = "utc",
        dialect: str | None = None,
        epochs: pl.DataFrame | None = None,
        coverage: pl.DataFrame | None = None,
        sessions: pl.DataFrame | None = None,
        totals: pl.DataFrame | None = None,
        problems: tuple[Problem, ...] = (),
        devices: Mapping[str, Device] | None = None,
        named_participant: str | None = None,
        exported_at: dt.datetime | None = None,
        utc_offset_minutes: int | None = None,
    ) -> "Recording":
        """A Recording whose frames are brought to the contract's columns and order."""

        def frame(given: pl.DataFrame | None, name: FrameName) -> pl.DataFrame:
            if given is None or given.is_empty():
                return empty(name, time_basis)
            return conform(given, _FRAMES[name], time_basis)

        return cls(
            connector=connector,
            dialect=dialect,
            kind=kind,
            time_basis=time_basis,
            device=device,
            epochs=in_order(frame(epochs, "epochs")),
            coverage=frame(coverage, "coverage"),
            sessions=frame(sessions, "sessions"),
            totals=frame(totals, "totals"),
            rows_read=rows_read,
            problems=problems,
            devices=devices or {},
            named_participant=named_participant,
            exported_at=exported_at,
            utc_offset_minutes=utc_offset_minutes,
        )
