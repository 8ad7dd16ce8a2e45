-- Device minutes with long zero runs taken out where zeros do not prove wear.
-- One row per participant_id, device_id, minute_start. Private.
-- Where a device's zeros do not prove wear, a maximal run of 90 or more consecutive zero minutes is not observed. A minute
-- with steps, heart rate, a sleep row or intensity of at least 1, and an absent or NULL minute, ends a run.
-- Source: architecture definition 5; 90 minutes: Choi 2011.
WITH idle AS (
    -- zeros that may be those of a device in a drawer
    SELECT minute.participant_id, minute.device_id, minute.minute_start
    FROM device_minute AS minute
    -- a run that reaches into the stretch is as long as it needs to be to count as long
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at - INTERVAL 90 MINUTE
        AND minute.minute_start < touched.to_at + INTERVAL 90 MINUTE
    JOIN device
        ON device.participant_id = minute.participant_id
        AND device.device_id = minute.device_id
        AND NOT device.zeros_prove_wear
    WHERE minute.steps = 0 AND NOT minute.has_heart_rate AND NOT minute.shows_wear
        AND minute.minute_start >= getvariable('touched_from') - INTERVAL 90 MINUTE
        AND minute.minute_start < getvariable('touched_to') + INTERVAL 90 MINUTE
),
numbered AS (
    SELECT
        participant_id, device_id, minute_start,
        epoch_ms(minute_start) // 60000 - row_number() OVER (
            PARTITION BY participant_id, device_id ORDER BY minute_start
        ) AS run
    FROM idle
),
long_run AS (
    SELECT participant_id, device_id, min(minute_start) AS run_start, max(minute_start) AS run_end
    FROM numbered
    GROUP BY participant_id, device_id, run
    HAVING count(*) >= 90
),
zero_run AS (
    SELECT participant_id, device_id, unnest(generate_series(run_start, run_end, INTERVAL 1 MINUTE)) AS minute_start
    FROM long_run
)
SELECT
    minute.participant_id,
    minute.device_id,
    minute.minute_start,
    CASE WHEN zero_run.minute_start IS NULL THEN minute.steps END AS steps,
    minute.active_seconds,
    minute.source_file_id,
    minute.kind,
    minute.has_heart_rate,
    minute.shows_wear,
    minute.gps_label,
    minute.flags,
    minute.is_revised,
    zero_run.minute_start IS NOT NULL AS is_zero_run
FROM device_minute AS minute
SEMI JOIN touched
    ON minute.participant_id = touched.participant_id
    AND minute.minute_start >= touched.from_at
    AND minute.minute_start < touched.to_at
LEFT JOIN zero_run
    ON zero_run.participant_id = minute.participant_id
    AND zero_run.device_id = minute.device_id
    AND zero_run.minute_start = minute.minute_start
WHERE minute.minute_start >= getvariable('touched_from') AND minute.minute_start < getvariable('touched_to')
