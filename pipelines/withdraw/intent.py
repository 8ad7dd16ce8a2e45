"""private/withdrawal.json: that a participant is to be withdrawn, on the disk from before anything is erased until all is."""

import dataclasses
import json
from pathlib import Path

from pipelines.study_folder import StudyFolder
from warehouse.durable import sync_folder, write_durably


@dataclasses.dataclass(frozen=True)
class Intent:
    """Who is to be withdrawn, and what is known only before it begins.

    asked_at: ISO 8601, UTC. device_ids: true ids of devices that nobody else had. others: ids that are not to be mistaken for
    it. person: salt, hash and month (ISO 8601) by which the id is refused from then on.
    """

    participant_id: str
    asked_at: str
    device_ids: list[str]
    others: list[str]
    person: list[str]


def path_of(study: StudyFolder) -> Path:
    """Where the intent lies while a withdrawal is on its way."""
    return study.private / "withdrawal.json"


def begun(study: StudyFolder) -> Intent | None:
    """The withdrawal that is on its way, if one is."""
    try:
        return Intent(**json.loads(path_of(study).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def note(study: StudyFolder, intent: Intent) -> None:
    """Puts the intent on the disk."""
    write_durably(path_of(study), json.dumps(dataclasses.asdict(intent)) + "\n")


def forget(study: StudyFolder) -> None:
    """The withdrawal is done."""
    path_of(study).unlink()
    sync_folder(study.private)
