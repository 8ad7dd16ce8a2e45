-- The hours in which wear is judged (06:00 to 23:00 unless the rule says otherwise), as stretches of UTC.
-- One row per wear_rule_id, participant_id, local_date, window_start; more than one a day only where the clock jumps.
-- Private.
WITH rule AS (
    SELECT
        wear_rule_id,
        to_minutes(split_part(day_from, ':', 1)::INTEGER * 60 + split_part(day_from, ':', 2)::INTEGER) AS after_midnight,
        to_minutes(split_part(day_to, ':', 1)::INTEGER * 60 + split_part(day_to, ':', 2)::INTEGER) AS until
    FROM study.wear_rule
    WHERE wear_rule_id IN (SELECT wear_rule_id FROM study.protocol WHERE is_listed)
),
period AS (
    SELECT
        participant_id, utc_offset_minutes,
        timezone('UTC', from_utc) + to_minutes(utc_offset_minutes) AS local_from,
        timezone('UTC', to_utc) + to_minutes(utc_offset_minutes) AS local_to
    FROM study.offset_period
    SEMI JOIN touched USING (participant_id)
),
piece AS (
    SELECT
        rule.wear_rule_id,
        date.participant_id,
        date.local_date,
        period.utc_offset_minutes,
        greatest(period.local_from, date.local_date::TIMESTAMP + rule.after_midnight) AS local_start,
        least(period.local_to, date.local_date::TIMESTAMP + rule.until) AS local_end
    FROM participant_date AS date
    SEMI JOIN touched ON date.participant_id = touched.participant_id
    CROSS JOIN rule
    JOIN period
        ON period.participant_id = date.participant_id
        AND period.local_to > date.local_date::TIMESTAMP + rule.after_midnight
        AND period.local_from < date.local_date::TIMESTAMP + rule.until
)
SELECT
    wear_rule_id,
    participant_id,
    local_date,
    timezone('UTC', local_start - to_minutes(utc_offset_minutes)) AS window_start,
    timezone('UTC', local_end - to_minutes(utc_offset_minutes)) AS window_end,
    date_diff('minute', local_start, local_end)::INTEGER AS window_minutes
FROM piece
