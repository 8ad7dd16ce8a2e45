"""The steps of a withdrawal. The intent is on the disk before anything is erased, and each step finds out for itself what
is left to do: one that was stopped at any instant is finished by the next run of any ingester, with the same result.
"""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines import ingest, intake, locks, publications, receipts
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError
from pipelines.reading import Job, read_job
from pipelines.run import Clock, Run, opened
from pipelines.study_folder import StudyFolder, read_study
from pipelines.withdraw import around, intent, refusal
from pipelines.withdraw.originals import Plan, Planning
from pipelines.withdraw.refusal import Withdrawn, new_person
from pipelines.withdraw.words import Words
from warehouse import erase, ledger
from warehouse.database import DATABASE_NAME, Connection, connect
from warehouse.ledger import Entry

#: Called before each step with its name, for the fault campaign and for people who wait.
Told = Callable[[str], None]


@dataclasses.dataclass
class Outcome:
    """What a withdrawal did. erased: contents that are tombstones now because of it; rewritten: those of several people;
    lost: other participants who lost rows; csvs: study tables and others that were edited; locks: those that were re-issued.
    """

    participant_id: str
    device_ids: list[str] = dataclasses.field(default_factory=list)
    erased: int = 0
    rewritten: int = 0
    lost: list[str] = dataclasses.field(default_factory=list)
    csvs: list[str] = dataclasses.field(default_factory=list)
    locks: list[str] = dataclasses.field(default_factory=list)


def begin(study: StudyFolder, participant_id: str, now: Clock) -> None:
    """Notes on the disk that the participant is to be withdrawn; FootfallError if nobody of that id is known.

    The caller holds the ingester's lock.
    """
    with connect(study.private / DATABASE_NAME) as connection:
        others = erase.ids(connection) | set(read_study(study).participants)
        if month := Withdrawn.of(connection).month(participant_id):
            raise FootfallError(
                f"expected a participant; {participant_id} was withdrawn in {month:%Y-%m}. `footfall withdraw --proof"
                f" {participant_id}` searches the study folder for what may have come back."
            )
        if participant_id not in others and not _has_traces(study, connection, Words(participant_id, others)):
            raise FootfallError(
                f"expected a participant; found no {participant_id!r} in participants.csv, the ledger, inbox/ or"
                " quarantine/. Ids are written as participants.csv writes them."
            )
        alone = [
            device_id for device_id, is_theirs in erase.devices_of(connection, participant_id).items() if is_theirs
        ]
    salt, held, month_of_now = new_person(participant_id, now())
    intent.note(
        study,
        intent.Intent(
            participant_id, now().isoformat(timespec="seconds"), sorted(alone), sorted(others - {participant_id}),
            [salt, held, month_of_now.isoformat()],
        ),
    )  # fmt: skip


def known_ids(study: StudyFolder) -> set[str]:
    """Every id that the ledger knows, and every folder and label that may be one."""
    with connect(study.private / DATABASE_NAME) as connection:
        return erase.ids(connection)


def _has_traces(study: StudyFolder, connection: Connection, words: Words) -> bool:
    names = [receipt.inbox_path for receipt in ledger.all_receipts(connection)]
    names += list(intake.look(study.inbox)) + [path.name[13:] for path in study.quarantine.glob("*")]
    return (study.inbox / words.participant_id).is_dir() or any(map(words.in_name, names))


def finish_begun(study: StudyFolder, scratch: Path, now: Clock) -> None:
    """Finishes a withdrawal that has begun, if one has. The caller holds the ingester's lock."""
    if intent.begun(study) is not None:
        finish(study, scratch, now)


def finish(study: StudyFolder, scratch: Path, now: Clock, told: Told = lambda _: None) -> Outcome:
    """Carries out the withdrawal that has begun, or what is left of it. told: hears the name of each step before it."""
    asked = intent.begun(study)
    if asked is None:
        raise FootfallError("expected a withdrawal that has begun; found none.")
    words = Words(asked.participant_id, asked.others)
    outcome = Outcome(asked.participant_id, asked.device_ids)
    database = study.private / DATABASE_NAME
    told("originals")
    with connect(database) as connection:
        _erase_originals(study, connection, words, asked, scratch, now, outcome, told)
    told("database")
    erase.write_anew(database)
    told("publication")
    _clear_leftovers(study)
    around.clean_inbox(study, words)
    with opened(study, "withdraw", scratch, now) as run:
        _publish(run, words)
    told("history")
    publications.forget_earlier(study)
    told("locks")
    outcome.locks = locks.reissue(study, words.participant_id, tombstones(study), words.out_of, now())
    told("around")
    outcome.csvs += around.clean_other_tables(study, words)
    around.clean_private(study, words)
    told("end")
    intent.forget(study)
    return outcome


