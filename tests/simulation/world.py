"""A seeded trial: what its people send each night, and what its coordinator writes into the CSVs meanwhile.

Everything that happens to files happens to some of them: they come late, twice, under another name, cut off and then whole,
corrected, never; before their owner is listed, or while devices.csv gives their device to somebody else.
"""

import dataclasses
import datetime as dt
import random
from collections.abc import Iterator

from sample_data.clock import seeded
from sample_data.fit_monitoring import Watch, monitoring_file
from tests.study_builder import at, minutes, native, table

#: A Monday that has passed on every clock.
FIRST = dt.date(2024, 3, 4)
#: What each of twelve people sends; people beyond the twelfth are as those before them.
SENDS = (
    "watch", "pedometer", "table", "watch", "watch without folder", "watch", "pedometer", "table", "watch", "watch",
    "watch", "pedometer",
)  # fmt: skip
#: places among the twelve to whom something happens, and the night (counted from 0) on which the CSVs say so
LISTED_LATE, GIVEN_WRONGLY, FROM_THE_FUTURE = 3, 5, 1
NEWS = {"prescription": (0, 1), "excused": (8, 1), "travel": (6, 2), "listed": (3, 2), "device": (4, 2), "end": (7, 3)}
#: the night from which one participant is not listed any more
_REMOVED, _REMOVED_FROM = 11, 3


@dataclasses.dataclass(frozen=True)
class Delivery:
    """A file that is dropped under inbox/ before a night's run."""

    night: int
    path: str
    content: bytes


