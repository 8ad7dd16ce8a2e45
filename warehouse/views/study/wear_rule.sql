-- Wear rules: what counts as worn, and how much of it makes a valid day.
-- One row per wear_rule_id.
--
-- Columns
--   wear_rule_id: name of the rule
--   method: coverage, zeros, choi or heart_rate
--   zero_run_minutes: zeros, choi: length of a zero run that is not worn; NULL for the other methods
--   valid_day_minutes: observed and worn minutes inside the window that make a day valid
--   day_from: start of the window, local clock time
--   day_to: end of the window, local clock time, exclusive
--   source: where the rule and its figures come from
--   rule_hash: SHA-256 of the parameters
SELECT
    wear_rule_id, method, zero_run_minutes, valid_day_minutes, day_from, day_to, source,
    sha256(concat_ws('|', wear_rule_id, method, coalesce(zero_run_minutes::VARCHAR, ''), valid_day_minutes, day_from,
        day_to)) AS rule_hash
FROM study.wear_rule
ORDER BY wear_rule_id
