-- Files by state as they were published. One row per status.
SELECT status, count(*) AS files
FROM source_file
GROUP BY status
ORDER BY files DESC, status
