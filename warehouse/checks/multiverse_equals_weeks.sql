-- Under the protocols' own definitions the multiverse holds the weeks of participant_week and counts those of participant_summary.
-- Participants whose weeks changed since the multiverse was filled are left out: it has its own time.
WITH filled AS (
    SELECT participant_id FROM study.participant ANTI JOIN ledger.pending_multiverse USING (participant_id)
),
own AS (
    SELECT participant_id, protocol_id, week_number, is_running, answer, walking_minutes, success_days_lo, success_days_hi
    FROM multiverse
    SEMI JOIN filled USING (participant_id)
    WHERE is_protocol
),
week AS (
    SELECT participant_id, protocol_id, week_number, answer, walking_minutes, success_days_lo, success_days_hi
    FROM participant_week
    SEMI JOIN filled USING (participant_id)
),
counted AS (
    SELECT
        participant_id, protocol_id, count(answer) AS weeks,
        count(*) FILTER (WHERE answer = 'yes') AS weeks_yes, count(*) FILTER (WHERE answer = 'no') AS weeks_no
    FROM own
    WHERE NOT is_running
    GROUP BY participant_id, protocol_id
),
summed AS (
    -- of everybody; it is made when nobody waits
    SELECT protocol_id, sum(weeks_eligible) AS weeks, sum(weeks_yes) AS weeks_yes, sum(weeks_no) AS weeks_no
    FROM participant_summary
    WHERE NOT EXISTS (SELECT 1 FROM ledger.pending_multiverse)
    GROUP BY protocol_id
)
SELECT participant_id, protocol_id, week_number, 'week' AS what
FROM own
FULL JOIN week USING (participant_id, protocol_id, week_number)
WHERE own.participant_id IS NULL
    OR week.participant_id IS NULL
    OR own.answer IS DISTINCT FROM week.answer
    OR own.walking_minutes IS DISTINCT FROM week.walking_minutes
    OR own.success_days_lo IS DISTINCT FROM week.success_days_lo
    OR own.success_days_hi IS DISTINCT FROM week.success_days_hi
UNION ALL
SELECT summary.participant_id, summary.protocol_id, NULL AS week_number, 'finished weeks' AS what
FROM participant_summary AS summary
SEMI JOIN filled USING (participant_id)
LEFT JOIN counted USING (participant_id, protocol_id)
WHERE summary.weeks_eligible <> coalesce(counted.weeks, 0)
    OR summary.weeks_yes <> coalesce(counted.weeks_yes, 0)
    OR summary.weeks_no <> coalesce(counted.weeks_no, 0)
UNION ALL
SELECT NULL AS participant_id, summed.protocol_id, NULL AS week_number, 'summary' AS what
FROM summed
LEFT JOIN multiverse_summary AS told
    ON told.protocol_id = summed.protocol_id AND told.is_protocol AND told.arm IS NULL
WHERE summed.weeks <> coalesce(told.weeks, 0)
    OR summed.weeks_yes <> coalesce(told.weeks_yes, 0)
    OR summed.weeks_no <> coalesce(told.weeks_no, 0)
LIMIT 100
