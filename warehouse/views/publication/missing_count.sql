-- Each participant's days that count, by dimension and level.
-- One row per participant_id, protocol_id, dimension, level. Private: missingness is the sum of it.
-- is_newly_lost: the first of the participant's weeks from which on every date is missing.
WITH levelled AS (
    SELECT
        day.participant_id, day.protocol_id, day.state, day.is_for_good, day.is_lost,
        dimensions.dimension,
        CASE dimensions.dimension
            WHEN 'week' THEN day.week_number::VARCHAR
            WHEN 'weekday' THEN isodow(day.local_date)::VARCHAR
            WHEN 'arm' THEN coalesce(participant.arm, 'not given')
            WHEN 'device' THEN day.device
            WHEN 'before_event' THEN CASE WHEN day.is_before_recurrence THEN 'before_recurrence' ELSE 'other' END
        END AS level,
        CASE WHEN dimensions.dimension = 'week' THEN day.week_number END AS week_number
    FROM missing_day AS day
    SEMI JOIN touched ON day.participant_id = touched.participant_id
    JOIN study.participant AS participant ON participant.participant_id = day.participant_id
    CROSS JOIN unnest(['week', 'weekday', 'arm', 'device', 'before_event']) AS dimensions(dimension)
),
counted AS (
    SELECT
        participant_id,
        protocol_id,
        dimension,
        level,
        any_value(week_number) AS week_number,
        count(*) AS eligible_days,
        count(*) FILTER (WHERE state = 'valid') AS valid_days,
        count(*) FILTER (WHERE state = 'partial') AS partial_days,
        count(*) FILTER (WHERE state = 'missing') AS missing_days,
        count(*) FILTER (WHERE is_for_good) AS missing_for_good_days,
        -- one value for all dates of a week
        bool_and(is_lost) AS is_lost
    FROM levelled
    GROUP BY participant_id, protocol_id, dimension, level
)
SELECT
    participant_id, protocol_id, dimension, level,
    eligible_days, valid_days, partial_days, missing_days, missing_for_good_days,
    CASE WHEN dimension = 'week' THEN is_lost END AS is_lost,
    CASE WHEN dimension = 'week' THEN is_lost AND NOT coalesce(lag(is_lost) OVER weeks, false) END AS is_newly_lost
FROM counted
WINDOW weeks AS (PARTITION BY participant_id, protocol_id, dimension ORDER BY week_number)
