"""All-day FIT monitoring: a change log of running counters, made into one epoch per row that names an activity.

Source: FIT profile, messages monitoring (55) and monitoring_info (103). A row that names an activity type closes the
interval since the previous row that named one, whatever its type; the differences of its own counters belong inside.
All files of a batch are worked out at once, as arrays in which the rows of a file lie together.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.fit.columns import TIMESTAMP, otherwise
from connectors.fit.messages import Messages
from connectors.fit.profile import FILE_ID, FIRST_SECOND, FIT_EPOCH, MONITORING, MONITORING_INFO, name_of
from connectors.recording import EPOCH_COLUMNS, Problem, conform

#: activity types whose field 3 counts steps, raw and of both feet: running and walking
STEP_TYPES = (1, 6)
#: seconds a 16-bit time may lie before that of the row above; more is its rollover, which comes every 65,536 s
BACKWARD_SECONDS = 3_600
#: minutes between UTC and any civil clock; beyond it the device's local clock was not set
MAX_OFFSET_MINUTES = 14 * 60
_ROLLOVER = 0x10000
_DAY = 86_400
#: fields of a monitoring row; the 16-bit ones stand in for the longer ones
_CYCLES, _ACTIVE_MS, _TYPE, _CYCLES_16, _ACTIVE_S_16, _LOCAL = 3, 4, 5, 9, 10, 11
_TYPE_INTENSITY, _TIMESTAMP_16, _HEART_RATE = 24, 26, 27
#: field of file_id; field of monitoring_info
_CREATED, _INFO_LOCAL = 4, 0

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Rows:
    """Rows of monitoring and monitoring_info in file order; NaN: not stated."""

    file: Places
    at: Floats  # Unix seconds
    offset: Floats  # minutes of the device's clock ahead of UTC
    type: Floats
    cycles: Floats
    active_s: Floats
    heart_rate: Floats

    def only(self, chosen: npt.NDArray[np.bool_] | Places) -> "Rows":
        return Rows(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))

    @property
    def first(self) -> Places:
        """Per row the place of the first row of its file."""
        return _first_of_run(np.diff(self.file, prepend=-1) != 0)


def timed_rows(messages: Messages) -> tuple[Rows, dict[int, tuple[Problem, ...]]]:
    """Rows with a time after 2000, and the problems of each file that has any."""
    told = messages[MONITORING]
    order = [messages[message].positions for message in (MONITORING, MONITORING_INFO)]
    info = len(order[1])
    # ahead of all others a row at the time the file was created, for rows ahead of the first full timestamp
    seeds = messages.first_rows(FILE_ID)
    created = messages[FILE_ID].column(_CREATED).floats()[seeds]
    # a position of a message is the place of its header byte: one less lies ahead of it
    place = np.concatenate([*order, messages.start_of(seeds, FILE_ID) - 1])
    rows = np.argsort(place, kind="stable")

    def joined(of_row: Floats, of_info: Floats | None = None, of_seed: Floats | None = None) -> Floats:
        none = np.full(info if of_info is None else 0, np.nan), np.full(len(seeds) if of_seed is None else 0, np.nan)
        parts = (of_row, none[0] if of_info is None else of_info, none[1] if of_seed is None else of_seed)
        return np.concatenate(parts)[rows]

    def field(number: int) -> Floats:
        return told.column(number).floats()

    stamp = joined(field(TIMESTAMP), messages[MONITORING_INFO].column(TIMESTAMP).floats(), created)
    local = joined(field(_LOCAL), messages[MONITORING_INFO].column(_INFO_LOCAL).floats())
    kind = otherwise(field(_TYPE), field(_TYPE_INTENSITY) % 32)
    cycles = otherwise(field(_CYCLES), field(_CYCLES_16))
    active_s = otherwise(field(_ACTIVE_MS) / 1000, field(_ACTIVE_S_16))
    file = messages.file_at(place[rows] + 1)
    is_seed = rows >= len(told) + info
    at = _times(file, stamp, otherwise(stamp % _ROLLOVER, joined(field(_TIMESTAMP_16))))
    offset = np.round((local - stamp) / 60)
    clocked = ~is_seed & np.isfinite(at)
    synced = clocked & (at >= FIRST_SECOND)
    implausible = synced & (np.abs(offset) > MAX_OFFSET_MINUTES)
    offset[implausible] = np.nan
    lost = {
        "no_timestamp": ~is_seed & ~clocked,
        "clock_before_first_sync": clocked & ~synced,
        "implausible_offset": implausible,
    }
    found = Rows(file, at, offset, joined(kind), joined(cycles), joined(active_s), joined(field(_HEART_RATE))).only(
        synced
    )
    problems: dict[int, tuple[Problem, ...]] = {}
    for code, chosen in lost.items():
        for one, count in zip(*np.unique(file[chosen], return_counts=True), strict=True):
            problems[int(one)] = (*problems.get(int(one), ()), Problem(code, int(count)))
    return dataclasses.replace(found, offset=_filled(found)), problems


def _first_of_run(begins: npt.NDArray[np.bool_]) -> Places:
    """Per place the last one up to it at which something begins."""
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))


def _times(file: Places, stamp: Floats, low: Floats) -> Floats:
    """Unix seconds: each 16-bit time counts on from the row above, each full timestamp starts anew; NaN: not known."""
    at = np.full(len(stamp), np.nan)
    kept = np.flatnonzero(np.isfinite(low))
    stamp, low = stamp[kept], low[kept]
    forward = np.diff(low, prepend=0) % _ROLLOVER
    step = np.where(forward >= _ROLLOVER - BACKWARD_SECONDS, forward - _ROLLOVER, forward)
    # the rows of a file ahead of its first full timestamp have no time
    begins = np.isfinite(stamp) | (np.diff(file[kept], prepend=-1) != 0)
    step[begins] = 0
    since, start = np.cumsum(step), _first_of_run(begins)
    at[kept] = FIT_EPOCH + stamp[start] + since - since[start]
    return at


def _filled(rows: Rows) -> Floats:
    """The offset stated last in the file, ahead of the first statement that one."""
    places = np.arange(len(rows.file))
    stated = np.isfinite(rows.offset)
    before = np.maximum.accumulate(np.where(stated, places, -1))
    after = np.minimum.accumulate(np.where(stated, places, len(places))[::-1])[::-1]
    chosen = np.where(before >= rows.first, before, after)
    known = (chosen < len(places)) & (rows.file[np.minimum(chosen, len(places) - 1)] == rows.file)
    return np.where(known, rows.offset[np.minimum(chosen, len(places) - 1)], np.nan)


def epochs(rows: Rows) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """EPOCH_COLUMNS by file and start, and per epoch its file.

    One epoch per row that names an activity, one per minute that has a heart rate.
    """
    activity, beats = _activity_epochs(rows), _heart_epochs(rows)
    together = pl.concat([activity, beats], how="diagonal").sort(
        "file", "epoch_start", "epoch_end", maintain_order=True
    )
    return conform(together.drop("file"), EPOCH_COLUMNS, "utc"), together["file"].to_numpy()


def _activity_epochs(rows: Rows) -> pl.DataFrame:
    """One row per row with a type. A file's first interval starts at the earliest instant the file knows."""
    since = rows.at[rows.first]
    typed = np.isfinite(rows.type)
    rows, since = rows.only(typed), since[typed]
    is_step = np.isin(rows.type, STEP_TYPES)
    counter = np.where(is_step, rows.cycles, np.nan)
    day = _device_day(rows, since)
    steps = _difference(rows, day, since, counter, keeps=True)
    # unlike steps, active time may be missing for a day and come as one sum: that sum has no place in an interval
    active = _difference(rows, day, since, rows.active_s, keeps=False)
    kinds = np.unique(rows.type)
    names = pl.Series([name_of("activity_type", int(kind)) for kind in kinds], dtype=pl.String)
    return pl.DataFrame(
        [
            pl.Series("file", rows.file),
            _instants("epoch_start", _interval_start(rows, since)),
            _instants("epoch_end", rows.at),
            names.gather(np.searchsorted(kinds, rows.type)).alias("activity"),
            pl.Series("steps", np.where(is_step, steps, 0.0), nan_to_null=True),
            pl.Series("active_seconds", active, nan_to_null=True),
            pl.Series("cumulative_steps", counter, nan_to_null=True).cast(pl.Int64),
            pl.Series("cumulative_active_seconds", rows.active_s, nan_to_null=True),
            pl.Series("device_day", day, nan_to_null=True).cast(pl.Int32).cast(pl.Date),
        ]
    )


