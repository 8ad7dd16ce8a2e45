-- Which of a device's files has the last word on a minute that several state.
-- One row per participant_id, device_id, source_file_id; the higher rank wins. Private.
-- The file whose rows of this device end later wins, then the later export date stated inside the file, then the larger
-- hash: nothing of it depends on the order in which files came.
-- Source: architecture definition 7.
SELECT
    part.source_file_id,
    part.participant_id,
    part.device_id,
    row_number() OVER (
        PARTITION BY part.participant_id, part.device_id
        ORDER BY max(part.last_at), max(file.exported_at) NULLS FIRST, part.source_file_id
    ) AS file_rank
FROM ledger.file_part AS part
JOIN ledger.source_file AS file USING (source_file_id)
SEMI JOIN touched ON part.participant_id = touched.participant_id
GROUP BY part.source_file_id, part.participant_id, part.device_id
