-- Minutes of each participant that do not stand: corrected, outranked by another device, not worn, of the future.
-- One row per corrected minute and file; per participant_id, device and local date otherwise. Private: part of exclusion.
WITH corrected AS (
    SELECT
        stated.participant_id, stated.device_id, stated.source_file_id, stated.minute_start, stated.steps
    FROM ledger.source_minute AS stated
    SEMI JOIN touched ON stated.participant_id = touched.participant_id
    JOIN device_minute AS stands
        ON stands.participant_id = stated.participant_id
        AND stands.device_id = stated.device_id
        AND stands.minute_start = stated.minute_start
    WHERE stands.is_revised AND stated.steps <> stands.steps AND stated.kind = stands.kind
)
SELECT
    'minute' AS what, 'revised' AS reason, corrected.participant_id, device.published_device_id AS device_id,
    corrected.source_file_id, 1::BIGINT AS n,
    corrected.minute_start AS first_at, corrected.minute_start AS last_at, corrected.steps::VARCHAR AS value
FROM corrected
JOIN device USING (participant_id, device_id)
UNION ALL
SELECT
    'minutes' AS what, 'other_device_preferred' AS reason, worn.participant_id, device.published_device_id AS device_id,
    NULL AS source_file_id, count(*) AS n,
    min(worn.minute_start) AS first_at, max(worn.minute_start) AS last_at, sum(worn.steps)::VARCHAR AS value
FROM worn_minute AS worn
SEMI JOIN touched ON worn.participant_id = touched.participant_id
SEMI JOIN several_devices AS several ON worn.participant_id = several.participant_id
JOIN device ON device.participant_id = worn.participant_id AND device.device_id = worn.device_id
JOIN minute
    ON minute.participant_id = worn.participant_id
    AND minute.minute_start = worn.minute_start
    AND minute.device_id <> device.published_device_id
GROUP BY worn.participant_id, device.published_device_id, minute.local_date
UNION ALL
SELECT
    'minutes' AS what, code AS reason, participant_id, device_id,
    NULL AS source_file_id, count(*) AS n,
    min(minute_start) AS first_at, max(minute_start) AS last_at, NULL AS value
FROM (SELECT * FROM minute SEMI JOIN touched USING (participant_id) WHERE len(flags) > 0) AS minute,
    unnest(['zero_run', 'future']) AS codes(code)
WHERE list_contains(flags, code)
GROUP BY participant_id, device_id, local_date, code
