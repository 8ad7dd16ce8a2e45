-- Files that were set aside, with the reason. One row per file, or per archive for what lies in it and holds no steps.
WITH aside AS (
    SELECT file.source_file_id, file.status, file.reason, file.container_id, receipt.inbox_path
    FROM ledger.source_file AS file JOIN ledger.receipt USING (source_file_id)
    WHERE receipt.receipt_number = 1 AND file.status IN ('quarantined', 'no_step_data')
),
-- an account's archive holds hundreds of files about other things: one line for each archive
inside AS (
    SELECT container_id, reason, count(*) AS files
    FROM aside WHERE status = 'no_step_data' AND container_id IS NOT NULL
    GROUP BY ALL
)
SELECT status, inbox_path AS file, reason FROM aside WHERE status = 'quarantined' OR container_id IS NULL
UNION ALL
SELECT 'no_step_data', receipt.inbox_path, concat(
    archive.reason, '; ', format('{:,}', sum(inside.files)::BIGINT), ' hold no steps that are known here, most often: ',
    first(regexp_replace(inside.reason, '^no step export that is known here: ', '') ORDER BY inside.files DESC, inside.reason)
)
FROM inside
JOIN ledger.source_file AS archive ON archive.source_file_id = inside.container_id
JOIN ledger.receipt AS receipt ON receipt.source_file_id = inside.container_id AND receipt.receipt_number = 1
GROUP BY receipt.inbox_path, inside.container_id, archive.reason
ORDER BY ALL
