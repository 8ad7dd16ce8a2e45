-- Contents whose original must lie in archive/ or quarantine/: all but members of archives and withdrawn ones.
-- One row per content; size_bytes is that of the first receipt.
SELECT file.source_file_id, file.status, receipt.size_bytes
FROM ledger.source_file AS file
JOIN ledger.receipt AS receipt USING (source_file_id)
WHERE receipt.receipt_number = 1 AND file.container_id IS NULL AND file.status <> 'withdrawn'
ORDER BY file.source_file_id
