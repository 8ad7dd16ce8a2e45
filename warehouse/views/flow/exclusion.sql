-- What was left out, why, and where it came from.
-- One row per thing left out: a file, the rows of one file that share a reason, a corrected minute, minutes of a device
-- that another device outranked, a date or a week that does not count, events outside the follow-up.
--
-- Columns
--   what: file, rows, minute, minutes, total, day, week or event
--   reason: reason code; for files the status and the reason in words; for events before_follow_up (on or before start_date), after_follow_up, no_start_date, same_date (stated again for a date that has one)
--   participant_id: whose it is; NULL when nobody's or not known
--   participant_label: the unknown id in the file, where that is why its rows wait; NULL otherwise
--   protocol_id: protocol under which a day or week does not count; NULL otherwise
--   device_id: manufacturer-model-NN; NULL when not tied to a device
--   source_file_id: the file it came from; NULL for days, weeks and events
--   n: how many rows, minutes, days or events
--   first_at: first instant concerned, UTC; NULL when not known
--   last_at: last instant concerned, UTC; NULL when not known
--   value: the value that did not stand, where one did; for events their kind; NULL otherwise
SELECT
    'file' AS what, concat_ws(': ', status, reason) AS reason, NULL AS participant_id, NULL AS participant_label,
    NULL AS protocol_id, NULL AS device_id, source_file_id, 1::BIGINT AS n,
    NULL::TIMESTAMPTZ AS first_at, NULL::TIMESTAMPTZ AS last_at, NULL AS value
FROM ledger.source_file
WHERE status IN ('quarantined', 'unattributed', 'no_step_data', 'withdrawn')
UNION ALL
SELECT
    'rows' AS what, aside.reason, aside.participant_id, aside.participant_label,
    NULL AS protocol_id, device.published_device_id AS device_id, aside.source_file_id, aside.rows AS n,
    aside.first_at, aside.last_at, aside.detail AS value
FROM ledger.set_aside AS aside
LEFT JOIN device USING (participant_id, device_id)
UNION ALL
SELECT
    what, reason, participant_id, NULL AS participant_label,
    NULL AS protocol_id, device_id, source_file_id, n, first_at, last_at, value
FROM minute_exclusion
UNION ALL
SELECT
    'total' AS what, 'coarser_than_a_minute' AS reason, total.participant_id, NULL AS participant_label,
    NULL AS protocol_id, device.published_device_id AS device_id, total.source_file_id, count(*) AS n,
    min(total.total_start) AS first_at, max(total.total_end) AS last_at, sum(total.steps)::VARCHAR AS value
FROM ledger.source_total AS total
LEFT JOIN device USING (participant_id, device_id)
GROUP BY total.participant_id, device.published_device_id, total.source_file_id
UNION ALL
SELECT
    'day' AS what, reason, participant_id, NULL AS participant_label,
    protocol_id, NULL AS device_id, NULL AS source_file_id, count(*) AS n,
    min(local_date)::TIMESTAMPTZ AS first_at, max(local_date)::TIMESTAMPTZ AS last_at, NULL AS value
FROM participant_day
WHERE state = 'ineligible'
GROUP BY participant_id, protocol_id, reason
UNION ALL
SELECT
    'week' AS what, coalesce(status_reason, 'no_eligible_day') AS reason, participant_id, NULL AS participant_label,
    protocol_id, NULL AS device_id, NULL AS source_file_id, count(*) AS n,
    min(week_start)::TIMESTAMPTZ AS first_at, max(week_end)::TIMESTAMPTZ AS last_at, NULL AS value
FROM participant_week
WHERE status = 'ineligible'
GROUP BY participant_id, protocol_id, status_reason
UNION ALL
SELECT
    'event' AS what, placement AS reason, participant_id, NULL AS participant_label,
    NULL AS protocol_id, NULL AS device_id, NULL AS source_file_id, count(*) AS n,
    min(date)::TIMESTAMPTZ AS first_at, max(date)::TIMESTAMPTZ AS last_at, event_kind AS value
FROM event_date
WHERE placement <> 'inside'
GROUP BY participant_id, event_kind, placement
UNION ALL
SELECT
    'event' AS what, 'same_date' AS reason, participant_id, NULL AS participant_label,
    NULL AS protocol_id, NULL AS device_id, NULL AS source_file_id, sum(statements - 1)::BIGINT AS n,
    min(date)::TIMESTAMPTZ AS first_at, max(date)::TIMESTAMPTZ AS last_at, event_kind AS value
FROM event_date
WHERE statements > 1
GROUP BY participant_id, event_kind
ORDER BY ALL
