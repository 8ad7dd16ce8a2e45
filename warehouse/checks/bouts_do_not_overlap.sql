-- Bouts of one participant under one rule follow each other.
SELECT participant_id, bout_rule_id, bout_start, bout_end
FROM (
    SELECT
        participant_id, bout_rule_id, bout_start, bout_end,
        lead(bout_start) OVER (PARTITION BY participant_id, bout_rule_id ORDER BY bout_start) AS next_start
    FROM walking_bout
)
WHERE next_start < bout_end OR bout_end <= bout_start
LIMIT 100
