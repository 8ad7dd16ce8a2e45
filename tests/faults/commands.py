"""The commands that the campaign kills, each with the study it is run on and what must hold afterwards."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipelines.study_folder import StudyFolder
from tests.faults.driver import Answer, Driver, Order
from tests.faults.kills import Fallen, kill_once
from tests.faults.studies import (
    FIRST,
    THEN,
    Oracle,
    is_whole,
    make_oracle,
    next_run,
    nothing_is_lost,
    published,
    state,
)
from warehouse.database import DATABASE_NAME, connect

REBUILD = ["rebuild", "--replace"]
WITHDRAW = ["withdraw", "P1", "--yes"]
#: What nobody but P2, W01 and W11 has part in.
OF_OTHERS = {
    name: content
    for name, content in {**FIRST, **THEN}.items()
    if not name.startswith("P1/") and name not in ("many.csv", "P2/the_same.csv")
}


class Campaign(NamedTuple):
    """A command, the study before it and after an undisturbed one, and what a kill must leave."""

    words: list[str]
    oracle: Oracle
    kill: Callable[[Driver, Path, Order], Fallen]

    def undisturbed(self, driver: Driver, scratch: Path) -> Answer:
        """The command to its end, which makes the study what the oracle says."""
        study = self.oracle.copy(scratch / f"undisturbed-{self.words[0]}")
        answer = driver.run(Order(self.words, str(study.root)))
        assert answer.code == 0, answer.said
        is_whole(study, self.oracle)
        return answer


def _place(answer: Answer) -> str:
    """Where the process was when it was killed: kind and place of its last file operation."""
    last = answer.operations[-1] if answer.operations else "nothing"
    return re.sub(r"[0-9a-f]{12,}[^/]*|run-\w+.*|/[0-9a-f]{2}\b|[0-9TZ]{16}-.*", "", last).rstrip("/ ")


def rebuilding(oracle: Oracle, root: Path) -> Campaign:
    """`footfall rebuild --replace` of a study whose private tables were tampered with; the published ones were not."""
    shutil.copytree(oracle.done, root)
    with connect(StudyFolder(root).private / DATABASE_NAME) as connection:
        connection.execute("UPDATE main.minute SET steps = steps + 1 WHERE participant_id = 'P1'")
    made = Oracle(root, oracle.done, oracle.after.tables, oracle.after)

    def kill(driver: Driver, at: Path, order: Order) -> Fallen:
        study = made.copy(at)
        answer = driver.run(order)
        assert answer.code in (-9, 0), answer.said
        nothing_is_lost(study, made)
        again = driver.run(Order(REBUILD, str(study.root)))
        assert again.code == 0, again.said
        # what it put in place is what a run publishes
        next_run(study)
        is_whole(study, made)
        return Fallen(_place(answer), answer.code)

    return Campaign(REBUILD, made, kill)


def withdrawing(oracle: Oracle, root: Path, driver: Driver) -> Campaign:
    """`footfall withdraw P1` of the whole study."""
    study = StudyFolder(root)
    shutil.copytree(oracle.done, root)
    done = StudyFolder(root.with_name(f"{root.name}-done"))
    shutil.copytree(root, done.root)
    answer = driver.run(Order(WITHDRAW, str(done.root)))
    assert answer.code == 0, answer.said
    made = Oracle(study.root, done.root, published(study), state(done))

    def kill(driver: Driver, at: Path, order: Order) -> Fallen:
        study = made.copy(at)
        answer = driver.run(order)
        assert answer.code in (-9, 0), answer.said
        nothing_is_lost(study, made, OF_OTHERS)
        next_run(study)
        if state(study).tables == made.before:
            # it had not begun: nothing of it is there
            is_whole(study, made._replace(after=oracle.after))
            again = driver.run(Order(WITHDRAW, str(study.root)))
            assert again.code == 0, again.said
        is_whole(study, made)
        proof = driver.run(Order(["withdraw", "P1", "--proof"], str(study.root)))
        assert proof.code == 0, proof.said
        return Fallen(_place(answer), answer.code)

    return Campaign(WITHDRAW, made, kill)


def campaigns(scratch: Path, driver: Driver) -> list[Campaign]:
    """All commands that are killed."""
    oracle = make_oracle(scratch / "oracle")

    def kill(driver: Driver, at: Path, order: Order) -> Fallen:
        return kill_once(driver, oracle, at, order)

    return [
        Campaign(["ingest"], oracle, kill),
        rebuilding(oracle, scratch / "tampered"),
        withdrawing(oracle, scratch / "whole", driver),
    ]
