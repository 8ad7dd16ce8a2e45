-- Whether the clocks of two devices of one person agree, date by date.
-- One row per participant_id, device_a, device_b, local_date with at least 10 compared minutes. Private.
-- clock_lag says at which lag the counts fit best. The evidence are the starts and ends of walks (clock_edge) at that lag, each
-- counted once, however many minutes the walk had: one is at the lag if the other device has one there, to half a minute.
-- One walk tells nothing: a device that was picked up late and put down late looks like a late clock. So the starts at the
-- lag must be 3 standard errors more than a quarter of all of the device that has fewer of them, and the ends likewise: 3 of 3,
-- 5 of 6, 8 of 12. A quarter is what a lateness of 0, 1, 2 or 3 whole minutes puts at one of them. Chance still flags a date: of
-- three walks with such lateness 2 / 4^6 or 1 date in 2,000, and where the lateness is any time up to 3 minutes about 1 in 400
-- (15 of 6,000 simulated dates); of four walks or more fewer. device_pair therefore asks more of the pair.
-- A lateness that is the same each time is not told from a clock's.
-- An offset is flagged from 2 minutes on, where fewer than half as many starts and ends are at lag 0. It is flagged, never
-- shifted. A date is judged by itself, so that the flag in its minutes follows from its own data.
-- Source: bouts guide, section 7 (flag from 2 minutes).
--
-- Columns
--   offset_minutes: lag of the highest correlation: minutes by which device_b stamps the same steps later than device_a; NULL = no correlation
--   correlation: of the changes at that lag; NULL = a count that never changes
--   starts: starts of walks that both devices have at that lag
--   ends: ends of walks that both devices have at that lag
--   compared_starts: starts of walks of the device that has fewer of them
--   compared_ends: ends of walks of the device that has fewer of them
--   at_zero: starts and ends that both devices have at lag 0
--   is_clock_offset: true = flagged; false = the starts and ends are at a lag of -1 to 1 minutes; NULL = cannot be told
WITH edge AS (
    SELECT participant_id, device_a, device_b, local_date, device, is_start, second_index
    FROM clock_edge
    SEMI JOIN touched USING (participant_id)
),
own AS (
    SELECT
        participant_id, device_a, device_b, local_date,
        least(
            count(*) FILTER (WHERE is_start AND device = 'a'), count(*) FILTER (WHERE is_start AND device = 'b')
        ) AS compared_starts,
        least(
            count(*) FILTER (WHERE NOT is_start AND device = 'a'), count(*) FILTER (WHERE NOT is_start AND device = 'b')
        ) AS compared_ends
    FROM edge
    GROUP BY ALL
),
met AS (
    SELECT
        participant_id, device_a, device_b, local_date, a.is_start,
        abs(b.second_index - a.second_index - 60 * best.offset_minutes) <= 30 AS is_at_lag,
        abs(b.second_index - a.second_index) <= 30 AS is_at_zero
    FROM edge AS a
    JOIN edge AS b USING (participant_id, device_a, device_b, local_date, is_start)
    JOIN clock_lag AS best USING (participant_id, device_a, device_b, local_date)
    WHERE a.device = 'a' AND b.device = 'b'
),
counted AS (
    SELECT
        participant_id, device_a, device_b, local_date,
        count(*) FILTER (WHERE is_start AND is_at_lag) AS starts,
        count(*) FILTER (WHERE NOT is_start AND is_at_lag) AS ends,
        count(*) FILTER (WHERE is_at_zero) AS at_zero
    FROM met
    GROUP BY ALL
),
evidence AS (
    SELECT
        best.participant_id, best.device_a, best.device_b, best.local_date, best.offset_minutes, best.correlation,
        coalesce(counted.starts, 0)::INTEGER AS starts,
        coalesce(counted.ends, 0)::INTEGER AS ends,
        coalesce(own.compared_starts, 0)::INTEGER AS compared_starts,
        coalesce(own.compared_ends, 0)::INTEGER AS compared_ends,
        coalesce(counted.at_zero, 0)::INTEGER AS at_zero
    FROM clock_lag AS best
    SEMI JOIN touched ON best.participant_id = touched.participant_id
    LEFT JOIN own USING (participant_id, device_a, device_b, local_date)
    LEFT JOIN counted USING (participant_id, device_a, device_b, local_date)
)
SELECT
    participant_id,
    device_a,
    device_b,
    local_date,
    offset_minutes,
    correlation,
    starts,
    ends,
    compared_starts,
    compared_ends,
    at_zero,
    CASE
        WHEN coalesce(correlation, 0) < 0.3 OR least(starts, ends) < 3 THEN NULL
        -- (k - n / 4) / sqrt(3 n / 16) >= 3 in whole numbers
        WHEN 4 * starts - compared_starts < 0 OR (4 * starts - compared_starts) ** 2 < 27 * compared_starts THEN NULL
        WHEN 4 * ends - compared_ends < 0 OR (4 * ends - compared_ends) ** 2 < 27 * compared_ends THEN NULL
        WHEN abs(offset_minutes) < 2 THEN false
        WHEN 2 * at_zero < starts + ends THEN true
    END AS is_clock_offset
FROM evidence
