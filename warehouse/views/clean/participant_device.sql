-- Devices of each participant, as the study uses them.
-- One row per participant_id, device_id.
--
-- Columns
--   participant_id: study pseudonym
--   device_id: manufacturer-model-NN, numbered per participant by first data
--   device_class: research, watch, phone, pedometer or track: what the file says, or devices.csv
--   zeros_prove_wear: true = a 0 of this device means worn and no steps; false = a long run of zeros is not worn
--   is_all_day: true = some record of it goes through the day; false = activities or tracks only
--   priority: place in study.toml's source_priority; the lowest that was observed and worn gives a minute. 99 = not listed
SELECT
    participant_id, published_device_id AS device_id, device_class, zeros_prove_wear, is_all_day,
    priority::INTEGER AS priority
FROM device
SEMI JOIN touched USING (participant_id)
ORDER BY participant_id, device_id
