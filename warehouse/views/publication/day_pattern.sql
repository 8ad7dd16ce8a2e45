-- Days by state, the pattern of the missing ones, and when data came last.
-- One row per participant_id, protocol_id with a date. Private.
-- The pattern looks at eligible dates in their order; dates that do not count lie outside it. last_data_date looks at all
-- dates: what was seen on an excused day, or a total of hours or days, is data too.
-- Source: bouts guide, section 10, item 6 (monotone and intermittent missingness, run lengths).
WITH day AS (
    SELECT
        participant_id, protocol_id, local_date, state,
        (walking_minutes IS NOT NULL AND (reason <> 'declared_complete' OR observed_minutes > 0))
            OR steps_reported IS NOT NULL AS has_data
    FROM participant_day
    SEMI JOIN touched USING (participant_id)
),
ordered AS (
    SELECT
        participant_id, protocol_id, state,
        row_number() OVER in_time AS n,
        max(CASE WHEN state <> 'missing' THEN local_date END) OVER (PARTITION BY participant_id, protocol_id)
            AS last_seen_date,
        local_date
    FROM day
    WHERE state <> 'ineligible'
    WINDOW in_time AS (PARTITION BY participant_id, protocol_id ORDER BY local_date)
),
run AS (
    SELECT
        *,
        n - coalesce(max(n) FILTER (WHERE state <> 'missing') OVER (
            PARTITION BY participant_id, protocol_id ORDER BY n ROWS UNBOUNDED PRECEDING
        ), 0) AS missing_run
    FROM ordered
),
pattern AS (
    SELECT
        participant_id,
        protocol_id,
        max(local_date) AS last_eligible_date,
        CASE
            WHEN bool_and(state = 'missing') THEN 'none_sent'
            WHEN bool_and(state <> 'missing') THEN 'complete'
            WHEN bool_or(state = 'missing' AND local_date < last_seen_date) THEN 'intermittent'
            ELSE 'monotone'
        END AS missing_pattern,
        max(missing_run)::INTEGER AS longest_missing_run_days
    FROM run
    GROUP BY participant_id, protocol_id
)
SELECT
    day.participant_id,
    day.protocol_id,
    count(*) FILTER (WHERE day.state = 'valid')::INTEGER AS valid_days,
    count(*) FILTER (WHERE day.state = 'partial')::INTEGER AS partial_days,
    count(*) FILTER (WHERE day.state = 'missing')::INTEGER AS missing_days,
    count(*) FILTER (WHERE day.state = 'ineligible')::INTEGER AS ineligible_days,
    max(day.local_date) FILTER (WHERE day.has_data) AS last_data_date,
    any_value(pattern.last_eligible_date) AS last_eligible_date,
    any_value(pattern.missing_pattern) AS missing_pattern,
    any_value(pattern.longest_missing_run_days) AS longest_missing_run_days
FROM day
LEFT JOIN pattern USING (participant_id, protocol_id)
GROUP BY day.participant_id, day.protocol_id
