-- What the minute grid adds up to on each date, whatever the protocol.
-- One row per participant_id, local_date with at least one minute row. Private.
-- peak1 is the highest single minute; peak30 the mean of the 30 highest observed minutes, not necessarily consecutive.
-- Source: cadence bands and peaks: Tudor-Locke 2011, 2018; bouts guide, section 2.
WITH person AS (
    SELECT participant.participant_id, age_cadence.min_cadence_spm
    FROM study.participant AS participant
    JOIN study.age_cadence AS age_cadence
        ON floor(participant.age_years) BETWEEN age_cadence.age_from AND age_cadence.age_to
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
WHERE NOT list_contains(flags, 'future')
GROUP BY minute.participant_id, minute.local_date
