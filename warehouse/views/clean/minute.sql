-- The minute grid: one answer per participant and minute, from the first device that was observed and worn.
-- One row per participant_id, minute_start. A minute without a row was not observed by any device.
-- Steps of two devices are never added. A track supplies its label only where no steps were measured.
-- Source: architecture definitions 5, 6 and 9.
--
-- Columns
--   participant_id: study pseudonym
--   minute_start: start of the minute, UTC; the minute is the half-open [minute_start, minute_start + 60 s)
--   local_date: civil date of minute_start in the participant's time zone at that moment (travel.csv, else participants.csv)
--   utc_offset_minutes: what to add to UTC for the participant's clock time of the minute, minutes
--   steps: steps of both feet in the minute; NULL = not measured (not worn, or only positions), 0 = measured and none
--   walking_source: steps = steps were measured; gps, gps_run, gps_still = none were, and the track says walking, running, neither; NULL = nothing was observed
--   active_seconds: seconds of the minute that the device itself calls active; NULL = the device does not say
--   is_worn: true = a device was worn or carried; false = a long run of zeros from a device whose zeros do not prove wear; NULL = nothing is known
--   has_heart_rate: true = some device took a heart rate in this minute
--   device_id: the device whose value stands (manufacturer-model-NN, numbered per participant)
--   source_file_id: SHA-256 of the file that stated the value
--   recording_kind: all_day = worn through the day; activity = only while an activity was recorded; track = positions, with steps only in minutes that the file's cadence tells whole
--   source_count: number of devices that observed this minute
--   steps_disagreement: largest minus smallest step count where two or more devices measured steps; NULL with fewer than two
--   flags: sorted notes on the minute: apportioned (steps shared from a longer interval), partly_active (device active below 90 % of that interval), part_minute (recorded for less than 60 s), run, not_on_foot (a ride or a swim), revised (a later file corrected it), zero_run (90 or more zeros, not worn), gps_contradicts_zero, impossible (a count above 300 was set aside), future (more than 24 h after its file came: counts for no day or week), local_time_repeated (clock hour that occurs twice), zone_differs (the device clock was set to another offset), clock_offset (on this date the device's clock and that of another device of the person differ by 2 to 10 minutes; nothing is shifted)
WITH day AS (
    SELECT DISTINCT participant_id, epoch_ms(minute_start) // 86400000 AS utc_day
    FROM worn_minute AS worn
    SEMI JOIN touched
        ON worn.participant_id = touched.participant_id
        AND worn.minute_start >= touched.from_at
        AND worn.minute_start < touched.to_at
    WHERE worn.minute_start >= getvariable('touched_from') AND worn.minute_start < getvariable('touched_to')
),
day_offset AS (
    -- one row for a day on which the clock did not change, two for one on which it did
    SELECT day.participant_id, day.utc_day, period.from_utc, period.to_utc, period.utc_offset_minutes
    FROM day
    JOIN study.offset_period AS period
        ON period.participant_id = day.participant_id
        AND epoch_ms(period.from_utc) < (day.utc_day + 1) * 86400000
        AND epoch_ms(period.to_utc) > day.utc_day * 86400000
),
candidate AS NOT MATERIALIZED (
    SELECT
        minute.participant_id, minute.minute_start, minute.steps, minute.active_seconds, minute.source_file_id,
        minute.kind, minute.has_heart_rate, minute.shows_wear, minute.gps_label, minute.flags, minute.is_revised,
        minute.is_zero_run,
        device.device_id, device.published_device_id, device.zeros_prove_wear, device.priority,
        day_offset.utc_offset_minutes,
        (timezone('UTC', minute.minute_start) + to_minutes(day_offset.utc_offset_minutes))::DATE AS local_date
    FROM worn_minute AS minute
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at
        AND minute.minute_start < touched.to_at
    JOIN device
        ON device.participant_id = minute.participant_id AND device.device_id = minute.device_id
    JOIN day_offset
        ON day_offset.participant_id = minute.participant_id
        AND day_offset.utc_day = epoch_ms(minute.minute_start) // 86400000
        AND minute.minute_start >= day_offset.from_utc
        AND minute.minute_start < day_offset.to_utc
    WHERE minute.minute_start >= getvariable('touched_from') AND minute.minute_start < getvariable('touched_to')
),
shared AS (
    SELECT participant_id, minute_start
    FROM worn_minute AS worn
    SEMI JOIN several_devices AS several ON worn.participant_id = several.participant_id
    SEMI JOIN touched
        ON worn.participant_id = touched.participant_id
        AND worn.minute_start >= touched.from_at
        AND worn.minute_start < touched.to_at
    WHERE worn.minute_start >= getvariable('touched_from') AND worn.minute_start < getvariable('touched_to')
    GROUP BY participant_id, minute_start
    HAVING count(*) > 1
),
day_total AS (
    SELECT
        participant_id, device_id, local_date,
        count(*) FILTER (WHERE steps IS NOT NULL OR gps_label IS NOT NULL) AS day_minutes
    FROM candidate
    WHERE participant_id IN (SELECT participant_id FROM shared)
    GROUP BY participant_id, device_id, local_date
),
ordered AS (
    SELECT candidate.*, day_total.day_minutes
    FROM candidate
    SEMI JOIN shared USING (participant_id, minute_start)
    JOIN day_total USING (participant_id, device_id, local_date)
),
placed AS (
    SELECT
        *,
        -- what had happened before what lies in the future, steps before a label, then the study's priority, then the fuller day, then the device's name
        row_number() OVER (
            PARTITION BY participant_id, minute_start
            ORDER BY list_contains(flags, 'future'), steps IS NULL, gps_label IS NULL, priority, day_minutes DESC, device_id
        ) AS place
    FROM ordered
    -- what lies in the future counts for nothing beside what had happened
    QUALIFY NOT list_contains(flags, 'future')
        OR bool_and(list_contains(flags, 'future')) OVER (PARTITION BY participant_id, minute_start)
),
chosen AS MATERIALIZED (
    SELECT
        participant_id,
        minute_start,
        any_value(local_date) AS local_date,
        any_value(steps) FILTER (WHERE place = 1) AS steps,
        any_value(zeros_prove_wear) FILTER (WHERE place = 1) AS zeros_prove_wear,
        any_value(active_seconds) FILTER (WHERE place = 1) AS active_seconds,
        any_value(published_device_id) FILTER (WHERE place = 1) AS device_id,
        any_value(source_file_id) FILTER (WHERE place = 1) AS source_file_id,
        any_value(kind) FILTER (WHERE place = 1) AS recording_kind,
        any_value(flags) FILTER (WHERE place = 1) AS flags,
        any_value(is_revised) FILTER (WHERE place = 1) AS is_revised,
        any_value(utc_offset_minutes) AS utc_offset_minutes,
        arg_min(gps_label, place) FILTER (WHERE gps_label IS NOT NULL) AS gps_label,
        bool_or(has_heart_rate) AS has_heart_rate,
        bool_or(shows_wear) AS shows_wear,
        bool_or(is_zero_run) AS is_zero_run,
        bool_or(list_contains(flags, 'run') OR coalesce(gps_label = 'run', false)) AS is_run,
        count(*) FILTER (WHERE steps IS NOT NULL OR gps_label IS NOT NULL)::INTEGER AS source_count,
        CASE WHEN count(steps) > 1 THEN max(steps) - min(steps) END AS steps_disagreement
    FROM placed
    GROUP BY participant_id, minute_start
),
resolved AS NOT MATERIALIZED (
    SELECT * FROM chosen
    UNION ALL BY NAME
    -- most minutes have one device, and nothing to choose
    SELECT
        participant_id, minute_start, local_date, steps, zeros_prove_wear, active_seconds,
        published_device_id AS device_id, source_file_id, kind AS recording_kind, flags, is_revised,
        utc_offset_minutes, gps_label, has_heart_rate, shows_wear, is_zero_run,
        list_contains(flags, 'run') OR coalesce(gps_label = 'run', false) AS is_run,
        (steps IS NOT NULL OR gps_label IS NOT NULL)::INTEGER AS source_count,
        NULL::INTEGER AS steps_disagreement
    FROM candidate
    ANTI JOIN shared USING (participant_id, minute_start)
),
doubtful AS (
    -- a zero that a moving track contradicts, from a device whose zeros do not prove wear
    SELECT
        participant_id, minute_start,
        epoch_ms(minute_start) // 60000
            - row_number() OVER (PARTITION BY participant_id ORDER BY minute_start) AS run
    FROM resolved
    WHERE steps = 0 AND gps_label = 'walk' AND NOT zeros_prove_wear
),
contradicted AS (
    SELECT participant_id, unnest(list(minute_start)) AS minute_start
    FROM doubtful
    GROUP BY participant_id, run
    HAVING count(*) >= 3
),
judged AS (
    SELECT
        resolved.*,
        contradicted.minute_start IS NOT NULL AS is_contradicted,
        coalesce(session.is_not_on_foot, false) AS is_not_on_foot,
        resolved.is_run OR coalesce(session.is_run, false) AS is_running,
        CASE WHEN contradicted.minute_start IS NULL THEN resolved.steps END AS final_steps
    FROM resolved
    LEFT JOIN contradicted USING (participant_id, minute_start)
    LEFT JOIN session_minute AS session USING (participant_id, minute_start)
),
differing AS (
    SELECT DISTINCT participant_id, unnest([device_a, device_b]) AS device_id, local_date
    FROM clock_offset
    SEMI JOIN touched USING (participant_id)
    WHERE is_clock_offset
)
SELECT
    judged.participant_id,
    judged.minute_start,
    judged.local_date,
    judged.utc_offset_minutes,
    judged.final_steps AS steps,
    CASE
        WHEN judged.final_steps IS NOT NULL THEN 'steps'
        WHEN judged.gps_label = 'walk' THEN 'gps'
        WHEN judged.gps_label = 'run' THEN 'gps_run'
        WHEN judged.gps_label IS NOT NULL THEN 'gps_still'
    END AS walking_source,
    judged.active_seconds,
    CASE
        WHEN judged.final_steps IS NOT NULL OR judged.gps_label IS NOT NULL OR judged.has_heart_rate OR judged.shows_wear
            THEN true
        WHEN judged.is_zero_run THEN false
    END AS is_worn,
    judged.has_heart_rate,
    judged.device_id,
    judged.source_file_id,
    judged.recording_kind,
    judged.source_count,
    judged.steps_disagreement,
    CASE
        WHEN len(judged.flags) > 0
            OR judged.is_revised
            OR judged.is_zero_run
            OR judged.is_contradicted
            OR judged.is_not_on_foot
            OR judged.is_running
            OR file.utc_offset_minutes <> judged.utc_offset_minutes
            OR differing.device_id IS NOT NULL
            THEN list_sort(list_distinct(list_filter(
                judged.flags || [
                    CASE WHEN judged.is_revised THEN 'revised' END,
                    CASE WHEN judged.is_zero_run AND judged.final_steps IS NULL THEN 'zero_run' END,
                    CASE WHEN judged.is_contradicted THEN 'gps_contradicts_zero' END,
                    CASE WHEN judged.is_not_on_foot THEN 'not_on_foot' END,
                    CASE WHEN judged.is_running THEN 'run' END,
                    CASE WHEN file.utc_offset_minutes <> judged.utc_offset_minutes THEN 'zone_differs' END,
                    CASE WHEN differing.device_id IS NOT NULL THEN 'clock_offset' END
                ],
                lambda flag: flag IS NOT NULL
            )))
        ELSE judged.flags
    END AS flags
FROM judged
LEFT JOIN ledger.source_file AS file USING (source_file_id)
LEFT JOIN differing
    ON differing.participant_id = judged.participant_id
    AND differing.device_id = judged.device_id
    AND differing.local_date = judged.local_date
