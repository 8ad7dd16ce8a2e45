"""Reads contents into ledger entries: identify, read, attribute, clean. Runs in worker processes; no database."""

import dataclasses
import datetime as dt
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import connectors
from connectors.draft.words import STEPS
from connectors.errors import ConnectorError, CorruptFileError, UnknownFormatError
from connectors.recording import Recording
from pipelines.attribution import Attribution, ConflictError
from pipelines.intake import is_inside
from pipelines.prepare import Prepared, prepare
from pipelines.prepare_many import Unready, prepare_many
from warehouse.ledger import Entry, SourceFile

_LOG = logging.getLogger("footfall")

_HEAD_BYTES = 4096
#: keys of JSON; the first line is looked at anyway
_KEYS = re.compile(r'"([^"\\]{1,100})"\s*:')


@dataclasses.dataclass(frozen=True)
class Job:
    """One content to read.

    name: the path under inbox/ that it first came under; names: all of them, sorted, with `!/` after each archive;
    folders: first folders it was dropped in; size in bytes, as far as it is known.
    """

    path: Path
    source_file_id: str
    name: str
    folders: tuple[str, ...]
    received_at: dt.datetime
    container_id: str | None
    dialect_folder: Path
    names: tuple[str, ...]
    size: int = 0
    error: ConnectorError | None = None


def read_jobs(jobs: Sequence[Job], attribution: Attribution) -> list[Entry]:
    """The ledger entry of each content, in order: the same entries as one by one, many small files in less time.

    What nobody expected of a file, not even its connector, sets that file aside and none of its neighbours. Errors of
    the disk are raised: they say nothing about a file, and the next run may find them gone.
    """
    try:
        wanted = [job for job in jobs if job.error is None]
        folder = jobs[0].dialect_folder
        found = iter(
            connectors.read_many(
                [job.path for job in wanted], dialect_folder=folder, names=[job.names for job in wanted]
            )
        )
        results = [next(found) if job.error is None else job.error for job in jobs]
        unready = {
            place: Unready(one, job.folders, job.received_at)
            for place, (job, one) in enumerate(zip(jobs, results, strict=True))
            if isinstance(one, Recording)
        }
        ready = prepare_many(unready, attribution)
        return [
            _entry(job, one, attribution, ready.get(place))
            for place, (job, one) in enumerate(zip(jobs, results, strict=True))
        ]
    except Exception:
        # whose fault it is shows when each is read alone
        return [_read_guarded(job, attribution) for job in jobs]


def read_job(job: Job, attribution: Attribution) -> Entry:
    """The ledger entry of a content: loaded with its frames, or set aside with the reason. Expected errors do not raise."""
    found: Recording | ConnectorError
    try:
        found = job.error or connectors.read(job.path, dialect_folder=job.dialect_folder, names=job.names)
    except ConnectorError as error:
        found = error
    return _entry(job, found, attribution)


def _read_guarded(job: Job, attribution: Attribution) -> Entry:
    try:
        return read_job(job, attribution)
    except OSError:
        raise
    except Exception as error:
        # the text of the error may quote the file
        kind = type(error).__name__
        _LOG.warning("reading %s failed: %s", job.source_file_id[:12], kind)
        unreadable = CorruptFileError(
            job.path,
            expected="a file that its reader understands",
            found=f"one that it failed on ({kind})",
            todo="Export it again; if it happens again, the file is worth a bug report.",
        )
        return _entry(job, unreadable, attribution)


