-- Recurrences and adverse events by date, and whether they lie inside the follow-up.
-- One row per participant_id, event_kind, date: two events of one kind on one date are one event. Private.
-- day: days since start_date. placement: inside (0 < day <= last day of the follow-up), before_follow_up (on or before
-- start_date: who is followed from then on cannot have it inside), after_follow_up, or no_start_date.
-- statements: rows of outcomes.csv that say so.
WITH stated AS (
    SELECT participant_id, kind AS event_kind, date, count(*) AS statements
    FROM study.outcome
    SEMI JOIN touched USING (participant_id)
    WHERE kind IN ('recurrence', 'adverse_event')
    GROUP BY participant_id, kind, date
)
SELECT
    stated.participant_id,
    stated.event_kind,
    stated.date,
    stated.statements,
    (stated.date - participant.start_date)::INTEGER AS day,
    CASE
        WHEN participant.start_date IS NULL THEN 'no_start_date'
        WHEN stated.date <= participant.start_date THEN 'before_follow_up'
        WHEN stated.date <= follow_up.last_date THEN 'inside'
        ELSE 'after_follow_up'
    END AS placement
FROM stated
JOIN study.participant AS participant USING (participant_id)
LEFT JOIN follow_up USING (participant_id)
