"""The four tables of a whole study by the slow statements, as rows of the published columns."""

import datetime as dt
from fractions import Fraction
from typing import Any

from tests.oracles import slow_days, slow_minutes, slow_walks, slow_weeks
from tests.oracles.slow_clock import Clock, LocalDate
from tests.oracles.slow_days import Day, Measured, Wear
from tests.oracles.slow_walks import Bout, Grid, Walked
from tests.oracles.slow_weeks import Target
from tests.oracles.world import Person, Protocol, Study, instant

Row = dict[str, Any]


def tables(study: Study, names: dict[tuple[str, str], str]) -> dict[str, list[Row]]:
    """Rows of minute, walking_bout, participant_day and participant_week; names: (participant, device) -> published id."""
    clocks = {person.participant_id: Clock(person) for person in study.people}
    both = {
        person.participant_id: slow_minutes.grids(person, study, clocks[person.participant_id])
        for person in study.people
    }
    grids = {name: kept for name, (kept, _) in both.items()}
    until = slow_days.as_of(study, grids)
    found: dict[str, list[Row]] = {"minute": [], "walking_bout": [], "participant_day": [], "participant_week": []}
    for person in study.people:
        of_one = _Person(person, study, clocks[person.participant_id], grids[person.participant_id], until, names)
        for grid in both[person.participant_id]:
            found["minute"] += of_one.minutes(grid)
        for protocol in study.protocols:
            of_one.judge(protocol, found)
    return found


