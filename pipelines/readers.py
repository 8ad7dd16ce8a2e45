"""Reads contents in groups, in worker processes where there is enough to read; a few groups at a time wait in memory."""

import collections
import concurrent.futures
import contextlib
import dataclasses
import functools
import itertools
import multiprocessing
import os
import pickle
from collections.abc import Callable, Generator, Iterator
from concurrent.futures.process import BrokenProcessPool

import polars as pl

from connectors.errors import CorruptFileError
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError
from pipelines.reading import Job, read_jobs
from pipelines.worker import use_threads
from warehouse.ledger import Entry, SourceFile

#: Files are read in groups of so many, or so many bytes: a group shares the cost of calls, and its frames wait in memory.
GROUP_FILES = 256
GROUP_BYTES = 4 * 1024 * 1024
#: Originals are made ready so many groups at a time, one stretch ahead of the readers: the disk is waited for less often.
STAGE_GROUPS = 8
#: So many groups for each worker process, if there are files enough: the last ones end at about the same time.
GROUPS_PER_WORKER = 4
#: Starting worker processes costs about a second; below this many bytes one process is faster.
PARALLEL_BYTES = 2_000_000

Stage = Callable[[list[Job]], list[Job]]
#: What a worker sends back: the files in order, and by table the rows of all of them and how many are whose.
_Packed = tuple[list[SourceFile], dict[str, tuple[pl.DataFrame, list[int]]]]


def read_all(
    jobs: list[Job], attribution: Attribution, stage: Stage = lambda jobs: jobs
) -> Iterator[tuple[Job, Entry]]:
    """Every job with its entry, in order; in worker processes where there is enough to read.

    stage: makes jobs ready just before they are read, in a thread of its own, and may leave some out. At most three groups for
    each worker are on their way, and two stretches of STAGE_GROUPS ready: a slow ledger slows the readers down, not the other
    way round.
    """
    sizes = [job.size for job in jobs]
    workers = min(os.cpu_count() or 1, 8, len(jobs))
    if workers < 2 or sum(sizes) < PARALLEL_BYTES:
        for group in _groups(jobs, sizes, GROUP_FILES, GROUP_BYTES):
            if ready := stage(group):
                yield from zip(ready, read_jobs(ready, attribution), strict=True)
        return
    share = workers * GROUPS_PER_WORKER
    files, size = min(GROUP_FILES, -(-len(jobs) // share)), min(GROUP_BYTES, -(-sum(sizes) // share))
    # pickled once, not once for each group: it knows everybody's zones and devices
    evidence = pickle.dumps(attribution)
    with contextlib.closing(_staged(jobs, stage, files, size)) as groups:
        is_more = True
        while is_more:
            waiting: collections.deque[tuple[list[Job], concurrent.futures.Future[_Packed]]] = collections.deque()
            try:
                with _pool(workers) as pool:
                    while is_more or waiting:
                        # a short window bounds the frames that wait in memory
                        while is_more and len(waiting) < workers * 3:
                            if staged := next(groups, None):
                                waiting.append((staged, pool.submit(_read_packed, staged, evidence)))
                            is_more = staged is not None
                        if not waiting:
                            break
                        group, future = waiting[0]
                        entries = _unpacked(future.result())
                        waiting.popleft()
                        yield from zip(group, entries, strict=True)
            except BrokenProcessPool:
                # a file that kills its reader: read those in flight one by one to find it
                for group, _ in waiting:
                    for job in group:
                        yield job, _read_alone(job, attribution)


def _staged(jobs: list[Job], stage: Stage, files: int, size: int) -> Generator[list[Job], None, None]:
    """The jobs in groups, ready to be read; while one stretch of groups is read, the next is made ready."""
    stretches = _groups(jobs, [job.size for job in jobs], files * STAGE_GROUPS, size * STAGE_GROUPS)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        ahead = collections.deque(thread.submit(stage, stretch) for stretch in itertools.islice(stretches, 1))
        while ahead:
            ready = ahead.popleft().result()
            ahead.extend(thread.submit(stage, stretch) for stretch in itertools.islice(stretches, 1))
            yield from _groups(ready, [job.size for job in ready], files, size)


def _read_packed(jobs: list[Job], evidence: bytes) -> _Packed:
    """What read_jobs gives, in few large frames: thousands of small ones take longer on their way than they take to make."""
    entries = read_jobs(jobs, _attribution(evidence))
    rows: dict[str, tuple[pl.DataFrame, list[int]]] = {}
    for table in sorted({table for entry in entries for table in entry.frames}):
        frames = [entry.frames.get(table) for entry in entries]
        rows[table] = (
            pl.concat([frame for frame in frames if frame is not None]),
            [0 if frame is None else frame.height for frame in frames],
        )
    return [entry.file for entry in entries], rows


def _unpacked(packed: _Packed) -> list[Entry]:
    files, rows = packed
    frames: list[dict[str, pl.DataFrame]] = [{} for _ in files]
    for table, (together, heights) in rows.items():
        first = 0
        for own, height in zip(frames, heights, strict=True):
            if height:
                own[table] = together.slice(first, height)
                first += height
    return [Entry(file, own) for file, own in zip(files, frames, strict=True)]


@functools.lru_cache(maxsize=1)
def _attribution(evidence: bytes) -> Attribution:
    found: Attribution = pickle.loads(evidence)  # noqa: S301 - our own process wrote it a moment ago
    return found


def _groups(jobs: list[Job], sizes: list[int], files: int, size: int) -> Iterator[list[Job]]:
    """The jobs in order, in groups of at most so many files and bytes; a larger file is a group of its own."""
    group: list[Job] = []
    held = 0
    for job, more in zip(jobs, sizes, strict=True):
        if group and (len(group) == files or held + more > size):
            yield group
            group, held = [], 0
        group.append(job)
        held += more
    if group:
        yield group


def _pool(workers: int) -> concurrent.futures.ProcessPoolExecutor:
    # all cores for each would be twice the work on many small tables: threads that wait for each other
    share = max(1, (os.cpu_count() or 1) // workers)
    return concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=use_threads, initargs=(share,)
    )


def _read_alone(job: Job, attribution: Attribution) -> Entry:
    try:
        with _pool(1) as pool:
            _must_start(pool)
            return pool.submit(read_jobs, [job], attribution).result()[0]
    except BrokenProcessPool:
        error = CorruptFileError(
            job.path,
            expected="a file that can be read in bounded memory",
            found="one that ended the process which read it",
            todo="Export it again; if it happens again, the file is worth a bug report.",
        )
        return read_jobs([dataclasses.replace(job, error=error)], attribution)[0]


def _must_start(pool: concurrent.futures.Executor) -> None:
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool:
        # no fault of any file: none is set aside
        raise FootfallError(
            "expected a worker process to start; found that it ended at once. Look for memory and process limits, then"
            " run again: every file is still in the inbox or known."
        ) from None
