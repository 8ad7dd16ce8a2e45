"""What each person does: when they are up, when they walk and at which cadence, and the few steps in between.

Everything falls on whole minutes, walks keep clear of one another, and no day is close to its target: a week's answer
must not hang on how a reader rounds.
"""

import dataclasses
import datetime as dt
import random
from collections.abc import Iterator

from sample_data.clock import Clock, Span, seeded
from sample_data.people import Participant

#: minutes that a device put away at lunch time was worn: well below the 600 of a valid day
MORNING = 390

_SLOTS = {"morning": (7, 15, 75), "afternoon": (14, 30, 90), "evening": (18, 0, 75)}


@dataclasses.dataclass(frozen=True)
class Spell:
    """Consecutive minutes with steps: a walk, or a few steps."""

    start: int
    steps: tuple[int, ...]

    @property
    def end(self) -> int:
        """The first minute without steps."""
        return self.start + len(self.steps)


@dataclasses.dataclass(frozen=True)
class Day:
    """One local date of a person; times are UTC minutes."""

    date: dt.date
    code: str
    span: Span
    awake: Span
    walks: tuple[Spell, ...]
    bursts: tuple[Spell, ...]


@dataclasses.dataclass(frozen=True)
class Life:
    """A person's days in order."""

    participant: Participant
    clock: Clock
    days: tuple[Day, ...]

    def steps(self) -> dict[int, int]:
        """Steps of both feet by UTC minute, whether or not a device saw them; minutes without steps have no entry."""
        return {
            spell.start + n: count
            for day in self.days
            for spell in (*day.bursts, *day.walks)
            for n, count in enumerate(spell.steps)
        }

    def walked_minutes(self) -> set[int]:
        """UTC minutes that belong to a walk."""
        return {minute for day in self.days for walk in day.walks for minute in range(walk.start, walk.end)}


def _lengths(rng: random.Random, code: str, minutes_asked: int, *, one_walk: bool) -> list[int]:
    """Minutes of each walk of the day."""
    if code in "MD" and rng.random() < 0.5:
        return []
    if code in "WRPBCLMD":
        total = minutes_asked + 8 + rng.randint(0, 9)
        pieces = 1 if one_walk or code in "RPL" else min(rng.choice((1, 1, 1, 2, 3)), total // 12)
        return [total // pieces + (n < total % pieces) for n in range(pieces)]
    if code == "s":
        return [rng.randint(10, minutes_asked - 8)]
    return []


def _walks(
    rng: random.Random, clock: Clock, date: dt.date, code: str, lengths: list[int], *, early: bool
) -> list[Spell]:
    slots = ["morning"] if early or code in "PL" else rng.sample(sorted(_SLOTS), k=len(lengths))
    walks = []
    for slot, minutes in zip(slots, lengths, strict=False):
        hour, minute, spread = _SLOTS[slot]
        pace = rng.randint(150, 158) if code == "R" else rng.randint(98, 118)
        start = clock.utc(date, hour, minute) + rng.randint(0, spread)
        walks.append(Spell(start, tuple(pace + rng.randint(-6, 6) for _ in range(minutes))))
    return sorted(walks, key=lambda walk: walk.start)


def _burst(rng: random.Random, start: int, minutes: int) -> Spell:
    return Spell(start, tuple(rng.randint(6, 42) for _ in range(minutes)))


def _bursts(rng: random.Random, code: str, awake: Span, walks: list[Spell]) -> Iterator[Spell]:
    """A few steps on getting up, on going to bed and at least hourly in between: a worn device is never silent long."""
    if code == "o":
        return
    last = [awake[1] - 2, *([awake[0] + MORNING - 2] if code in "Pp" else [])]
    yield _burst(rng, awake[0], 2)
    for start in last:
        yield _burst(rng, start, 2)
    at = awake[0] + rng.randint(25, 50)
    while at < awake[1] - 10:
        clear = all(at + 7 <= walk.start or at >= walk.end + 4 for walk in walks)
        if clear and all(abs(at - other) > 6 for other in last):
            yield _burst(rng, at, rng.randint(1, 3))
        at += rng.randint(25, 50)


def _day(participant: Participant, clock: Clock, date: dt.date, code: str, seed: int) -> Day:
    rng = seeded(seed, participant.participant_id, date)
    span = clock.day(date)
    awake = clock.utc(date, 6, 15) + rng.randint(0, 30), clock.utc(date, 22, 15) + rng.randint(0, 30)
    travelling = not 1380 <= span[1] - span[0] <= 1500
    minutes_asked = participant.prescribed(participant.week_of(date))[1]
    lengths = _lengths(rng, code, minutes_asked, one_walk=travelling or participant.sends in ("gpx", "activities"))
    walks = _walks(rng, clock, date, code, lengths, early=travelling)
    bursts = tuple(sorted(_bursts(rng, code, awake, walks), key=lambda burst: burst.start))
    if participant.walks_past_midnight_on == date:
        walks.append(Spell(span[1] - 10, tuple(rng.randint(96, 110) for _ in range(16))))
    return Day(date, code, span, awake, tuple(walks), bursts)


def live(participant: Participant, seed: int) -> Life:
    """The person's days from the first to the last of their codes."""
    clock = participant.clock()
    days = (_day(participant, clock, date, code, seed) for date, code in participant.codes(seed).items())
    return Life(participant, clock, tuple(days))
