"""What every part of the question behind a week starts from, as common table expressions."""

#: Shared beginning: the week's row, its days, its minutes, its bouts minute by minute.
GROUND = """
WITH week AS (
    SELECT *
    FROM participant_week
    WHERE participant_id = $participant AND protocol_id = $protocol AND week_number = $week
),
span AS (
    -- decides which rows and files stand beside the week, where an hour at a border is no matter: minutes have their dates
    SELECT
        timezone(coalesce(first_day.time_zone, participant.time_zone), week.week_start::TIMESTAMP) AS since,
        timezone(coalesce(last_day.time_zone, participant.time_zone), (week.week_end + 1)::TIMESTAMP) AS until
    FROM week
    JOIN participant USING (participant_id)
    LEFT JOIN participant_day AS first_day
        ON first_day.participant_id = week.participant_id AND first_day.protocol_id = week.protocol_id
        AND first_day.local_date = week.week_start
    LEFT JOIN participant_day AS last_day
        ON last_day.participant_id = week.participant_id AND last_day.protocol_id = week.protocol_id
        AND last_day.local_date = week.week_end
),
rule AS (
    SELECT
        bout_rule.*,
        protocol.running,
        bout_rule.cadence_scale = 'absolute' AND bout_rule.min_cadence_spm <= 60 AS gps_counts,
        CASE
            WHEN bout_rule.cadence_scale = 'age' THEN coalesce(age_cadence.min_cadence_spm, bout_rule.min_cadence_spm)
            ELSE bout_rule.min_cadence_spm
        END AS threshold_spm
    FROM protocol
    JOIN bout_rule USING (bout_rule_id)
    JOIN participant ON participant.participant_id = $participant
    LEFT JOIN age_cadence ON floor(participant.age_years) BETWEEN age_cadence.age_from AND age_cadence.age_to
    WHERE protocol.protocol_id = $protocol
),
border AS (
    SELECT min(minute_start) AS first_minute, max(minute_start) AS last_minute
    FROM minute
    WHERE participant_id = $participant
        AND local_date BETWEEN (SELECT week_start FROM week) AND (SELECT week_end FROM week)
),
bout AS (
    -- a bout that begins before the week, or ends after it, gives it some of its minutes
    SELECT walking_bout.*
    FROM walking_bout, border, rule
    WHERE walking_bout.participant_id = $participant
        AND walking_bout.bout_rule_id = rule.bout_rule_id
        AND bout_end > first_minute AND bout_start <= last_minute
),
grid AS MATERIALIZED (
    SELECT
        minute.minute_start, minute.local_date, minute.utc_offset_minutes, minute.steps, minute.walking_source,
        minute.device_id, minute.source_file_id, minute.recording_kind, minute.source_count,
        minute.steps_disagreement, minute.flags,
        minute.local_date BETWEEN week.week_start AND week.week_end AS is_in_week,
        list_contains(minute.flags, 'future') AS is_future,
        list_contains(minute.flags, 'run') AS is_run,
        -- as the bout rule judges a minute: by its steps, and by a track alone only where the rule takes one
        coalesce(
            minute.steps >= rule.threshold_spm
                OR (minute.steps IS NULL AND rule.gps_counts AND minute.walking_source IN ('gps', 'gps_run')),
            false
        ) AND NOT list_contains(minute.flags, 'not_on_foot')
            AND NOT (rule.partly_active = 'exclude' AND list_contains(minute.flags, 'partly_active')) AS is_qualifying
    FROM minute, week, rule
    WHERE minute.participant_id = $participant
        AND minute.minute_start >= least(
            (SELECT first_minute FROM border), (SELECT min(bout_start) FROM bout)
        )
        AND minute.minute_start <= greatest(
            (SELECT last_minute FROM border), (SELECT max(bout_end) FROM bout)
        )
),
inside AS (
    SELECT
        bout_start, bout_end,
        unnest(generate_series(bout_start, bout_end - INTERVAL 1 MINUTE, INTERVAL 1 MINUTE)) AS minute_start
    FROM bout
),
placed AS (
    -- a minute that nothing observed, inside a bout whose rule bears it, has no row: it keeps the offset before it
    SELECT
        inside.bout_start, inside.bout_end, inside.minute_start,
        last_value(grid.utc_offset_minutes IGNORE NULLS) OVER so_far AS utc_offset_minutes,
        grid.* EXCLUDE (minute_start, utc_offset_minutes)
    FROM inside
    LEFT JOIN grid USING (minute_start)
    WINDOW so_far AS (PARTITION BY inside.bout_start ORDER BY inside.minute_start ROWS UNBOUNDED PRECEDING)
),
walked AS (
    SELECT
        * EXCLUDE (local_date, is_qualifying, is_run, is_future),
        coalesce(
            local_date, (timezone('UTC', minute_start) + to_minutes(utc_offset_minutes))::DATE
        ) AS local_date,
        coalesce(is_qualifying, false) AS is_qualifying,
        coalesce(is_run, false) AS is_run,
        coalesce(is_future, false) AS is_future
    FROM placed
),
stretch AS (
    SELECT
        minute_start, local_date, utc_offset_minutes,
        epoch_ms(minute_start) // 60000 - row_number() OVER (PARTITION BY local_date ORDER BY minute_start) AS piece
    FROM grid
    WHERE is_in_week AND walking_source IS NOT NULL AND NOT is_future
),
turn AS (
    SELECT
        *,
        coalesce(
            {q: is_qualifying, s: walking_source, d: device_id, f: source_file_id, k: recording_kind, n: flags}
            IS DISTINCT FROM lag(
                {q: is_qualifying, s: walking_source, d: device_id, f: source_file_id, k: recording_kind, n: flags}
            ) OVER in_time,
            true
        ) AS opens
    FROM walked
    WINDOW in_time AS (PARTITION BY bout_start, local_date ORDER BY minute_start)
),
numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE opens) OVER (
            PARTITION BY bout_start, local_date ORDER BY minute_start ROWS UNBOUNDED PRECEDING
        ) AS range_number
    FROM turn
),
left_out AS (
    -- what belongs to single minutes begins at one of them; rows and totals only say from when to when
    SELECT
        exclusion.what, exclusion.reason, exclusion.device_id, exclusion.source_file_id, grid.local_date,
        sum(exclusion.n)::BIGINT AS n, min(exclusion.first_at) AS first_at, max(exclusion.last_at) AS last_at,
        sum(try_cast(exclusion.value AS BIGINT))::BIGINT AS steps, NULL AS detail
    FROM exclusion
    JOIN grid ON grid.minute_start = exclusion.first_at AND grid.is_in_week
    WHERE exclusion.participant_id = $participant AND exclusion.what IN ('minute', 'minutes')
    GROUP BY ALL
    UNION ALL
    SELECT what, reason, device_id, source_file_id, NULL, n, first_at, last_at, NULL, value
    FROM exclusion
    WHERE participant_id = $participant AND what = 'rows'
        AND first_at < (SELECT until FROM span) AND last_at >= (SELECT since FROM span)
    UNION ALL
    -- the value of a total is that of the whole file: a day's own stands in steps_reported
    SELECT what, reason, device_id, source_file_id, NULL, n, first_at, last_at, NULL, NULL
    FROM exclusion
    WHERE participant_id = $participant AND what = 'total'
        AND first_at < (SELECT until FROM span) AND last_at > (SELECT since FROM span)
),
file_minutes AS (
    SELECT source_file_id, count(*) FILTER (WHERE walking_source IS NOT NULL AND NOT is_future) AS minutes
    FROM grid
    WHERE is_in_week
    GROUP BY source_file_id
),
theirs AS (
    SELECT source_file_id, list_sort(list(DISTINCT kind)) AS kinds, list_sort(list(DISTINCT device_id)) AS devices
    FROM participant_file
    WHERE participant_id = $participant AND state = 'loaded'
        AND first_at < (SELECT until FROM span) AND last_at > (SELECT since FROM span)
    GROUP BY source_file_id
)
"""
