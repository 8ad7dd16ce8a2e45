-- Weeks are unique, their days add up, and the bounds are in order.
SELECT participant_id, protocol_id, week_number
FROM participant_week
WHERE valid_days + partial_days + missing_days <> eligible_days
    OR success_days_lo > success_days_hi
    OR success_days_hi > success_days_hi_window
    OR success_days_hi_window > eligible_days
    OR days_score_lo > days_score_hi
    OR minutes_score_lo > minutes_score_hi
    OR dose_score_lo > dose_score_hi
    OR (adherent_days IS NOT NULL) <> (eligible_days = 7 AND status <> 'ineligible')
UNION ALL
SELECT participant_id, protocol_id, week_number
FROM participant_week
GROUP BY participant_id, protocol_id, week_number
HAVING count(*) > 1
LIMIT 100
