"""What waits for a person: files that are not taken, files that were set aside, people of whom nothing comes."""

import datetime as dt
from collections.abc import Iterator

from pipelines.doctor.finding import Finding, Look, counted, some
from pipelines.looking import Waiting
from warehouse import health
from warehouse.database import Connection

_A_DAY = dt.timedelta(days=1)


def inbox(look: Look) -> Iterator[Finding]:
    """Files that lie in the inbox for more than a day, and why."""
    found = look.waiting
    old = [each for each in found if look.now - each.at_since > _A_DAY]
    unreadable = [each.name for each in found if not each.is_readable]
    if unreadable:
        yield Finding(
            "inbox", "problem", f"{counted(len(unreadable), 'file')} in the inbox may not be read ({some(unreadable)}).",
            f"chmod u+r '{look.study.inbox / unreadable[0]}'",
        )  # fmt: skip
    waits = [each for each in old if each.is_readable]
    if waits:
        yield Finding(
            "inbox", "warning",
            f"{counted(len(waits), 'file')} in the inbox for more than a day ({some(each.name for each in waits)}):"
            f" {_why(look, waits)}.",
            "footfall ingest",
        )  # fmt: skip
    passed = _passed_over(look)
    if passed:
        yield Finding(
            "inbox", "warning",
            f"{counted(len(passed), 'file')} in the inbox for more than a day that a run passes over, as downloads that have not"
            f" ended or links ({some(passed)}).",
            "give the whole file a plain name, or remove it",
        )  # fmt: skip
    if not unreadable and not waits and not passed:
        yield Finding("inbox", "fine", f"{counted(len(found), 'file')} in the inbox, none for more than a day.")


def _why(look: Look, waits: list[Waiting]) -> str:
    if look.connection is None:
        return "a run is at work on them, or will be"
    row = look.connection.execute("SELECT max(started_at) FROM ledger.run").fetchone()
    last = row[0] if row else None
    if last is None or last < min(each.at_since for each in waits):
        return "no run has begun since they came"
    return "the runs since then found them changing, or could not take them; `footfall status` shows how those ended"


def _passed_over(look: Look) -> list[str]:
    seen = {each.name for each in look.waiting}
    found = []
    for path in sorted(look.study.inbox.rglob("*")):
        name = path.relative_to(look.study.inbox).as_posix()
        if name in seen or path.name.startswith(".") or (path.is_dir() and not path.is_symlink()):
            continue
        is_download = path.suffix.lower() in (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart")
        changed = dt.datetime.fromtimestamp(path.lstat().st_ctime, dt.UTC)
        if (is_download or path.is_symlink()) and look.now - changed > _A_DAY:
            found.append(name)
    return found


def set_aside(_: Look, connection: Connection) -> Iterator[Finding]:
    """Files that could not be read, and files that are nobody's."""
    counts = dict(health.ask(connection, "files").rows)
    quarantined, unattributed = counts.get("quarantined", 0), counts.get("unattributed", 0)
    if quarantined:
        yield Finding(
            "set aside", "warning", f"{counted(quarantined, 'file')} could not be read; each has a note in quarantine/.",
            "footfall status; after mending: footfall retry",
        )  # fmt: skip
    if unattributed:
        yield Finding(
            "set aside", "warning",
            f"{counted(unattributed, 'file waits', 'files wait')} for a CSV of the study to name the owner.",
            "footfall status; then edit participants.csv or devices.csv",
        )  # fmt: skip
    if not quarantined and not unattributed:
        yield Finding("set aside", "fine", "no file is set aside.")


def silent(look: Look, connection: Connection) -> Iterator[Finding]:
    """People of whom nothing has come for longer than [alerts] silent_days."""
    people = health.silence(connection, look.now, look.alerts.silent_days)
    found = [each for each in people if each.is_silent]
    if found:
        told = some((f"{each.participant_id} {each.in_words()}" for each in found), 5)
        yield Finding("silence", "warning", f"{counted(len(found), 'participant')} silent: {told}.", "ask them to sync")
    else:
        yield Finding("silence", "fine", f"nobody is silent for {look.alerts.silent_days} days or more.")
