-- Wear rules: what counts as worn, and how much of it makes a valid day.
-- One row per wear_rule_id.
--
-- Columns
--   wear_rule_id: name of the rule
--   method: coverage, zeros, choi or heart_rate
--   zero_run_minutes: zeros, choi: length of a zero run that is not worn; NULL for the other methods
--   spike_minutes: zeros, choi: longest run of minutes with steps that does not end a zero run; NULL = the method's own (zeros: 0, choi: 2)
--   spike_steps: zeros, choi: most steps of a minute in such a run; NULL = however many
--   flank_minutes: zeros, choi: zeros that such a run needs on either side; NULL = the method's own (zeros: 1, choi: 30)
--   valid_day_minutes: observed and worn minutes inside the window that make a day valid
--   day_from: start of the window, local clock time
--   day_to: end of the window, local clock time, exclusive
--   source: where the rule and its figures come from
--   rule_hash: SHA-256 of the parameters
SELECT
    wear_rule_id, method, zero_run_minutes, spike_minutes, spike_steps, flank_minutes, valid_day_minutes, day_from, day_to,
    source,
    sha256(concat_ws('|', wear_rule_id, method, coalesce(zero_run_minutes::VARCHAR, ''), valid_day_minutes, day_from,
        day_to,
        -- a rule without them has the hash that it had before there were such parameters
        'spike ' || spike_minutes, 'steps ' || spike_steps, 'flank ' || flank_minutes)) AS rule_hash
FROM study.wear_rule
ORDER BY wear_rule_id
