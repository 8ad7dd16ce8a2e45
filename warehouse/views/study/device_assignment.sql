-- Who wore which device when, from devices.csv.
-- One row per line of devices.csv. The device's true id stays private: a device that has sent nothing has no name here.
--
-- Columns
--   participant_id: study pseudonym
--   device_id: manufacturer-model-NN; NULL when nothing of the device is loaded for this participant
--   from_date: first date, inclusive; NULL = always
--   to_date: last date, inclusive; NULL = until further notice
--   device_class: class that the study gives the device; NULL = its own holds
--   zeros_prove_wear: what the study says of the device's zeros; NULL = its own meaning holds
SELECT
    given.participant_id, device.published_device_id AS device_id, given.from_date, given.to_date,
    given.device_class, given.zeros_prove_wear
FROM study.device_assignment AS given
LEFT JOIN device USING (participant_id, device_id)
ORDER BY ALL
