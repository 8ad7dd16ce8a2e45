-- How many participants' tables have been made again from the originals and found equal. One row.
WITH latest AS (
    SELECT participant_id, max(verified_at) AS verified_at
    FROM ledger.verification
    GROUP BY participant_id
)
SELECT
    count(*) AS participants,
    count(latest.verified_at) AS verified,
    count(*) FILTER (WHERE latest.verified_at >= getvariable('now') - INTERVAL 30 DAY) AS "verified in the last 30 days",
    min(latest.verified_at) AS "longest ago",
    max(latest.verified_at) AS "last"
FROM study.participant
LEFT JOIN latest USING (participant_id)
