-- Dates on which devices.csv gives a participant a device, whatever the device is called.
SELECT participant_id, from_date, to_date
FROM device_assignment
