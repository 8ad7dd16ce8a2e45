-- Participants who may own a file that could not be used, by any evidence: its folder, its own column, devices.csv.
-- One row per participant_id. Private: while such a file waits, a day without a file is not declared complete.
-- Source: architecture definition 8.
WITH waiting AS (
    SELECT source_file_id
    FROM ledger.source_file
    WHERE status IN ('quarantined', 'unattributed')
)
SELECT receipt.folder AS participant_id
FROM ledger.receipt AS receipt
SEMI JOIN waiting USING (source_file_id)
WHERE receipt.folder IS NOT NULL
UNION
SELECT part.participant_label AS participant_id
FROM ledger.file_part AS part
SEMI JOIN waiting USING (source_file_id)
WHERE part.participant_label IS NOT NULL
UNION
SELECT given.participant_id
FROM ledger.file_part AS part
SEMI JOIN waiting USING (source_file_id)
JOIN study.device_assignment AS given USING (device_id)
