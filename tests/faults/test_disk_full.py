"""A disk that is full, wherever it shows: one readable paragraph, exit status 1, and all is whole once there is room."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.ingest import ingest
from pipelines.run import StorageError
from pipelines.study_folder import StudyFolder
from tests.faults.driver import Answer, Driver, Order
from tests.faults.kills import in_short_form, number_of
from tests.faults.studies import Oracle, is_whole, next_run, nothing_is_lost

#: The file operation for which there is no room any more, and which one of its kind it is; `make faults` tries every one.
OPERATIONS = {
    "a copy for the archive": (r"open archive/\.incoming/.*", 3),
    "the name of an original": (r"os\.rename archive/.*", 4),
    "a reason file": (r"open quarantine/.*\.reason\.txt", 1),
    "the swap": (r"os\.rename published/research\.duckdb", 1),
}
#: Sizes at which files stop to grow: the log of the database, and the published file.
SIZES = (20_000, 4_000_000)


@pytest.fixture(scope="module")
def undisturbed(driver: Driver, oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """An ingestion with room enough."""
    study = oracle.copy(tmp_path_factory.mktemp("undisturbed") / "study")
    return driver.run(Order(["ingest"], str(study.root)))


def is_readable(answer: Answer) -> bool:
    """One paragraph that says what was expected, what was found and what to do."""
    return (
        answer.code == 1
        and answer.said.startswith("footfall: expected to be able to read and write in the study folder; found: ")
        and answer.said.count("\n") == 1
    )


@pytest.mark.parametrize("operation", in_short_form(OPERATIONS, ("the name of an original",)))
def test_a_disk_that_is_full_at_one_step_is_told_of_and_the_next_run_is_whole(
    operation: str, driver: Driver, oracle: Oracle, undisturbed: Answer, tmp_path: Path
) -> None:
    study = oracle.copy(tmp_path / "study")
    at = number_of(undisturbed, *OPERATIONS[operation])
    answer = driver.run(Order(["ingest"], str(study.root), full_at=at))
    assert is_readable(answer), answer
    assert "No space left on device" in answer.said
    nothing_is_lost(study, oracle)
    next_run(study)
    is_whole(study, oracle)


@pytest.mark.parametrize("size", in_short_form(SIZES, (20_000,)))
def test_files_that_may_not_grow_are_told_of_and_the_next_run_is_whole(
    size: int, driver: Driver, oracle: Oracle, tmp_path: Path
) -> None:
    study = oracle.copy(tmp_path / "study")
    answer = driver.run(Order(["ingest"], str(study.root), file_bytes=size))
    assert is_readable(answer), answer
    nothing_is_lost(study, oracle)
    next_run(study)
    is_whole(study, oracle)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 120 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=120m", "none", str(folder)], capture_output=True, text=True, check=False
    ) if shutil.which("mount") else None  # fmt: skip
    if done is None or done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.campaign
def test_a_small_disk_that_fills_up_at_any_step_takes_nothing_away(small_disk: Path, oracle: Oracle) -> None:
    study = oracle.copy(small_disk / "study")
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    met = 0
    for room in (20_000, 300_000, 800_000, 2_000_000, 4_000_000):
        filler.write_bytes(bytes(free - room))
        try:
            ingest(StudyFolder(study.root))
        except StorageError as error:
            met += 1
            assert "expected to be able to read and write" in str(error)
        filler.unlink()
        nothing_is_lost(study, oracle)
    assert met >= 2
    next_run(study)
    is_whole(study, oracle)
