"""One walk told by all-day monitoring, by records and by a session of one device is one truth, not three."""

import datetime as dt
from pathlib import Path

import pytest

from pipelines.ingest import ingest
from tests.connectors.fit_bytes import activity, monitoring, records, session, typed
from tests.pipelines.folders import ask, drop, new_study

WALKING, WALK = 6, 11
TEN = 10 * 3600
#: 1,000 steps from 10:00 to 10:10 and 200 until 10:20
ALL_DAY = monitoring(
    typed(TEN, WALKING, steps=5000, active_ms=0),
    typed(TEN + 600, WALKING, steps=6000, active_ms=600_000),
    typed(TEN + 1200, WALKING, steps=6200, active_ms=720_000),
    start=TEN,
)
#: 10:02 to 10:08 at 60 strides of one leg, and as many strides in the session's own count
WALKED = activity(records(range(TEN + 120, TEN + 480), cadence=60), session(TEN + 120, TEN + 480, WALK, cycles=360))
MINUTES = "SELECT minute(minute_start), steps, recording_kind FROM minute WHERE hour(minute_start) = 10 ORDER BY ALL"


@pytest.mark.parametrize("order", [("day.fit", "walk.fit"), ("walk.fit", "day.fit")])
def test_the_activity_file_gives_its_whole_minutes_and_the_all_day_record_the_rest_of_its_own_count(
    order: tuple[str, str], tmp_path: Path
) -> None:
    study = new_study(tmp_path / "study")
    for name in order:
        drop(study, f"P1/{name}", {"day.fit": ALL_DAY, "walk.fit": WALKED}[name])
        ingest(study)
    told = ask(study, MINUTES)
    assert sum(steps for _, steps, _ in told) == 1200
    # 720 of the 1,000 steps lie in the six minutes that the records measured, 280 in the four around them
    assert told[:10] == [(at, 120, "activity") if 2 <= at < 8 else (at, 70, "all_day") for at in range(10)]


def test_a_session_that_counts_strides_adds_none_to_the_records(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    drop(study, "P1/walk.fit", WALKED)
    ingest(study)
    assert ask(study, "SELECT sum(steps) FROM minute") == [(720,)]
    assert ask(study, "SELECT steps, local_date FROM participant_day WHERE steps > 0") == [(720, dt.date(2024, 3, 4))]
