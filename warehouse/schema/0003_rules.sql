-- Rules that depend on age or on how a device was active, and what the multiverse varies.
ALTER TABLE study.bout_rule ADD COLUMN cadence_scale VARCHAR DEFAULT 'absolute';
ALTER TABLE study.bout_rule ADD COLUMN partly_active VARCHAR DEFAULT 'count';

ALTER TABLE study.wear_rule ADD COLUMN spike_minutes INTEGER;
ALTER TABLE study.wear_rule ADD COLUMN spike_steps INTEGER;
ALTER TABLE study.wear_rule ADD COLUMN flank_minutes INTEGER;

-- cadence from which a minute is of moderate intensity for a person of that age (whole years, both inclusive)
CREATE TABLE study.age_cadence (
    age_from INTEGER NOT NULL,
    age_to INTEGER NOT NULL,
    min_cadence_spm DOUBLE NOT NULL,
    source VARCHAR
);

-- values that the multiverse tries for one parameter of the protocols whose bout rule has that algorithm
CREATE TABLE study.multiverse_option (
    algorithm VARCHAR NOT NULL,
    parameter VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    source VARCHAR
);

-- the stretch that the load can have changed, half-open; NULL = all there is
ALTER TABLE ledger.pending ADD COLUMN from_at TIMESTAMPTZ;
ALTER TABLE ledger.pending ADD COLUMN to_at TIMESTAMPTZ;

-- participants whose weeks changed since the multiverse was last made
CREATE TABLE ledger.pending_multiverse (participant_id VARCHAR NOT NULL);
