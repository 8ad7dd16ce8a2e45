"""Through real files: steps are conserved, and neither the order of files nor where one file ends changes anything."""

import collections
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

import connectors
from pipelines.study_folder import StudyFolder
from tests.oracles.world import Person
from tests.properties.files import csv_text, people_with_tables, study_of, without_conflicts
from tests.study_builder import ask, drop, make_study, run

PEOPLE = 9
TABLES = ("minute", "walking_bout", "participant_day", "participant_week")
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"


def contents(study: StudyFolder, *, with_files: bool = True) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the four tables; with_files: with the file that each minute comes from."""
    found = {}
    for table in TABLES:
        columns = "* EXCLUDE (source_file_id)" if table == "minute" and not with_files else "*"
        found[table] = [tuple(row.values()) for row in ask(study, f"SELECT {columns} FROM {table} ORDER BY ALL")]
    return found


def ingest(study: StudyFolder, batches: Iterable[Mapping[str, str | bytes]]) -> None:
    """Drops and takes in one batch after the other."""
    for batch in batches:
        drop(study, batch)
        run(study)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    """People whose files repeat, correct and blank each other's minutes."""
    return people_with_tables(5, PEOPLE)


@pytest.fixture(scope="module")
def at_once(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    study = study_of(tmp_path_factory.mktemp("once") / "study", people)
    texts = {f"{person.participant_id}-{n}.csv": csv_text(person, file) for person, n, file in numbered(people)}
    ingest(study, [texts])
    return study


def numbered(people: list[Person]) -> list[tuple[Person, int, Any]]:
    return [(person, n, file) for person in people for n, file in enumerate(person.files)]


def test_files_in_any_order_give_the_same_tables(people: list[Person], at_once: StudyFolder, tmp_path: Path) -> None:
    study = study_of(tmp_path / "study", people)
    chance = random.Random(1)  # noqa: S311
    files = numbered(people)
    chance.shuffle(files)
    files.sort(key=lambda each: -each[1])  # a person's later files first
    batches = [files[: len(files) // 2], files[len(files) // 2 :]]
    ingest(
        study, ({f"{person.participant_id}/{n}.csv": csv_text(person, file) for person, n, file in b} for b in batches)
    )
    assert sum(len(person.files) > 1 for person in people) > PEOPLE // 3
    assert contents(study) == contents(at_once)


def test_a_table_in_parts_gives_the_same_tables_as_in_one(tmp_path: Path) -> None:
    chance = random.Random(2)  # noqa: S311
    people = people_with_tables(6, PEOPLE)
    for person in people:
        without_conflicts(person)
    whole, parts = (study_of(tmp_path / name, people) for name in ("whole", "parts"))
    ingest(whole, [{f"{p.participant_id}-{n}.csv": csv_text(p, file) for p, n, file in numbered(people)}])
    texts: list[dict[str, str]] = [{}, {}]
    for person, n, file in numbered(people):
        lines = csv_text(person, file).splitlines(keepends=True)
        # one half of the files is cut at any minute, the other half dealt out row by row
        cut = chance.randint(1, len(lines) - 1)
        dealt = [chance.random() < 0.5 if n % 2 else at < cut for at in range(1, len(lines))]
        for part in (False, True):
            held = [line for line, where in zip(lines[1:], dealt, strict=True) if where is part]
            texts[part][f"{person.participant_id}-{n}-{part}.csv"] = "".join([lines[0], *held])
    ingest(parts, texts)
    assert contents(parts, with_files=False) == contents(whole, with_files=False)
    assert len(contents(whole)["walking_bout"]) > PEOPLE


def test_the_steps_of_a_table_are_the_steps_of_its_days(people: list[Person], at_once: StudyFolder) -> None:
    """Of those who have one device whose zeros prove wear and whose files agree: each written step is on some day."""
    expected: collections.Counter[str] = collections.Counter()
    for person in people:
        stated: dict[int, set[int]] = collections.defaultdict(set)
        for file in person.files:
            for row in file.rows:
                if row.steps is not None:
                    stated[row.minute].add(row.steps)
        if len({file.device.device_id for file in person.files}) == 1 and all(len(s) == 1 for s in stated.values()):
            expected[person.participant_id] = sum(map(max, stated.values()))
    found = ask(
        at_once,
        "SELECT participant_id, sum(steps)::BIGINT AS steps FROM participant_day WHERE protocol_id = 'walkback'"
        " GROUP BY participant_id",
    )
    assert len(expected) >= 3
    assert {row["participant_id"]: row["steps"] for row in found if row["participant_id"] in expected} == expected


def test_the_counters_of_a_watch_are_the_steps_of_its_day(tmp_path: Path) -> None:
    """The sum over activities of the highest counter of each device day, split over two files of one watch."""
    files = [SAMPLES / "fit" / f"monitoring_{part}.fit" for part in ("morning", "afternoon")]
    highest: dict[tuple[Any, str], int] = {}
    for path in files:
        readings = connectors.read(path).epochs.select("device_day", "activity", "cumulative_steps").drop_nulls()
        for device_day, activity, counted in readings.rows():
            highest[device_day, activity] = max(counted, highest.get((device_day, activity), 0))
    assert sum(highest.values()) == 4157
    for name, used in (("both", files[::-1]), ("afternoon", files[1:])):
        study = make_study(tmp_path / name, [{"participant_id": "P1"}], zone="Australia/Sydney")
        ingest(study, [{f"P1/{path.name}": path.read_bytes() for path in used}])
        total = ask(
            study, "SELECT sum(steps)::BIGINT AS steps, sum(steps_unplaced)::BIGINT AS unplaced FROM participant_day"
        )
        # without the morning's file its steps are known for the date, and their minutes are not
        assert [row["steps"] for row in total] == [4157]
        assert (total[0]["unplaced"] == 3477) is (name == "afternoon")
