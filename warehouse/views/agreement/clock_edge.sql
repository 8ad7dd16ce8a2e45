-- The starts and ends of walks in the compared minutes of two devices: what tells their clocks apart.
-- One row per participant_id, device_a, device_b, local_date, device, is_start, second_index. Private.
-- A start is a rise of 30 steps/min or more from one minute to the next, an end such a fall. Consecutive ones are one, at
-- their centre: a walk that begins within a minute rises in two steps.
-- Source: half of 60 steps/min, which is walking: Tudor-Locke 2011.
--
-- Columns
--   device: a or b, whose count changes
--   is_start: true = start; false = end
--   second_index: when, whole seconds since 1970-01-01 00:00 UTC, rounded down
WITH change AS (
    SELECT participant_id, device_a, device_b, local_date, unnest(changes, recursive := true)
    FROM device_overlap
    SEMI JOIN touched USING (participant_id)
    WHERE minutes >= 10
),
side AS (
    SELECT
        participant_id, device_a, device_b, local_date, minute_index,
        unnest(['a', 'b']) AS device,
        unnest([change_a, change_b]) AS change
    FROM change
),
large AS (
    SELECT
        participant_id, device_a, device_b, local_date, minute_index, device, change,
        change > 0 AS is_start,
        minute_index - row_number() OVER (
            PARTITION BY participant_id, device_a, device_b, local_date, device, change > 0 ORDER BY minute_index
        ) AS run
    FROM side
    WHERE abs(change) >= 30
)
SELECT
    participant_id, device_a, device_b, local_date, device, is_start,
    sum(60 * minute_index * abs(change))::BIGINT // sum(abs(change))::BIGINT AS second_index
FROM large
GROUP BY participant_id, device_a, device_b, local_date, device, is_start, run
