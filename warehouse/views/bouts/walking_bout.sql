-- Walking bouts: maximal walks under one named rule.
-- One row per participant_id, bout_rule_id, bout_start, for the rules of the protocols that study.toml lists.
-- Bouts are found in UTC and may cross midnight; each belongs here to the date on which it starts.
-- Source: the rule's row in bout_rule.
--
-- Columns
--   participant_id: study pseudonym
--   bout_rule_id: the rule that found the bout, a row of bout_rule
--   bout_start: start of the first qualifying minute, UTC
--   bout_end: end of the last qualifying minute, UTC; the bout is the half-open [bout_start, bout_end)
--   local_date: civil date of bout_start
--   span_minutes: minutes from start to end, tolerated pauses included
--   active_minutes: qualifying minutes inside the bout
--   steps: all steps of both feet inside the span; NULL where none were measured (a walk known by its track alone)
--   mean_cadence_spm: steps in qualifying minutes divided by the qualifying minutes that have steps; NULL without steps
--   peak_cadence_spm: most steps in one minute of the bout; NULL without steps
SELECT
    participant_id,
    bout_rule_id,
    bout_start,
    bout_end,
    arg_min(local_date, minute_start) AS local_date,
    count(*)::INTEGER AS span_minutes,
    count(*) FILTER (WHERE is_qualifying)::INTEGER AS active_minutes,
    sum(steps)::INTEGER AS steps,
    sum(steps) FILTER (WHERE is_qualifying) / count(steps) FILTER (WHERE is_qualifying) AS mean_cadence_spm,
    max(steps) AS peak_cadence_spm
FROM bout_minute
SEMI JOIN touched USING (participant_id)
GROUP BY participant_id, bout_rule_id, bout_start, bout_end
ORDER BY participant_id, bout_rule_id, bout_start
