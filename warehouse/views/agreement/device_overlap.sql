-- What two devices of one person counted in the same minutes, added up over each local date.
-- One row per participant_id, device_a, device_b, local_date. Private.
-- Compared are the minutes in which both measured steps for the whole minute (after corrections and zero runs), on foot
-- and not in the future. Steps that were shared from a longer interval count as the grid has them. device_a comes before
-- device_b by manufacturer-model, then by number; differences are a minus b.
-- The changes of the counts from one compared minute to the next are kept where either is not 0: starts, ends and pauses of
-- walks are what tells one clock from another, and minutes without them say nothing. Changes into, out of or between shared
-- minutes are left out: sharing moves a start or an end by up to the length of the row, whatever the clock shows.
-- Source: bouts guide, sections 7 and 10; 60 steps/min is walking: Tudor-Locke 2011.
WITH measured AS (
    SELECT
        minute.participant_id,
        minute.minute_start,
        regexp_replace(device.published_device_id, '-[0-9]+$', '') AS model,
        device.published_device_id AS device_id,
        minute.steps,
        list_contains(minute.flags, 'apportioned') AS is_apportioned
    FROM worn_minute AS minute
    SEMI JOIN touched ON minute.participant_id = touched.participant_id
    SEMI JOIN several_devices AS several ON minute.participant_id = several.participant_id
    JOIN device ON device.participant_id = minute.participant_id AND device.device_id = minute.device_id
    WHERE minute.steps IS NOT NULL AND NOT list_has_any(minute.flags, ['future', 'part_minute'])
),
pair_minute AS (
    SELECT
        a.participant_id, a.device_id AS device_a, b.device_id AS device_b, a.minute_start,
        a.steps AS steps_a, b.steps AS steps_b,
        a.steps - b.steps AS difference,
        greatest(a.steps, b.steps) AS more_steps,
        a.is_apportioned OR b.is_apportioned AS is_apportioned
    FROM measured AS a
    JOIN measured AS b
        ON b.participant_id = a.participant_id
        AND b.minute_start = a.minute_start
        -- 100 comes after 99
        AND (a.model, length(a.device_id), a.device_id) < (b.model, length(b.device_id), b.device_id)
    ANTI JOIN (SELECT participant_id, minute_start FROM session_minute WHERE is_not_on_foot) AS ride
        ON ride.participant_id = a.participant_id AND ride.minute_start = a.minute_start
),
dated AS (
    SELECT
        pair_minute.*,
        epoch_ms(pair_minute.minute_start) // 60000 AS minute_index,
        (timezone('UTC', pair_minute.minute_start) + to_minutes(period.utc_offset_minutes))::DATE AS local_date
    FROM pair_minute
    ASOF JOIN study.offset_period AS period
        ON period.participant_id = pair_minute.participant_id AND pair_minute.minute_start >= period.from_utc
),
stepped AS (
    SELECT
        *,
        lag(minute_index) OVER pair = minute_index - 1
            AND NOT is_apportioned
            AND NOT lag(is_apportioned) OVER pair AS is_step,
        steps_a - lag(steps_a) OVER pair AS change_a,
        steps_b - lag(steps_b) OVER pair AS change_b
    FROM dated
    WINDOW pair AS (PARTITION BY participant_id, device_a, device_b ORDER BY minute_index)
)
SELECT
    participant_id,
    device_a,
    device_b,
    local_date,
    count(*) AS minutes,
    count(*) FILTER (WHERE is_apportioned) AS apportioned_minutes,
    count(*) FILTER (WHERE more_steps >= 60) AS walking_minutes,
    -- whole numbers: sums that do not depend on their order
    sum(difference)::BIGINT AS sum_difference,
    sum(difference * difference)::BIGINT AS sum_square,
    coalesce(sum(difference) FILTER (WHERE more_steps >= 60), 0)::BIGINT AS walking_sum_difference,
    coalesce(sum(difference * difference) FILTER (WHERE more_steps >= 60), 0)::BIGINT AS walking_sum_square,
    list(
        {'minute_index': minute_index, 'change_a': change_a, 'change_b': change_b} ORDER BY minute_index
    ) FILTER (WHERE is_step AND (change_a <> 0 OR change_b <> 0)) AS changes
FROM stepped
GROUP BY participant_id, device_a, device_b, local_date
