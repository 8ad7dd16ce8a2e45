-- Minutes of each participant on their way: stated by files, measured by devices, standing in the grid.
-- One row per participant_id, step, part, connector. Private: data_flow adds them up.
WITH stated AS (
    SELECT minute.participant_id, minute.device_id, minute.minute_start, file.connector
    FROM ledger.source_minute AS minute
    SEMI JOIN touched ON minute.participant_id = touched.participant_id
    SEMI JOIN restated_device
        ON restated_device.participant_id = minute.participant_id AND restated_device.device_id = minute.device_id
    JOIN ledger.source_file AS file ON file.source_file_id = minute.source_file_id
    UNION ALL
    SELECT participant_id, device_id, minute_start, 'fit' AS connector
    FROM counter_minute
    SEMI JOIN touched USING (participant_id)
),
repeated AS (
    SELECT
        participant_id, connector,
        row_number() OVER (PARTITION BY participant_id, device_id, minute_start ORDER BY connector) AS copy
    FROM stated
),
chosen AS (
    SELECT
        worn.participant_id,
        worn.source_file_id,
        row_number() OVER (
            PARTITION BY worn.participant_id, worn.minute_start
            ORDER BY device.published_device_id <> minute.device_id, device.published_device_id
        ) = 1 AS is_chosen
    FROM worn_minute AS worn
    SEMI JOIN touched ON worn.participant_id = touched.participant_id
    SEMI JOIN several_devices AS several ON worn.participant_id = several.participant_id
    JOIN device ON device.participant_id = worn.participant_id AND device.device_id = worn.device_id
    JOIN minute ON minute.participant_id = worn.participant_id AND minute.minute_start = worn.minute_start
    UNION ALL
    SELECT worn.participant_id, worn.source_file_id, true AS is_chosen
    FROM worn_minute AS worn
    SEMI JOIN touched ON worn.participant_id = touched.participant_id
    ANTI JOIN several_devices AS several ON worn.participant_id = several.participant_id
),
first_stated AS (
    SELECT participant_id, connector, copy = 1 AS is_first, count(*) AS n
    FROM repeated
    GROUP BY ALL
    UNION ALL
    SELECT minute.participant_id, file.connector, true AS is_first, count(*) AS n
    FROM ledger.source_minute AS minute
    SEMI JOIN touched ON minute.participant_id = touched.participant_id
    ANTI JOIN restated_device
        ON restated_device.participant_id = minute.participant_id AND restated_device.device_id = minute.device_id
    JOIN ledger.source_file AS file ON file.source_file_id = minute.source_file_id
    GROUP BY ALL
)
SELECT 2 AS step_number, 'minutes_stated' AS step,
    CASE WHEN is_first THEN 'first_statement' ELSE 'stated_again' END AS part,
    participant_id, connector, sum(n)::BIGINT AS n
FROM first_stated
GROUP BY ALL
UNION ALL
SELECT 3, 'device_minutes', CASE WHEN chosen.is_chosen THEN 'chosen' ELSE 'other_device_preferred' END,
    chosen.participant_id, file.connector, count(*)
FROM chosen
JOIN ledger.source_file AS file ON file.source_file_id = chosen.source_file_id
GROUP BY ALL
UNION ALL
SELECT 4, 'minutes', coalesce(walking_source, CASE WHEN is_worn = false THEN 'not_worn' ELSE 'no_value' END),
    participant_id, NULL, count(*)
FROM minute
SEMI JOIN touched USING (participant_id)
GROUP BY ALL
