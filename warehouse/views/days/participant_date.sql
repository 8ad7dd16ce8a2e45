-- The calendar of each participant: which dates count, and why the others do not.
-- One row per participant_id, local_date. Private.
-- With a start_date every date from it to min(end_date, as-of date) has a row, data or not; without one, the dates from
-- the first to the last with data. Dates with minutes outside that stretch have rows too, and are ineligible. As long as
-- nobody has a minute and study.toml states no date, the as-of date is unknown: who has a start_date has no date then, and
-- who has none those from the first to the last reported total.
-- Source: architecture definitions 1 and 11.
WITH device_total AS (
    -- a re-export repeats the totals: per device and stretch the value counts once
    SELECT participant_id, device_id, local_date, total_start, total_end, max(steps) AS steps
    FROM ledger.source_total
    SEMI JOIN touched USING (participant_id)
    GROUP BY ALL
),
resolution_total AS (
    SELECT
        total.participant_id, total.device_id, total.local_date, device.priority,
        total.total_end - total.total_start AS length,
        sum(total.steps)::BIGINT AS steps
    FROM device_total AS total
    JOIN device USING (participant_id, device_id)
    GROUP BY ALL
),
total_day AS (
    -- totals of two devices, or the hours and the day of one, are never added: first the device class, then the longest
    SELECT
        participant_id, local_date,
        first(steps ORDER BY priority, length DESC, device_id) AS steps
    FROM resolution_total
    GROUP BY participant_id, local_date
),
dated AS (
    SELECT participant_id, local_date FROM day_base SEMI JOIN touched USING (participant_id)
    UNION
    -- reported totals make a calendar only for somebody who has nothing else
    SELECT participant_id, local_date FROM total_day
    WHERE participant_id NOT IN (SELECT participant_id FROM day_base)
),
bound AS (
    SELECT participant_id, min(local_date) AS first_date, max(local_date) AS last_date
    FROM dated
    GROUP BY participant_id
),
stretch AS (
    SELECT
        participant.participant_id,
        participant.start_date,
        participant.end_date,
        as_of.as_of,
        coalesce(participant.start_date, bound.first_date) AS from_date,
        -- least passes over NULL: an end_date is no as-of date
        CASE
            WHEN participant.start_date IS NULL THEN least(bound.last_date, participant.end_date, as_of.as_of)
            WHEN as_of.as_of IS NOT NULL THEN least(participant.end_date, as_of.as_of)
        END AS to_date
    FROM study.participant AS participant
    SEMI JOIN touched ON participant.participant_id = touched.participant_id
    CROSS JOIN as_of
    LEFT JOIN bound USING (participant_id)
),
calendar AS (
    SELECT participant_id, unnest(generate_series(from_date, to_date, INTERVAL 1 DAY))::DATE AS local_date
    FROM stretch
    WHERE from_date <= to_date
    UNION
    SELECT dated.participant_id, dated.local_date
    FROM dated
    JOIN stretch USING (participant_id)
    WHERE dated.local_date <= stretch.as_of
),
zoned AS (
    -- a journey there and back gives a zone two stretches of a date
    SELECT
        calendar.participant_id,
        calendar.local_date,
        period.time_zone,
        sum(minutes) AS minutes,
        min(period.from_utc) AS from_utc
    FROM calendar
    LEFT JOIN (
        SELECT
            participant_id, time_zone, from_utc,
            timezone('UTC', from_utc) + to_minutes(utc_offset_minutes) AS local_from,
            timezone('UTC', to_utc) + to_minutes(utc_offset_minutes) AS local_to
        FROM study.offset_period
        SEMI JOIN touched USING (participant_id)
    ) AS period
        ON period.participant_id = calendar.participant_id
        AND period.local_to > calendar.local_date::TIMESTAMP
        AND period.local_from < calendar.local_date::TIMESTAMP + INTERVAL 1 DAY
    CROSS JOIN LATERAL (
        -- greatest and least pass over NULL: a date without any stretch of clock time must not become a whole day
        SELECT CASE WHEN period.local_from IS NOT NULL THEN date_diff(
            'minute',
            greatest(period.local_from, calendar.local_date::TIMESTAMP),
            least(period.local_to, calendar.local_date::TIMESTAMP + INTERVAL 1 DAY)
        ) END AS minutes
    )
    GROUP BY calendar.participant_id, calendar.local_date, period.time_zone
),
length AS (
    SELECT
        participant_id,
        local_date,
        -- the zone in force for most of the date; a date that travel skips has none
        first(time_zone ORDER BY minutes DESC NULLS LAST, from_utc) AS time_zone,
        coalesce(sum(minutes), 0)::INTEGER AS day_length_minutes
    FROM zoned
    GROUP BY participant_id, local_date
),
last_day AS (
    SELECT
        participant_id,
        min(date) FILTER (WHERE kind = 'withdrawal' AND value = 'data') AS withdrawal_date,
        min(date) FILTER (WHERE kind = 'death') AS death_date
    FROM study.outcome
    GROUP BY participant_id
)
SELECT
    length.participant_id,
    length.local_date,
    length.time_zone,
    length.day_length_minutes,
    CASE
        WHEN length.local_date < stretch.start_date THEN 'before_start'
        WHEN length.local_date > stretch.end_date THEN 'after_end'
        WHEN length.local_date > last_day.death_date THEN 'after_death'
        WHEN length.local_date > last_day.withdrawal_date THEN 'withdrawn'
        WHEN length.day_length_minutes = 0 THEN 'no_such_date'
        WHEN EXISTS (
            SELECT 1
            FROM study.outcome
            WHERE outcome.participant_id = length.participant_id
                AND outcome.kind = 'excused'
                AND length.local_date BETWEEN outcome.date AND coalesce(outcome.end_date, outcome.date)
        ) THEN 'excused'
    END AS ineligible_reason,
    -- weeks are made of the dates between start and end, whether they count or not
    length.local_date BETWEEN stretch.from_date AND stretch.to_date AS is_in_study,
    total_day.steps AS steps_reported
FROM length
JOIN stretch USING (participant_id)
LEFT JOIN last_day USING (participant_id)
LEFT JOIN total_day USING (participant_id, local_date)
