"""What each device saw of its person: when it recorded, when it was worn, and the steps it counted.

Between a life and the files: the truth is told from here, and the files are written from here.
"""

import dataclasses
from typing import Literal

from sample_data.clock import Span, overlap, seeded
from sample_data.life import MORNING, Day, Life

Kind = Literal["watch", "pedometer", "tracker", "research", "activities", "tracks", "totals"]

#: the watch that writes several files a day starts one at this hour; on days of code L the ones before it are lost
LOST_UNTIL = 14

#: weeks in which the second device is worn
PEDOMETER_WEEKS = 4

SERIALS = {"W01": 3900000101, "W02": 3900000102, "W03": 3900000103, "W12": 3900000112}


@dataclasses.dataclass(frozen=True)
class Trace:
    """One device. Times are UTC minutes.

    recorded: spans for which its files hold rows. worn: spans in which it also was on the body.
    steps: by minute, only while worn; `lost` are counted by the device, but the file with their minutes is gone.
    """

    kind: Kind
    device_id: str
    recorded: tuple[Span, ...]
    worn: tuple[Span, ...]
    steps: dict[int, int]
    lost: dict[int, int] = dataclasses.field(default_factory=dict)


def _worn(life: Life, day: Day) -> Span | None:
    nights = life.participant.wears_at_night
    start, end = day.span if nights else day.awake
    if day.code in "WRszo":
        return start, end
    if day.code in "Pp":
        return start, day.awake[0] + MORNING
    if day.code == "L":
        return life.clock.utc(day.date, LOST_UNTIL), end
    return None


def _within(steps: dict[int, int], spans: list[Span]) -> dict[int, int]:
    return {minute: steps[minute] for start, end in spans for minute in range(start, end) if minute in steps}


def _all_day(life: Life, kind: Kind, device_id: str, *, whole_days: bool) -> Trace:
    """A device with rows for whole days, or only for as long as it is worn."""
    worn = [span for day in life.days if (span := _worn(life, day))]
    recorded = list(worn)
    if whole_days:
        recorded = [
            (life.clock.utc(day.date, LOST_UNTIL), day.span[1]) if day.code == "L" else day.span
            for day in life.days
            if day.code not in "MB"
        ]
    lost = [(day.span[0], life.clock.utc(day.date, LOST_UNTIL)) for day in life.days if day.code == "L"]
    everything = life.steps()
    return Trace(
        kind, device_id, tuple(recorded), tuple(worn), _within(everything, worn), _within(everything, lost)
    )  # fmt: skip


def _second_pedometer(life: Life, device_id: str, seed: int) -> Trace:
    """A pedometer beside the watch from 07:00 to 21:00, which counts a few steps more or fewer than the watch does."""
    clock, who = life.clock, life.participant
    worn = [
        (clock.utc(day.date, 7), clock.utc(day.date, 21))
        for day in life.days
        if day.code != "M" and who.week_of(day.date) <= PEDOMETER_WEEKS
    ]
    rng = seeded(seed, who.participant_id, "second device")
    counted = {m: max(1, n + rng.randint(-3, 3)) for m, n in _within(life.steps(), worn).items()}
    return Trace("pedometer", device_id, tuple(worn), tuple(worn), counted)


def _only_walks(life: Life, kind: Kind, device_id: str) -> Trace:
    """A device that records walks and nothing else."""
    walks = [walk for day in life.days if day.code in "Ws" for walk in day.walks]
    spans = [(walk.start, walk.end) for walk in walks]
    steps = _within(life.steps(), spans) if kind == "activities" else {}
    return Trace(kind, device_id, tuple(spans), tuple(spans), steps)


def _totals(life: Life) -> Trace:
    """Daily totals: steps of every day, and no minute of which anything is known."""
    return Trace("totals", "", (), (), {}, life.steps())


def traces_of(life: Life, seed: int) -> list[Trace]:
    """The person's devices, the one to believe first in front."""
    who = life.participant.participant_id
    watch = f"garmin-fenix5-{SERIALS.get(who)}"
    match life.participant.sends:
        case "watch":
            devices = [_all_day(life, "watch", watch, whole_days=True)]
        case "watch and pedometer":
            first = _all_day(life, "watch", watch, whole_days=True)
            devices = [first, _second_pedometer(life, "pedo-0202", seed)]
        case "fitabase wide" | "fitabase narrow":
            devices = [_all_day(life, "tracker", "", whole_days=True)]
        case "actigraph":
            devices = [_all_day(life, "research", "actigraph-wgt3xbt-mos2e39260107", whole_days=True)]
        case "pedometer" | "pedometer, gzip":
            devices = [_all_day(life, "pedometer", f"pedo-02{who[1:]}", whole_days=False)]
        case "gpx":
            devices = [_only_walks(life, "tracks", "")]
        case "activities":
            devices = [_only_walks(life, "activities", watch)]
        case "fitabase daily":
            devices = [_totals(life)]
        case _:
            devices = []
    return devices


def clip(spans: tuple[Span, ...], inside: Span) -> list[Span]:
    """The parts of the spans that lie inside another."""
    return [cut for span in spans if (cut := overlap(span, inside))]
