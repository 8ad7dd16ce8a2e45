-- Last data of each participant by device. One row per participant_id, device_id and kind; a row of NULLs for a person
-- without files. days_silent counts civil dates of the participant until today, as in silence.sql.
SELECT
    silence.participant_id, part.device_id, part.kind, count(DISTINCT part.source_file_id) AS files,
    max(part.last_at) AS last_data,
    any_value(silence.today)
    - max((part.last_at - INTERVAL 1 MICROSECOND + to_minutes(period.utc_offset_minutes))::DATE) AS days_silent
FROM silence
LEFT JOIN ledger.file_part AS part USING (participant_id)
LEFT JOIN study.offset_period AS period
    ON period.participant_id = part.participant_id
    AND period.from_utc < part.last_at AND period.to_utc >= part.last_at
GROUP BY silence.participant_id, part.device_id, part.kind
ORDER BY silence.participant_id, last_data DESC
