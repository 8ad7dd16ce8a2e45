-- Every eligible day belongs to a week that has a row: no week is dropped because nobody knows.
SELECT day.participant_id, day.protocol_id, day.local_date
FROM participant_day AS day
ANTI JOIN participant_week AS week
    ON week.participant_id = day.participant_id
    AND week.protocol_id = day.protocol_id
    AND week.week_number = day.week_number
WHERE day.state <> 'ineligible'
LIMIT 100
