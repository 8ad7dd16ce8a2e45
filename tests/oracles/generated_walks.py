"""Made-up minutes: walks near thresholds, pauses near limits, zeros near ninety, holes, nights, tracks."""

import random

from tests.oracles.world import Statement

Chance = random.Random
#: Steps on both sides of every threshold.
WALKING = (60, 60, 61, 99, 100, 101, 110, 110, 129, 130, 131)
STANDING = (0, 0, 0, 20, 59, 59)
#: How often a day is of each kind, for most people and for the diligent.
WEIGHTS = ((45, 20, 14, 10, 5, 6), (2, 90, 1, 5, 1, 1))


def day_of_minutes(chance: Chance, midnight: int, *, may_run: bool, is_diligent: bool = False) -> list[Statement]:
    """One date's rows of one device; midnight: its first minute; may_run: some minutes are runs.

    is_diligent: worn through the hours that decide, nearly always.
    """
    kind = chance.choices(("morning", "window", "short", "midnight", "night", "drawer"), WEIGHTS[is_diligent])[0]
    start, length = {
        "morning": (600 + chance.randint(-10, 10), chance.randint(15, 60)),
        "window": (600, 40),
        "short": (600 + chance.randint(0, 30), chance.randint(1, 25)),
        "midnight": (1440 - chance.randint(5, 25), chance.randint(15, 50)),
        "night": (60 + chance.randint(-5, 60), chance.randint(40, 150)),
        "drawer": (560 + chance.randint(0, 30), chance.randint(95, 200)),
    }[kind]
    steps = drawer(chance, length) if kind == "drawer" else stretches(chance, length)
    rows = []
    for n, (value, is_there) in enumerate(steps):
        if is_there:
            flags = ("run",) if may_run and value is not None and value >= 130 and chance.random() < 0.2 else ()
            rows.append(Statement(midnight + start + n, value, flags=flags))
    return rows or [Statement(midnight + start, 0)]


def stretches(chance: Chance, length: int) -> list[tuple[int | None, bool]]:
    """(steps, is there a row) by minute: walking, standing, unmeasured and absent come in stretches."""
    found: list[tuple[int | None, bool]] = []
    pace = chance.choice((WALKING, (100, 110, 120), (59, 60, 61), (130, 140)))
    while len(found) < length:
        kind = chance.choices(("walk", "pause", "still", "null", "absent"), (8, 7, 2, 1, 1))[0]
        count = {
            "walk": chance.choice((1, 2, 3, 5, 8, 9, 10, 11, 20, 30)),
            "pause": chance.choice((1, 1, 2, 2, 3, 4)),
            "still": chance.choice((5, 15, 30)),
            "null": chance.choice((1, 2, 5)),
            "absent": chance.choice((1, 2, 3, 10)),
        }[kind]
        for _ in range(count):
            steps = chance.choice(pace) if kind == "walk" else chance.choice(STANDING) if kind == "pause" else 0
            found.append((None if kind == "null" else steps, kind != "absent"))
    return found[:length]


def drawer(chance: Chance, length: int) -> list[tuple[int | None, bool]]:
    """Long zeros, near ninety, with now and then a lone spike."""
    if chance.random() < 0.3:
        return [(0, True)] * length
    found: list[tuple[int | None, bool]] = [(chance.choice(WALKING), True)] * chance.randint(0, 12)
    # around thirty, where a spike between two stretches begins to count as zero; and around the limits of a run
    stretches_of = chance.choice(((29, 30, 30, 31), (59, 60, 88, 89, 90, 91, 120)))
    while len(found) < length:
        found += [(0, True)] * chance.choice(stretches_of)
        found += [(chance.choice((1, 5, 100)), True)] * chance.choice((1, 1, 2, 3))
    return found


def heart_rates(chance: Chance, rows: list[Statement]) -> list[Statement]:
    """The same rows with heart rate in stretches, and here and there a sign of wear."""
    found = []
    on = True
    for row in rows:
        if chance.random() < 0.02:
            on = not on
        found.append(row._replace(heart_rate=on, shows_wear=chance.random() < 0.002))
    return found


def track(chance: Chance, start: int, *, may_run: bool) -> list[Statement]:
    """Minutes of a track that measured no steps; some have a label, some have none and are not told."""
    rows = []
    at = start
    for _ in range(chance.randint(2, 8)):
        label = chance.choices(("walk", "run", "still", None), (6, may_run, 2, 1))[0]
        for _ in range(chance.choice((1, 2, 3, 4, 9, 12, 30))):
            if label is not None:
                rows.append(Statement(at, None, gps_label=label))
            at += 1
    return rows or [Statement(start, None, gps_label="walk")]
