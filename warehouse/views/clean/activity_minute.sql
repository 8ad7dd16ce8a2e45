-- Whole minutes that a device's activity file measured: they take the place of the same device's all-day record.
-- One row per participant_id, device_id, minute_start. Private.
-- Source: architecture definition 6: an activity file gives the minutes in which it has steps for all 60 s.
SELECT
    minute.participant_id,
    minute.device_id,
    minute.minute_start,
    arg_max(minute.steps, file_rank.file_rank) AS steps
FROM ledger.source_minute AS minute
JOIN file_rank USING (source_file_id, participant_id, device_id)
SEMI JOIN touched ON minute.participant_id = touched.participant_id
WHERE minute.kind = 'activity' AND minute.steps IS NOT NULL AND minute.observed_seconds >= 60
GROUP BY minute.participant_id, minute.device_id, minute.minute_start
