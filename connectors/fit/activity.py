"""FIT activity files: one epoch per record while the timer runs, and the sessions the device names.

Source: FIT profile, messages session (18), record (20), event (21). Cadence on foot counts one leg.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors import gps
from connectors.fit.columns import TIMESTAMP, Table, otherwise
from connectors.fit.messages import Messages
from connectors.fit.profile import EVENT, FIELD_DESCRIPTION, FIRST_SECOND, FIT_EPOCH, RECORD, SESSION, SPORT, name_of
from connectors.fit.walk import Ints
from connectors.recording import Problem

#: seconds a record holds at most until the next one; longer silence is not observed.
#: Source: watches that record on change wrote a record at least every 30 s in every real run or walk at hand
MAX_RECORD_S = 30
#: seconds after a session's end in which a record still counts as its own: clocks and elapsed time are rounded
SESSION_SLACK_S = 60
#: sessions of one file; a day of five sports and the changes between them has nine
MAX_SESSIONS = 1_000
#: sports done on foot, so that cadence is steps
FOOT_SPORTS = frozenset({"running", "walking", "hiking", "mountaineering", "snowshoeing", "floor_climbing"})
#: sports on wheels, skis or ice, in water or the air, or on a horse. All others (ball games, golf, hunting, training,
#: fitness equipment, transition ...) may hold walking: they are neither
OTHER_SPORTS = frozenset(
    word
    for line in (
        "cycling e_biking motorcycling driving inline_skating ice_skating wheelchair_push_walk wheelchair_push_run",
        "cross_country_skiing alpine_skiing snowboarding snowmobiling",
        "swimming diving snorkeling rowing paddling kayaking rafting boating sailing stand_up_paddleboarding surfing",
        "wakeboarding wakesurfing water_skiing water_tubing windsurfing kitesurfing",
        "flying hang_gliding sky_diving horseback_riding",
    )
    for word in line.split()
)
#: sub-sports on foot where the sport leaves it open
FOOT_SUB_SPORTS = frozenset(
    {"treadmill", "street", "trail", "track", "indoor_walking", "casual_walking", "speed_walking", "indoor_running"}
)
#: event 0 is the timer; its event types that start it and that stop it
_TIMER = 0
_START = (0,)
_STOP = (1, 4, 8, 9)
#: fields of a record
_LAT, _LON, _HEART_RATE, _CADENCE, _DISTANCE, _TOTAL_CYCLES, _CADENCE_256, _FRACTION = 0, 1, 3, 4, 5, 19, 52, 53
_SEMICIRCLE_DEGREES = 180 / 2**31

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Records:
    """Records in order of time, one per second of the clock; NaN: not stated. `at`: Unix seconds."""

    at: Ints
    lat_deg: Floats
    lon_deg: Floats
    heart_rate_bpm: Floats
    strides_min: Floats  # of one leg
    total_strides: Floats
    distance_m: Floats

    def __len__(self) -> int:
        return len(self.at)

    def says_anything(self) -> bool:
        """True if a record tells of strides, place or heart."""
        told = (self.strides_min, self.total_strides, self.lat_deg, self.heart_rate_bpm)
        return any(bool(np.isfinite(values).any()) for values in told)


@dataclasses.dataclass(frozen=True)
class Session:
    """What the device names: [start, end) and `until`, the last instant its records can have, in Unix microseconds."""

    start: int
    end: int
    until: int
    sport: str | None
    sub_sport: str | None
    on_foot: bool | None
    steps: int | None


def on_foot(sport: str | None, sub_sport: str | None) -> bool | None:
    """True or False if sport and sub-sport say so, None if they leave it open."""
    if sport in FOOT_SPORTS:
        return True
    if sport in OTHER_SPORTS:
        return False
    return True if sub_sport in FOOT_SUB_SPORTS else None


def timed_records(messages: Messages, file: int) -> tuple[Records, tuple[Problem, ...]]:
    """The records of a file; of records of one second each field's last value stays."""
    table, rows = messages[RECORD], messages.rows(RECORD, file)

    def told(number: int) -> Floats:
        return table.column(number).rows(rows).floats()

    stamp = told(TIMESTAMP) + FIT_EPOCH
    clocked = np.isfinite(stamp)
    synced = np.flatnonzero(clocked & (stamp >= FIRST_SECOND))
    at = stamp[synced].astype(np.int64)
    if (np.diff(at) < 0).any():
        order = np.argsort(at, kind="stable")
        synced, at = synced[order], at[order]
    strides = told(_CADENCE) + np.nan_to_num(told(_FRACTION)) / 128
    strides = otherwise(strides, told(_CADENCE_256) / 256, _developer_cadence(messages, file, table, rows))
    fields = [told(_LAT), told(_LON), told(_HEART_RATE), strides, told(_TOTAL_CYCLES), told(_DISTANCE) / 100]
    first = np.flatnonzero(np.diff(at, prepend=-1) > 0)
    if not len(first) == len(synced) == len(stamp):
        fields = [_last_told(values[synced], first) for values in fields]
    lat, lon, heart, strides, total, distance = fields
    records = Records(
        at[first],
        lat * _SEMICIRCLE_DEGREES,
        lon * _SEMICIRCLE_DEGREES,
        np.where(heart > 0, heart, np.nan),
        strides,
        total,
        distance,
    )
    counts = {
        "no_timestamp": int(len(stamp) - clocked.sum()),
        "clock_before_first_sync": int(clocked.sum() - len(synced)),
        "repeated_timestamp": len(synced) - len(first),
    }
    return records, tuple(Problem(code, count) for code, count in counts.items() if count)


