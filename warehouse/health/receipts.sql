-- Under which names, and when, the contents in the temporary table found came. One row per receipt.
SELECT receipt.source_file_id, receipt.receipt_number, receipt.inbox_path AS file, receipt.size_bytes, receipt.received_at
FROM ledger.receipt AS receipt
JOIN found USING (source_file_id)
ORDER BY receipt.source_file_id, receipt.receipt_number
