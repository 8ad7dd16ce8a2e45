-- Every step of the flow is as large as what the step above hands down.
WITH step AS (
    SELECT step, part, sum(n) AS n
    FROM data_flow
    WHERE step IN ('minutes_stated', 'device_minutes', 'minutes')
    GROUP BY step, part
)
SELECT 'device_minutes' AS step, (SELECT sum(n) FROM step WHERE step = 'device_minutes') AS n,
    (SELECT sum(n) FROM step WHERE step = 'minutes_stated' AND part = 'first_statement') AS expected
WHERE n IS DISTINCT FROM expected
UNION ALL
SELECT 'minutes' AS step, (SELECT sum(n) FROM step WHERE step = 'minutes') AS n,
    (SELECT sum(n) FROM step WHERE step = 'device_minutes' AND part = 'chosen') AS expected
WHERE n IS DISTINCT FROM expected
