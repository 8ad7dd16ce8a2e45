-- Steps between two readings of a running counter (FIT monitoring): a change log, not minutes.
-- One row per participant_id, device_id, read_at, activity and value of the counter. Private.
-- A typed row closes the interval since the previous typed row of whatever type; its difference to the last value of its
-- own type belongs inside that interval, if the device's record is unbroken since that value; else the day is known
-- and the minute is not (is_placed false). A further value of the same type at the same instant has length zero.
-- Source: decoding guide, section 2; checked row by row against an independent decode of real files.
WITH reading AS (
    -- files repeat the last rows of the file before, and people send files twice: the values decide, not the files
    SELECT
        participant_id, device_id, read_at, device_day, device_day_start, activity, cumulative_steps,
        cumulative_active_seconds,
        min(source_file_id) AS source_file_id
    FROM ledger.counter_reading
    SEMI JOIN touched USING (participant_id)
    GROUP BY ALL
),
stretch AS (
    SELECT DISTINCT participant_id, device_id, coverage_start, coverage_end
    FROM ledger.source_coverage
    SEMI JOIN reading USING (participant_id, device_id)
),
border AS (
    SELECT
        *,
        max(coverage_end) OVER (
            PARTITION BY participant_id, device_id ORDER BY coverage_start, coverage_end
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until
    FROM stretch
),
numbered AS (
    SELECT
        *,
        sum((covered_until IS NULL OR coverage_start > covered_until)::INTEGER) OVER (
            PARTITION BY participant_id, device_id ORDER BY coverage_start, coverage_end ROWS UNBOUNDED PRECEDING
        ) AS segment
    FROM border
),
segment AS (
    SELECT participant_id, device_id, segment, min(coverage_start) AS segment_start, max(coverage_end) AS segment_end
    FROM numbered
    GROUP BY participant_id, device_id, segment
),
instant AS (
    SELECT
        participant_id, device_id, read_at,
        lag(read_at) OVER (PARTITION BY participant_id, device_id ORDER BY read_at) AS previous_at
    FROM (SELECT DISTINCT participant_id, device_id, read_at FROM reading)
),
placed_instant AS (
    SELECT
        instant.participant_id, instant.device_id, instant.read_at,
        segment.segment_start,
        greatest(coalesce(instant.previous_at, segment.segment_start), segment.segment_start) AS interval_start
    FROM instant
    ASOF JOIN segment
        ON instant.participant_id = segment.participant_id
        AND instant.device_id = segment.device_id
        AND instant.read_at >= segment.segment_start
),
counted AS (
    SELECT
        *,
        lag(cumulative_steps) OVER counter AS previous_steps,
        lag(cumulative_active_seconds) OVER counter AS previous_active_seconds,
        lag(read_at) OVER counter AS previous_read_at
    FROM reading
    WHERE cumulative_steps IS NOT NULL
    WINDOW counter AS (
        PARTITION BY participant_id, device_id, device_day, activity
        ORDER BY read_at, cumulative_steps, cumulative_active_seconds
    )
),
difference AS (
    SELECT
        *,
        -- a fall starts a new count
        CASE
            WHEN previous_steps IS NULL OR cumulative_steps < previous_steps THEN cumulative_steps
            ELSE cumulative_steps - previous_steps
        END AS steps,
        CASE
            WHEN previous_active_seconds IS NULL OR cumulative_active_seconds < previous_active_seconds
                THEN cumulative_active_seconds
            ELSE cumulative_active_seconds - previous_active_seconds
        END AS active_seconds,
        coalesce(previous_read_at, device_day_start) AS known_since
    FROM counted
),
typed AS (
    -- rows of types that count no steps (sedentary): the device measured none in their interval
    SELECT
        participant_id, device_id, read_at, min(source_file_id) AS source_file_id
    FROM reading
    GROUP BY participant_id, device_id, read_at
)
SELECT
    participant_id, device_id, source_file_id,
    placed_instant.interval_start,
    read_at AS interval_end,
    NULL AS activity,
    0::BIGINT AS steps,
    NULL::DOUBLE AS active_seconds,
    true AS is_placed
FROM typed
JOIN placed_instant USING (participant_id, device_id, read_at)
UNION ALL
SELECT
    participant_id, device_id, source_file_id,
    CASE WHEN previous_read_at = read_at THEN read_at ELSE placed_instant.interval_start END AS interval_start,
    read_at AS interval_end,
    activity,
    steps,
    active_seconds,
    coalesce(known_since >= placed_instant.segment_start, false) AS is_placed
FROM difference
JOIN placed_instant USING (participant_id, device_id, read_at)
WHERE steps > 0
