"""From the inbox to the published file, as plain functions: discover, load, derive, check, publish.

`footfall ingest` calls them directly, `pipelines.flows` as tasks. A run that is stopped at any instant leaves either a
file in the inbox or its rows in the ledger, never half of it; the next run finishes the work.
"""

import shutil
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from pipelines import intake, publications
from pipelines.errors import StudyError
from pipelines.loading import Loading
from pipelines.readers import read_all
from pipelines.run import Report, Run, open_run
from pipelines.study_folder import StudyFolder
from warehouse.build import derive as derive_tables
from warehouse.multiverse import compare_definitions
from warehouse.publish import run_checks

#: (files done, files in all, files set aside, share of the work done)
Progress = Callable[[int, int, int, float], None]
#: Opening, naming and noting a file takes about as long as reading so many bytes of it.
_FILE_BYTES = 20_000


def copy_into_inbox(study: StudyFolder, paths: Iterable[Path]) -> list[str]:
    """Copies files and folders into the inbox, leaving the originals; returns their paths under inbox/.

    A folder is copied with its name, so that a folder named after a participant says whose its files are.
    """
    names = []
    for path in paths:
        if not path.exists():
            raise StudyError(f"expected a file or folder; found nothing at {path}.")
        base = path.resolve().parent
        files = (
            [path.resolve()]
            if path.is_file()
            else [base / path.resolve().name / name for name in intake.look(path.resolve())]
        )
        for file in sorted(files):
            if file.is_relative_to(study.inbox.resolve()):
                # it lies where a copy would be put
                names.append(file.relative_to(study.inbox.resolve()).as_posix())
                continue
            name = file.relative_to(base).as_posix()
            target = study.inbox / name
            if target.exists() and intake.content_hash(target) != intake.content_hash(file):
                raise StudyError(f"expected room for {name} in inbox/; found another file of that name waiting there.")
            target.parent.mkdir(parents=True, exist_ok=True)
            # under a hidden name until it is whole: a watch that looks meanwhile passes it over
            beside = target.with_name(f".{target.name}.new")
            shutil.copy2(file, beside)
            beside.replace(target)
            names.append(name)
    return names


def load(
    run: Run, names: list[str], progress: Progress = lambda *_: None, again: Collection[str] = frozenset()
) -> None:
    """Takes the named files of the inbox: every content ends in the ledger, its original in archive/ or quarantine/.

    Also reads again what a change of the study's CSVs or dialects concerns, such as a file whose owner is now listed.
    again: further contents to read again.
    """
    loading = Loading(run, again)
    loading.catch_up_notes()
    jobs = loading.jobs(names)
    jobs += loading.jobs_to_repeat()
    before = len(run.report.set_aside)
    sizes = {job.source_file_id: _FILE_BYTES + job.size for job in jobs}
    whole, done_bytes, total = max(1, sum(sizes.values())), 0, len(jobs)
    progress(0, total, 0, 0.0)
    for done, (job, entry) in enumerate(read_all(jobs, run.attribution, loading.stage), 1):
        loading.accept(job, entry)
        done_bytes += sizes[job.source_file_id]
        progress(done, total, len(run.report.set_aside) - before, done_bytes / whole)
    loading.flush()


def derive(run: Run) -> int:
    """Brings the derived tables up to the ledger; returns how many participants were derived."""
    run.report.participants_derived = derive_tables(run.connection, run.mirrored)
    return run.report.participants_derived


def compare(run: Run) -> int:
    """Scores the weeks that changed under every universe too; returns how many universes there are."""
    return compare_definitions(run.connection)


def check(run: Run) -> int:
    """Runs the checks; returns how many. Raises warehouse.publish.CheckFailedError: nothing is published then."""
    run.report.checks = run_checks(run.connection)
    return run.report.checks


def publish(run: Run) -> Path:
    """Swaps in the published file and returns its path; the one before stays in published/history/."""
    publications.publish(run)
    return run.study.research


def ingest(study: StudyFolder, paths: Iterable[Path] = (), progress: Progress = lambda *_: None) -> Report:
    """One pass over the inbox (or over copies of the given paths only), always ending with a published file."""
    with open_run(study) as run:
        given = list(paths)
        names = copy_into_inbox(study, given) if given else intake.settled(study.inbox)
        load(run, names, progress)
        derive(run)
        compare(run)
        check(run)
        publish(run)
        return run.report


def summary(run: Run) -> list[tuple[str, int]]:
    """What a person wants to know of a run: files by status, then what the tables hold."""
    rows = [(f"files {status}", count) for status, count in sorted(run.report.statuses.items())]
    held = run.connection.execute(
        """
        SELECT 'participants' AS what, count(*) AS n FROM participant
        UNION ALL SELECT 'participants derived', ?
        UNION ALL SELECT 'minutes', count(*) FROM minute
        UNION ALL SELECT 'participants verified against the originals', ?
        UNION ALL SELECT 'weeks ' || status, count(*) FROM participant_week GROUP BY status
        ORDER BY what
        """,
        [run.report.participants_derived, run.report.verified],
    ).fetchall()
    if run.report.changes is not None:
        rows.append(("weeks that changed", len(run.report.changes.rows)))
    return rows + [(str(what), int(count)) for what, count in held]
