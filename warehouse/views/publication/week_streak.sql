-- Runs of adherent weeks, and the weeks in which adherence began, held for four weeks, and lapsed.
-- One row per participant_id, protocol_id with a finished week that counts. Private.
-- Weeks follow each other in the order of those that count: ineligible and running weeks neither break a run nor add to it.
-- A run of yes weeks is certain; a run of yes and unknown weeks is possible.
-- Streaks: lo is the certain one, hi the possible one. Weeks of an event: the true week lies between lo and hi; lo = the
-- earliest possible one (NULL = cannot have happened so far), hi = the week by which it has certainly happened (NULL = not
-- certain). sustained = the last of four weeks in a row; lapsed = the first no week after a sustained run.
-- Source: bouts guide, section 10, item 10 (streaks, time to first and sustained 4-week adherence, time to lapse).
WITH numbered AS (
    SELECT
        participant_id, protocol_id, week_number, answer,
        row_number() OVER (PARTITION BY participant_id, protocol_id ORDER BY week_number) AS n
    FROM week_answer
    SEMI JOIN touched USING (participant_id)
    WHERE is_final
),
run AS (
    SELECT
        *,
        n - coalesce(max(n) FILTER (WHERE answer <> 'yes') OVER so_far, 0) AS certain_run,
        n - coalesce(max(n) FILTER (WHERE answer = 'no') OVER so_far, 0) AS possible_run
    FROM numbered
    WINDOW so_far AS (PARTITION BY participant_id, protocol_id ORDER BY n ROWS UNBOUNDED PRECEDING)
),
reached AS (
    SELECT
        participant_id,
        protocol_id,
        arg_max(certain_run, n)::INTEGER AS current_streak_lo,
        arg_max(possible_run, n)::INTEGER AS current_streak_hi,
        max(certain_run)::INTEGER AS longest_streak_lo,
        max(possible_run)::INTEGER AS longest_streak_hi,
        min(week_number) FILTER (WHERE possible_run >= 1) AS week_first_adherent_lo,
        min(week_number) FILTER (WHERE certain_run >= 1) AS week_first_adherent_hi,
        min(week_number) FILTER (WHERE possible_run >= 4) AS week_sustained_lo,
        min(week_number) FILTER (WHERE certain_run >= 4) AS week_sustained_hi
    FROM run
    GROUP BY participant_id, protocol_id
),
lapse AS (
    SELECT
        run.participant_id,
        run.protocol_id,
        min(run.week_number) FILTER (
            WHERE run.answer <> 'yes' AND run.week_number > reached.week_sustained_lo
        ) AS week_lapsed_lo,
        min(run.week_number) FILTER (
            WHERE run.answer = 'no' AND run.week_number > reached.week_sustained_hi
        ) AS week_lapsed_hi
    FROM run
    JOIN reached USING (participant_id, protocol_id)
    GROUP BY run.participant_id, run.protocol_id
)
SELECT
    participant_id, protocol_id,
    reached.current_streak_lo, reached.current_streak_hi, reached.longest_streak_lo, reached.longest_streak_hi,
    reached.week_first_adherent_lo, reached.week_first_adherent_hi,
    reached.week_sustained_lo, reached.week_sustained_hi,
    lapse.week_lapsed_lo, lapse.week_lapsed_hi
FROM reached
JOIN lapse USING (participant_id, protocol_id)
