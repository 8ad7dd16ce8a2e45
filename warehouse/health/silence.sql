-- Silence: since when nothing has come from each participant, and whether somebody should ask.
-- One row per participant_id. Dates are civil dates of the participant; today is the date that the clock shows there.
-- Data count until their end; what a device's wrong clock dates more than 24 hours after its file came does not count.
-- Days are counted from the last date with data, or from a later start_date or end of an excuse; nobody is called
-- silent while no data are expected: before the start, after the end, a death or a withdrawal of data, while excused.
--
-- Columns
--   last_data: last instant with data, UTC; NULL = never sent anything
--   days_silent: whole dates from that of last_data to today; NULL = never sent anything
--   days_counted: dates for which data were expected and none came; NULL without data and start_date
--   not_expected: why no data are expected today; NULL = they are
--   is_silent: days_counted has reached the variable silent_days
--   today: the date there
WITH file_end AS (
    SELECT
        part.participant_id, part.source_file_id, max(part.last_at) AS last_at,
        any_value(file.received_at) + INTERVAL 24 HOUR AS latest
    FROM ledger.file_part AS part
    JOIN ledger.source_file AS file USING (source_file_id)
    WHERE part.participant_id IS NOT NULL AND file.status = 'loaded'
    GROUP BY part.participant_id, part.source_file_id
),
told_late AS (
    SELECT minute.participant_id, minute.minute_start + INTERVAL 1 MINUTE AS last_at
    FROM file_end JOIN ledger.source_minute AS minute USING (participant_id, source_file_id)
    WHERE file_end.last_at > file_end.latest AND minute.minute_start <= file_end.latest
    UNION ALL
    SELECT reading.participant_id, reading.read_at
    FROM file_end JOIN ledger.counter_reading AS reading USING (participant_id, source_file_id)
    WHERE file_end.last_at > file_end.latest AND reading.read_at <= file_end.latest
),
seen AS (
    SELECT participant_id, max(last_at) AS last_data
    FROM (SELECT participant_id, last_at FROM file_end WHERE last_at <= latest UNION ALL FROM told_late)
    GROUP BY participant_id
),
dated AS (
    SELECT
        person.participant_id, person.start_date, person.end_date, seen.last_data,
        (seen.last_data - INTERVAL 1 MICROSECOND + to_minutes(back_then.utc_offset_minutes))::DATE AS last_date,
        (getvariable('now') + to_minutes(present.utc_offset_minutes))::DATE AS today
    FROM study.participant AS person
    JOIN study.offset_period AS present
        ON present.participant_id = person.participant_id
        AND present.from_utc <= getvariable('now') AND present.to_utc > getvariable('now')
    LEFT JOIN seen ON seen.participant_id = person.participant_id
    LEFT JOIN study.offset_period AS back_then
        ON back_then.participant_id = person.participant_id
        AND back_then.from_utc < seen.last_data AND back_then.to_utc >= seen.last_data
),
ending AS (
    SELECT participant_id, min(date) AS date, arg_min(reason, date) AS reason
    FROM (
        SELECT participant_id, end_date AS date, 'end_date' AS reason FROM study.participant WHERE end_date IS NOT NULL
        UNION ALL
        SELECT participant_id, date, kind FROM study.outcome
        WHERE kind = 'death' OR (kind = 'withdrawal' AND value = 'data')
    )
    GROUP BY participant_id
),
excuse AS (
    SELECT
        dated.participant_id,
        max(coalesce(outcome.end_date, outcome.date)) FILTER (
            WHERE dated.today BETWEEN outcome.date AND coalesce(outcome.end_date, outcome.date)
        ) AS until_date,
        max(coalesce(outcome.end_date, outcome.date)) FILTER (
            WHERE coalesce(outcome.end_date, outcome.date) < dated.today
        ) AS past_date
    FROM dated
    JOIN study.outcome AS outcome ON outcome.participant_id = dated.participant_id AND outcome.kind = 'excused'
    GROUP BY dated.participant_id
),
judged AS (
    SELECT
        dated.participant_id, dated.last_data, dated.today,
        CASE WHEN dated.last_date IS NOT NULL THEN greatest(0, dated.today - dated.last_date) END AS days_silent,
        CASE
            WHEN dated.last_date IS NOT NULL OR dated.start_date IS NOT NULL
                THEN greatest(0, dated.today - greatest(dated.last_date, dated.start_date, excuse.past_date))
        END AS days_counted,
        CASE
            WHEN ending.date < dated.today THEN concat('was followed until ', ending.date, ' (', ending.reason, ')')
            WHEN excuse.until_date IS NOT NULL THEN concat('is excused until ', excuse.until_date)
            WHEN dated.start_date > dated.today THEN concat('starts on ', dated.start_date)
        END AS not_expected
    FROM dated
    LEFT JOIN ending USING (participant_id)
    LEFT JOIN excuse USING (participant_id)
)
SELECT
    participant_id, last_data, days_silent, days_counted, not_expected,
    not_expected IS NULL AND coalesce(days_counted >= getvariable('silent_days'), false) AS is_silent,
    today
FROM judged
ORDER BY is_silent DESC, not_expected IS NOT NULL, days_counted DESC NULLS FIRST, days_silent DESC NULLS FIRST,
    participant_id
