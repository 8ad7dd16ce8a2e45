-- Every minute starts on a whole minute, has steps that a person can walk, and a source for what it says.
SELECT participant_id, minute_start, steps, walking_source
FROM minute
WHERE epoch_ms(minute_start) % 60000 <> 0
    OR steps < 0
    OR steps > 300
    OR (steps IS NOT NULL) <> coalesce(walking_source = 'steps', false)
LIMIT 100
