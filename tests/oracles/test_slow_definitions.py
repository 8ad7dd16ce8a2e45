"""Minute grid, bouts, days and weeks in SQL against their slow statements, on made-up people, cell by cell.

`make properties` goes on where this stops.
"""

import collections

import pytest

from tests.oracles import differences, generated
from tests.oracles.differences import KEYS, Outcome

#: Studies of two seasons that hold all protocols, complete activity files and not; together over 6,000 participant-days;
#: tests/properties makes 7,000 more, and others.
SEEDS, PEOPLE = (16, 61), 200


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [differences.compare(generated.study(seed, PEOPLE)) for seed in SEEDS]


@pytest.mark.parametrize("table", KEYS)
def test_a_table_in_sql_equals_its_slow_statement(outcomes: list[Outcome], table: str) -> None:
    found = [f"seed {seed}: {one}" for seed, each in zip(SEEDS, outcomes, strict=True) for one in each.differences]
    assert not [line for line in found if f": {table} " in line]


def test_more_than_six_thousand_participant_days_were_compared(
    outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    days = sum(outcome.participant_days for outcome in outcomes)
    rows = collections.Counter[str]()
    for outcome in outcomes:
        rows.update(outcome.rows)
    with capsys.disabled():
        print(f"\n{days:,} made-up participant-days compared cell by cell: {dict(rows)}")
    assert days >= 6_000
