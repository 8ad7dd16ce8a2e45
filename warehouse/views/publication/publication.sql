-- What this publication was made from and by: enough to tell two of them apart, and to make this one again.
-- One row. It holds no clock: the same files, study CSVs and program give the same row.
--
-- Columns
--   footfall_version: version of the program that derived the tables
--   views_hash: SHA-256 over the text of all definitions (warehouse/views/)
--   study_hash: SHA-256 over study.toml and the study's CSVs as they were read, built-in rules included
--   rules_hash: SHA-256 over the parameters of all bout rules, wear rules and protocols, listed or not
--   as_of: the as-of date; NULL when nobody has a minute yet and study.toml states no date
--   is_as_of_fixed: true = study.toml states the as-of date; false = it is the latest date with data
--   activity_files_are_complete: what study.toml says of days without an activity file
--   protocols: the protocols that study.toml lists, sorted by name
--   files: contents whose rows are loaded
--   files_hash: SHA-256 over their source_file_ids, sorted; NULL without any
WITH made AS (
    SELECT
        max(value) FILTER (WHERE key = 'version') AS footfall_version,
        max(value) FILTER (WHERE key = 'views') AS views_hash,
        max(value) FILTER (WHERE key = 'study') AS study_hash
    FROM ledger.derivation
),
rule AS (
    SELECT 'bout_rule' AS kind, rule_hash FROM bout_rule
    UNION ALL
    SELECT 'wear_rule' AS kind, rule_hash FROM wear_rule
    UNION ALL
    SELECT 'protocol' AS kind, concat_ws('|', protocol_id, week, is_listed, rules_hash) FROM protocol
),
ruled AS (
    SELECT sha256(string_agg(kind || '|' || rule_hash, ',' ORDER BY kind, rule_hash)) AS rules_hash
    FROM rule
),
listed AS (
    SELECT list_sort(list(protocol_id)) AS protocols
    FROM study.protocol
    WHERE is_listed
),
loaded AS (
    SELECT count(*) AS files, sha256(string_agg(source_file_id, ',' ORDER BY source_file_id)) AS files_hash
    FROM ledger.source_file
    WHERE status = 'loaded'
)
SELECT
    made.footfall_version,
    made.views_hash,
    made.study_hash,
    ruled.rules_hash,
    as_of.as_of,
    setting.as_of IS NOT NULL AS is_as_of_fixed,
    setting.activity_files_are_complete,
    listed.protocols,
    loaded.files,
    loaded.files_hash
FROM made
CROSS JOIN ruled
CROSS JOIN as_of
CROSS JOIN study.setting AS setting
CROSS JOIN listed
CROSS JOIN loaded
