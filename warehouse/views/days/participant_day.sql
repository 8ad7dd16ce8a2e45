-- Days: what each date holds and whether it can be judged.
-- One row per participant_id, protocol_id, local_date, for the protocols that study.toml lists.
-- A day is valid from 600 observed and worn minutes between 06:00 and 23:00 (the wear rule's figures; in proportion where
-- the clock makes the window shorter). Measurements are NULL, not 0, when the day is missing.
-- Source: bouts guide, section 5 (Troiano 2008; Tackney 2021 for partial days); architecture definitions 1, 4, 8 and 10.
--
-- Columns
--   participant_id: study pseudonym
--   protocol_id: the protocol whose bout rule, wear rule and target apply, a row of protocol
--   local_date: civil date in the participant's time zone
--   week_number: the participant's week that holds the date; NULL for dates outside start_date to end_date
--   time_zone: IANA zone in force for most of the date; NULL on a date that travel skipped
--   day_length_minutes: real length of the date, 1,440 but for clock changes and travel
--   state: valid, partial (some data, too little to say no), missing (nobody knows) or ineligible (does not count)
--   reason: why: worn_enough, declared_complete, short_wear, activity_only, no_data, not_worn, coarse_only, before_start, after_end, withdrawn, after_death, excused, no_such_date
--   observed_minutes: minutes with steps or a track label; NULL when missing
--   window_minutes: length of the wear window (06:00 to 23:00 unless the wear rule differs) on that date
--   window_observed_minutes: observed and worn minutes inside the window; NULL when missing
--   wear_minutes: worn minutes of the whole date under the wear rule; NULL when missing
--   steps: steps of both feet, steps_unplaced included; NULL when missing or none were measured
--   steps_unplaced: steps known for the date whose minutes are unknown (a watch whose earlier file is missing); NULL without any
--   steps_reported: total reported by files coarser than a minute; never used for minutes, bouts or scores; NULL without any
--   walking_minutes: minutes of bouts on that date, split at midnight; NULL when missing
--   vigorous_minutes: walking minutes at or above the protocol's vigorous cadence; NULL when missing
--   partly_active_minutes: minutes whose device interval was active below 90 % of its length; NULL when missing
--   gps_minutes: minutes known by a track alone; NULL when missing
--   bouts: bouts that start on that date; NULL when missing
--   longest_bout_minutes: span of the longest bout that starts on that date; NULL when missing or there is none
--   minutes_ge_60: minutes with 60 steps or more; NULL when missing
--   minutes_ge_100: minutes with 100 steps or more (moderate); NULL when missing
--   minutes_ge_130: minutes with 130 steps or more (vigorous); NULL when missing
--   minutes_ge_relative: minutes at or above the moderate cadence of the participant's age (bout_rule with cadence_scale age); NULL when no minute was observed, without an age, or outside the ages for which it is known
--   peak1_spm: most steps in one minute; NULL when missing or none were measured
--   peak30_spm: mean of the 30 highest minutes, not necessarily consecutive; NULL with fewer than 30 measured minutes
--   target_minutes: minutes asked for on a day of that week; NULL outside the weeks and in a week of rest
--   target_met: yes, no or unknown; NULL if ineligible or no target holds. A partial day can be yes, never no
--   sources: devices that observed the date; NULL when missing
WITH participant_source AS (
    SELECT
        participant.participant_id,
        coalesce(bool_or(device.is_all_day), false) AS has_all_day,
        max(day_base.last_date) AS last_date
    FROM study.participant AS participant
    SEMI JOIN touched ON participant.participant_id = touched.participant_id
    LEFT JOIN device USING (participant_id)
    LEFT JOIN (
        SELECT participant_id, max(local_date) AS last_date
        FROM day_base
        SEMI JOIN touched USING (participant_id)
        GROUP BY participant_id
    ) AS day_base USING (participant_id)
    GROUP BY participant.participant_id
),
unplaced AS (
    SELECT interval_.participant_id, offsets.local_date, sum(interval_.steps)::INTEGER AS steps_unplaced
    FROM counter_interval AS interval_
    SEMI JOIN touched ON interval_.participant_id = touched.participant_id
    ASOF JOIN study.offset_period AS period
        ON period.participant_id = interval_.participant_id
        -- a counter read at midnight tells of the day that ends
        AND interval_.interval_end - INTERVAL 1 SECOND >= period.from_utc
    CROSS JOIN LATERAL (
        SELECT (
            timezone('UTC', interval_.interval_end - INTERVAL 1 SECOND) + to_minutes(period.utc_offset_minutes)
        )::DATE AS local_date
    ) AS offsets
    WHERE NOT interval_.is_placed
    GROUP BY interval_.participant_id, offsets.local_date
),
window_length AS (
    SELECT wear_rule_id, participant_id, local_date, sum(window_minutes)::INTEGER AS window_minutes
    FROM day_window
    SEMI JOIN touched USING (participant_id)
    GROUP BY wear_rule_id, participant_id, local_date
),
joined AS (
    SELECT
        date.participant_id,
        protocol.protocol_id,
        date.local_date,
        week.week_number,
        date.time_zone,
        date.day_length_minutes,
        date.ineligible_reason,
        date.steps_reported,
        coalesce(base.observed_minutes, 0) AS observed_minutes,
        coalesce(base.all_day_minutes, 0) AS all_day_minutes,
        coalesce(base.activity_rows, 0) AS activity_rows,
        coalesce(base.unworn_minutes, 0) AS unworn_minutes,
        coalesce(window_length.window_minutes, 0) AS window_minutes,
        -- a track is no observation for a rule of more than 60 steps/min
        coalesce(wear.window_observed_minutes, 0)
            - CASE WHEN bout_rule.min_cadence_spm > 60 OR bout_rule.cadence_scale = 'age' THEN coalesce(wear.window_track_minutes, 0) ELSE 0 END
            AS window_observed_minutes,
        coalesce(wear.wear_minutes, 0) AS wear_minutes,
        -- in proportion where the clock makes the window shorter; multiplied first, so that whole minutes stay whole
        rule.valid_day_minutes * least(full_window.minutes, coalesce(window_length.window_minutes, 0))
            / full_window.minutes AS minutes_needed,
        base.steps,
        unplaced.steps_unplaced,
        base.gps_minutes, base.partly_active_minutes, base.minutes_ge_60, base.minutes_ge_100, base.minutes_ge_130,
        base.minutes_ge_relative,
        base.peak1_spm, base.peak30_spm, base.sources,
        walking.walking_minutes, walking.vigorous_minutes, walking.bouts, walking.longest_bout_minutes,
        walking.minutes_by_start, walking.vigorous_by_start,
        week.rd, week.rm,
        protocol.success, protocol.grace_minutes, protocol.bout_rule_id,
        setting.activity_files_are_complete
            AND NOT source.has_all_day
            AND date.local_date <= source.last_date
            AND (base.participant_id IS NOT NULL OR waiting.participant_id IS NULL)
            AND (
                NOT EXISTS (
                    SELECT 1 FROM study.device_assignment AS given
                    WHERE given.participant_id = date.participant_id
                )
                OR EXISTS (
                    SELECT 1 FROM study.device_assignment AS given
                    WHERE given.participant_id = date.participant_id
                        AND date.local_date >= coalesce(given.from_date, date.local_date)
                        AND date.local_date <= coalesce(given.to_date, date.local_date)
                )
            ) AS is_declared
    FROM participant_date AS date
    SEMI JOIN touched ON date.participant_id = touched.participant_id
    CROSS JOIN study.protocol AS protocol
    CROSS JOIN study.setting AS setting
    JOIN study.wear_rule AS rule ON rule.wear_rule_id = protocol.wear_rule_id
    JOIN study.bout_rule AS bout_rule ON bout_rule.bout_rule_id = protocol.bout_rule_id
    CROSS JOIN LATERAL (
        SELECT split_part(rule.day_to, ':', 1)::INTEGER * 60 + split_part(rule.day_to, ':', 2)::INTEGER
            - split_part(rule.day_from, ':', 1)::INTEGER * 60 - split_part(rule.day_from, ':', 2)::INTEGER AS minutes
    ) AS full_window
    JOIN participant_source AS source ON source.participant_id = date.participant_id
    LEFT JOIN waiting_owner AS waiting ON waiting.participant_id = date.participant_id
    LEFT JOIN study_week AS week
        ON week.protocol_id = protocol.protocol_id
        AND week.participant_id = date.participant_id
        AND date.is_in_study
        AND date.local_date BETWEEN week.week_start AND week.week_end
    LEFT JOIN day_base AS base
        ON base.participant_id = date.participant_id AND base.local_date = date.local_date
    LEFT JOIN window_length
        ON window_length.wear_rule_id = protocol.wear_rule_id
        AND window_length.participant_id = date.participant_id
        AND window_length.local_date = date.local_date
    LEFT JOIN day_wear AS wear
        ON wear.wear_rule_id = protocol.wear_rule_id
        AND wear.participant_id = date.participant_id
        AND wear.local_date = date.local_date
    LEFT JOIN day_walking AS walking
        ON walking.protocol_id = protocol.protocol_id
        AND walking.participant_id = date.participant_id
        AND walking.local_date = date.local_date
    LEFT JOIN unplaced
        ON unplaced.participant_id = date.participant_id AND unplaced.local_date = date.local_date
    WHERE protocol.is_listed
),
judged AS (
    SELECT
        *,
        CASE
            WHEN ineligible_reason IS NOT NULL THEN 'ineligible'
            WHEN is_declared THEN 'valid'
            WHEN observed_minutes = 0 AND activity_rows = 0 THEN 'missing'
            WHEN all_day_minutes = 0 THEN 'partial'
            WHEN window_minutes > 0 AND window_observed_minutes >= minutes_needed THEN 'valid'
            ELSE 'partial'
        END AS state,
        CASE
            WHEN ineligible_reason IS NOT NULL THEN ineligible_reason
            WHEN is_declared THEN 'declared_complete'
            WHEN observed_minutes = 0 AND activity_rows > 0 THEN 'activity_only'
            WHEN observed_minutes = 0 AND unworn_minutes > 0 THEN 'not_worn'
            WHEN observed_minutes = 0 AND steps_reported IS NOT NULL THEN 'coarse_only'
            WHEN observed_minutes = 0 THEN 'no_data'
            WHEN all_day_minutes = 0 THEN 'activity_only'
            WHEN window_minutes > 0 AND window_observed_minutes >= minutes_needed THEN 'worn_enough'
            ELSE 'short_wear'
        END AS reason,
        observed_minutes > 0 OR activity_rows > 0 OR (ineligible_reason IS NULL AND is_declared) AS is_measured
    FROM joined
),
measured AS (
    SELECT
        *,
        CASE WHEN is_measured THEN coalesce(walking_minutes, 0) END AS minutes_walked,
        CASE WHEN is_measured THEN CASE success WHEN 'sessions' THEN coalesce(longest_bout_minutes, 0)
            ELSE coalesce(walking_minutes, 0) END END AS minutes_for_target
    FROM judged
)
SELECT
    measured.participant_id,
    measured.protocol_id,
    measured.local_date,
    measured.week_number,
    measured.time_zone,
    measured.day_length_minutes,
    measured.state,
    measured.reason,
    CASE WHEN is_measured THEN observed_minutes END AS observed_minutes,
    measured.window_minutes,
    CASE WHEN is_measured THEN window_observed_minutes END AS window_observed_minutes,
    CASE WHEN is_measured THEN wear_minutes END AS wear_minutes,
    CASE
        WHEN is_measured AND (steps IS NOT NULL OR steps_unplaced IS NOT NULL)
            THEN (coalesce(steps, 0) + coalesce(steps_unplaced, 0))::INTEGER
    END AS steps,
    measured.steps_unplaced,
    measured.steps_reported,
    measured.minutes_walked AS walking_minutes,
    CASE WHEN is_measured THEN coalesce(vigorous_minutes, 0) END AS vigorous_minutes,
    CASE WHEN is_measured THEN coalesce(partly_active_minutes, 0) END AS partly_active_minutes,
    CASE WHEN is_measured THEN coalesce(gps_minutes, 0) END AS gps_minutes,
    CASE WHEN is_measured THEN coalesce(bouts, 0) END AS bouts,
    CASE WHEN is_measured THEN longest_bout_minutes END AS longest_bout_minutes,
    CASE WHEN is_measured THEN coalesce(minutes_ge_60, 0) END AS minutes_ge_60,
    CASE WHEN is_measured THEN coalesce(minutes_ge_100, 0) END AS minutes_ge_100,
    CASE WHEN is_measured THEN coalesce(minutes_ge_130, 0) END AS minutes_ge_130,
    CASE WHEN is_measured THEN minutes_ge_relative END AS minutes_ge_relative,
    CASE WHEN is_measured THEN peak1_spm END AS peak1_spm,
    CASE WHEN is_measured THEN peak30_spm END AS peak30_spm,
    CASE WHEN rd > 0 AND rm > 0 THEN rm END AS target_minutes,
    CASE
        WHEN state = 'ineligible' OR rd IS NULL OR rd = 0 OR rm = 0 THEN NULL
        WHEN state = 'missing' THEN 'unknown'
        WHEN minutes_for_target + grace_minutes >= rm THEN 'yes'
        -- where the prescription is finer than the bout rule can see, no day can be shown to fail
        WHEN state = 'valid' AND rm + grace_minutes >= rule.min_minutes THEN 'no'
        ELSE 'unknown'
    END AS target_met,
    CASE WHEN is_measured THEN sources END AS sources
FROM measured
JOIN study.bout_rule AS rule USING (bout_rule_id)
ORDER BY measured.participant_id, measured.protocol_id, measured.local_date
