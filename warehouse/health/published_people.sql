-- Last data of each participant as they were published. One row per participant_id.
SELECT participant.participant_id, count(DISTINCT file.source_file_id) AS files, max(file.last_at) AS last_data
FROM participant
LEFT JOIN participant_file AS file USING (participant_id)
GROUP BY participant.participant_id
ORDER BY last_data NULLS FIRST, participant.participant_id
