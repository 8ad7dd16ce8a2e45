"""An ingestion that is killed at any instant: the next one finishes the work, and nothing is lost or shown in half."""

from pathlib import Path

import pytest

from tests.faults.driver import Answer, Driver, Order
from tests.faults.kills import LOG, in_short_form, kill_once, number_of
from tests.faults.studies import Oracle, is_whole

#: The file operation that the process does not live to do, and which one of its kind it is.
MOMENTS = {
    "while an original is copied": (r"open archive/\.incoming/.*", 4),
    "before an original has its name": (r"os\.rename archive/.*", 3),
    "between the transaction and the receipts": (r"open receipts\.jsonl", 1),
    "between the receipts and the reason file": (r"open quarantine/.*\.reason\.txt", 2),
    "when one file of four has left the inbox": (r"os\.remove inbox/.*", 2),
    "between the copy in quarantine and that in the archive": (r"os\.remove archive/.*", 1),
    "before the published file is swapped in": (r"os\.rename published/research\.duckdb", 1),
    "before the history knows the published file": (r"os\.rename published/history/.*", 1),
}
#: Those that every test run has time for.
SHORT = (
    "before an original has its name",
    "between the transaction and the receipts",
    "before the published file is swapped in",
)


@pytest.fixture(scope="module")
def undisturbed(driver: Driver, oracle: Oracle, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """An ingestion by the command, in groups and batches as small as the killed ones, to its end."""
    study = oracle.copy(tmp_path_factory.mktemp("undisturbed") / "study")
    answer = driver.run(Order(["ingest"], str(study.root)))
    assert answer.code == 0, answer.said
    is_whole(study, oracle)
    return answer


@pytest.mark.parametrize("moment", in_short_form(MOMENTS, SHORT))
def test_an_ingestion_killed_between_two_steps_is_finished_by_the_next(
    moment: str, driver: Driver, oracle: Oracle, undisturbed: Answer, tmp_path: Path
) -> None:
    at = number_of(undisturbed, *MOMENTS[moment])
    root = tmp_path / "study"
    assert kill_once(driver, oracle, root, Order(["ingest"], str(root), kill_at=at)).code == -9


@pytest.mark.parametrize("share", [0.7, pytest.param(0.35, marks=pytest.mark.campaign)])
def test_an_ingestion_killed_at_any_moment_is_finished_by_the_next(
    share: float, driver: Driver, oracle: Oracle, undisturbed: Answer, tmp_path: Path
) -> None:
    root = tmp_path / "study"
    kill_once(driver, oracle, root, Order(["ingest"], str(root), kill_after=share * undisturbed.seconds))


def test_an_ingestion_killed_while_the_database_writes_is_finished_by_the_next(
    driver: Driver, oracle: Oracle, tmp_path: Path
) -> None:
    root = tmp_path / "study"
    assert kill_once(driver, oracle, root, Order(["ingest"], str(root), kill_when=LOG)).code == -9
