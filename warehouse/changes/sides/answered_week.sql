-- Weeks with the protocol's own answer, which is told as ineligible where a week has none.
-- One row per participant_id, protocol_id, week_number. answer: yes, no, unknown or ineligible.
SELECT * REPLACE (coalesce(answer, 'ineligible') AS answer)
FROM participant_week
