"""What lies around the originals: the study's CSVs, the inbox, quarantine notes, logs and Prefect's database."""

import csv
import re
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from connectors import is_container
from connectors.people import people_table
from pipelines import intake
from pipelines.study_folder import StudyFolder
from pipelines.withdraw.words import IN_PLACE, Words
from warehouse.durable import replace_durably
from warehouse.ledger import Evidence

#: The study's own tables.
STUDY_CSVS = ("participants.csv", "devices.csv", "prescriptions.csv", "travel.csv", "outcomes.csv")
#: Tables of Prefect's database whose rows are only told to people; rows of others hold its runs together.
_TOLD = ("log", "artifact", "artifact_collection", "events", "event_resources")
#: Folders whose files are originals or databases, and are seen to elsewhere.
_SEEN_TO = ("inbox", "archive", "quarantine", "private", "published", "locks")


def clean_study_csvs(study: StudyFolder, words: Words) -> list[str]:
    """Takes the participant's lines, and comments that name them, out of the study's CSVs; names of the files that changed."""
    changed = []
    for name in STUDY_CSVS:
        path = study.root / name
        if path.is_file():
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not _is_of(line, words)]
            if len(kept) < len(lines):
                _write(path, b"".join(kept))
                changed.append(name)
    return changed


def _is_of(line: bytes, words: Words) -> bool:
    text = line.decode("utf-8-sig", "replace").strip()
    if text.startswith("#"):
        return not words.is_number and words.in_text(text)
    cells = [cell.strip() for delimiter in ",;" for cell in next(csv.reader([text], delimiter=delimiter), [])]
    if words.is_number:
        # in each of these tables the participant is the first column or, in devices.csv, the second
        return words.participant_id in (*next(csv.reader([text.replace(";", ",")]), [])[:2],)
    return words.participant_id in cells


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    shutil.copymode(path, beside)
    replace_durably(beside, path)


def clean_other_tables(study: StudyFolder, words: Words) -> list[str]:
    """Takes the participant's rows out of tables that somebody put into the study folder beside its own.

    A row is theirs if its column participant_id says so, or if it names a file in a folder of that name.
    """
    changed = []
    for path in sorted(study.root.rglob("*.csv")):
        name = path.relative_to(study.root)
        if name.parts[0] in _SEEN_TO or str(name) in STUDY_CSVS or path.is_symlink():
            continue
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not _names_folder(line, words)]
        table = people_table(path)
        if len(kept) < len(lines):
            _write(path, b"".join(kept))
        if table is not None and words.participant_id in table.people():
            beside = path.with_name(f".{path.name}.new")
            table.without(lambda who: who == words.participant_id, beside)
            shutil.copymode(path, beside)
            replace_durably(beside, path)
        elif len(kept) == len(lines):
            continue
        changed.append(name.as_posix())
    return changed


def _names_folder(line: bytes, words: Words) -> bool:
    return re.search(rf'(^|[,;\t"/]){re.escape(words.participant_id)}/', line.decode("utf-8", "replace")) is not None


def clean_inbox(study: StudyFolder, words: Words) -> None:
    """Takes away what waits in the participant's folder of the inbox, whatever it is."""
    shutil.rmtree(study.inbox / words.participant_id, ignore_errors=True)


def waiting(study: StudyFolder, words: Words) -> list[str]:
    """Files of the inbox that may be the participant's or hold rows of theirs; to load them is to refuse them or the rows."""
    found = []
    for name in sorted(intake.look(study.inbox)):
        path = study.inbox / name
        if words.in_name(name):
            found.append(name)
            continue
        table = people_table(path, dialect_folder=study.dialects, names=[name])
        if is_container(path) or (table is not None and words.participant_id in table.people()):
            found.append(name)
    return found


def remove_originals(study: StudyFolder, tombstones: Collection[str]) -> None:
    """Takes the originals of tombstones out of archive/ and quarantine/, with their notes."""
    short = {source_file_id[:12] for source_file_id in tombstones}
    held = set(tombstones)
    for path in sorted(study.archive.glob("??/*")):
        if path.name.split(".", 1)[0] in held:
            path.unlink(missing_ok=True)
    for path in sorted(study.quarantine.glob("*")):
        if path.name[:12] in short and path.name[12:13] == "-":
            path.unlink(missing_ok=True)


def rename_quarantined(study: StudyFolder, words: Words, known: dict[str, Evidence]) -> None:
    """Gives what stays in quarantine/ names and notes without the participant."""
    by_start = {source_file_id[:12]: evidence for source_file_id, evidence in known.items()}
    for path in sorted(study.quarantine.glob("*")):
        if path.name.endswith(".reason.txt") or not path.is_file():
            continue
        evidence = by_start.get(path.name[:12])
        if evidence is not None and words.in_name(path.name[13:]):
            intake.quarantine(study, path, evidence.file.source_file_id, evidence.inbox_path)
            path.unlink()
    for note in sorted(study.quarantine.glob("*.reason.txt")):
        evidence = by_start.get(note.name[:12])
        if words.in_name(note.name[13:]) or words.in_bytes(note.read_bytes()):
            note.unlink()
            if evidence is not None and evidence.file.reason is not None:
                reason = intake.Reason(evidence.file.status, evidence.file.reason)
                intake.write_reason(study, evidence.file.source_file_id, evidence.inbox_path, reason)


def clean_private(study: StudyFolder, words: Words) -> None:
    """Takes the participant out of Prefect's database and out of logs; no server may have the database open."""
    for path in sorted(study.private.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        with path.open("rb") as file:
            head = file.read(4096)
        if head.startswith(b"SQLite format 3\0"):
            _clean_sqlite(path, words)
        elif path.suffix == ".log" and b"\0" not in head:
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if words.is_number or not words.in_bytes(line)]
            if len(kept) < len(lines):
                _write(path, b"".join(kept))


def _clean_sqlite(path: Path, words: Words) -> None:
    if words.is_number:
        return
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.create_function("names_them", 1, lambda cell: _names_them(cell, words), deterministic=True)
        connection.create_function("without_them", 1, lambda cell: _without_them(cell, words), deterministic=True)
        is_changed = False
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        )
        for (table,) in tables.fetchall():
            for column in [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")').fetchall()]:
                # names of tables and columns are those that SQLite gave
                change = f'UPDATE "{table}" SET "{column}" = without_them("{column}")'  # noqa: S608
                if table in _TOLD:
                    change = f'DELETE FROM "{table}"'  # noqa: S608
                done = connection.execute(f'{change} WHERE names_them("{column}")')
                is_changed |= done.rowcount > 0
        connection.commit()
        if is_changed:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _names_them(cell: object, words: Words) -> bool:
    return words.in_bytes(cell) if isinstance(cell, bytes) else isinstance(cell, str) and words.in_text(cell)


def _without_them(cell: object, words: Words) -> str:
    # a blob that is no text cannot be parted
    return words.out_of(cell) if isinstance(cell, str) else IN_PLACE
