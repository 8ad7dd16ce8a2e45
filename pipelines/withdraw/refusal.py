"""Who was withdrawn, by salted hashes: their ids are told apart without being kept."""

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable

from pipelines.errors import StudyError
from pipelines.study_folder import StudyFolder
from warehouse import erase
from warehouse.database import Connection
from warehouse.durable import write_durably

#: A name of more words than this is asked about its first ones only.
_MOST_WORDS = 40


@dataclasses.dataclass(frozen=True)
class Withdrawn:
    """Everybody who was withdrawn: (salt, hash of salt and id, month)."""

    people: tuple[tuple[str, str, dt.date], ...]

    @classmethod
    def of(cls, connection: Connection) -> "Withdrawn":
        """Those that the ledger knows of."""
        return cls(tuple(erase.withdrawn(connection)))

    @functools.cached_property
    def _asked(self) -> dict[str, dt.date | None]:
        return {}

    def month(self, participant_id: str) -> dt.date | None:
        """The month in which that id was withdrawn; None if it was not."""
        if participant_id not in self._asked:
            hits = (month for salt, held, month in self.people if person_hash(salt, participant_id) == held)
            self._asked[participant_id] = next(hits, None)
        return self._asked[participant_id]

    def named(self, name: str, listed: Collection[str]) -> str | None:
        """The id in a path or file name of somebody who was withdrawn; None without one.

        listed: ids of participants, whose parts name nobody else. A number counts only as a whole folder or name, because
        dates and counts are made of them.
        """
        if not self.people:
            return None
        for part in re.split(r"!/|/", name):
            stem = part.split(".", 1)[0]
            if found := next((whole for whole in (part, stem) if whole and self.month(whole)), None):
                return found
            for words in _words(part, listed):
                if not words.isdigit() and self.month(words):
                    return words
        return None


def _words(part: str, listed: Collection[str]) -> Iterable[str]:
    """Every run of words in a name, the longest first, but those inside of a participant's id."""
    bounds = [match.span() for match in re.finditer(r"[A-Za-z0-9]+", part)][:_MOST_WORDS]
    taken: list[tuple[int, int]] = []
    for length in range(len(bounds), 0, -1):
        for first in range(len(bounds) - length + 1):
            start, end = bounds[first][0], bounds[first + length - 1][1]
            if any(start >= begun and end <= ended for begun, ended in taken):
                continue
            if part[start:end] in listed:
                taken.append((start, end))
            else:
                yield part[start:end]


def person_hash(salt: str, participant_id: str) -> str:
    """SHA-256 of salt and id."""
    return hashlib.sha256(f"{salt}:{participant_id}".encode()).hexdigest()


def new_person(participant_id: str, now: dt.datetime) -> tuple[str, str, dt.date]:
    """A salt of its own, the hash of the id with it, and the month."""
    salt = secrets.token_hex(16)
    return salt, person_hash(salt, participant_id), now.date().replace(day=1)


def catch_up(study: StudyFolder, connection: Connection) -> None:
    """Makes the ledger and withdrawn.jsonl know of the same people: the file is for the day on which private/ is lost."""
    path = study.root / "withdrawn.jsonl"
    held = set(erase.withdrawn(connection))
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    told = {
        (each["salt"], each["person_hash"], dt.date.fromisoformat(each["month"]))
        for each in map(json.loads, text.splitlines())
    }
    if told - held:
        erase.add_withdrawn(connection, sorted(told - held))
    if held - told:
        lines = [
            json.dumps({"salt": salt, "person_hash": person, "month": month.isoformat()}) + "\n"
            for salt, person, month in sorted(held | told)
        ]
        write_durably(path, "".join(lines))


def refuse_listed(connection: Connection, participants: Iterable[str]) -> None:
    """Raises StudyError if participants.csv lists somebody who was withdrawn."""
    withdrawn = Withdrawn.of(connection)
    if not withdrawn.people:
        return
    for participant_id in participants:
        if month := withdrawn.month(participant_id):
            raise StudyError(
                f"participants.csv: expected people who take part; found {participant_id}, who was withdrawn in"
                f" {month:%Y-%m}. Ids are not used again: take the line out, or give another person another id."
            )