def _entry(
    job: Job, found: Recording | ConnectorError, attribution: Attribution, ready: Prepared | None = None
) -> Entry:
    file = SourceFile(
        source_file_id=job.source_file_id,
        status="quarantined",
        received_at=job.received_at,
        container_id=job.container_id,
    )
    if isinstance(found, ConnectorError):
        return Entry(_unread(job, file, found, attribution))
    recording = found
    file = dataclasses.replace(
        file,
        connector=recording.connector,
        dialect=recording.dialect,
        kind=recording.kind,
        time_basis=recording.time_basis,
        rows_read=recording.rows_read,
        exported_at=recording.exported_at,
        utc_offset_minutes=recording.utc_offset_minutes,
    )
    try:
        prepared = ready or prepare(recording, attribution, job.folders, job.received_at)
        status, reason = "loaded", "; ".join(prepared.notes) or None
    except ConflictError as error:
        # its labels and devices are kept, so that a corrected CSV brings it back by itself
        prepared = prepare(recording, Attribution.nobody(attribution), (), job.received_at)
        status, reason = "quarantined", f"expected one person; found that {error}. Correct the folder or the CSV."
    labels, devices = prepared.labels, prepared.device_ids
    if status == "loaded" and not prepared.participants:
        status, reason = "unattributed", _nobody(job, labels, recording.named_participant)
    return Entry(
        dataclasses.replace(
            file,
            status=status,
            reason=reason,
            rows_kept=prepared.rows_kept if status == "loaded" else None,
            rows_flagged=prepared.rows_flagged if status == "loaded" else None,
            first_epoch=prepared.first_epoch,
            last_epoch=prepared.last_epoch,
            loaded_at=dt.datetime.now(dt.UTC) if status == "loaded" else None,
            context_hash=attribution.context_hash(
                job.folders, labels, devices, recording.time_basis, recording.connector
            ),
        ),
        {
            table: frame
            for table, frame in prepared.frames.items()
            if not frame.is_empty() and (status == "loaded" or table == "file_part")
        },
    )


def _unread(job: Job, file: SourceFile, error: ConnectorError, attribution: Attribution) -> SourceFile:
    file = dataclasses.replace(
        file,
        status=error.status,
        reason=str(error),
        context_hash=attribution.context_hash(job.folders, (), (), None),
    )
    if isinstance(error, UnknownFormatError):
        if is_inside(job.container_id, job.names) and not _speaks_of_steps(job):
            # the archive of a whole account holds hundreds of files about other things
            return dataclasses.replace(
                file, status="no_step_data", reason=f"no step export that is known here: {error.found}"
            )
        return file
    claim = None if job.error is not None else _claim(job)
    return dataclasses.replace(
        file, connector=claim.connector if claim else None, dialect=claim.dialect if claim else None
    )


def _speaks_of_steps(job: Job) -> bool:
    """True if a file's own name, its first line or its first keys name steps, in whatever language: it may hold steps in a
    form that nobody knows, and a person must look at it.
    """
    with job.path.open("rb") as file:
        # UTF-16 is ASCII with a zero byte beside each letter
        text = file.read(_HEAD_BYTES).replace(b"\0", b"").decode("utf-8", "replace").lower()
    own_names = [name.lower().replace("\\", "/").rsplit("/", 1)[-1] for name in job.names]
    first_line = text.lstrip("\ufeff \r\n\t").split("\n", 1)[0]
    said = [*own_names, *_KEYS.findall(text)]
    if not first_line.startswith(("{", "[")):
        said.append(first_line)
    return any(STEPS.search(words) or "pedometer" in words for words in said)


def _claim(job: Job) -> connectors.Claim | None:
    # only for a file that could not be read: reading identifies it as well, and most files are read
    try:
        return connectors.identify(job.path, dialect_folder=job.dialect_folder, names=job.names)
    except ConnectorError:
        return None


def _nobody(job: Job, labels: tuple[str, ...], named: str | None) -> str:
    # published: neither the folder's name nor an id of the file, which people may have used for a name
    found = []
    own = [label for label in labels if label != named]
    if own:
        found.append(f"a participant column with {len(own)} ids, none of them in participants.csv")
    if named is not None:
        found.append("a file name that names somebody who is not in participants.csv")
    if job.folders:
        found.append("an inbox folder that is not in participants.csv")
    if not found:
        found.append(
            "no participant folder, no participant column, and no line of devices.csv for its device and dates"
        )
    return (
        f"expected somebody of participants.csv; found {'; '.join(found)}. Add the person, move the file into"
        " inbox/<participant_id>/, or add the device to devices.csv. `footfall status` shows folder, ids and device_id."
    )
