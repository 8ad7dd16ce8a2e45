"""Files read in groups: the same ledger entries as one by one, whatever one of the group does."""

import concurrent.futures
import dataclasses
import datetime as dt
import hashlib
import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

import connectors
from connectors.recording import Recording
from pipelines import readers
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError
from pipelines.reading import Job, read_job, read_jobs
from pipelines.study_folder import read_study
from tests.pipelines.folders import SAMPLES, native, new_study
from warehouse.ledger import Entry

PEOPLE = ("W01", "W04", "W05", "W07", "W08", "W11", "P1")


@dataclasses.dataclass(frozen=True)
class Folder:
    """Files of every kind, sound and broken, whose entries are known from reading each alone."""

    jobs: list[Job]
    attribution: Attribution
    alone: list[Entry]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """All committed samples but archives, two tables of the project's own, and a file that could not be unpacked."""
    root = tmp_path_factory.mktemp("reading")
    study = new_study(root / "study", PEOPLE, "Australia/Sydney")
    for name, content in {"a.csv": native("P1", [100] * 40), "b.csv": native("P9", [100] * 40)}.items():
        (root / name).write_text(content)
    samples = [path for path in SAMPLES.rglob("*") if path.suffix in (".fit", ".gpx", ".csv")]
    jobs = [
        Job(
            path=path,
            source_file_id=hashlib.sha256(path.read_bytes()).hexdigest(),
            name=path.name,
            folders=("W01",) if path.suffix in (".fit", ".gpx") else (),
            received_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
            container_id=None,
            dialect_folder=study.dialects,
            names=(path.name,),
            size=path.stat().st_size,
        )
        for path in sorted([*samples, root / "a.csv", root / "b.csv"], key=lambda path: path.name)
    ]
    wrong = connectors.CorruptFileError(jobs[0].path, expected="a readable member", found="none")
    jobs.insert(3, dataclasses.replace(jobs[0], error=wrong))
    attribution = Attribution.of(read_study(study))
    return Folder(jobs, attribution, [read_job(job, attribution) for job in jobs])


def _is_same(one: Entry, other: Entry) -> None:
    without_clock = [dataclasses.replace(entry.file, loaded_at=None) for entry in (one, other)]
    assert without_clock[0] == without_clock[1]
    assert one.frames.keys() == other.frames.keys()
    for table, frame in one.frames.items():
        assert_frame_equal(frame, other.frames[table])


def test_a_group_has_the_entries_of_its_files_read_one_by_one(folder: Folder) -> None:
    statuses = {entry.file.status for entry in folder.alone}
    assert statuses == {"loaded", "quarantined", "no_step_data", "unattributed"}
    for together, alone in zip(read_jobs(folder.jobs, folder.attribution), folder.alone, strict=True):
        _is_same(together, alone)


def test_a_file_that_fails_in_a_way_nobody_expected_is_set_aside_alone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = folder.jobs[-1]
    read: Callable[..., Recording] = connectors.read

    def fails_on_one(path: Path, **options: Any) -> Recording:
        if path == strange.path:
            raise KeyError("Jane Doe")
        return read(path, **options)

    def fails(paths: list[Path], **_: Any) -> None:
        raise KeyError(paths)

    monkeypatch.setattr(connectors, "read", fails_on_one)
    monkeypatch.setattr(connectors, "read_many", fails)
    entries = read_jobs(folder.jobs, folder.attribution)
    for together, alone in zip(entries[:-1], folder.alone[:-1], strict=True):
        _is_same(together, alone)
    assert entries[-1].file.status == "quarantined"
    assert "one that it failed on (KeyError)" in str(entries[-1].file.reason)
    assert "Jane" not in str(entries[-1].file.reason)


def test_an_error_of_the_disk_sets_nothing_aside(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OSError("the share is away")

    monkeypatch.setattr(connectors, "read", gone)
    monkeypatch.setattr(connectors, "read_many", gone)
    with pytest.raises(OSError, match="away"):
        read_jobs(folder.jobs, folder.attribution)


class _Pool(concurrent.futures.Executor):
    """Worker processes, without any: one breaks on a certain file, and with it all that was submitted."""

    deadly: Path
    given: list[list[Job]]

    def submit(self, work: Callable[..., Any], /, *values: Any, **_: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        if not values:
            future.set_result(work())
            return future
        jobs, attribution = values
        self.given.append(jobs)
        if any(job.path == self.deadly and job.error is None for job in jobs):
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(work(jobs, attribution))
        return future


def test_a_file_that_kills_its_reader_is_set_aside_alone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [job for job in folder.jobs if job.error is None]
    alone = [entry for job, entry in zip(folder.jobs, folder.alone, strict=True) if job.error is None]
    deadly = next(place for place, entry in enumerate(alone) if place > 4 and entry.file.status == "loaded")
    monkeypatch.setattr(_Pool, "deadly", jobs[deadly].path, raising=False)
    monkeypatch.setattr(_Pool, "given", [], raising=False)
    monkeypatch.setattr(readers, "_pool", lambda _: _Pool())
    monkeypatch.setattr(readers, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(readers, "GROUPS_PER_WORKER", 2)
    found = list(readers.read_all(jobs, folder.attribution))
    assert max(map(len, _Pool.given)) > 1
    assert [job for job, _ in found] == jobs
    for place, (_, entry) in enumerate(found):
        if place != deadly:
            _is_same(entry, alone[place])
    assert "ended the process" in str(found[deadly][1].file.reason)


def test_if_no_worker_process_starts_the_run_fails_and_no_file_is_blamed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(_Pool):
        def submit(self, work: Callable[..., Any], /, *values: Any, **_: Any) -> concurrent.futures.Future[Any]:
            future: concurrent.futures.Future[Any] = concurrent.futures.Future()
            future.set_exception(BrokenProcessPool())
            return future

    monkeypatch.setattr(readers, "_pool", lambda _: Broken())
    monkeypatch.setattr(readers, "PARALLEL_BYTES", 0)
    with pytest.raises(FootfallError, match="expected a worker process to start"):
        list(readers.read_all(folder.jobs, folder.attribution))


def test_groups_keep_the_order_and_their_bounds(folder: Folder) -> None:
    jobs = folder.jobs[:6]
    groups = list(readers._groups(jobs, [1, 1, 1, 9, 1, 1], files=2, size=5))
    assert groups == [jobs[0:2], jobs[2:3], jobs[3:4], jobs[4:6]]
    assert list(readers._groups([], [], 2, 5)) == []


def test_no_worker_waits_while_another_has_all_the_files(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [folder.jobs[0]] * 300
    monkeypatch.setattr(_Pool, "deadly", Path("none"), raising=False)
    monkeypatch.setattr(_Pool, "given", [], raising=False)
    monkeypatch.setattr(readers, "_pool", lambda _: _Pool())
    monkeypatch.setattr(readers, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(readers, "read_jobs", lambda group, _: [folder.alone[0]] * len(group))
    assert len(list(readers.read_all(jobs, folder.attribution))) == 300
    assert len(_Pool.given) >= 8 * readers.GROUPS_PER_WORKER
    assert max(map(len, _Pool.given)) <= readers.GROUP_FILES
