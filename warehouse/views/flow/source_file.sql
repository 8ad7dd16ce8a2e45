-- Files received: what became of each.
-- One row per source_file_id and receipt_number. The first receipt of some content keeps its status; later ones under
-- another name are duplicate.
--
-- Columns
--   source_file_id: SHA-256 of the content
--   receipt_number: 1 = the first time this content came; more = it came again under another name
--   file_name: first 12 characters of the hash and the extension; original names stay private
--   connector: fit, gpx, csv or container; NULL when nothing claimed the file
--   dialect: CSV dialect that read it; NULL for other connectors
--   device_id: manufacturer-model-NN of the participant's device; NULL for several devices or none
--   participant_id: whose file it is; NULL for a table of several people or nobody's
--   status: loaded, duplicate, quarantined, unattributed, no_step_data, container or withdrawn
--   reason: why it was not loaded, or what was found in it; NULL when there is nothing to say
--   container_id: source_file_id of the archive it came in; NULL when it came by itself
--   rows_read: rows the connector met in the file; NULL when it was not read
--   rows_kept: rows that entered the minute grid or the reported totals; NULL when it was not loaded
--   rows_flagged: rows kept or set aside with a note; NULL when it was not loaded
--   first_epoch: first instant with data, UTC; NULL without any
--   last_epoch: last instant with data, UTC; NULL without any
--   received_at: when it was taken from the inbox
--   loaded_at: when its rows were last loaded; NULL when they were not
WITH whose AS (
    SELECT
        part.source_file_id,
        CASE WHEN count(DISTINCT part.participant_id) = 1 THEN min(part.participant_id) END AS participant_id,
        CASE WHEN count(DISTINCT device.published_device_id) = 1 THEN min(device.published_device_id) END AS device_id
    FROM ledger.file_part AS part
    LEFT JOIN device USING (participant_id, device_id)
    GROUP BY part.source_file_id
)
SELECT
    file.source_file_id,
    receipt.receipt_number,
    concat(
        left(file.source_file_id, 12),
        lower(regexp_extract(receipt.inbox_path, '((\.tar)?\.[A-Za-z0-9]{1,8}(\.gz)?)$', 1))
    ) AS file_name,
    file.connector,
    file.dialect,
    whose.device_id,
    whose.participant_id,
    CASE WHEN receipt.receipt_number = 1 OR file.status = 'withdrawn' THEN file.status ELSE 'duplicate' END AS status,
    CASE WHEN receipt.receipt_number = 1 THEN file.reason END AS reason,
    file.container_id,
    file.rows_read,
    file.rows_kept,
    file.rows_flagged,
    file.first_epoch,
    file.last_epoch,
    receipt.received_at,
    file.loaded_at
FROM ledger.source_file AS file
JOIN ledger.receipt AS receipt USING (source_file_id)
LEFT JOIN whose USING (source_file_id)
ORDER BY receipt.received_at, file.source_file_id, receipt.receipt_number
