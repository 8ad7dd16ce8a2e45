-- What the minute grid adds up to on each date, whatever the protocol.
-- One row per participant_id, local_date with at least one minute row. Private.
-- peak1 is the highest single minute; peak30 the mean of the 30 highest observed minutes, not necessarily consecutive.
-- part_minutes: minutes whose steps were measured for less than 60 s. Zeros that an export leaves out are read as if they were
-- written (docs/definitions.md, zeros), and count as measured.
-- Source: cadence bands and peaks: Tudor-Locke 2011, 2018; bouts guide, section 2.
WITH person AS (
    SELECT participant.participant_id, age_cadence.min_cadence_spm
    FROM study.participant AS participant
    JOIN study.age_cadence AS age_cadence
        ON floor(participant.age_years) BETWEEN age_cadence.age_from AND age_cadence.age_to
),
stated AS (
    -- a sum of fractions of seconds can miss 60 by a hair
    SELECT participant_id, device_id, minute_start, source_file_id
    FROM ledger.source_minute
    SEMI JOIN touched USING (participant_id)
    WHERE observed_seconds < 59.9995 AND steps IS NOT NULL
    UNION ALL
    SELECT participant_id, device_id, minute_start, source_file_id
    FROM counter_minute
    SEMI JOIN touched USING (participant_id)
    WHERE coalesce(observed_seconds, 0) < 59.9995
),
part AS (
    SELECT minute.participant_id, minute.local_date, count(DISTINCT minute.minute_start)::INTEGER AS part_minutes
    FROM minute
    JOIN stated
        ON stated.participant_id = minute.participant_id
        AND stated.minute_start = minute.minute_start
        AND stated.source_file_id = minute.source_file_id
    JOIN device
        ON device.participant_id = stated.participant_id
        AND device.device_id = stated.device_id
        AND device.published_device_id = minute.device_id
    SEMI JOIN touched ON minute.participant_id = touched.participant_id
    WHERE minute.walking_source = 'steps' AND NOT list_contains(minute.flags, 'future')
    GROUP BY minute.participant_id, minute.local_date
)
SELECT
    minute.participant_id,
    minute.local_date,
    count(*)::INTEGER AS minute_rows,
    count(walking_source)::INTEGER AS observed_minutes,
    count(*) FILTER (WHERE walking_source IS NOT NULL AND recording_kind = 'all_day')::INTEGER AS all_day_minutes,
    count(*) FILTER (WHERE recording_kind <> 'all_day')::INTEGER AS activity_rows,
    count(*) FILTER (WHERE NOT is_worn)::INTEGER AS unworn_minutes,
    count(*) FILTER (WHERE walking_source <> 'steps')::INTEGER AS gps_minutes,
    sum(steps)::INTEGER AS steps,
    count(*) FILTER (WHERE list_contains(flags, 'partly_active'))::INTEGER AS partly_active_minutes,
    coalesce(any_value(part.part_minutes), 0) AS part_minutes,
    count(*) FILTER (WHERE steps >= 60)::INTEGER AS minutes_ge_60,
    count(*) FILTER (WHERE steps >= 100)::INTEGER AS minutes_ge_100,
    count(*) FILTER (WHERE steps >= 130)::INTEGER AS minutes_ge_130,
    CASE WHEN any_value(person.min_cadence_spm) IS NOT NULL
        THEN count(*) FILTER (WHERE steps >= person.min_cadence_spm)::INTEGER
    END AS minutes_ge_relative,
    max(steps) AS peak1_spm,
    CASE WHEN count(steps) >= 30 THEN list_avg(max(steps, 30)) END AS peak30_spm,
    list_sort(list(DISTINCT device_id) FILTER (WHERE walking_source IS NOT NULL)) AS sources
FROM minute
SEMI JOIN touched ON minute.participant_id = touched.participant_id
LEFT JOIN person ON person.participant_id = minute.participant_id
LEFT JOIN part ON part.participant_id = minute.participant_id AND part.local_date = minute.local_date
WHERE NOT list_contains(flags, 'future')
GROUP BY minute.participant_id, minute.local_date
