-- The answer of each week as person and arm level count it, and what it would be with excused days as missing ones.
-- One row per participant_id, protocol_id, week_number. Private.
-- answer is that of participant_week, by the protocol's own kind of success. It is NULL for a week that does not count and
-- for one that still runs: a running week is yes earlier than it is no, so it enters no count until it is over, or until the
-- participant's follow-up is. A week of which nobody knows whether it is over (the as-of date is unknown) runs.
-- answer_excused_missing: the same with T = rd x (eligible + excused days) / 7 and every excused day one that may have
-- succeeded; weeks that were excused whole come in, weeks of rest stay out.
-- Source: bouts guide, section 8 (person and arm level; every summary repeated with excused days counted as missing).
WITH week AS (
    SELECT
        week.participant_id, week.protocol_id, week.week_number, week.eligible_days, week.valid_days, week.partial_days,
        week.excused_days, week.success_days_lo, week.success_days_hi, week.weighted_minutes, week.walking_minutes,
        week.dose_score_lo, week.dose_score_hi, week.can_resolve_no,
        target.rd, target.rm,
        protocol.success,
        week.eligible_days + week.excused_days AS asked_days,
        week.status <> 'ineligible' AS is_scored,
        target.rd = 0 OR target.rm = 0 AS is_rest,
        coalesce(week.in_progress, true) AND follow_up.is_open AS is_running,
        week.answer AS own_answer
    FROM participant_week AS week
    SEMI JOIN touched ON week.participant_id = touched.participant_id
    JOIN study_week AS target
        ON target.participant_id = week.participant_id
        AND target.protocol_id = week.protocol_id
        AND target.week_number = week.week_number
    JOIN study.protocol AS protocol ON protocol.protocol_id = week.protocol_id
    JOIN follow_up ON follow_up.participant_id = week.participant_id
),
asked AS (
    SELECT
        *,
        (rd * asked_days + 6) // 7 AS asked_success_days,
        rd * asked_days * rm / 7 AS asked_minutes
    FROM week
)
SELECT
    participant_id,
    protocol_id,
    week_number,
    is_running,
    is_rest,
    is_scored,
    is_scored AND NOT is_running AS is_final,
    rm,
    eligible_days,
    valid_days,
    valid_days + partial_days AS observed_days,
    walking_minutes,
    dose_score_lo,
    dose_score_hi,
    can_resolve_no,
    CASE WHEN is_scored AND NOT is_running THEN own_answer END AS answer,
    CASE
        WHEN is_running OR is_rest OR asked_days = 0 THEN NULL
        WHEN excused_days = 0 THEN own_answer
        WHEN success = 'minutes'
            THEN CASE WHEN coalesce(weighted_minutes, 0) >= asked_minutes THEN 'yes' ELSE 'unknown' END
        WHEN success_days_lo >= asked_success_days THEN 'yes'
        WHEN success_days_hi + excused_days < asked_success_days THEN 'no'
        ELSE 'unknown'
    END AS answer_excused_missing
FROM asked
