-- The first and last date that each participant has; without a start_date those with data.
SELECT participant_id, min(local_date) AS first_date, max(local_date) AS last_date
FROM participant_day
GROUP BY participant_id
