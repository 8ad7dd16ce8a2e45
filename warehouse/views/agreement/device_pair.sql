-- Compared minutes of two devices added up over dates: once by device, once by model.
-- One row per pair_level, participant_id, device_a, device_b. Private. At pair_level study the devices are models, and what a
-- person wore of one model in turn is added up.
SELECT
    level.pair_level,
    overlap.participant_id,
    CASE level.pair_level WHEN 'study' THEN left(overlap.device_a, -3) ELSE overlap.device_a END AS device_a,
    CASE level.pair_level WHEN 'study' THEN left(overlap.device_b, -3) ELSE overlap.device_b END AS device_b,
    count(*) AS dates,
    sum(overlap.minutes) AS minutes,
    sum(overlap.sum_difference) AS sum_difference,
    sum(overlap.sum_square) AS sum_square,
    sum(overlap.walking_minutes) AS walking_minutes,
    sum(overlap.walking_sum_difference) AS walking_sum_difference,
    sum(overlap.walking_sum_square) AS walking_sum_square,
    sum(overlap.apportioned_minutes) AS apportioned_minutes,
    count(clock.is_clock_offset) AS clock_dates,
    count(*) FILTER (WHERE clock.is_clock_offset) AS clock_offset_dates,
    max(clock.offset_minutes) FILTER (WHERE clock.is_clock_offset) AS highest_offset,
    min(clock.offset_minutes) FILTER (WHERE clock.is_clock_offset) AS lowest_offset
FROM device_overlap AS overlap
LEFT JOIN clock_offset AS clock USING (participant_id, device_a, device_b, local_date)
CROSS JOIN (VALUES ('participant'), ('study')) AS level(pair_level)
GROUP BY ALL
