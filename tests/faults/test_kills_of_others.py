"""A rebuild or a withdrawal that is killed: nothing is lost or shown in half, and it ends as an undisturbed one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import Campaign, rebuilding, withdrawing
from tests.faults.driver import Answer, Driver, Order
from tests.faults.kills import number_of
from tests.faults.studies import Oracle

# tests/pipelines/test_withdraw_stopped.py stops withdrawals in every test run
pytestmark = pytest.mark.campaign

Begun = tuple[Campaign, Answer]


@pytest.fixture(scope="module")
def begin(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Campaign], Begun]:
    """A campaign with an undisturbed run of its command."""
    return lambda campaign: (campaign, campaign.undisturbed(driver, tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture(scope="module")
def a_rebuild(oracle: Oracle, begin: Callable[[Campaign], Begun], tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """A rebuild that puts its tables in place."""
    return begin(rebuilding(oracle, tmp_path_factory.mktemp("rebuild") / "tampered"))


@pytest.fixture(scope="module")
def a_withdrawal(
    oracle: Oracle, begin: Callable[[Campaign], Begun], driver: Driver, tmp_path_factory: pytest.TempPathFactory
) -> Begun:
    """A withdrawal of somebody with files of their own and a part of others'."""
    return begin(withdrawing(oracle, tmp_path_factory.mktemp("withdraw") / "whole", driver))


@pytest.mark.parametrize(
    "pattern",
    (r"os\.rename private/footfall\.duckdb", r"os\.rename published/research\.duckdb"),
)
def test_a_rebuild_killed_before_a_swap_is_made_good_by_the_next(
    pattern: str, a_rebuild: Begun, driver: Driver, tmp_path: Path
) -> None:
    campaign, undisturbed = a_rebuild
    order = Order(campaign.words, str(tmp_path / "study"), kill_at=number_of(undisturbed, pattern))
    assert campaign.kill(driver, tmp_path / "study", order).code == -9


@pytest.mark.parametrize(
    "pattern",
    (r"os\.remove archive/.*", r"os\.rename private/footfall\.duckdb"),
)
def test_a_withdrawal_killed_half_way_is_finished_by_the_next_run(
    pattern: str, a_withdrawal: Begun, driver: Driver, tmp_path: Path
) -> None:
    campaign, undisturbed = a_withdrawal
    order = Order(campaign.words, str(tmp_path / "study"), kill_at=number_of(undisturbed, pattern))
    assert campaign.kill(driver, tmp_path / "study", order).code == -9
