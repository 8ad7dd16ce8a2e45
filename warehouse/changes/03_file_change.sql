-- Files that bear on a participant in one publication only, or in both but loaded in one and waiting in the other.
-- One row per participant_id, source_file_id. first_date and last_date are UTC dates of the rows; NULL when not known.
WITH was AS (
    SELECT
        participant_id, source_file_id, bool_or(state = 'loaded') AS is_loaded, min(first_at) AS first_at,
        max(last_at) AS last_at
    FROM old.participant_file
    GROUP BY participant_id, source_file_id
),
is_ AS (
    SELECT
        participant_id, source_file_id, bool_or(state = 'loaded') AS is_loaded, min(first_at) AS first_at,
        max(last_at) AS last_at
    FROM new.participant_file
    GROUP BY participant_id, source_file_id
),
paired AS (
    SELECT
        participant_id,
        source_file_id,
        coalesce(was.is_loaded, false) AS was_loaded,
        coalesce(is_.is_loaded, false) AS is_loaded,
        coalesce(NOT was.is_loaded, false) AS was_waiting,
        coalesce(NOT is_.is_loaded, false) AS is_waiting,
        least(was.first_at, is_.first_at) AS first_at,
        greatest(was.last_at, is_.last_at) AS last_at
    FROM was
    FULL JOIN is_ USING (participant_id, source_file_id)
),
receipt AS (
    SELECT source_file_id, status, received_at FROM new.source_file WHERE receipt_number = 1
),
earlier_receipt AS (
    SELECT source_file_id, status, received_at FROM old.source_file WHERE receipt_number = 1
)
SELECT
    paired.participant_id,
    paired.source_file_id,
    paired.was_loaded, paired.is_loaded, paired.was_waiting, paired.is_waiting,
    timezone('UTC', paired.first_at)::DATE AS first_date,
    timezone('UTC', paired.last_at)::DATE AS last_date,
    CASE
        -- loaded on both sides, but for this participant on one of them only: somebody else had or has it
        WHEN earlier_receipt.status = 'loaded' AND receipt.status = 'loaded' THEN 'device'
        WHEN paired.is_loaded THEN 'new_file'
        WHEN receipt.status = 'withdrawn' THEN 'withdrawal'
        ELSE 'file_gone'
    END AS reason,
    concat(
        'file ', left(paired.source_file_id, 12), ' ',
        CASE
            WHEN earlier_receipt.status = 'loaded' AND receipt.status = 'loaded' AND paired.is_loaded
                THEN 'is theirs now (before: somebody else''s)'
            WHEN earlier_receipt.status = 'loaded' AND receipt.status = 'loaded' THEN 'is somebody else''s now'
            WHEN paired.is_loaded AND earlier_receipt.status IS NOT NULL
                THEN concat('is loaded now (before: ', replace(earlier_receipt.status, '_', ' '), ')')
            WHEN paired.is_loaded
                THEN concat('is new, received ', strftime(timezone('UTC', receipt.received_at), '%Y-%m-%d'))
            WHEN receipt.status IS NULL THEN 'is gone'
            ELSE concat('is ', replace(receipt.status, '_', ' '), ' now')
        END
    ) AS words
FROM paired
LEFT JOIN receipt USING (source_file_id)
LEFT JOIN earlier_receipt USING (source_file_id)
WHERE paired.was_loaded <> paired.is_loaded OR paired.was_waiting <> paired.is_waiting
