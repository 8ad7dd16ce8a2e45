-- The differing weeks with all their reasons, and how the states of their dates moved.
-- One row per participant_id, protocol_id, week_number. old_ columns are NULL for a week that is new, new_ columns for one
-- that is gone; changed_columns are those of participant_week, NULL for both.
WITH reasoned AS (
    SELECT
        participant_id, protocol_id, week_number,
        list_sort(list(DISTINCT reason)) AS reasons,
        list(concat(reason, ': ', words) ORDER BY reason, words) AS why
    FROM reason
    GROUP BY participant_id, protocol_id, week_number
),
moved AS (
    SELECT
        participant_id, protocol_id, week_number, old_state, new_state, count(*) AS days
    FROM changed_day
    GROUP BY participant_id, protocol_id, week_number, old_state, new_state
),
told AS (
    SELECT
        participant_id, protocol_id, week_number,
        string_agg(
            concat(
                days, ' ',
                CASE
                    WHEN old_state = new_state THEN new_state
                    WHEN old_state IS NULL THEN concat('new: ', new_state)
                    ELSE concat(old_state, ' -> ', coalesce(new_state, 'gone'))
                END
            ),
            ', ' ORDER BY old_state, new_state
        ) AS days
    FROM moved
    GROUP BY participant_id, protocol_id, week_number
),
old_value AS (
    -- a value that is not set has no row here
    UNPIVOT (
        SELECT participant_id, protocol_id, week_number,
            COLUMNS(* EXCLUDE (participant_id, protocol_id, week_number))::VARCHAR
        FROM old.compared_week
        SEMI JOIN changed_week USING (participant_id, protocol_id, week_number)
    )
    ON COLUMNS(* EXCLUDE (participant_id, protocol_id, week_number))
    INTO NAME column_name VALUE value
),
new_value AS (
    UNPIVOT (
        SELECT participant_id, protocol_id, week_number,
            COLUMNS(* EXCLUDE (participant_id, protocol_id, week_number))::VARCHAR
        FROM new.compared_week
        SEMI JOIN changed_week USING (participant_id, protocol_id, week_number)
    )
    ON COLUMNS(* EXCLUDE (participant_id, protocol_id, week_number))
    INTO NAME column_name VALUE value
),
valued AS (
    SELECT participant_id, protocol_id, week_number, list_sort(list(column_name)) AS changed_columns
    FROM old_value AS was
    FULL JOIN new_value AS is_ USING (participant_id, protocol_id, week_number, column_name)
    WHERE was.value IS DISTINCT FROM is_.value
    GROUP BY participant_id, protocol_id, week_number
)
SELECT
    week.participant_id, week.protocol_id, week.week_number, week.change,
    coalesce(week.new_week_start, week.old_week_start) AS week_start,
    coalesce(week.new_week_end, week.old_week_end) AS week_end,
    week.old_answer, week.new_answer, week.old_status, week.new_status,
    week.old_success_days_lo, week.new_success_days_lo, week.old_success_days_hi, week.new_success_days_hi,
    week.old_walking_minutes, week.new_walking_minutes,
    CASE WHEN week.change = 'changed' THEN valued.changed_columns END AS changed_columns,
    told.days,
    reasoned.reasons,
    reasoned.why
FROM changed_week AS week
LEFT JOIN reasoned USING (participant_id, protocol_id, week_number)
LEFT JOIN valued USING (participant_id, protocol_id, week_number)
LEFT JOIN told USING (participant_id, protocol_id, week_number)
ORDER BY week.participant_id, week.protocol_id, week.week_number
