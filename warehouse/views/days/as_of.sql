-- The as-of date: study.toml's, else the latest local date of any kept minute. The wall clock is never used.
-- One row. Private.
-- Source: architecture definition 1.
SELECT coalesce((SELECT as_of FROM study.setting), (SELECT max(local_date) FROM day_base)) AS as_of
