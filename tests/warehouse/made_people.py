"""Made-up participants as rows of the derived tables: calendars with every kind of day, scored by the slow statement."""

import dataclasses
import datetime as dt
import itertools
import random
from fractions import Fraction

from tests.oracles import slow_rules
from tests.oracles.slow_publication import Week
from tests.study_builder import MONDAY, Row

AS_OF = MONDAY + dt.timedelta(days=135)
#: protocol -> (kind of week, kind of success)
PROTOCOLS = {"walkback": ("study", "days"), "by-minutes": ("study", "minutes"), "by-iso-week": ("iso", "days")}
PROTOCOL_ROWS = [{"protocol_id": name, "week": week, "success": success} for name, (week, success) in PROTOCOLS.items()]
GRACE, MINUTES = 1, 30


@dataclasses.dataclass(frozen=True)
class Person:
    """One participant: the row of participants.csv, outcomes, and by date the state, reason, minutes and devices."""

    row: Row
    outcomes: list[Row]
    days: dict[dt.date, Row]
    ends: dict[str, dt.date]
    rest_from: dt.date | None

    @property
    def name(self) -> str:
        """participant_id."""
        return str(self.row["participant_id"])

    @property
    def last(self) -> dt.date:
        """The last date of the follow-up."""
        return min([*self.ends.values(), AS_OF])


def make_people(seed: int, count: int) -> list[Person]:
    """That many participants, the same for the same seed; some ended, died, withdrew, were excused or sent nothing."""
    chance = random.Random(seed)  # noqa: S311 - made-up data, the same in every run
    return [_make_person(chance, f"P{n:03d}") for n in range(count)]


def _make_person(chance: random.Random, name: str) -> Person:
    start = MONDAY + dt.timedelta(days=chance.randint(0, 60))
    ends = {
        kind: start + dt.timedelta(days=chance.randint(-3, 120))
        for kind in ("end_date", "death", "withdrawn")
        if chance.random() < 0.15
    }
    if "end_date" in ends:
        ends["end_date"] = max(ends["end_date"], start)
    row: Row = {"participant_id": name, "start_date": start, "end_date": ends.get("end_date"), "age_years": 50}
    row["arm"] = chance.choice(("walking", "control", None))
    kinds = {"death": ("death", None), "withdrawn": ("withdrawal", "data")}
    outcomes: list[Row] = [
        {"date": ends[end], "kind": kind, "value": value} for end, (kind, value) in kinds.items() if end in ends
    ]
    excused = set()
    for _ in range(chance.choice((0, 0, 1, 2))):
        first = start + dt.timedelta(days=chance.randint(0, 110))
        length = chance.choice((1, 3, 10, 21))
        outcomes.append({"date": first, "kind": "excused", "end_date": first + dt.timedelta(days=length - 1)})
        excused |= {first + dt.timedelta(days=n) for n in range(length)}
    for kind in ("recurrence", "adverse_event", "visit"):
        for _ in range(chance.choice((0, 1, 2, 5))):
            date = start + dt.timedelta(days=chance.choice((-2, 0, 1, 7, 14, chance.randint(1, 140))))
            outcomes += [{"date": date, "kind": kind, "value": str(n)} for n in range(chance.choice((1, 1, 2)))]
    outcomes = [{"participant_id": name} | outcome for outcome in outcomes]
    days: dict[dt.date, Row] = {}
    state, device, habit = "valid", chance.choice(("fit-a-01", "csv-b-01")), chance.random()
    silent_from = start + dt.timedelta(days=chance.choice((0, 40, 999, 999)))
    for n in range((min(AS_OF, row["end_date"] or AS_OF) - start).days + 1):
        date = start + dt.timedelta(days=n)
        if chance.random() < 0.12:
            state = chance.choice(("valid", "valid", "valid", "partial", "missing"))
            device = chance.choice(("fit-a-01", "fit-a-02", "csv-b-01"))
        day: Row = {"state": "missing" if date >= silent_from else state, "reason": "made"}
        if date > min([*(ends[end] for end in kinds if end in ends), AS_OF]) or date in excused:
            day = {"state": "ineligible", "reason": "made", "is_excused": date <= min([*ends.values(), AS_OF])}
        if day["state"] in ("valid", "partial"):
            walks = chance.random() < habit
            day |= {"walked": chance.choice((29, 30, 45, 90) if walks else (0, 0, 12)), "devices": [device]}
        days[date] = day
    rest_from = start + dt.timedelta(days=7 * chance.randint(0, 15)) if chance.random() < 0.3 else None
    return Person(row, outcomes, days, ends, rest_from)


