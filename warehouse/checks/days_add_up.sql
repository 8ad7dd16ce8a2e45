-- Days are unique, in one of four states, and a missing day has no measurement.
SELECT participant_id, protocol_id, local_date, state
FROM participant_day
WHERE state NOT IN ('valid', 'partial', 'missing', 'ineligible')
    OR (state = 'missing' AND (steps IS NOT NULL OR walking_minutes IS NOT NULL OR observed_minutes IS NOT NULL))
    OR (state = 'partial' AND target_met = 'no')
    OR (state IN ('valid', 'partial') AND walking_minutes IS NULL)
UNION ALL
SELECT participant_id, protocol_id, local_date, count(*)::VARCHAR AS state
FROM participant_day
GROUP BY participant_id, protocol_id, local_date
HAVING count(*) > 1
LIMIT 100
