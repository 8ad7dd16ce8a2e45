"""Tells somebody: a webhook and a command of study.toml, and what a night found that needs a person.

What is sent names participants by their ids and counts files; original file names and device ids are never in it.
"""

import contextlib
import datetime as dt
import json
from pathlib import Path

from pipelines import intake
from pipelines.alerts.sending import give, post, why
from pipelines.looking import opened
from pipelines.room import room
from pipelines.run import Clock, Run, wall_clock
from pipelines.settings import FILE_NAME, Alerts, read_settings
from pipelines.study_folder import StudyFolder
from warehouse import health

#: So many reasons, or people, are written out; the rest is counted.
_SHOWN = 10
_REASON_CHARACTERS = 300
#: shorter names are parts of ordinary words
_NAME_CHARACTERS = 4
_RESOLVED = ("yes", "no")
#: when a morning's text last went out, or had nothing to say; what came before was told
_MORNING = ("morning", None)


def alert(study: StudyFolder, subject: str, text: str, *, now: Clock = wall_clock) -> list[str]:
    """Sends a message by the webhook and the command of study.toml; returns what could not be sent and why, a sentence each.

    Original file names and device ids are taken out of the text. Never raises: who tells of trouble must not make more. What
    could not be sent is also kept for `footfall doctor` until something is sent again. Nothing is sent, and nothing is
    wrong, where study.toml names nobody.
    """
    unsent = []
    for names in (_names_in_inbox, _names_in_ledger):
        # a study so broken that its names cannot be looked up is what an alert may be about
        with contextlib.suppress(Exception):
            text = _without(text, names(study, text))
    try:
        settings = read_settings(study.root / FILE_NAME).alerts
    except Exception as error:
        unsent.append(f"nobody could be told, because study.toml cannot be used: {why(error)}")
    else:
        for name, value, send in (("webhook", settings.webhook, post), ("command", settings.command, give)):
            if not value:
                continue
            try:
                send(value, subject, text, study.root)
            except Exception as error:  # whatever it is, it must not end a run
                unsent.append(f"{name}: {why(error)}.")
    _note_unsent(study, subject, unsent, now())
    return unsent


def test(study: StudyFolder) -> list[str]:
    """Sends a test message, as alert() does; that nobody is named to be told is a fault here."""
    settings = read_settings(study.root / FILE_NAME).alerts
    if not settings.webhook and not settings.command:
        return ["nobody to tell: [alerts] in study.toml names neither webhook nor command."]
    return alert(study, "footfall: a test", f"This is a test of the alerts of {study.root.name}.")


def _names_in_inbox(study: StudyFolder, _: str) -> list[str]:
    return [each for name in map(intake.printable, intake.look(study.inbox)) for each in (name, Path(name).name)]


def _names_in_ledger(study: StudyFolder, text: str) -> list[str]:
    with opened(study, patience_seconds=0) as look:
        if look.connection is None:
            return []
        return [row[0] for row in health.ask(look.connection, "named", {"said": text}).rows]


