-- Weeks: was the prescription met? Three answers, with bounds: yes, no, unknown.
-- One row per participant_id, protocol_id, week_number, for the protocols that study.toml lists.
-- lo counts what was seen, hi what could still have happened on days that nobody can judge. T = days asked for x eligible
-- days / 7, exactly. Every eligible week of every participant has a row: unknown weeks are neither dropped nor zero.
-- Source: bouts guide, section 8 (formulae and worked examples); architecture definitions 2 to 4, 8 and 9.
--
-- Columns
--   participant_id: study pseudonym
--   protocol_id: a row of protocol
--   week_number: 1 = the first week of the participant
--   arm: the participant's arm
--   week_start: first date of the week
--   week_end: last date of the week, inclusive
--   iso_year: ISO year of week_start
--   iso_week: ISO week of week_start
--   prescribed_days: days per week of the participant's own prescription; NULL without one
--   prescribed_minutes: minutes per day of the participant's own prescription; NULL without one
--   target_days: T, the days asked for in the eligible part of the week; NULL without an eligible day
--   target_minutes: T times the minutes asked for per day; NULL without an eligible day
--   target_source: prescription or protocol
--   eligible_days: dates of the week that count
--   valid_days: eligible dates that can be judged either way
--   partial_days: eligible dates with some data, too little to say no
--   missing_days: eligible dates without data
--   coarse_days: those of the missing days for which totals of hours or days are known, and no minute
--   excused_days: dates left out by an excused entry of outcomes.csv
--   in_progress: true = the week ends after the as-of date; NULL when the as-of date is not known
--   prescription_changed: true = another prescription starts inside the week
--   observed_minutes: minutes observed on valid and partial days; NULL when there are none
--   wear_minutes: minutes worn on valid and partial days; NULL when there are none
--   walking_minutes: minutes of bouts on valid and partial days; NULL when there are none
--   weighted_minutes: walking_minutes with vigorous minutes counted by the protocol's weight; NULL when there are none
--   minutes_ge_100: minutes with 100 steps or more; NULL when there are none to judge
--   minutes_ge_130: minutes with 130 steps or more; NULL when there are none to judge
--   minutes_ge_relative: minutes at or above the moderate cadence of the participant's age; NULL when there are none to judge, without an age, or outside the ages for which it is known
--   bouts: bouts that start in the week; NULL when there are none to judge
--   longest_bout_minutes: span of the longest bout; NULL without a bout
--   peak1_spm: mean over valid days of the highest minute; NULL without a valid day
--   peak30_spm: mean over valid days of the mean of the 30 highest minutes; NULL without a valid day that has one
--   success_days_lo: days known to have reached the target
--   success_days_hi: success_days_lo plus the days that may have reached it
--   success_days_hi_window: the same, and every valid day whose unobserved minutes of the wear window, if there are any, could have sufficed; a day that is declared complete has none
--   days_score_lo: min(success_days_lo, T) / T
--   days_score_hi: min(success_days_hi, T) / T
--   minutes_score_lo: min(weighted minutes, target_minutes) / target_minutes
--   minutes_score_hi: 1 if any eligible day is partial or missing, or the rule cannot see so short a walk, else minutes_score_lo
--   dose_score_lo: the ceil(T) largest daily minutes, each cut at the daily target, over target_minutes; at most 1
--   dose_score_hi: the same with every day that cannot be judged at the target
--   adherent_days: yes, no or unknown for 7 eligible days; NULL otherwise
--   adherent_days_window: the same answer with success_days_hi_window
--   adherent_minutes: yes, no or unknown whether the week's minutes were reached; NULL unless 7 days are eligible
--   adherent_days_prorated: yes, no or unknown against ceil(T) days; equals adherent_days for a whole week
--   answer: yes, no or unknown, as the protocol judges: the days of adherent_days_prorated, or for success = minutes the week's minutes against target_minutes; NULL if ineligible. What summaries count
--   prorated_target_days: ceil(T); NULL without an eligible day
--   extrapolated_minutes: eligible days times the mean of valid days, at least what was seen; sensitivity only; NULL with fewer than 4 valid days
--   midnight_sensitive: true = counting whole bouts on the date of their start would change the week's answer
--   can_resolve_no: false = this participant's sources can never show that a day failed
--   coverage: valid_days / eligible_days; NULL without an eligible day
--   status: complete (7 valid days), resolved (the answer stands although days are unknown), unresolved, partial_week, ineligible
--   status_reason: rest_prescribed = nothing was asked for; rule_coarser_than_prescription = the bout rule cannot see so short a walk; coarse_only = the answer is unknown, and of every day that cannot be judged only totals of hours or days are known, in which no walk can be seen; NULL otherwise
--   status_prorated: as status, for `answer`, whatever the number of eligible days
--   sources: devices that observed the week; NULL when there are none
--   rules_hash: hash of the protocol, bout rule and wear rule that made this row
WITH day AS (
    SELECT
        day.participant_id, day.protocol_id, day.week_number, day.local_date, day.state, day.reason,
        day.observed_minutes, day.wear_minutes, day.walking_minutes, day.vigorous_minutes,
        day.minutes_ge_100, day.minutes_ge_130, day.minutes_ge_relative, day.bouts, day.longest_bout_minutes, day.peak1_spm, day.peak30_spm,
        day.target_met, day.sources,
        protocol.success, protocol.grace_minutes, protocol.vigorous_weight,
        week.rm,
        -- of a day that is declared complete nothing is unknown
        CASE WHEN day.reason = 'declared_complete' THEN 0 ELSE day.window_minutes - day.window_observed_minutes END
            AS window_unobserved_minutes,
        coalesce(walking.minutes_by_start, 0) AS minutes_by_start,
        coalesce(walking.minutes_by_start, 0)
            + (protocol.vigorous_weight - 1) * coalesce(walking.vigorous_by_start, 0) AS weighted_by_start,
        rm + protocol.grace_minutes < rule.min_minutes AS is_rule_coarser
    FROM participant_day AS day
    SEMI JOIN touched ON day.participant_id = touched.participant_id
    JOIN study_week AS week USING (protocol_id, participant_id, week_number)
    JOIN study.protocol AS protocol USING (protocol_id)
    JOIN study.bout_rule AS rule USING (bout_rule_id)
    LEFT JOIN day_walking AS walking USING (protocol_id, participant_id, local_date)
    WHERE day.state <> 'ineligible'
),
counted AS (
    SELECT
        participant_id, protocol_id, week_number,
        count(*)::INTEGER AS eligible_days,
        count(*) FILTER (WHERE state = 'valid')::INTEGER AS valid_days,
        count(*) FILTER (WHERE state = 'partial')::INTEGER AS partial_days,
        count(*) FILTER (WHERE state = 'missing')::INTEGER AS missing_days,
        count(*) FILTER (WHERE state = 'missing' AND reason = 'coarse_only')::INTEGER AS coarse_days,
        sum(observed_minutes)::INTEGER AS observed_minutes,
        sum(wear_minutes)::INTEGER AS wear_minutes,
        sum(walking_minutes)::INTEGER AS walking_minutes,
        sum(walking_minutes) FILTER (WHERE state = 'valid')::INTEGER AS valid_walking_minutes,
        sum(walking_minutes) + (any_value(vigorous_weight) - 1) * sum(vigorous_minutes) AS weighted_minutes,
        sum(minutes_ge_100)::INTEGER AS minutes_ge_100,
        sum(minutes_ge_130)::INTEGER AS minutes_ge_130,
        sum(minutes_ge_relative)::INTEGER AS minutes_ge_relative,
        sum(bouts)::INTEGER AS bouts,
        max(longest_bout_minutes) AS longest_bout_minutes,
        sum(peak1_spm) FILTER (WHERE state = 'valid') / count(peak1_spm) FILTER (WHERE state = 'valid') AS peak1_spm,
        list_avg(list_sort(list(peak30_spm) FILTER (WHERE state = 'valid'))) AS peak30_spm,
        count(*) FILTER (WHERE target_met = 'yes')::INTEGER AS success_days_lo,
        count(*) FILTER (WHERE target_met IN ('yes', 'unknown'))::INTEGER AS success_days_hi,
        count(*) FILTER (
            WHERE target_met IN ('yes', 'unknown')
                -- walks of a day that was seen whole are no session by being added up
                OR (
                    target_met = 'no' AND window_unobserved_minutes > 0
                    AND walking_minutes + window_unobserved_minutes + grace_minutes >= rm
                )
        )::INTEGER AS success_days_hi_window,
        -- the same counts with whole bouts on the date of their start
        count(*) FILTER (
            WHERE state <> 'missing' AND success <> 'sessions' AND minutes_by_start + grace_minutes >= rm
        ) AS success_by_start,
        count(*) FILTER (
            WHERE state <> 'missing' AND success <> 'sessions' AND minutes_by_start + grace_minutes < rm
                AND (state = 'partial' OR is_rule_coarser)
        ) AS possible_by_start,
        sum(weighted_by_start) FILTER (WHERE state <> 'missing') AS weighted_by_start,
        bool_or(is_rule_coarser) AS is_rule_coarser,
        list_reverse_sort(list(least(walking_minutes, rm)) FILTER (WHERE state <> 'missing')) AS cut_minutes,
        list_reverse_sort(
            list(CASE WHEN state = 'valid' AND NOT is_rule_coarser THEN least(walking_minutes, rm) ELSE rm END)
        ) AS cut_minutes_hi,
        list_sort(list_distinct(flatten(list(sources) FILTER (WHERE sources IS NOT NULL)))) AS sources
    FROM day
    GROUP BY participant_id, protocol_id, week_number
),
can_say_no AS (
    SELECT
        participant.participant_id,
        coalesce(bool_or(device.is_all_day AND (device.device_class <> 'phone' OR device.zeros_prove_wear)), false)
            OR (
                any_value(setting.activity_files_are_complete) AND coalesce(bool_or(device.is_activity), false)
                AND NOT coalesce(bool_or(device.is_all_day), false)
            ) AS can_resolve_no
    FROM study.participant AS participant
    CROSS JOIN study.setting AS setting
    LEFT JOIN device USING (participant_id)
    GROUP BY participant.participant_id
),
week AS (
    SELECT
        week.participant_id, week.protocol_id, week.week_number, week.week_start, week.week_end,
        week.prescribed_days, week.prescribed_minutes, week.target_source, week.prescription_changed,
        week.excused_days, week.rd, week.rm, week.eligible_days,
        counted.* EXCLUDE (participant_id, protocol_id, week_number, eligible_days),
        week.rd = 0 OR week.rm = 0 AS is_rest,
        week.eligible_days > 0 AND week.rd > 0 AND week.rm > 0 AS is_scored,
        week.rd * week.eligible_days / 7 AS t,
        (week.rd * week.eligible_days + 6) // 7 AS t_ceil,
        week.rd * week.eligible_days * week.rm / 7 AS mt
    FROM study_week AS week
    SEMI JOIN touched ON week.participant_id = touched.participant_id
    LEFT JOIN counted USING (participant_id, protocol_id, week_number)
),
answered AS (
    SELECT
        *,
        CASE WHEN is_scored THEN CASE
            WHEN success_days_lo >= t_ceil THEN 'yes' WHEN success_days_hi < t_ceil THEN 'no' ELSE 'unknown'
        END END AS days_answer,
        CASE WHEN is_scored THEN CASE
            WHEN success_days_lo >= t_ceil THEN 'yes' WHEN success_days_hi_window < t_ceil THEN 'no' ELSE 'unknown'
        END END AS window_answer,
        CASE WHEN is_scored THEN CASE
            WHEN coalesce(weighted_minutes, 0) >= mt THEN 'yes'
            WHEN valid_days = eligible_days AND NOT is_rule_coarser THEN 'no'
            ELSE 'unknown'
        END END AS minutes_answer,
        CASE WHEN is_scored THEN CASE
            WHEN success_by_start >= t_ceil THEN 'yes'
            WHEN success_by_start + possible_by_start + missing_days < t_ceil THEN 'no'
            ELSE 'unknown'
        END END AS days_answer_by_start,
        CASE WHEN is_scored THEN CASE
            WHEN coalesce(weighted_by_start, 0) >= mt THEN 'yes'
            WHEN valid_days = eligible_days AND NOT is_rule_coarser THEN 'no'
            ELSE 'unknown'
        END END AS minutes_answer_by_start
    FROM week
),
settled AS (
    SELECT
        answered.*,
        protocol.success,
        CASE protocol.success WHEN 'minutes' THEN minutes_answer ELSE days_answer END AS answer
    FROM answered
    JOIN study.protocol AS protocol USING (protocol_id)
)
SELECT
    settled.participant_id,
    settled.protocol_id,
    settled.week_number,
    participant.arm,
    settled.week_start,
    settled.week_end,
    isoyear(settled.week_start)::INTEGER AS iso_year,
    week(settled.week_start)::INTEGER AS iso_week,
    settled.prescribed_days,
    settled.prescribed_minutes,
    CASE WHEN is_scored THEN t END AS target_days,
    CASE WHEN is_scored THEN mt END AS target_minutes,
    settled.target_source,
    settled.eligible_days,
    coalesce(valid_days, 0) AS valid_days,
    coalesce(partial_days, 0) AS partial_days,
    coalesce(missing_days, 0) AS missing_days,
    coalesce(coarse_days, 0) AS coarse_days,
    settled.excused_days,
    settled.week_end > as_of.as_of AS in_progress,
    settled.prescription_changed,
    settled.observed_minutes,
    settled.wear_minutes,
    settled.walking_minutes,
    settled.weighted_minutes,
    settled.minutes_ge_100,
    settled.minutes_ge_130,
    settled.minutes_ge_relative,
    settled.bouts,
    settled.longest_bout_minutes,
    settled.peak1_spm,
    settled.peak30_spm,
    coalesce(success_days_lo, 0) AS success_days_lo,
    coalesce(success_days_hi, 0) AS success_days_hi,
    coalesce(success_days_hi_window, 0) AS success_days_hi_window,
    CASE WHEN is_scored THEN least(success_days_lo, t) / t END AS days_score_lo,
    CASE WHEN is_scored THEN least(success_days_hi, t) / t END AS days_score_hi,
    CASE WHEN is_scored THEN least(coalesce(weighted_minutes, 0), mt) / mt END AS minutes_score_lo,
    CASE WHEN is_scored THEN CASE
        WHEN valid_days < eligible_days OR is_rule_coarser THEN 1 ELSE least(coalesce(weighted_minutes, 0), mt) / mt
    END END AS minutes_score_hi,
    CASE WHEN is_scored
        THEN least(1, coalesce(list_sum(list_slice(cut_minutes, 1, t_ceil)), 0) / mt)
    END AS dose_score_lo,
    CASE WHEN is_scored
        THEN least(1, coalesce(list_sum(list_slice(cut_minutes_hi, 1, t_ceil)), 0) / mt)
    END AS dose_score_hi,
    CASE WHEN settled.eligible_days = 7 THEN days_answer END AS adherent_days,
    CASE WHEN settled.eligible_days = 7 THEN window_answer END AS adherent_days_window,
    CASE WHEN settled.eligible_days = 7 THEN minutes_answer END AS adherent_minutes,
    settled.days_answer AS adherent_days_prorated,
    settled.answer,
    CASE WHEN is_scored THEN t_ceil::INTEGER END AS prorated_target_days,
    CASE WHEN is_scored AND valid_days >= 4
        THEN greatest(walking_minutes, settled.eligible_days * valid_walking_minutes / valid_days)
    END AS extrapolated_minutes,
    CASE WHEN is_scored THEN CASE settled.success
        WHEN 'days' THEN days_answer <> days_answer_by_start
        WHEN 'minutes' THEN minutes_answer <> minutes_answer_by_start
        ELSE false
    END END AS midnight_sensitive,
    can_say_no.can_resolve_no,
    CASE WHEN settled.eligible_days > 0 THEN coalesce(valid_days, 0) / settled.eligible_days END AS coverage,
    CASE
        WHEN NOT is_scored THEN 'ineligible'
        WHEN settled.eligible_days < 7 THEN 'partial_week'
        WHEN answer = 'unknown' THEN 'unresolved'
        WHEN valid_days = 7 THEN 'complete'
        ELSE 'resolved'
    END AS status,
    CASE
        WHEN settled.eligible_days > 0 AND is_rest THEN 'rest_prescribed'
        WHEN is_rule_coarser THEN 'rule_coarser_than_prescription'
        WHEN answer = 'unknown' AND coarse_days > 0 AND coarse_days = partial_days + missing_days THEN 'coarse_only'
    END AS status_reason,
    CASE
        WHEN NOT is_scored THEN 'ineligible'
        WHEN answer = 'unknown' THEN 'unresolved'
        WHEN valid_days = settled.eligible_days THEN 'complete'
        ELSE 'resolved'
    END AS status_prorated,
    settled.sources,
    rules.rules_hash
FROM settled
JOIN study.participant AS participant ON participant.participant_id = settled.participant_id
JOIN can_say_no ON can_say_no.participant_id = settled.participant_id
JOIN protocol AS rules ON rules.protocol_id = settled.protocol_id
CROSS JOIN as_of
ORDER BY settled.participant_id, settled.protocol_id, settled.week_number
