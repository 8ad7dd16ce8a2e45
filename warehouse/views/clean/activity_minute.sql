-- Whole minutes that a device's activity file measured: they take the place of the same device's all-day record.
-- One row per participant_id, device_id, minute_start. Private.
-- Source: architecture definition 6: an activity file gives the minutes in which it has steps for all 60 s.
WITH rank AS (
    -- the file whose rows of this device end later wins, then the later export date, then the larger hash
    SELECT
        part.source_file_id, part.participant_id, part.device_id,
        row_number() OVER (
            PARTITION BY part.participant_id, part.device_id
            ORDER BY max(part.last_at), max(file.exported_at) NULLS FIRST, part.source_file_id
        ) AS file_rank
    FROM ledger.file_part AS part
    JOIN ledger.source_file AS file USING (source_file_id)
    SEMI JOIN touched ON part.participant_id = touched.participant_id
    GROUP BY part.source_file_id, part.participant_id, part.device_id
)
SELECT
    minute.participant_id,
    minute.device_id,
    minute.minute_start,
    arg_max(minute.steps, rank.file_rank) AS steps
FROM ledger.source_minute AS minute
JOIN rank USING (source_file_id, participant_id, device_id)
WHERE minute.kind = 'activity' AND minute.steps IS NOT NULL AND minute.observed_seconds >= 60
GROUP BY minute.participant_id, minute.device_id, minute.minute_start
