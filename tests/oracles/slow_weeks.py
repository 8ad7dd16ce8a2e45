"""Weeks of one person, stated slowly: numbering, the target in force, success of a day and the week's score.

Architecture A3: definitions 2, 3 and 4; bouts guide, section 8.
"""

import dataclasses
import datetime as dt

from tests.oracles import slow_rules
from tests.oracles.slow_days import Day, Span
from tests.oracles.slow_rules import Score
from tests.oracles.world import Person, Protocol

_WEEK = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True)
class Target:
    """rd days of rm minutes, and where they come from; own: the person's own row, if any."""

    rd: int
    rm: int
    source: str
    own: tuple[int, int] | None
    is_changed: bool

    @property
    def is_rest(self) -> bool:
        """Nothing was asked for."""
        return not self.rd or not self.rm


def first_week(person: Person, protocol: Protocol, dates: Span) -> dt.date | None:
    """The first date of week 1: start_date itself, or the Monday before it or before the first date with data."""
    if dates.first is None:
        return None
    if protocol.week == "study" and person.start_date is not None:
        return person.start_date
    return dates.first - dt.timedelta(days=dates.first.weekday())


def week_number(date: dt.date, first: dt.date) -> int:
    """floor((date - first) / 7) + 1."""
    return (date - first).days // 7 + 1


def target(person: Person, protocol: Protocol, start: dt.date, eligible: list[dt.date]) -> Target:
    """Definition 3: the row in force on the first eligible day holds for the week; before the first row, the first."""
    rows = sorted(person.prescriptions)
    if not rows:
        return Target(protocol.days_per_week, protocol.minutes_per_day, "protocol", None, is_changed=False)
    on = min(eligible, default=start)
    holds = max((row for row in rows if row[0] <= on), default=rows[0])
    changed = any(row[0] > max(on, holds[0]) and start <= row[0] < start + _WEEK for row in rows)
    own = holds[1:]
    if protocol.target == "fixed":
        return Target(protocol.days_per_week, protocol.minutes_per_day, "protocol", own, changed)
    return Target(*own, "prescription", own, changed)


def is_met(day: Day, rm: int, protocol: Protocol) -> bool:
    """Definition 4: minutes of the day, or for sessions one bout that starts on it, plus grace."""
    done = (day.walked.longest or 0) if protocol.success == "sessions" else day.walked.minutes
    return done + protocol.grace_minutes >= rm


def is_coarse(rm: int, protocol: Protocol) -> bool:
    """What is asked for is below what the bout rule can see."""
    return rm + protocol.grace_minutes < protocol.bout_rule.min_minutes


def target_met(day: Day, asked: Target | None, protocol: Protocol) -> str | None:
    """yes, no or unknown; None where nothing is asked or the date does not count."""
    if asked is None or asked.is_rest or day.state == "ineligible":
        return None
    if day.state == "missing":
        return "unknown"
    if is_met(day, asked.rm, protocol):
        return "yes"
    return "unknown" if day.state == "partial" or is_coarse(asked.rm, protocol) else "no"


def score(days: list[Day], asked: Target, protocol: Protocol, *, by_start: bool = False) -> Score:
    """slow_rules.score on these days; by_start: with whole bouts counted on the date of their start."""
    extra = protocol.vigorous_weight - 1
    rows = []
    for day in days:
        minutes = day.walked.whole if by_start else day.walked.minutes
        vigorous = day.walked.whole_vigorous if by_start else day.walked.vigorous
        rows.append(
            slow_rules.Day(
                state=day.state,
                walked=minutes,
                # of a day that is declared complete nothing is unknown
                unobserved=0 if day.reason == "declared_complete" else day.window - day.wear.in_window,
                weighted=minutes + extra * vigorous,
                longest=(day.walked.longest or 0) if protocol.success == "sessions" else None,
            )
        )
    return slow_rules.score(
        rows,
        asked.rd,
        asked.rm,
        protocol.grace_minutes,
        by_minutes=protocol.success == "minutes",
        is_coarse=is_coarse(asked.rm, protocol),
    )


def status_reason(days: list[Day], asked: Target, protocol: Protocol, found: Score) -> str | None:
    """What an answer that is missing, or unknown, comes from where that is not plain."""
    if not found.eligible_days:
        return None
    if asked.is_rest:
        return "rest_prescribed"
    if is_coarse(asked.rm, protocol):
        return "rule_coarser_than_prescription"
    doubtful = [day for day in days if day.state in ("partial", "missing")]
    is_only_coarse = bool(doubtful) and all(day.reason == "coarse_only" for day in doubtful)
    return "coarse_only" if found.answer == "unknown" and is_only_coarse else None
