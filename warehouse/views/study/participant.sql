-- Participants of the study, as participants.csv names them.
-- One row per participant_id.
--
-- Columns
--   participant_id: study pseudonym
--   time_zone: IANA zone of the participant's home; travel.csv may say otherwise for a while
--   start_date: first date that counts; NULL = from the first date with data
--   end_date: last date that counts, inclusive; NULL = until the as-of date
--   arm: trial arm; NULL when not given
--   age_years: age at enrolment in years; NULL when not given
SELECT participant_id, time_zone, start_date, end_date, arm, age_years
FROM study.participant
ORDER BY participant_id
