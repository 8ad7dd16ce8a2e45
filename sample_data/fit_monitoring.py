"""All-day monitoring as a wrist watch writes it: running totals per activity type and local day, at every change.

A row that carries an activity type closes the interval since the row before that carried one. Rows come where type or
intensity changes and at quarter hours. A file ends with its totals and the next one begins with them; at local midnight
they start again from nothing. Field 3 holds steps of both feet, which the profile's scale of 2 turns into cycles.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from sample_data.clock import Span
from sample_data.fit_writer import FitFile, fit_time, layout

WALKING, RUNNING, SEDENTARY = 6, 1, 8

#: steps a minute from which the watch calls it running, and below which only part of the minute was active
_RUNNING_FROM, _WHOLE_FROM, _PART_MS = 140, 60, 40_000

#: minutes between heart-rate rows while worn
_HEART_EVERY = 30

_FILE_ID = layout(0, (3, "uint32z"), (4, "uint32"), (1, "uint16"), (2, "uint16"), (5, "uint16"), (0, "enum"))
_DEVICE = layout(23, (253, "uint32"), (3, "uint32z"), (2, "uint16"), (4, "uint16"), (5, "uint16"))
_SOFTWARE = layout(35, (3, "uint16"))
_INFO = layout(
    103, (253, "uint32"), (0, "uint32"), (3, "uint16", 2), (4, "uint16", 2), (5, "uint16"), (1, "enum", 2)
)  # fmt: skip
_CLIMB = layout(55, (253, "uint32"), (35, "uint32"), (36, "uint32"))
_ACTIVE = layout(55, (253, "uint32"), (37, "uint16"), (38, "uint16"))
_SETTINGS = layout(2, (1, "uint32"), (0, "uint8"))
_UNKNOWN = layout(233, (2, "byte", 4))
_STILL = layout(55, (253, "uint32"), (24, "byte"))
_HEART = layout(55, (26, "uint16"), (27, "uint8"))
_MOVING = layout(55, (3, "uint32"), (4, "uint32"), (19, "uint16"), (26, "uint16"), (24, "byte"))
_MOVING_LONG = layout(
    55, (26, "uint16"), (3, "uint32"), (4, "uint32"), (19, "uint16"), (5, "enum"), (28, "uint8"), (24, "byte")
)  # fmt: skip
_TOTALS = layout(
    55, (253, "uint32"), (2, "uint32"), (3, "uint32"), (4, "uint32"), (19, "uint16"), (29, "uint16"), (5, "enum")
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Watch:
    """Who made it, which model, which piece."""

    serial: int
    product: int = 2697
    manufacturer: int = 1


@dataclasses.dataclass
class Counter:
    """Running total of one activity type on one local day."""

    steps: int = 0
    active_ms: int = 0

    @property
    def calories(self) -> int:
        """Roughly."""
        return self.steps // 28


#: running totals by activity type
Counters = dict[int, Counter]


def _kind(steps: int) -> int:
    if not steps:
        return SEDENTARY
    return RUNNING if steps >= _RUNNING_FROM else WALKING


def _changes(span: Span, steps: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """(minute, type, intensity) of each row that closes an interval, the last one at the end of the span."""
    minutes_on = 0
    before = (_kind(steps.get(span[0], 0)), 0)
    for minute in range(span[0], span[1] + 1):
        pace = steps.get(minute, 0) if minute < span[1] else 0
        minutes_on = minutes_on + 1 if pace else 0
        fast = 0 if not pace else 2 if pace < _WHOLE_FROM else 3 if minutes_on <= 3 else 4
        now = (_kind(pace), fast)
        if minute > span[0] and (now != before or minute % 15 == 0 or minute == span[1]):
            yield minute, *before
        before = now


def _open(fit: FitFile, watch: Watch, number: int, start: int, offset_minutes: int) -> None:
    at = fit_time(start)
    fit.add(_FILE_ID, watch.serial, at, watch.manufacturer, watch.product, number, 32)
    fit.add(_DEVICE, at, watch.serial, watch.manufacturer, watch.product, 1310)
    fit.add(_SOFTWARE, 480)
    fit.add(_INFO, at, at + offset_minutes * 60, (7500, 11000), (215, 680), 1887, (WALKING, RUNNING))
    fit.add(_UNKNOWN, (27, 2, 0, 0))


def _totals(fit: FitFile, minute: int, day_start: int, counters: Counters) -> None:
    at = fit_time(minute)
    for kind, counter in counters.items():
        metres = counter.steps * 3 // 4
        fit.add(
            _TOTALS, at, metres * 100, counter.steps, counter.active_ms, counter.calories, minute - day_start, kind
        )  # fmt: skip
    fit.add(_CLIMB, at, 0, 0)
    fit.add(_ACTIVE, at, 0, 0)


def _heart_rows(span: Span, worn: list[Span]) -> list[int]:
    """Minutes with a heart-rate row: regularly, and in the last minute before the watch comes off."""
    rows = {minute for start, end in worn for minute in (*range(start, end, _HEART_EVERY), end - 1)}
    return sorted(minute for minute in rows if span[0] <= minute < span[1])


def monitoring_file(
    watch: Watch, number: int, span: Span, *, day_start: int, offset_minutes: int,
    steps: Mapping[int, int], worn: list[Span], counters: Counters,
) -> FitFile:  # fmt: skip
    """A file for a span of UTC minutes inside one local day; `counters` are carried on from file to file of a day."""
    fit = FitFile()
    _open(fit, watch, number, span[0], offset_minutes)
    _totals(fit, span[0], day_start, counters)
    heart = _heart_rows(span, worn)
    since = span[0]
    for minute, kind, intensity in _changes(span, steps):
        while heart and heart[0] < minute:
            beat = heart.pop(0)
            fit.add(_HEART, fit_time(beat) & 0xFFFF, min(170, 62 + beat % 7 + steps.get(beat, 0) // 2))
        if kind == SEDENTARY:
            fit.add(_STILL, fit_time(minute), SEDENTARY | intensity << 5)
        else:
            _count(counters.setdefault(kind, Counter()), [steps[m] for m in range(since, minute)])
            _moving(fit, minute, kind, intensity, counters[kind])
        since = minute
    _totals(fit, span[1], day_start, counters)
    return fit


def _count(counter: Counter, paces: list[int]) -> None:
    counter.steps += sum(paces)
    counter.active_ms += sum(60_000 if pace >= _WHOLE_FROM else _PART_MS for pace in paces)


def _moving(fit: FitFile, minute: int, kind: int, intensity: int, counter: Counter) -> None:
    low, both = fit_time(minute) & 0xFFFF, kind | intensity << 5
    if kind == RUNNING:
        fit.add(_MOVING_LONG, low, counter.steps, counter.active_ms, counter.calories, kind, intensity * 10, both)
    else:
        fit.add(_MOVING, counter.steps, counter.active_ms, counter.calories, low, both)


def settings_file(watch: Watch, start: int) -> FitFile:
    """A file of the same watch that holds settings and no steps."""
    fit = FitFile()
    fit.add(_FILE_ID, watch.serial, fit_time(start), watch.manufacturer, watch.product, None, 2)
    fit.add(_SETTINGS, 0, 0)
    return fit
