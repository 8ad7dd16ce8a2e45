"""FIT activity files: one epoch per record while the timer runs, and the sessions the device names.

Source: FIT profile, messages session (18), record (20), event (21). Cadence on foot counts one leg.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors import gps
from connectors.fit_messages import FIRST_SECOND, FIT_EPOCH, Messages
from connectors.fit_profile import name_of
from connectors.recording import Problem

#: seconds a record holds at most until the next one; longer silence is not observed.
#: Source: watches that record on change wrote a record at least every 30 s in every real run or walk at hand
MAX_RECORD_S = 30
#: seconds after a session's end in which a record still counts as its own: clocks and elapsed time are rounded
SESSION_SLACK_S = 60
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

_UNKNOWN_SPORT = pl.DataFrame({"sport": [None], "sub_sport": [None]}, schema={"sport": pl.Int64, "sub_sport": pl.Int64})

Ints = npt.NDArray[np.int64]


def on_foot(sport: str | None, sub_sport: str | None) -> bool | None:
    """True or False if sport and sub-sport say so, None if they leave it open."""
    if sport in FOOT_SPORTS:
        return True
    if sport in OTHER_SPORTS:
        return False
    return True if sub_sport in FOOT_SUB_SPORTS else None


def timed_records(messages: Messages) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Records in order of time, one per second, with Unix seconds `at`; of repeats each column's last value stays."""
    given = messages["record"].with_columns((pl.col("timestamp") + FIT_EPOCH).alias("at"))
    clocked = given.filter(pl.col("at").is_not_null())
    synced = clocked.filter(pl.col("at") >= FIRST_SECOND).sort("at", maintain_order=True)
    records = (
        synced.group_by("at", maintain_order=True)
        .agg(pl.all().drop_nulls().last())
        .with_columns((pl.col("distance_cm").shift(-1) - pl.col("distance_cm")).alias("gained_cm"))
    )
    counts = {
        "no_timestamp": given.height - clocked.height,
        "clock_before_first_sync": clocked.height - synced.height,
        "repeated_timestamp": synced.height - records.height,
    }
    return records, tuple(Problem(code, count) for code, count in counts.items() if count)


def sessions(messages: Messages, records: pl.DataFrame) -> pl.DataFrame:
    """Sessions in order of start, times as Unix microseconds: start, end, until, sport, sub_sport, on_foot, steps.

    `until` is the last instant that records of it can have. A file that was cut off before its session has one over
    all its records, of the sport that it stated at the start.
    """
    told = messages["session"]
    if told.is_empty():
        sports = messages["sport"].select("sport", "sub_sport").unique()
        told = pl.concat([told, sports if sports.height == 1 else _UNKNOWN_SPORT], how="diagonal")
    start, stamp = (_synced(name) * 1_000_000 for name in ("start_time", "timestamp"))
    first, last = (records["at"].min(), records["at"].max()) if records.height else (None, None)
    span = pl.lit(first, dtype=pl.Int64) * 1_000_000, (pl.lit(last, dtype=pl.Int64) + 1) * 1_000_000
    timed = told.with_columns(pl.coalesce(start, span[0]).alias("start"), stamp.alias("stamp"))
    elapsed = pl.col("start") + pl.col("total_elapsed_ms") * 1_000
    timed = timed.with_columns(pl.coalesce(elapsed, "stamp", span[1], "start").alias("end")).filter(
        pl.col("start").is_not_null()
    )
    kinds = pl.DataFrame(
        [
            (*pair, *named, on_foot(*named))
            for pair in timed.select("sport", "sub_sport").unique().rows()
            for named in [(name_of("sport", pair[0]), name_of("sub_sport", pair[1]))]
        ],
        schema={"sport": pl.Int64, "sub_sport": pl.Int64, "name": pl.String, "sub_name": pl.String, "foot": pl.Boolean},
        orient="row",
    )
    return (
        timed.join(kinds, on=["sport", "sub_sport"], how="left", nulls_equal=True, maintain_order="left")
        .sort("start", maintain_order=True)
        .select(
            "start",
            pl.max_horizontal("end", "start").alias("end"),
            (pl.max_horizontal("end", "stamp", "start") + SESSION_SLACK_S * 1_000_000).alias("until"),
            pl.col("name").alias("sport"),
            pl.col("sub_name").alias("sub_sport"),
            pl.col("foot").alias("on_foot"),
            pl.when("foot").then(2 * pl.col("total_cycles")).alias("steps"),
        )
    )


def _synced(name: str) -> pl.Expr:
    unix = pl.col(name) + FIT_EPOCH
    return pl.when(unix >= FIRST_SECOND).then(unix)


def timer_stretches(messages: Messages, records: pl.DataFrame) -> tuple[Ints, Ints]:
    """Starts and ends (Unix seconds) of the stretches in which the timer ran, from the first record to the last.

    Before the first event it ran: a record is only written while it does.
    """
    events = (
        messages["event"]
        .filter(pl.col("event") == _TIMER, pl.col("event_type").is_in((*_START, *_STOP)))
        .select(_synced("timestamp").alias("at"), pl.col("event_type").is_in(_START).alias("runs"))
        .drop_nulls()
        .sort("at", maintain_order=True)
    )
    first, last = records["at"][0], records["at"][-1] + 1
    at = np.clip(np.r_[first, events["at"].to_numpy(), last], first, last).astype(np.int64)
    runs = np.r_[True, events["runs"].to_numpy(), False]
    lasting = runs[:-1] & (np.diff(at) > 0)
    return at[:-1][lasting], at[1:][lasting]


