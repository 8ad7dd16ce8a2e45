"""Made-up rules: short wear windows, so that short days can be valid, and every kind of bout rule, success and target."""

import random

from tests.oracles.world import BoutRule, Protocol, WearRule


def protocols(chance: random.Random) -> list[Protocol]:
    """Three of five protocols, whose rules differ by seed."""
    gap = BoutRule("gap", "gap_merge", 60, chance.choice((9, 9, 5, 1)), chance.choice((0, 1, 2, 2, 3)))
    strict = BoutRule("strict", "strict", 100, chance.choice((1, 3, 10)), credit="active")
    nci = BoutRule("nci", "nci_8of10", chance.choice((60, 100)), 10, 2, missing=chance.choice(("break", "as_gap")))
    share = BoutRule(
        "share", "window_share", 60, 10, chance.choice((1, 2)), chance.choice((7, 8, 10)),
        missing=chance.choice(("break", "as_gap")), credit=chance.choice(("span", "active")),
    )  # fmt: skip
    loose = BoutRule(
        "loose", "gap_merge", chance.choice((59, 61, 100)), 5, chance.choice((2, 5)), credit="active", missing="as_gap"
    )
    # at night the clocks change inside the window
    morning = _wear(chance, "coverage", "coverage", *chance.choice(((600, 640), (600, 640), (60, 240))))
    night = _wear(chance, "night", "zeros", 60, 240)
    choi = _wear(chance, "choi", "choi", 590, 640)
    heart = _wear(chance, "heart", "heart_rate", 600, 640)
    made = [
        Protocol("days", gap, morning, grace_minutes=1),
        Protocol(
            "minutes", strict, night if chance.random() < 0.3 else _wear(chance, "zeros", "zeros", 600, 640),
            minutes_per_day=chance.choice((10, 20)), success="minutes", target="fixed", week="iso", grace_minutes=0,
            vigorous_cadence_spm=130, vigorous_weight=2,
        ),
        Protocol("sessions", nci, choi, success="sessions", minutes_per_day=20, grace_minutes=chance.choice((0, 1))),
        Protocol(
            "no-runs", share, heart, days_per_week=3, minutes_per_day=15, running="exclude",
            week=chance.choice(("study", "iso")), grace_minutes=0,
        ),
        Protocol("loose", loose, morning, minutes_per_day=chance.choice((10, 30)), success=chance.choice(("days", "minutes"))),
    ]  # fmt: skip
    return chance.sample(made, 3)


def _wear(chance: random.Random, name: str, method: str, day_from: int, day_to: int) -> WearRule:
    zeros = (
        None if method in ("coverage", "heart_rate") else chance.choice((60, 90) if method == "choi" else (10, 30, 60))
    )
    return WearRule(name, method, zeros, chance.choice((20, 30)), day_from, day_to)
