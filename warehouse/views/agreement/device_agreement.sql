-- How well two devices of one person agree, minute by minute: for each person, and for each pair of models over all people.
-- One row per pair_level, participant_id, device_a, device_b: the people's rows are the pairs of their devices, the study's
-- rows are the pairs of models, with participant_id NULL.
-- Compared are minutes in which both measured steps for the whole minute, on foot; minutes that only one measured say nothing
-- here. Differences are device_a minus device_b, in steps/min. Minutes in which both count nothing agree by themselves and
-- are most of a day, so that all minutes together flatter two devices: the columns walking_* and the limits are of minutes
-- in which at least one of them counted 60 steps or more. Dates with a clock offset are not taken out; is_clock_offset says that
-- their differences are the clocks' as much as the counts'.
-- Limits of agreement hold 95 % of single minutes' differences of a new person, for repeated measurements of a value that
-- varies: one-way analysis of variance of the differences by person, mean +- 1.96 sqrt(within + between variance), the
-- between variance not below 0. A person with several devices of one model is one person.
-- Source: Bland and Altman 2007, J Biopharm Stat 17:571-582; 60 steps/min is walking: Tudor-Locke 2011.
--
-- Columns
--   pair_level: participant = two devices of one person; study = two models over all people who had both
--   participant_id: study pseudonym; NULL at pair_level study
--   device_a: first device, manufacturer-model-NN; at pair_level study manufacturer-model
--   device_b: second device, in the same form; the same model as device_a where people had two of it, the earlier one first
--   participants: number of people; 1 at pair_level participant
--   dates: local dates with compared minutes, added up over pairs of devices
--   minutes: minutes compared
--   apportioned_minutes: of these, minutes whose steps one of the devices shared from a longer interval
--   mean_difference: mean of a minus b over all compared minutes, steps/min
--   sd_within: standard deviation of the differences within people, steps/min; NULL = no person has two minutes
--   sd_between: standard deviation of the people's true mean differences, steps/min; NULL = fewer than two people
--   walking_participants: number of people with walking minutes
--   walking_minutes: compared minutes in which at least one of the devices counted 60 steps or more
--   walking_mean_difference: mean of a minus b over walking minutes, steps/min; NULL = there are none
--   walking_sd_within: as sd_within, over walking minutes
--   walking_sd_between: as sd_between, over walking minutes; NULL = fewer than two people with walking minutes
--   limit_lower: lower 95 % limit of agreement over walking minutes, steps/min; NULL = fewer than two people with walking minutes
--   limit_upper: upper 95 % limit of agreement over walking minutes, steps/min; NULL = fewer than two people with walking minutes
--   clock_dates: dates on which the records tell whether the clocks agree
--   clock_offset_dates: of these, dates that look like an offset of 2 to 10 minutes, each judged by itself
--   clock_offset_minutes: largest offset in size that holds over dates (six starts and six ends of walks, to a minute): minutes by which device_b stamps the same steps later than device_a; NULL = none holds
--   is_clock_offset: true = the clocks differ by clock_offset_minutes, on some dates or all; false = on none of clock_dates they look so; NULL = no date can tell, or some look so and no offset holds
WITH measure AS (
    SELECT
        * EXCLUDE (participant_id),
        CASE pair_level WHEN 'participant' THEN participant_id END AS participant_id,
        unnest(['all', 'walking']) AS kind,
        unnest([minutes, walking_minutes]) AS n,
        unnest([sum_difference, walking_sum_difference]) AS s,
        unnest([sum_square, walking_sum_square]) AS q
    FROM device_pair
),
variance AS (
    SELECT
        pair_level, participant_id, device_a, device_b, kind,
        count(*) AS participants,
        sum(n)::BIGINT AS minutes,
        sum(s) / sum(n) AS mean_difference,
        -- fractions are sorted before they are added: the sum must not depend on the order of people
        list_sum(list_sort(list((n * q - s * s) / n))) / nullif(sum(n) - count(*), 0) AS square_within,
        (list_sum(list_sort(list(s * s / n))) - sum(s) * sum(s) / sum(n)) / nullif(count(*) - 1, 0) AS square_between,
        (sum(n) * sum(n) - sum(n * n)) / nullif((count(*) - 1) * sum(n), 0) AS divisor
    FROM measure
    WHERE n > 0
    GROUP BY ALL
),
agreement AS (
    SELECT
        * EXCLUDE (square_within, square_between, divisor),
        sqrt(square_within) AS sd_within,
        CASE WHEN square_between < square_within THEN 0 ELSE sqrt((square_between - square_within) / divisor) END
            AS sd_between,
        sqrt(sd_within * sd_within + sd_between * sd_between) AS sd_total
    FROM variance
),
pair AS (
    SELECT
        pair_level, participant_id, device_a, device_b,
        sum(dates)::BIGINT AS dates,
        sum(apportioned_minutes)::BIGINT AS apportioned_minutes,
        sum(clock_dates)::BIGINT AS clock_dates,
        sum(clock_offset_dates)::BIGINT AS clock_offset_dates,
        -- of two offsets of one size the positive one
        CASE WHEN max(highest_offset) >= -min(lowest_offset) THEN max(highest_offset) ELSE min(lowest_offset) END
            AS clock_offset_minutes
    FROM measure
    WHERE kind = 'all'
    GROUP BY ALL
)
SELECT
    pair.pair_level,
    pair.participant_id,
    pair.device_a,
    pair.device_b,
    overall.participants,
    pair.dates,
    overall.minutes,
    pair.apportioned_minutes,
    overall.mean_difference,
    overall.sd_within,
    overall.sd_between,
    coalesce(walking.participants, 0) AS walking_participants,
    coalesce(walking.minutes, 0) AS walking_minutes,
    walking.mean_difference AS walking_mean_difference,
    walking.sd_within AS walking_sd_within,
    walking.sd_between AS walking_sd_between,
    walking.mean_difference - 1.96 * walking.sd_total AS limit_lower,
    walking.mean_difference + 1.96 * walking.sd_total AS limit_upper,
    pair.clock_dates,
    pair.clock_offset_dates,
    pair.clock_offset_minutes,
    CASE
        WHEN pair.clock_offset_minutes IS NOT NULL THEN true
        WHEN pair.clock_dates > 0 AND pair.clock_offset_dates = 0 THEN false
    END AS is_clock_offset
FROM pair
LEFT JOIN agreement AS overall
    ON overall.kind = 'all'
    AND overall.pair_level = pair.pair_level
    AND overall.participant_id IS NOT DISTINCT FROM pair.participant_id
    AND overall.device_a = pair.device_a
    AND overall.device_b = pair.device_b
LEFT JOIN agreement AS walking
    ON walking.kind = 'walking'
    AND walking.pair_level = pair.pair_level
    AND walking.participant_id IS NOT DISTINCT FROM pair.participant_id
    AND walking.device_a = pair.device_a
    AND walking.device_b = pair.device_b
ORDER BY ALL