def epochs(records: pl.DataFrame, named: pl.DataFrame, stretches: tuple[Ints, Ints]) -> pl.DataFrame:
    """Epochs of records within the timer's stretches; `named` are the sessions."""
    at = records["at"].to_numpy()
    following = np.r_[at[1:], at[-1] + 1]
    start, end, record = _cut(at, np.minimum(following, at + MAX_RECORD_S), stretches)
    seconds = end - start
    session = _session_of(at, named)[record]
    facts = named.select("sport", "on_foot").with_row_index("session").cast({"session": pl.Int64})
    points = records.with_columns(
        pl.Series("share", 1.0 / (following - at)),
        pl.Series("known", following - at <= MAX_RECORD_S),
    )[record]
    frame = points.with_columns(
        pl.Series("epoch_start", start * 1_000_000).cast(pl.Datetime("us", "UTC")),
        pl.Series("epoch_end", end * 1_000_000).cast(pl.Datetime("us", "UTC")),
        pl.Series("seconds", seconds),
        pl.Series("session", session),
        pl.Series("gps_label", _labels(records, named, start), dtype=pl.String),
    ).join(facts, on="session", how="left", maintain_order="left")
    leg_spm = pl.col("cadence") + pl.col("fractional_cadence").fill_null(0) / 128
    return frame.select(
        "epoch_start",
        "epoch_end",
        pl.when("on_foot").then(2 * leg_spm / 60 * pl.col("seconds")).alias("steps"),
        pl.when(pl.col("known") & (pl.col("gained_cm") >= 0))
        .then(pl.col("gained_cm") / 100 * pl.col("share") * pl.col("seconds"))
        .alias("distance_m"),
        pl.when(pl.col("heart_rate") > 0).then("heart_rate").alias("heart_rate_bpm"),
        pl.col("sport").alias("activity"),
        "gps_label",
    )


def _cut(start: Ints, end: Ints, stretches: tuple[Ints, Ints]) -> tuple[Ints, Ints, npt.NDArray[np.intp]]:
    """The parts of sorted intervals that lie in sorted stretches: starts, ends, and the interval each came from."""
    edges = np.unique(np.concatenate([start, end, *stretches]))
    low, high = edges[:-1], edges[1:]
    interval = np.searchsorted(start, low, side="right") - 1
    stretch = np.searchsorted(stretches[0], low, side="right") - 1
    kept = (interval >= 0) & (stretch >= 0)
    kept[kept] &= (low[kept] < end[interval[kept]]) & (low[kept] < stretches[1][stretch[kept]])
    return low[kept], high[kept], interval[kept]


def _session_of(at: Ints, named: pl.DataFrame) -> Ints:
    """Per record the place of the last session that began before it and may still hold it, else -1."""
    begin, until = (named[name].to_numpy() // 1_000_000 for name in ("start", "until"))
    begin[:1] -= SESSION_SLACK_S
    session = np.searchsorted(begin, at, side="right") - 1
    held = (session >= 0) & (at <= until[session])
    return np.where(held, session, -1)


def _labels(records: pl.DataFrame, named: pl.DataFrame, start: Ints) -> list[str | None]:
    """What the positions say at each start; positions end here."""
    degrees = records.select(
        "at",
        (pl.col("position_lat") * (180 / 2**31)).alias("lat"),
        (pl.col("position_long") * (180 / 2**31)).alias("lon"),
    ).filter(pl.col("lat").abs() <= 90, pl.col("lon").abs() <= 180, (pl.col("lat") != 0) | (pl.col("lon") != 0))
    if degrees.is_empty():
        return [None] * len(start)
    at = degrees["at"].to_numpy()
    session = _session_of(at, named)
    borders = np.flatnonzero(np.diff(session)) + 1
    foot = named["on_foot"].to_list()
    labels = [
        gps.label_track(
            part["at"].to_numpy() * 1_000_000,
            part["lat"].to_numpy(),
            part["lon"].to_numpy(),
            foot_sport=foot[session[first]] if session[first] >= 0 else None,
        )
        for first, after in zip(np.r_[0, borders], np.r_[borders, len(at)], strict=True)
        for part in [degrees[first:after]]
    ]
    # before the first position the place is -1: the None at the end
    point = np.searchsorted(at, start, side="right") - 1
    found: list[str | None] = np.concatenate([*labels, [None]])[point].tolist()
    return found


def coverage(frame: pl.DataFrame) -> pl.DataFrame:
    """Stretches of adjoining epochs: the timer ran and records came."""
    apart = (pl.col("epoch_start") != pl.col("epoch_end").shift(1)).fill_null(True).cum_sum()
    return (
        frame.group_by(apart.alias("stretch"), maintain_order=True)
        .agg(pl.col("epoch_start").first().alias("start"), pl.col("epoch_end").last().alias("end"))
        .drop("stretch")
    )
