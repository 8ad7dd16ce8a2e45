-- Devices as the study uses them: class and meaning of zeros, with the study's own overrides.
-- One row per participant_id, device_id. Private: published_device_id stands for the device in every published table.
-- published_device_id is manufacturer-model-NN, numbered per participant by the first data of the device, so that the
-- order in which files arrive does not matter.
WITH part AS (
    SELECT participant_id, device_id, manufacturer, model, device_class, zeros_prove_wear, kind, first_at
    FROM ledger.file_part
    SEMI JOIN touched USING (participant_id)
),
override AS (
    SELECT participant_id, device_id, max(device_class) AS device_class, bool_and(zeros_prove_wear) AS zeros_prove_wear
    FROM study.device_assignment
    GROUP BY ALL
),
device AS (
    SELECT
        participant_id,
        device_id,
        -- several files of one device agree in practice; min() makes the answer independent of their order if not
        min(manufacturer) AS manufacturer,
        min(model) AS model,
        min(device_class) AS stated_class,
        bool_and(zeros_prove_wear) AS stated_zeros,
        bool_or(kind = 'all_day') AS is_all_day,
        bool_or(kind IN ('activity', 'track')) AS is_activity,
        min(first_at) AS first_at
    FROM part
    GROUP BY participant_id, device_id
),
ranked AS (
    SELECT
        device.*,
        coalesce(override.device_class, stated_class) AS device_class,
        coalesce(override.zeros_prove_wear, stated_zeros) AS zeros_prove_wear
    FROM device
    LEFT JOIN override USING (participant_id, device_id)
)
SELECT
    participant_id,
    device_id,
    device_class,
    zeros_prove_wear,
    is_all_day,
    is_activity,
    first_at,
    concat(
        manufacturer, '-', model, '-',
        -- at least two digits: lpad would cut the third off
        printf('%02d', row_number() OVER (
            PARTITION BY participant_id, manufacturer, model ORDER BY first_at NULLS LAST, device_id
        ))
    ) AS published_device_id,
    (
        SELECT coalesce(min(priority) FILTER (WHERE entry = 'device:' || ranked.device_id), min(priority), 99)
        FROM study.source_priority
        WHERE entry IN (ranked.device_class, 'device:' || ranked.device_id)
    ) AS priority
FROM ranked
