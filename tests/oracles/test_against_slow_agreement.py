"""The SQL of device agreement and of the clock check against their slow statements, on made-up records full of holes."""

import datetime as dt
import itertools
import random
import zoneinfo

import pytest

from pipelines.run import open_run
from pipelines.study_folder import StudyFolder
from tests.oracles import slow_agreement
from tests.study_builder import MONDAY, Row, ask, ask_file, at, make_study, minutes, native, run
from warehouse.build import derive

#: Steps of each device by minute since 00:00 UTC; an absent minute has no row, None is a row without a value.
Devices = dict[str, dict[int, int | None]]
ZONES = ("UTC", "Australia/Sydney")


def made_up(chance: random.Random) -> Devices:
    """Two or three devices that see the same walks with noise, misses and holes, some of them by another clock."""
    truth: list[int] = []
    while len(truth) < 1600:
        walks = chance.random() < 0.5
        truth += [chance.randint(55, 120) if walks else chance.choice((0, 0, 8))] * chance.choice((1, 2, 5, 20, 60))
    devices: Devices = {}
    for n in range(chance.choice((2, 2, 3))):
        by = chance.choice((0, 0, 1, 2, 3, -4, 9, 12))
        # all begin in one minute: devices of one age are numbered by their names
        record = devices.setdefault(f"native-csv-{n + 1:02d}", {0: 0})
        for minute in range(1, 1500):
            steps = truth[(minute - by) % 1600]
            counted = max(0, steps + chance.randint(-9, 9)) if steps and chance.random() < 0.99 else 0
            if chance.random() < 0.98:
                record[minute] = counted if chance.random() < 0.98 else None
    return devices


@pytest.fixture(scope="module")
def people() -> dict[str, Devices]:
    chance = random.Random(579)  # noqa: S311 - made-up data, the same in every run
    return {f"R{n:02d}": made_up(chance) for n in range(10)}


@pytest.fixture(scope="module")
def study(people: dict[str, Devices], tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    rows: list[Row] = []
    for name, devices in people.items():
        for device, record in devices.items():
            listed = minutes(name, at(MONDAY), [record.get(n) for n in range(1500)], device_id=device)
            rows += [row for n, row in enumerate(listed) if n in record]
    made = make_study(
        tmp_path_factory.mktemp("agreement") / "study",
        [{"participant_id": name, "time_zone": ZONES[n % 2]} for n, name in enumerate(people)],
        files={"all.csv": native(rows)},
    )
    run(made)
    # a stretch in ten of the first device as if shared from longer rows
    with open_run(made) as at_work:
        at_work.connection.execute(
            """UPDATE ledger.source_minute SET flags = ['apportioned']
            WHERE minute(minute_start) IN (7, 8, 9, 30, 31, 32) AND device_id IN (
                SELECT device_id FROM main.device WHERE published_device_id = 'native-csv-01'
            )"""
        )
        derive(at_work.connection, at_work.mirrored, everybody=True)
    return made


#: Minutes since 00:00 that the first device shared from longer rows.
SHARED = {n for n in range(1500) if n % 60 in (7, 8, 9, 30, 31, 32)}


def test_the_clock_check_in_sql_equals_its_slow_statement(study: StudyFolder, people: dict[str, Devices]) -> None:
    expected: dict[tuple[str, str, str, dt.date], slow_agreement.Clock] = {}
    for n, (name, devices) in enumerate(people.items()):
        zone = zoneinfo.ZoneInfo(ZONES[n % 2])
        dates = [(at(MONDAY) + dt.timedelta(minutes=minute)).astimezone(zone).date() for minute in range(1500)]
        for (a, seen_a), (b, seen_b) in itertools.combinations(devices.items(), 2):
            shared = SHARED if a == "native-csv-01" else ()
            for date, clock in slow_agreement.clocks(seen_a, seen_b, dates.__getitem__, shared).items():
                expected[name, a, b, date] = clock
    found = {
        (row["participant_id"], row["device_a"], row["device_b"], row["local_date"]): row
        for row in ask_file(study.private / "footfall.duckdb", "SELECT * FROM clock_offset")
    }
    assert set(found) == set(expected)
    for key, clock in expected.items():
        assert found[key]["offset_minutes"] == clock.offset_minutes, key
        assert found[key]["correlation"] == pytest.approx(clock.correlation), key
        assert (found[key]["starts"], found[key]["ends"]) == (clock.starts, clock.ends), key
        assert found[key]["is_clock_offset"] is clock.is_clock_offset, key
    pairs = ask_file(
        study.private / "footfall.duckdb", "FROM device_agreement WHERE pair_level = 'participant' ORDER BY ALL"
    )
    for row in pairs:
        of_pair = (row["participant_id"], row["device_a"], row["device_b"])
        dates_of_pair = [clock for key, clock in expected.items() if key[:3] == of_pair]
        assert row["clock_offset_minutes"] == slow_agreement.held_offset(dates_of_pair), of_pair
        assert row["clock_dates"] == sum(clock.is_clock_offset is not None for clock in dates_of_pair)
    assert {row["is_clock_offset"] for row in pairs} == {True, False, None}
    answers = [clock.is_clock_offset for clock in expected.values()]
    assert all(answers.count(value) >= 3 for value in (True, False, None))


def test_the_figures_of_agreement_in_sql_equal_their_slow_statement(
    study: StudyFolder, people: dict[str, Devices]
) -> None:
    rows = {
        (row["participant_id"], row["device_a"], row["device_b"]): row for row in ask(study, "FROM device_agreement")
    }
    everybody: list[list[tuple[int, int]]] = []
    for name, devices in people.items():
        everybody.append([])
        for (a, seen_a), (b, seen_b) in itertools.combinations(devices.items(), 2):
            pairs = list(slow_agreement.compared(seen_a, seen_b).values())
            everybody[-1] += pairs
            compare_figures(rows.pop((name, a, b)), [pairs])
    compare_figures(rows.pop((None, "native-csv", "native-csv")), everybody)
    assert rows == {}


def compare_figures(row: Row, people: list[list[tuple[int, int]]]) -> None:
    """The row against the slow figures of each person's minutes: all of them, and those of walking."""
    every = slow_agreement.agreement([[a - b for a, b in pairs] for pairs in people])
    walking = slow_agreement.agreement([[a - b for a, b in pairs if max(a, b) >= 60] for pairs in people])
    for name in ("participants", "minutes", "mean_difference", "sd_within", "sd_between"):
        assert row[name] == pytest.approx(getattr(every, name)), name
        assert row[f"walking_{name}"] == pytest.approx(getattr(walking, name)), name
    for name in ("limit_lower", "limit_upper"):
        assert row[name] == pytest.approx(getattr(walking, name)), name
