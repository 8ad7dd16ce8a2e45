-- Minutes of walking per date under each listed protocol, from the bouts of its rule.
-- One row per protocol_id, participant_id, local_date with a bout. Private.
-- Minutes are split at local midnight; bouts count on the date of their start.
-- Source: architecture definitions 4 and 9.
WITH credited AS (
    SELECT
        protocol.protocol_id,
        inside.participant_id,
        inside.local_date,
        inside.bout_start,
        inside.minute_start,
        (rule.credit = 'span' OR inside.is_qualifying)
            AND NOT (protocol.running = 'exclude' AND inside.is_run) AS is_credited,
        NOT (protocol.running = 'exclude' AND inside.is_run) AS is_in_span,
        coalesce(inside.steps >= protocol.vigorous_cadence_spm, false) AS is_vigorous
    FROM bout_minute AS inside
    SEMI JOIN touched ON inside.participant_id = touched.participant_id
    JOIN study.bout_rule AS rule USING (bout_rule_id)
    JOIN study.protocol AS protocol ON protocol.bout_rule_id = inside.bout_rule_id AND protocol.is_listed
    WHERE NOT inside.is_future
),
split AS (
    SELECT
        protocol_id, participant_id, local_date,
        count(*) FILTER (WHERE is_credited) AS walking_minutes,
        count(*) FILTER (WHERE is_credited AND is_vigorous) AS vigorous_minutes
    FROM credited
    GROUP BY protocol_id, participant_id, local_date
),
bout AS (
    SELECT
        protocol_id, participant_id, bout_start,
        arg_min(local_date, minute_start) AS local_date,
        count(*) FILTER (WHERE is_in_span) AS span_minutes,
        count(*) FILTER (WHERE is_credited) AS credited_minutes,
        count(*) FILTER (WHERE is_credited AND is_vigorous) AS vigorous_minutes
    FROM credited
    GROUP BY protocol_id, participant_id, bout_start
),
started AS (
    SELECT
        protocol_id, participant_id, local_date,
        -- a run is no bout where running is excluded
        count(*) FILTER (WHERE span_minutes > 0) AS bouts,
        nullif(max(span_minutes), 0) AS longest_bout_minutes,
        sum(credited_minutes) AS minutes_by_start,
        sum(vigorous_minutes) AS vigorous_by_start
    FROM bout
    GROUP BY protocol_id, participant_id, local_date
)
SELECT
    protocol_id,
    participant_id,
    local_date,
    coalesce(split.walking_minutes, 0)::INTEGER AS walking_minutes,
    coalesce(split.vigorous_minutes, 0)::INTEGER AS vigorous_minutes,
    coalesce(started.bouts, 0)::INTEGER AS bouts,
    started.longest_bout_minutes::INTEGER AS longest_bout_minutes,
    coalesce(started.minutes_by_start, 0)::INTEGER AS minutes_by_start,
    coalesce(started.vigorous_by_start, 0)::INTEGER AS vigorous_by_start
FROM split
FULL JOIN started USING (protocol_id, participant_id, local_date)
