-- The lag at which the counts of two devices of one person fit best, date by date. Whether it tells anything of their clocks
-- is the question of clock_offset.
-- One row per participant_id, device_a, device_b, local_date with at least 10 compared minutes. Private.
-- The changes of both counts from minute to minute are correlated at lags of -10 to +10 minutes; the highest correlation
-- gives the lag, of equal ones the smallest lag. Changes instead of counts, because a walk of half an hour correlates with
-- itself nearly as well three minutes later, but its start and end do not. As is usual for cross-correlations, the sums of
-- squares are those of the whole date at every lag, so that a lag with less overlap gains nothing by it.
-- Dates are local, so that an evening walk lies in one piece; lags are counted in UTC, so that a change to daylight saving
-- is none.
-- Source: bouts guide, section 7 (10 minutes of overlap, lags to 10 minutes).
--
-- Columns
--   offset_minutes: lag of the highest correlation: minutes by which device_b stamps the same steps later than device_a; NULL = no correlation
--   correlation: of the changes at that lag; NULL = a count that never changes
WITH change AS (
    SELECT participant_id, device_a, device_b, local_date, unnest(changes, recursive := true)
    FROM device_overlap
    SEMI JOIN touched USING (participant_id)
    WHERE minutes >= 10
),
lagged AS (
    SELECT
        participant_id, device_a, device_b, local_date, change_a, lag_minutes,
        minute_index + lag_minutes AS minute_index
    FROM change
    CROSS JOIN range(-10, 11) AS lags(lag_minutes)
    WHERE change_a <> 0
),
size AS (
    SELECT
        participant_id, device_a, device_b, local_date,
        sqrt(sum(change_a * change_a)) * sqrt(sum(change_b * change_b)) AS norm
    FROM change
    GROUP BY ALL
),
product AS (
    SELECT
        participant_id, device_a, device_b, local_date, lag_minutes,
        sum(lagged.change_a * change.change_b) AS product
    FROM lagged
    JOIN change USING (participant_id, device_a, device_b, local_date, minute_index)
    GROUP BY ALL
),
best AS (
    SELECT
        participant_id, device_a, device_b, local_date,
        first(lag_minutes ORDER BY product DESC, abs(lag_minutes), lag_minutes) AS offset_minutes,
        max(product) / any_value(norm) AS correlation
    FROM product
    JOIN size USING (participant_id, device_a, device_b, local_date)
    WHERE norm > 0
    GROUP BY ALL
)
SELECT
    overlap.participant_id,
    overlap.device_a,
    overlap.device_b,
    overlap.local_date,
    best.offset_minutes::INTEGER AS offset_minutes,
    best.correlation
FROM device_overlap AS overlap
SEMI JOIN touched ON overlap.participant_id = touched.participant_id
LEFT JOIN best USING (participant_id, device_a, device_b, local_date)
WHERE overlap.minutes >= 10
