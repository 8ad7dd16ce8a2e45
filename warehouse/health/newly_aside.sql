-- What was set aside since the variable since and still is, counted. One row per status and reason, most files first.
-- Members of archives that hold no steps are not told: their archive says how many there are.
WITH latest AS (
    SELECT source_file_id, max(noted_at) AS noted_at
    FROM ledger.history
    GROUP BY source_file_id
)
SELECT file.status, file.reason, count(*) AS files
FROM ledger.source_file AS file
JOIN latest USING (source_file_id)
WHERE latest.noted_at > getvariable('since')
    AND (file.status IN ('quarantined', 'unattributed') OR (file.status = 'no_step_data' AND file.container_id IS NULL))
GROUP BY file.status, file.reason
ORDER BY files DESC, file.status, file.reason
