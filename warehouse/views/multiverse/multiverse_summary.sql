-- How the answers of all weeks move with the definition.
-- One row per universe_id and arm; arm NULL = everybody, and the row of a study without arms.
-- Shares are bounds: no share of resolved weeks alone is shown. Counted are finished weeks, as in participant_summary: those
-- that are over, and the last one of somebody whose follow-up is. Every universe has the same ones.
-- Source: bouts guide, sections 8 and 10.
--
-- Columns
--   universe_id: a row of universe
--   protocol_id: the protocol that is varied
--   is_protocol: true = the protocol's own definition
--   min_cadence_spm: steps in a minute from which it qualifies
--   max_gap_minutes: pause that a bout survives (nci_8of10: minutes that may fail)
--   valid_day_minutes: observed and worn minutes inside the window that make a day valid
--   partly_active: count or exclude minutes whose device was active below 90 % of its interval
--   arm: trial arm; NULL = everybody
--   weeks: finished weeks that count
--   weeks_yes: weeks that were met
--   weeks_no: weeks that were not
--   weeks_unknown: weeks that nobody can judge
--   share_lo: weeks_yes / weeks
--   share_hi: (weeks_yes + weeks_unknown) / weeks
--   mean_dose_lo: mean of dose_score_lo
--   mean_dose_hi: mean of dose_score_hi
--   weeks_changed: weeks whose answer is not that of the protocol's own definition
--   weeks_reversed: of these, weeks that turn from yes to no or from no to yes
WITH week AS (
    SELECT universe_id, protocol_id, participant_id, week_number, arm, answer, dose_score_lo, dose_score_hi
    FROM multiverse
    WHERE answer IS NOT NULL AND NOT is_running
),
compared AS (
    SELECT
        universe.universe_id, week.arm, week.answer, week.dose_score_lo, week.dose_score_hi,
        own.answer AS own_answer
    FROM week
    JOIN universe USING (universe_id)
    LEFT JOIN multiverse AS own
        ON own.is_protocol
        AND own.protocol_id = week.protocol_id
        AND own.participant_id = week.participant_id
        AND own.week_number = week.week_number
),
counted AS (
    SELECT
        universe_id,
        arm,
        grouping(arm) AS is_everybody,
        count(*) AS weeks,
        count(*) FILTER (WHERE answer = 'yes') AS weeks_yes,
        count(*) FILTER (WHERE answer = 'no') AS weeks_no,
        count(*) FILTER (WHERE answer = 'unknown') AS weeks_unknown,
        list_avg(list_sort(list(dose_score_lo))) AS mean_dose_lo,
        list_avg(list_sort(list(dose_score_hi))) AS mean_dose_hi,
        count(*) FILTER (WHERE answer <> own_answer) AS weeks_changed,
        count(*) FILTER (WHERE answer <> own_answer AND 'unknown' NOT IN (answer, own_answer)) AS weeks_reversed
    FROM compared
    GROUP BY GROUPING SETS ((universe_id), (universe_id, arm))
)
SELECT
    counted.universe_id,
    universe.protocol_id,
    universe.is_protocol,
    universe.min_cadence_spm,
    universe.max_gap_minutes,
    universe.valid_day_minutes,
    universe.partly_active,
    counted.arm,
    counted.weeks,
    counted.weeks_yes,
    counted.weeks_no,
    counted.weeks_unknown,
    counted.weeks_yes / counted.weeks AS share_lo,
    (counted.weeks_yes + counted.weeks_unknown) / counted.weeks AS share_hi,
    counted.mean_dose_lo,
    counted.mean_dose_hi,
    counted.weeks_changed,
    counted.weeks_reversed
FROM counted
JOIN universe USING (universe_id)
-- an arm that is not given is nobody's arm: those weeks stand in the row of everybody only
WHERE counted.is_everybody = 1 OR counted.arm IS NOT NULL
ORDER BY counted.universe_id, counted.arm NULLS FIRST
