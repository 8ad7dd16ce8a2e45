"""Two ingesters at once: the second says who is at work, and changes nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.run import owner
from pipelines.study_folder import StudyFolder
from tests.faults.driver import Driver, Order
from tests.faults.kills import in_short_form
from tests.faults.studies import Oracle, is_whole, next_run
from tests.pipelines.folders import command, waiting

_HOLD = """
import pathlib, sys
from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
with open_run(StudyFolder(pathlib.Path(sys.argv[1])), sys.argv[2]):
    print("at work", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def study(oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A study with files that wait."""
    return oracle.copy(tmp_path_factory.mktemp("two") / "study")


@pytest.fixture(params=in_short_form(("ingest", "watch", "nightly"), ("nightly",)))
def at_work(request: pytest.FixtureRequest, study: StudyFolder) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Another process that holds the study, as each of the commands does."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(study.root), request.param],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "at work\n"
        yield request.param, process
        process.stdin.close()


def _bytes(study: StudyFolder) -> dict[str, tuple[int, int]]:
    """Size and time of every file and folder of the study, the lock itself left out."""
    return {
        str(path.relative_to(study.root)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in study.root.rglob("*")
        if path.name != "ingest.lock"
    }


def test_the_second_ingester_names_the_first_and_changes_nothing(
    at_work: tuple[str, subprocess.Popen[str]], study: StudyFolder, driver: Driver
) -> None:
    kind, process = at_work
    before = _bytes(study)
    answer = driver.run(Order(["ingest"], str(study.root)))
    assert answer.code == 1
    assert answer.said.startswith("footfall: expected to be the only ingester of ") and answer.said.count("\n") == 1
    assert f"`footfall {kind}`, process {process.pid} on " in answer.said
    assert _bytes(study) == before
    assert (owner(study) or {}).get("process") == process.pid


def test_nobody_owns_a_study_whose_ingester_was_killed(oracle: Oracle, tmp_path: Path) -> None:
    study = oracle.copy(tmp_path / "study")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(study.root), "ingest"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout and process.stdout.readline() == "at work\n"
        process.kill()
    assert owner(study) is None
    next_run(study)
    is_whole(study, oracle)


@pytest.mark.campaign
def test_two_ingesters_that_start_at_the_same_moment_do_the_work_once(oracle: Oracle, tmp_path: Path) -> None:
    study = oracle.copy(tmp_path / "study")
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    both = [
        subprocess.Popen(
            command("ingest", "--study", study.root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment,
        )
        for _ in range(2)
    ]  # fmt: skip
    ends = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    assert 0 in [code for _, code in ends]
    for said, code in ends:
        assert code == 0 or said.startswith("footfall: expected to be the only ingester of "), said
    assert waiting(study) == []
    is_whole(study, oracle)
