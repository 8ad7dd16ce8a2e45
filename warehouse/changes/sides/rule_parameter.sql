-- What makes up the rules of each protocol: its own parameters, its bout rule's and its wear rule's, and the cadences by
-- age, which every protocol counts minutes by. All as text.
-- One row per protocol_id, parameter; none for a parameter that is not set.
WITH parameter AS (
    UNPIVOT (
        SELECT protocol_id, COLUMNS(* EXCLUDE (protocol_id, source, is_listed, rules_hash))::VARCHAR
        FROM protocol
    )
    ON COLUMNS(* EXCLUDE (protocol_id))
    INTO NAME parameter VALUE value
),
bout_parameter AS (
    UNPIVOT (
        SELECT protocol.protocol_id, COLUMNS(rule.* EXCLUDE (bout_rule_id, source, rule_hash))::VARCHAR
        FROM protocol
        JOIN bout_rule AS rule USING (bout_rule_id)
    )
    ON COLUMNS(* EXCLUDE (protocol_id))
    INTO NAME parameter VALUE value
),
wear_parameter AS (
    UNPIVOT (
        SELECT protocol.protocol_id, COLUMNS(rule.* EXCLUDE (wear_rule_id, source, rule_hash))::VARCHAR
        FROM protocol
        JOIN wear_rule AS rule USING (wear_rule_id)
    )
    ON COLUMNS(* EXCLUDE (protocol_id))
    INTO NAME parameter VALUE value
)
SELECT protocol_id, parameter, regexp_replace(value, '[.]0$', '') AS value FROM parameter
UNION ALL
SELECT protocol_id, concat('bout rule ', parameter) AS parameter, regexp_replace(value, '[.]0$', '') AS value
FROM bout_parameter
UNION ALL
SELECT protocol_id, concat('wear rule ', parameter) AS parameter, regexp_replace(value, '[.]0$', '') AS value
FROM wear_parameter
UNION ALL
SELECT protocol.protocol_id, 'age_cadence' AS parameter, string_agg(
    concat(age.age_from, '-', age.age_to, ': ', regexp_replace(age.min_cadence_spm::VARCHAR, '[.]0$', '')),
    ', ' ORDER BY age.age_from
) AS value
FROM protocol
CROSS JOIN age_cadence AS age
GROUP BY protocol.protocol_id
