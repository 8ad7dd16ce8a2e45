-- What a study needs that runs every night for years: histories, who was told what, and who is not to come back.

-- one row each time a content was written with a status: the history of a file
CREATE TABLE ledger.history (
    source_file_id VARCHAR NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    footfall_version VARCHAR NOT NULL
);
INSERT INTO ledger.history
SELECT source_file_id, coalesce(loaded_at, received_at), status, reason, 'before 0.2' FROM ledger.source_file;

-- one row for each run of an ingester; ended_at NULL = at work, or ended by force
CREATE TABLE ledger.run (
    run_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome VARCHAR,
    -- JSON: what the run did, in counts
    summary VARCHAR,
    footfall_version VARCHAR NOT NULL
);

-- a hash of all that the study's CSVs say about one participant, as of the last derivation
CREATE TABLE ledger.participant_study (participant_id VARCHAR NOT NULL, study_hash VARCHAR NOT NULL);

-- when a participant's tables were last made again from the originals and found equal
CREATE TABLE ledger.verification (participant_id VARCHAR NOT NULL, verified_at TIMESTAMPTZ NOT NULL);

-- the latest instant at which any run has begun: a clock that shows less has been set back
CREATE TABLE ledger.clock (noted_at TIMESTAMPTZ NOT NULL);

-- participants who were erased: a hash of the id with a random salt, so that their files are refused without keeping the id
CREATE TABLE ledger.withdrawn (salt VARCHAR NOT NULL, person_hash VARCHAR NOT NULL, month DATE NOT NULL);

-- what somebody has been told already, so that it is not told every night; participant_id NULL = about nobody in particular
CREATE TABLE ledger.told (key VARCHAR NOT NULL, participant_id VARCHAR, told_at TIMESTAMPTZ NOT NULL);

-- the study's own dialects with which contents were last read: a changed one has them read again
CREATE TABLE ledger.dialect (name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL);

-- stretches of minutes that were derived since the last publication; infinite where it is the whole record
CREATE TABLE ledger.pending_publication (
    participant_id VARCHAR NOT NULL,
    from_at TIMESTAMPTZ NOT NULL,
    to_at TIMESTAMPTZ NOT NULL
);

-- the published file that the stretches are to be put into: its hash, the definitions, minutes put in since it was sorted
CREATE TABLE ledger.published (sha256 VARCHAR NOT NULL, views_hash VARCHAR NOT NULL, minutes_put_in BIGINT NOT NULL);
