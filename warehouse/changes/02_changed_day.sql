-- Dates of the differing weeks whose state or measurements differ.
-- One row per participant_id, protocol_id, week_number, local_date; a date that went from one week to another has two.
-- What a day is compared with (target_minutes, target_met) is the week's, and explained there.
WITH candidate AS (
    SELECT participant_id, protocol_id, local_date, week_number
    FROM old.participant_day
    SEMI JOIN changed_week USING (participant_id, protocol_id, week_number)
    UNION
    SELECT participant_id, protocol_id, local_date, week_number
    FROM new.participant_day
    SEMI JOIN changed_week USING (participant_id, protocol_id, week_number)
),
old_day AS (
    SELECT * FROM old.compared_day SEMI JOIN candidate USING (participant_id, protocol_id, local_date)
),
new_day AS (
    SELECT * FROM new.compared_day SEMI JOIN candidate USING (participant_id, protocol_id, local_date)
),
differing AS (
    SELECT participant_id, protocol_id, local_date
    FROM (FROM old_day EXCEPT FROM new_day)
    UNION
    SELECT participant_id, protocol_id, local_date
    FROM (FROM new_day EXCEPT FROM old_day)
)
SELECT
    candidate.participant_id, candidate.protocol_id, candidate.week_number, candidate.local_date,
    was.state AS old_state,
    is_.state AS new_state,
    was.reason AS old_reason,
    is_.reason AS new_reason
FROM candidate
SEMI JOIN differing USING (participant_id, protocol_id, local_date)
LEFT JOIN old.participant_day AS was USING (participant_id, protocol_id, local_date)
LEFT JOIN new.participant_day AS is_ USING (participant_id, protocol_id, local_date)
-- a date that does not enter the week, for the same reason on both sides, has not changed it
WHERE NOT coalesce(
    was.state = is_.state AND was.state IN ('missing', 'ineligible') AND was.reason = is_.reason, false
)
