"""The SQL of bouts and weeks against their slow statements, on made-up records full of holes."""

import collections
import dataclasses
import datetime as dt
import functools
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracles import slow_rules
from tests.oracles.slow_rules import Day, Minutes, Span
from tests.study_builder import MONDAY, Row, ask, at, make_study, minutes, native, run, table

RULES: dict[str, tuple[dict[str, Any], Callable[[list[bool]], set[Span]]]] = {
    "strict": ({"min_minutes": 4}, functools.partial(slow_rules.strict, min_minutes=4)),
    "gap_merge": (
        {"min_minutes": 5, "max_gap_minutes": 2},
        functools.partial(slow_rules.gap_merge, min_minutes=5, max_gap=2),
    ),
    "nci_8of10": (
        {"min_minutes": 10, "max_gap_minutes": 2},
        functools.partial(slow_rules.nci_8of10, length=10, tolerance=2),
    ),
    "window_share": (
        {"min_minutes": 10, "max_gap_minutes": 1, "min_share": 0.7},
        functools.partial(slow_rules.window_share, length=10, max_gap=1, share=Fraction(7, 10)),
    ),
}
MISSING = ("break", "as_gap")
PEOPLE = 60


def random_record(chance: random.Random) -> tuple[Minutes, set[int]]:
    """Steps by minute, and the minutes that have no row at all; walking, standing and holes come in stretches."""
    record: Minutes = []
    absent: set[int] = set()
    length = chance.randint(100, 400)
    while len(record) < length:
        kind = chance.choices(("walk", "still", "null", "absent"), (5, 4, 1, 1))[0]
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4, 6, 9, 12, 25))):
            if kind == "absent":
                absent.add(len(record))
            record.append({"walk": chance.randint(100, 130), "still": chance.choice((0, 40, 99))}.get(kind))
    present = [n for n in range(len(record)) if n not in absent]
    first, last = (present[0], present[-1]) if present else (0, 0)
    return record[first : last + 1], {n - first for n in absent if first <= n <= last}


@pytest.fixture(scope="module")
def records() -> dict[str, tuple[Minutes, set[int]]]:
    chance = random.Random(20240304)  # noqa: S311 - made-up data, the same in every run
    return {f"R{n:02d}": random_record(chance) for n in range(PEOPLE)}