def _last_told(values: Floats, first: npt.NDArray[np.intp]) -> Floats:
    """Of each group, which starts at `first`, the last value that is told."""
    if not len(first):
        return values
    place = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.reduceat(place, first)
    return np.where(last >= first, values[last], np.nan)


def _developer_cadence(messages: Messages, file: int, table: Table, rows: slice) -> Floats:
    """Strides a minute from a developer field that says it stands for the cadence of records, as foot pods write."""
    found = np.full(rows.stop - rows.start, np.nan)
    fields = {"index": 0, "number": 1, "base_type": 2, "message": 14, "field": 15}
    # of two descriptions of one field the later one holds
    meant = {
        (row["index"], row["number"]): row["base_type"]
        for row in messages.told(FIELD_DESCRIPTION, fields, file)
        if row["message"] == RECORD and row["field"] == _CADENCE
    }
    for index, number in table.developer_numbers:
        if (base_type := meant.get((index, number))) is None:
            continue
        column = table.developer_column(index, number, base_type).rows(rows)
        found = otherwise(found, column.floats())
    return found


def sessions(messages: Messages, file: int, records: Records) -> list[Session]:
    """Sessions in order of start.

    A file that was cut off before its session has one over all its records, of the sport that it stated at the start.
    """
    fields = {"start": 2, "sport": 5, "sub_sport": 6, "elapsed_ms": 7, "cycles": 10, "stamp": TIMESTAMP}
    told = messages.told(SESSION, fields, file)
    if not told:
        stated = messages.told(SPORT, {"sport": 0, "sub_sport": 1}, file)
        # of several sports none is known to be that of the records
        sole = all(row == stated[0] for row in stated)
        told = [stated[0] if stated and sole else {"sport": None, "sub_sport": None}]
    found = [_session(row, records) for row in told]
    return sorted((one for one in found if one is not None), key=lambda one: one.start)


def _session(row: dict[str, int | None], records: Records) -> Session | None:
    start, stamp = _synced(row.get("start")), _synced(row.get("stamp"))
    if start is None:
        if not len(records):
            return None
        start = int(records.at[0])
    elapsed_ms = row.get("elapsed_ms")
    if elapsed_ms is not None:
        end = start * 1_000_000 + elapsed_ms * 1_000
    elif stamp is not None:
        end = stamp * 1_000_000
    else:
        end = (int(records.at[-1]) + 1 if len(records) else start) * 1_000_000
    named = name_of("sport", row["sport"]), name_of("sub_sport", row["sub_sport"])
    foot = on_foot(*named)
    cycles = row.get("cycles")
    start_us, stamp_us = start * 1_000_000, (stamp or start) * 1_000_000
    return Session(
        start=start_us,
        end=max(end, start_us),
        until=max(end, stamp_us, start_us) + SESSION_SLACK_S * 1_000_000,
        sport=named[0],
        sub_sport=named[1],
        on_foot=foot,
        steps=2 * cycles if foot and cycles is not None else None,
    )


def _synced(fit_seconds: int | None) -> int | None:
    """Unix seconds, none of a clock before its first sync."""
    unix = None if fit_seconds is None else fit_seconds + FIT_EPOCH
    return unix if unix is not None and unix >= FIRST_SECOND else None


def timer_stretches(messages: Messages, file: int, records: Records) -> tuple[Ints, Ints]:
    """Starts and ends (Unix seconds) of the stretches in which the timer ran, from the first record to the last.

    Before the first event it ran: a record is only written while it does.
    """
    table, rows = messages[EVENT], messages.rows(EVENT, file)
    event, kind, stamp = (table.column(n).rows(rows).floats() for n in (0, 1, TIMESTAMP))
    at = stamp + FIT_EPOCH
    chosen = np.flatnonzero((event == _TIMER) & np.isin(kind, (*_START, *_STOP)) & (at >= FIRST_SECOND))
    chosen = chosen[np.argsort(at[chosen], kind="stable")]
    first, last = records.at[0], records.at[-1] + 1
    edges = np.clip(np.r_[first, at[chosen], last], first, last).astype(np.int64)
    runs = np.r_[True, np.isin(kind[chosen], _START), False]
    lasting = runs[:-1] & (np.diff(edges) > 0)
    return edges[:-1][lasting], edges[1:][lasting]


