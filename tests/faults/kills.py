"""Kills a command at one instant, and says how far it had come."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from pipelines.study_folder import StudyFolder
from tests.faults.driver import Answer, Driver, Order
from tests.faults.studies import Oracle, is_whole, next_run, nothing_is_lost
from tests.pipelines.folders import waiting
from warehouse.database import DATABASE_NAME

_T = TypeVar("_T")
LOG = f"private/{DATABASE_NAME}.wal"


class Fallen(NamedTuple):
    """What a kill met. phase: by what lies on the disk; code: -9 if it came in time."""

    phase: str
    code: int


def phase(study: StudyFolder, oracle: Oracle) -> str:
    """How far an ingestion had come."""
    history = study.research.parent / "history"
    if not any(study.private.glob("run-*")):
        return "before or after the run"
    if any(history.glob(".*.new")) or not (study.research.parent / ".research.duckdb.new").exists():
        left = len(waiting(study))
        if not left:
            is_swapped = study.research.read_bytes() != (oracle.prepared / "published/research.duckdb").read_bytes()
            return "publish: after the swap" if is_swapped else "derive, compare, check"
        if any((study.archive / ".incoming").glob("*")):
            return "load: copies on their way"
        is_begun = left < len(waiting(StudyFolder(oracle.prepared)))
        return "load: between transactions" if is_begun else "load: before the first transaction"
    return "publish: before the swap"


def kill_once(driver: Driver, oracle: Oracle, root: Path, order: Order) -> Fallen:
    """Kills an ingestion, asserts that nothing is lost or half visible, and that the next run makes all whole."""
    study = oracle.copy(root)
    answer = driver.run(order)
    fallen = Fallen(phase(study, oracle), answer.code)
    assert answer.code in (-9, 0), answer.said
    nothing_is_lost(study, oracle)
    next_run(study)
    is_whole(study, oracle)
    return fallen


def number_of(answer: Answer, pattern: str, occurrence: int = 1) -> int:
    """Which file operation of an undisturbed run (from 1) is the n-th that the pattern describes."""
    found = [at for at, operation in enumerate(answer.operations, 1) if re.fullmatch(pattern, operation)]
    assert len(found) >= occurrence, (pattern, answer.operations)
    return found[occurrence - 1]


def in_short_form(wanted: Iterable[_T], short: Collection[_T]) -> list[object]:
    """Parameters of a test: the short ones for every run, all others for `make faults` only."""
    return [each if each in short else pytest.param(each, marks=pytest.mark.campaign) for each in wanted]
