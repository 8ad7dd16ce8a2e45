-- Each participant under each listed protocol: weeks by answer with bounds, streaks, load, and what is missing.
-- One row per participant_id, protocol_id, for everybody in participants.csv, also who sent nothing (intention to treat).
-- Counted are finished weeks that count: a week that still runs stands in weeks_running alone, since it would be yes earlier
-- than no; it is finished too when the participant's follow-up is. weeks_eligible + weeks_running + weeks_ineligible are all
-- weeks. The true share of adherent weeks lies between share_lo and share_hi; no share of resolved weeks is given, because
-- success resolves earlier than failure.
-- Source: bouts guide, section 8 (person level) and section 10, items 4, 6, 8 and 10.
--
-- Columns
--   participant_id: study pseudonym
--   protocol_id: a row of protocol
--   arm: the participant's arm; NULL when not given
--   start_date: first date that counts; NULL = from the first date with data
--   last_eligible_date: last date that counts; NULL when none does
--   follow_up_ends_by: what ends the participant's calendar: as_of, end_date, death or withdrawn; NULL when the as-of date is unknown
--   weeks_eligible: finished weeks that count
--   weeks_yes: those that met the prescription, by participant_week.answer
--   weeks_no: those that did not
--   weeks_unknown: those of which nobody can tell
--   share_lo: weeks_yes / weeks_eligible; NULL without such a week
--   share_hi: (weeks_yes + weeks_unknown) / weeks_eligible; NULL without such a week
--   weeks_running: weeks that would count and end after the as-of date, or of which nobody knows whether they are over because that date is unknown
--   weeks_ineligible: weeks that do not count: no eligible day, or rest prescribed
--   weeks_rest: those of them with eligible days, for which rest was prescribed
--   weeks_with_data: of weeks_eligible, those with a valid or partial day
--   weeks_resolved: weeks_yes + weeks_no
--   can_resolve_no: false = this participant's sources can never show that a day failed, so weeks_no says nothing
--   mean_dose_lo: mean dose_score_lo of weeks_eligible; NULL without such a week
--   mean_dose_hi: mean dose_score_hi of the same weeks; NULL without such a week
--   mean_walking_minutes_observed: walking minutes seen per week of weeks_with_data; leaves out the weeks without data and what was not seen in the others, so it describes the data, not the person; NULL without such a week
--   weeks_eligible_excused_missing: sensitivity: finished weeks with an eligible or excused day, weeks of rest left out
--   weeks_yes_excused_missing: those that met the prescription if excused days count as missing ones
--   weeks_no_excused_missing: those that did not
--   weeks_unknown_excused_missing: those of which nobody can tell
--   share_lo_excused_missing: yes / all of these weeks; NULL without such a week
--   share_hi_excused_missing: (yes + unknown) / all of these weeks; NULL without such a week
--   current_streak_lo: yes weeks in a row up to the last finished one; ineligible weeks neither break nor count
--   current_streak_hi: yes and unknown weeks in a row up to the last finished one
--   longest_streak_lo: most yes weeks in a row
--   longest_streak_hi: most yes and unknown weeks in a row
--   week_first_adherent_lo: first week that can have been yes; NULL = none so far
--   week_first_adherent_hi: first week that is yes; NULL = none for certain
--   week_sustained_lo: earliest possible last week of the first four yes weeks in a row; NULL = none so far
--   week_sustained_hi: last week of the first four weeks in a row that are yes; NULL = none for certain
--   week_lapsed_lo: earliest possible no week after four yes weeks in a row; NULL = none so far
--   week_lapsed_hi: first week that is no after week_sustained_hi; NULL = none for certain
--   weeks_overshoot: weeks with more than 130 % of the walking minutes of the week before, both with seven valid days
--   weeks_overshoot_judged: pairs of such weeks: what weeks_overshoot is counted in; all other weeks are unknown
--   sudden_stop_week: last week that closes two weeks with at most half the walking minutes of the two before, all four with four valid days or more, every date that is no valid day taken for the best day of the two before; a flag to ask about, no diagnosis; NULL = none seen
--   valid_days: eligible dates that can be judged either way
--   partial_days: eligible dates with some data, too little to say no
--   missing_days: eligible dates without data
--   ineligible_days: dates that do not count (excused, after death or withdrawal, or with minutes outside start_date to end_date)
--   missing_pattern: complete (no missing day), monotone (missing days only after the last day with data), intermittent, none_sent (no eligible day with minutes); NULL without an eligible day
--   longest_missing_run_days: most missing days in a row among eligible dates; NULL without an eligible day
--   last_data_date: last date with data of any kind, totals of hours or days included; NULL when nothing was sent
--   silent_days: days from last_data_date to the as-of date; NULL when nothing was sent
WITH person AS (
    SELECT participant.participant_id, participant.arm, participant.start_date, protocol.protocol_id
    FROM study.participant AS participant
    SEMI JOIN touched ON participant.participant_id = touched.participant_id
    CROSS JOIN study.protocol AS protocol
    WHERE protocol.is_listed
),
counted AS (
    SELECT
        participant_id,
        protocol_id,
        count(*) FILTER (WHERE is_final)::INTEGER AS weeks_eligible,
        count(*) FILTER (WHERE answer = 'yes')::INTEGER AS weeks_yes,
        count(*) FILTER (WHERE answer = 'no')::INTEGER AS weeks_no,
        count(*) FILTER (WHERE answer = 'unknown')::INTEGER AS weeks_unknown,
        count(*) FILTER (WHERE is_scored AND is_running)::INTEGER AS weeks_running,
        count(*) FILTER (WHERE NOT is_scored)::INTEGER AS weeks_ineligible,
        count(*) FILTER (WHERE is_rest AND eligible_days > 0)::INTEGER AS weeks_rest,
        count(*) FILTER (WHERE is_final AND observed_days > 0)::INTEGER AS weeks_with_data,
        bool_or(can_resolve_no) AS can_resolve_no,
        -- decimals add up to the same in any order
        sum(dose_score_lo::DECIMAL(18, 12)) FILTER (WHERE is_final)::DOUBLE AS dose_lo,
        sum(dose_score_hi::DECIMAL(18, 12)) FILTER (WHERE is_final)::DOUBLE AS dose_hi,
        sum(walking_minutes) FILTER (WHERE is_final AND observed_days > 0) AS walking_minutes,
        count(answer_excused_missing)::INTEGER AS weeks_asked,
        count(*) FILTER (WHERE answer_excused_missing = 'yes')::INTEGER AS asked_yes,
        count(*) FILTER (WHERE answer_excused_missing = 'no')::INTEGER AS asked_no,
        count(*) FILTER (WHERE answer_excused_missing = 'unknown')::INTEGER AS asked_unknown
    FROM week_answer
    SEMI JOIN touched USING (participant_id)
    GROUP BY participant_id, protocol_id
)
SELECT
    person.participant_id,
    person.protocol_id,
    person.arm,
    person.start_date,
    pattern.last_eligible_date,
    follow_up.ends_by AS follow_up_ends_by,
    coalesce(counted.weeks_eligible, 0) AS weeks_eligible,
    coalesce(counted.weeks_yes, 0) AS weeks_yes,
    coalesce(counted.weeks_no, 0) AS weeks_no,
    coalesce(counted.weeks_unknown, 0) AS weeks_unknown,
    counted.weeks_yes / nullif(counted.weeks_eligible, 0) AS share_lo,
    (counted.weeks_yes + counted.weeks_unknown) / nullif(counted.weeks_eligible, 0) AS share_hi,
    coalesce(counted.weeks_running, 0) AS weeks_running,
    coalesce(counted.weeks_ineligible, 0) AS weeks_ineligible,
    coalesce(counted.weeks_rest, 0) AS weeks_rest,
    coalesce(counted.weeks_with_data, 0) AS weeks_with_data,
    coalesce(counted.weeks_yes + counted.weeks_no, 0) AS weeks_resolved,
    coalesce(counted.can_resolve_no, false) AS can_resolve_no,
    counted.dose_lo / nullif(counted.weeks_eligible, 0) AS mean_dose_lo,
    counted.dose_hi / nullif(counted.weeks_eligible, 0) AS mean_dose_hi,
    counted.walking_minutes / nullif(counted.weeks_with_data, 0) AS mean_walking_minutes_observed,
    coalesce(counted.weeks_asked, 0) AS weeks_eligible_excused_missing,
    coalesce(counted.asked_yes, 0) AS weeks_yes_excused_missing,
    coalesce(counted.asked_no, 0) AS weeks_no_excused_missing,
    coalesce(counted.asked_unknown, 0) AS weeks_unknown_excused_missing,
    counted.asked_yes / nullif(counted.weeks_asked, 0) AS share_lo_excused_missing,
    (counted.asked_yes + counted.asked_unknown) / nullif(counted.weeks_asked, 0) AS share_hi_excused_missing,
    coalesce(streak.current_streak_lo, 0) AS current_streak_lo,
    coalesce(streak.current_streak_hi, 0) AS current_streak_hi,
    coalesce(streak.longest_streak_lo, 0) AS longest_streak_lo,
    coalesce(streak.longest_streak_hi, 0) AS longest_streak_hi,
    streak.week_first_adherent_lo,
    streak.week_first_adherent_hi,
    streak.week_sustained_lo,
    streak.week_sustained_hi,
    streak.week_lapsed_lo,
    streak.week_lapsed_hi,
    coalesce(load.weeks_overshoot, 0) AS weeks_overshoot,
    coalesce(load.weeks_overshoot_judged, 0) AS weeks_overshoot_judged,
    load.sudden_stop_week,
    coalesce(pattern.valid_days, 0) AS valid_days,
    coalesce(pattern.partial_days, 0) AS partial_days,
    coalesce(pattern.missing_days, 0) AS missing_days,
    coalesce(pattern.ineligible_days, 0) AS ineligible_days,
    pattern.missing_pattern,
    pattern.longest_missing_run_days,
    pattern.last_data_date,
    (as_of.as_of - pattern.last_data_date)::INTEGER AS silent_days
FROM person
CROSS JOIN as_of
LEFT JOIN follow_up ON follow_up.participant_id = person.participant_id
LEFT JOIN counted
    ON counted.participant_id = person.participant_id AND counted.protocol_id = person.protocol_id
LEFT JOIN week_streak AS streak
    ON streak.participant_id = person.participant_id AND streak.protocol_id = person.protocol_id
LEFT JOIN week_load AS load
    ON load.participant_id = person.participant_id AND load.protocol_id = person.protocol_id
LEFT JOIN day_pattern AS pattern
    ON pattern.participant_id = person.participant_id AND pattern.protocol_id = person.protocol_id
ORDER BY person.participant_id, person.protocol_id
