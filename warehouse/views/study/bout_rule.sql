-- Bout rules: the built-in ones and the study's own.
-- One row per bout_rule_id.
--
-- Columns
--   bout_rule_id: name of the rule
--   algorithm: strict, gap_merge, nci_8of10 or window_share
--   min_cadence_spm: steps in a minute from which it qualifies, inclusive, both feet
--   min_minutes: strict: least span; gap_merge: least qualifying minutes; nci_8of10, window_share: length of the window
--   max_gap_minutes: gap_merge: longest pause that joins; nci_8of10: minutes that may fail; window_share: longest pause
--   min_share: window_share: least share of qualifying minutes; NULL for the other algorithms
--   credit: span = all minutes from start to end count; active = only qualifying ones
--   missing: break = an unobserved minute ends a bout; as_gap = it is a minute that does not qualify
--   cadence_scale: absolute = min_cadence_spm for everybody; age = the moderate cadence of the participant's age (table age_cadence), min_cadence_spm without one
--   partly_active: count = a minute whose device was active below 90 % of its interval counts by its steps; exclude = it does not qualify
--   source: where the rule and its figures come from
--   rule_hash: SHA-256 of the parameters
SELECT
    bout_rule_id, algorithm, min_cadence_spm, min_minutes, max_gap_minutes, min_share, credit, missing, cadence_scale,
    partly_active, source,
    sha256(concat_ws('|', bout_rule_id, algorithm, min_cadence_spm, min_minutes, max_gap_minutes,
        coalesce(min_share::VARCHAR, ''), credit, missing,
        -- a parameter at its default leaves the hash as it was before there was the parameter
        CASE cadence_scale WHEN 'age' THEN (
            SELECT string_agg(concat_ws(' ', age_from, age_to, min_cadence_spm), ',' ORDER BY age_from)
            FROM study.age_cadence
        ) END,
        nullif(partly_active, 'count'))) AS rule_hash
FROM study.bout_rule
ORDER BY bout_rule_id