def _erase_originals(
    study: StudyFolder, connection: Connection, words: Words, asked: intent.Intent, scratch: Path, now: Clock,
    outcome: Outcome, told: Told,
) -> None:  # fmt: skip
    """Archive, study CSVs, ledger and receipts, in this order; then the originals that are not wanted any more."""
    folder = scratch / "withdraw"
    folder.mkdir(exist_ok=True)
    plan = Planning(study, connection, words, folder).make()
    outcome.erased, outcome.rewritten, outcome.lost = len(plan.erased), len(plan.replaced), sorted(plan.lost)
    names = {receipt.source_file_id: receipt.inbox_path for receipt in reversed(plan.receipts)}
    told("archive")
    inner = {
        new_id: (path, names[new_id])
        for old_id, (path, new_id) in plan.replaced.items()
        if plan.container_of(old_id) is None
    }
    kept = intake.archive_all(study, inner)
    if set(kept) != set(inner):
        raise FootfallError("expected files that stay as they are written; found others in their place. Try again.")
    told("study CSVs")
    outcome.csvs += around.clean_study_csvs(study, words)
    told("ledger")
    _take_in_again(study, connection, plan, now)
    is_noted = Withdrawn.of(connection).month(words.participant_id) is not None
    salt, held, month = asked.person
    erase.erase_person(
        connection, words.participant_id, gone=plan.gone, receipts=plan.receipts, containers=plan.containers,
        scrub=words.out_of, person=None if is_noted else (salt, held, dt.date.fromisoformat(month)),
    )  # fmt: skip
    told("receipts")
    receipts.write_anew(study, connection)
    refusal.catch_up(study, connection)
    told("files")
    known = ledger.evidence(connection)
    around.remove_originals(study, _held(known))
    around.rename_quarantined(study, words, known)
    shutil.rmtree(folder, ignore_errors=True)


def _take_in_again(study: StudyFolder, connection: Connection, plan: Plan, now: Clock) -> None:
    """Writes what came of files of several people into the ledger, as if it had come in their place."""
    attribution = Attribution.of(read_study(study))
    entries = []
    for old_id, (path, new_id) in sorted(plan.replaced.items()):
        file = plan.known[old_id].file
        if file.status == "container":
            files, read = plan.inside[old_id]
            reason = f"{files:,} files inside, {read:,} read"
            entries.append(Entry(dataclasses.replace(file, source_file_id=new_id, reason=reason)))
            continue
        theirs = [receipt for receipt in plan.receipts if receipt.source_file_id == new_id]
        job = Job(
            path=path, source_file_id=new_id, name=theirs[0].inbox_path,
            folders=tuple(sorted({receipt.folder for receipt in theirs if receipt.folder is not None})),
            received_at=file.received_at, container_id=plan.container_of(old_id),
            dialect_folder=study.dialects, names=tuple(sorted(receipt.inbox_path for receipt in theirs)),
        )  # fmt: skip
        entry = read_job(job, attribution)
        if entry.file.loaded_at is not None:
            entry = dataclasses.replace(entry, file=dataclasses.replace(entry.file, loaded_at=now()))
        if entry.file.status == "quarantined" and job.container_id is None:
            intake.quarantine(study, path, new_id, job.name)
            intake.archive_path(study, new_id, job.name).unlink(missing_ok=True)
        entries.append(entry)
    ledger.write_batch(connection, entries, [], now())


def _held(known: dict[str, ledger.Evidence]) -> set[str]:
    return {source_file_id for source_file_id, evidence in known.items() if evidence.file.status == "withdrawn"}


def tombstones(study: StudyFolder) -> set[str]:
    """Contents of which only a tombstone stays."""
    with connect(study.private / DATABASE_NAME) as connection:
        return _held(ledger.evidence(connection))


def _publish(run: Run, words: Words) -> None:
    settled = set(intake.settled(run.study.inbox)) if intake.look(run.study.inbox) else set()
    ingest.load(run, sorted(settled & set(around.waiting(run.study, words))))
    ingest.derive(run)
    ingest.compare(run)
    ingest.check(run)
    ingest.publish(run)


def _clear_leftovers(study: StudyFolder) -> None:
    """Takes away what stopped runs left half written: it may hold the participant."""
    intake.clear_incoming(study)
    for folder in (study.private, study.research.parent, study.root):
        for leftover in folder.glob(".*.new*"):
            leftover.unlink(missing_ok=True)
    if study.locks.is_dir():
        for unfinished in study.locks.glob(".*"):
            shutil.rmtree(unfinished, ignore_errors=True)
