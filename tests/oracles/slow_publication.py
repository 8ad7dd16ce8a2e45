"""Summaries, start-stop rows and missingness, stated slowly and plainly in Python: what the SQL must equal. Only for tests.

Written from the bouts guide, sections 8 to 10. Days and weeks come in as plain records; what nobody can tell is settled by
trying every possible answer, so that a bound here is a least or a largest value over all of them.
"""

import collections
import dataclasses
import datetime as dt
import itertools
import math
import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

#: More open weeks than this are too many to try out one by one.
MOST_OPEN_WEEKS = 9


@dataclasses.dataclass(frozen=True)
class Week:
    """One week of a participant: days by state and what it was worth; answer and doses are None where it does not count.

    days: state and minutes seen of the dates that count; asked: minutes prescribed on a day.
    """

    number: int
    first: dt.date
    eligible: int
    valid: int
    partial: int
    answer: str | None
    dose_lo: Fraction | None
    dose_hi: Fraction | None
    walked: int | None
    is_running: bool = False
    days: tuple[tuple[str, int | None], ...] = ()
    asked: float = 0

    @property
    def is_observed(self) -> bool:
        """It counts, and some day of it has data."""
        return self.dose_lo is not None and self.valid + self.partial > 0


def start_stop(start: dt.date, last: dt.date, weeks: Sequence[Week], events: set[dt.date]) -> list[dict[str, Any]]:
    """Rows of the counting process for one kind of event, found by walking from day to day."""
    rows: list[dict[str, Any]] = []
    begun = 0
    firsts = {week.first for week in weeks}
    for day in range(1, (last - start).days + 1):
        date = start + dt.timedelta(days=day)
        if date in events or date in firsts or date == last:
            held = max(week.number for week in weeks if week.first <= start + dt.timedelta(days=begun))
            row = {
                "week_number": held,
                "tstart": begun,
                "tstop": day,
                "event": int(date in events),
                "event_number": 1 + sum(start < event <= start + dt.timedelta(days=begun) for event in events),
            }
            rows.append(row | exposure(start, [week for week in weeks if week.number < held]))
            begun = day
    return rows


def exposure(start: dt.date, before: Sequence[Week]) -> dict[str, Any]:
    """What is known of the walking of the weeks before, in their order; four weeks are four that began on start or later."""
    found: dict[str, Any] = {"exposure_status": "none_yet"}
    last = before[-1] if before else None
    if last:
        days = (last.valid, last.partial, last.eligible)
        status = "observed" if days[0] == days[2] else "partly_observed" if days[0] + days[1] else "unobserved"
        found["exposure_status"] = "ineligible" if last.dose_lo is None else status
    found["dose_lag1_lo"] = last.dose_lo if last and last.is_observed else None
    found["dose_lag1_hi"] = last.dose_hi if last and last.is_observed else None
    found["walking_minutes_lag1"] = last.walked if last else None
    found["observed_days_lag1"] = last.valid + last.partial if last else None
    last_four = [week for week in before[-4:] if week.first >= start]
    four = [week for week in last_four if week.dose_lo is not None] if len(last_four) == 4 else None
    found["weeks_counted_lag4"] = None if four is None else len(four)
    found["weeks_observed_lag4"] = None if four is None else sum(week.is_observed for week in four)
    counted = [week for week in before if week.dose_lo is not None]
    found["weeks_counted"], found["weeks_observed"] = len(counted), sum(week.is_observed for week in counted)
    for bound, unseen in (("lo", 0), ("hi", 1)):
        doses = {week.number: getattr(week, f"dose_{bound}") if week.is_observed else unseen for week in counted}
        some, every = found["weeks_observed_lag4"], found["weeks_observed"]
        found[f"dose_lag4_{bound}"] = (
            Fraction(sum(doses[week.number] for week in four or ()), len(four)) if four and some else None
        )
        found[f"dose_cumulative_{bound}"] = sum(doses.values(), Fraction(0)) if every else None
    return found


def _first(weeks: Iterable[int]) -> int | None:
    return min(weeks, default=None)


