"""The order in which things reach the disk: a power cut at any instant loses nothing that was accepted."""

import copy
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.study_folder import StudyFolder
from tests.faults.driver import Driver, Order
from tests.faults.power import SYSCALLS, Disk, Event, events
from tests.faults.studies import THEN, Oracle, is_whole
from tests.pipelines.folders import command
from warehouse.database import DATABASE_NAME


class Traced:
    """The trace of an ingestion, and the study as it was before."""

    def __init__(self, study: StudyFolder, disk: Disk, trace: Path) -> None:
        self.study, self.disk = study, disk
        self.events = list(events(trace, study.root))

    def name(self, path: str) -> str:
        """A path below the study."""
        return str(Path(path).relative_to(self.study.root))


@pytest.fixture(scope="module")
def trace(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A study that was ingested under strace, and the trace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    folder = tmp_path_factory.mktemp("traced")
    study = oracle.copy(folder / "study")
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "0", "-e", f"trace={SYSCALLS}", "-o", str(folder / "trace"),
         *command("ingest", "--study", study.root)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip(f"processes cannot be traced here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    is_whole(study, oracle)
    return study.root, folder / "trace"


@pytest.fixture
def traced(trace: tuple[Path, Path], oracle: Oracle) -> Traced:
    """The events of the run, and the disk as it was before them."""
    root, file = trace
    prepared = Disk(oracle.prepared)
    moved = {str(root / Path(path).relative_to(oracle.prepared)): may_be for path, may_be in prepared.names.items()}
    prepared.names = moved
    return Traced(StudyFolder(root), prepared, file)


def _content(name: str) -> str:
    """The content that keeps the bytes of a file: its own, or that of the archive which came with the same file in it."""
    if name == "inbox/P2/the_same.csv":
        name = "inbox/P2/steps.csv.gz"
    return hashlib.sha256(THEN[name.removeprefix("inbox/")]).hexdigest()


def _is_kept(disk: Disk, content: str) -> bool:
    """True if the bytes are certain under a name in archive/, or in quarantine/."""
    return any(
        disk.is_certain(path)
        for path in disk.names
        if f"/archive/{content[:2]}/{content}" in path or f"/quarantine/{content[:12]}-" in path
    )


def _is_stored(disk: Disk, study: StudyFolder) -> bool:
    """True if all that the database has written is certain, and the log in which it may lie has its name for certain."""
    database = study.private / DATABASE_NAME
    log = f"{database}.wal"
    return disk.is_certain(str(database)) and (disk.now(log) is None or disk.is_certain(log))


def test_a_power_cut_at_any_instant_leaves_every_file_that_is_gone_from_the_inbox(traced: Traced) -> None:
    disk, study = traced.disk, traced.study
    gone: list[str] = []
    for event in traced.events:
        disk.apply(event)
        if event.call.startswith("unlink") and (name := traced.name(event.paths[-1])).startswith("inbox/"):
            gone.append(name)
            assert _is_stored(disk, study), name
            assert disk.is_certain(str(study.root / "receipts.jsonl")), name
        for name in gone:
            assert _is_kept(disk, _content(name)), (name, event)
    assert len(gone) == len(THEN)


def test_the_database_has_a_content_after_its_copy_and_before_its_receipt(traced: Traced) -> None:
    disk, study = traced.disk, traced.study
    receipts_written = stored = 0
    for event in traced.events:
        is_receipt = event.call in ("write", "pwrite64") and traced.name(event.paths[0]) == "receipts.jsonl"
        if is_receipt:
            receipts_written += 1
            assert _is_stored(disk, study)
            # something was stored since the receipts before
            assert stored
            stored = 0
        disk.apply(event)
        stored += event.call in ("fsync", "fdatasync") and DATABASE_NAME in event.paths[0]
    assert receipts_written == 1


def test_an_original_has_its_bytes_before_its_name_and_its_name_before_it_is_read(traced: Traced) -> None:
    disk = traced.disk
    named: list[str] = []
    for event in traced.events:
        name = traced.name(event.paths[-1])
        if event.call.startswith("rename") and re.match(r"archive/[0-9a-f]{2}/", name):
            source = disk.now(event.paths[0])
            assert source is not None and source.is_certain, name
            named.append(event.paths[-1])
        if event.call == "openat" and event.paths[-1] in named and "O_RDONLY" in event.flags:
            assert disk.is_certain(event.paths[-1]), name
        disk.apply(event)
    assert len(named) == len(THEN) - 1


def test_the_published_file_has_its_bytes_before_its_name(traced: Traced) -> None:
    disk, research = traced.disk, str(traced.study.research)
    swaps: list[Event] = []
    for event in traced.events:
        if event.call.startswith("rename") and event.paths[-1] == research:
            source = disk.now(event.paths[0])
            assert source is not None and source.is_certain
            swaps.append(event)
        disk.apply(event)
    assert len(swaps) == 1
    assert disk.is_certain(research)


def test_a_disk_that_forgets_one_sync_would_be_found_out(traced: Traced) -> None:
    """The model itself: without any one kind of sync the promise does not hold."""
    for forgotten in (r"archive/\.incoming/.*", r"archive/[0-9a-f]{2}", r"receipts\.jsonl", r"private", r"private/.*"):
        disk = Disk(traced.study.root / "nothing")
        disk.names = copy.deepcopy(traced.disk.names)
        broken = False
        gone: list[str] = []
        for event in traced.events:
            is_sync = event.call in ("fsync", "fdatasync")
            if not (is_sync and re.fullmatch(forgotten, traced.name(event.paths[0]))):
                disk.apply(event)
            if event.call.startswith("unlink") and (name := traced.name(event.paths[-1])).startswith("inbox/"):
                gone.append(name)
                is_told = disk.is_certain(str(traced.study.root / "receipts.jsonl"))
                broken |= not (_is_kept(disk, _content(name)) and _is_stored(disk, traced.study) and is_told)
        assert gone and broken, forgotten


def test_every_step_that_python_takes_follows_the_one_it_rests_on(
    driver: Driver, oracle: Oracle, tmp_path: Path
) -> None:
    study = oracle.copy(tmp_path / "study")
    steps = driver.run(Order(["ingest"], str(study.root))).operations
    at = {step: number for number, step in enumerate(steps)}
    # where nothing can be traced: each original, and each batch of four contents
    for step in [step for step in steps if re.match(r"os\.rename archive/[0-9a-f]{2}/", step)]:
        original = Path(step.split(" ", 1)[1])
        content = original.name.split(".")[0]
        assert at[f"fsync archive/.incoming/{content}"] < at[step]
        assert f"fsync {original.parent}" in steps[at[step] :]
    removals = [number for number, step in enumerate(steps) if step.startswith("os.remove inbox/")]
    assert len(removals) == len(THEN)
    for number in removals:
        ignored = ("os.remove", "open quarantine", "os.mkdir quarantine")
        before = [step for step in steps[:number] if not step.startswith(ignored)]
        assert before[-3:] == ["fsync private", "open receipts.jsonl", "fsync receipts.jsonl"]
    swap = at["os.rename published/research.duckdb"]
    assert at["fsync published/.research.duckdb.new"] < swap < len(steps) - 1 - steps[::-1].index("fsync published")