def day_rows(person: Person) -> list[Row]:
    """participant_day of the person."""
    rows = []
    for protocol, (kind, _) in PROTOCOLS.items():
        for date, day in person.days.items():
            seen = {}
            if "walked" in day:
                observed = 1440 if day["state"] == "valid" else 400
                seen = {
                    "walking_minutes": day["walked"], "sources": day["devices"], "observed_minutes": observed,
                    "wear_minutes": observed, "window_observed_minutes": min(observed, 1020), "gps_minutes": 0,
                    "minutes_ge_60": day["walked"] + 5,
                }  # fmt: skip
            rows.append(
                {
                    "participant_id": person.name,
                    "protocol_id": protocol,
                    "local_date": date,
                    "week_number": (date - _first_week(person, kind)).days // 7 + 1,
                    "state": day["state"],
                    "reason": day["reason"],
                    "day_length_minutes": 1440,
                    "window_minutes": 1020,
                    **seen,
                }
            )
    return rows


def _first_week(person: Person, kind: str) -> dt.date:
    start: dt.date = person.row["start_date"]
    return start if kind == "study" else start - dt.timedelta(days=start.weekday())


def week_rows(person: Person) -> tuple[list[Row], list[Row]]:
    """participant_week and study_week of the person."""
    rows, targets = [], []
    for protocol, (kind, success) in PROTOCOLS.items():
        first = _first_week(person, kind)
        for number, dates in itertools.groupby(person.days, key=lambda date: (date - first).days // 7 + 1):
            row = _scored(person, list(dates), success)
            begins = first + dt.timedelta(days=7 * (number - 1))
            key = {
                "participant_id": person.name, "protocol_id": protocol, "week_number": number,
                "week_start": begins, "week_end": begins + dt.timedelta(days=6),
            }  # fmt: skip
            targets.append(key | {name: row[name] for name in ("eligible_days", "excused_days")})
            targets[-1] |= {name: row.pop(name) for name in ("rd", "rm")}
            rows.append(key | {"arm": person.row["arm"], "in_progress": begins + dt.timedelta(days=6) > AS_OF} | row)
    return rows, targets


def _scored(person: Person, dates: list[dt.date], success: str) -> Row:
    days = [person.days[date] for date in dates]
    given = [slow_rules.Day(day["state"], day.get("walked", 0), 0 if day["state"] == "valid" else 600) for day in days]
    rd = 0 if person.rest_from and person.rest_from <= dates[0] < person.rest_from + dt.timedelta(days=14) else 5
    score = slow_rules.score(given, rd, MINUTES, GRACE)
    states = [day["state"] for day in days]
    seen = [day["walked"] for day in days if "walked" in day]
    answer = score.adherent_days_prorated
    if success == "minutes" and answer:
        is_known = states.count("valid") == score.eligible_days
        asked = Fraction(rd * MINUTES * score.eligible_days, 7)
        answer = "yes" if sum(seen) >= asked else "no" if is_known else "unknown"
    return {
        "rd": rd, "rm": MINUTES, "eligible_days": score.eligible_days, "valid_days": states.count("valid"),
        "partial_days": states.count("partial"), "missing_days": states.count("missing"),
        "excused_days": sum(day.get("is_excused", False) for day in days),
        "walking_minutes": sum(seen) if seen else None, "weighted_minutes": float(sum(seen)) if seen else None,
        "success_days_lo": score.success_days_lo, "success_days_hi": score.success_days_hi,
        "success_days_hi_window": score.success_days_hi_window, "adherent_days": score.adherent_days,
        "answer": answer, "status": score.status, "can_resolve_no": True,
        "dose_score_lo": None if score.dose_score_lo is None else float(score.dose_score_lo),
        "dose_score_hi": None if score.dose_score_hi is None else float(score.dose_score_hi),
    }  # fmt: skip


def slow_weeks(person: Person, rows: list[Row]) -> list[Week]:
    """The weeks of one protocol as the slow statement takes them; a week runs if it and the follow-up reach beyond AS_OF."""
    is_open = not any(end <= AS_OF for end in person.ends.values())
    return [
        Week(
            number=row["week_number"], first=row["week_start"], eligible=row["eligible_days"], valid=row["valid_days"],
            partial=row["partial_days"], answer=row["answer"], walked=row["walking_minutes"],
            dose_lo=None if row["dose_score_lo"] is None else Fraction(row["dose_score_lo"]),
            dose_hi=None if row["dose_score_hi"] is None else Fraction(row["dose_score_hi"]),
            is_running=is_open and row["week_end"] > AS_OF, asked=MINUTES,
            days=tuple(
                (day["state"], day.get("walked")) for date, day in person.days.items()
                if row["week_start"] <= date <= row["week_end"] and day["state"] != "ineligible"
            ),
        )
        for row in rows
    ]  # fmt: skip
