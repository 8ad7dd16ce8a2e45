"""FIT exports of watches and bike computers: all-day monitoring and recorded activities.

No position, no free text of the file and no name leave this module; a model is the profile's name or number, never
the product name that the file spells out.
"""

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from connectors.errors import ConnectorError, CorruptFileError, NoStepDataError
from connectors.fit import activity as fit_activity
from connectors.fit import monitoring as fit_monitoring
from connectors.fit.messages import Messages, read_messages
from connectors.fit.parts import has_fit_header
from connectors.fit.profile import DEVICE_INFO, FILE_ID, MONITORING, RECORD, SESSION, name_of
from connectors.fit.walk import MixedError
from connectors.recording import (
    COVERAGE_COLUMNS,
    Device,
    Problem,
    Recording,
    conform,
    empty,
)

#: manufacturers whose products are numbered together: Garmin, Dynastream, Dynastream OEM. Source: FIT profile
_GARMIN = (1, 13, 15)
#: serial numbers that stand for none: unset, and the largest signed number
_NO_SERIAL = (0, 0x7FFFFFFF)
#: file types that hold planned positions, not a recording: course, segment
_PLANNED = (6, 34)
#: a file type that holds sums of whole days: monitoring_daily
_DAILY = 28
#: bytes of files that are read in one go: enough to make calls cheap, little enough to bound memory
_BATCH_BYTES = 4 * 1024 * 1024


