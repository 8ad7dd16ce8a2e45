"""What is true for each participant-day and participant-week, and why.

Known from the simulated person and from when a device was on the body, not computed from any file: a day succeeds with
enough minutes of walking; on a day partly seen success is certain and failure is not; what nobody saw is unknown.
"""

import collections
import csv
import dataclasses
import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from sample_data.clock import Span, overlap
from sample_data.life import Day, Life
from sample_data.people import OUTCOMES, Participant
from sample_data.traces import Trace, clip

#: the wear window on the clock, and the observed minutes of it that make a day valid
WINDOW_HOURS = (6, 23)
WINDOW_MINUTES = 1020
VALID_MINUTES = 600


@dataclasses.dataclass(frozen=True)
class TruthDay:
    """state: valid, partial, missing, ineligible. met: yes, no, unknown, or empty where ineligible.

    steps: what the day's files say, where every reader has to find the same number, else None.
    """

    participant_id: str
    local_date: dt.date
    state: str
    met: str
    walking_minutes: int | None
    steps: int | None
    why: str


@dataclasses.dataclass(frozen=True)
class TruthWeek:
    """adherent_days: yes, no, unknown, or empty where fewer than seven days are eligible."""

    participant_id: str
    week_number: int
    week_start: dt.date
    prescribed_days: int
    prescribed_minutes: int
    eligible_days: int
    success_days_lo: int
    success_days_hi: int
    adherent_days: str
    status: str
    why: str


@dataclasses.dataclass(frozen=True)
class ExpectedFile:
    """One receipt: a file under the study folder or a member of an archive, and the status it should end with."""

    path: str
    member: str
    status: str
    why: str


@dataclasses.dataclass(frozen=True)
class Truth:
    """What a study folder holds, as the one who made it up knows it."""

    as_of: dt.date
    days: list[TruthDay]
    weeks: list[TruthWeek]
    expected_files: list[ExpectedFile]

    @property
    def file_counts(self) -> dict[str, int]:
        """How many receipts should end with each status."""
        return dict(sorted(collections.Counter(file.status for file in self.expected_files).items()))

    def write_csv(self, folder: Path) -> None:
        """Writes expected_days.csv, expected_weeks.csv and expected_files.csv."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "expected_days.csv", TruthDay, self.days)
        _write(folder / "expected_weeks.csv", TruthWeek, self.weeks)
        _write(folder / "expected_files.csv", ExpectedFile, self.expected_files)


def _write(path: Path, kind: type, rows: Sequence[TruthDay | TruthWeek | ExpectedFile]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in dataclasses.fields(kind))
        writer.writerows(dataclasses.astuple(row) for row in rows)


def last_seen(lives: list[Life], traces: dict[str, list[Trace]]) -> dt.date:
    """The latest local date on which any device saw its person."""
    return max(
        life.clock.date(end - 1)
        for life in lives
        for trace in traces[life.participant.participant_id]
        for _, end in trace.worn
    )


def _ineligible(participant: Participant, date: dt.date) -> str:
    """Why a day does not count, or empty."""
    if date < participant.start_date:
        return "before the start date"
    for outcome in OUTCOMES:
        if outcome.participant_id != participant.participant_id:
            continue
        if outcome.kind == "excused" and outcome.date <= date <= (outcome.end_date or outcome.date):
            return "excused"
        if (outcome.kind, outcome.value) == ("withdrawal", "data") and date > outcome.date:
            return "after withdrawing consent for data"
    return ""


def _union(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)


def _steps(day: Day, devices: list[Trace]) -> int | None:
    """Steps of the first device that was worn in each minute, and those counted while their minutes were lost."""
    if any(trace.kind in ("activities", "tracks") for trace in devices):
        return None
    total = sum(n for trace in devices for minute, n in trace.lost.items() if day.span[0] <= minute < day.span[1])
    taken: set[int] = set()
    for trace in devices:
        for start, end in clip(trace.worn, day.span):
            minutes = set(range(start, end)) - taken
            total += sum(trace.steps.get(minute, 0) for minute in minutes)
            taken |= minutes
    return total


def _nothing_seen(day: Day, devices: list[Trace]) -> str:
    if any(trace.kind == "totals" for trace in devices):
        return "only a daily total is known"
    if any(clip(trace.recorded, day.span) for trace in devices):
        return "the device recorded, but nobody wore it"
    return "nothing was recorded or sent"


def _day(life: Life, day: Day, devices: list[Trace]) -> TruthDay:
    who = life.participant
    seen = _union([cut for trace in devices for cut in clip(trace.worn, day.span)])
    walked = len(life.walked_minutes() & {minute for start, end in seen for minute in range(start, end)})
    window = life.clock.window(day.date, *WINDOW_HOURS)
    in_window = sum(_length(clip(tuple(seen), hours)) for hours in window)
    enough = VALID_MINUTES * min(Fraction(1), Fraction(_length(window), WINDOW_MINUTES))
    only_walks = all(trace.kind in ("activities", "tracks") for trace in devices)
    target = who.prescribed(who.week_of(day.date))[1]
    facts = f"seen for {in_window} of {_length(window)} window minutes, walked {walked} of {target}"
    steps = _steps(day, devices) if seen else None
    if not seen:
        state, met, facts = "missing", "unknown", _nothing_seen(day, devices)
    elif in_window >= enough and not only_walks:
        state, met = "valid", "yes" if walked >= target else "no"
    else:
        state, met = "partial", "yes" if walked >= target else "unknown"
        facts += "; only recorded walks are known" if only_walks else ""
    if reason := _ineligible(who, day.date):
        state, met, facts = "ineligible", "", reason
    return TruthDay(who.participant_id, day.date, state, met, walked if seen else None, steps, facts)


def _answer(lo: int, hi: int, wanted: int) -> str:
    return "yes" if lo >= wanted else "no" if hi < wanted else "unknown"


def _week(who: Participant, number: int, days: list[TruthDay]) -> TruthWeek:
    wanted, minutes = who.prescribed(number)
    states = collections.Counter(day.state for day in days)
    eligible = 7 - states["ineligible"]
    lo = sum(day.met == "yes" for day in days)
    hi = lo + sum(day.met == "unknown" for day in days)
    adherent = _answer(lo, hi, wanted) if eligible == 7 else ""
    if eligible < 7:
        status = "partial_week" if eligible else "ineligible"
    elif states["valid"] == 7:
        status = "complete"
    else:
        status = "unresolved" if adherent == "unknown" else "resolved"
    why = f"{lo} to {hi} of {eligible} eligible days met {minutes} minutes; {wanted} days were wanted"
    start = who.start_date + dt.timedelta(days=7 * (number - 1))
    return TruthWeek(who.participant_id, number, start, wanted, minutes, eligible, lo, hi, adherent, status, why)


def truth_of(life: Life, devices: list[Trace]) -> tuple[list[TruthDay], list[TruthWeek]]:
    """A person's days from the first to the last, and their study weeks."""
    who = life.participant
    days = [_day(life, day, devices) for day in life.days if day.date >= who.start_date or overlap_any(day, devices)]
    weeks: dict[int, list[TruthDay]] = collections.defaultdict(list)
    for day in days:
        if day.local_date >= who.start_date:
            weeks[who.week_of(day.local_date)].append(day)
    return days, [_week(who, number, held) for number, held in weeks.items()]


def overlap_any(day: Day, devices: list[Trace]) -> bool:
    """Whether any device saw anything of the day."""
    return any(overlap(span, day.span) for trace in devices for span in trace.worn)
