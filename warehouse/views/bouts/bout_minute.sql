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
-- A minute of the future is in bouts, which count for no day. A minute is observed if it has steps or a track label; labels count only for rules of at most 60 steps/min. With
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
walking AS (
    -- the few minutes that some rule may count: nearly all that follows is about them
    SELECT
        participant_id,
        epoch_ms(minute_start) // 60000 AS i,
        steps,
        local_date,
        list_contains(flags, 'run') AS is_run,
        list_contains(flags, 'future') AS is_future,
        list_contains(flags, 'partly_active') AS is_partly_active
    FROM minute
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at
        AND minute.minute_start < touched.to_at
    -- most minutes hold no step, and are told by this alone
    WHERE minute_start >= getvariable('touched_from') AND minute_start < getvariable('touched_to')
        AND (steps > 0 OR walking_source IN ('gps', 'gps_run'))
        AND (steps >= (SELECT min(threshold_spm) FROM person_rule) OR steps IS NULL)
        AND NOT list_contains(flags, 'not_on_foot')
),
record AS (
    SELECT participant_id, min(epoch_ms(minute_start)) // 60000 AS first_i, max(epoch_ms(minute_start)) // 60000 AS last_i
    FROM minute
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at
        AND minute.minute_start < touched.to_at
    WHERE minute_start >= getvariable('touched_from') AND minute_start < getvariable('touched_to')
        AND EXISTS (SELECT 1 FROM rule WHERE algorithm IN ('nci_8of10', 'window_share'))
    GROUP BY participant_id
),
observed AS (
    -- window rules need to know where the record was cut; no other rule looks at every minute
    SELECT
        participant_id,
        epoch_ms(minute_start) // 60000 AS i,
        steps IS NOT NULL AS has_steps
    FROM minute
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at
        AND minute.minute_start < touched.to_at
    WHERE minute_start >= getvariable('touched_from') AND minute_start < getvariable('touched_to')
        AND walking_source IS NOT NULL
        AND EXISTS (SELECT 1 FROM rule WHERE algorithm IN ('nci_8of10', 'window_share') AND missing = 'break')
),
numbered AS (
    -- constant over consecutive minutes: the minute number grows as fast as the count
    SELECT true AS gps_counts, participant_id, i, i - row_number() OVER (PARTITION BY participant_id ORDER BY i) AS run
    FROM observed
    UNION ALL
    SELECT false AS gps_counts, participant_id, i, i - row_number() OVER (PARTITION BY participant_id ORDER BY i) AS run
    FROM observed
    WHERE has_steps
),
piece AS (
    SELECT participant_id, gps_counts, min(i) AS first_i, max(i) AS last_i
    FROM numbered
    GROUP BY participant_id, gps_counts, run
),
qualifying AS (
    SELECT
        rule.bout_rule_id, rule.algorithm, rule.min_minutes, rule.min_share, rule.missing, rule.gps_counts,
        CASE rule.algorithm WHEN 'strict' THEN 0 ELSE rule.max_gap_minutes END AS max_gap_minutes,
        walking.participant_id, walking.i, walking.steps, walking.local_date, walking.is_run, walking.is_future
    FROM walking
    JOIN person_rule AS rule
        ON rule.participant_id = walking.participant_id
        AND (walking.steps >= rule.threshold_spm OR (walking.steps IS NULL AND rule.gps_counts))
        AND NOT (walking.is_partly_active AND rule.partly_active = 'exclude')
),
link AS (
    SELECT *, i - lag(i) OVER (PARTITION BY bout_rule_id, participant_id ORDER BY i) - 1 AS pause
    FROM qualifying
),
pause_minute AS (
    SELECT bout_rule_id, participant_id, gps_counts, i AS until_i, unnest(range(i - pause, i)) AS i
    FROM link
    WHERE pause BETWEEN 1 AND max_gap_minutes
),
seen AS (
    -- what the grid says of minutes in pauses; one without a row there was not observed
    SELECT
        minute.participant_id,
        epoch_ms(minute.minute_start) // 60000 AS i,
        minute.steps,
        minute.walking_source,
        minute.local_date,
        list_contains(minute.flags, 'run') AS is_run,
        list_contains(minute.flags, 'future') AS is_future
    FROM minute
    SEMI JOIN touched
        ON minute.participant_id = touched.participant_id
        AND minute.minute_start >= touched.from_at
        AND minute.minute_start < touched.to_at
    SEMI JOIN (SELECT participant_id, make_timestamptz(i * 60000000) AS minute_start FROM pause_minute) AS pause
        ON pause.participant_id = minute.participant_id AND pause.minute_start = minute.minute_start
    WHERE minute.minute_start >= getvariable('touched_from') AND minute.minute_start < getvariable('touched_to')
),
whole_pause AS (
    -- pauses in which every minute was observed
    SELECT pause_minute.bout_rule_id, pause_minute.participant_id, pause_minute.until_i AS i
    FROM pause_minute
    LEFT JOIN seen USING (participant_id, i)
    GROUP BY pause_minute.bout_rule_id, pause_minute.participant_id, pause_minute.until_i
    HAVING bool_and(CASE WHEN pause_minute.gps_counts THEN seen.walking_source IS NOT NULL ELSE seen.steps IS NOT NULL END)
),
chain AS (
    -- qualifying minutes joined over tolerated pauses: what every algorithm starts from
    SELECT
        link.*,
        sum(CASE
            WHEN link.pause IS NULL
                OR link.pause > link.max_gap_minutes
                OR (link.pause > 0 AND link.missing = 'break' AND whole_pause.i IS NULL) THEN 1 ELSE 0
        END) OVER (
            PARTITION BY link.bout_rule_id, link.participant_id ORDER BY link.i ROWS UNBOUNDED PRECEDING
        ) AS chain
    FROM link
    LEFT JOIN whole_pause USING (bout_rule_id, participant_id, i)
),
merged AS (
    SELECT bout_rule_id, participant_id, min(i) AS start_i, max(i) + 1 AS end_i
    FROM chain
    WHERE algorithm IN ('strict', 'gap_merge')
    GROUP BY bout_rule_id, participant_id, chain, min_minutes
    HAVING count(*) >= min_minutes
),
bounded AS (
    -- a window lies wholly inside the record, or inside its piece
    SELECT
        chain.bout_rule_id, chain.algorithm, chain.participant_id, chain.chain, chain.i, chain.pause,
        chain.min_minutes, chain.max_gap_minutes, chain.min_share,
        CASE chain.missing WHEN 'break' THEN piece.first_i ELSE record.first_i END AS first_i,
        CASE chain.missing WHEN 'break' THEN piece.last_i ELSE record.last_i END AS last_i
    FROM chain
    JOIN record USING (participant_id)
    ASOF LEFT JOIN piece
        ON piece.participant_id = chain.participant_id
        AND piece.gps_counts = chain.gps_counts
        AND chain.i >= piece.first_i
    WHERE chain.algorithm IN ('nci_8of10', 'window_share')
),
opener AS (
    SELECT
        *,
        i + min_minutes - 1 <= last_i AND min_minutes - count(*) OVER (
            PARTITION BY bout_rule_id, participant_id, first_i, min_minutes ORDER BY i
            RANGE BETWEEN CURRENT ROW AND (min_minutes - 1) FOLLOWING
        ) <= max_gap_minutes AS opens
    FROM bounded
    WHERE algorithm = 'nci_8of10'
),
modified AS (
    SELECT bout_rule_id, participant_id, min(i) FILTER (WHERE opens) AS start_i, max(i) + 1 AS end_i
    FROM opener
    GROUP BY bout_rule_id, participant_id, first_i, chain
    HAVING bool_or(opens)
),
window_ AS (
    -- a window may begin with at most max_gap_minutes that fail: each is named by its first minute that does not
    SELECT
        bout_rule_id, participant_id, first_i, min_minutes, i AS first_q,
        max(i) OVER inside_window AS last_q,
        i - lead_minutes + min_minutes AS window_end,
        max_gap_minutes,
        -- 0.56 x 25 is a little more than 14 in binary
        count(*) OVER inside_window + 1e-9 >= min_share * min_minutes
            -- one chain: no pause inside is too long
            AND max(chain) OVER inside_window = chain
            AND coalesce(pause >= lead_minutes, true)
            AND i - lead_minutes >= first_i
            AND i - lead_minutes + min_minutes - 1 <= last_i AS is_good
    FROM bounded, unnest(range(0, least(max_gap_minutes, min_minutes - 1) + 1)) AS lead(lead_minutes)
    WHERE algorithm = 'window_share'
    WINDOW inside_window AS (
        PARTITION BY bout_rule_id, participant_id, first_i, lead_minutes ORDER BY i
        RANGE BETWEEN CURRENT ROW AND (min_minutes - 1 - lead_minutes) FOLLOWING
    )
),
filled AS (
    -- the same minutes may fill several windows
    SELECT DISTINCT bout_rule_id, participant_id, first_i, min_minutes, first_q, last_q
    FROM window_
    -- nor is the pause after its last minute that qualifies too long
    WHERE is_good AND window_end - 1 - last_q <= max_gap_minutes
),
joined AS (
    SELECT
        *,
        coalesce(first_q > max(last_q) OVER (
            PARTITION BY bout_rule_id, participant_id, first_i ORDER BY first_q, last_q
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) + 1, true) AS opens_union
    FROM filled
),
unioned AS (
    SELECT
        *,
        sum(opens_union::INTEGER) OVER (
            PARTITION BY bout_rule_id, participant_id, first_i ORDER BY first_q, last_q ROWS UNBOUNDED PRECEDING
        ) AS union_number
    FROM joined
),
shared AS (
    SELECT bout_rule_id, participant_id, min(first_q) AS start_i, max(last_q) + 1 AS end_i
    FROM unioned
    GROUP BY bout_rule_id, participant_id, first_i, union_number, min_minutes
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
),
known AS (
    SELECT
        inside.bout_rule_id, inside.participant_id, inside.start_i, inside.end_i, inside.i,
        coalesce(qualifying.local_date, seen.local_date) AS local_date,
        coalesce(qualifying.steps, seen.steps) AS steps,
        qualifying.i IS NOT NULL AS is_qualifying,
        coalesce(qualifying.is_run, seen.is_run, false) AS is_run,
        coalesce(qualifying.is_future, seen.is_future, false) AS is_future
    FROM inside
    LEFT JOIN qualifying USING (bout_rule_id, participant_id, i)
    LEFT JOIN seen ON seen.participant_id = inside.participant_id AND seen.i = inside.i
),
unseen AS (
    -- an unobserved minute inside a bout (as_gap) may have no row in the grid
    SELECT
        known.bout_rule_id, known.participant_id, known.i,
        (timezone('UTC', make_timestamptz(known.i * 60000000)) + to_minutes(offset_period.utc_offset_minutes))::DATE
            AS local_date
    FROM known
    ASOF JOIN study.offset_period AS offset_period
        ON offset_period.participant_id = known.participant_id
        AND make_timestamptz(known.i * 60000000) >= offset_period.from_utc
    WHERE known.local_date IS NULL
)
SELECT
    known.bout_rule_id,
    known.participant_id,
    make_timestamptz(known.i * 60000000) AS minute_start,
    make_timestamptz(known.start_i * 60000000) AS bout_start,
    make_timestamptz(known.end_i * 60000000) AS bout_end,
    coalesce(known.local_date, unseen.local_date) AS local_date,
    known.steps,
    known.is_qualifying,
    known.is_run,
    known.is_future
FROM known
LEFT JOIN unseen USING (bout_rule_id, participant_id, i)
