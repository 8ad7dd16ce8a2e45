-- The days that count, by everything that missing days are told apart by.
-- One row per participant_id, protocol_id, local_date that counts. Private.
-- is_for_good: missing, and no later date that counts has data (or nothing was ever sent). is_lost: the same of the whole
-- week from its first date on. device: models that observed the date; on a date without any, those of the last one before.
WITH day AS (
    SELECT
        participant_id, protocol_id, local_date, week_number, state,
        -- manufacturer-model without the number of the participant's own device
        list_aggregate(
            list_sort(list_distinct(list_transform(sources, lambda id: regexp_replace(id, '-[0-9]+$', '')))),
            'string_agg', ' + '
        ) AS models
    FROM participant_day
    SEMI JOIN touched USING (participant_id)
),
remembered AS (
    SELECT
        *,
        coalesce(last_value(nullif(models, '') IGNORE NULLS) OVER (
            PARTITION BY participant_id, protocol_id ORDER BY local_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ), 'none yet') AS device
    FROM day
),
counting AS (
    SELECT
        *,
        max(CASE WHEN state <> 'missing' THEN local_date END) OVER (PARTITION BY participant_id, protocol_id)
            AS last_seen_date,
        min(local_date) OVER (PARTITION BY participant_id, protocol_id, week_number) AS first_of_week
    FROM remembered
    WHERE state <> 'ineligible'
),
recurrence AS (
    SELECT DISTINCT participant_id, date
    FROM study.outcome
    SEMI JOIN touched USING (participant_id)
    WHERE kind = 'recurrence'
),
before AS (
    SELECT DISTINCT counting.participant_id, counting.protocol_id, counting.local_date
    FROM counting
    JOIN recurrence
        ON recurrence.participant_id = counting.participant_id
        AND counting.local_date >= recurrence.date - 28
        AND counting.local_date < recurrence.date
)
SELECT
    counting.participant_id,
    counting.protocol_id,
    counting.local_date,
    counting.week_number,
    counting.device,
    before.local_date IS NOT NULL AS is_before_recurrence,
    counting.state,
    counting.state = 'missing' AND coalesce(counting.local_date > counting.last_seen_date, true) AS is_for_good,
    coalesce(counting.first_of_week > counting.last_seen_date, true) AS is_lost
FROM counting
LEFT JOIN before USING (participant_id, protocol_id, local_date)
