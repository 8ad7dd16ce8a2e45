-- Every minute inside every bout, under every rule in use. This file holds the bout algorithms.
-- One row per bout_rule_id, participant_id, minute_start. Private: walking_bout and the daily minutes are sums of it.
--
-- strict:       maximal runs of qualifying minutes, kept from min_minutes of span.
-- gap_merge:    runs joined while the pause between them is at most max_gap_minutes; kept from min_minutes qualifying ones.
-- nci_8of10:    a bout may open at a qualifying minute if at most max_gap_minutes of the min_minutes from it fail; it ends
--               before max_gap_minutes + 1 consecutive failures, on its last qualifying minute.
-- window_share: union of windows of min_minutes in which at least min_share qualifies and no pause is longer than
--               max_gap_minutes, each trimmed to its qualifying minutes; kept from min_minutes of span. So read, the rule
--               equals the documented one on every oracle case, and a lone shorter run is no bout.
--
-- A minute is observed if it has steps or a track label; labels count only for rules of at most 60 steps/min. With
-- missing = break the record is cut at every unobserved minute and the rule runs in each piece; with as_gap an unobserved
-- minute is one that does not qualify. A window lies wholly inside the record. Detection is in UTC, before any midnight.
-- Source: bouts guide, sections 3.1 to 3.4 (accelerometry, mobgap, GGIR as documented); architecture definition 9.
WITH rule AS (
    SELECT
        bout_rule_id, algorithm, min_cadence_spm, min_minutes, max_gap_minutes, min_share, missing, cadence_scale,
        partly_active, cadence_scale = 'absolute' AND min_cadence_spm <= 60 AS gps_counts
    FROM study.bout_rule
    WHERE bout_rule_id IN (SELECT bout_rule_id FROM study.protocol WHERE is_listed)
),
person AS (
    SELECT participant.participant_id, age_cadence.min_cadence_spm
    FROM study.participant AS participant
    SEMI JOIN touched ON participant.participant_id = touched.participant_id
    LEFT JOIN study.age_cadence AS age_cadence
        ON floor(participant.age_years) BETWEEN age_cadence.age_from AND age_cadence.age_to
),
person_rule AS (
    SELECT
        rule.*,
        person.participant_id,
        CASE
            WHEN rule.cadence_scale = 'age' THEN coalesce(person.min_cadence_spm, rule.min_cadence_spm)
            ELSE rule.min_cadence_spm
        END AS threshold_spm
    FROM rule
    CROSS JOIN person
),
grid AS (
    SELECT
        participant_id,
        epoch_ms(minute_start) // 60000 AS i,
        steps,
        walking_source,
        list_contains(flags, 'not_on_foot') AS is_not_on_foot,
        list_contains(flags, 'run') AS is_run,
        list_contains(flags, 'partly_active') AS is_partly_active,
        list_contains(flags, 'future') AS is_future,
        local_date
    FROM minute
    SEMI JOIN touched USING (participant_id)
),
piece AS (
    -- constant over consecutive observed minutes: the minute number grows as fast as the count of observed ones
    SELECT
        *,
        i - count(steps) OVER so_far AS steps_piece,
        i - count(walking_source) OVER so_far AS any_piece
    FROM grid
    WINDOW so_far AS (PARTITION BY participant_id ORDER BY i ROWS UNBOUNDED PRECEDING)
),
record AS (
    SELECT participant_id, min(i) AS first_i, max(i) AS last_i
    FROM grid
    GROUP BY participant_id
),
piece_end AS (
    SELECT participant_id, true AS gps_counts, any_piece AS segment, min(i) AS first_i, max(i) AS last_i
    FROM piece
    WHERE walking_source IS NOT NULL
    GROUP BY participant_id, any_piece
    UNION ALL
    SELECT participant_id, false AS gps_counts, steps_piece AS segment, min(i) AS first_i, max(i) AS last_i
    FROM piece
    WHERE steps IS NOT NULL
    GROUP BY participant_id, steps_piece
),
walking AS (
    -- the few minutes that some rule may count: all that follows is about them
    SELECT *
    FROM piece
    WHERE NOT is_not_on_foot
        AND (
            steps >= (SELECT min(threshold_spm) FROM person_rule)
            OR (steps IS NULL AND walking_source IN ('gps', 'gps_run'))
        )
),
qualifying AS (
    SELECT
        rule.bout_rule_id, rule.algorithm, rule.min_minutes, rule.max_gap_minutes, rule.min_share, rule.missing,
        rule.gps_counts,
        piece.participant_id,
        piece.i,
        CASE
            WHEN rule.missing = 'as_gap' THEN 0
            WHEN rule.gps_counts THEN piece.any_piece
            ELSE piece.steps_piece
        END AS segment
    FROM walking AS piece
    JOIN person_rule AS rule
        ON rule.participant_id = piece.participant_id
        AND (
            piece.steps >= rule.threshold_spm
            OR (piece.steps IS NULL AND piece.walking_source IN ('gps', 'gps_run') AND rule.gps_counts)
        )
        AND NOT (piece.is_partly_active AND rule.partly_active = 'exclude')
),
link AS (
    SELECT
        *,
        coalesce(
            i - lag(i) OVER here - 1 > CASE algorithm WHEN 'strict' THEN 0 ELSE max_gap_minutes END, true
        ) AS opens_chain
    FROM qualifying
    WINDOW here AS (PARTITION BY bout_rule_id, participant_id, segment ORDER BY i)
),
chain AS (
    -- qualifying minutes joined over tolerated pauses: what every algorithm starts from
    SELECT
        *,
        count(*) FILTER (WHERE opens_chain) OVER (
            PARTITION BY bout_rule_id, participant_id, segment ORDER BY i ROWS UNBOUNDED PRECEDING
        ) AS chain
    FROM link
),
merged AS (
    SELECT bout_rule_id, participant_id, min(i) AS start_i, max(i) + 1 AS end_i
    FROM chain
    WHERE algorithm IN ('strict', 'gap_merge')
    GROUP BY bout_rule_id, participant_id, segment, chain, min_minutes
    HAVING count(*) >= min_minutes
),
bounded AS (
    -- window rules need to know where the record, or its piece, begins and ends
    SELECT
        chain.bout_rule_id, chain.algorithm, chain.participant_id, chain.segment, chain.chain, chain.i,
        chain.min_minutes, chain.max_gap_minutes, chain.min_share,
        coalesce(piece_end.first_i, record.first_i) AS first_i,
        coalesce(piece_end.last_i, record.last_i) AS last_i
    FROM chain
    JOIN record USING (participant_id)
    LEFT JOIN piece_end
        ON chain.missing = 'break'
        AND piece_end.participant_id = chain.participant_id
        AND piece_end.gps_counts = chain.gps_counts
        AND piece_end.segment = chain.segment
    WHERE chain.algorithm IN ('nci_8of10', 'window_share')
),
opener AS (
    SELECT
        *,
        i + min_minutes - 1 <= last_i AND min_minutes - count(*) OVER (
            PARTITION BY bout_rule_id, participant_id, segment, min_minutes ORDER BY i
            RANGE BETWEEN CURRENT ROW AND (min_minutes - 1) FOLLOWING
        ) <= max_gap_minutes AS opens
    FROM bounded
    WHERE algorithm = 'nci_8of10'
),
modified AS (
    SELECT bout_rule_id, participant_id, min(i) FILTER (WHERE opens) AS start_i, max(i) + 1 AS end_i
    FROM opener
    GROUP BY bout_rule_id, participant_id, segment, chain
    HAVING bool_or(opens)
),
window_ AS (
    -- a window may begin with at most max_gap_minutes that fail, so its start is near a qualifying minute
    SELECT DISTINCT
        bout_rule_id, participant_id, segment, min_minutes, max_gap_minutes, min_share,
        i - lead_minutes AS window_start
    FROM bounded, unnest(range(0, max_gap_minutes + 1)) AS lead(lead_minutes)
    WHERE algorithm = 'window_share'
        AND i - lead_minutes >= first_i
        AND i - lead_minutes + min_minutes - 1 <= last_i
),
filled AS (
    SELECT
        window_.bout_rule_id, window_.participant_id, window_.segment, window_.window_start,
        any_value(window_.min_minutes) AS min_minutes,
        min(bounded.i) AS first_q,
        max(bounded.i) AS last_q
    FROM window_
    JOIN bounded
        ON bounded.bout_rule_id = window_.bout_rule_id
        AND bounded.participant_id = window_.participant_id
        AND bounded.segment = window_.segment
        AND bounded.i BETWEEN window_.window_start AND window_.window_start + window_.min_minutes - 1
    GROUP BY
        window_.bout_rule_id, window_.participant_id, window_.segment, window_.window_start,
        window_.min_minutes, window_.max_gap_minutes, window_.min_share
    -- 0.56 x 25 is a little more than 14 in binary
    HAVING count(*) + 1e-9 >= window_.min_share * window_.min_minutes
        -- one chain: no pause inside is too long; nor is the one before the first or after the last
        AND count(DISTINCT bounded.chain) = 1
        AND min(bounded.i) - window_.window_start <= window_.max_gap_minutes
        AND window_.window_start + window_.min_minutes - 1 - max(bounded.i) <= window_.max_gap_minutes
),
joined AS (
    SELECT
        *,
        coalesce(first_q > max(last_q) OVER (
            PARTITION BY bout_rule_id, participant_id, segment ORDER BY first_q, last_q
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) + 1, true) AS opens_union
    FROM filled
),
unioned AS (
    SELECT
        *,
        count(*) FILTER (WHERE opens_union) OVER (
            PARTITION BY bout_rule_id, participant_id, segment ORDER BY first_q, last_q ROWS UNBOUNDED PRECEDING
        ) AS union_number
    FROM joined
),
shared AS (
    SELECT bout_rule_id, participant_id, min(first_q) AS start_i, max(last_q) + 1 AS end_i
    FROM unioned
    GROUP BY bout_rule_id, participant_id, segment, union_number, min_minutes
    HAVING max(last_q) + 1 - min(first_q) >= min_minutes
),
bout AS (
    SELECT bout_rule_id, participant_id, start_i, end_i FROM merged
    UNION ALL
    SELECT bout_rule_id, participant_id, start_i, end_i FROM modified
    UNION ALL
    SELECT bout_rule_id, participant_id, start_i, end_i FROM shared
),
inside AS (
    SELECT bout_rule_id, participant_id, start_i, end_i, unnest(range(start_i, end_i)) AS i
    FROM bout
)
SELECT
    inside.bout_rule_id,
    inside.participant_id,
    make_timestamptz(inside.i * 60000000) AS minute_start,
    make_timestamptz(inside.start_i * 60000000) AS bout_start,
    make_timestamptz(inside.end_i * 60000000) AS bout_end,
    -- an unobserved minute inside a bout (as_gap) has no row in the grid
    coalesce(
        grid.local_date,
        (timezone('UTC', make_timestamptz(inside.i * 60000000)) + to_minutes(offset_period.utc_offset_minutes))::DATE
    ) AS local_date,
    grid.steps,
    qualifying.i IS NOT NULL AS is_qualifying,
    coalesce(grid.is_run, false) AS is_run,
    coalesce(grid.is_future, false) AS is_future
FROM inside
LEFT JOIN grid USING (participant_id, i)
LEFT JOIN qualifying
    ON qualifying.bout_rule_id = inside.bout_rule_id
    AND qualifying.participant_id = inside.participant_id
    AND qualifying.i = inside.i
ASOF JOIN study.offset_period AS offset_period
    ON offset_period.participant_id = inside.participant_id
    AND make_timestamptz(inside.i * 60000000) >= offset_period.from_utc
