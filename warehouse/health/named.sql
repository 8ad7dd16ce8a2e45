-- Device ids and original file names that the variable said holds. One row per word, the longest first.
SELECT DISTINCT word
FROM (
    SELECT device_id AS word FROM ledger.file_part WHERE device_id <> 'native-csv'
    UNION ALL
    SELECT inbox_path FROM ledger.receipt
    UNION ALL
    SELECT regexp_replace(inbox_path, '^.*/', '') FROM ledger.receipt
)
WHERE length(word) >= 4 AND contains(getvariable('said'), word)
ORDER BY length(word) DESC, word
