-- The multiverse: every week's answer under every universe, that is under every definition somebody could defend.
-- One row per participant_id, universe_id, week_number. The rows with is_protocol equal participant_week.
-- Made by the same SELECTs as participant_week, with the universes in the place of the protocols.
-- Source: bouts guide, sections 9 and 10.
--
-- Columns
--   participant_id: study pseudonym
--   universe_id: a row of universe: protocol and the values of the four parameters
--   protocol_id: the protocol that is varied
--   is_protocol: true = the protocol's own definition
--   week_number: the participant's week
--   arm: the participant's arm
--   min_cadence_spm: steps in a minute from which it qualifies
--   max_gap_minutes: pause that a bout survives (nci_8of10: minutes that may fail)
--   valid_day_minutes: observed and worn minutes inside the window that make a day valid
--   partly_active: count or exclude minutes whose device was active below 90 % of its interval
--   in_progress: true = the week ends after the as-of date; NULL when that date is unknown
--   is_running: true = the week and the participant's follow-up go on after the as-of date, or that date is unknown: such a week enters no count
--   eligible_days: dates of the week that count
--   valid_days: eligible dates that can be judged either way
--   partial_days: eligible dates with some data, too little to say no
--   missing_days: eligible dates without data
--   walking_minutes: minutes of bouts on valid and partial days; NULL when there are none
--   success_days_lo: days known to have reached the target
--   success_days_hi: success_days_lo plus the days that may have reached it
--   dose_score_lo: the ceil(T) largest daily minutes, each cut at the daily target, over the week's target; NULL if ineligible
--   dose_score_hi: the same with every partial or missing day at the target; NULL if ineligible
--   answer: yes, no or unknown, as the protocol judges; NULL if ineligible
--   rules_hash: hash of the rules of this universe
SELECT
    week.participant_id,
    week.protocol_id AS universe_id,
    universe.protocol_id,
    universe.is_protocol,
    week.week_number,
    week.arm,
    universe.min_cadence_spm,
    universe.max_gap_minutes,
    universe.valid_day_minutes,
    universe.partly_active,
    week.in_progress,
    coalesce(week.in_progress, true) AND follow_up.is_open AS is_running,
    week.eligible_days,
    week.valid_days,
    week.partial_days,
    week.missing_days,
    week.walking_minutes,
    week.success_days_lo,
    week.success_days_hi,
    week.dose_score_lo,
    week.dose_score_hi,
    week.answer,
    week.rules_hash
FROM participant_week AS week
SEMI JOIN touched ON week.participant_id = touched.participant_id
JOIN universe ON universe.universe_id = week.protocol_id
JOIN follow_up ON follow_up.participant_id = week.participant_id
ORDER BY ALL
