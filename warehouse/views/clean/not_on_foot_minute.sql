-- Minutes of a session whose sport is not on foot (a ride, a swim), whatever another device counted.
-- One row per participant_id, minute_start. Private.
-- A minute belongs to the session with at least 30 s inside it, and only while the device was recording: a session that
-- was left running overnight in a drawer does not mark the night.
WITH session AS (
    SELECT DISTINCT
        session.participant_id,
        greatest(session.session_start, coalesce(coverage.coverage_start, session.session_start)) AS ride_start,
        least(session.session_end, coalesce(coverage.coverage_end, session.session_end)) AS ride_end
    FROM ledger.source_session AS session
    SEMI JOIN touched ON session.participant_id = touched.participant_id
    LEFT JOIN ledger.source_coverage AS coverage
        ON coverage.source_file_id = session.source_file_id
        AND coverage.participant_id = session.participant_id
        AND coverage.coverage_end > session.session_start
        AND coverage.coverage_start < session.session_end
    WHERE session.on_foot = false
),
piece AS (
    SELECT
        participant_id, ride_start, ride_end,
        unnest(generate_series(epoch_ms(ride_start) // 60000, (epoch_ms(ride_end) - 1) // 60000)) AS minute_index
    FROM session
    WHERE ride_end > ride_start
)
SELECT
    participant_id,
    make_timestamptz(minute_index * 60000000) AS minute_start
FROM piece
GROUP BY participant_id, minute_index
HAVING sum(
    least(epoch_ms(ride_end), (minute_index + 1) * 60000) - greatest(epoch_ms(ride_start), minute_index * 60000)
) >= 30000
