-- What the study's CSVs and settings say of a participant otherwise than before.
-- One row per participant_id, reason, words. from_date and to_date bound the dates it can bear on; NULL = no bound.
WITH outcome AS (
    SELECT 'is new' AS what, * FROM (FROM new.counting_outcome EXCEPT FROM old.counting_outcome)
    UNION ALL
    SELECT 'is gone' AS what, * FROM (FROM old.counting_outcome EXCEPT FROM new.counting_outcome)
),
travel AS (
    SELECT 'is new' AS what, * FROM (FROM new.travel EXCEPT FROM old.travel)
    UNION ALL
    SELECT 'is gone' AS what, * FROM (FROM old.travel EXCEPT FROM new.travel)
),
prescription AS (
    SELECT 'is new' AS what, * FROM (FROM new.prescription EXCEPT FROM old.prescription)
    UNION ALL
    SELECT 'is gone' AS what, * FROM (FROM old.prescription EXCEPT FROM new.prescription)
),
assignment AS (
    -- a device gets its name by its first data: the lines are compared without it
    SELECT 'is new' AS what, * FROM (FROM new.assigned_date EXCEPT FROM old.assigned_date)
    UNION ALL
    SELECT 'is gone' AS what, * FROM (FROM old.assigned_date EXCEPT FROM new.assigned_date)
),
person AS (
    SELECT
        participant_id,
        was.start_date AS old_start, is_.start_date AS new_start,
        was.end_date AS old_end, is_.end_date AS new_end,
        was.time_zone AS old_zone, is_.time_zone AS new_zone,
        was.age_years AS old_age, is_.age_years AS new_age
    FROM old.participant AS was
    JOIN new.participant AS is_ USING (participant_id)
)
SELECT
    participant_id, 'calendar' AS reason, date AS from_date,
    -- nothing after a death or a withdrawal of data counts
    CASE WHEN kind = 'excused' THEN coalesce(end_date, date) END AS to_date,
    concat(kind, ' ', date, ' to ' || end_date, ' ', what, ' (outcomes.csv)') AS words
FROM outcome
UNION ALL
SELECT participant_id, 'calendar', NULL, NULL,
    concat('start_date ', coalesce(new_start::VARCHAR, 'empty'), ' (before: ', coalesce(old_start::VARCHAR, 'empty'),
        ')')
FROM person
WHERE old_start IS DISTINCT FROM new_start
UNION ALL
SELECT participant_id, 'calendar', NULL, NULL,
    concat('end_date ', coalesce(new_end::VARCHAR, 'empty'), ' (before: ', coalesce(old_end::VARCHAR, 'empty'), ')')
FROM person
WHERE old_end IS DISTINCT FROM new_end
UNION ALL
SELECT participant_id, 'age', NULL, NULL,
    concat('age_years ', coalesce(new_age::VARCHAR, 'empty'), ' (before: ', coalesce(old_age::VARCHAR, 'empty'), ')')
FROM person
WHERE old_age IS DISTINCT FROM new_age
UNION ALL
SELECT participant_id, 'time_zone', NULL, NULL, concat('home zone ', new_zone, ' (before: ', old_zone, ')')
FROM person
WHERE old_zone <> new_zone
UNION ALL
SELECT participant_id, 'time_zone', timezone('UTC', from_utc)::DATE - 1, NULL,
    concat(time_zone, ' from ', strftime(timezone('UTC', from_utc), '%Y-%m-%d %H:%M'), ' UTC on ', what,
        ' (travel.csv)')
FROM travel
UNION ALL
SELECT participant_id, 'prescription', NULL, NULL,
    concat(days_per_week, ' x ', regexp_replace(minutes_per_day::VARCHAR, '[.]0$', ''), ' min from ', valid_from,
        ' on ', what, ' (prescriptions.csv)')
FROM prescription
UNION ALL
SELECT participant_id, 'assignment', NULL, NULL,
    concat('a device from ', coalesce(from_date::VARCHAR, 'ever'), ' to ' || to_date, ' ', what, ' (devices.csv)')
FROM assignment
UNION ALL
SELECT
    participant_id, 'device', NULL, NULL,
    concat_ws(
        ', ', device_id,
        CASE WHEN was.device_class <> is_.device_class
            THEN concat('class ', is_.device_class, ' (before: ', was.device_class, ')') END,
        CASE WHEN was.zeros_prove_wear <> is_.zeros_prove_wear
            THEN concat('zeros_prove_wear ', is_.zeros_prove_wear, ' (before: ', was.zeros_prove_wear, ')') END,
        CASE WHEN was.priority <> is_.priority
            THEN concat('priority ', is_.priority, ' (before: ', was.priority, ')') END
    )
FROM old.participant_device AS was
JOIN new.participant_device AS is_ USING (participant_id, device_id)
WHERE (was.device_class, was.zeros_prove_wear, was.priority)
    IS DISTINCT FROM (is_.device_class, is_.zeros_prove_wear, is_.priority)
