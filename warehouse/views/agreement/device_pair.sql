-- Compared minutes of two devices added up over dates: once by device, once by model.
-- One row per pair_level, participant_id, device_a, device_b. Private. At pair_level study the devices are models, and what a
-- person wore of one model in turn is added up.
-- Clocks are judged over dates: a flagged offset holds where the flagged dates of the same two devices whose offsets differ
-- from it by at most a minute have six starts and six ends of walks at their lags together. Where many dates are looked at,
-- one with three of each is flagged by chance.
WITH flagged AS (
    SELECT
        participant_id, device_a, device_b, local_date, offset_minutes,
        sum(starts) OVER alike >= 6 AND sum(ends) OVER alike >= 6 AS is_held
    FROM clock_offset
    WHERE is_clock_offset
    WINDOW alike AS (
        PARTITION BY participant_id, device_a, device_b ORDER BY offset_minutes
        RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING
    )
)
SELECT
    level.pair_level,
    overlap.participant_id,
    CASE level.pair_level WHEN 'study' THEN regexp_replace(overlap.device_a, '-[0-9]+$', '') ELSE overlap.device_a END
        AS device_a,
    CASE level.pair_level WHEN 'study' THEN regexp_replace(overlap.device_b, '-[0-9]+$', '') ELSE overlap.device_b END
        AS device_b,
    count(*) AS dates,
    sum(overlap.minutes) AS minutes,
    sum(overlap.sum_difference) AS sum_difference,
    sum(overlap.sum_square) AS sum_square,
    sum(overlap.walking_minutes) AS walking_minutes,
    sum(overlap.walking_sum_difference) AS walking_sum_difference,
    sum(overlap.walking_sum_square) AS walking_sum_square,
    sum(overlap.apportioned_minutes) AS apportioned_minutes,
    count(clock.is_clock_offset) AS clock_dates,
    count(flagged.local_date) AS clock_offset_dates,
    max(flagged.offset_minutes) FILTER (WHERE flagged.is_held) AS highest_offset,
    min(flagged.offset_minutes) FILTER (WHERE flagged.is_held) AS lowest_offset
FROM device_overlap AS overlap
LEFT JOIN clock_offset AS clock USING (participant_id, device_a, device_b, local_date)
LEFT JOIN flagged USING (participant_id, device_a, device_b, local_date)
CROSS JOIN (VALUES ('participant'), ('study')) AS level(pair_level)
GROUP BY ALL
