-- Worn minutes per date under each wear rule in use.
-- One row per wear_rule_id, participant_id, local_date. Private.
-- coverage: worn = observed. zeros: not worn = zero_run_minutes or more consecutive zero minutes. choi: the same with
-- spikes of at most 2 minutes passed over when the 30 minutes on both sides are zero. heart_rate: worn = a heart rate
-- sample. A protocol's wear rule acts here only; which source a minute comes from never depends on it.
-- Source: Troiano 2008; Choi 2011 (90/30/2, without the R package's treatment of edges); RAPIDS for heart rate.
WITH rule AS (
    -- rules that differ in the minutes of a valid day alone judge each minute alike
    SELECT
        list(wear_rule_id) AS wear_rule_ids, min(wear_rule_id) AS wear_rule_id,
        method, coalesce(zero_run_minutes, 90) AS zero_run_minutes,
        split_part(day_from, ':', 1)::INTEGER * 60 + split_part(day_from, ':', 2)::INTEGER AS from_clock,
        split_part(day_to, ':', 1)::INTEGER * 60 + split_part(day_to, ':', 2)::INTEGER AS to_clock
    FROM study.wear_rule
    WHERE wear_rule_id IN (SELECT wear_rule_id FROM study.protocol WHERE is_listed)
    GROUP BY method, coalesce(zero_run_minutes, 90), from_clock, to_clock
),
grid AS (
    SELECT
        participant_id, local_date, steps, walking_source, has_heart_rate,
        epoch_ms(minute_start) // 60000 AS i,
        (epoch_ms(minute_start) // 60000 + utc_offset_minutes) % 1440 AS clock_minute
    FROM minute
    SEMI JOIN touched USING (participant_id)
    WHERE NOT list_contains(flags, 'future')
),
turn AS (
    SELECT
        participant_id, i, steps = 0 AS is_zero,
        coalesce(
            i - lag(i) OVER in_time <> 1 OR (steps = 0) <> lag(steps = 0) OVER in_time, true
        ) AS opens_run,
        coalesce(i - lag(i) OVER in_time <> 1, true) AS opens_piece
    FROM grid
    WHERE steps IS NOT NULL AND EXISTS (SELECT 1 FROM rule WHERE method IN ('zeros', 'choi'))
    WINDOW in_time AS (PARTITION BY participant_id ORDER BY i)
),
numbered AS (
    SELECT
        participant_id, i, is_zero,
        count(*) FILTER (WHERE opens_run) OVER so_far AS run,
        count(*) FILTER (WHERE opens_piece) OVER so_far AS piece
    FROM turn
    WINDOW so_far AS (PARTITION BY participant_id ORDER BY i ROWS UNBOUNDED PRECEDING)
),
run AS (
    SELECT
        participant_id, piece, run, any_value(is_zero) AS is_zero, min(i) AS start_i, max(i) + 1 AS end_i,
        count(*) AS minutes
    FROM numbered
    GROUP BY participant_id, piece, run
),
neighbour AS (
    SELECT
        *,
        NOT is_zero AND minutes <= 2
            AND coalesce(lag(minutes) OVER in_piece >= 30, false)
            AND coalesce(lead(minutes) OVER in_piece >= 30, false) AS is_spike
    FROM run
    WINDOW in_piece AS (PARTITION BY participant_id, piece ORDER BY run)
),
quiet AS (
    -- zero runs as they are for method zeros, joined over spikes for method choi
    SELECT
        rule.wear_rule_id, rule.zero_run_minutes, neighbour.participant_id, neighbour.piece,
        neighbour.start_i, neighbour.end_i, neighbour.is_zero,
        count(*) FILTER (
            WHERE NOT neighbour.is_zero AND NOT (rule.method = 'choi' AND neighbour.is_spike)
        ) OVER (
            PARTITION BY rule.wear_rule_id, neighbour.participant_id, neighbour.piece ORDER BY neighbour.run
            ROWS UNBOUNDED PRECEDING
        ) AS stretch,
        neighbour.is_zero OR (rule.method = 'choi' AND neighbour.is_spike) AS is_quiet
    FROM neighbour
    JOIN rule ON rule.method IN ('zeros', 'choi')
),
not_worn AS (
    SELECT wear_rule_id, participant_id, min(start_i) AS start_i, max(end_i) AS end_i
    FROM quiet
    WHERE is_quiet
    GROUP BY wear_rule_id, participant_id, piece, stretch, zero_run_minutes
    HAVING max(end_i) - min(start_i) >= zero_run_minutes
),
not_worn_minute AS (
    SELECT wear_rule_id, participant_id, unnest(range(start_i, end_i)) AS i
    FROM not_worn
),
worn AS (
    SELECT
        rule.wear_rule_id,
        grid.participant_id,
        grid.local_date,
        grid.clock_minute >= rule.from_clock AND grid.clock_minute < rule.to_clock AS is_in_window,
        grid.walking_source IS NOT NULL AS is_observed,
        grid.steps IS NULL AS is_track_only,
        CASE rule.method
            WHEN 'heart_rate' THEN grid.has_heart_rate
            ELSE grid.walking_source IS NOT NULL AND not_worn_minute.i IS NULL
        END AS is_worn
    FROM grid
    CROSS JOIN rule
    LEFT JOIN not_worn_minute
        ON not_worn_minute.wear_rule_id = rule.wear_rule_id
        AND not_worn_minute.participant_id = grid.participant_id
        AND not_worn_minute.i = grid.i
),
day AS (
    SELECT
        wear_rule_id,
        participant_id,
        local_date,
        count(*) FILTER (WHERE is_worn)::INTEGER AS wear_minutes,
        count(*) FILTER (WHERE is_worn AND is_observed AND is_in_window)::INTEGER AS window_observed_minutes,
        -- rules above 60 steps/min cannot see these
        count(*) FILTER (
            WHERE is_worn AND is_observed AND is_in_window AND is_track_only
        )::INTEGER AS window_track_minutes
    FROM worn
    GROUP BY wear_rule_id, participant_id, local_date
)
SELECT
    unnest(rule.wear_rule_ids) AS wear_rule_id,
    day.participant_id,
    day.local_date,
    day.wear_minutes,
    day.window_observed_minutes,
    day.window_track_minutes
FROM day
JOIN rule USING (wear_rule_id)
