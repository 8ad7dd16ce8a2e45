"""Local time without surprises: stretches of constant offset from UTC for each participant.

DuckDB shifts an ambiguous or missing local time silently, so local dates are never asked of it: zones, travel and
daylight saving are resolved here, once, and SQL only adds minutes.
"""

import datetime as dt
import functools
import zoneinfo

import polars as pl

#: Data before 2000 is a clock that was never set; the grid ends a century later.
FIRST = dt.datetime(1999, 12, 31, tzinfo=dt.UTC)
LAST = dt.datetime(2100, 1, 2, tzinfo=dt.UTC)

SCHEMA: dict[str, pl.DataType] = {
    "participant_id": pl.String(),
    "from_utc": pl.Datetime("us", "UTC"),
    "to_utc": pl.Datetime("us", "UTC"),
    "time_zone": pl.String(),
    "utc_offset_minutes": pl.Int32(),
}


def _offset(zone: zoneinfo.ZoneInfo, instant: dt.datetime) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


@functools.cache
def zone_periods(time_zone: str) -> tuple[tuple[dt.datetime, dt.datetime, int], ...]:
    """(from, to, offset in minutes) of a zone from FIRST to LAST, in UTC, half-open and without gaps.

    Raises zoneinfo.ZoneInfoNotFoundError for a name that is not in the IANA database.
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    # no zone has two changes within a week and back again: weekly samples find every change, bisection its second
    week = dt.timedelta(days=7)
    periods = []
    start = at = FIRST
    offset = _offset(zone, at)
    while at < LAST:
        later = min(at + week, LAST)
        if (next_offset := _offset(zone, later)) != offset:
            low, high = at, later
            while high - low > dt.timedelta(minutes=1):
                middle = low + (high - low) / 2
                middle = middle.replace(second=0, microsecond=0)
                if middle in (low, high):
                    break
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            periods.append((start, high, offset))
            start, offset, at = high, _offset(zone, high), high
            if offset != next_offset:
                continue
        at = later
    periods.append((start, LAST, offset))
    return tuple(periods)


def offset_periods(participants: pl.DataFrame, travel: pl.DataFrame) -> pl.DataFrame:
    """SCHEMA rows for all participants: home zone, and travel's zones from their instants on.

    participants: participant_id, time_zone. travel: participant_id, from_utc (UTC), time_zone.
    """
    journeys: dict[str, list[tuple[dt.datetime, str]]] = {}
    for participant_id, from_utc, time_zone in travel.select("participant_id", "from_utc", "time_zone").rows():
        journeys.setdefault(participant_id, []).append((from_utc, time_zone))
    rows = []
    for participant_id, home in participants.select("participant_id", "time_zone").rows():
        stops = [(FIRST, home), *sorted(journeys.get(participant_id, []))]
        ends = [start for start, _ in stops[1:]] + [LAST]
        for (begin, time_zone), end in zip(stops, ends, strict=True):
            rows += [
                (participant_id, max(begin, from_utc), min(end, to_utc), time_zone, offset)
                for from_utc, to_utc, offset in zone_periods(time_zone)
                if from_utc < end and to_utc > begin
            ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
