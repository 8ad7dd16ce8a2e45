"""Files of monitoring made ready together: what `prepare` gives for each alone, for made-up and for real files."""

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import connectors
from connectors.errors import ConnectorError
from connectors.recording import Recording
from pipelines.attribution import Attribution, ConflictError
from pipelines.prepare import prepare
from pipelines.prepare_many import Unready, prepare_many
from pipelines.study_folder import read_study
from sample_data.fit_monitoring import Counters, Watch, monitoring_file
from tests.real_exports import REAL, needs_real_exports
from tests.study_builder import make_study

MINUTE = 28_492_320  # 2024-03-04T00:00Z
LATER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
LISTED = 3_700_000_003


@pytest.fixture(scope="module")
def attribution(tmp_path_factory: pytest.TempPathFactory) -> Attribution:
    """Two people; one watch is in devices.csv."""
    root = tmp_path_factory.mktemp("many") / "study"
    devices = f"device_id,participant_id,from_date,to_date\ngarmin-fenix5-{LISTED},P2,,\n"
    people = [{"participant_id": "P1"}, {"participant_id": "P2"}]
    return Attribution.of(read_study(make_study(root, people, csvs={"devices.csv": devices})))


def _written(path: Path, seed: int, day: int, pace: tuple[int, int] = (1, 130)) -> Path:
    rng = random.Random(seed)  # noqa: S311 - repeatable
    start = MINUTE + day * 1440
    end = start + rng.choice([90, 700, 1440])
    steps = {start + rng.randrange(90): rng.randint(*pace) for _ in range(rng.choice([0, 5, 60]))}
    worn = [(start + 10, start + 80)] if seed % 3 else []
    counters: Counters = {}
    fit = monitoring_file(
        Watch(3_700_000_000 + seed), 1, (start, end),
        day_start=start, offset_minutes=rng.choice([-600, 0, 630]), steps=steps, worn=worn, counters=counters,
    )  # fmt: skip
    path.write_bytes(fit.to_bytes())
    return path


def _unready(
    paths: Sequence[Path], folders: Sequence[tuple[str, ...]], received: Sequence[dt.datetime]
) -> dict[int, Unready]:
    found: list[Recording | ConnectorError] = connectors.read_many(list(paths))
    return {
        place: Unready(one, folders[place], received[place])
        for place, one in enumerate(found)
        if isinstance(one, Recording)
    }


def _is_as_alone(given: dict[int, Unready], attribution: Attribution) -> set[int]:
    """Compares each that was made ready together with itself alone; returns which those are."""
    ready = prepare_many(given, attribution)
    for place, together in ready.items():
        one = given[place]
        alone = prepare(one.recording, attribution, one.folders, one.received_at)
        assert together.frames.keys() == alone.frames.keys()
        for table, frame in alone.frames.items():
            assert_frame_equal(together.frames[table], frame)
        for field in ("rows_kept", "rows_flagged", "first_epoch", "last_epoch", "notes", "participants", "labels"):
            assert getattr(together, field) == getattr(alone, field), field
    return set(ready)


def test_files_made_ready_together_have_the_rows_of_each_alone(tmp_path: Path, attribution: Attribution) -> None:
    paths = [_written(tmp_path / f"{seed}.fit", seed, seed % 5) for seed in range(10, 70)]
    given = _unready(paths, [("P1",) if n % 2 else ("P2", "elsewhere") for n in range(60)], [LATER] * 60)
    assert _is_as_alone(given, attribution) == set(given)


def test_a_file_that_takes_a_closer_look_is_left_to_the_slow_way(tmp_path: Path, attribution: Attribution) -> None:
    given_at = dt.datetime(2024, 3, 4, 12, tzinfo=dt.UTC)
    paths = [
        _written(tmp_path / "plain.fit", 20, 0),
        _written(tmp_path / "again.fit", 21, 0),
        _written(tmp_path / "of devices csv.fit", LISTED - 3_700_000_000, 0),
        _written(tmp_path / "nobody.fit", 22, 0),
        _written(tmp_path / "two people.fit", 23, 0),
        _written(tmp_path / "future.fit", 24, 9),
        _written(tmp_path / "early.fit", 25, -9_000),
    ]
    folders = [("P1",), ("P1",), ("P1",), ("nobody",), ("P1", "P2"), ("P1",), ("P1",)]
    given = _unready(paths, folders, [LATER] * 5 + [given_at] + [LATER])
    assert _is_as_alone(given, attribution) == {0, 1}
    with pytest.raises(ConflictError):
        prepare(given[4].recording, attribution, given[4].folders, LATER)
    assert "future" in set(prepare(given[5].recording, attribution, ("P1",), given_at).frames["set_aside"]["reason"])


@needs_real_exports
def test_real_files_made_ready_together_have_the_rows_of_each_alone(attribution: Attribution) -> None:
    paths = sorted((REAL / "fit").glob("*.fit"))
    given = _unready(paths, [("P1",)] * len(paths), [LATER] * len(paths))
    monitoring = {place for place, one in given.items() if one.recording.kind == "all_day"}
    assert len(monitoring) >= 10
    assert _is_as_alone(given, attribution) == monitoring