def _interval_start(rows: Rows, since: Floats) -> Floats:
    """Where the interval starts that a row closes: at the previous instant of the file that had a row with a type.

    A second row of a type at one instant was seen at that instant: what lies before it is told by the first.
    """
    begins = (np.diff(rows.file, prepend=-1) != 0) | (np.diff(rows.at, prepend=np.nan) != 0)
    instant = _first_of_run(begins)
    before = np.where(rows.file[instant - 1] == rows.file, rows.at[instant - 1], since)
    before[instant == 0] = since[instant == 0]
    order = np.lexsort((rows.type, instant))
    again = np.zeros(len(order), dtype=bool)
    again[order[1:]] = (np.diff(instant[order]) == 0) & (np.diff(rows.type[order]) == 0)
    return np.where(again, rows.at, np.minimum(before, rows.at))


def _device_day(rows: Rows, since: Floats) -> Floats:
    """Days since 1970 by the device's clock; local midnight belongs to the day that ends.

    At a file's first instant a counter of 0 belongs to the day that starts; any other repeats the day before.
    """
    local = rows.at + rows.offset * 60
    starts = (rows.at == since) & (np.nan_to_num(rows.cycles) == 0)
    return np.where(starts, local // _DAY, (local - 1) // _DAY)


def _difference(rows: Rows, day: Floats, since: Floats, counter: Floats, *, keeps: bool) -> Floats:
    """What a counter gained since its previous value for the same type and day in this file.

    NaN for the first of the day, unless the file holds the day from its start. A fall within the day is a new count.
    keeps: rows that do not state the counter leave it as it was; otherwise what follows them is not known.
    """
    known_day = np.nan_to_num(day, nan=-1)
    order = np.lexsort((known_day, rows.type, rows.file))
    begins = np.zeros(len(order), dtype=bool)
    begins[:1] = True
    for key in (rows.file, rows.type, known_day):
        begins[1:] |= np.diff(key[order]) != 0
    value = counter[order]
    place = np.arange(len(order))
    # per row the place of the last value up to it, in its group
    stated = np.maximum.accumulate(np.where(np.isfinite(value) | begins, place, 0)) if keeps else place
    previous = np.full(len(order), np.nan)
    previous[1:] = value[stated[:-1]]
    local = (since + rows.offset * 60)[order]
    from_midnight = (local % _DAY == 0) & (local // _DAY == day[order])
    before = np.where(begins, np.where(from_midnight, 0, np.nan), previous)
    gained = np.empty(len(order))
    gained[order] = np.where(value < before, value, value - before)
    return gained


def _heart_epochs(rows: Rows) -> pl.DataFrame:
    """The mean heart rate of each minute that has one."""
    rows = rows.only(rows.heart_rate > 0)
    minute = (rows.at // 60).astype(np.int64)
    keys, place = np.unique(rows.file << 32 | minute, return_inverse=True)
    mean = np.bincount(place, rows.heart_rate) / np.bincount(place) if len(keys) else np.zeros(0)
    start = (keys & 0xFFFFFFFF) * 60.0
    return pl.DataFrame(
        [
            pl.Series("file", keys >> 32),
            _instants("epoch_start", start),
            _instants("epoch_end", start + 60),
            pl.Series("heart_rate_bpm", mean),
        ]
    )


def coverage(rows: Rows) -> pl.DataFrame:
    """Per `file` one stretch from its first to its last instant, and `offset`, the last that its clock told."""
    begin = np.flatnonzero(np.diff(rows.file, prepend=-1))
    last = np.r_[begin[1:], len(rows.file)][: len(begin)] - 1
    if not len(begin):
        return pl.DataFrame(
            schema={
                "file": pl.Int64,
                "start": pl.Datetime("us", "UTC"),
                "end": pl.Datetime("us", "UTC"),
                "offset": pl.Int64,
            }
        )
    return pl.DataFrame(
        [
            pl.Series("file", rows.file[begin]),
            _instants("start", np.minimum.reduceat(rows.at, begin)),
            _instants("end", np.maximum.reduceat(rows.at, begin)),
            pl.Series("offset", rows.offset[last], nan_to_null=True).cast(pl.Int64),
        ]
    )


def _instants(name: str, seconds: Floats) -> pl.Series:
    return pl.Series(name, seconds.astype(np.int64) * 1_000_000).cast(pl.Datetime("us", "UTC"))
