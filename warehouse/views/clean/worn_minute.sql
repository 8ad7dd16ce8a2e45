-- Device minutes with long zero runs taken out where zeros do not prove wear.
-- One row per participant_id, device_id, minute_start. Private.
-- Where a device's zeros do not prove wear, a maximal run of 90 or more consecutive zero minutes is not observed. A minute
-- with steps, heart rate, a sleep row or intensity of at least 1, and an absent or NULL minute, ends a run.
-- Source: architecture definition 5; 90 minutes: Choi 2011.
WITH zero AS (
    SELECT
        minute.participant_id, minute.device_id, minute.minute_start,
        epoch_ms(minute.minute_start) // 60000 - row_number() OVER (
            PARTITION BY minute.participant_id, minute.device_id ORDER BY minute.minute_start
        ) AS run
    FROM device_minute AS minute
    JOIN device USING (participant_id, device_id)
    SEMI JOIN touched ON minute.participant_id = touched.participant_id
    WHERE minute.steps = 0 AND NOT minute.has_heart_rate AND NOT minute.shows_wear AND NOT device.zeros_prove_wear
),
long_run AS (
    SELECT participant_id, device_id, min(minute_start) AS run_start, max(minute_start) AS run_end
    FROM zero
    GROUP BY participant_id, device_id, run
    HAVING count(*) >= 90
)
SELECT
    minute.participant_id,
    minute.device_id,
    minute.minute_start,
    CASE WHEN long_run.run_end IS NULL OR minute.minute_start > long_run.run_end THEN minute.steps END AS steps,
    minute.active_seconds,
    minute.source_file_id,
    minute.kind,
    minute.has_heart_rate,
    minute.shows_wear,
    minute.gps_label,
    minute.flags,
    minute.is_revised,
    coalesce(minute.minute_start <= long_run.run_end, false) AS is_zero_run
FROM device_minute AS minute
SEMI JOIN touched ON minute.participant_id = touched.participant_id
ASOF LEFT JOIN long_run
    ON minute.participant_id = long_run.participant_id
    AND minute.device_id = long_run.device_id
    AND minute.minute_start >= long_run.run_start
