"""What all tests of this folder share."""

from collections.abc import Iterator

import pytest

from pipelines import intake
from tests.faults.driver import Driver
from tests.faults.studies import Oracle, make_oracle


@pytest.fixture(autouse=True)
def looks_follow_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks at an inbox that no one else writes to need no second between them."""
    monkeypatch.setattr(intake, "LOOK_SECONDS", 0.01)


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """A warm process that runs commands in children which can be killed."""
    with Driver() as at_work:
        yield at_work


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """The study of these tests before the run that is disturbed, and as it is after one that nobody disturbs."""
    return make_oracle(tmp_path_factory.mktemp("oracle"))
