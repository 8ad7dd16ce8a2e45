-- Whether the clocks of two devices of one person agree, date by date.
-- One row per participant_id, device_a, device_b, local_date with at least 10 compared minutes. Private.
-- The changes of both counts from minute to minute are correlated at lags of -10 to +10 minutes; the highest correlation
-- gives the lag, of equal ones the smallest lag. Changes instead of counts, because a walk of half an hour correlates with
-- itself nearly as well three minutes later, but its start and end do not. As is usual for cross-correlations, the sums of
-- squares are those of the whole date at every lag, so that a lag with less overlap gains nothing by it.
-- Something can be told where the correlation is at least 0.3 and 5 standard errors above none (Fisher's z; n = minutes in
-- which either device counted steps). An offset is flagged from 2 minutes on, where the correlation is also 5 standard errors
-- above the one at lag 0: by chance that happens at fewer than one in three million lags. It is flagged, never shifted.
-- Dates are local, so that an evening walk lies in one piece; lags are counted in UTC, so that a change to daylight saving
-- is none.
-- Source: bouts guide, section 7 (10 minutes of overlap, lags to 10 minutes, flag from 2).
--
-- Columns
--   offset_minutes: lag of the highest correlation: minutes by which device_b stamps the same steps later than device_a; NULL = no correlation
--   correlation: of the changes at that lag; NULL = a count that never changes
--   correlation_at_zero: of the changes at lag 0
--   z_correlation: standard errors by which the correlation exceeds none
--   z_gain: standard errors by which the correlation exceeds the one at lag 0
--   is_clock_offset: true = flagged; false = the highest correlation is at -1 to 1 minutes; NULL = cannot be told
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
        max(product) / any_value(norm) AS correlation,
        coalesce(any_value(product) FILTER (WHERE lag_minutes = 0), 0) / any_value(norm) AS correlation_at_zero
    FROM product
    JOIN size USING (participant_id, device_a, device_b, local_date)
    WHERE norm > 0
    GROUP BY ALL
),
fisher AS (
    SELECT
        overlap.participant_id, overlap.device_a, overlap.device_b, overlap.local_date,
        best.offset_minutes, best.correlation, best.correlation_at_zero,
        -- the transformation knows no correlation of 1
        atanh(least(greatest(best.correlation, 0), 0.9999)) AS height,
        atanh(least(greatest(best.correlation_at_zero, 0), 0.9999)) AS height_at_zero,
        sqrt(greatest(overlap.stepping_minutes - 3, 0)) AS weight
    FROM device_overlap AS overlap
    SEMI JOIN touched ON overlap.participant_id = touched.participant_id
    LEFT JOIN best USING (participant_id, device_a, device_b, local_date)
    WHERE overlap.minutes >= 10
),
judged AS (
    SELECT
        *,
        CASE WHEN correlation IS NOT NULL THEN height * weight END AS z_correlation,
        CASE WHEN correlation IS NOT NULL THEN (height - height_at_zero) * weight / sqrt(2) END AS z_gain
    FROM fisher
)
SELECT
    participant_id,
    device_a,
    device_b,
    local_date,
    offset_minutes::INTEGER AS offset_minutes,
    correlation,
    correlation_at_zero,
    z_correlation,
    z_gain,
    CASE
        WHEN correlation < 0.3 OR coalesce(z_correlation, 0) < 5 THEN NULL
        WHEN abs(offset_minutes) < 2 THEN false
        WHEN z_gain >= 5 THEN true
    END AS is_clock_offset
FROM judged
