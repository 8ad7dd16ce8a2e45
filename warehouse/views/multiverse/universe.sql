-- Universes: every definition that the multiverse tries, each a listed protocol with some parameters changed.
-- One row per universe_id: the protocol's own definition, and every combination of the values that multiverse_option.csv
-- holds for its bout rule's algorithm. A rule relative to age keeps its cadences.
-- Source: bouts guide, section 10, item 3; Steegen 2016, Increasing transparency through a multiverse analysis.
--
-- Columns
--   universe_id: protocol_id and the values of the four parameters, joined by |
--   protocol_id: the protocol that is varied
--   is_protocol: true = nothing is changed: the protocol's own definition
--   min_cadence_spm: steps in a minute from which it qualifies
--   max_gap_minutes: pause that a bout survives (nci_8of10: minutes that may fail)
--   valid_day_minutes: observed and worn minutes inside the window that make a day valid
--   partly_active: count or exclude minutes whose device was active below 90 % of its interval
--   bout_rule_id: bout rule that is varied
--   wear_rule_id: wear rule that is varied
--   bout_variant: name of the varied bout rule; protocols whose variants agree in every parameter share it
--   wear_variant: name of the varied wear rule
WITH listed AS (
    SELECT
        protocol.protocol_id, protocol.bout_rule_id, protocol.wear_rule_id, rule.algorithm, rule.min_cadence_spm,
        rule.max_gap_minutes, rule.min_minutes, rule.min_share, rule.credit, rule.missing, rule.cadence_scale,
        rule.partly_active, wear.valid_day_minutes,
        split_part(wear.day_to, ':', 1)::INTEGER * 60 + split_part(wear.day_to, ':', 2)::INTEGER
            - split_part(wear.day_from, ':', 1)::INTEGER * 60 - split_part(wear.day_from, ':', 2)::INTEGER
            AS window_minutes
    FROM study.protocol AS protocol
    JOIN study.bout_rule AS rule USING (bout_rule_id)
    JOIN study.wear_rule AS wear USING (wear_rule_id)
    WHERE protocol.is_listed
),
cadence AS (
    SELECT protocol_id, min_cadence_spm FROM listed
    UNION
    SELECT listed.protocol_id, option.value::DOUBLE
    FROM listed
    JOIN study.multiverse_option AS option
        ON option.parameter = 'min_cadence_spm' AND option.algorithm = listed.algorithm
    WHERE listed.cadence_scale = 'absolute'
),
gap AS (
    SELECT protocol_id, max_gap_minutes FROM listed
    UNION
    SELECT listed.protocol_id, option.value::INTEGER
    FROM listed
    JOIN study.multiverse_option AS option
        ON option.parameter = 'max_gap_minutes' AND option.algorithm = listed.algorithm
),
valid_day AS (
    SELECT protocol_id, valid_day_minutes FROM listed
    UNION
    SELECT listed.protocol_id, option.value::INTEGER
    FROM listed
    JOIN study.multiverse_option AS option
        ON option.parameter = 'valid_day_minutes' AND option.algorithm = 'any'
        -- no day could be valid that asks for more minutes than are looked at
        AND option.value::INTEGER <= listed.window_minutes
),
partly AS (
    SELECT protocol_id, partly_active FROM listed
    UNION
    SELECT listed.protocol_id, option.value
    FROM listed
    JOIN study.multiverse_option AS option ON option.parameter = 'partly_active' AND option.algorithm = 'any'
)
SELECT
    concat_ws('|', listed.protocol_id, format('{:g}', cadence.min_cadence_spm), gap.max_gap_minutes, valid_day.valid_day_minutes,
        partly.partly_active) AS universe_id,
    listed.protocol_id,
    cadence.min_cadence_spm = listed.min_cadence_spm
        AND gap.max_gap_minutes = listed.max_gap_minutes
        AND valid_day.valid_day_minutes = listed.valid_day_minutes
        AND partly.partly_active = listed.partly_active AS is_protocol,
    cadence.min_cadence_spm,
    gap.max_gap_minutes,
    valid_day.valid_day_minutes,
    partly.partly_active,
    listed.bout_rule_id,
    listed.wear_rule_id,
    concat_ws('|', listed.algorithm, format('{:g}', cadence.min_cadence_spm), listed.min_minutes, gap.max_gap_minutes,
        coalesce(listed.min_share::VARCHAR, ''), listed.credit, listed.missing, listed.cadence_scale,
        partly.partly_active) AS bout_variant,
    concat_ws('|', listed.wear_rule_id, valid_day.valid_day_minutes) AS wear_variant
FROM listed
JOIN cadence USING (protocol_id)
JOIN gap USING (protocol_id)
JOIN valid_day USING (protocol_id)
JOIN partly USING (protocol_id)
ORDER BY universe_id
