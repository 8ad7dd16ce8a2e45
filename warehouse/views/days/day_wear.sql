-- Worn minutes per date under each wear rule in use.
-- One row per wear_rule_id, participant_id, local_date. Private.
-- coverage: worn = observed. zeros: not worn = zero_run_minutes or more consecutive zero minutes, passing over spikes: runs of
-- at most spike_minutes that are not zero, of at most spike_steps each, between flank_minutes zeros. Of method zeros no spike
-- passes unless the rule says so; choi passes 2 minutes of any height between 30 zeros. heart_rate: worn = a heart rate
-- sample. A protocol's wear rule acts here only; which source a minute comes from never depends on it.
-- Source: Troiano 2008; Choi 2011 (90/30/2, without the R package's treatment of edges); RAPIDS for heart rate.
WITH rule AS (
    -- rules that differ in the minutes of a valid day alone judge each minute alike
    SELECT
        list(wear_rule_id) AS wear_rule_ids, min(wear_rule_id) AS wear_rule_id,
        method, coalesce(zero_run_minutes, 90) AS zero_run_minutes,
        coalesce(spike_minutes, CASE method WHEN 'choi' THEN 2 ELSE 0 END) AS most_minutes,
        spike_steps,
        coalesce(flank_minutes, CASE method WHEN 'choi' THEN 30 ELSE 1 END) AS least_flank,
        split_part(day_from, ':', 1)::INTEGER * 60 + split_part(day_from, ':', 2)::INTEGER AS from_clock,
        split_part(day_to, ':', 1)::INTEGER * 60 + split_part(day_to, ':', 2)::INTEGER AS to_clock
    FROM study.wear_rule
    WHERE wear_rule_id IN (SELECT wear_rule_id FROM study.protocol WHERE is_listed)
    GROUP BY ALL
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
        participant_id, i, steps, steps = 0 AS is_zero,
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
        participant_id, i, steps, is_zero,
        sum(opens_run::INTEGER) OVER so_far AS run,
        sum(opens_piece::INTEGER) OVER so_far AS piece
    FROM turn
    WINDOW so_far AS (PARTITION BY participant_id ORDER BY i ROWS UNBOUNDED PRECEDING)
),
run AS (
    SELECT
        participant_id, piece, run, any_value(is_zero) AS is_zero, min(i) AS start_i, max(i) + 1 AS end_i,
        count(*) AS minutes, max(steps) AS most_steps
    FROM numbered
    GROUP BY participant_id, piece, run
),
neighbour AS (
    SELECT
        *,
        -- zeros on the shorter side; the run before and after one that is not zero is one of zeros
        CASE
            WHEN lag(minutes) OVER in_piece IS NOT NULL AND lead(minutes) OVER in_piece IS NOT NULL
                THEN least(lag(minutes) OVER in_piece, lead(minutes) OVER in_piece)
            ELSE 0
        END AS flank_minutes
    FROM run
    WINDOW in_piece AS (PARTITION BY participant_id, piece ORDER BY run)
),
judged AS (
    SELECT
        rule.wear_rule_id, rule.zero_run_minutes, neighbour.participant_id, neighbour.piece, neighbour.run,
        neighbour.start_i, neighbour.end_i,
        neighbour.is_zero OR (
            neighbour.minutes <= rule.most_minutes
            AND neighbour.flank_minutes >= rule.least_flank
            AND coalesce(neighbour.most_steps <= rule.spike_steps, true)
        ) AS is_quiet
    FROM neighbour
    JOIN rule ON rule.method IN ('zeros', 'choi')
),
quiet AS (
    -- zero runs joined over the spikes that pass
    SELECT
        *,
        sum((NOT is_quiet)::INTEGER) OVER (
            PARTITION BY wear_rule_id, participant_id, piece ORDER BY run ROWS UNBOUNDED PRECEDING
        ) AS stretch
    FROM judged
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
