-- Which files bear on which participant: those whose rows are loaded, and those that may be theirs and wait.
-- One row per participant_id, source_file_id, device_id, kind.
--
-- Columns
--   participant_id: study pseudonym
--   source_file_id: SHA-256 of the content
--   device_id: manufacturer-model-NN; NULL for a file that waits
--   kind: all_day, activity, track, totals (coarser than a minute) or wear (a night's sleep); NULL for a file that waits
--   state: loaded, or waiting = it could not be used, and its folder, its own column or devices.csv names the participant
--   first_at: first instant of the participant's rows in it, UTC; NULL when not known
--   last_at: last instant of the participant's rows in it, UTC; NULL when not known
WITH waiting AS (
    SELECT source_file_id
    FROM ledger.source_file
    WHERE status IN ('quarantined', 'unattributed')
),
claim AS (
    SELECT receipt.source_file_id, receipt.folder AS participant_id
    FROM ledger.receipt AS receipt
    SEMI JOIN waiting USING (source_file_id)
    UNION
    SELECT part.source_file_id, part.participant_label AS participant_id
    FROM ledger.file_part AS part
    SEMI JOIN waiting USING (source_file_id)
    UNION
    SELECT part.source_file_id, given.participant_id
    FROM ledger.file_part AS part
    SEMI JOIN waiting USING (source_file_id)
    JOIN study.device_assignment AS given USING (device_id)
)
SELECT
    part.participant_id,
    part.source_file_id,
    device.published_device_id AS device_id,
    part.kind,
    'loaded' AS state,
    min(part.first_at) AS first_at,
    max(part.last_at) AS last_at
FROM ledger.file_part AS part
JOIN ledger.source_file AS file ON file.source_file_id = part.source_file_id AND file.status = 'loaded'
JOIN device ON device.participant_id = part.participant_id AND device.device_id = part.device_id
GROUP BY part.participant_id, part.source_file_id, device.published_device_id, part.kind
UNION ALL
SELECT
    participant_id, source_file_id, NULL AS device_id, NULL AS kind, 'waiting' AS state,
    NULL::TIMESTAMPTZ AS first_at, NULL::TIMESTAMPTZ AS last_at
FROM claim
SEMI JOIN study.participant USING (participant_id)
ORDER BY ALL
