-- The flow from files to weeks: each step adds up to the one above it.
-- One row per step, part, arm, connector and protocol.
--
-- Columns
--   step_number: order of the step
--   step: files_received, minutes_stated, device_minutes, minutes, day_minutes, totals, days or weeks
--   part: the share of the step: a file status, what became of the minutes or of the reported totals, the state of the day that a minute lies in, a day state and its reason, a week status
--   arm: trial arm; NULL where the step is not told apart by arm, or the arm is not given
--   connector: what read the files; NULL where the step is not told apart by it
--   protocol_id: protocol of day_minutes, days and weeks; NULL for files, minutes and totals
--   n: how many
--   total: how many of the whole step, over all parts (per protocol for day_minutes, days and weeks)
--   as_of: the as-of date of this publication
WITH ranked_total AS (
    -- as participant_date chooses: a stretch that is stated again counts once, then the device class, then the longest
    SELECT
        total.participant_id, total.device_id, total.local_date, device.priority, file.connector,
        total.total_end - total.total_start AS length,
        row_number() OVER (
            PARTITION BY total.participant_id, total.device_id, total.local_date, total.total_start, total.total_end
            ORDER BY total.steps DESC, total.source_file_id
        ) AS copy
    FROM ledger.source_total AS total
    JOIN ledger.source_file AS file USING (source_file_id)
    LEFT JOIN device USING (participant_id, device_id)
),
day_total AS (
    SELECT
        participant_id, local_date,
        first(device_id ORDER BY priority, length DESC, device_id) AS device_id,
        first(length ORDER BY priority, length DESC, device_id) AS length
    FROM ranked_total
    GROUP BY participant_id, local_date
),
judged_total AS (
    SELECT
        total.participant_id, total.connector,
        CASE
            WHEN total.copy > 1 THEN 'stated_again'
            WHEN total.device_id <> chosen.device_id THEN 'other_device_preferred'
            WHEN total.length <> chosen.length THEN 'longer_totals_preferred'
            WHEN date.local_date IS NULL THEN 'outside_of_all_dates'
            ELSE 'steps_reported'
        END AS part
    FROM ranked_total AS total
    JOIN day_total AS chosen USING (participant_id, local_date)
    LEFT JOIN participant_date AS date USING (participant_id, local_date)
),
part AS (
    SELECT 1 AS step_number, 'files_received' AS step, status AS part, NULL AS participant_id, connector,
        NULL AS protocol_id, count(*) AS n
    FROM source_file
    GROUP BY status, connector
    UNION ALL
    SELECT step_number, step, part, participant_id, connector, NULL, n
    FROM minute_flow
    UNION ALL
    SELECT 5, 'day_minutes', coalesce(day.state, 'after_as_of'), base.participant_id, NULL, protocol.protocol_id,
        sum(base.minute_rows)
    FROM day_base AS base
    CROSS JOIN protocol
    LEFT JOIN participant_day AS day
        ON day.participant_id = base.participant_id
        AND day.local_date = base.local_date
        AND day.protocol_id = protocol.protocol_id
    WHERE protocol.is_listed
    GROUP BY ALL
    UNION ALL
    SELECT 5, 'day_minutes', 'future', participant_id, NULL, protocol.protocol_id, sum(n)
    FROM minute_exclusion
    CROSS JOIN protocol
    WHERE protocol.is_listed AND reason = 'future'
    GROUP BY ALL
    UNION ALL
    SELECT 6, 'totals', part, participant_id, connector, NULL, count(*)
    FROM judged_total
    GROUP BY ALL
    UNION ALL
    SELECT 7, 'days', concat(state, ': ', reason), participant_id, NULL, protocol_id, count(*)
    FROM participant_day
    GROUP BY ALL
    UNION ALL
    SELECT 8, 'weeks', status, participant_id, NULL, protocol_id, count(*)
    FROM participant_week
    GROUP BY ALL
),
armed AS (
    SELECT
        part.step_number, part.step, part.part, participant.arm, part.connector, part.protocol_id,
        sum(part.n)::BIGINT AS n
    FROM part
    LEFT JOIN study.participant AS participant USING (participant_id)
    GROUP BY ALL
)
SELECT
    armed.step_number, armed.step, armed.part, armed.arm, armed.connector, armed.protocol_id, armed.n,
    sum(armed.n) OVER (PARTITION BY armed.step, armed.protocol_id)::BIGINT AS total,
    as_of.as_of
FROM armed
CROSS JOIN as_of
ORDER BY ALL
