"""Who works on the study, what the last runs did, and what is to run next."""

import datetime as dt
import os
import socket
import sys
import zoneinfo
from collections.abc import Iterator
from typing import Any

from pipelines import alerts
from pipelines.doctor.finding import Finding, Look
from pipelines.looking import is_held
from pipelines.prefect_home import home
from pipelines.publications import publications
from pipelines.serve import LOCK_NAME
from pipelines.serve.schedule import Schedule
from pipelines.withdraw.intent import begun
from warehouse import health
from warehouse.database import Connection

#: A night that is later than this is overdue: a day, and time for a long run.
OVERDUE = dt.timedelta(hours=26)
_LARGE_BYTES = 1_000_000_000


def ingester(look: Look) -> Iterator[Finding]:
    """Who holds the ingester's lock, and whether that process is alive."""
    owner_file = look.study.private / "ingest.owner"
    if look.at_work is None:
        if owner_file.is_file():
            yield Finding(
                "ingester", "warning",
                f"nobody is at work, but {look.place(owner_file)} is still there: a run was ended by force, and the next one"
                " finishes its work.",
                "footfall ingest",
            )  # fmt: skip
        else:
            yield Finding("ingester", "fine", "nobody is at work on the study, and its lock is free.")
        return
    found = look.at_work
    if not found:
        yield Finding("ingester", "fine", "another process has the study open, and has not said who it is.")
        return
    said = f"`footfall {found.get('command')}` is at work, process {found.get('process')} on {found.get('host')}"
    since = _instant(found.get("since"))
    lasted = look.now - since if since is not None else dt.timedelta()
    said += f", since {since:%Y-%m-%d %H:%M} UTC" if since is not None else ""
    if found.get("host") == socket.gethostname() and not _is_alive(found.get("process")):
        yield Finding(
            "ingester", "warning",
            f"{said}, but there is no such process here: the lock is held by another one.",
            f"find it with: fuser '{look.study.private / 'ingest.lock'}'",
        )  # fmt: skip
    elif lasted > dt.timedelta(days=1):
        yield Finding(
            "ingester", "warning", f"{said}: longer than a day.", f"look at its log, then kill {found.get('process')}"
        )  # fmt: skip
    else:
        yield Finding("ingester", "fine", f"{said}; what only its end shows is left out here.")


def _instant(said: Any) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None


def _is_alive(process: Any) -> bool:
    if not isinstance(process, int) or process <= 0:
        return False
    if sys.platform == "win32":
        # there a signal would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def runs(_: Look, connection: Connection) -> Iterator[Finding]:
    """How the last run ended."""
    found = health.ask(connection, "runs").by_name()
    if not found:
        yield Finding("runs", "fine", "no run yet.", "footfall ingest")
        return
    last = found[0]
    said = f"the last run, `footfall {last['kind']}` at {last['started_at']:%Y-%m-%d %H:%M} UTC"
    if last["outcome"] == "done":
        yield Finding("runs", "fine", f"{said}, was done.")
    else:
        outcome = last["outcome"].rstrip(".")
        yield Finding(
            "runs",
            "warning",
            f"{said}, did not end well ({outcome}); the next one finishes the work.",
            "footfall ingest",
        )


def schedule(look: Look) -> Iterator[Finding]:
    """When the next night is, and whether the last one is overdue."""
    if look.settings is not None:
        zone = look.settings.time_zone
        at = Schedule(look.settings.schedule_at, zone).next_after(look.now).astimezone(zoneinfo.ZoneInfo(zone))
        yield Finding(
            "schedule", "fine", f"the next nightly run is due {at:%Y-%m-%d %H:%M} {zone}, by `footfall serve`."
        )
    last = _last_night(look)
    if last is None:
        yield Finding("schedule", "fine", "no nightly run has been done yet.")
    elif look.now - last > OVERDUE:
        hours = int((look.now - last).total_seconds() // 3600)
        yield Finding(
            "schedule", "warning",
            f"the last nightly run was done {last:%Y-%m-%d %H:%M} UTC, {hours} hours ago: one is overdue.",
            "footfall serve (or footfall nightly, once)",
        )  # fmt: skip
    else:
        yield Finding("schedule", "fine", f"the last nightly run was done {last:%Y-%m-%d %H:%M} UTC.")


def _last_night(look: Look) -> dt.datetime | None:
    """When the last nightly run was done; while the ledger cannot be read, when the last one published."""
    if look.connection is None:
        nights = [each.published_at for each in publications(look.study) if each.kind == "nightly"]
        return dt.datetime.fromisoformat(nights[-1]) if nights else None
    row = look.connection.execute(
        "SELECT max(ended_at) FROM ledger.run WHERE kind = 'nightly' AND outcome = 'done'"
    ).fetchone()
    return row[0] if row else None


def serving(look: Look) -> Iterator[Finding]:
    """Whether `footfall serve` runs, what Prefect holds, and whether somebody is told when a night fails."""
    lock = look.study.private / LOCK_NAME
    is_running = is_held(lock)
    if is_running:
        yield Finding("serve", "fine", "`footfall serve` is running.")
    elif lock.is_file():
        yield Finding(
            "serve", "warning", "`footfall serve` has run for this study and does not run now: no night comes by itself.",
            "footfall serve",
        )  # fmt: skip
    else:
        yield Finding("serve", "fine", "`footfall serve` has not run for this study; nights come by hand.")
    told = look.alerts.webhook or look.alerts.command
    if is_running and not told:
        yield Finding(
            "alerts", "warning", "nobody is told when a night fails.",
            "set webhook or command in [alerts] of study.toml, then: footfall doctor --test-alert",
        )  # fmt: skip
    if told and (unsent := alerts.last_unsent(look.study)):
        yield Finding(
            "alerts", "warning", f"the last alert could not be sent: {unsent}", "footfall doctor --test-alert"
        )  # fmt: skip
    yield from _prefect(look)


def _prefect(look: Look) -> Iterator[Finding]:
    database = home(look.study) / "prefect.db"
    if not database.is_file():
        yield Finding("prefect", "fine", "Prefect has no database in the study yet; the first night makes it.")
        return
    size = database.stat().st_size
    said = f"Prefect's record of the runs holds {size / 1e6:,.0f} MB"
    if size > _LARGE_BYTES:
        yield Finding(
            "prefect", "warning", f"{said}, which slows its page; it can be taken away, the ledger has the runs too.",
            f"stop `footfall serve`, then: rm '{database}'",
        )  # fmt: skip
    else:
        yield Finding("prefect", "fine", f"{said}.")


def withdrawals(look: Look) -> Iterator[Finding]:
    """A withdrawal that was begun and not finished."""
    asked = begun(look.study)
    if asked is not None:
        yield Finding(
            "withdrawals", "problem",
            f"the withdrawal of {asked.participant_id} was begun {asked.asked_at} and is not finished.",
            "footfall ingest",
        )  # fmt: skip
