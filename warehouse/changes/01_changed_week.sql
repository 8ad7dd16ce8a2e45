-- Participant-weeks that are not the same in both publications.
-- One row per participant_id, protocol_id, week_number. old_ and new_ columns are NULL where the week is not there.
WITH differing AS (
    SELECT participant_id, protocol_id, week_number
    FROM (FROM old.compared_week EXCEPT FROM new.compared_week)
    UNION
    SELECT participant_id, protocol_id, week_number
    FROM (FROM new.compared_week EXCEPT FROM old.compared_week)
),
asked AS (
    SELECT differing.*
    FROM differing
    SEMI JOIN old.protocol AS was ON was.protocol_id = differing.protocol_id AND was.is_listed
    SEMI JOIN new.protocol AS is_ ON is_.protocol_id = differing.protocol_id AND is_.is_listed
    WHERE coalesce(differing.participant_id = getvariable('asked_participant'), true)
        AND coalesce(differing.protocol_id = getvariable('asked_protocol'), true)
)
SELECT
    asked.participant_id, asked.protocol_id, asked.week_number,
    CASE WHEN was.week_start IS NULL THEN 'new' WHEN is_.week_start IS NULL THEN 'gone' ELSE 'changed' END AS change,
    was.week_start AS old_week_start,
    is_.week_start AS new_week_start,
    was.week_end AS old_week_end,
    is_.week_end AS new_week_end,
    was.answer AS old_answer,
    is_.answer AS new_answer,
    was.status AS old_status,
    is_.status AS new_status,
    was.success_days_lo AS old_success_days_lo,
    was.success_days_hi AS old_success_days_hi,
    is_.success_days_lo AS new_success_days_lo,
    is_.success_days_hi AS new_success_days_hi,
    was.walking_minutes AS old_walking_minutes,
    is_.walking_minutes AS new_walking_minutes,
    was.arm AS old_arm,
    is_.arm AS new_arm,
    was.in_progress AS old_in_progress,
    is_.in_progress AS new_in_progress,
    was.can_resolve_no AS old_can_resolve_no,
    is_.can_resolve_no AS new_can_resolve_no,
    {'days': was.prescribed_days, 'minutes': was.prescribed_minutes, 'changed': was.prescription_changed}
        AS old_prescription,
    {'days': is_.prescribed_days, 'minutes': is_.prescribed_minutes, 'changed': is_.prescription_changed}
        AS new_prescription
FROM asked
LEFT JOIN old.answered_week AS was USING (participant_id, protocol_id, week_number)
LEFT JOIN new.answered_week AS is_ USING (participant_id, protocol_id, week_number)
