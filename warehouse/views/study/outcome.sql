-- Events and measures from outcomes.csv.
-- One row per participant_id, date, kind.
--
-- Columns
--   participant_id: study pseudonym
--   date: date of the event or measure
--   kind: recurrence, adverse_event, visit, excused, death, withdrawal, or a measure (disability, utility, cost)
--   value: the measure, or for withdrawal: data (nothing after this date counts) or walking (changes nothing); NULL when not given
--   end_date: last date of an excused stretch, inclusive; NULL = the one date
--   study_week: study week that holds the date, counted from start_date; NULL without start_date or before it
SELECT
    outcome.participant_id,
    outcome.date,
    outcome.kind,
    outcome.value,
    outcome.end_date,
    CASE WHEN outcome.date >= participant.start_date THEN ((outcome.date - participant.start_date) // 7 + 1)::INTEGER END
        AS study_week
FROM study.outcome AS outcome
JOIN study.participant AS participant USING (participant_id)
ORDER BY outcome.participant_id, outcome.date, outcome.kind
