"""What is asked of the published file: everything behind one week, in one query.

One query, because a file that is published between two of them must not mix its tables with those of the file before.
"""

from pipelines.explain.ground import GROUND

#: One SELECT for each part of the facts; each becomes a list of rows.
_PARTS = {
    "people": "SELECT participant_id FROM participant",
    "protocols": "SELECT DISTINCT protocol_id FROM participant_week",
    "weeks": "SELECT week_number, week_start, week_end FROM participant_week"
    " WHERE participant_id = $participant AND protocol_id = $protocol",
    "week": "SELECT * FROM week",
    "person": "SELECT * FROM participant WHERE participant_id = $participant",
    "prescriptions": "SELECT valid_from, days_per_week, minutes_per_day FROM prescription"
    " WHERE participant_id = $participant",
    "outcomes": "SELECT date, kind, value, end_date FROM outcome"
    " WHERE participant_id = $participant AND kind IN ('excused', 'withdrawal', 'death')",
    "days": "SELECT * FROM participant_day WHERE participant_id = $participant AND protocol_id = $protocol"
    " AND local_date BETWEEN (SELECT week_start FROM week) AND (SELECT week_end FROM week)",
    "recorded": """
        SELECT
            local_date, min(minute_start) AS start, max(minute_start) + INTERVAL 1 MINUTE AS end_,
            arg_min(utc_offset_minutes, minute_start) AS start_offset,
            arg_max(utc_offset_minutes, minute_start) AS end_offset, count(*)::INTEGER AS minutes
        FROM stretch GROUP BY local_date, piece
    """,
    "bouts": """
        SELECT
            walked.local_date, bout.bout_start, bout.bout_end, bout.local_date AS starts_on,
            arg_min(walked.utc_offset_minutes, walked.minute_start) AS start_offset,
            arg_max(walked.utc_offset_minutes, walked.minute_start) AS end_offset,
            bout.span_minutes, bout.active_minutes, bout.steps, bout.mean_cadence_spm, bout.peak_cadence_spm,
            min(walked.minute_start) AS start, max(walked.minute_start) + INTERVAL 1 MINUTE AS end_,
            count(*)::INTEGER AS minutes_on_date,
            count(*) FILTER (WHERE walked.is_qualifying)::INTEGER AS active_minutes_on_date,
            count(*) FILTER (
                WHERE (rule.credit = 'span' OR walked.is_qualifying)
                    AND NOT (rule.running = 'exclude' AND walked.is_run) AND NOT walked.is_future
            )::INTEGER AS counted_minutes,
            count(*) FILTER (WHERE walked.is_run)::INTEGER AS run_minutes
        FROM walked JOIN bout USING (bout_start), rule, week
        WHERE walked.local_date BETWEEN week.week_start AND week.week_end
        GROUP BY ALL
    """,
    "ranges": """
        SELECT
            local_date, bout_start, min(minute_start) AS start, max(minute_start) + INTERVAL 1 MINUTE AS end_,
            arg_min(utc_offset_minutes, minute_start) AS start_offset,
            arg_max(utc_offset_minutes, minute_start) AS end_offset,
            count(*)::INTEGER AS minutes, sum(steps)::INTEGER AS steps, any_value(is_qualifying) AS is_qualifying,
            any_value(walking_source) AS walking_source, any_value(device_id) AS device_id,
            any_value(source_file_id) AS source_file_id, any_value(recording_kind) AS recording_kind,
            any_value(flags) AS flags
        FROM numbered GROUP BY local_date, bout_start, range_number
    """,
    "minutes": """
        SELECT
            local_date, device_id, source_file_id, recording_kind,
            count(*) FILTER (WHERE walking_source IS NOT NULL AND NOT is_future)::INTEGER AS observed_minutes,
            count(*) FILTER (WHERE walking_source = 'steps' AND NOT is_future)::INTEGER AS steps_minutes,
            count(*) FILTER (WHERE walking_source = 'gps' AND NOT is_future)::INTEGER AS gps_minutes,
            count(*) FILTER (WHERE walking_source = 'gps_run' AND NOT is_future)::INTEGER AS gps_run_minutes,
            count(*) FILTER (WHERE walking_source = 'gps_still' AND NOT is_future)::INTEGER AS gps_still_minutes,
            count(*) FILTER (WHERE walking_source IS NULL AND NOT is_future)::INTEGER AS unobserved_minutes,
            count(*) FILTER (WHERE is_future)::INTEGER AS future_minutes,
            sum(steps) FILTER (WHERE NOT is_future)::INTEGER AS steps,
            count(*) FILTER (WHERE source_count > 1)::INTEGER AS several_sources_minutes,
            count(*) FILTER (WHERE steps_disagreement > 0)::INTEGER AS disagreement_minutes,
            max(steps_disagreement) AS largest_disagreement,
            list_aggregate(flatten(list(flags)), 'histogram') AS flags
        FROM grid WHERE is_in_week GROUP BY local_date, device_id, source_file_id, recording_kind
    """,
    "left_out": "SELECT * FROM left_out",
    "files": """
        SELECT
            file.source_file_id, file.file_name, file.connector, file.dialect, theirs.devices, theirs.kinds,
            file.status, file.reason, file.container_id, file.rows_read, file.rows_kept, file.rows_flagged,
            file.first_epoch, file.last_epoch, file.received_at, file.loaded_at,
            coalesce(file_minutes.minutes, 0) AS minutes_in_week,
            (SELECT count(*) FROM source_file AS again WHERE again.source_file_id = file.source_file_id) AS receipts
        FROM source_file AS file
        LEFT JOIN file_minutes USING (source_file_id)
        LEFT JOIN theirs USING (source_file_id)
        WHERE file.receipt_number = 1 AND (
            file_minutes.source_file_id IS NOT NULL OR theirs.source_file_id IS NOT NULL
            OR file.source_file_id IN (SELECT source_file_id FROM left_out)
        )
    """,
    "waiting_files": """
        SELECT file.source_file_id, file.file_name, file.status, file.reason, file.received_at
        FROM source_file AS file
        WHERE file.receipt_number = 1 AND file.source_file_id IN (
            SELECT source_file_id FROM participant_file WHERE participant_id = $participant AND state = 'waiting'
        )
    """,
    "devices": """
        SELECT device_id, device_class, zeros_prove_wear, is_all_day, priority
        FROM participant_device WHERE participant_id = $participant
    """,
    "protocol": "SELECT * FROM protocol WHERE protocol_id = $protocol",
    "bout_rule": "SELECT * EXCLUDE (running, gps_counts) FROM rule",
    "wear_rule": "SELECT * FROM wear_rule"
    " WHERE wear_rule_id = (SELECT wear_rule_id FROM protocol WHERE protocol_id = $protocol)",
    "publication": "SELECT * FROM publication",
}

_COLUMNS = ",\n".join(
    f"(SELECT list(part ORDER BY part) FROM ({sql}) AS part) AS {name}"  # noqa: S608 - of this module's own words only
    for name, sql in _PARTS.items()
)

#: Everything behind a week: one row, one column a part, each a list of rows in order, or NULL where there is none; beside
#: it the people, protocols and weeks that there are. Values: participant, protocol, week.
BEHIND_THE_WEEK = f"{GROUND} SELECT {_COLUMNS}"
