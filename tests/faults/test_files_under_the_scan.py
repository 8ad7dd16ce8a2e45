"""A file that is replaced, written anew, deleted or made unreadable while it is taken: nothing is deleted unread."""

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from pipelines import intake
from pipelines.ingest import ingest
from pipelines.study_folder import StudyFolder
from tests.faults.studies import leftovers
from tests.pipelines.folders import MORNING, ask, drop, kept, native, new_study, waiting

OTHER = native("P1", [90] * 30, "other")


def old(name: str) -> str:
    """What the file of that name holds when it is first seen."""
    return native("P1", [100] * 40, name)


def new(name: str) -> str:
    """What it holds after it was changed: as many bytes."""
    return native("P1", [101] * 40, name)


def replace(path: Path) -> None:
    """Another file takes its name."""
    beside = path.with_name(f".{path.name}")
    beside.write_text(new(path.stem))
    beside.replace(path)


def write_anew(path: Path) -> None:
    """The same file gets other bytes, as many as before."""
    path.write_text(new(path.stem))


def write_within_the_same_second(path: Path) -> None:
    """The same, on a file system whose times have whole seconds."""
    times = path.stat()
    path.write_text(new(path.stem))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def grow(path: Path) -> None:
    """The same file gets more bytes."""
    with path.open("a") as file:
        file.write(native("P1", [101] * 5, path.stem, MORNING + dt.timedelta(hours=2), header=False))


def delete(path: Path) -> None:
    """Somebody takes it back."""
    path.unlink()


def make_unreadable(path: Path) -> None:
    """A folder takes its name: nobody can read it as a file, not even root."""
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Callable[[Path], None]] = {
    each.__name__: each for each in (replace, write_anew, write_within_the_same_second, grow, delete, make_unreadable)
}
LASTING = ("replace", "write_anew", "write_within_the_same_second", "grow")
#: Moments of the intake: just before which of its functions.
MOMENTS = {
    "between look and hash": "look_and_hash",
    "between hash and copy": "archive_all",
    "between copy and removal": "take_away",
}


def strike(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Changes each file once, just before the function is first called with it."""
    real, done = getattr(intake, function), set()

    def struck(*arguments: Any) -> Any:
        paths = [path for path, _ in arguments[1].values()] if function == "archive_all" else [arguments[0]]
        for path in paths:
            if path.stem in CHANGES and path not in done:
                done.add(path)
                CHANGES[path.stem](path)
        return real(*arguments)

    monkeypatch.setattr(intake, function, struck)


def study_with_all(root: Path) -> StudyFolder:
    """A study with a file for each change, and one that does not change."""
    study = new_study(root)
    for name in CHANGES:
        path = drop(study, f"P1/{name}.csv", old(name))
        # a time in whole seconds, as FAT and some programs that copy write it
        os.utime(path, ns=(1_773_000_000_000_000_000, 1_773_000_000_000_000_000))
    drop(study, "P1/other.csv", OTHER)
    return study


def loaded(study: StudyFolder) -> set[str]:
    """The contents that are published as loaded."""
    return {row[0] for row in ask(study, "SELECT source_file_id FROM source_file WHERE status = 'loaded'")}


def hashes(contents: Iterable[bytes]) -> set[str]:
    """The hashes of these contents."""
    return {hashlib.sha256(each).hexdigest() for each in contents}


@pytest.mark.parametrize("moment", MOMENTS)
def test_files_that_change_or_go_away_while_they_are_taken_are_never_deleted_unread(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_with_all(tmp_path / "study")
    with monkeypatch.context() as disturbed:
        strike(disturbed, MOMENTS[moment])
        report = ingest(study)
    was_copied = moment == "between copy and removal"
    last = {(study.inbox / name).read_bytes() for name in waiting(study)}
    # what was in hand is loaded, whatever became of the file; what nobody has read yet still lies there
    first = {old(name).encode() for name in CHANGES} if was_copied else set()
    if moment == "between look and hash":
        assert last == set()
        last = {new(name).encode() for name in LASTING[:-1]} | {each for each in kept(study) if b"T12:04" in each}
        assert loaded(study) == hashes(last | {OTHER.encode()})
    else:
        assert {new(name).encode() for name in LASTING[:-1]} < last and len(last) == len(LASTING)
        assert loaded(study) == hashes(first | {OTHER.encode()})
    # a file that was taken back before it was read is nobody's concern, one that cannot be read is told of
    told = {Path(name).stem for name, _, _ in report.set_aside}
    assert (
        told
        == {
            "between look and hash": {"make_unreadable"},
            "between hash and copy": set(CHANGES),
            "between copy and removal": set(),
        }[moment]
    )
    assert ingest(study).set_aside == []
    assert loaded(study) == hashes(kept(study)) == hashes(first | last | {OTHER.encode()})
    assert waiting(study) == [] and leftovers(study) == []


def test_a_file_and_a_folder_that_go_away_under_a_look_are_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/a.csv", old("a"))
    drop(study, "P1/other.csv", OTHER)
    drop(study, "P2/x/b.csv", old("b"))
    real = os.scandir

    def scan(folder: Path) -> list[os.DirEntry[str]]:
        with real(folder) as found:
            entries = list(found)
        if folder == study.inbox / "P1":
            (study.inbox / "P1/a.csv").unlink()
        if folder == study.inbox / "P2":
            (study.inbox / "P2/x/b.csv").unlink()
            (study.inbox / "P2/x").rmdir()
        return entries

    monkeypatch.setattr(os, "scandir", scan)
    assert list(intake.look(study.inbox)) == ["P1/other.csv"]


def test_a_folder_that_cannot_be_looked_into_is_told_of_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/a.csv", old("a"))
    drop(study, "P1/other.csv", OTHER)
    drop(study, "P2/b.csv", old("b"))
    real = os.scandir

    def scan(folder: Path) -> object:
        if folder == study.inbox / "P2":
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    with monkeypatch.context() as disturbed:
        disturbed.setattr(os, "scandir", scan)
        report = ingest(study)
    assert loaded(study) == hashes([old("a").encode(), OTHER.encode()])
    assert [(name, status) for name, status, _ in report.set_aside] == [("P2", "left in the inbox")]
