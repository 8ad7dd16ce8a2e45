-- All reasons of each differing week, in words.
-- One row per participant_id, protocol_id, week_number, reason, words. A date or a week without a reason is told as
-- program if the program or its definitions changed, and as unexplained otherwise: that would be a bug.
WITH of_days AS (
    FROM day_reason UNION ALL FROM day_fallback
),
of_files AS (
    SELECT
        participant_id, protocol_id, week_number, reason, source_file_id, old_source_file_id,
        sum(minutes) AS minutes, min(local_date) AS first_date, max(local_date) AS last_date
    FROM of_days
    WHERE source_file_id IS NOT NULL
    GROUP BY participant_id, protocol_id, week_number, reason, source_file_id, old_source_file_id
),
told AS (
    SELECT
        of_files.participant_id, of_files.protocol_id, of_files.week_number,
        -- a file that went to somebody else, or was withdrawn, is more than gone
        CASE WHEN of_files.reason IN ('new_file', 'file_gone') THEN file.reason ELSE of_files.reason END AS reason,
        concat(
            file.words, ': ',
            of_files.minutes || CASE WHEN of_files.reason = 'correction'
                THEN concat(' minutes that file ', left(of_files.old_source_file_id, 12), ' stated otherwise, ')
                ELSE ' minutes, ' END,
            of_files.first_date,
            CASE WHEN of_files.last_date > of_files.first_date THEN concat(' to ', of_files.last_date) END
        ) AS words
    FROM of_files
    JOIN file_change AS file USING (participant_id, source_file_id)
    UNION
    SELECT participant_id, protocol_id, week_number, reason, words
    FROM of_days
    WHERE source_file_id IS NULL
    UNION
    SELECT participant_id, protocol_id, week_number, reason, words
    FROM week_reason
),
whole AS (
    -- reasons that hold for all dates of a week
    SELECT participant_id, protocol_id, week_number
    FROM week_reason
    WHERE reason IN ('rule', 'withdrawal', 'new_participant')
),
open_day AS (
    SELECT participant_id, protocol_id, week_number, string_agg(local_date::VARCHAR, ', ' ORDER BY local_date) AS dates
    FROM changed_day
    ANTI JOIN of_days USING (participant_id, protocol_id, week_number, local_date)
    ANTI JOIN whole USING (participant_id, protocol_id, week_number)
    GROUP BY participant_id, protocol_id, week_number
),
unexplained AS (
    SELECT participant_id, protocol_id, week_number, dates
    FROM open_day
    UNION ALL
    SELECT participant_id, protocol_id, week_number, 'the week itself' AS dates
    FROM changed_week
    ANTI JOIN told USING (participant_id, protocol_id, week_number)
    ANTI JOIN open_day USING (participant_id, protocol_id, week_number)
),
program AS (
    SELECT
        was.footfall_version AS old_version, is_.footfall_version AS new_version,
        (was.footfall_version, was.views_hash) IS DISTINCT FROM (is_.footfall_version, is_.views_hash) AS is_other
    FROM new.publication AS is_
    LEFT JOIN old.publication AS was ON true
)
SELECT * FROM told
UNION ALL
SELECT
    participant_id, protocol_id, week_number,
    CASE WHEN program.is_other THEN 'program' ELSE 'unexplained' END AS reason,
    CASE WHEN program.is_other
        THEN concat('made by footfall ', program.new_version, ' (before: ', program.old_version,
            '), whose definitions differ: ', dates)
        ELSE concat('no file, CSV, rule or setting that differs bears on it; please report this: ', dates)
    END AS words
FROM unexplained
LEFT JOIN program ON true
