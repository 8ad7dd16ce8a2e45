"""What came when under which name, in receipts.jsonl: with it, archive/ and the CSVs can be made into the study again.

The ledger has the same receipts; the file is for the day on which private/ is lost. One JSON object a line, appended.
"""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from pipelines.errors import StudyError
from pipelines.study_folder import StudyFolder
from warehouse import ledger
from warehouse.database import Connection
from warehouse.durable import sync_folder, write_durably
from warehouse.ledger import Receipt


def path_of(study: StudyFolder) -> Path:
    """Where the receipts are kept."""
    return study.root / "receipts.jsonl"


def append(study: StudyFolder, receipts: list[Receipt]) -> None:
    """Adds receipts to the end, and returns when they are on the disk."""
    if not receipts:
        return
    path = path_of(study)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write("".join(map(_line, receipts)))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync_folder(path.parent)


def read(study: StudyFolder) -> list[Receipt]:
    """All receipts of the file, each once, in their order; a last line that a power cut tore is passed over."""
    found: dict[tuple[str, str], Receipt] = {}
    path = path_of(study)
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.endswith("\n"):
                break
            said: dict[str, Any] = json.loads(line)
            said["received_at"] = dt.datetime.fromisoformat(said["received_at"])
            receipt = Receipt(**said)
            found.setdefault((receipt.source_file_id, receipt.inbox_path), receipt)
    return list(found.values())


def catch_up(study: StudyFolder, connection: Connection, *, is_erasing: bool = False) -> None:
    """Writes the file anew if it does not hold the receipts of the ledger: a run was ended between the two.

    Raises StudyError if the file tells of more than the ledger does, which only a withdrawal (is_erasing) makes so: otherwise
    the private database is lost, or an old copy.
    """
    path = path_of(study)
    held, lines = ledger.count_receipts(connection), _lines(path) if path.exists() else 0
    if lines is not None and lines > held and not is_erasing:
        raise StudyError(
            f"expected the ledger in private/ to know of every receipt in receipts.jsonl; found {held:,} of {lines:,}. The"
            " private database is lost or an old copy: `footfall rebuild` makes it again from archive/ and the receipts."
        )
    if held and lines != held:
        write_anew(study, connection)


def write_anew(study: StudyFolder, connection: Connection) -> None:
    """Makes the file hold the receipts of the ledger and no others."""
    write_durably(path_of(study), "".join(map(_line, ledger.all_receipts(connection))))


def tombstone(source_file_id: str, at: dt.datetime) -> Receipt:
    """What stays of the receipts of a content that was withdrawn, or is refused: its hash and the month."""
    month = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Receipt(source_file_id, "", None, 0, 0, month, 1)


def _lines(path: Path) -> int | None:
    """How many lines the file has; None if the last one is torn."""
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
            last = block[-1:]
    return count if last == b"\n" else None


def _line(receipt: Receipt) -> str:
    said = dict(vars(receipt))
    said["received_at"] = receipt.received_at.astimezone(dt.UTC).isoformat()
    return json.dumps(said, ensure_ascii=False) + "\n"