def identify(path: Path) -> bool:
    """True if the file begins with a FIT header, whatever its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return has_fit_header(file.read(12))


def read(path: Path) -> Recording:
    """The Recording of a FIT file, times in UTC."""
    found = read_many([path])[0]
    if isinstance(found, ConnectorError):
        raise found
    return found


def read_many(paths: Sequence[Path]) -> list[Recording | ConnectorError]:
    """The Recording of each file, or the error that `read` would raise; many small files cost less in one call."""
    found: list[Recording | ConnectorError] = []
    batch: list[Path] = []
    size = 0
    for path in paths:
        more = path.stat().st_size
        if batch and size + more > _BATCH_BYTES:
            found.extend(_read_batch(batch))
            batch, size = [], 0
        batch.append(path)
        size += more
    return [*found, *_read_batch(batch)]


def _read_batch(paths: list[Path]) -> list[Recording | ConnectorError]:
    if not paths:
        return []
    try:
        messages, errors = read_messages(paths)
    except MixedError:
        # some of them, or all taken together, fit no column
        return [one for path in paths for one in _read_batch([path])]
    stated = _Stated(messages)
    days = _monitoring(paths, messages, stated)
    return [
        errors[file] or days.get(file) or _activity(path, messages, stated, file) for file, path in enumerate(paths)
    ]


class _Stated:
    """What files state about themselves, by the place of the file."""

    def __init__(self, messages: Messages) -> None:
        self._ids = messages.first_told(FILE_ID, {"type": 0, "manufacturer": 1, "product": 2, "serial": 3})
        index = messages[DEVICE_INFO].column(0).first()
        creator = ~index.valid | (index.values == 0)
        self._infos = messages.first_told(DEVICE_INFO, {"manufacturer": 2, "serial": 3, "product": 4}, creator)

    def type(self, file: int) -> int | None:
        """The file type, by file_id."""
        return self._ids.get(file, {}).get("type")

    def device(self, file: int) -> Device:
        """The device that wrote the file, by file_id; what that leaves out by the device_info of the creator."""
        stated, creator = self._ids.get(file, {}), self._infos.get(file, {})
        manufacturer, product, serial = (
            creator.get(name) if stated.get(name) is None else stated[name]
            for name in ("manufacturer", "product", "serial")
        )
        return _device(manufacturer, product, None if serial in _NO_SERIAL else serial)


@functools.lru_cache(maxsize=1024)
def _device(manufacturer: int | None, product: int | None, serial: int | None) -> Device:
    model = name_of("garmin_product", product) if manufacturer in _GARMIN else product
    return Device(
        manufacturer=name_of("manufacturer", manufacturer) or "unknown",
        model="unknown" if model is None else str(model),
        serial=None if serial is None else str(serial),
        device_class="watch",
        zeros_prove_wear=False,
    )


def _is_planned(kind: int | None) -> bool:
    return kind in _PLANNED or kind == _DAILY


def _monitoring(paths: list[Path], messages: Messages, stated: _Stated) -> dict[int, Recording | ConnectorError]:
    """The Recordings of all files that have monitoring rows, or why there is none."""
    counts = np.bincount(messages.file_at(messages[MONITORING].positions), minlength=len(paths)).tolist()
    wanted = [file for file in range(len(paths)) if counts[file] and not _is_planned(stated.type(file))]
    if not wanted:
        return {}
    rows, problems = fit_monitoring.timed_rows(messages)
    epochs, of_file = fit_monitoring.epochs(rows)
    low, high = (np.searchsorted(of_file, wanted, side=side) for side in ("left", "right"))
    spans = fit_monitoring.coverage(rows)
    covered = conform(spans.drop("file", "offset"), COVERAGE_COLUMNS, "utc")
    told = {file: (place, offset) for place, (file, offset) in enumerate(spans.select("file", "offset").iter_rows())}
    found: dict[int, Recording | ConnectorError] = {}
    for file, first, after in zip(wanted, low.tolist(), high.tolist(), strict=True):
        if first == after:
            found[file] = _nothing(paths[file], messages, stated, file, problems.get(file, ()))
            continue
        place, offset = told[file]
        found[file] = Recording(
            connector="fit",
            dialect=None,
            kind="all_day",
            time_basis="utc",
            device=stated.device(file),
            epochs=epochs.slice(first, after - first),
            coverage=covered.slice(place, 1),
            sessions=empty("sessions", "utc"),
            totals=empty("totals", "utc"),
            rows_read=counts[file],
            problems=(*messages.problems[file], *problems.get(file, ())),
            utc_offset_minutes=offset,
        )
    return found


def _activity(path: Path, messages: Messages, stated: _Stated, file: int) -> Recording | ConnectorError:
    if _is_planned(stated.type(file)):
        return _nothing(path, messages, stated, file, ())
    sessions = messages.rows(SESSION, file)
    if (count := sessions.stop - sessions.start) > fit_activity.MAX_SESSIONS:
        expected = f"at most {fit_activity.MAX_SESSIONS} sessions"
        return CorruptFileError(path, expected=expected, found=str(count), todo="No device writes such a file.")
    records, problems = fit_activity.timed_records(messages, file)
    named = fit_activity.sessions(messages, file, records)
    if not records.says_anything() and not any(one.on_foot is False for one in named):
        return _nothing(path, messages, stated, file, problems)
    epochs, covered = None, None
    if len(records):
        epochs = fit_activity.epochs(records, named, fit_activity.timer_stretches(messages, file, records))
        covered = fit_activity.coverage(epochs["epoch_start"], epochs["epoch_end"])
    rows = messages.rows(RECORD, file)
    return Recording.build(
        connector="fit",
        kind="activity",
        device=stated.device(file),
        rows_read=rows.stop - rows.start,
        epochs=epochs,
        coverage=covered,
        sessions=fit_activity.session_frame(named),
        problems=(*messages.problems[file], *problems),
    )


def _nothing(
    path: Path, messages: Messages, stated: _Stated, file: int, problems: tuple[Problem, ...]
) -> CorruptFileError | NoStepDataError:
    """The error for a file without anything that could become a minute: corrupt if it could not be read to its end."""
    if messages.problems[file]:
        fault = messages.problems[file][0]
        return CorruptFileError(
            path,
            expected="monitoring rows or records",
            found=f"none before the file breaks off ({fault.code})",
            where=fault.where,
            todo="Copy the file from the device again.",
        )
    kind = stated.type(file)
    lost = {problem.code: problem.count for problem in problems}
    records, sessions = (messages.rows(message, file) for message in (RECORD, SESSION))
    if early := lost.get("clock_before_first_sync"):
        found = f"{early} rows of a device whose clock was never set"
    elif untimed := lost.get("no_timestamp"):
        found = f"{untimed} rows without a time"
    elif kind in _PLANNED or (records.start == records.stop and sessions.start == sessions.stop):
        found = f"a file of type {name_of('file', kind) or 'unknown'}"
    elif records.start < records.stop:
        found = "records without cadence, position and heart rate"
    else:
        found = "an activity without records"
    return NoStepDataError(path, expected="all-day monitoring or a recorded activity", found=found)
