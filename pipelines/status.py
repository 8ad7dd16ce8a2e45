"""What a data manager asks in the morning: what arrived, what was set aside and why, whose files wait, who is silent."""

from pipelines.printing import Format, print_answer
from pipelines.study_folder import StudyFolder
from warehouse.database import DATABASE_NAME, Connection, connect
from warehouse.research import Answer

_FILES = """
SELECT CASE WHEN receipt_number = 1 THEN status ELSE 'duplicate' END AS status, count(*) AS files
FROM ledger.source_file JOIN ledger.receipt USING (source_file_id)
GROUP BY ALL ORDER BY files DESC, status
"""
_SET_ASIDE = """
WITH aside AS (
    SELECT file.source_file_id, file.status, file.reason, file.container_id, receipt.inbox_path
    FROM ledger.source_file AS file JOIN ledger.receipt USING (source_file_id)
    WHERE receipt.receipt_number = 1 AND file.status IN ('quarantined', 'no_step_data')
),
-- an account's archive holds hundreds of files about other things: one line for each archive
inside AS (
    SELECT container_id, reason, count(*) AS files
    FROM aside WHERE status = 'no_step_data' AND container_id IS NOT NULL
    GROUP BY ALL
)
SELECT status, inbox_path AS file, reason FROM aside WHERE status = 'quarantined' OR container_id IS NULL
UNION ALL
SELECT 'no_step_data', receipt.inbox_path, concat(
    archive.reason, '; ', format('{:,}', sum(inside.files)::BIGINT), ' hold no steps that are known here, most often: ',
    first(regexp_replace(inside.reason, '^no step export that is known here: ', '') ORDER BY inside.files DESC, inside.reason)
)
FROM inside
JOIN ledger.source_file AS archive ON archive.source_file_id = inside.container_id
JOIN ledger.receipt AS receipt ON receipt.source_file_id = inside.container_id AND receipt.receipt_number = 1
GROUP BY receipt.inbox_path, inside.container_id, archive.reason
ORDER BY ALL
"""
_REMARKS = r"""
WITH remark AS (
    SELECT regexp_replace(unnest(string_split(file.reason, '; ')), ' \([a-z0-9_]+: .*$', '') AS remark, receipt.inbox_path
    FROM ledger.source_file AS file JOIN ledger.receipt USING (source_file_id)
    WHERE receipt.receipt_number = 1 AND file.status = 'loaded' AND file.reason IS NOT NULL
)
SELECT remark, count(DISTINCT inbox_path) AS files, min(inbox_path) AS "such as"
FROM remark
GROUP BY remark
ORDER BY files DESC, remark
"""
_WAITING = """
WITH part AS (
    SELECT source_file_id, device_id, rows, participant_id,
        -- a part without rows holds whom the file's name says it is of
        coalesce(
            participant_label, max(participant_label) FILTER (WHERE rows = 0) OVER (PARTITION BY source_file_id)
        ) AS label,
        rows > 0 OR max(rows) OVER (PARTITION BY source_file_id) = 0 AS is_shown
    FROM ledger.file_part
)
SELECT DISTINCT receipt.inbox_path AS file, part.label AS "id in the file", part.device_id, part.rows,
    file.status = 'loaded' AS "other rows loaded"
FROM part
JOIN ledger.source_file AS file USING (source_file_id)
JOIN ledger.receipt USING (source_file_id)
WHERE part.participant_id IS NULL AND part.is_shown AND receipt.receipt_number = 1
    AND file.status IN ('loaded', 'unattributed')
ORDER BY ALL
"""
_LAST_DATA = """
SELECT participant.participant_id, part.device_id, part.kind, count(DISTINCT part.source_file_id) AS files,
    max(part.last_at) AS last_data, date_diff('day', max(part.last_at), now()) AS days_silent
FROM study.participant AS participant
LEFT JOIN ledger.file_part AS part USING (participant_id)
GROUP BY participant.participant_id, part.device_id, part.kind
ORDER BY participant.participant_id, last_data DESC
"""
#: The sections in order: key for json and csv, title of the table, query.
_SECTIONS = (
    ("files", "Files by state", _FILES),
    ("set_aside", "Set aside (each file has a note in quarantine/; what lies in an archive is counted)", _SET_ASIDE),
    ("remarks", "Loaded, with something to know", _REMARKS),
    ("waiting", "Waiting for an owner: add the id to participants.csv or the device to devices.csv", _WAITING),
    ("last_data", "Last data by participant and device", _LAST_DATA),
)


def print_status(study: StudyFolder, form: Format) -> None:
    """Prints the sections; as JSON one object with a list each, as CSV one table with a column `section`.

    Reads the private ledger, so original names and true device ids are shown, and it waits for a running ingestion to end.
    """
    database = study.private / DATABASE_NAME
    with connect(database if database.is_file() else None) as connection:
        found = [(key, title, _answer(connection, sql)) for key, title, sql in _SECTIONS]
    if form == "table":
        for _, title, answer in found:
            if answer.rows:
                print_answer(answer, "table", title)
        return
    print_answer(_in_one(found), form)


def _answer(connection: Connection, sql: str) -> Answer:
    result = connection.execute(sql)
    columns = [column[0] for column in result.description or []]
    rows = [
        [
            cell.isoformat(timespec="minutes").replace("+00:00", "Z") if hasattr(cell, "isoformat") else cell
            for cell in row
        ]
        for row in result.fetchall()
    ]
    return Answer(columns, rows)


def _in_one(found: list[tuple[str, str, Answer]]) -> Answer:
    columns = ["section", *dict.fromkeys(column for _, _, answer in found for column in answer.columns)]
    rows = []
    for key, _, answer in found:
        for row in answer.rows:
            cells = {"section": key, **dict(zip(answer.columns, row, strict=True))}
            rows.append([cells.get(column) for column in columns])
    return Answer(columns, rows)
