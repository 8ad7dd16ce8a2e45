-- Entries of outcomes.csv that decide which dates count.
SELECT participant_id, date, kind, end_date
FROM outcome
WHERE kind IN ('excused', 'death') OR (kind = 'withdrawal' AND value = 'data')
