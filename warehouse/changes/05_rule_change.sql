-- Parameters by which the rules of a protocol differ.
-- One row per protocol_id, parameter. Values as text; NULL = not set, or not there.
WITH was AS (
    SELECT protocol_id, parameter, value FROM old.rule_parameter
),
is_ AS (
    SELECT protocol_id, parameter, value FROM new.rule_parameter
)
SELECT protocol_id, parameter, was.value AS old_value, is_.value AS new_value
FROM was
FULL JOIN is_ USING (protocol_id, parameter)
WHERE was.value IS DISTINCT FROM is_.value
