-- Cadence from which a minute is of moderate intensity for a person of some age, for bout rules relative to age.
-- One row per age_from. Ages without a row, and people whose age is not given, keep the rule's own min_cadence_spm.
-- Source: CADENCE-Adults, relative intensity, 2021: the lowest of the regression optima of each ten years.
--
-- Columns
--   age_from: youngest age of the band, whole years
--   age_to: oldest age of the band, whole years, inclusive
--   min_cadence_spm: steps in a minute from which it is of moderate intensity, both feet
--   source: where the figure comes from
SELECT age_from, age_to, min_cadence_spm, source
FROM study.age_cadence
ORDER BY age_from
