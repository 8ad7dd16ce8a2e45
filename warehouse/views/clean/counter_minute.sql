-- Minutes of a running counter: each interval's steps shared over its minutes.
-- One row per participant_id, device_id, minute_start. Private.
-- The minutes of an interval share its steps in proportion to their seconds in it (evenly, for whole minutes); whole
-- steps by largest remainder, earliest minute first, so that sums stay exact. A zero-length interval belongs to the minute
-- that ends at that instant. Minutes that the same device's activity file measured whole are left to it; the others
-- share what remains of the interval.
-- Source: decoding guide, section 2; architecture definition 6.
WITH interval_ AS (
    SELECT
        row_number() OVER (
            ORDER BY participant_id, device_id, interval_end, interval_start, activity NULLS FIRST, steps
        ) AS interval_id,
        participant_id, device_id, source_file_id, activity, steps, active_seconds,
        CASE WHEN interval_start = interval_end THEN interval_end - INTERVAL 1 MINUTE ELSE interval_start END AS share_from,
        interval_end AS share_to,
        interval_start = interval_end AS is_instant,
        round(active_seconds * 1000)::BIGINT AS active_ms,
        -- an activity file's steps are taken off the types of one interval in turn, the largest first
        coalesce(sum(steps) OVER (
            PARTITION BY participant_id, device_id, interval_start, interval_end ORDER BY steps DESC, activity
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS steps_before
    FROM counter_interval
    SEMI JOIN touched USING (participant_id)
    -- a reading without an interval before it tells of no time in which nothing was counted
    WHERE is_placed AND (interval_start < interval_end OR activity IS NOT NULL)
),
piece AS (
    SELECT
        interval_.*,
        unnest(generate_series(
            epoch_ms(share_from) // 60000, (epoch_ms(share_to) - 1) // 60000
        )) AS minute_index
    FROM interval_
    -- the first typed row of a record has no interval before it, only an instant
    WHERE share_to > share_from
),
seconds AS (
    SELECT
        *,
        least(epoch_ms(share_to), (minute_index + 1) * 60000) - greatest(epoch_ms(share_from), minute_index * 60000)
            AS overlap_ms
    FROM piece
),
split AS (
    SELECT
        seconds.*,
        activity_minute.steps AS activity_steps
    FROM seconds
    LEFT JOIN activity_minute
        ON activity_minute.participant_id = seconds.participant_id
        AND activity_minute.device_id = seconds.device_id
        AND epoch_ms(activity_minute.minute_start) // 60000 = seconds.minute_index
),
total AS (
    SELECT
        *,
        -- what the activity file counted inside this interval is taken off before the rest is shared
        (
            steps - least(steps, greatest(0, coalesce(sum(activity_steps) OVER whole, 0) - steps_before))
        )::BIGINT AS rest_steps,
        (sum(CASE WHEN activity_steps IS NULL THEN overlap_ms END) OVER whole)::BIGINT AS rest_ms,
        (epoch_ms(share_to) - epoch_ms(share_from)) AS length_ms
    FROM split
    WINDOW whole AS (PARTITION BY interval_id)
),
floored AS (
    SELECT
        *,
        (rest_steps * overlap_ms) // rest_ms AS whole_steps,
        (rest_steps * overlap_ms) % rest_ms AS remainder
    FROM total
    WHERE activity_steps IS NULL
),
shared AS (
    SELECT
        *,
        whole_steps + (
            row_number() OVER (PARTITION BY interval_id ORDER BY remainder DESC, minute_index)
            <= rest_steps - sum(whole_steps) OVER (PARTITION BY interval_id)
        )::INTEGER AS minute_steps
    FROM floored
)
SELECT
    participant_id,
    device_id,
    make_timestamptz(minute_index * 60000000) AS minute_start,
    -- the file whose reading gave the minute its steps, else the one that saw none
    coalesce(arg_max(source_file_id, interval_id) FILTER (WHERE steps > 0), arg_max(source_file_id, interval_id))
        AS source_file_id,
    sum(minute_steps)::INTEGER AS steps,
    least(60, sum(overlap_ms) FILTER (WHERE activity IS NULL AND NOT is_instant) / 1000.0) AS observed_seconds,
    -- whole milliseconds: a sum of fractions would depend on its order
    least(60, sum(active_ms * overlap_ms // length_ms) FILTER (WHERE activity IS NOT NULL) / 1000.0) AS active_seconds,
    coalesce(sum(minute_steps) FILTER (WHERE activity = 'running') * 2 > sum(minute_steps), false) AS is_run,
    coalesce(bool_or(length_ms > 60000) FILTER (WHERE activity IS NOT NULL), false) AS is_apportioned,
    -- Source: decoding guide, section 2: active below 90 % of the interval's length
    coalesce(bool_or(active_ms * 10 < 9 * length_ms) FILTER (WHERE activity IS NOT NULL AND NOT is_instant), false)
        AS is_partly_active
FROM shared
GROUP BY participant_id, device_id, minute_index