@dataclasses.dataclass(frozen=True)
class World:
    """So many people over so many nights; history: days before the first night, which come with it."""

    people: int
    nights: int
    history: int = 0
    seed: int = 1

    def at_night(self, night: int) -> dt.datetime:
        """When a night's run begins: 02:00 UTC after the day that it brings."""
        return at(FIRST + dt.timedelta(days=self.history + night + 1), "02:00")

    def deliveries(self) -> list[Delivery]:
        """All files of all nights, by night."""
        days = range(self.history + self.nights)
        found = [one for person in range(self.people) for day in days for one in self._sent(person, day)]
        found += [self._table(day) for day in days] + [self._corrected_table()]
        return sorted((one for one in found if one.night < self.nights), key=lambda one: (one.night, one.path))

    def _night(self, day: int) -> int:
        return max(0, day - self.history)

    def _sent(self, person: int, day: int) -> Iterator[Delivery]:
        sends = SENDS[person % len(SENDS)]
        if sends == "table":
            return
        rng = seeded(self.seed, person, day, "fate")
        content = self._pedometer(person, day) if sends == "pedometer" else self._watch(person, day)
        ending = "csv" if sends == "pedometer" else "fit"
        folder = "" if sends == "watch without folder" else f"{name(person)}/"
        night, path = self._night(day), f"{folder}day{day:03d}-{person:04d}.{ending}"
        fate = rng.random()
        if person % len(SENDS) == FROM_THE_FUTURE and day == self.history:
            yield Delivery(night, f"{folder}ahead-{person:04d}.csv", self._pedometer(person, day + 3, pace=7))
        if fate < 0.06:
            yield Delivery(night + rng.randint(1, 3), path, content)
        elif fate < 0.10:
            return
        elif fate < 0.15 and ending == "csv":
            yield Delivery(night, path, content)
            # exported again: other values, and some minutes of the day after
            yield Delivery(night + 1, f"{folder}again{day:03d}-{person:04d}.csv", self._pedometer(person, day, pace=3))
        elif fate < 0.15:
            yield Delivery(night, path, content[: len(content) // 2])
            yield Delivery(night + 1, path, content)
        else:
            yield Delivery(night, path, content)
            if fate < 0.20:
                yield Delivery(night + 1, path, content)
            elif fate < 0.25:
                yield Delivery(night + rng.randint(0, 1), f"{folder}copy-{day:03d}-{person:04d}.{ending}", content)

    def _watch(self, person: int, day: int) -> bytes:
        start = (FIRST - dt.date(1970, 1, 1)).days * 1440 + day * 1440
        steps = {start + minute: pace for minute, pace in walked(seeded(self.seed, person, day)).items()}
        fit = monitoring_file(
            Watch(3_800_000_000 + person), day + 1, (start, start + 1440),
            day_start=start, offset_minutes=0, steps=steps, worn=[(start + 380, start + 1360)], counters={},
        )  # fmt: skip
        return fit.to_bytes()

    def _pedometer(self, person: int, day: int, pace: int = 0) -> bytes:
        return native(self._rows(person, day, pace, f"pedo-{person:04d}")).encode()

    def _rows(self, person: int, day: int, pace: int, device_id: str) -> list[dict[str, object]]:
        steps = walked(seeded(self.seed, person, day))
        last = 1300 if not pace else 1500
        return minutes(
            name(person),
            at(FIRST + dt.timedelta(days=day)) + dt.timedelta(minutes=380),
            [steps.get(minute, 0) + pace for minute in range(380, last)],
            device_id=device_id,
        )

    def _of_table(self, day: int, pace: int = 0) -> bytes:
        who = [person for person in range(self.people) if SENDS[person % len(SENDS)] == "table"]
        rows = [row for person in who for row in self._rows(person, day, pace, f"shared-{person:04d}")]
        rows += minutes("X999", at(FIRST + dt.timedelta(days=day), "10:00"), [100] * 20, device_id="shared-x")
        return native(rows).encode()

    def _table(self, day: int) -> Delivery:
        return Delivery(self._night(day), f"table-{day:03d}.csv", self._of_table(day))

    def _corrected_table(self) -> Delivery:
        return Delivery(2, "table-corrected.csv", self._of_table(self.history, pace=2))

    def tables(self, night: int) -> dict[str, str]:
        """The study's CSVs as they are before a night's run, by file name."""
        listed = [person for person in range(self.people) if self._is_listed(person, night)]
        here = set(listed)
        people = [
            {
                "participant_id": name(person),
                "start_date": FIRST + dt.timedelta(days=self.history if person % 3 else 0),
                "end_date": FIRST + dt.timedelta(days=self.history + 1) if self._has(person, "end", night) else None,
                "arm": "AB"[person % 2],
            }
            for person in listed
        ]
        devices = [
            {"device_id": f"garmin-fenix5-{3_800_000_000 + person}", "participant_id": name(owner)}
            for person in range(self.people)
            if (owner := self._owner(person, night)) in here
        ]
        of = {kind: [person for person in listed if self._has(person, kind, night)] for kind in NEWS}
        second = FIRST + dt.timedelta(days=self.history + 1)
        return {
            "participants.csv": table(("participant_id", "time_zone", "start_date", "end_date", "arm"), people),
            "devices.csv": table(("device_id", "participant_id", "from_date", "to_date"), devices),
            "prescriptions.csv": table(
                ("participant_id", "valid_from", "days_per_week", "minutes_per_day"),
                [{"participant_id": name(person), "valid_from": FIRST, "days_per_week": 3, "minutes_per_day": 20}
                 for person in of["prescription"]],
            ),
            "travel.csv": table(
                ("participant_id", "from_utc", "time_zone"),
                [{"participant_id": name(person), "from_utc": f"{second}T12:00:00Z", "time_zone": "Asia/Tokyo"}
                 for person in of["travel"]],
            ),
            "outcomes.csv": table(
                ("participant_id", "date", "kind", "value"),
                [{"participant_id": name(person), "date": second, "kind": "excused"} for person in of["excused"]],
            ),
        }  # fmt: skip

    def _has(self, person: int, kind: str, night: int) -> bool:
        place, since = NEWS[kind]
        return person % len(SENDS) == place and night >= since

    def _is_listed(self, person: int, night: int) -> bool:
        if person % len(SENDS) == LISTED_LATE:
            return self._has(person, "listed", night)
        return person != _REMOVED or night < min(_REMOVED_FROM, self.nights - 1)

    def _owner(self, person: int, night: int) -> int | None:
        """To whom devices.csv gives a person's watch."""
        if self._has(person, "device", night):
            return person
        is_wrong = person % len(SENDS) == GIVEN_WRONGLY and night < NEWS["device"][1]
        return person - GIVEN_WRONGLY if is_wrong else None


def name(person: int) -> str:
    """The id of the person at that place."""
    return f"P{person:04d}"


def walked(rng: random.Random) -> dict[int, int]:
    """Steps by minute of the day: a few now and then between 06:30 and 22:00, and up to three walks."""
    steps: dict[int, int] = {}
    minute = 390 + rng.randint(0, 20)
    while minute < 1320:
        steps |= {minute + n: rng.randint(5, 50) for n in range(rng.randint(1, 4))}
        minute += rng.randint(10, 45)
    for _ in range(rng.randrange(4)):
        first = rng.randint(430, 1200)
        steps |= {first + n: rng.randint(85, 125) for n in range(rng.randint(5, 45))}
    return steps