@pytest.fixture(scope="module")
def found(
    records: dict[str, tuple[Minutes, set[int]]], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], set[Span]]:
    start = at(MONDAY, "21:30")
    rules = [
        {"bout_rule_id": f"{name}-{missing}", "algorithm": name, "min_cadence_spm": 100, "missing": missing, **figures}
        for name, (figures, _) in RULES.items()
        for missing in MISSING
    ]
    columns = ("bout_rule_id", "algorithm", "min_cadence_spm", "min_minutes", "max_gap_minutes", "min_share", "missing")
    protocols = [{"protocol_id": row["bout_rule_id"], "bout_rule_id": row["bout_rule_id"]} for row in rules]
    rows: list[Row] = []
    for person, (record, absent) in records.items():
        rows += [row for n, row in enumerate(minutes(person, start, record)) if n not in absent]
    study = make_study(
        tmp_path_factory.mktemp("records") / "study",
        [{"participant_id": person} for person in records],
        toml={"protocols": [row["protocol_id"] for row in protocols]},
        csvs={
            "bout_rules.csv": table(columns, rules),
            "protocols.csv": table(("protocol_id", "bout_rule_id"), protocols),
        },
        files={"records.csv": native(rows)},
    )
    run(study)
    bouts: dict[tuple[str, str], set[Span]] = collections.defaultdict(set)
    for row in ask(study, "SELECT * FROM walking_bout"):
        span = [(row[name] - start) // dt.timedelta(minutes=1) for name in ("bout_start", "bout_end")]
        bouts[row["participant_id"], row["bout_rule_id"]].add((span[0], span[1]))
    return bouts


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("name", RULES)
def test_a_bout_rule_in_sql_equals_its_slow_statement(
    records: dict[str, tuple[Minutes, set[int]]], found: dict[tuple[str, str], set[Span]], name: str, missing: str
) -> None:
    rule = RULES[name][1]
    expected = {person: slow_rules.bouts(record, 100, missing, rule) for person, (record, _) in records.items()}
    assert sum(map(len, expected.values())) > PEOPLE
    assert {person: found[person, f"{name}-{missing}"] for person in records} == expected


#: Window-observed minutes by what a day was made of: from when, for how long.
DAYS = {"whole": ("06:00", 1020), "enough": ("09:00", 600), "short": ("09:00", 300), "missing": ("", 0)}


def random_week(chance: random.Random) -> tuple[list[str], list[int], set[int], int, int]:
    kinds = chance.choices(list(DAYS), (6, 3, 2, 2), k=7)
    rm = chance.choice((10, 15, 20, 30, 30, 30, 45, 0) if chance.random() < 0.3 else (30, 20))
    rd = chance.choice((5, 5, 5, 3, 7, 1, 2, 4, 6, 0))
    walked = [chance.choice((0, max(rm - 1, 0), rm, rm + 1, rm // 2, chance.randint(0, 120))) for _ in range(7)]
    excused = set(chance.sample(range(7), chance.choice((0, 0, 0, 1, 2, 6, 7))))
    return kinds, walked, excused, rd, rm


def test_the_weekly_score_in_sql_equals_its_slow_statement(tmp_path: Path) -> None:
    chance = random.Random(8)  # noqa: S311
    weeks = {f"W{n:02d}": random_week(chance) for n in range(50)}
    rows: list[Row] = []
    prescriptions, outcomes = [], []
    for person, (kinds, walked, excused, rd, rm) in weeks.items():
        prescriptions.append(
            {"participant_id": person, "valid_from": MONDAY, "days_per_week": rd, "minutes_per_day": rm}
        )
        for n, (kind, minutes_walked) in enumerate(zip(kinds, walked, strict=True)):
            date = MONDAY + dt.timedelta(days=n)
            if n in excused:
                outcomes.append({"participant_id": person, "date": date, "kind": "excused"})
            if kind != "missing":
                clock, length = DAYS[kind]
                rows += minutes(person, at(date, clock), [110] * minutes_walked + [0] * (length - minutes_walked))
    study = make_study(
        tmp_path / "study",
        [
            {"participant_id": person, "start_date": MONDAY, "end_date": MONDAY + dt.timedelta(days=6)}
            for person in weeks
        ],
        toml={"protocols": ["grace0", "grace1"], "as_of": "2024-03-10"},
        csvs={
            "bout_rules.csv": "bout_rule_id,algorithm,min_cadence_spm,min_minutes\nany,strict,60,1\n",
            "protocols.csv": "protocol_id,bout_rule_id,grace_minutes\ngrace0,any,0\ngrace1,any,1\n",
            "prescriptions.csv": table(tuple(prescriptions[0]), prescriptions),
            "outcomes.csv": table(("participant_id", "date", "kind"), outcomes),
        },
        files={"weeks.csv": native(rows)},
    )
    run(study)
    statuses = collections.Counter()
    for row in ask(study, "SELECT * FROM participant_week"):
        kinds, walked, excused, rd, rm = weeks[row["participant_id"]]
        days = [
            Day("ineligible")
            if n in excused
            else Day(
                {"short": "partial", "missing": "missing"}.get(kind, "valid"),
                walked[n] if kind != "missing" else 0,
                1020 - DAYS[kind][1],
            )
            for n, kind in enumerate(kinds)
        ]
        expected = dataclasses.asdict(slow_rules.score(days, rd, rm, 1 if row["protocol_id"] == "grace1" else 0))
        for name, value in expected.items():
            wanted = pytest.approx(float(value), abs=1e-12) if isinstance(value, Fraction) else value
            assert row[name] == wanted, (row["participant_id"], row["protocol_id"], name)
        statuses[row["status"]] += 1
    assert sum(statuses.values()) == 2 * len(weeks)
    assert set(statuses) == {"complete", "resolved", "unresolved", "partial_week", "ineligible"}
