"""Whose tables are derived, and for which stretch of time: the temporary table `touched`.

One row per participant_id: from_at and to_at bound the instants whose minutes a load can have changed, half-open, UTC;
infinite where that is the whole record. Views over minutes stay inside the stretch, all others take the participant whole.
The variables touched_from and touched_to are the outermost bounds, by which DuckDB passes over row groups unread.
"""

import duckdb

#: A zero run is long from 90 minutes (architecture definition 5): what a load changes in one reaches no further, and a
#: boundary that is quiet for as long stays out of its reach.
_ZERO_RUN_MINUTES = 90
#: Midnights that are looked at on either side; a person who walks through all of them is derived whole.
_MIDNIGHTS = 7

_CREATE = """
CREATE OR REPLACE TEMP TABLE touched (
    participant_id VARCHAR, from_at TIMESTAMPTZ DEFAULT '-infinity', to_at TIMESTAMPTZ DEFAULT 'infinity'
)
"""

_CHANGED = """
CREATE OR REPLACE TEMP TABLE changed AS
SELECT
    participant_id,
    -- a load that does not say what it changed changed everything
    CASE WHEN count(*) = count(from_at) THEN min(from_at) ELSE '-infinity' END AS from_at,
    CASE WHEN count(*) = count(to_at) THEN max(to_at) ELSE 'infinity' END AS to_at
FROM ledger.pending
SEMI JOIN study.participant USING (participant_id)
GROUP BY participant_id
"""

#: A reading of a running counter tells of the time since the one before, and the next ones of its day are counted from it.
_COUNTED = """
UPDATE changed
SET from_at = least(changed.from_at, coalesce(reach.from_at, changed.from_at)),
    to_at = greatest(changed.to_at, coalesce(reach.to_at, changed.to_at))
FROM (
    SELECT participant_id, min(before_at) AS from_at, greatest(max(after_at), any_value(day_end)) AS to_at
    FROM (
        SELECT
            reading.participant_id,
            max(reading.read_at) FILTER (WHERE reading.read_at < changed.from_at) AS before_at,
            min(reading.read_at) FILTER (WHERE reading.read_at > changed.to_at) AS after_at,
            -- the longest day of a clock that is set back, and a minute for the reading itself
            any_value(changed.to_at) + INTERVAL 26 HOUR AS day_end
        FROM ledger.counter_reading AS reading
        JOIN changed USING (participant_id)
        GROUP BY reading.participant_id, reading.device_id
    )
    GROUP BY participant_id
) AS reach
WHERE reach.participant_id = changed.participant_id AND isfinite(changed.from_at) AND isfinite(changed.to_at)
"""

#: The nearest local midnights around the change across which no walk reaches, under any rule in use.
_NARROW = f"""
INSERT INTO touched
WITH rule AS (
    SELECT
        min(least(rule.min_cadence_spm, coalesce(age.min_cadence_spm, rule.min_cadence_spm))) AS least_spm,
        max(greatest(rule.min_minutes, rule.max_gap_minutes + 1)) AS reach_minutes,
        -- where missing minutes are pauses, a longer record can complete a window at its old end
        bool_or(rule.missing = 'as_gap' AND rule.algorithm IN ('nci_8of10', 'window_share')) AS is_unbounded
    FROM study.bout_rule AS rule
    LEFT JOIN (SELECT min(min_cadence_spm) AS min_cadence_spm FROM study.age_cadence) AS age
        ON rule.cadence_scale = 'age'
    WHERE rule.bout_rule_id IN (SELECT bout_rule_id FROM study.protocol WHERE is_listed)
),
bounded AS (
    SELECT
        changed.participant_id,
        changed.from_at - INTERVAL {_ZERO_RUN_MINUTES} MINUTE AS from_at,
        changed.to_at + INTERVAL {_ZERO_RUN_MINUTES} MINUTE AS to_at
    FROM changed, rule
    WHERE isfinite(changed.from_at) AND isfinite(changed.to_at)
        AND coalesce(NOT rule.is_unbounded AND rule.reach_minutes <= {_ZERO_RUN_MINUTES}, true)
),
midnight AS (
    SELECT
        bounded.participant_id,
        timezone('UTC', edge.clock - to_minutes(period.utc_offset_minutes)) AS boundary
    FROM bounded
    JOIN study.offset_period AS period
        ON period.participant_id = bounded.participant_id
        AND period.to_utc > bounded.from_at - INTERVAL {_MIDNIGHTS + 1} DAY
        AND period.from_utc < bounded.to_at + INTERVAL {_MIDNIGHTS + 1} DAY
    CROSS JOIN LATERAL (
        SELECT unnest(generate_series(
            date_trunc('day', timezone('UTC', bounded.from_at)) - INTERVAL {_MIDNIGHTS + 1} DAY,
            timezone('UTC', bounded.to_at) + INTERVAL {_MIDNIGHTS + 1} DAY,
            INTERVAL 1 DAY
        )) AS clock
    ) AS edge
    WHERE edge.clock >= timezone('UTC', period.from_utc) + to_minutes(period.utc_offset_minutes)
        AND edge.clock < timezone('UTC', period.to_utc) + to_minutes(period.utc_offset_minutes)
),
candidate AS (
    SELECT midnight.participant_id, midnight.boundary, midnight.boundary <= bounded.from_at AS is_before
    FROM midnight
    JOIN bounded USING (participant_id)
    WHERE midnight.boundary BETWEEN bounded.from_at - INTERVAL {_MIDNIGHTS} DAY AND bounded.from_at
        OR midnight.boundary BETWEEN bounded.to_at AND bounded.to_at + INTERVAL {_MIDNIGHTS} DAY
),
loud AS (
    SELECT DISTINCT candidate.participant_id, candidate.boundary
    FROM candidate
    JOIN main.minute AS minute
        ON minute.participant_id = candidate.participant_id
        AND minute.minute_start >= candidate.boundary - INTERVAL {_ZERO_RUN_MINUTES} MINUTE
        AND minute.minute_start < candidate.boundary + INTERVAL {_ZERO_RUN_MINUTES} MINUTE
    CROSS JOIN rule
    WHERE minute.minute_start >= getvariable('touched_from') AND minute.minute_start < getvariable('touched_to')
        AND (minute.steps >= rule.least_spm OR minute.walking_source IN ('gps', 'gps_run'))
)
SELECT
    changed.participant_id,
    coalesce(max(candidate.boundary) FILTER (WHERE candidate.is_before), '-infinity') AS from_at,
    coalesce(min(candidate.boundary) FILTER (WHERE NOT candidate.is_before), 'infinity') AS to_at
FROM changed
LEFT JOIN (SELECT * FROM candidate ANTI JOIN loud USING (participant_id, boundary)) AS candidate USING (participant_id)
GROUP BY changed.participant_id
"""

