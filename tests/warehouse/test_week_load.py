"""Overshoot and sudden stop: what was walked more and less than in the weeks before, whatever days were lost."""

import datetime as dt
import random

import pytest

from tests.study_builder import MONDAY, Row
from tests.warehouse.publication_tables import rows_of, warehouse

AS_OF = MONDAY + dt.timedelta(days=69)
PRESCRIBED = 30


def told(person: str, weeks: list[str], asked: int = PRESCRIBED) -> dict[str, list[Row]]:
    """Rows of participant_day, participant_week and study_week; a date is `30` (valid), `P12` (partial), M or X (excused)."""
    made: dict[str, list[Row]] = {"participant_day": [], "participant_week": [], "study_week": []}
    for number, tokens in enumerate(weeks, 1):
        first = MONDAY + dt.timedelta(days=7 * (number - 1))
        key = {"participant_id": person, "protocol_id": "walkback", "week_number": number}
        days: list[Row] = []
        for n, token in enumerate(tokens.split()):
            state = {"P": "partial", "M": "missing", "X": "ineligible"}.get(token[0], "valid")
            seen = int(token.lstrip("P")) if state in ("valid", "partial") else None
            days.append(key | {"local_date": first + dt.timedelta(days=n), "state": state, "walking_minutes": seen})
        states = [day["state"] for day in days]
        seen_minutes = [day["walking_minutes"] for day in days if day["walking_minutes"] is not None]
        key |= {"week_start": first, "week_end": first + dt.timedelta(days=6)}
        excused = states.count("ineligible")
        row = key | {"eligible_days": 7 - excused, "excused_days": excused}
        row |= {f"{state}_days": states.count(state) for state in ("valid", "partial", "missing")}
        row |= {
            "walking_minutes": sum(seen_minutes) if seen_minutes else None,
            "success_days_lo": 0,
            "success_days_hi": 7,
        }
        row |= {"answer": "unknown", "status": "unresolved", "in_progress": False, "can_resolve_no": True}
        made["participant_day"] += [day | {"reason": "made"} for day in days]
        made["participant_week"].append(row)
        made["study_week"].append(
            key | {"eligible_days": 7 - excused, "excused_days": excused, "rd": 5, "rm": asked},
        )
    return made


def loads(people: dict[str, list[str]], asked: int = PRESCRIBED) -> dict[str, Row]:
    """week_load of each person."""
    tables: dict[str, list[Row]] = {"participant_day": [], "participant_week": [], "study_week": []}
    for person, weeks in people.items():
        for name, rows in told(person, weeks, asked).items():
            tables[name] += rows
    rows = [{"participant_id": name, "start_date": MONDAY} for name in people]
    with warehouse(rows, tables, as_of=AS_OF) as connection:
        return {row["participant_id"]: row for row in rows_of(connection, "FROM week_load")}


def test_an_overshoot_is_more_than_130_percent_of_a_week_seen_whole() -> None:
    """100, 130: not more; 131 after 130: no; 200 and the week after it are not whole; 0, 0: no; 1 after 0: yes."""
    weeks = [f"{minutes} 0 0 0 0 0 0" for minutes in (100, 130, 131, 200, 0, 0, 1)]
    weeks[3] = "200 0 0 0 0 0 M"
    row = loads({"F": weeks})["F"]
    assert (row["weeks_overshoot"], row["weeks_overshoot_judged"]) == (1, 4)


