-- The study's own CSVs and settings, mirrored before each derivation.
CREATE SCHEMA IF NOT EXISTS study;

CREATE TABLE study.participant (
    participant_id VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    start_date DATE,
    end_date DATE,
    arm VARCHAR,
    age_years DOUBLE
);
CREATE TABLE study.device_assignment (
    device_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    from_date DATE,
    to_date DATE,
    device_class VARCHAR,
    zeros_prove_wear BOOLEAN
);
CREATE TABLE study.prescription (
    participant_id VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    days_per_week INTEGER NOT NULL,
    minutes_per_day DOUBLE NOT NULL
);
CREATE TABLE study.travel (
    participant_id VARCHAR NOT NULL,
    from_utc TIMESTAMPTZ NOT NULL,
    time_zone VARCHAR NOT NULL
);
CREATE TABLE study.outcome (
    participant_id VARCHAR NOT NULL,
    date DATE NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR,
    end_date DATE
);
CREATE TABLE study.bout_rule (
    bout_rule_id VARCHAR NOT NULL,
    algorithm VARCHAR NOT NULL,
    min_cadence_spm DOUBLE NOT NULL,
    min_minutes INTEGER NOT NULL,
    max_gap_minutes INTEGER NOT NULL,
    min_share DOUBLE,
    credit VARCHAR NOT NULL,
    missing VARCHAR NOT NULL,
    source VARCHAR
);
CREATE TABLE study.wear_rule (
    wear_rule_id VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    zero_run_minutes INTEGER,
    valid_day_minutes INTEGER NOT NULL,
    day_from VARCHAR NOT NULL,
    day_to VARCHAR NOT NULL,
    source VARCHAR
);
CREATE TABLE study.protocol (
    protocol_id VARCHAR NOT NULL,
    bout_rule_id VARCHAR NOT NULL,
    wear_rule_id VARCHAR NOT NULL,
    days_per_week INTEGER NOT NULL,
    minutes_per_day DOUBLE NOT NULL,
    success VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    week VARCHAR NOT NULL,
    grace_minutes DOUBLE NOT NULL,
    running VARCHAR NOT NULL,
    vigorous_cadence_spm DOUBLE,
    vigorous_weight DOUBLE NOT NULL,
    source VARCHAR,
    is_listed BOOLEAN NOT NULL
);
-- one row; as_of NULL = the latest local date with data
CREATE TABLE study.setting (
    name VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    activity_files_are_complete BOOLEAN NOT NULL,
    as_of DATE
);
-- priority 1 wins; entry is a device class or device:ID
CREATE TABLE study.source_priority (priority INTEGER NOT NULL, entry VARCHAR NOT NULL);
-- stretches of constant offset from UTC per participant: zone, travel and daylight saving already resolved
CREATE TABLE study.offset_period (
    participant_id VARCHAR NOT NULL,
    from_utc TIMESTAMPTZ NOT NULL,
    to_utc TIMESTAMPTZ NOT NULL,
    time_zone VARCHAR NOT NULL,
    utc_offset_minutes INTEGER NOT NULL
);
