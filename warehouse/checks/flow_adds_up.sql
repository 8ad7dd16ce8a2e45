-- Every step of the flow is as large as what the step above hands down, to the last minute and day.
WITH step AS (
    SELECT step, part, protocol_id, sum(n) AS n
    FROM data_flow
    WHERE step IN ('minutes_stated', 'device_minutes', 'minutes', 'day_minutes', 'days')
    GROUP BY step, part, protocol_id
),
compared AS (
    SELECT 'device_minutes' AS step, NULL AS protocol_id,
        (SELECT sum(n) FROM step WHERE step = 'device_minutes') AS n,
        (SELECT sum(n) FROM step WHERE step = 'minutes_stated' AND part = 'first_statement') AS expected
    UNION ALL
    SELECT 'minutes' AS step, NULL AS protocol_id,
        (SELECT sum(n) FROM step WHERE step = 'minutes') AS n,
        (SELECT sum(n) FROM step WHERE step = 'device_minutes' AND part = 'chosen') AS expected
    UNION ALL
    SELECT 'day_minutes' AS step, protocol.protocol_id,
        (SELECT sum(n) FROM step WHERE step = 'day_minutes' AND step.protocol_id = protocol.protocol_id) AS n,
        (SELECT sum(n) FROM step WHERE step = 'minutes') AS expected
    FROM protocol
    WHERE protocol.is_listed
    UNION ALL
    SELECT 'eligible days of weeks' AS step, protocol.protocol_id,
        (SELECT sum(eligible_days) FROM participant_week AS week WHERE week.protocol_id = protocol.protocol_id) AS n,
        (
            SELECT sum(n) FROM step
            WHERE step = 'days' AND step.protocol_id = protocol.protocol_id AND NOT starts_with(part, 'ineligible')
        ) AS expected
    FROM protocol
    WHERE protocol.is_listed
)
SELECT step, protocol_id, n, expected
FROM compared
WHERE coalesce(n, 0) <> coalesce(expected, 0)
