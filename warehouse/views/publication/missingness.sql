-- Where data are missing: by study week, weekday, arm, device, and in the 28 days before a recurrence.
-- One row per protocol_id, dimension, level, arm. The days of each dimension add up to the same days that count.
-- A missing day is lost for good when no later date of the participant has data, and a gap (intermittent) when one has. Who is
-- lost so far may only be late with a file: the last weeks before the as-of date always look worse than they will.
-- Source: bouts guide, section 10, item 6 (by week, weekday, arm, device; monotone and intermittent; before events).
--
-- Columns
--   protocol_id: a row of protocol
--   dimension: week, weekday, arm, device or before_event
--   level: week: number of the participant's week; weekday: 1 = Monday to 7 = Sunday; arm: the arm, or not given; device: models that observed the date joined by +, on a date without any those of the last date before that had one, none yet before the first; before_event: before_recurrence = in the 28 days before the date of a recurrence, or other
--   arm: arm of the participants; NULL when not given
--   participants: participants with a date that counts at this level
--   eligible_days: dates that count
--   valid_days: those that can be judged either way
--   partial_days: those with some data, too little to say no
--   missing_days: those without data
--   missing_intermittent_days: missing days with data on a later date of the same participant
--   missing_for_good_days: missing days with none, those of participants without any data included
--   share_missing: missing_days / eligible_days
--   share_observed: (valid_days + partial_days) / eligible_days
--   participants_with_gaps: week: participants with a missing day in it and data later; NULL in the other dimensions
--   participants_lost: week: participants without data from its first date on, for good; who sent none at all counts from the first week; NULL in the other dimensions
--   participants_newly_lost: week: those of them who were not lost in their week before; NULL in the other dimensions
SELECT
    counted.protocol_id,
    counted.dimension,
    counted.level,
    participant.arm,
    count(*)::INTEGER AS participants,
    sum(counted.eligible_days)::BIGINT AS eligible_days,
    sum(counted.valid_days)::BIGINT AS valid_days,
    sum(counted.partial_days)::BIGINT AS partial_days,
    sum(counted.missing_days)::BIGINT AS missing_days,
    sum(counted.missing_days - counted.missing_for_good_days)::BIGINT AS missing_intermittent_days,
    sum(counted.missing_for_good_days)::BIGINT AS missing_for_good_days,
    sum(counted.missing_days) / sum(counted.eligible_days) AS share_missing,
    sum(counted.valid_days + counted.partial_days) / sum(counted.eligible_days) AS share_observed,
    CASE WHEN counted.dimension = 'week'
        THEN count(*) FILTER (WHERE counted.missing_days > counted.missing_for_good_days)::INTEGER
    END AS participants_with_gaps,
    CASE WHEN counted.dimension = 'week' THEN count(*) FILTER (WHERE counted.is_lost)::INTEGER END AS participants_lost,
    CASE WHEN counted.dimension = 'week'
        THEN count(*) FILTER (WHERE counted.is_newly_lost)::INTEGER
    END AS participants_newly_lost
FROM missing_count AS counted
JOIN study.participant AS participant USING (participant_id)
GROUP BY counted.protocol_id, counted.dimension, counted.level, participant.arm
ORDER BY counted.protocol_id, counted.dimension, try_cast(counted.level AS INTEGER), counted.level, participant.arm
