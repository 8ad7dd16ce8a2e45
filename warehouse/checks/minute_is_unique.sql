-- No participant has two rows for one minute.
SELECT participant_id, minute_start, count(*) AS n
FROM minute
GROUP BY participant_id, minute_start
HAVING count(*) > 1
LIMIT 100
