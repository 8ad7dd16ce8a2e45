"""Is the study folder whole? What its files say, its folders, who may write in them, on which disks they lie, leftovers."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from connectors.dialect_file import DialectError, known
from pipelines.doctor.finding import Finding, Look, counted, some
from pipelines.errors import StudyError
from pipelines.settings import FILE_NAME
from pipelines.study_folder import StudyFolder, read_study

_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb2",
    "smb3",
    "smbfs",
    "afs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.rclone",
)
_MOUNTS = Path("/proc/self/mountinfo")


def study_files(look: Look) -> Iterator[Finding]:
    """study.toml, the CSVs and the dialects can be read; of each CSV the first fault is told."""
    faults = 0
    with tempfile.TemporaryDirectory(prefix="footfall") as scratch:
        copy = StudyFolder(Path(scratch))
        for path in (*look.study.root.glob("*.csv"), look.study.root / FILE_NAME):
            shutil.copyfile(path, copy.root / path.name)
        while True:
            try:
                tables = read_study(copy)
                break
            except StudyError as error:
                faults += 1
                said = str(error).replace(f"{copy.root}{os.sep}", "")
                name = said.split(",", 1)[0].split(":", 1)[0]
                yield Finding("study files", "problem", f"{said} Nothing is ingested until then.", f"edit {name}")
                # the other tables speak of the people of this one
                if name in (FILE_NAME, "participants.csv") or not (copy.root / name).is_file():
                    return
                (copy.root / name).unlink()
    try:
        known(look.study.dialects)
    except DialectError as error:
        faults += 1
        yield Finding(
            "study files", "problem", f"{error} Nothing is ingested until then.", "edit the file in dialects/"
        )
    if not faults:
        people = tables.frames["participant"].height
        yield Finding(
            "study files", "fine", f"study.toml, the CSVs and dialects can be read; {counted(people, 'participant')}."
        )


def folders(look: Look) -> Iterator[Finding]:
    """Every folder is there, and one may write in it."""
    study = look.study
    faults = 0
    for folder in (study.root, study.inbox, study.archive, study.quarantine, study.private, study.research.parent):
        place = look.place(folder)
        if not folder.is_dir():
            faults += 1
            yield Finding(
                "folders", "problem", f"the folder {place}/ is missing; nothing can be kept in it.", f"mkdir '{folder}'"
            )
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            faults += 1
            yield Finding(
                "folders",
                "problem",
                f"one may not write in {place}/: a run would stop there.",
                f"chmod u+rwx '{folder}'",
            )
    if not faults:
        yield Finding("folders", "fine", "all folders are there, and one may write in them.")


def file_systems(look: Look) -> Iterator[Finding]:
    """Which folders lie on a network share, where locks and renaming are less to be relied on."""
    kinds = {folder: _kind(folder) for folder in (look.study.inbox, look.study.archive, look.study.private)}
    if _kind(look.study.private) in _NETWORK:
        yield Finding(
            "file systems", "warning",
            f"private/ lies on a network share ({kinds[look.study.private]}): locks are not to be relied on there, and a database"
            " can be damaged when the connection is lost.",
            "move the study folder to a disk of this computer, and link inbox/ to the share",
        )  # fmt: skip
    shared = [f"{look.place(folder)}/ ({kind})" for folder, kind in kinds.items() if kind in _NETWORK]
    where = (
        f"on a network share: {', '.join(shared)}"
        if shared
        else "none of the folders is known to lie on a network share"
    )
    yield Finding("file systems", "fine", f"{where}; files are found by looking, so a share does no harm to the inbox.")


def _kind(folder: Path) -> str:
    """The type of the file system that holds a folder, as Linux calls it; "" where it cannot be told."""
    best, kind = "", ""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
        place = str(folder.resolve())
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        is_above = place == point or place.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def leftovers(look: Look) -> Iterator[Finding]:
    """What runs that were ended by force left behind."""
    study = look.study
    if look.at_work is not None:
        return
    ours = [
        *study.private.glob("run-*"), *study.archive.glob(".incoming/*"), *study.research.parent.glob(".*.new*"),
        *study.quarantine.glob(".*.new"), *study.root.glob(".*.new"), *study.locks.glob(".*"),
    ]  # fmt: skip
    if ours:
        yield Finding(
            "leftovers", "warning",
            f"{counted(len(ours), 'leftover')} of a run that was ended by force ({some(look.place(path) for path in ours)});"
            " nothing is lost by it, and the next run takes most of them away.",
            "footfall ingest",
        )  # fmt: skip
    theirs = sorted(path for path in study.inbox.rglob(".*.new") if path.is_file())
    if theirs:
        yield Finding(
            "leftovers", "warning",
            f"{counted(len(theirs), 'copy', 'copies')} into the inbox that did not end"
            f" ({some(look.place(path) for path in theirs)}); they are passed over.",
            f"rm '{theirs[0]}', and give the original to `footfall ingest` again",
        )  # fmt: skip
    if not ours and not theirs:
        yield Finding("leftovers", "fine", "no run has left anything behind.")
