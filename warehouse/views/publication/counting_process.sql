-- Start-stop rows for models of the time to an event, with walking doses of earlier weeks as exposure.
-- One row per participant_id, protocol_id, event_kind, tstart, for everybody with a start_date, with or without events.
-- Time is in days since start_date, (tstart, tstop] is open on the left and closed on the right, and rows are cut at the
-- borders of weeks and at events. Day 0 is start_date itself, so the day tstop = 7 is the first date of study week 2: an event
-- on the first date of a week stands at the end of the row of the week before, whose exposures end a week earlier.
-- Exposures are those of weeks that were over before the row began, never of the week that runs: pain stops walking. Doses
-- come with bounds: lo from what was seen, hi if every day nobody can judge had met its target. The mean of four weeks is of
-- whole weeks only: where ISO weeks cut off the first week of a participant, it stands from the sixth week on, not from the
-- fifth; in the week after it and in the sums over all weeks the first week counts as one, with the dose of its own dates.
-- For the first event take event_number = 1; death ends the follow-up (follow_up_ends_by) and is no event here.
-- Source: bouts guide, section 9 (counting_process: lagged 1 and 4 weeks, cumulative, status of exposure).
--
-- Columns
--   participant_id: study pseudonym
--   protocol_id: the protocol whose weeks and doses these are, a row of protocol
--   event_kind: recurrence or adverse_event
--   arm: the participant's arm; NULL when not given
--   week_number: the participant's week in which the row begins
--   tstart: days since start_date after which the row begins
--   tstop: days since start_date with which it ends, inclusive
--   event: 1 = an event on day tstop, 0 = none
--   event_number: 1 + the events of this kind before the row; 1 until the first event
--   follow_up_ends_by: what ends this participant's follow-up: as_of, end_date, death or withdrawn
--   exposure_status: how well the week before is known: observed (every eligible day valid), partly_observed, unobserved (no day with data), ineligible (no day counts, or rest was prescribed), none_yet (there is no week before)
--   dose_lag1_lo: dose_score_lo of the week before; NULL if there is none, it does not count, or none of its days was observed
--   dose_lag1_hi: dose_score_hi of the week before; NULL as dose_lag1_lo
--   walking_minutes_lag1: walking minutes seen in the week before, a lower bound; NULL if there is none or none of its days was observed
--   observed_days_lag1: valid and partial days of the week before; NULL if there is none
--   dose_lag4_lo: mean dose_score_lo of those of the four weeks before that count, unobserved weeks as 0; NULL until 28 days have passed since start_date, or if none of them has an observed day
--   dose_lag4_hi: mean dose_score_hi of the same weeks, unobserved weeks as 1; NULL as dose_lag4_lo
--   weeks_counted_lag4: weeks in these means; NULL until 28 days have passed since start_date
--   weeks_observed_lag4: those of them with an observed day; NULL until 28 days have passed since start_date
--   dose_cumulative_lo: sum of dose_score_lo over all weeks before that count, unobserved weeks as 0; NULL if none of them has an observed day
--   dose_cumulative_hi: sum of dose_score_hi over the same weeks, unobserved weeks as 1; NULL as dose_cumulative_lo
--   weeks_counted: weeks before that count
--   weeks_observed: those of them with an observed day
WITH followed AS (
    SELECT
        exposure.*,
        follow_up.ends_by,
        greatest(exposure.week_start - follow_up.start_date, 0) AS from_day,
        least(exposure.week_end + 1 - follow_up.start_date, follow_up.days) AS to_day
    FROM week_exposure AS exposure
    SEMI JOIN touched ON exposure.participant_id = touched.participant_id
    JOIN follow_up ON follow_up.participant_id = exposure.participant_id
),
cut AS (
    SELECT participant_id, protocol_id, event_kind, week_number, to_day AS tstop, 0 AS event
    FROM followed, unnest(['recurrence', 'adverse_event']) AS kinds(event_kind)
    WHERE from_day < to_day
    UNION ALL
    SELECT followed.participant_id, followed.protocol_id, event.event_kind, followed.week_number, event.day, 1 AS event
    FROM followed
    JOIN event_date AS event
        ON event.participant_id = followed.participant_id
        AND event.placement = 'inside'
        AND event.day > followed.from_day
        AND event.day <= followed.to_day
),
piece AS (
    SELECT participant_id, protocol_id, event_kind, week_number, tstop, max(event) AS event
    FROM cut
    GROUP BY participant_id, protocol_id, event_kind, week_number, tstop
),
spell AS (
    SELECT
        *,
        coalesce(lag(tstop) OVER so_far, 0) AS tstart,
        1 + sum(event) OVER so_far - event AS event_number
    FROM piece
    WINDOW so_far AS (PARTITION BY participant_id, protocol_id, event_kind ORDER BY tstop)
)
SELECT
    spell.participant_id,
    spell.protocol_id,
    spell.event_kind,
    followed.arm,
    spell.week_number,
    spell.tstart::INTEGER AS tstart,
    spell.tstop::INTEGER AS tstop,
    spell.event,
    spell.event_number::INTEGER AS event_number,
    followed.ends_by AS follow_up_ends_by,
    followed.exposure_status,
    followed.dose_lag1_lo::DOUBLE AS dose_lag1_lo,
    followed.dose_lag1_hi::DOUBLE AS dose_lag1_hi,
    followed.walking_minutes_lag1,
    followed.observed_days_lag1,
    CASE WHEN followed.from_day >= 28 AND observed4 > 0 THEN sum4_lo::DOUBLE / counted4 END AS dose_lag4_lo,
    CASE WHEN followed.from_day >= 28 AND observed4 > 0 THEN sum4_hi::DOUBLE / counted4 END AS dose_lag4_hi,
    CASE WHEN followed.from_day >= 28 THEN counted4::INTEGER END AS weeks_counted_lag4,
    CASE WHEN followed.from_day >= 28 THEN observed4::INTEGER END AS weeks_observed_lag4,
    CASE WHEN observed > 0 THEN sum_lo::DOUBLE END AS dose_cumulative_lo,
    CASE WHEN observed > 0 THEN sum_hi::DOUBLE END AS dose_cumulative_hi,
    counted::INTEGER AS weeks_counted,
    observed::INTEGER AS weeks_observed
FROM spell
JOIN followed USING (participant_id, protocol_id, week_number)
ORDER BY spell.participant_id, spell.protocol_id, spell.event_kind, spell.tstart
