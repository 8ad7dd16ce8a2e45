-- Every status that the contents in the temporary table found have had. One row per change.
SELECT history.source_file_id, history.noted_at, history.status, history.reason, history.footfall_version
FROM ledger.history AS history
JOIN found USING (source_file_id)
ORDER BY history.source_file_id, history.noted_at
