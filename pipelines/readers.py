"""Reads contents in groups, in worker processes where there is enough to read; a few groups at a time wait in memory."""

import collections
import concurrent.futures
import dataclasses
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool

from connectors.errors import CorruptFileError
from pipelines.attribution import Attribution
from pipelines.errors import FootfallError
from pipelines.reading import Job, read_jobs
from pipelines.worker import use_threads
from warehouse.ledger import Entry

#: Files are read in groups of so many, or so many bytes: a group shares the cost of calls, and its frames wait in memory.
GROUP_FILES = 64
GROUP_BYTES = 4 * 1024 * 1024
#: So many groups for each worker process, if there are files enough: the last ones end at about the same time.
GROUPS_PER_WORKER = 4
#: Starting worker processes costs about a second; below this many bytes one process is faster.
PARALLEL_BYTES = 2_000_000

Stage = Callable[[list[Job]], list[Job]]


def read_all(
    jobs: list[Job], attribution: Attribution, stage: Stage = lambda jobs: jobs
) -> Iterator[tuple[Job, Entry]]:
    """Every job with its entry, in order; in worker processes where there is enough to read.

    stage: makes a group ready just before it is read, and may leave some of it out. At most three groups for each worker are
    on their way: a slow ledger slows the readers down, not the other way round.
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
    queue = collections.deque(_groups(jobs, sizes, files, size))
    while queue:
        try:
            with _pool(workers) as pool:
                waiting: collections.deque[tuple[list[Job], concurrent.futures.Future[list[Entry]]]] = (
                    collections.deque()
                )
                while queue or waiting:
                    # a short window bounds the frames that wait in memory
                    while queue and len(waiting) < workers * 3:
                        if ready := stage(queue[0]):
                            waiting.append((ready, pool.submit(read_jobs, ready, attribution)))
                        queue.popleft()
                    if not waiting:
                        break
                    group, future = waiting[0]
                    entries = future.result()
                    waiting.popleft()
                    yield from zip(group, entries, strict=True)
        except BrokenProcessPool:
            # a file that kills its reader: read those in flight one by one to find it
            for group, _ in waiting:
                for job in group:
                    yield job, _read_alone(job, attribution)


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
