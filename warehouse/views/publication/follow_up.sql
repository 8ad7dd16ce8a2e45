-- The stretch in which a participant's events count, in days since start_date.
-- One row per participant_id. Private.
-- It runs from start_date to the last date that can count: the as-of date, end_date, the date of death or of the withdrawal
-- of data, whichever comes first. Excused dates inside it stay in it: a person on holiday can have a recurrence.
-- days is NULL without a start_date, and negative for somebody whose follow-up ended before it. Where two ends share a date,
-- death goes before the withdrawal, the withdrawal before end_date, and that before the as-of date. As long as the as-of date
-- is unknown (no minute of anybody, and none stated), so are last_date, days and ends_by: nobody knows what has come to pass.
-- is_open: nothing but the as-of date ends it, so that a week which reaches beyond it still runs; true if that is unknown.
-- Source: architecture definition 1.
WITH last_day AS (
    SELECT
        participant_id,
        min(date) FILTER (WHERE kind = 'death') AS death_date,
        min(date) FILTER (WHERE kind = 'withdrawal' AND value = 'data') AS withdrawal_date
    FROM study.outcome
    SEMI JOIN touched USING (participant_id)
    GROUP BY participant_id
),
ends AS (
    SELECT
        participant.participant_id,
        participant.start_date,
        participant.end_date,
        last_day.death_date,
        last_day.withdrawal_date,
        -- least passes over NULL, and an end without an as-of date would lie in the future
        CASE WHEN as_of.as_of IS NOT NULL
            THEN least(as_of.as_of, participant.end_date, last_day.death_date, last_day.withdrawal_date)
        END AS last_date
    FROM study.participant AS participant
    SEMI JOIN touched ON participant.participant_id = touched.participant_id
    CROSS JOIN as_of
    LEFT JOIN last_day USING (participant_id)
)
SELECT
    participant_id,
    start_date,
    last_date,
    (last_date - start_date)::INTEGER AS days,
    CASE last_date
        WHEN death_date THEN 'death'
        WHEN withdrawal_date THEN 'withdrawn'
        WHEN end_date THEN 'end_date'
        WHEN last_date THEN 'as_of'
    END AS ends_by,
    coalesce(ends_by = 'as_of', true) AS is_open
FROM ends
