-- Differences counted. One row per part, old, new: weeks compared; weeks by old and new answer; weeks by reason.
WITH compared AS (
    SELECT participant_id, protocol_id, week_number
    FROM old.participant_week
    WHERE protocol_id IN (SELECT protocol_id FROM new.protocol WHERE is_listed)
    UNION
    SELECT participant_id, protocol_id, week_number
    FROM new.participant_week
    WHERE protocol_id IN (SELECT protocol_id FROM old.protocol WHERE is_listed)
)
SELECT 'compared' AS part, NULL AS old, NULL AS new, count(*) AS weeks
FROM compared
WHERE coalesce(participant_id = getvariable('asked_participant'), true)
    AND coalesce(protocol_id = getvariable('asked_protocol'), true)
UNION ALL
SELECT 'different', NULL, NULL, count(*) FROM difference
UNION ALL
SELECT 'answer', coalesce(old_answer, 'not there'), coalesce(new_answer, 'not there'), count(*)
FROM difference
GROUP BY old_answer, new_answer
UNION ALL
SELECT 'reason', reason, NULL, count(*)
FROM (SELECT unnest(reasons) AS reason FROM difference)
GROUP BY reason
ORDER BY part, weeks DESC, old, new