class _Person:
    """One person's rows; what does not depend on the protocol is made once."""

    def __init__(
        self,
        person: Person,
        study: Study,
        clock: Clock,
        grid: Grid,
        until: dt.date | None,
        names: dict[tuple[str, str], str],
    ) -> None:
        self.person, self.study, self.clock, self.grid, self.until, self.names = (
            person, study, clock, grid, until, names,
        )  # fmt: skip
        self.key: Row = {"participant_id": person.participant_id}
        self.dates = slow_days.span(person, grid, until)
        self.shapes = slow_days.local_dates(clock, self.dates)
        self.measured = slow_days.measured_by_date(grid)
        self.declared = slow_days.declared_until(person, study, grid)
        self.can_resolve_no = slow_days.can_resolve_no(person, study)
        self.bout_rules_done: set[str] = set()

    def published(self, device_ids: set[str]) -> list[str] | None:
        return sorted(self.names[self.person.participant_id, device_id] for device_id in device_ids) or None

    def minutes(self, grid: Grid) -> list[Row]:
        person_id = self.person.participant_id
        return [
            {
                "participant_id": person_id,
                "minute_start": instant(minute),
                "local_date": row.date,
                "steps": row.steps,
                "walking_source": row.source,
                "is_worn": row.is_worn,
                "has_heart_rate": row.heart_rate,
                "device_id": self.names[person_id, row.device_id] if row.is_observed else None,
                "source_file_id": row.file.source_file_id if row.is_observed else None,
                "recording_kind": row.file.kind if row.is_observed else None,
                "source_count": row.count,
                "steps_disagreement": row.disagreement,
                "flags": sorted(row.flags),
            }
            for minute, row in grid.items()
        ]

    def judge(self, protocol: Protocol, found: dict[str, list[Row]]) -> None:
        """Adds the rows of one protocol."""
        bouts = slow_walks.bouts(self.grid, protocol.bout_rule)
        if protocol.bout_rule.bout_rule_id not in self.bout_rules_done:
            self.bout_rules_done.add(protocol.bout_rule.bout_rule_id)
            found["walking_bout"] += [self.bout(protocol, bout) for bout in bouts]
        walked = slow_walks.by_date(self.grid, bouts, lambda minute: self.clock.local(minute)[0], protocol)
        wear = slow_days.wear_by_date(self.grid, protocol.wear_rule, protocol.bout_rule)
        days = [
            self.day(date, protocol, wear.get(date, Wear()), walked.get(date, Walked())) for date in self.dates.rows
        ]
        first = slow_weeks.first_week(self.person, protocol, self.dates)
        weeks: dict[int, list[Day]] = {}
        for day in days:
            if first is not None and day.reason not in ("before_start", "after_end"):
                weeks.setdefault(slow_weeks.week_number(day.date, first), []).append(day)
        targets = {}
        for number, theirs in sorted(weeks.items()):
            assert first is not None
            start = first + dt.timedelta(days=7 * (number - 1))
            eligible = [day.date for day in theirs if day.state != "ineligible"]
            targets[number] = slow_weeks.target(self.person, protocol, start, eligible)
            found["participant_week"].append(self.week_row(protocol, number, start, theirs, targets[number]))
        number_of = {day.date: number for number, theirs in weeks.items() for day in theirs}
        for day in days:
            week = number_of.get(day.date)
            asked = targets[week] if week is not None else None
            found["participant_day"].append(self.day_row(protocol, day, week, asked))

    def bout(self, protocol: Protocol, bout: Bout) -> Row:
        return self.key | {
            "bout_rule_id": protocol.bout_rule.bout_rule_id,
            "bout_start": instant(bout.start),
            "bout_end": instant(bout.end),
            "local_date": bout.date,
            "span_minutes": bout.span,
            "active_minutes": len(bout.qualifying),
            "steps": bout.steps,
            "mean_cadence_spm": _number(bout.mean_cadence),
            "peak_cadence_spm": bout.peak_cadence,
        }

    def day(self, date: dt.date, protocol: Protocol, wear: Wear, walked: Walked) -> Day:
        rule, shape = protocol.wear_rule, self.shapes[date]
        measured = self.measured.get(date, Measured())
        window = shape.window_minutes(rule.day_from, rule.day_to)
        reason = slow_days.ineligible_reason(self.person, date, shape, self.dates)
        state = "ineligible"
        if reason is None:
            state, reason = slow_days.state_of(self.person, date, measured, wear, window, rule, self.declared)
        return Day(date, state, reason, window, measured, wear, walked)

    def day_row(self, protocol: Protocol, day: Day, number: int | None, asked: Target | None) -> Row:
        shape: LocalDate = self.shapes[day.date]
        measured = day.measured
        row = self.key | {
            "protocol_id": protocol.protocol_id,
            "local_date": day.date,
            "week_number": number,
            "time_zone": shape.time_zone,
            "day_length_minutes": shape.length,
            "state": day.state,
            "reason": day.reason,
            "window_minutes": day.window,
            "steps_reported": self.person.totals.get(day.date),
            "target_minutes": None if asked is None or asked.is_rest else asked.rm,
            "target_met": slow_weeks.target_met(day, asked, protocol),
        }
        figures: Row = {
            "observed_minutes": measured.observed,
            "window_observed_minutes": day.wear.in_window,
            "wear_minutes": day.wear.worn,
            "steps": measured.steps,
            "walking_minutes": day.walked.minutes,
            "vigorous_minutes": day.walked.vigorous,
            "partly_active_minutes": measured.partly_active,
            "gps_minutes": measured.by_track,
            "bouts": day.walked.bouts,
            "longest_bout_minutes": day.walked.longest,
            "minutes_ge_60": measured.minutes_from(60),
            "minutes_ge_100": measured.minutes_from(100),
            "minutes_ge_130": measured.minutes_from(130),
            "peak1_spm": max(measured.counts, default=None),
            "peak30_spm": _number(measured.peak30),
            "sources": self.published(measured.devices),
        }
        if not measured.is_known and day.reason != "declared_complete":
            figures = dict.fromkeys(figures)
        return row | figures

    def week_row(self, protocol: Protocol, number: int, start: dt.date, days: list[Day], asked: Target) -> Row:
        seen = [day for day in days if day.state in ("valid", "partial")]
        valid = [day for day in days if day.state == "valid"]
        found = slow_weeks.score(days, asked, protocol)
        rest = asked.is_rest or not found.eligible_days
        target = None if rest else Fraction(asked.rd * found.eligible_days, 7)
        end = start + dt.timedelta(days=6)
        iso = start.isocalendar()
        counts = {state: sum(day.state == state for day in days) for state in ("valid", "partial", "missing")}
        peaks1 = [max(day.measured.counts) for day in valid if day.measured.counts]
        peaks30 = [day.measured.peak30 for day in valid if day.measured.peak30 is not None]
        by_start = slow_weeks.score(days, asked, protocol, by_start=True)
        weighted = sum(day.walked.minutes + (protocol.vigorous_weight - 1) * day.walked.vigorous for day in seen)
        sums: Row = {
            "observed_minutes": sum(day.measured.observed for day in seen),
            "wear_minutes": sum(day.wear.worn for day in seen),
            "walking_minutes": sum(day.walked.minutes for day in seen),
            "weighted_minutes": float(weighted),
            "minutes_ge_100": sum(day.measured.minutes_from(100) for day in seen),
            "minutes_ge_130": sum(day.measured.minutes_from(130) for day in seen),
            "bouts": sum(day.walked.bouts for day in seen),
            "longest_bout_minutes": max((day.walked.longest for day in seen if day.walked.longest), default=None),
            "sources": self.published(set().union(*(day.measured.devices for day in seen))),
        }
        return (
            self.key
            | {
                "protocol_id": protocol.protocol_id,
                "week_number": number,
                "arm": self.person.arm,
                "week_start": start,
                "week_end": end,
                "iso_year": iso.year,
                "iso_week": iso.week,
                "prescribed_days": asked.own[0] if asked.own else None,
                "prescribed_minutes": float(asked.own[1]) if asked.own else None,
                "target_days": _number(target),
                "target_minutes": None if target is None else float(target * asked.rm),
                "target_source": asked.source,
                **{f"{state}_days": n for state, n in counts.items()},
                "coarse_days": sum(day.reason == "coarse_only" for day in days),
                "excused_days": sum(day.reason == "excused" for day in days),
                "in_progress": self.until is not None and end > self.until,
                "prescription_changed": asked.is_changed,
                "peak1_spm": _number(Fraction(sum(peaks1), len(peaks1))) if peaks1 else None,
                "peak30_spm": _number(sum(peaks30, Fraction(0)) / len(peaks30)) if peaks30 else None,
                "can_resolve_no": self.can_resolve_no,
                "status_reason": slow_weeks.status_reason(days, asked, protocol, found),
                "prorated_target_days": None if target is None else -(-target.numerator // target.denominator),
                "midnight_sensitive": None if rest else found.answer != by_start.answer,
            }
            | (sums if seen else dict.fromkeys(sums))
            | {name: _number(value) for name, value in vars(found).items()}
        )


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction) else value
