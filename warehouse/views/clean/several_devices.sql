-- Participants with more than one device: only of them can two tell of one minute.
-- One row per participant_id. Private.
SELECT participant_id
FROM device
SEMI JOIN touched USING (participant_id)
GROUP BY participant_id
HAVING count(*) > 1
