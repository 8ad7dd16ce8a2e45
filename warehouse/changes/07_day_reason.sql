-- Why a date differs, by what is seen on the date itself.
-- One row per changed date and reason; source_file_id, old_source_file_id and minutes where files are the reason.
WITH setting AS (
    SELECT
        coalesce((SELECT as_of FROM old.publication), DATE '0001-01-01') AS old_as_of,
        coalesce((SELECT as_of FROM new.publication), DATE '0001-01-01') AS new_as_of,
        (SELECT activity_files_are_complete FROM old.publication) AS old_complete,
        (SELECT activity_files_are_complete FROM new.publication) AS new_complete
),
day AS (
    SELECT
        changed_day.*,
        old_state IS NULL AS is_new,
        new_state IS NULL AS is_gone,
        was.participant_id IS NOT NULL AND is_.participant_id IS NOT NULL AS is_in_both,
        -- the calendar of a side that does not have the date
        CASE WHEN old_state IS NULL THEN was.start_date ELSE is_.start_date END AS start_date,
        CASE WHEN old_state IS NULL THEN was.end_date ELSE is_.end_date END AS end_date,
        coalesce(old_range.last_date, DATE '0001-01-01') AS old_last_date,
        coalesce(new_range.last_date, DATE '0001-01-01') AS new_last_date,
        (old_reason = 'declared_complete') IS DISTINCT FROM (new_reason = 'declared_complete')
            AND (old_reason = 'declared_complete' OR new_reason = 'declared_complete') AS is_declaration
    FROM changed_day
    LEFT JOIN old.participant AS was ON was.participant_id = changed_day.participant_id
    LEFT JOIN new.participant AS is_ ON is_.participant_id = changed_day.participant_id
    LEFT JOIN old.data_range AS old_range ON old_range.participant_id = changed_day.participant_id
    LEFT JOIN new.data_range AS new_range ON new_range.participant_id = changed_day.participant_id
),
found AS (
    SELECT day.*, minute.cause AS reason, minute.source_file_id, minute.old_source_file_id, minute.minutes,
        NULL AS words
    FROM day
    JOIN minute_change AS minute USING (participant_id, local_date)
    WHERE is_in_both AND minute.cause IN ('new_file', 'correction', 'file_gone')
    UNION ALL
    SELECT day.*, 'as_of', NULL, NULL, NULL, concat('the as-of date is ', new_as_of, ' (before: ', old_as_of, ')')
    FROM day
    CROSS JOIN setting
    WHERE (is_new OR is_gone) AND is_in_both AND old_as_of <> new_as_of
        AND local_date > least(old_as_of, new_as_of)
        -- without a start_date the calendar ends with the data; only data that the as-of date cut off counts here
        AND (start_date IS NOT NULL OR local_date <= CASE WHEN is_new THEN old_last_date ELSE new_last_date END)
    UNION ALL
    SELECT day.*, 'calendar', NULL, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input
        ON input.participant_id = day.participant_id
        AND input.reason = 'calendar'
        AND local_date BETWEEN coalesce(input.from_date, local_date) AND coalesce(input.to_date, local_date)
    WHERE CASE
        WHEN is_new OR is_gone THEN start_date IS NULL OR local_date < start_date OR local_date > end_date
        ELSE old_reason <> new_reason AND (
            old_reason IN ('before_start', 'after_end', 'after_death', 'withdrawn', 'excused')
            OR new_reason IN ('before_start', 'after_end', 'after_death', 'withdrawn', 'excused')
        )
    END
    UNION ALL
    SELECT day.*, 'time_zone', NULL, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input
        ON input.participant_id = day.participant_id
        AND input.reason = 'time_zone'
        AND local_date >= coalesce(input.from_date, local_date)
    WHERE (old_reason = 'no_such_date') <> (new_reason = 'no_such_date')
        -- a date of one side only is the calendar's doing, unless the calendar follows the data
        OR ((NOT is_new AND NOT is_gone OR start_date IS NULL) AND (day.participant_id, local_date) IN (
            SELECT (minute.participant_id, minute.local_date) FROM minute_change AS minute WHERE cause = 'time_zone'
        ))
    UNION ALL
    SELECT day.*, 'age', NULL, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input ON input.participant_id = day.participant_id AND input.reason = 'age'
    WHERE NOT is_new AND NOT is_gone
    UNION ALL
    SELECT day.*, 'device', NULL, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input ON input.participant_id = day.participant_id AND input.reason = 'device'
    WHERE NOT is_new AND NOT is_gone AND (day.participant_id, local_date) IN (
        SELECT (minute.participant_id, minute.local_date) FROM minute_change AS minute WHERE cause = 'other'
    )
    UNION ALL
    SELECT day.*, 'device', NULL, NULL, NULL, input.words
    FROM day
    JOIN input_change AS input ON input.participant_id = day.participant_id AND input.reason = 'assignment'
    WHERE is_declaration
    UNION ALL
    SELECT day.*, 'setting', NULL, NULL, NULL, concat('activity_files_are_complete is ', new_complete, ' (study.toml)')
    FROM day
    CROSS JOIN setting
    WHERE is_declaration AND old_complete <> new_complete
    UNION ALL
    SELECT day.*, 'waiting_file', NULL, NULL, NULL, CASE WHEN file.is_waiting
        THEN concat(file.words, ' and may be theirs: days without a file are not taken as complete')
        ELSE concat('file ', left(file.source_file_id, 12), ' waits no longer: days without a file are taken as complete')
    END
    FROM day
    JOIN file_change AS file
        ON file.participant_id = day.participant_id AND file.was_waiting <> file.is_waiting
    WHERE is_declaration
)
SELECT DISTINCT
    participant_id, protocol_id, week_number, local_date, reason, source_file_id, old_source_file_id, minutes, words
FROM found
