-- Why a week differs, by what is the week's own: its rules, its target, its place in the calendar, its person.
-- One row per participant_id, protocol_id, week_number, reason, words.
WITH old_anchor AS (
    SELECT participant_id, protocol_id, min(week_start - 7 * (week_number - 1)) AS old_first_week
    FROM old.participant_week
    GROUP BY participant_id, protocol_id
),
new_anchor AS (
    SELECT participant_id, protocol_id, min(week_start - 7 * (week_number - 1)) AS new_first_week
    FROM new.participant_week
    GROUP BY participant_id, protocol_id
),
week AS (
    SELECT changed_week.*,
        was.participant_id IS NOT NULL AS was_there,
        is_.participant_id IS NOT NULL AS is_there,
        old_first_week, new_first_week,
        coalesce(old_first_week <> new_first_week, false) AND (change = 'changed' OR (
            SELECT count(*) FROM changed_day AS day
            WHERE day.participant_id = changed_week.participant_id
                AND day.protocol_id = changed_week.protocol_id
                AND day.week_number = changed_week.week_number
        ) = 0) AS is_renumbered
    FROM changed_week
    LEFT JOIN old.participant AS was ON was.participant_id = changed_week.participant_id
    LEFT JOIN new.participant AS is_ ON is_.participant_id = changed_week.participant_id
    LEFT JOIN old_anchor
        ON old_anchor.participant_id = changed_week.participant_id AND old_anchor.protocol_id = changed_week.protocol_id
    LEFT JOIN new_anchor
        ON new_anchor.participant_id = changed_week.participant_id AND new_anchor.protocol_id = changed_week.protocol_id
),
rule AS (
    SELECT
        protocol_id,
        string_agg(
            concat(parameter, ' ', coalesce(new_value, 'empty'), ' (before: ', coalesce(old_value, 'empty'), ')'),
            ', ' ORDER BY parameter
        ) AS words
    FROM rule_change
    GROUP BY protocol_id
),
setting AS (
    SELECT
        (SELECT as_of FROM old.publication) AS old_as_of,
        (SELECT as_of FROM new.publication) AS new_as_of,
        (SELECT activity_files_are_complete FROM old.publication) AS old_complete,
        (SELECT activity_files_are_complete FROM new.publication) AS new_complete
),
device AS (
    SELECT
        participant_id,
        concat(device_id, ' ', what) AS words,
        -- a device comes and goes with its files
        coalesce(
            (
                SELECT min(file.reason)
                FROM file_change AS file
                WHERE file.participant_id = seen.participant_id
                    AND file.is_loaded = (what <> 'is gone')
                    AND file.was_loaded <> file.is_loaded
            ),
            CASE what WHEN 'is gone' THEN 'file_gone' ELSE 'new_file' END
        ) AS reason
    FROM (
        SELECT 'is new' AS what, participant_id, device_id
        FROM new.participant_device ANTI JOIN old.participant_device USING (participant_id, device_id)
        UNION ALL
        SELECT 'is gone' AS what, participant_id, device_id
        FROM old.participant_device ANTI JOIN new.participant_device USING (participant_id, device_id)
        UNION ALL
        SELECT CASE WHEN is_.is_all_day THEN 'has records of whole days now' ELSE 'has no records of whole days now' END,
            participant_id, device_id
        FROM old.participant_device AS was
        JOIN new.participant_device AS is_ USING (participant_id, device_id)
        WHERE was.is_all_day <> is_.is_all_day
    ) AS seen
),
found AS (
    SELECT week.*, 'rule' AS reason, rule.words
    FROM week
    JOIN rule USING (protocol_id)
    UNION ALL
    SELECT week.*, 'withdrawal', 'participants.csv does not list them any more'
    FROM week
    WHERE was_there AND NOT is_there
    UNION ALL
    SELECT week.*, 'new_participant', 'participants.csv lists them now'
    FROM week
    WHERE is_there AND NOT was_there
    UNION ALL
    SELECT week.*, 'arm', concat('arm ', coalesce(new_arm, 'empty'), ' (before: ', coalesce(old_arm, 'empty'), ')')
    FROM week
    WHERE change = 'changed' AND old_arm IS DISTINCT FROM new_arm
    UNION ALL
    SELECT week.*, 'prescription', input.words
    FROM week
    JOIN input_change AS input USING (participant_id)
    WHERE input.reason = 'prescription' AND change = 'changed' AND old_prescription <> new_prescription
    UNION ALL
    SELECT week.*, 'calendar', input.words
    FROM week
    JOIN input_change AS input USING (participant_id)
    WHERE input.reason = 'calendar' AND starts_with(input.words, 'start_date') AND is_renumbered
    UNION ALL
    -- without a start_date weeks are counted from the first date with data
    SELECT week.*, 'calendar', concat('weeks are counted from ', new_first_week, ' (before: ', old_first_week, ')')
    FROM week
    ANTI JOIN rule USING (protocol_id)
    JOIN new.participant AS person USING (participant_id)
    WHERE is_renumbered AND person.start_date IS NULL
    UNION ALL
    SELECT week.*, 'as_of', concat('the as-of date is ', new_as_of, ' (before: ', old_as_of, ')')
    FROM week
    CROSS JOIN setting
    WHERE old_in_progress <> new_in_progress AND old_week_start = new_week_start
    UNION ALL
    SELECT week.*, device.reason, concat(device.words, ', which decides whether a failed day can be shown')
    FROM week
    JOIN device USING (participant_id)
    WHERE old_can_resolve_no <> new_can_resolve_no
    UNION ALL
    SELECT week.*, 'device', input.words
    FROM week
    JOIN input_change AS input USING (participant_id)
    WHERE input.reason = 'device' AND old_can_resolve_no <> new_can_resolve_no
    UNION ALL
    SELECT week.*, 'setting', concat('activity_files_are_complete is ', new_complete, ' (study.toml)')
    FROM week
    CROSS JOIN setting
    WHERE old_can_resolve_no <> new_can_resolve_no AND old_complete <> new_complete
)
SELECT DISTINCT participant_id, protocol_id, week_number, reason, words
FROM found
