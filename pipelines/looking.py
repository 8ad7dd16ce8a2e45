"""Looks at a study that may be at work: the private database only read, with ingesters waiting meanwhile, or none at all."""

import contextlib
import dataclasses
import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from pipelines import intake
from pipelines.run import owner, readable_errors
from pipelines.study_folder import StudyFolder
from warehouse.database import DATABASE_NAME, Connection, DatabaseBusyError
from warehouse.health import look_into

#: An ingestion of a few files is over sooner than this.
_PATIENCE_SECONDS = 1.0
_LAST = dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()


@dataclasses.dataclass(frozen=True)
class Opened:
    """The private database of a study, or why it is not open.

    connection: read-only, None while an ingester is at work; at_work: who that is (command, process, host, since), {} if it
    has not said, None if nobody is.
    """

    connection: Connection | None
    at_work: dict[str, Any] | None = None


@contextlib.contextmanager
def opened(study: StudyFolder, patience_seconds: float = _PATIENCE_SECONDS) -> Iterator[Opened]:
    """The private database for reading; ingesters are kept out meanwhile, because DuckDB lets nobody write beside a reader.

    A study without one gets an empty one in memory. Raises warehouse.health.UnreadableError for a damaged one.
    """
    database = study.private / DATABASE_NAME
    with contextlib.ExitStack() as stack:
        if study.private.is_dir():
            lock = filelock.FileLock(study.private / "ingest.lock")
            try:
                lock.acquire(timeout=patience_seconds, poll_interval=0.1)
                stack.callback(lock.release)
            except filelock.Timeout:
                yield Opened(None, owner(study) or {})
                return
            except OSError:
                # a folder in which nobody may write can still be looked at
                pass
        try:
            connection = stack.enter_context(look_into(database if database.is_file() else None))
        except DatabaseBusyError:
            yield Opened(None, {})
            return
        yield Opened(connection)


@dataclasses.dataclass(frozen=True)
class Waiting:
    """One file in the inbox. at_since: when it came to lie there; at_changed: its own modification time. UTC."""

    name: str
    size_bytes: int
    at_since: dt.datetime
    at_changed: dt.datetime
    is_readable: bool


def waiting(study: StudyFolder) -> list[Waiting]:
    """What lies in the inbox and would be taken once it is complete."""
    found = []
    with readable_errors(study):
        seen = sorted(intake.look(study.inbox).items())
    for name, (size, mtime_ns) in seen:
        path = study.inbox / name
        with contextlib.suppress(FileNotFoundError):
            # a copy may keep an old modification time; that of the inode cannot be set
            since = instant(path.stat().st_ctime)
            found.append(
                Waiting(intake.printable(name), size, since, instant(mtime_ns / 1e9), os.access(path, os.R_OK))
            )
    return found


def instant(seconds: float) -> dt.datetime:
    """Seconds since 1970, as file systems state them, as an instant; what no calendar holds becomes its last day."""
    return dt.datetime.fromtimestamp(min(max(seconds, 0.0), _LAST), dt.UTC)


def is_held(lock_file: Path) -> bool:
    """True if a process holds a lock file; one that is not there is not made."""
    if not lock_file.is_file():
        return False
    lock = filelock.FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
