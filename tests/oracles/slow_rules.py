"""The bout rules and the weekly score, stated slowly and plainly in Python: what the SQL must equal. Only for tests."""

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction

Span = tuple[int, int]
#: Steps by minute; None: not observed.
Minutes = list[int | None]


def strict(walks: list[bool], min_minutes: int) -> set[Span]:
    """Maximal runs of at least min_minutes."""
    found = set()
    for start in range(len(walks)):
        if walks[start] and (start == 0 or not walks[start - 1]):
            end = start
            while end < len(walks) and walks[end]:
                end += 1
            if end - start >= min_minutes:
                found.add((start, end))
    return found


def gap_merge(walks: list[bool], min_minutes: int, max_gap: int) -> set[Span]:
    """Runs joined over pauses of at most max_gap, kept from min_minutes that walk."""
    joined: list[list[int]] = []
    for start, end in sorted(strict(walks, 1)):
        if joined and start - joined[-1][1] <= max_gap:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return {(start, end) for start, end in joined if sum(walks[start:end]) >= min_minutes}


def nci_8of10(walks: list[bool], length: int, tolerance: int) -> set[Span]:
    """Walk forward from every minute that may open a bout; a bout is a maximal stretch of marked minutes."""
    marked = [False] * len(walks)
    for start, walk in enumerate(walks):
        window = walks[start : start + length]
        if not walk or len(window) < length or window.count(False) > tolerance:
            continue
        last, pause = start, 0
        for at in range(start, len(walks)):
            pause = 0 if walks[at] else pause + 1
            if pause > tolerance:
                break
            if walks[at]:
                last = at
        marked[start : last + 1] = [True] * (last + 1 - start)
    return strict(marked, 1)


def window_share(walks: list[bool], length: int, max_gap: int, share: Fraction) -> set[Span]:
    """Union of good windows (share reached, no pause above max_gap), each trimmed to minutes that walk, from length on."""
    marked = [False] * len(walks)
    needed = math.ceil(share * length)
    for start in range(len(walks) - length + 1):
        window = walks[start : start + length]
        if sum(window) < needed:
            continue
        pauses = strict([not walk for walk in window], 1)
        if all(end - begin <= max_gap for begin, end in pauses):
            walking = [at for at in range(start, start + length) if walks[at]]
            marked[walking[0] : walking[-1] + 1] = [True] * (walking[-1] + 1 - walking[0])
    return strict(marked, length)


def bouts(minutes: Minutes, threshold: int, missing: str, rule: Callable[[list[bool]], set[Span]]) -> set[Span]:
    """The rule on a record: cut at every unobserved minute (break), or with those as minutes that do not walk (as_gap)."""
    walks = [steps is not None and steps >= threshold for steps in minutes]
    if missing == "as_gap":
        return rule(walks)
    found = set()
    for start, end in strict([steps is not None for steps in minutes], 1):
        found |= {(start + begin, start + finish) for begin, finish in rule(walks[start:end])}
    return found


@dataclasses.dataclass(frozen=True)
class Day:
    """One date of a week. state: valid, partial, missing or ineligible; unobserved: minutes of the wear window.

    weighted: minutes with vigorous ones by their weight, None: as walked. longest: the longest bout that starts on the date
    where one has to reach the target alone, else None.
    """

    state: str
    walked: int = 0
    unobserved: int = 1020
    weighted: int | None = None
    longest: int | None = None

    @property
    def volume(self) -> int:
        """Minutes for minutes_score and adherent_minutes."""
        return self.walked if self.weighted is None else self.weighted

    def reaches(self, minutes: int) -> bool:
        """The day's minutes, or its longest bout, are that many."""
        return (self.walked if self.longest is None else self.longest) >= minutes


@dataclasses.dataclass(frozen=True)
class Score:
    """The row that participant_week should hold; None where it should be NULL."""

    eligible_days: int
    success_days_lo: int
    success_days_hi: int
    success_days_hi_window: int
    days_score_lo: Fraction | None
    days_score_hi: Fraction | None
    minutes_score_lo: Fraction | None
    minutes_score_hi: Fraction | None
    dose_score_lo: Fraction | None
    dose_score_hi: Fraction | None
    adherent_days: str | None
    adherent_days_window: str | None
    adherent_minutes: str | None
    adherent_days_prorated: str | None
    extrapolated_minutes: Fraction | None
    coverage: Fraction | None
    answer: str | None
    status: str
    status_prorated: str


