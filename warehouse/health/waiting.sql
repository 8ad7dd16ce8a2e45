-- Files, or rows of them, that are nobody's yet. One row per file, id in the file and device.
WITH part AS (
    SELECT source_file_id, device_id, rows, participant_id,
        -- a part without rows holds whom the file's name says it is of
        coalesce(
            participant_label, max(participant_label) FILTER (WHERE rows = 0) OVER (PARTITION BY source_file_id)
        ) AS label,
        rows > 0 OR max(rows) OVER (PARTITION BY source_file_id) = 0 AS is_shown
    FROM ledger.file_part
)
SELECT DISTINCT receipt.inbox_path AS file, part.label AS "id in the file", part.device_id, part.rows,
    file.status = 'loaded' AS "other rows loaded"
FROM part
JOIN ledger.source_file AS file USING (source_file_id)
JOIN ledger.receipt USING (source_file_id)
WHERE part.participant_id IS NULL AND part.is_shown AND receipt.receipt_number = 1
    AND file.status IN ('loaded', 'unattributed')
ORDER BY ALL
