-- The last runs, newest first. One row per run; summary is JSON. A run that never said how it ended did so by force.
SELECT
    kind, started_at, ended_at, round(date_diff('millisecond', started_at, ended_at) / 1000, 1) AS seconds,
    coalesce(outcome, 'ended by force') AS outcome, summary, footfall_version
FROM ledger.run
ORDER BY started_at DESC, run_id
LIMIT 10
