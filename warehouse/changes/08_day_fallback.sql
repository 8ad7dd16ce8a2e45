-- Why a date differs that shows no reason itself: the nearest reason in its surroundings.
-- One row per such date and reason of the nearest kind. Dates of protocols whose rules changed are explained by these.
WITH day AS (
    SELECT
        changed_day.*,
        coalesce(was.start_date, is_.start_date) IS NULL AS is_open,
        old_range.first_date AS old_first_date, old_range.last_date AS old_last_date,
        new_range.first_date AS new_first_date, new_range.last_date AS new_last_date
    FROM changed_day
    ANTI JOIN day_reason USING (participant_id, protocol_id, week_number, local_date)
    ANTI JOIN rule_change ON rule_change.protocol_id = changed_day.protocol_id
    JOIN old.participant AS was ON was.participant_id = changed_day.participant_id
    JOIN new.participant AS is_ ON is_.participant_id = changed_day.participant_id
    LEFT JOIN old.data_range AS old_range ON old_range.participant_id = changed_day.participant_id
    LEFT JOIN new.data_range AS new_range ON new_range.participant_id = changed_day.participant_id
),
found AS (
    -- without a start_date every date between the first and the last with data counts
    SELECT day.*, 1 AS distance,
        CASE WHEN new_state IS NULL OR new_last_date < old_last_date THEN 'file_gone' ELSE 'new_file' END AS reason,
        NULL AS source_file_id, NULL AS old_source_file_id,
        concat('data are there from ', new_first_date, ' to ', new_last_date, ' (before: ', old_first_date, ' to ',
            old_last_date, ')') AS words
    FROM day
    WHERE (old_first_date, old_last_date) IS DISTINCT FROM (new_first_date, new_last_date)
        AND (
            is_open AND (old_state IS NULL OR new_state IS NULL)
            OR (old_reason = 'declared_complete') IS DISTINCT FROM (new_reason = 'declared_complete')
        )
    UNION ALL
    SELECT day.*, 2, minute.cause, minute.source_file_id, minute.old_source_file_id, NULL
    FROM day
    JOIN minute_change AS minute
        ON minute.participant_id = day.participant_id
        AND minute.local_date BETWEEN day.local_date - 1 AND day.local_date + 1
    WHERE minute.cause IN ('new_file', 'correction', 'file_gone')
    UNION ALL
    SELECT day.*, 2, input.reason, NULL, NULL, input.words
    FROM day
    JOIN minute_change AS minute
        ON minute.participant_id = day.participant_id
        AND minute.local_date BETWEEN day.local_date - 1 AND day.local_date + 1
    JOIN input_change AS input
        ON input.participant_id = day.participant_id
        AND input.reason = CASE minute.cause WHEN 'other' THEN 'device' ELSE minute.cause END
    WHERE minute.cause IN ('other', 'time_zone')
    UNION ALL
    SELECT day.*, 3, file.reason, file.source_file_id, NULL, NULL
    FROM day
    JOIN file_change AS file
        ON file.participant_id = day.participant_id
        AND file.was_loaded <> file.is_loaded
        AND day.local_date BETWEEN file.first_date - 1 AND file.last_date + 1
    UNION ALL
    SELECT day.*, 4, input.reason, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input
        ON input.participant_id = day.participant_id
        AND input.reason IN ('device', 'time_zone')
        AND day.local_date >= coalesce(input.from_date, day.local_date)
)
SELECT DISTINCT
    participant_id, protocol_id, week_number, local_date, reason, source_file_id, old_source_file_id,
    NULL::BIGINT AS minutes, words
FROM found
QUALIFY distance = min(distance) OVER (PARTITION BY participant_id, protocol_id, week_number, local_date)
