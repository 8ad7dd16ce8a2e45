-- Days ready for a multiple imputation by day: what was walked at least and at most, and whether the day is censored.
-- One row per participant_id, protocol_id, local_date that counts.
-- walking_minutes_lower was seen. walking_minutes_upper holds whatever the minutes that nobody saw whole may have held: each
-- of them may have been walked, and may join minutes that were seen walking but were too few for a bout, over pauses that the
-- bout rule forgives. From the day's own counts that is at most n + pause x (n + 1) minutes, n = unobserved minutes + minutes
-- observed for a part + minutes seen at the rule's cadence, pause = its longest pause (0 where only qualifying minutes are
-- credited), and no more than the date is long. Lower and upper are equal where this date and both its neighbours were observed
-- whole (a walk may cross midnight), and where the study declares that activity files are complete. Censored by what the device
-- missed inside walks that were seen whole, a day lies between walking_minutes_lower and walking_minutes_lower +
-- unobserved_minutes + part_minutes.
-- Source: Tackney et al., Trials 2021 (missingness by wear time; partial days as right-censored); bouts guide, section 5.
--
-- Columns
--   participant_id: study pseudonym
--   protocol_id: the protocol whose bout rule, wear rule and target apply, a row of protocol
--   local_date: civil date in the participant's time zone
--   arm: the participant's arm; NULL when not given
--   age_years: age at enrolment in years; NULL when not given
--   week_number: the participant's week that holds the date
--   weekday: 1 = Monday to 7 = Sunday
--   state: valid, partial or missing, as in participant_day
--   reason: why, as in participant_day
--   censoring: observed (valid), right (partial: at least walking_minutes_lower) or missing
--   walking_minutes_lower: minutes of bouts that were seen; NULL when missing
--   walking_minutes_upper: minutes of bouts that the date can hold at most; the length of the date when missing
--   walking_minutes_upper_window: the same if nothing unseen was walked outside the wear window; the length of the window when missing
--   day_length_minutes: real length of the date
--   observed_minutes: minutes with steps or a track label; NULL when missing
--   wear_minutes: worn minutes of the whole date under the wear rule; NULL when missing
--   unobserved_minutes: minutes of the date that were not both observed and worn; all of them when missing, none where activity files are declared complete
--   part_minutes: observed minutes in which steps were measured for less than 60 s, so that they may hold more; none where activity files are declared complete; NULL when missing
--   window_minutes: length of the wear window on that date
--   window_observed_minutes: observed and worn minutes inside the window; NULL when missing
--   window_unobserved_minutes: the other minutes of the window; all of them when missing, none where activity files are declared complete
--   steps: steps of both feet that were seen; NULL when missing or none were measured
--   target_minutes: minutes asked for on a day of that week; NULL in a week of rest
--   target_met: yes, no or unknown; NULL if no target holds
WITH day AS (
    SELECT
        day.*,
        CASE
            WHEN day.state = 'missing' THEN NULL
            WHEN day.reason = 'declared_complete' THEN 0
            ELSE coalesce(base.part_minutes, 0)
        END AS part_minutes,
        CASE WHEN rule.credit = 'active' OR rule.algorithm = 'strict' THEN 0 ELSE rule.max_gap_minutes END AS pause,
        CASE
            WHEN rule.cadence_scale = 'age' THEN coalesce(day.minutes_ge_relative, day.observed_minutes)
            WHEN rule.min_cadence_spm >= 130 THEN day.minutes_ge_130
            WHEN rule.min_cadence_spm >= 100 THEN day.minutes_ge_100
            WHEN rule.min_cadence_spm > 60 THEN day.minutes_ge_60
            -- tracks qualify too; where the cadence is lower than any that is counted, whatever was observed may
            WHEN rule.min_cadence_spm = 60 THEN day.minutes_ge_60 + day.gps_minutes
            ELSE day.observed_minutes
        END AS qualifying_minutes,
        -- minutes both observed and worn; heart rate proves wear in minutes without steps too, so the two overlap at least
        -- by what does not fit into the date otherwise. A track is no observation for rules above 60 steps/min
        greatest(
            CASE wear.method
                WHEN 'heart_rate' THEN day.observed_minutes + day.wear_minutes - day.day_length_minutes
                ELSE least(day.observed_minutes, day.wear_minutes)
            END
            - CASE WHEN rule.min_cadence_spm > 60 OR rule.cadence_scale = 'age' THEN day.gps_minutes ELSE 0 END,
            0
        ) AS known_minutes
    FROM participant_day AS day
    SEMI JOIN touched ON day.participant_id = touched.participant_id
    JOIN study.protocol AS protocol ON protocol.protocol_id = day.protocol_id
    JOIN study.bout_rule AS rule ON rule.bout_rule_id = protocol.bout_rule_id
    JOIN study.wear_rule AS wear ON wear.wear_rule_id = protocol.wear_rule_id
    LEFT JOIN day_base AS base ON base.participant_id = day.participant_id AND base.local_date = day.local_date
),
unseen AS (
    SELECT
        *,
        CASE
            WHEN reason = 'declared_complete' THEN 0
            ELSE day_length_minutes - coalesce(known_minutes, 0)
        END AS unobserved_minutes,
        CASE
            WHEN reason = 'declared_complete' THEN 0
            ELSE window_minutes - coalesce(window_observed_minutes, 0)
        END AS window_unobserved_minutes
    FROM day
),
opened AS (
    SELECT *, unobserved_minutes + coalesce(part_minutes, 0) AS open_minutes
    FROM unseen
),
bounded AS (
    SELECT
        *,
        open_minutes = 0
            AND coalesce(lag(open_minutes) OVER in_time = 0 AND lag(local_date) OVER in_time = local_date - 1, false)
            AND coalesce(lead(open_minutes) OVER in_time = 0 AND lead(local_date) OVER in_time = local_date + 1, false)
            AS is_whole,
        open_minutes + qualifying_minutes AS possible,
        -- the minutes observed for a part are not told by their hour
        window_unobserved_minutes + part_minutes + qualifying_minutes AS possible_window
    FROM opened
    WINDOW in_time AS (PARTITION BY participant_id, protocol_id ORDER BY local_date)
)
SELECT
    bounded.participant_id,
    bounded.protocol_id,
    bounded.local_date,
    participant.arm,
    participant.age_years,
    bounded.week_number,
    isodow(bounded.local_date)::INTEGER AS weekday,
    bounded.state,
    bounded.reason,
    CASE bounded.state WHEN 'valid' THEN 'observed' WHEN 'partial' THEN 'right' ELSE 'missing' END AS censoring,
    bounded.walking_minutes AS walking_minutes_lower,
    CASE
        WHEN bounded.state = 'missing' THEN bounded.day_length_minutes
        WHEN bounded.is_whole OR bounded.reason = 'declared_complete' THEN bounded.walking_minutes
        ELSE greatest(bounded.walking_minutes, least(bounded.day_length_minutes, possible + pause * (possible + 1)))
    END::INTEGER AS walking_minutes_upper,
    CASE
        WHEN bounded.state = 'missing' THEN bounded.window_minutes
        WHEN bounded.is_whole OR bounded.reason = 'declared_complete' THEN bounded.walking_minutes
        ELSE greatest(
            bounded.walking_minutes, least(bounded.day_length_minutes, possible_window + pause * (possible_window + 1))
        )
    END::INTEGER AS walking_minutes_upper_window,
    bounded.day_length_minutes,
    bounded.observed_minutes,
    bounded.wear_minutes,
    bounded.unobserved_minutes::INTEGER AS unobserved_minutes,
    bounded.part_minutes::INTEGER AS part_minutes,
    bounded.window_minutes,
    bounded.window_observed_minutes,
    bounded.window_unobserved_minutes::INTEGER AS window_unobserved_minutes,
    bounded.steps,
    bounded.target_minutes,
    bounded.target_met
FROM bounded
JOIN study.participant AS participant ON participant.participant_id = bounded.participant_id
WHERE bounded.state <> 'ineligible'
ORDER BY bounded.participant_id, bounded.protocol_id, bounded.local_date
