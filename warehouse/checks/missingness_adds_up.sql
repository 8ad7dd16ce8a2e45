-- The days of every dimension, arm by arm, are the days that count, state by state.
WITH told AS (
    SELECT
        protocol_id, dimension, arm, sum(eligible_days) AS eligible_days, sum(valid_days) AS valid_days,
        sum(partial_days) AS partial_days, sum(missing_days) AS missing_days,
        sum(missing_intermittent_days + missing_for_good_days) AS missing_either_way
    FROM missingness
    GROUP BY protocol_id, dimension, arm
),
day AS (
    SELECT
        day.protocol_id, participant.arm, count(*) AS eligible_days,
        count(*) FILTER (WHERE day.state = 'valid') AS valid_days,
        count(*) FILTER (WHERE day.state = 'partial') AS partial_days,
        count(*) FILTER (WHERE day.state = 'missing') AS missing_days
    FROM participant_day AS day
    JOIN study.participant AS participant USING (participant_id)
    WHERE day.state <> 'ineligible'
    GROUP BY day.protocol_id, participant.arm
),
expected AS (
    SELECT day.*, dimensions.dimension
    FROM day
    CROSS JOIN unnest(['week', 'weekday', 'arm', 'device', 'before_event']) AS dimensions(dimension)
)
SELECT told.protocol_id, told.dimension, told.arm, told.eligible_days, expected.eligible_days AS eligible_days_expected
FROM told
FULL JOIN expected
    ON expected.protocol_id = told.protocol_id
    AND expected.dimension = told.dimension
    AND expected.arm IS NOT DISTINCT FROM told.arm
WHERE told.eligible_days IS DISTINCT FROM expected.eligible_days
    OR told.valid_days IS DISTINCT FROM expected.valid_days
    OR told.partial_days IS DISTINCT FROM expected.partial_days
    OR told.missing_days IS DISTINCT FROM expected.missing_days
    OR told.missing_either_way IS DISTINCT FROM expected.missing_days
LIMIT 100
