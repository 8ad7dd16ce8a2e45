-- The weeks of each participant under each listed protocol, with the target that holds in them.
-- One row per protocol_id, participant_id, week_number. Private.
-- Study weeks run from start_date; ISO weeks where the protocol or study says so, or where there is no start_date. The
-- prescription in force on the first eligible day holds for the whole week; before the first row the first holds.
-- Source: architecture definitions 2 and 3.
WITH anchor AS (
    SELECT
        date.participant_id,
        participant.start_date,
        coalesce(participant.start_date, min(date.local_date)) AS first_date
    FROM participant_date AS date
    SEMI JOIN touched ON date.participant_id = touched.participant_id
    JOIN study.participant AS participant ON participant.participant_id = date.participant_id
    WHERE date.is_in_study
    GROUP BY date.participant_id, participant.start_date
),
dated AS (
    SELECT
        protocol.protocol_id,
        date.participant_id,
        date.local_date,
        date.ineligible_reason,
        CASE
            WHEN protocol.week = 'study' AND anchor.start_date IS NOT NULL
                THEN anchor.start_date + (7 * ((date.local_date - anchor.start_date) // 7))::INTEGER
            ELSE date_trunc('week', date.local_date)::DATE
        END AS week_start,
        CASE
            WHEN protocol.week = 'study' AND anchor.start_date IS NOT NULL THEN anchor.start_date
            ELSE date_trunc('week', anchor.first_date)::DATE
        END AS first_week_start
    FROM participant_date AS date
    JOIN anchor USING (participant_id)
    CROSS JOIN study.protocol AS protocol
    WHERE date.is_in_study AND protocol.is_listed
),
week AS (
    SELECT
        protocol_id,
        participant_id,
        ((week_start - first_week_start) // 7 + 1)::INTEGER AS week_number,
        week_start::DATE AS week_start,
        (week_start + 6)::DATE AS week_end,
        count(*) FILTER (WHERE ineligible_reason IS NULL)::INTEGER AS eligible_days,
        count(*) FILTER (WHERE ineligible_reason = 'excused')::INTEGER AS excused_days,
        min(local_date) FILTER (WHERE ineligible_reason IS NULL) AS first_eligible
    FROM dated
    GROUP BY protocol_id, participant_id, week_start, first_week_start
),
earliest AS (
    SELECT participant_id, min(valid_from) AS valid_from
    FROM study.prescription
    GROUP BY participant_id
),
prescribed AS (
    SELECT
        week.protocol_id, week.participant_id, week.week_number,
        arg_max(prescription.days_per_week, prescription.valid_from) AS days_per_week,
        arg_max(prescription.minutes_per_day, prescription.valid_from) AS minutes_per_day
    FROM week
    JOIN earliest USING (participant_id)
    JOIN study.prescription AS prescription
        ON prescription.participant_id = week.participant_id
        AND prescription.valid_from <= greatest(coalesce(week.first_eligible, week.week_start), earliest.valid_from)
    GROUP BY week.protocol_id, week.participant_id, week.week_number
)
SELECT
    week.protocol_id,
    week.participant_id,
    week.week_number,
    week.week_start,
    week.week_end,
    week.eligible_days,
    week.excused_days,
    prescribed.days_per_week AS prescribed_days,
    prescribed.minutes_per_day AS prescribed_minutes,
    CASE
        WHEN protocol.target = 'prescription' THEN coalesce(prescribed.days_per_week, protocol.days_per_week)
        ELSE protocol.days_per_week
    END AS rd,
    CASE
        WHEN protocol.target = 'prescription' THEN coalesce(prescribed.minutes_per_day, protocol.minutes_per_day)
        ELSE protocol.minutes_per_day
    END AS rm,
    CASE
        WHEN protocol.target = 'prescription' AND prescribed.days_per_week IS NOT NULL THEN 'prescription'
        ELSE 'protocol'
    END AS target_source,
    EXISTS (
        SELECT 1
        FROM study.prescription AS later
        WHERE later.participant_id = week.participant_id
            AND later.valid_from > coalesce(week.first_eligible, week.week_start)
            AND later.valid_from <= week.week_end
            AND later.valid_from > earliest.valid_from
    ) AS prescription_changed
FROM week
JOIN study.protocol AS protocol USING (protocol_id)
LEFT JOIN prescribed USING (protocol_id, participant_id, week_number)
LEFT JOIN earliest USING (participant_id)
