-- Minutes of a session whose sport is not on foot (a ride, a swim) or running, whatever another device counted.
-- One row per participant_id, minute_start with is_not_on_foot or is_run. Private.
-- A minute belongs to the session with at least 30 s inside it, and only while the device was recording: a session that
-- was left running overnight in a drawer does not mark the night.
WITH session AS (
    SELECT DISTINCT
        session.participant_id,
        session.on_foot,
        greatest(session.session_start, coalesce(coverage.coverage_start, session.session_start)) AS sport_start,
        least(session.session_end, coalesce(coverage.coverage_end, session.session_end)) AS sport_end
    FROM ledger.source_session AS session
    SEMI JOIN touched ON session.participant_id = touched.participant_id
    LEFT JOIN ledger.source_coverage AS coverage
        ON coverage.source_file_id = session.source_file_id
        AND coverage.participant_id = session.participant_id
        AND coverage.coverage_end > session.session_start
        AND coverage.coverage_start < session.session_end
    WHERE session.on_foot = false OR session.sport IN ('running', 'trail_running')
),
piece AS (
    SELECT
        participant_id, on_foot, sport_start, sport_end,
        unnest(generate_series(epoch_ms(sport_start) // 60000, (epoch_ms(sport_end) - 1) // 60000)) AS minute_index
    FROM session
    WHERE sport_end > sport_start
),
held AS (
    SELECT participant_id, minute_index, on_foot
    FROM piece
    GROUP BY participant_id, minute_index, on_foot
    HAVING sum(
        least(epoch_ms(sport_end), (minute_index + 1) * 60000) - greatest(epoch_ms(sport_start), minute_index * 60000)
    ) >= 30000
)
SELECT
    participant_id,
    make_timestamptz(minute_index * 60000000) AS minute_start,
    bool_or(NOT on_foot) AS is_not_on_foot,
    bool_or(on_foot) AS is_run
FROM held
GROUP BY participant_id, minute_index