def _run_up_to(answers: Sequence[str], at: int) -> int:
    """Yes weeks in a row that end with the one at this place."""
    return len(list(itertools.takewhile(lambda answer: answer == "yes", reversed(answers[: at + 1]))))


def _times(numbers: Sequence[int], answers: Sequence[str]) -> dict[str, int | None]:
    """Streaks and times where every answer is known."""
    runs = [_run_up_to(answers, at) for at in range(len(answers))]
    sustained = _first(number for number, run in zip(numbers, runs, strict=True) if run >= 4)
    lapses = (n for n, answer in zip(numbers, answers, strict=True) if sustained and n > sustained and answer == "no")
    return {
        "current_streak": runs[-1] if runs else 0,
        "longest_streak": max(runs, default=0),
        "week_first_adherent": _first(number for number, run in zip(numbers, runs, strict=True) if run),
        "week_sustained": sustained,
        "week_lapsed": _first(lapses),
    }


def streaks(weeks: Sequence[Week]) -> dict[str, int | None] | None:
    """Bounds over every way in which the unknown weeks may have gone; None if these are too many.

    A time has no lo if it never comes, and no hi if it may not have come.
    """
    counted = [week for week in weeks if week.answer and not week.is_running]
    open_weeks = [at for at, week in enumerate(counted) if week.answer == "unknown"]
    if len(open_weeks) > MOST_OPEN_WEEKS:
        return None
    found = collections.defaultdict(list)
    for guess in itertools.product(("yes", "no"), repeat=len(open_weeks)):
        answers = [week.answer or "" for week in counted]
        for at, answer in zip(open_weeks, guess, strict=True):
            answers[at] = answer
        for name, value in _times([week.number for week in counted], answers).items():
            found[name].append(value)
    bounds: dict[str, int | None] = {}
    for name, values in found.items():
        known = [value for value in values if value is not None]
        bounds[f"{name}_lo"] = min(known, default=None)
        bounds[f"{name}_hi"] = max(known) if len(known) == len(values) else None
    return bounds


def counts(answers: Sequence[str]) -> dict[str, Any]:
    """How many weeks of each answer, and the least and largest share of yes."""
    tally = collections.Counter(answers)
    yes, unknown = tally["yes"], tally["unknown"]
    return {
        "eligible": len(answers), "yes": yes, "no": tally["no"], "unknown": unknown,
        "share_lo": Fraction(yes, len(answers)) if answers else None,
        "share_hi": Fraction(yes + unknown, len(answers)) if answers else None,
    }  # fmt: skip


def overshoots(weeks: Sequence[Week]) -> tuple[int, int]:
    """(weeks of more than 130 % of the week before, pairs of weeks with seven valid days)."""
    pairs = [(a, b) for a, b in itertools.pairwise(weeks) if a.valid == b.valid == 7]
    return sum((b.walked or 0) > Fraction(13, 10) * (a.walked or 0) for a, b in pairs), len(pairs)


def sudden_stop(weeks: Sequence[Week]) -> int | None:
    """The last week that closes two weeks of at most half the walking of the two before, four valid days in each.

    Each of the seven dates of the later weeks that is no valid day held as much as the best day of the earlier ones, or what
    was prescribed, or what was seen of it, whichever is most.
    """
    found = None
    for at in range(3, len(weeks)):
        four = weeks[at - 3 : at + 1]
        best = max(
            max((walked or 0 for week in four[:2] for _, walked in week.days), default=0), four[2].asked, four[3].asked
        )
        earlier = later = Fraction(0)
        for week in four[:2]:
            earlier += sum(walked or 0 for _, walked in week.days)
        for week in four[2:]:
            for state, walked in (*week.days, *[("none", 0)] * (7 - len(week.days))):
                later += Fraction(walked or 0) if state == "valid" else Fraction(max(best, walked or 0))
        if all(week.valid >= 4 for week in four) and earlier and 2 * later <= earlier:
            found = four[-1].number
    return found


