"""Non-wear by zeros, one algorithm for the rules of NCI, Choi and plain runs, stated slowly. Only for tests."""

import dataclasses

from tests.oracles.slow_rules import Minutes, Span, strict


@dataclasses.dataclass(frozen=True)
class ZeroRule:
    """Not worn: a stretch of at least zero_run_minutes from a zero to a zero in which every other minute belongs to a spike.

    A spike is a run of at most spike_minutes that are not zero, of at most spike_steps each (None: however many), with
    flank_minutes zeros or more on either side of it. Counts of devices, if the steps are such; 0 spike_minutes: no spikes.
    """

    zero_run_minutes: int
    spike_minutes: int = 0
    spike_steps: int | None = None
    flank_minutes: int = 1


#: Troiano 2008 and the NCI's SAS programs; 99 are counts of an ActiGraph.
NCI = ZeroRule(60, spike_minutes=2, spike_steps=99)
#: Choi 2011: spikes pass where the 30 minutes before and after are zero.
CHOI = ZeroRule(90, spike_minutes=2, flank_minutes=30)
ZEROS_60 = ZeroRule(60)


def not_worn(minutes: Minutes, rule: ZeroRule) -> set[Span]:
    """Half-open stretches of the record that were not worn; a missing minute (None) ends a stretch and is in none."""
    found: set[Span] = set()
    for start, end in sorted(strict([steps is not None for steps in minutes], 1)):
        stretch: Span | None = None
        for zeros in sorted(strict([steps == 0 for steps in minutes[start:end]], 1)):
            begin, finish = zeros[0] + start, zeros[1] + start
            if stretch is not None and _passes(minutes, stretch[1], begin, rule):
                stretch = (stretch[0], finish)
            else:
                found |= _kept(stretch, rule)
                stretch = (begin, finish)
        found |= _kept(stretch, rule)
    return found


def _passes(minutes: Minutes, start: int, end: int, rule: ZeroRule) -> bool:
    """True if [start, end), which lies between zeros, is a spike."""
    spike = [steps or 0 for steps in minutes[start:end]]
    before = minutes[max(0, start - rule.flank_minutes) : start]
    after = minutes[end : end + rule.flank_minutes]
    return (
        len(spike) <= rule.spike_minutes
        and (rule.spike_steps is None or max(spike) <= rule.spike_steps)
        and before == after == [0] * rule.flank_minutes
    )


def _kept(stretch: Span | None, rule: ZeroRule) -> set[Span]:
    return {stretch} if stretch is not None and stretch[1] - stretch[0] >= rule.zero_run_minutes else set()
