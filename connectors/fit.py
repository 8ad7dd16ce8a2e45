"""FIT exports of watches and bike computers: all-day monitoring and recorded activities.

No position, no free text of the file and no name leave this module; a model is the profile's name or number, never
the product name that the file spells out.
"""

from pathlib import Path

import polars as pl

from connectors import fit_activity, fit_monitoring
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.fit_messages import Messages, read_messages
from connectors.fit_parts import has_fit_header
from connectors.fit_profile import name_of
from connectors.recording import Device, Problem, Recording

#: manufacturers whose products are numbered together: Garmin, Dynastream, Dynastream OEM. Source: FIT profile
_GARMIN = (1, 13, 15)
#: serial numbers that stand for none: unset, and the largest signed number
_NO_SERIAL = (0, 0x7FFFFFFF)
#: file types that hold planned positions, not a recording: course, segment
_PLANNED = (6, 34)
#: a file type that holds sums of whole days: monitoring_daily
_DAILY = 28


def identify(path: Path) -> bool:
    """True if the file begins with a FIT header, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return has_fit_header(file.read(12))


def read(path: Path) -> Recording:
    """The Recording of a FIT file, times in UTC."""
    messages = read_messages(path)
    kind = _file_type(messages)
    if kind in _PLANNED or kind == _DAILY:
        raise _nothing(path, messages, ())
    if messages["monitoring"].height:
        return _monitoring(path, messages)
    return _activity(path, messages)


def _monitoring(path: Path, messages: Messages) -> Recording:
    rows, problems = fit_monitoring.timed_rows(messages)
    epochs = fit_monitoring.epochs(rows)
    if epochs.is_empty():
        raise _nothing(path, messages, problems)
    return Recording.build(
        connector="fit",
        kind="all_day",
        device=_device(messages),
        rows_read=messages["monitoring"].height,
        epochs=epochs,
        coverage=fit_monitoring.coverage(rows),
        problems=(*messages.problems, *problems),
        utc_offset_minutes=rows["offset"][-1],
    )


def _activity(path: Path, messages: Messages) -> Recording:
    records, problems = fit_activity.timed_records(messages)
    named = fit_activity.sessions(messages, records)
    epochs = None
    if records.height:
        epochs = fit_activity.epochs(records, named, fit_activity.timer_stretches(messages, records))
    said = ("cadence", "position_lat", "heart_rate")
    if not any(records[name].count() for name in said) and False not in named["on_foot"].to_list():
        raise _nothing(path, messages, problems)
    return Recording.build(
        connector="fit",
        kind="activity",
        device=_device(messages),
        rows_read=messages["record"].height,
        epochs=epochs,
        coverage=None if epochs is None else fit_activity.coverage(epochs),
        sessions=named.drop("until").with_columns(
            pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC") for name in ("start", "end")
        ),
        problems=(*messages.problems, *problems),
    )


def _device(messages: Messages) -> Device:
    """The device that wrote the file, by file_id; what that leaves out by the device_info of the creator."""
    info = messages["device_info"].filter(pl.col("device_index").fill_null(0) == 0)
    stated = pl.concat([messages["file_id"], info], how="diagonal")

    def first(column: str) -> int | None:
        values = stated[column].drop_nulls()
        return int(values[0]) if len(values) else None

    manufacturer, product, serial = first("manufacturer"), first("product"), first("serial_number")
    if serial in _NO_SERIAL:
        serial = None
    model = name_of("garmin_product", product) if manufacturer in _GARMIN else product
    return Device(
        manufacturer=name_of("manufacturer", manufacturer) or "unknown",
        model="unknown" if model is None else str(model),
        serial=None if serial is None else str(serial),
        device_class="watch",
        zeros_prove_wear=False,
    )


def _file_type(messages: Messages) -> int | None:
    types = messages["file_id"]["type"].drop_nulls()
    return int(types[0]) if len(types) else None


def _nothing(path: Path, messages: Messages, problems: tuple[Problem, ...]) -> CorruptFileError | NoStepDataError:
    """The error for a file without anything that could become a minute: corrupt if it could not be read to its end."""
    if messages.problems:
        fault = messages.problems[0]
        return CorruptFileError(
            path,
            expected="monitoring rows or records",
            found=f"none before the file breaks off ({fault.code})",
            where=fault.where,
            todo="Copy the file from the device again.",
        )
    kind = _file_type(messages)
    lost = {problem.code: problem.count for problem in problems}
    if early := lost.get("clock_before_first_sync"):
        found = f"{early} rows of a device whose clock was never set"
    elif untimed := lost.get("no_timestamp"):
        found = f"{untimed} rows without a time"
    elif kind in _PLANNED or not (messages["record"].height or messages["session"].height):
        found = f"a file of type {name_of('file', kind) or 'unknown'}"
    elif messages["record"].height:
        found = "records without cadence, position and heart rate"
    else:
        found = "an activity without records"
    return NoStepDataError(path, expected="all-day monitoring or a recorded activity", found=found)
