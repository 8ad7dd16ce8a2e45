-- Devices of which two files tell of the same time, or a file and a running counter: their minutes may be stated twice.
-- One row per participant_id, device_id. Private: of every other device each minute stands as its one file states it.
WITH part AS (
    SELECT
        participant_id, device_id, source_file_id,
        -- an epoch that ends inside a minute shares it with the next file
        epoch_ms(min(first_at)) // 60000 AS first_i,
        (epoch_ms(max(last_at)) + 59999) // 60000 AS end_i
    FROM ledger.file_part
    SEMI JOIN touched USING (participant_id)
    GROUP BY participant_id, device_id, source_file_id
),
border AS (
    SELECT
        participant_id, device_id, first_i,
        max(end_i) OVER (
            PARTITION BY participant_id, device_id ORDER BY first_i, end_i, source_file_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until
    FROM part
)
SELECT participant_id, device_id
FROM border
WHERE first_i < covered_until
UNION
SELECT participant_id, device_id
FROM counter_minute
SEMI JOIN touched USING (participant_id)
