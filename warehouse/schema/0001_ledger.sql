-- What has been received and what it held. Private: true device ids and original file names live here only.
CREATE SCHEMA IF NOT EXISTS ledger;

-- one row per content (SHA-256)
CREATE TABLE ledger.source_file (
    source_file_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    connector VARCHAR,
    dialect VARCHAR,
    kind VARCHAR,
    time_basis VARCHAR,
    container_id VARCHAR,
    rows_read BIGINT,
    rows_kept BIGINT,
    rows_flagged BIGINT,
    first_epoch TIMESTAMPTZ,
    last_epoch TIMESTAMPTZ,
    exported_at TIMESTAMPTZ,
    utc_offset_minutes INTEGER,
    received_at TIMESTAMPTZ NOT NULL,
    loaded_at TIMESTAMPTZ,
    context_hash VARCHAR
);

-- one row per (content, name) received; the first receipt of some content decides its status
CREATE TABLE ledger.receipt (
    source_file_id VARCHAR NOT NULL,
    inbox_path VARCHAR NOT NULL,
    receipt_number INTEGER NOT NULL,
    folder VARCHAR,
    size_bytes BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL
);

-- what one file holds per label and device: the evidence for whose it is; participant_id NULL = nobody's yet
CREATE TABLE ledger.file_part (
    source_file_id VARCHAR NOT NULL,
    participant_label VARCHAR,
    participant_id VARCHAR,
    device_id VARCHAR NOT NULL,
    manufacturer VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    device_class VARCHAR NOT NULL,
    zeros_prove_wear BOOLEAN NOT NULL,
    kind VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    first_at TIMESTAMPTZ,
    last_at TIMESTAMPTZ
);

-- minutes as one file states them; several files may state the same minute
CREATE TABLE ledger.source_minute (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    minute_start TIMESTAMPTZ NOT NULL,
    kind VARCHAR NOT NULL,
    steps INTEGER,
    observed_seconds DOUBLE NOT NULL,
    active_seconds DOUBLE,
    has_heart_rate BOOLEAN NOT NULL,
    shows_wear BOOLEAN NOT NULL,
    gps_label VARCHAR,
    flags VARCHAR[] NOT NULL
);

-- typed rows of FIT monitoring: running counters, both feet, per activity and the device's own day
CREATE TABLE ledger.counter_reading (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    read_at TIMESTAMPTZ NOT NULL,
    device_day DATE,
    device_day_start TIMESTAMPTZ,
    activity VARCHAR,
    cumulative_steps BIGINT,
    cumulative_active_seconds DOUBLE
);

CREATE TABLE ledger.source_coverage (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    coverage_start TIMESTAMPTZ NOT NULL,
    coverage_end TIMESTAMPTZ NOT NULL
);

CREATE TABLE ledger.source_session (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    session_start TIMESTAMPTZ NOT NULL,
    session_end TIMESTAMPTZ NOT NULL,
    sport VARCHAR,
    sub_sport VARCHAR,
    on_foot BOOLEAN,
    steps BIGINT
);

-- totals coarser than a minute: reported, never spread over minutes
CREATE TABLE ledger.source_total (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR NOT NULL,
    device_id VARCHAR NOT NULL,
    local_date DATE NOT NULL,
    total_start TIMESTAMPTZ NOT NULL,
    total_end TIMESTAMPTZ NOT NULL,
    steps BIGINT
);

-- rows of a loaded file that were not kept, by reason
CREATE TABLE ledger.set_aside (
    source_file_id VARCHAR NOT NULL,
    participant_id VARCHAR,
    participant_label VARCHAR,
    device_id VARCHAR,
    reason VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    first_at TIMESTAMPTZ,
    last_at TIMESTAMPTZ,
    detail VARCHAR
);

-- participants whose tables no longer follow from the ledger; written in the transaction that changed it
CREATE TABLE ledger.pending (participant_id VARCHAR NOT NULL);

-- what the derived tables were last made from, so that a changed rule, calendar or program is noticed
CREATE TABLE ledger.derivation (key VARCHAR NOT NULL, value VARCHAR);
