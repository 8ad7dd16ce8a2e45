-- What became of the contents in the temporary table found. One row per content.
SELECT
    file.source_file_id, file.status, file.reason, file.connector, file.dialect, file.container_id,
    string_agg(DISTINCT part.participant_id, ', ') AS participants,
    string_agg(DISTINCT part.device_id, ', ') AS devices,
    file.rows_read, file.rows_kept, file.first_epoch, file.last_epoch, file.received_at, file.loaded_at
FROM ledger.source_file AS file
JOIN found USING (source_file_id)
LEFT JOIN ledger.file_part AS part USING (source_file_id)
GROUP BY ALL
ORDER BY file.received_at, file.source_file_id
