"""Made-up minutes of a pedometer, from a seed: whole days in UTC, one file for each person and day, written into the ledger.

Nights of zeros, small steps by day, about two walks a day with pauses, some of them over midnight. Holes of three kinds:
days without a file, stretches of four hours without rows, and single minutes whose steps are NULL.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.ledger import FRAMES, Entry, SourceFile

#: 2024-01-01, in days since 1970
FIRST_DAY = 19_723
#: a UTC day ends in the morning of Sydney's next one
TIME_ZONE = "Australia/Sydney"

_FILES = """
WITH file AS (
    SELECT
        person, day,
        printf('P%05d', person) AS participant_id,
        printf('native-pedometer-%05d', person) AS device_id,
        sha256(printf('%d %d %d', $seed, person, day)) AS source_file_id
    FROM range($person_from, $person_to) AS people(person), range($day_from, $day_to) AS days(day)
    WHERE hash($seed, person, day) % 15 > 0 OR $is_complete
),
stated AS (
    SELECT file.*, minute, (19723 + day) * 1440 + minute AS i
    FROM file, range(1440) AS minutes(minute)
    WHERE hash($seed, person, ((19723 + day) * 1440 + minute) // 240, 'hole') % 40 > 0 OR $is_complete
),
drawn AS (
    SELECT
        *,
        hash($seed, person, i) AS of_minute,
        -- a walk begins somewhere in the first half of a slot of 100 minutes
        hash($seed, person, i // 100, 'slot') AS of_slot,
        i // 100 * 100 % 1440 BETWEEN 420 AND 1320 AS is_waking
    FROM stated
),
walked AS (
    SELECT
        *,
        of_slot % 100 < CASE WHEN is_waking THEN 22 ELSE 3 END
            AND i % 100 >= (of_slot >> 8) % 50
            AND i % 100 < (of_slot >> 8) % 50 + 3 + (of_slot >> 20) % 60 AS is_walk
    FROM drawn
)
"""

_SOURCE_MINUTE = """
SELECT
    source_file_id, participant_id, device_id,
    make_timestamptz(i * 60000000) AS minute_start,
    'all_day' AS kind,
    CASE
        WHEN of_minute % 2000 = 0 THEN NULL
        WHEN is_walk AND (of_minute >> 12) % 12 = 0 THEN (of_minute >> 20) % 60
        WHEN is_walk THEN 70 + (of_minute >> 20) % 65
        WHEN is_waking AND (of_minute >> 12) % 3 = 0 THEN (of_minute >> 20) % 45
        ELSE 0
    END::INTEGER AS steps,
    60.0::DOUBLE AS observed_seconds, NULL::DOUBLE AS active_seconds, false AS has_heart_rate, false AS shows_wear,
    NULL::VARCHAR AS gps_label, []::VARCHAR[] AS flags
FROM walked
ORDER BY participant_id, minute_start
"""

#: each reads the CTEs above; a file without rows has no part, and nobody's data comes without one
_TABLES = {
    "ledger.source_minute": _SOURCE_MINUTE,
    "ledger.file_part": """
        SELECT
            source_file_id, participant_id AS participant_label, participant_id, device_id, 'native' AS manufacturer,
            'pedometer' AS model, 'pedometer' AS device_class, true AS zeros_prove_wear, 'all_day' AS kind,
            count(*) AS rows, min(make_timestamptz(i * 60000000)) AS first_at,
            max(make_timestamptz((i + 1) * 60000000)) AS last_at
        FROM stated
        GROUP BY source_file_id, participant_id, device_id, day
        ORDER BY day, participant_id
    """,
    "ledger.source_file": """
        SELECT
            source_file_id, 'loaded' AS status, 'csv' AS connector, 'native' AS dialect, 'all_day' AS kind,
            'utc' AS time_basis, count(*) AS rows_read, count(*) AS rows_kept, 0 AS rows_flagged,
            min(make_timestamptz(i * 60000000)) AS first_epoch, max(make_timestamptz((i + 1) * 60000000)) AS last_epoch,
            make_timestamptz((19723 + day + 1) * 86400000000) AS received_at,
            make_timestamptz((19723 + day + 1) * 86400000000) AS loaded_at
        FROM stated
        GROUP BY source_file_id, participant_id, day
        ORDER BY day, participant_id
    """,
    "ledger.receipt": """
        SELECT
            source_file_id, printf('%s/%d.csv', participant_id, day) AS inbox_path, 1 AS receipt_number,
            participant_id AS folder, count(*) * 30 AS size_bytes, 0 AS mtime_ns,
            make_timestamptz((19723 + day + 1) * 86400000000) AS received_at
        FROM stated
        GROUP BY source_file_id, participant_id, day
        ORDER BY day, participant_id
    """,
}

SEED = 20_260_301


def fill(connection: Any, people: int, days: int, *, by_night: bool, late: int = 0) -> int:
    """Writes the ledger of so many people and days; returns the minutes.

    by_night: the rows lie as nightly loads leave them, all people of a day together; otherwise person after person.
    late: so many of the first people have not sent their last day yet.
    """
    for chunk in _chunks(people, days, by_night=by_night, late=late):
        for table, select in _TABLES.items():
            connection.execute(f"INSERT INTO {table} BY NAME {_FILES} {select}", chunk)
    connection.execute(
        "INSERT INTO ledger.pending (participant_id) SELECT DISTINCT participant_id FROM ledger.file_part"
    )
    connection.execute("CHECKPOINT")
    return int(connection.execute("SELECT count(*) FROM ledger.source_minute").fetchone()[0])


def _chunks(people: int, days: int, *, by_night: bool, late: int) -> Iterator[dict[str, Any]]:
    ranges = (
        ((0, people, day, day + 1) for day in range(days - 1))
        if by_night
        else ((person, person + 1, 0, days - 1) for person in range(people))
    )
    yield from (_bound(*one) for one in ranges)
    yield _bound(late, people, days - 1, days)


def _bound(
    person_from: int, person_to: int, day_from: int, day_to: int, *, is_complete: bool = False
) -> dict[str, Any]:
    return {
        "seed": SEED, "person_from": person_from, "person_to": person_to, "day_from": day_from, "day_to": day_to,
        "is_complete": is_complete,
    }  # fmt: skip


def one_day(connection: Any, person: int, day: int) -> Entry:
    """A person's file of a day, without holes, as the ingester hands it to the ledger."""
    with tempfile.TemporaryDirectory(prefix="footfall") as folder:
        parquet = Path(folder) / "day.parquet"
        frames = {}
        for table in ("file_part", "source_minute"):
            select = f"{_FILES} {_TABLES[f'ledger.{table}']}"
            bound = _bound(person, person + 1, day, day + 1, is_complete=True)
            connection.execute(f"COPY ({select}) TO '{parquet}' (FORMAT parquet)", bound)
            frames[table] = pl.read_parquet(parquet).select(
                pl.col(name).cast(kind) for name, kind in FRAMES[table].items()
            )
            file = str(pl.read_parquet(parquet)["source_file_id"][0])
    first, last = frames["file_part"].select("first_at", "last_at").row(0)
    return Entry(
        SourceFile(file, "loaded", last, connector="csv", dialect="native", kind="all_day", time_basis="utc",
                   rows_read=1440, rows_kept=1440, rows_flagged=0, first_epoch=first, last_epoch=last, loaded_at=last),
        frames,
    )  # fmt: skip
