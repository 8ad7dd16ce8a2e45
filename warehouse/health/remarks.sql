-- What is to know about files that were loaded. One row per remark, with the number of files and one of them.
WITH remark AS (
    SELECT regexp_replace(unnest(string_split(file.reason, '; ')), ' \([a-z0-9_]+: .*$', '') AS remark, receipt.inbox_path
    FROM ledger.source_file AS file JOIN ledger.receipt USING (source_file_id)
    WHERE receipt.receipt_number = 1 AND file.status = 'loaded' AND file.reason IS NOT NULL
)
SELECT remark, count(DISTINCT inbox_path) AS files, min(inbox_path) AS "such as"
FROM remark
GROUP BY remark
ORDER BY files DESC, remark