FORTY, TWENTY, TEN, NONE = "40 40 40 40 40 0 0", "20 20 20 20 20 0 0", "10 10 10 10 10 0 0", "0 0 0 0 0 0 0"
THIRTY = "30 30 30 30 30 0 0"
#: weeks -> the week that closes the last sudden stop.
STOPS: dict[str, tuple[list[str], int | None]] = {
    "half is a stop": ([FORTY, FORTY, TWENTY, TWENTY], 4),
    "a minute more is none": ([FORTY, FORTY, TWENTY, "20 20 20 20 21 0 0"], None),
    # 150 of weeks 4 and 5 after 300 of 2 and 3, then 100 after 200
    "the last one counts": ([FORTY, FORTY, TWENTY, TWENTY, TEN, TEN], 6),
    "three weeks are too few": ([FORTY, FORTY, NONE], None),
    "nothing after nothing is none": ([NONE, NONE, NONE, NONE], None),
    # 60 and 60 minutes were seen of 150 and 150, because three days were lost: 120 + 6 x 30 at most
    "three lost days are none": ([THIRTY, THIRTY, "M M M 30 30 0 0", "M M M 30 30 0 0"], None),
    "three excused days are none": ([THIRTY, THIRTY, "X X X 30 30 0 0", "X X X 30 30 0 0"], None),
    # the lost days may have held 100 each, the best of the two weeks before: 200 of 1,400
    "a stop shows beside lost days": (["100 " * 7, "90 " * 7, "0 0 0 0 0 0 M", "0 0 0 0 0 0 M"], 4),
    "it needs four valid days in every week": (["100 " * 7, "90 " * 7, "0 0 0 M M M M", NONE], None),
    "in the earlier weeks too": (["100 100 100 M M M M", "100 " * 7, NONE, NONE], None),
    # the best day before had 10 minutes, but 30 were asked for: 60 of 140 with two lost days, 90 with three
    "a lost day may have been as prescribed": (["10 " * 7, "10 " * 7, "0 0 0 0 0 0 M", "0 0 0 0 0 0 M"], 4),
    "so three of them are none": (["10 " * 7, "10 " * 7, "0 0 0 0 0 M M", "0 0 0 0 0 0 M"], None),
    # 400 before; a partial day counts as the best before (40) or as what was seen of it
    "a partial day may have been the best": ([FORTY, FORTY, "P0 P0 P0 0 0 0 0", "P0 P0 0 0 0 0 0"], 4),
    "and another one is too many": ([FORTY, FORTY, "P0 P0 P0 0 0 0 0", "P0 P0 P0 0 0 0 0"], None),
    "what was seen of it counts if it is more": ([FORTY, FORTY, "P160 0 0 0 0 0 0", "P0 0 0 0 0 0 0"], 4),
    "by the minute": ([FORTY, FORTY, "P161 0 0 0 0 0 0", "P0 0 0 0 0 0 0"], None),
    # the best of a partial day counts as well: 2 x 250 = 500 of 1,000
    "a partial day may be the best": (["P250 150 100 0 0 0 0", "P250 150 100 0 0 0 0", "M 0 0 0 0 0 0", "M 0 0 0 0 0 0"], 4),
    "and is more than the valid ones": (["P251 150 99 0 0 0 0", "P249 151 100 0 0 0 0", "M 0 0 0 0 0 0", "M 0 0 0 0 0 0"], None),
}  # fmt: skip


@pytest.fixture(scope="module")
def stops() -> dict[str, Row]:
    return loads({name: weeks for name, (weeks, _) in STOPS.items()})


@pytest.mark.parametrize("name", STOPS)
def test_a_sudden_stop_is_half_the_minutes_of_two_weeks_whatever_was_lost(stops: dict[str, Row], name: str) -> None:
    assert stops[name]["sudden_stop_week"] == STOPS[name][1]


def test_the_minutes_prescribed_are_those_of_the_later_weeks() -> None:
    """A lost day in each of the later weeks: 2 x 60 after 200 minutes are more than half."""
    weeks = ["20 20 20 20 20 0 0", "20 20 20 20 20 0 0", "0 0 0 0 0 0 M", "0 0 0 0 0 0 M"]
    assert loads({"A": weeks}, 50)["A"]["sudden_stop_week"] == 4
    assert loads({"A": weeks}, 60)["A"]["sudden_stop_week"] is None


def test_who_walks_as_before_never_stops_whichever_days_are_lost() -> None:
    """The days of weeks 3 and 4 are those of weeks 1 and 2 in another order; up to three days of a week are lost."""
    chance = random.Random(8)  # noqa: S311 - made-up data, the same in every run
    people = {}
    for n in range(300):
        days = [chance.choice((0, 0, 10, 30, 60, 300)) for _ in range(14)]
        weeks = []
        for most in (1, 3):
            chance.shuffle(days)
            for week in (days[:7], days[7:]):
                lost = set(chance.sample(range(7), chance.randint(most // 3, most)))
                words = [chance.choice(("M", "X", f"P{chance.randint(0, minutes)}")) for minutes in week]
                weeks.append(" ".join(words[at] if at in lost else str(week[at]) for at in range(7)))
        people[f"P{n:03d}"] = weeks
    found = loads(people)
    assert [name for name, row in found.items() if row["sudden_stop_week"]] == []
    # what was seen did fall to half or less for some of them
    assert sum(_seen(weeks[2:]) * 2 <= _seen(weeks[:2]) for weeks in people.values()) >= 10


def _seen(weeks: list[str]) -> int:
    return sum(int(token.lstrip("P")) for week in weeks for token in week.split() if token not in ("M", "X"))
