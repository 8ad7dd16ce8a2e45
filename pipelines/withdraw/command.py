"""`footfall withdraw`: asks, withdraws, proves, and says so."""

import sys
from collections.abc import Callable
from pathlib import Path

import filelock

from pipelines.errors import FootfallError, UsageError
from pipelines.run import BusyError, Clock, only_ingester, readable_errors, wall_clock
from pipelines.study_folder import StudyFolder, read_study
from pipelines.withdraw.proof import Proof, prove
from pipelines.withdraw.steps import Outcome, Told, begin, finish, finish_begun, known_ids, tombstones
from pipelines.withdraw.words import Words

Say = Callable[[str], None]


def withdraw(
    study: StudyFolder, participant_id: str, now: Clock = wall_clock, told: Told = lambda _: None
) -> tuple[Outcome, Proof]:
    """Erases a participant and searches the study folder; what was done and what the search found.

    Raises BusyError while `footfall serve` or another ingester is at work, FootfallError for an id that nobody has.
    """
    with readable_errors(study), only_ingester(study, "withdraw") as scratch:
        _refuse_while_served(study)
        finish_begun(study, scratch, now)
        begin(study, participant_id, now)
        outcome = finish(study, scratch, now, told)
        return outcome, _search(study, participant_id, outcome.device_ids, scratch)


def search(study: StudyFolder, participant_id: str) -> Proof:
    """Searches the study folder for a participant, whether they were withdrawn or not."""
    with readable_errors(study), only_ingester(study, "withdraw --proof") as scratch:
        _refuse_while_served(study)
        return _search(study, participant_id, [], scratch)


def _search(study: StudyFolder, participant_id: str, device_ids: list[str], scratch: Path) -> Proof:
    others = known_ids(study) | set(read_study(study).participants)
    return prove(study, Words(participant_id, others), device_ids, tombstones(study), scratch)


def _refuse_while_served(study: StudyFolder) -> None:
    """Raises BusyError while `footfall serve` holds the study: its server has Prefect's database open."""
    lock = filelock.FileLock(study.private / "serve.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise BusyError(
            f"expected nobody to serve {study.root}; found `footfall serve` at work, whose database holds runs and their"
            " tables. Stop it, withdraw, and start it again."
        ) from None
    lock.release()


def confirm(participant_id: str) -> None:
    """Asks on the terminal for the id once more; UsageError without a terminal, FootfallError for another answer."""
    if not sys.stdin.isatty():
        raise UsageError("expected a terminal to ask on, or --yes; a withdrawal cannot be taken back.")
    answer = input(
        f"Everything of {participant_id} in this study folder will be erased: originals, tables, publications, locks.\n"
        "It cannot be taken back. Type the id to go on: "
    )
    if answer.strip() != participant_id:
        raise FootfallError(f"expected {participant_id}; found something else. Nothing was changed.")


def say_outcome(outcome: Outcome, say: Say) -> None:
    """What was done, in words."""
    say(
        f"{outcome.participant_id} is withdrawn: {outcome.erased} originals erased, {outcome.rewritten} of several people"
        " written again without them."
    )
    if outcome.csvs:
        say(f"Rows taken out of {', '.join(sorted(set(outcome.csvs)))}.")
    say("Published anew; earlier publications were erased, since they held the participant.")
    if outcome.locks:
        say(f"Locks re-issued and marked: {', '.join(outcome.locks)}. Their earlier hashes stay in lock.json.")
    if outcome.lost:
        say(
            f"Lost with them: rows of {', '.join(outcome.lost)}, which stood in files that cannot be written again without"
            " the participant. Ask for these files once more, for those people alone."
        )


def say_proof(proof: Proof, say: Say) -> None:
    """What was searched and found, in words."""
    ways = ", ".join(f"{count} by {way}" for way, count in sorted(proof.ways.items()))
    say(f"Searched {proof.files} files of the study folder for {proof.participant_id}: {ways}.")
    if proof.longer:
        say(f"Not taken for it, because they are longer: {', '.join(proof.longer)}.")
    if proof.is_clean:
        say("Nothing was found.")
        return
    for place, what in sorted(proof.found.items()):
        say(f"  found: {place}: {what}")
    say(
        "Look at each by hand: text that a person wrote (study.toml, dialects, notes) is theirs to change; take the id out,"
        f" or the file away, then `footfall withdraw --proof {proof.participant_id}` searches again."
    )
