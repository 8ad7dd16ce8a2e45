-- Protocols: named sets of rules and targets. Days and weeks are made for the listed ones.
-- One row per protocol_id.
--
-- Columns
--   protocol_id: name of the protocol
--   bout_rule_id: bout rule it uses
--   wear_rule_id: wear rule it uses
--   days_per_week: days asked for where no prescription holds
--   minutes_per_day: minutes asked for on such a day
--   success: days = so many days reach the target; sessions = with one bout; minutes = the week's minutes reach it
--   target: prescription = a participant's own target holds where there is one; fixed = the protocol's always
--   week: study or iso
--   grace_minutes: minutes forgiven when a day is compared with its target (a walk that begins inside a minute loses one)
--   running: count or exclude
--   vigorous_cadence_spm: steps in a minute from which it is vigorous; NULL = not told apart
--   vigorous_weight: how often a vigorous minute counts in weighted_minutes
--   source: where the protocol comes from
--   is_listed: true = study.toml lists it
--   rules_hash: first 16 hex digits of the SHA-256 of the protocol, its bout rule and its wear rule
SELECT
    protocol.protocol_id, protocol.bout_rule_id, protocol.wear_rule_id, protocol.days_per_week,
    protocol.minutes_per_day, protocol.success, protocol.target, protocol.week, protocol.grace_minutes,
    protocol.running, protocol.vigorous_cadence_spm, protocol.vigorous_weight, protocol.source, protocol.is_listed,
    left(sha256(concat_ws('|', protocol.protocol_id, protocol.days_per_week, protocol.minutes_per_day,
        protocol.success, protocol.target, protocol.week, protocol.grace_minutes, protocol.running,
        coalesce(protocol.vigorous_cadence_spm::VARCHAR, ''), protocol.vigorous_weight,
        bout_rule.rule_hash, wear_rule.rule_hash)), 16) AS rules_hash
FROM study.protocol AS protocol
JOIN bout_rule USING (bout_rule_id)
JOIN wear_rule USING (wear_rule_id)
ORDER BY protocol.protocol_id
