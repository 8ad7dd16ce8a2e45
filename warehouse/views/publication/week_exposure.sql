-- What is known at the start of each week of the walking in the weeks before it.
-- One row per participant_id, protocol_id, week_number. Private.
-- Weeks that do not count (no eligible day, or rest prescribed) are left out of sums; doses are added as decimals of 12 places.
-- sum4, counted4, observed4: the four weeks before; sum, counted, observed: all weeks before.
-- Source: bouts guide, section 9 (exposures lagged by 1 and 4 weeks and cumulative, never of the current week).
WITH week AS (
    SELECT
        week.participant_id, week.protocol_id, week.week_number, week.arm, week.week_start, week.week_end,
        week.dose_score_lo::DECIMAL(18, 12) AS dose_lo,
        week.dose_score_hi::DECIMAL(18, 12) AS dose_hi,
        week.walking_minutes,
        week.valid_days + week.partial_days AS observed_days,
        week.valid_days + week.partial_days > 0 AND week.dose_score_lo IS NOT NULL AS is_observed,
        CASE
            WHEN week.dose_score_lo IS NULL THEN 'ineligible'
            WHEN week.valid_days + week.partial_days = 0 THEN 'unobserved'
            WHEN week.valid_days = week.eligible_days THEN 'observed'
            ELSE 'partly_observed'
        END AS exposure_status
    FROM participant_week AS week
    SEMI JOIN touched ON week.participant_id = touched.participant_id
)
SELECT
    participant_id, protocol_id, week_number, arm, week_start, week_end,
    coalesce(lag(exposure_status) OVER in_order, 'none_yet') AS exposure_status,
    CASE WHEN lag(is_observed) OVER in_order THEN lag(dose_lo) OVER in_order END AS dose_lag1_lo,
    CASE WHEN lag(is_observed) OVER in_order THEN lag(dose_hi) OVER in_order END AS dose_lag1_hi,
    lag(walking_minutes) OVER in_order AS walking_minutes_lag1,
    lag(observed_days) OVER in_order AS observed_days_lag1,
    sum(dose_lo) OVER four AS sum4_lo,
    sum(dose_hi) OVER four AS sum4_hi,
    count(dose_lo) OVER four AS counted4,
    count(*) FILTER (WHERE is_observed) OVER four AS observed4,
    sum(dose_lo) OVER earlier AS sum_lo,
    sum(dose_hi) OVER earlier AS sum_hi,
    count(dose_lo) OVER earlier AS counted,
    count(*) FILTER (WHERE is_observed) OVER earlier AS observed
FROM week
WINDOW
    in_order AS (PARTITION BY participant_id, protocol_id ORDER BY week_number),
    four AS (
        PARTITION BY participant_id, protocol_id ORDER BY week_number ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING
    ),
    earlier AS (
        PARTITION BY participant_id, protocol_id ORDER BY week_number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