def missing_pattern(states: Sequence[str]) -> tuple[str | None, int | None]:
    """The pattern of the missing days among those that count, and the longest run of them."""
    line = "".join("M" if state == "missing" else "D" for state in states if state != "ineligible")
    if not line:
        return None, None
    patterns = {"D+": "complete", "M+": "none_sent", "D+M+": "monotone"}
    name = next((name for pattern, name in patterns.items() if re.fullmatch(pattern, line)), "intermittent")
    return name, max(map(len, re.findall("M+", line)), default=0)


@dataclasses.dataclass(frozen=True)
class Day:
    """One date of a participant with what missing days are told apart by; models: of the devices that observed it."""

    participant_id: str
    date: dt.date
    week: int | None
    state: str
    models: tuple[str, ...] = ()


#: dimension, level, arm -> what is counted there.
Missingness = dict[tuple[str, str, str | None], collections.Counter[str]]


def missingness(days: Sequence[Day], arms: dict[str, str | None], recurrences: dict[str, set[dt.date]]) -> Missingness:
    """Days that count by each dimension, one day after the other; all days of a participant are given, in their order."""
    found: Missingness = collections.defaultdict(collections.Counter)
    people: dict[tuple[str, str, str | None], set[str]] = collections.defaultdict(set)
    gaps: dict[tuple[str, str, str | None], set[str]] = collections.defaultdict(set)
    for person, of_person in itertools.groupby(days, key=lambda day: day.participant_id):
        own = list(of_person)
        last = max((day.date for day in own if day.state in ("valid", "partial")), default=None)
        device = "none yet"
        for day in own:
            device = " + ".join(sorted(set(day.models))) or device
            if day.state == "ineligible":
                continue
            near = any(0 < (date - day.date).days <= 28 for date in recurrences.get(person, ()))
            levels = {
                "week": str(day.week), "weekday": str(day.date.isoweekday()), "arm": arms[person] or "not given",
                "device": device, "before_event": "before_recurrence" if near else "other",
            }  # fmt: skip
            for dimension, level in levels.items():
                key = (dimension, level, arms[person])
                people[key].add(person)
                found[key].update({"eligible_days": 1, f"{day.state}_days": 1})
                if day.state == "missing":
                    is_gap = last is not None and day.date < last
                    found[key]["missing_intermittent_days" if is_gap else "missing_for_good_days"] += 1
                    if is_gap:
                        gaps[key].add(person)
        _lose(found, [day for day in own if day.state != "ineligible"], arms[person], last)
    for key, names in people.items():
        found[key]["participants"] = len(names)
        if key[0] == "week":
            found[key]["participants_with_gaps"] = len(gaps[key])
    return found


def _lose(found: Missingness, counted: Sequence[Day], arm: str | None, last: dt.date | None) -> None:
    """Counts the weeks from whose first date on nothing came any more."""
    was_lost = False
    for week, of_week in itertools.groupby(counted, key=lambda day: day.week):
        is_lost = last is None or next(of_week).date > last
        found["week", str(week), arm]["participants_lost"] += is_lost
        found["week", str(week), arm]["participants_newly_lost"] += is_lost and not was_lost
        was_lost = is_lost


def _settled(answer: Callable[[int], str], unknown: int) -> str:
    """The one answer that holds however many of the unknown days succeeded, else unknown."""
    possible = {answer(succeeded) for succeeded in range(unknown + 1)}
    return possible.pop() if len(possible) == 1 else "unknown"


def excused_as_missing(row: dict[str, Any], rd: int, rm: int, success: str) -> str | None:
    """The answer of a row of participant_week if its excused days were missing ones; None for a week of rest or without a day."""
    asked = row["eligible_days"] + row["excused_days"]
    if not asked or not rd:
        return None
    needed = Fraction(rd * asked, 7)
    if success == "minutes":
        is_known = row["valid_days"] == asked
        return "yes" if (row["walking_minutes"] or 0) >= needed * rm else "no" if is_known else "unknown"
    certain = row["success_days_lo"]
    open_days = row["success_days_hi"] - certain + row["excused_days"]
    return _settled(lambda more: "yes" if certain + more >= math.ceil(needed) else "no", open_days)
