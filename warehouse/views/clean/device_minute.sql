-- What each device measured, minute by minute, after corrections within the device.
-- One row per participant_id, device_id, minute_start. Private.
-- A device's activity file gives the minutes in which it has steps for all 60 s, its all-day record the others, and part
-- minutes of an activity file only what is left. Of several files that state a minute, the file whose rows of this device
-- end later wins, then the later export date, then the larger hash; NULL never replaces a value.
-- Source: architecture definitions 6 and 7.
WITH stated AS NOT MATERIALIZED (
    SELECT
        participant_id, device_id, minute_start, source_file_id, kind, steps, observed_seconds, active_seconds,
        has_heart_rate, shows_wear, gps_label, flags, true AS is_of_file
    FROM ledger.source_minute AS source
    SEMI JOIN touched
        ON source.participant_id = touched.participant_id
        AND source.minute_start >= touched.from_at
        AND source.minute_start < touched.to_at
    WHERE source.minute_start >= getvariable('touched_from') AND source.minute_start < getvariable('touched_to')
    UNION ALL
    SELECT
        participant_id, device_id, minute_start, source_file_id, 'all_day' AS kind, steps, observed_seconds,
        active_seconds, false AS has_heart_rate, false AS shows_wear, NULL AS gps_label,
        list_filter(
            [
                CASE WHEN is_apportioned THEN 'apportioned' END,
                CASE WHEN is_partly_active THEN 'partly_active' END,
                CASE WHEN is_run THEN 'run' END
            ],
            lambda flag: flag IS NOT NULL
        ) AS flags,
        false AS is_of_file
    FROM counter_minute AS counted
    SEMI JOIN touched
        ON counted.participant_id = touched.participant_id
        AND counted.minute_start >= touched.from_at
        AND counted.minute_start < touched.to_at
    WHERE counted.minute_start >= getvariable('touched_from') AND counted.minute_start < getvariable('touched_to')
),
repeated AS (
    SELECT participant_id, device_id, minute_start
    FROM stated
    SEMI JOIN restated_device USING (participant_id, device_id)
    GROUP BY participant_id, device_id, minute_start
    HAVING count(*) > 1
),
ranked AS (
    SELECT
        stated.*,
        CASE WHEN stated.is_of_file
            THEN CASE
                WHEN stated.kind = 'activity' AND stated.observed_seconds >= 60 THEN 3
                WHEN stated.kind = 'all_day' THEN 2
                WHEN stated.kind = 'activity' THEN 1
                ELSE 0
            END * 1000000 + file_rank.file_rank
                -- a minute of the future stands only where nothing else was stated
                - CASE WHEN list_contains(stated.flags, 'future') THEN 10000000 ELSE 0 END
            ELSE 2000000
        END AS standing
    FROM stated
    SEMI JOIN repeated USING (participant_id, device_id, minute_start)
    LEFT JOIN file_rank
        ON file_rank.source_file_id = stated.source_file_id
        AND file_rank.participant_id = stated.participant_id
        AND file_rank.device_id = stated.device_id
)
-- nearly every minute is stated once, and needs no choosing
SELECT
    participant_id, device_id, minute_start, steps,
    CASE WHEN steps IS NOT NULL THEN active_seconds END AS active_seconds,
    source_file_id, kind, has_heart_rate, shows_wear, gps_label, flags, false AS is_revised
FROM stated
ANTI JOIN repeated USING (participant_id, device_id, minute_start)
UNION ALL
SELECT
    participant_id,
    device_id,
    minute_start,
    arg_max(steps, standing) FILTER (WHERE steps IS NOT NULL) AS steps,
    arg_max(active_seconds, standing) FILTER (WHERE steps IS NOT NULL) AS active_seconds,
    coalesce(
        arg_max(source_file_id, standing) FILTER (WHERE steps IS NOT NULL),
        arg_max(source_file_id, standing) FILTER (WHERE gps_label IS NOT NULL),
        arg_max(source_file_id, standing)
    ) AS source_file_id,
    coalesce(arg_max(kind, standing) FILTER (WHERE steps IS NOT NULL), arg_max(kind, standing)) AS kind,
    bool_or(has_heart_rate) AS has_heart_rate,
    bool_or(shows_wear) AS shows_wear,
    arg_max(gps_label, standing) FILTER (WHERE gps_label IS NOT NULL) AS gps_label,
    coalesce(arg_max(flags, standing) FILTER (WHERE steps IS NOT NULL), arg_max(flags, standing)) AS flags,
    -- the same kind of record stated different values: a correction, not a second measurement
    count(DISTINCT steps) FILTER (WHERE standing // 1000000 = 0) > 1
        OR count(DISTINCT steps) FILTER (WHERE standing // 1000000 = 2) > 1
        OR count(DISTINCT steps) FILTER (WHERE standing // 1000000 = 3) > 1 AS is_revised
FROM ranked
GROUP BY participant_id, device_id, minute_start