def epochs(records: Records, named: list[Session], stretches: tuple[Ints, Ints]) -> pl.DataFrame:
    """Epochs of records within the timer's stretches; `named` are the sessions."""
    at = records.at
    following = np.r_[at[1:], at[-1] + 1]
    length = following - at
    start, end, record = _cut(at, np.minimum(following, at + MAX_RECORD_S), stretches)
    seconds = end - start
    session = _session_of(at, named)
    foot = np.array([one.on_foot is True for one in named] + [False])[session]
    strides_s = np.where(
        np.isnan(records.strides_min), _gained(records.total_strides, length), records.strides_min / 60
    )
    steps_s = np.where(foot, 2 * strides_s, np.nan)
    metres_s = _gained(records.distance_m, length)
    sports = pl.Series([one.sport for one in named] + [None], dtype=pl.String)
    return pl.DataFrame(
        [
            _instants("epoch_start", start),
            _instants("epoch_end", end),
            pl.Series("steps", steps_s[record] * seconds, nan_to_null=True),
            pl.Series("distance_m", metres_s[record] * seconds, nan_to_null=True),
            pl.Series("heart_rate_bpm", records.heart_rate_bpm[record], nan_to_null=True),
            sports.gather(session[record] % len(sports)).alias("activity"),
            _labels(records, session, named, start).alias("gps_label"),
        ]
    )


def _instants(name: str, seconds: Ints) -> pl.Series:
    return pl.Series(name, seconds * 1_000_000).cast(pl.Datetime("us", "UTC"))


def _gained(total: Floats, length: Ints) -> Floats:
    """What a running total gains a second until the next record; NaN if it falls or the next one comes too late."""
    gained = np.diff(total, append=np.nan) / length
    gained[(length > MAX_RECORD_S) | (gained < 0)] = np.nan
    return gained


def _cut(start: Ints, end: Ints, stretches: tuple[Ints, Ints]) -> tuple[Ints, Ints, npt.NDArray[np.intp]]:
    """The parts of sorted intervals that lie in sorted stretches: starts, ends, and the interval each came from."""
    low = np.searchsorted(end, stretches[0], side="right")
    count = np.maximum(np.searchsorted(start, stretches[1], side="left") - low, 0)
    stretch = np.repeat(np.arange(len(low)), count)
    interval = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[stretch]
    return (
        np.maximum(start[interval], stretches[0][stretch]),
        np.minimum(end[interval], stretches[1][stretch]),
        interval,
    )


def _session_of(at: Ints, named: list[Session]) -> npt.NDArray[np.intp]:
    """Per record the place of the last session that began before it and may still hold it, else -1."""
    begin, until = (
        np.array(times, dtype=np.int64) // 1_000_000 for times in ([s.start for s in named], [s.until for s in named])
    )
    begin[:1] -= SESSION_SLACK_S
    session = np.searchsorted(begin, at, side="right") - 1
    held = (session >= 0) & (at <= until[session])
    return np.where(held, session, -1)


def _labels(records: Records, session: npt.NDArray[np.intp], named: list[Session], start: Ints) -> pl.Series:
    """What the positions say at each start; positions end here."""
    lat, lon = records.lat_deg, records.lon_deg
    # a fresh receiver stands at zero degrees
    placed = np.flatnonzero((np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0)))
    at, of_session = records.at[placed], session[placed]
    borders = np.flatnonzero(np.diff(of_session)) + 1
    codes = [
        gps.label_codes(
            at[first:after] * 1_000_000,
            lat[placed[first:after]],
            lon[placed[first:after]],
            foot_sport=named[of_session[first]].on_foot if of_session[first] >= 0 else None,
        )
        for first, after in zip(np.r_[0, borders], np.r_[borders, len(at)], strict=True)
        if first < after
    ]
    # before the first position the place is -1: the code of no label at the end
    point = np.searchsorted(at, start, side="right") - 1
    return pl.Series(gps.LABELS, dtype=pl.String).gather(np.concatenate([*codes, [gps.LABELS.index(None)]])[point])


def session_frame(named: Iterable[Session]) -> pl.DataFrame:
    """Sessions as rows of SESSION_COLUMNS."""
    rows = [(one.start, one.end, one.sport, one.sub_sport, one.on_foot, one.steps) for one in named]
    schema = {
        "start": pl.Int64,
        "end": pl.Int64,
        "sport": pl.String,
        "sub_sport": pl.String,
        "on_foot": pl.Boolean,
        "steps": pl.Int64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.col("start", "end").cast(pl.Datetime("us", "UTC")))


def coverage(start: pl.Series, end: pl.Series) -> pl.DataFrame:
    """Stretches of adjoining epochs: the timer ran and records came."""
    starts, ends = start.to_physical().to_numpy(), end.to_physical().to_numpy()
    first = np.flatnonzero(starts != np.r_[-1, ends[:-1]][: len(ends)])
    last = np.r_[first[1:], len(ends)][: len(first)] - 1
    return pl.DataFrame({"start": start.gather(first), "end": end.gather(last)})
