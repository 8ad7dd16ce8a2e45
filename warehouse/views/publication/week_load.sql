-- Weeks that walked much more than the one before, and the last sudden stop.
-- One row per participant_id, protocol_id with a finished week. Private.
-- An overshoot is more than 130 % of the week before, both with seven valid days (any minute is more than none).
-- A sudden stop is a week that closes two weeks with at most half the minutes seen in the two before, each of the four with at
-- least four valid days. Every date of the two later weeks that is no valid day (missing, partial, excused, cut off) is taken
-- for the best day of the two earlier weeks, or for the minutes prescribed if they are more, or for what was seen of it if that
-- is more: days that were lost cannot make a stop, since whoever walks on them as before gets no fewer minutes than before.
-- Source: bouts guide, section 10, items 4 (overshoot) and 8 (sudden stop: a flag to act on, never a diagnosis).
WITH day AS (
    SELECT
        participant_id, protocol_id, week_number,
        max(walking_minutes) AS best_day,
        sum(walking_minutes) FILTER (WHERE state = 'valid') AS valid_minutes,
        list_sort(list(walking_minutes) FILTER (WHERE state = 'partial')) AS partial_days
    FROM participant_day
    SEMI JOIN touched USING (participant_id)
    WHERE state IN ('valid', 'partial')
    GROUP BY participant_id, protocol_id, week_number
),
week AS (
    SELECT
        answer.participant_id, answer.protocol_id, answer.week_number, answer.valid_days, answer.walking_minutes,
        answer.rm, day.best_day,
        coalesce(day.valid_minutes, 0) AS valid_minutes,
        -- what was seen of each date that is no valid day
        list_resize(coalesce(day.partial_days, []), 7 - answer.valid_days, 0) AS open_days
    FROM week_answer AS answer
    SEMI JOIN touched ON answer.participant_id = touched.participant_id
    LEFT JOIN day USING (participant_id, protocol_id, week_number)
    WHERE NOT answer.is_running
),
in_order AS (
    SELECT
        participant_id, protocol_id, week_number, valid_days, walking_minutes,
        lag(valid_days) OVER weeks AS valid_before,
        lag(walking_minutes) OVER weeks AS minutes_before,
        min(valid_days) OVER four AS fewest_valid_days,
        count(*) OVER four AS weeks_in_a_row,
        valid_minutes + lag(valid_minutes) OVER weeks AS valid_minutes_of_two,
        list_concat(lag(open_days) OVER weeks, open_days) AS open_days_of_two,
        greatest(lag(best_day, 2) OVER weeks, lag(best_day, 3) OVER weeks, rm, lag(rm) OVER weeks) AS best,
        lag(walking_minutes, 2) OVER weeks + lag(walking_minutes, 3) OVER weeks AS minutes_of_two_before
    FROM week
    WINDOW
        weeks AS (PARTITION BY participant_id, protocol_id ORDER BY week_number),
        four AS (
            PARTITION BY participant_id, protocol_id ORDER BY week_number ROWS BETWEEN 3 PRECEDING AND CURRENT ROW
        )
),
compared AS (
    SELECT
        *,
        valid_minutes_of_two
            + coalesce(list_sum(list_transform(open_days_of_two, lambda seen: greatest(seen, best))), 0)
            AS minutes_of_two_at_most
    FROM in_order
)
SELECT
    participant_id,
    protocol_id,
    count(*) FILTER (WHERE valid_days = 7 AND valid_before = 7)::INTEGER AS weeks_overshoot_judged,
    count(*) FILTER (
        WHERE valid_days = 7 AND valid_before = 7 AND 10 * walking_minutes > 13 * minutes_before
    )::INTEGER AS weeks_overshoot,
    max(week_number) FILTER (
        WHERE weeks_in_a_row = 4 AND fewest_valid_days >= 4 AND minutes_of_two_before > 0
            AND 2 * minutes_of_two_at_most <= minutes_of_two_before
    ) AS sudden_stop_week
FROM compared
GROUP BY participant_id, protocol_id
