-- The contents that the variable asked names. One row per content.
-- asked: a path under inbox/ or its last part, a name in quarantine/, or at least 6 characters of the hash.
SELECT DISTINCT source_file_id
FROM ledger.receipt
WHERE inbox_path = getvariable('asked')
    OR ends_with(inbox_path, concat('/', getvariable('asked')))
    OR starts_with(getvariable('asked'), concat(left(source_file_id, 12), '-'))
    OR (length(getvariable('asked')) >= 6 AND starts_with(source_file_id, lower(getvariable('asked'))))
ORDER BY source_file_id
