-- Weeks that walked much more than the one before, and the last sudden stop.
-- One row per participant_id, protocol_id with a finished week. Private.
-- Both compare walking minutes as they were seen, so they look only at weeks that were seen well: an overshoot is more than
-- 130 % of the week before, both with seven valid days (any minute is more than none). A sudden stop is a week that closes
-- two weeks with at most half the minutes of the two before, each of the four with at least four valid days: a week with four
-- valid days of seven still shows 57 % of the same walking, so lost data alone cannot make a stop.
-- Source: bouts guide, section 10, items 4 (overshoot) and 8 (sudden stop: a flag to act on, never a diagnosis).
WITH in_order AS (
    SELECT
        participant_id, protocol_id, week_number, valid_days, walking_minutes,
        lag(valid_days) OVER weeks AS valid_before,
        lag(walking_minutes) OVER weeks AS minutes_before,
        min(valid_days) OVER four AS fewest_valid_days,
        count(*) OVER four AS weeks_in_a_row,
        walking_minutes + lag(walking_minutes) OVER weeks AS minutes_of_two,
        lag(walking_minutes, 2) OVER weeks + lag(walking_minutes, 3) OVER weeks AS minutes_of_two_before
    FROM week_answer
    SEMI JOIN touched USING (participant_id)
    WHERE NOT is_running
    WINDOW
        weeks AS (PARTITION BY participant_id, protocol_id ORDER BY week_number),
        four AS (
            PARTITION BY participant_id, protocol_id ORDER BY week_number ROWS BETWEEN 3 PRECEDING AND CURRENT ROW
        )
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
            AND 2 * minutes_of_two <= minutes_of_two_before
    ) AS sudden_stop_week
FROM in_order
GROUP BY participant_id, protocol_id