def _answer(lowest: int, highest: int, needed: int) -> str:
    if lowest >= needed:
        return "yes"
    return "no" if highest < needed else "unknown"


def _status(answer: str, unknown_days: int) -> str:
    if answer == "unknown":
        return "unresolved"
    return "resolved" if unknown_days else "complete"


def score(days: list[Day], rd: int, rm: int, grace: int, *, by_minutes: bool = False, is_coarse: bool = False) -> Score:
    """Section 8 of the bouts guide, word for word; by_minutes: the status follows the week's minutes, not its days.

    is_coarse: the bout rule cannot see so short a walk, so that a day that failed is unknown.
    """
    eligible = [day for day in days if day.state != "ineligible"]
    seen = [day for day in eligible if day.state != "missing"]
    valid = [day for day in eligible if day.state == "valid"]
    lo = sum(day.reaches(rm - grace) for day in seen) if rd and rm else 0
    failed = [day for day in valid if not day.reaches(rm - grace)]
    doubtful = len(eligible) - len(valid) - sum(day.state == "partial" and day.reaches(rm - grace) for day in seen)
    hidden = 0 if is_coarse else sum(day.unobserved > 0 and day.walked + day.unobserved + grace >= rm for day in failed)
    doubtful += len(failed) if is_coarse else 0
    coverage = Fraction(len(valid), len(eligible)) if eligible else None
    if not eligible or not rd or not rm:
        none = dict.fromkeys(field.name for field in dataclasses.fields(Score))
        none |= {"eligible_days": len(eligible), "coverage": coverage}
        none |= {"success_days_lo": 0, "success_days_hi": 0, "success_days_hi_window": 0}
        return Score(**none | {"status": "ineligible", "status_prorated": "ineligible"})  # type: ignore[arg-type]
    unknown_days = len(eligible) - len(valid)
    target = Fraction(rd * len(eligible), 7)
    needed = math.ceil(target)
    walked = sum(day.walked for day in seen)
    volume = sum(day.volume for day in seen)
    minutes_lo = min(Fraction(volume), target * rm) / (target * rm)

    def dose(minutes: list[int]) -> Fraction:
        best = sorted((min(value, rm) for value in minutes), reverse=True)[:needed]
        return min(Fraction(1), Fraction(sum(best)) / (target * rm))

    is_whole = len(eligible) == 7
    prorated = _answer(lo, lo + doubtful, needed)
    minutes_answer = "yes" if volume >= target * rm else "unknown" if unknown_days or is_coarse else "no"
    answer = minutes_answer if by_minutes else prorated
    mean = Fraction(sum(day.walked for day in valid), len(valid)) if len(valid) >= 4 else None
    return Score(
        eligible_days=len(eligible),
        success_days_lo=lo,
        success_days_hi=lo + doubtful,
        success_days_hi_window=lo + doubtful + hidden,
        days_score_lo=min(Fraction(lo), target) / target,
        days_score_hi=min(Fraction(lo + doubtful), target) / target,
        minutes_score_lo=minutes_lo,
        minutes_score_hi=Fraction(1) if unknown_days or is_coarse else minutes_lo,
        dose_score_lo=dose([day.walked for day in seen]),
        dose_score_hi=dose(
            [day.walked if day.state == "valid" and not is_coarse else max(day.walked, rm) for day in eligible]
        ),
        adherent_days=prorated if is_whole else None,
        adherent_days_window=_answer(lo, lo + doubtful + hidden, needed) if is_whole else None,
        adherent_minutes=minutes_answer if is_whole else None,
        adherent_days_prorated=prorated,
        extrapolated_minutes=None if mean is None else max(Fraction(walked), len(eligible) * mean),
        coverage=coverage,
        answer=answer,
        status=_status(answer, unknown_days) if is_whole else "partial_week",
        status_prorated=_status(answer, unknown_days),
    )
