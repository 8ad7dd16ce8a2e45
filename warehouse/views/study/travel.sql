-- Time zones away from home, from travel.csv.
-- One row per participant_id, from_utc.
--
-- Columns
--   participant_id: study pseudonym
--   from_utc: the instant from which the zone holds, until the participant's next row, UTC
--   time_zone: IANA zone
SELECT participant_id, from_utc, time_zone
FROM study.travel
ORDER BY participant_id, from_utc
