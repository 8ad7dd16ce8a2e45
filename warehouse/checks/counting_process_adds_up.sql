-- Rows follow each other from day 0 to the last day of the follow-up, hold every event inside it once, and keep bounds in order.
-- Without an as-of date nobody is followed.
WITH last_date AS (
    SELECT participant.participant_id, participant.start_date, min(ends.date) AS last_date
    FROM study.participant AS participant
    JOIN (
        SELECT participant_id, end_date AS date FROM study.participant
        UNION ALL
        SELECT participant_id, as_of AS date FROM study.participant CROSS JOIN as_of
        UNION ALL
        SELECT participant_id, date FROM study.outcome
        WHERE kind = 'death' OR (kind = 'withdrawal' AND value = 'data')
    ) AS ends USING (participant_id)
    CROSS JOIN as_of
    WHERE participant.start_date IS NOT NULL AND as_of.as_of IS NOT NULL
    GROUP BY participant.participant_id, participant.start_date
),
expected AS (
    SELECT
        last_date.participant_id, protocol.protocol_id, kinds.event_kind,
        last_date.last_date - last_date.start_date AS days,
        (
            SELECT count(DISTINCT outcome.date)
            FROM study.outcome
            WHERE outcome.participant_id = last_date.participant_id
                AND outcome.kind = kinds.event_kind
                AND outcome.date > last_date.start_date
                AND outcome.date <= last_date.last_date
        ) AS events
    FROM last_date
    CROSS JOIN study.protocol AS protocol
    CROSS JOIN unnest(['recurrence', 'adverse_event']) AS kinds(event_kind)
    WHERE protocol.is_listed AND last_date.last_date > last_date.start_date
),
found AS (
    SELECT
        participant_id, protocol_id, event_kind, sum(tstop - tstart) AS days, max(tstop) AS last_tstop,
        sum(event) AS events, count(*) AS pieces, count(DISTINCT tstart) AS starts,
        bool_and(
            tstart < tstop
            AND coalesce(dose_lag1_lo <= dose_lag1_hi, true)
            AND coalesce(dose_lag4_lo <= dose_lag4_hi, true)
            AND coalesce(dose_cumulative_lo <= dose_cumulative_hi, true)
            AND weeks_observed <= weeks_counted
        ) AS is_in_order
    FROM counting_process
    GROUP BY participant_id, protocol_id, event_kind
)
SELECT
    participant_id, protocol_id, event_kind, found.days, expected.days AS days_expected,
    found.events, expected.events AS events_expected
FROM found
FULL JOIN expected USING (participant_id, protocol_id, event_kind)
WHERE found.days IS DISTINCT FROM expected.days
    OR found.last_tstop IS DISTINCT FROM expected.days
    OR found.events IS DISTINCT FROM expected.events
    OR found.starts <> found.pieces
    OR NOT found.is_in_order
LIMIT 100
