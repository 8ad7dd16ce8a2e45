-- What each participant was asked to walk, from which date; without a row the protocol's own target holds.
-- One row per participant_id, valid_from.
--
-- Columns
--   participant_id: study pseudonym
--   valid_from: first date of this prescription; it holds for weeks whose first eligible day is on or after it
--   days_per_week: days of walking asked for in a week
--   minutes_per_day: minutes of walking asked for on such a day
SELECT participant_id, valid_from, days_per_week, minutes_per_day
FROM study.prescription
ORDER BY participant_id, valid_from
