"""Has the machine what a run needs? Room on the disks, and a clock that is right."""

import datetime as dt
from collections.abc import Iterator

from pipelines.doctor.finding import Finding, Look, counted
from pipelines.looking import instant
from pipelines.room import room
from pipelines.run import CLOCK_TOLERANCE


def disk(look: Look) -> Iterator[Finding]:
    """The next publication finds room."""
    found = room(look.study)
    said = f"{found.in_words()}."
    if found.is_short:
        mend = (
            f"make room on the disk of '{look.study.root}', or keep fewer publications ([publish] keep in study.toml)"
        )
        yield Finding("disk", "problem", f"{said} A run that finds none stops and keeps what was there.", mend)
    else:
        yield Finding("disk", "fine", said)


def clock(look: Look) -> Iterator[Finding]:
    """The clock shows no less than at an earlier run, and than the files that came."""
    latest = look.now + CLOCK_TOLERANCE
    faults = 0
    noted = _noted(look)
    if noted is not None and noted > latest:
        faults += 1
        yield Finding(
            "clock", "problem",
            f"the clock shows {_utc(look.now)}, but a run has begun at {_utc(noted)}: either it is wrong now, or it was then, and"
            " nothing is ingested until that is settled.",
            "set the computer's clock, or, if it is right now: footfall doctor --clock-is-right",
        )  # fmt: skip
    archived = max((mtime for _, mtime in look.archived.values()), default=0.0)
    if instant(archived) > latest:
        faults += 1
        yield Finding(
            "clock", "warning",
            f"an original in archive/ was written at {_utc(instant(archived))}, which is still to come: the clock has been set"
            " back, or the disk's own clock is ahead.",
            "compare the clocks of this computer and of the share that holds archive/",
        )  # fmt: skip
    ahead = [each for each in look.waiting if each.at_changed > latest]
    if ahead:
        faults += 1
        yield Finding(
            "clock", "warning",
            f"{counted(len(ahead), 'file')} in the inbox {'was' if len(ahead) == 1 else 'were'} last changed in the future, until"
            f" {_utc(max(each.at_changed for each in ahead))}: the clock of the computer they come from is ahead, or this one is"
            " behind; they are taken all the same.",
            "compare the clocks of both computers",
        )  # fmt: skip
    if not faults:
        yield Finding("clock", "fine", f"the clock shows {_utc(look.now)}, after all that has come.")


def _noted(look: Look) -> dt.datetime | None:
    if look.connection is None:
        return None
    row = look.connection.execute("SELECT max(noted_at) FROM ledger.clock").fetchone()
    return row[0] if row else None


def _utc(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
