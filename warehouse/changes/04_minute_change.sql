-- Minutes that differ on the changed dates and their neighbours (a bout or a run of zeros crosses midnight).
-- One row per participant_id, local_date, cause, source_file_id, old_source_file_id, with how many minutes.
-- cause: new_file, correction (a new file states another value), file_gone, other (both sides know the files: priority,
-- class or meaning of zeros, or what a neighbouring minute does), or time_zone (the same minute has another local time).
WITH day AS (
    SELECT DISTINCT participant_id, local_date + away AS local_date
    FROM changed_day, unnest([-1, 0, 1]) AS around(away)
),
read AS (
    -- one date more on each side, so that a minute which moved to the next date is found on both
    SELECT DISTINCT participant_id, local_date + away AS local_date
    FROM day, unnest([-1, 0, 1]) AS around(away)
),
old_minute AS (
    SELECT
        minute.participant_id, minute.minute_start, minute.local_date, minute.utc_offset_minutes, minute.source_file_id,
        minute.steps,
        [
            minute.steps::VARCHAR, minute.walking_source, minute.is_worn::VARCHAR, minute.has_heart_rate::VARCHAR,
            minute.recording_kind,
            list_intersect(minute.flags, ['future', 'not_on_foot', 'partly_active', 'run']).list_sort()::VARCHAR
        ] AS content
    FROM old.minute AS minute
    SEMI JOIN read USING (participant_id, local_date)
),
new_minute AS (
    SELECT
        minute.participant_id, minute.minute_start, minute.local_date, minute.utc_offset_minutes, minute.source_file_id,
        list_contains(minute.flags, 'revised') AS is_revised,
        [
            minute.steps::VARCHAR, minute.walking_source, minute.is_worn::VARCHAR, minute.has_heart_rate::VARCHAR,
            minute.recording_kind,
            list_intersect(minute.flags, ['future', 'not_on_foot', 'partly_active', 'run']).list_sort()::VARCHAR
        ] AS content
    FROM new.minute AS minute
    SEMI JOIN read USING (participant_id, local_date)
),
differing AS (
    SELECT
        participant_id,
        was.local_date AS old_date,
        is_.local_date AS new_date,
        was.source_file_id AS old_source_file_id,
        is_.source_file_id AS source_file_id,
        coalesce(is_.is_revised AND was.steps IS NOT NULL, false) AS is_correction,
        was.content IS DISTINCT FROM is_.content AS is_other_content,
        coalesce(was.local_date <> is_.local_date OR was.utc_offset_minutes <> is_.utc_offset_minutes, false)
            AS is_other_time
    FROM old_minute AS was
    FULL JOIN new_minute AS is_ USING (participant_id, minute_start)
),
judged AS (
    SELECT
        differing.*,
        unnest(list_filter(
            [
                CASE WHEN is_other_content THEN CASE
                    WHEN arrived.is_loaded AND is_correction THEN 'correction'
                    WHEN arrived.is_loaded THEN 'new_file'
                    WHEN lost.was_loaded THEN 'file_gone'
                    ELSE 'other'
                END END,
                CASE WHEN is_other_time THEN 'time_zone' END
            ],
            lambda cause: cause IS NOT NULL
        )) AS cause
    FROM differing
    LEFT JOIN file_change AS arrived
        ON arrived.participant_id = differing.participant_id
        AND arrived.source_file_id = differing.source_file_id
        AND arrived.is_loaded
    LEFT JOIN file_change AS lost
        ON lost.participant_id = differing.participant_id
        AND lost.source_file_id = differing.old_source_file_id
        AND lost.was_loaded
    WHERE is_other_content OR is_other_time
),
dated AS (
    SELECT *, unnest(list_distinct([old_date, new_date])) AS local_date
    FROM judged
)
SELECT
    dated.participant_id, dated.local_date, dated.cause,
    CASE WHEN dated.cause = 'file_gone' THEN dated.old_source_file_id ELSE dated.source_file_id END AS source_file_id,
    CASE WHEN dated.cause = 'correction' THEN dated.old_source_file_id END AS old_source_file_id,
    count(*) AS minutes
FROM dated
SEMI JOIN day USING (participant_id, local_date)
GROUP BY ALL
