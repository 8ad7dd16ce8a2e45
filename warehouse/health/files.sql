-- Files received by state. One row per status; a content that came again under another name is a duplicate.
SELECT
    CASE WHEN receipt.receipt_number = 1 OR file.status = 'withdrawn' THEN file.status ELSE 'duplicate' END AS status,
    count(*) AS files
FROM ledger.source_file AS file
JOIN ledger.receipt AS receipt USING (source_file_id)
GROUP BY ALL
ORDER BY files DESC, status