def _without(text: str, words: list[str]) -> str:
    """The text without names of files and devices, which the message of an error may quote."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "...") if len(word) >= _NAME_CHARACTERS else text
    return text


def _note(study: StudyFolder) -> Path:
    return study.private / "alert.unsent"


def _note_unsent(study: StudyFolder, subject: str, unsent: list[str], at: dt.datetime) -> None:
    """Keeps the subject and the reasons, never the text: it names people."""
    with contextlib.suppress(OSError):
        if unsent:
            said = {"at": at.isoformat(timespec="seconds"), "subject": subject, "unsent": unsent}
            _note(study).write_text(json.dumps(said), encoding="utf-8")
        else:
            _note(study).unlink(missing_ok=True)


def last_unsent(study: StudyFolder) -> str | None:
    """What could not be sent the last time something was to be sent, in words; None if it went out."""
    try:
        said = json.loads(_note(study).read_text(encoding="utf-8"))
        return f"{said['subject']!r} at {said['at']}: {' '.join(said['unsent'])}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def morning(run: Run) -> str | None:
    """Sends what needs a person after a nightly run, and returns that text; None, and nothing is sent, if all is well.

    Files set aside and runs that failed since the last morning, people newly silent, a disk that is nearly full, weeks
    whose answer turned. A failed verification or check ends the night before; its alert is the flow's. What was told stays
    told, and what could not be sent is told again: a silence once, and once more only after data have come.
    """
    settings = run.tables.settings.alerts
    since = health.told_at(run.connection, _MORNING) or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    silences = _silences(run, settings)
    lines = [*_aside(run, since), *_failures(run, since), *silences.values()]
    found = room(run.study)
    if found.is_short:
        lines.append(f"The disk is nearly full: {found.in_words()}.")
    lines += _turned(run)
    if not lines:
        health.note_told(run.connection, [_MORNING], run.now())
        return None
    text = "\n".join([*lines, "`footfall status` and `footfall doctor` tell more, in the study's folder."])
    unsent = alert(run.study, f"{run.tables.settings.name}: the night found something to look at", text, now=run.now)
    if not unsent:
        health.note_told(run.connection, [_MORNING, *silences], run.now())
    return "\n".join([text, *(f"This could not be sent: {each}" for each in unsent)])


def _aside(run: Run, since: dt.datetime) -> list[str]:
    rows = health.ask(run.connection, "newly_aside", {"since": since}).rows
    if not rows:
        return []
    total = sum(files for _, _, files in rows)
    lines = [f"Set aside since the last night: {total} file{'s' if total > 1 else ''}."]
    for status, reason, files in rows[:_SHOWN]:
        lines.append(f"- {files} {status.replace('_', ' ')}: {(reason or '')[:_REASON_CHARACTERS]}")
    if len(rows) > _SHOWN:
        lines.append(f"- and {sum(files for _, _, files in rows[_SHOWN:])} for {len(rows) - _SHOWN} other reasons")
    return lines


def _failures(run: Run, since: dt.datetime) -> list[str]:
    # what such a run said may name a file, so it is not told here
    rows = run.connection.execute(
        "SELECT kind, count(*), max(started_at) FROM ledger.run WHERE started_at > ? AND outcome <> 'done'"
        " GROUP BY kind ORDER BY kind",
        [since],
    ).fetchall()
    return [
        f"{count} run{'s' if count > 1 else ''} of `footfall {kind}` failed or ended by force since the last night, the last at"
        f" {at:%Y-%m-%d %H:%M} UTC."
        for kind, count, at in rows
    ]


def _silences(run: Run, settings: Alerts) -> dict[tuple[str, str | None], str]:
    """What is to be told of people who are newly silent, by the key under which it is remembered."""
    known = health.told(run.connection)
    found: dict[tuple[str, str | None], str] = {}
    for each in health.silence(run.connection, run.now(), settings.silent_days):
        key = (f"silent since {each.last_data:%Y-%m-%dT%H:%M}" if each.last_data else "never sent", each.participant_id)
        if each.is_silent and key not in known:
            found[key] = f"{each.participant_id}: {each.in_words()}."
    return found


def _turned(run: Run) -> list[str]:
    """Weeks that had an answer and have another one: new data resolve weeks every night, but do not often turn them."""
    if run.report.changes is None:
        return []
    turned = sum(
        weeks for (old, new), weeks in run.report.changes.answers.items() if old in _RESOLVED and new not in (old, "")
    )
    if not turned:
        return []
    all_weeks = len(run.report.changes.rows)
    return [
        f"{turned} participant-week{'s' if turned > 1 else ''} that had an answer (yes or no) {'have' if turned > 1 else 'has'}"
        f" another one now, of {all_weeks} that changed: `footfall diff previous published` lists them with their reasons."
    ]