_OUTER_BOUNDS = """
SET VARIABLE touched_from = (SELECT coalesce(min(from_at), 'infinity') FROM touched);
SET VARIABLE touched_to = (SELECT coalesce(max(to_at), '-infinity') FROM touched)
"""

#: What of a device the minutes show.
_SHOWN = "participant_id, device_id, device_class, zeros_prove_wear, published_device_id, priority"


def touch_everybody(connection: duckdb.DuckDBPyConnection) -> None:
    """All participants of the study with their whole record."""
    connection.execute(_CREATE)
    connection.execute("INSERT INTO touched (participant_id) SELECT participant_id FROM study.participant")
    _bound(connection)


def touch(connection: duckdb.DuckDBPyConnection, people: list[str]) -> None:
    """The participants of that list with their whole record, and nobody else."""
    connection.execute(_CREATE)
    connection.execute("INSERT INTO touched (participant_id) SELECT unnest(?::VARCHAR[])", [people])
    _bound(connection)


def touch_pending(connection: duckdb.DuckDBPyConnection) -> None:
    """The participants of ledger.pending, each with the stretch that the loads can have changed.

    It begins and ends at a local midnight, outside the reach of zero runs, counters and walks; dates are whole in it.
    Needs the tables derived so far.
    """
    connection.execute(_CREATE)
    connection.execute(_CHANGED)
    connection.execute(_COUNTED)
    # every midnight that may be looked at lies within
    connection.execute(
        f"""
        SET VARIABLE touched_from = (
            SELECT coalesce(min(from_at) FILTER (WHERE isfinite(from_at)), 'infinity') - INTERVAL {_MIDNIGHTS + 2} DAY
            FROM changed
        );
        SET VARIABLE touched_to = (
            SELECT coalesce(max(to_at) FILTER (WHERE isfinite(to_at)), '-infinity') + INTERVAL {_MIDNIGHTS + 2} DAY
            FROM changed
        )
        """
    )
    connection.execute(_NARROW)
    connection.execute("DROP TABLE changed")
    _bound(connection)


def touch_also(connection: duckdb.DuckDBPyConnection, people: list[str]) -> None:
    """Adds participants of the study who are not in the table yet."""
    connection.execute(
        "INSERT INTO touched (participant_id) SELECT participant_id FROM study.participant"
        " WHERE participant_id IN (SELECT unnest(?::VARCHAR[])) AND participant_id NOT IN (SELECT participant_id FROM touched)",
        [people],
    )
    _bound(connection)


def count_touched(connection: duckdb.DuckDBPyConnection) -> int:
    """How many participants are in the table."""
    row = connection.execute("SELECT count(*) FROM touched").fetchone()
    return int(row[0]) if row else 0


def remember_devices(connection: duckdb.DuckDBPyConnection) -> None:
    """Notes the devices of touched participants as they are derived so far."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE known_device AS SELECT {_SHOWN} FROM main.device SEMI JOIN touched USING (participant_id)"
    )


def widen_for_devices(connection: duckdb.DuckDBPyConnection) -> None:
    """Takes participants whole of whom a remembered device has another name, class, meaning of zeros or priority now."""
    connection.execute(
        f"""
        UPDATE touched SET from_at = '-infinity', to_at = 'infinity'
        WHERE participant_id IN (
            SELECT participant_id
            FROM (FROM known_device EXCEPT SELECT {_SHOWN} FROM main.device SEMI JOIN touched USING (participant_id))
        )
        """
    )
    connection.execute("DROP TABLE known_device")
    _bound(connection)


def _bound(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_OUTER_BOUNDS)
