"""Draws one participant-day of a study's published file as SVG: steps, wear and walking bouts on the local clock.

    python docs/draw_day.py STUDY PARTICIPANT YYYY-MM-DD OUT.svg [--intervals FILE.csv]

FILE.csv (columns interval_start, interval_end, activity_type, steps; UTC) is drawn as one more row, to compare what a
device stated with the minutes that were made of it. Nothing but the published file and that CSV is read.
"""

import argparse
import csv
import dataclasses
import datetime as dt
import html
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

WIDTH, LEFT, RIGHT, TOP = 1180, 186, 20, 66
STEPS_HEIGHT, WEAR_HEIGHT, BOUT_HEIGHT, INTERVALS_HEIGHT, SPACE = 190, 20, 18, 110, 34
#: labels of boxes that are nearer to each other than this many pixels stand on two levels
LABEL_WIDTH = 18
#: told apart by lightness as well, for a print without colour
STATES = {"observed": "#4a6f8a", "worn, not observed": "url(#hatched)", "not observed": "#ffffff"}
KINDS = {"walking": "#7fa8c4", "running": "#1d3444"}
OTHER = "#c9c9c9"
LINES_SPM = (60, 100)

STYLE = """text{font:11px Helvetica,Arial,sans-serif;fill:#111}.title{font-size:16px;font-weight:bold}.row{font-weight:bold}
.small{font-size:10px;fill:#333}.tick{font-size:10px;text-anchor:middle}.scale{font-size:10px;text-anchor:end}
.minutes{font-size:10px;text-anchor:middle}.grid{stroke:#dcdcdc;stroke-width:.5}.axis{stroke:#555;stroke-width:.7}
.line{stroke:#a33c1c;stroke-width:.8;stroke-dasharray:4 3}.frame{fill:none;stroke:#555;stroke-width:.7}
.steps{fill:#4a6f8a}.bout{fill:#d9a441;stroke:#5c4310;stroke-width:.7}.interval{stroke:#333;stroke-width:.25}"""


@dataclasses.dataclass(frozen=True)
class Minute:
    """One minute of the grid."""

    steps: int | None
    source: str | None
    is_worn: bool | None
    flags: tuple[str, ...]

    @property
    def state(self) -> str:
        if self.source is not None:
            return "observed"
        return "worn, not observed" if self.is_worn else "not observed"


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One listed protocol, its bouts as [start, end) in minutes of the Unix clock, and its answer for the day."""

    name: str
    rule: str
    bouts: tuple[tuple[int, int], ...]
    credited: Callable[[Minute | None], bool]
    walking_minutes: int | None
    target: str


@dataclasses.dataclass(frozen=True)
class Day:
    """What the published file says of the day; times in minutes of the Unix clock, `end` not included."""

    participant: str
    date: dt.date
    zone: ZoneInfo
    start: int
    end: int
    steps: int | None
    state: str
    minutes: dict[int, Minute]
    protocols: tuple[Protocol, ...]


@dataclasses.dataclass(frozen=True)
class Interval:
    """One interval as a device stated it."""

    start: float
    end: float
    kind: str
    steps: int


def read_day(database: Path, participant: str, date: dt.date) -> Day:
    """The day; exits with a sentence if the published file has no such day."""
    if not database.is_file():
        sys.exit(f"expected a published file; found none at {database}. `footfall ingest` makes it.")
    with duckdb.connect(str(database), read_only=True) as connection:

        def ask(sql: str, *values: object) -> list[tuple[Any, ...]]:
            return connection.execute(sql, list(values)).fetchall()

        rows = ask(
            """SELECT day.protocol_id, protocol.bout_rule_id, protocol.running, rule.credit, rule.min_cadence_spm,
                day.walking_minutes, coalesce(day.target_met, day.state), day.time_zone, day.day_length_minutes,
                day.steps, concat(day.state, ', ', replace(day.reason, '_', ' '))
            FROM participant_day AS day JOIN protocol USING (protocol_id) JOIN bout_rule AS rule USING (bout_rule_id)
            WHERE day.participant_id = ? AND day.local_date = ? AND day.time_zone IS NOT NULL ORDER BY ALL""",
            participant, date,
        )  # fmt: skip
        if not rows:
            sys.exit(f"expected a day of the study; found none of participant {participant} on {date}.")
        minutes = {
            int(at): Minute(steps, source, worn, tuple(flags))
            for at, steps, source, worn, flags in ask(
                """SELECT epoch_ms(minute_start) // 60000, steps, walking_source, is_worn, flags FROM minute
                WHERE participant_id = ? AND local_date = ? ORDER BY 1""",
                participant, date,
            )
        }  # fmt: skip
        zone = ZoneInfo(rows[0][7])
        midnight = int(dt.datetime.combine(date, dt.time(), zone).timestamp()) // 60
        # a journey can begin the date before, or end it after, the midnight of its main zone
        start = min([midnight, *minutes])
        end = max([midnight + rows[0][8], *(at + 1 for at in minutes)])
        bouts = ask(
            """SELECT bout_rule_id, epoch_ms(bout_start) // 60000, epoch_ms(bout_end) // 60000 FROM walking_bout
            WHERE participant_id = ? AND bout_end > to_timestamp(?) AND bout_start < to_timestamp(?) ORDER BY ALL""",
            participant, start * 60, end * 60,
        )  # fmt: skip
    protocols = tuple(
        Protocol(
            name=name,
            rule=rule,
            bouts=tuple((max(first, start), min(last, end)) for of, first, last in bouts if of == rule),
            credited=_credited(credit == "active", cadence, excludes_running=running == "exclude"),
            walking_minutes=walked,
            target=target,
        )
        for name, rule, running, credit, cadence, walked, target, *_ in rows
    )
    return Day(participant, date, zone, start, end, rows[0][9], rows[0][10], minutes, protocols)


def _credited(active_only: bool, cadence: float, *, excludes_running: bool) -> Callable[[Minute | None], bool]:
    """Whether a minute inside a bout counts under a protocol, as docs/definitions.md has it."""

    def counts(minute: Minute | None) -> bool:
        flags = minute.flags if minute else ()
        if "future" in flags or (excludes_running and "run" in flags):
            return False
        if not active_only:
            return True
        if minute is None or "not_on_foot" in flags:
            return False
        if minute.steps is None:
            return minute.source in ("gps", "gps_run") and cadence <= LINES_SPM[0]
        return minute.steps >= cadence

    return counts


def read_intervals(path: Path, day: Day) -> list[Interval]:
    """The intervals that end on the day."""
    with path.open(encoding="utf-8", newline="") as file:
        found = [
            Interval(
                _minute(row["interval_start"]), _minute(row["interval_end"]), row["activity_type"], int(row["steps"])
            )
            for row in csv.DictReader(file)
        ]
    return sorted((one for one in found if day.start < one.end <= day.end), key=lambda one: (one.start, one.end))


def _minute(stamp: str) -> float:
    return dt.datetime.fromisoformat(stamp).timestamp() / 60


class Drawing:
    """The rows of the picture, one below the other."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.parts: list[str] = []
        self.y = TOP
        self.most = max([120, *(minute.steps or 0 for minute in day.minutes.values())])
        self.most = -(-self.most // 20) * 20

    def x(self, at: float) -> float:
        return LEFT + (at - self.day.start) / (self.day.end - self.day.start) * (WIDTH - LEFT - RIGHT)

    def clock(self, at: float) -> str:
        return f"{dt.datetime.fromtimestamp(at * 60, self.day.zone):%H:%M}"

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{html.escape(words)}</text>')

    def line(self, ends: tuple[float, float, float, float], kind: str) -> None:
        x1, y1, x2, y2 = ends
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def box(self, span: tuple[float, float], y: float, height: float, words: str, more: str) -> None:
        x, width = self.x(span[0]), self.x(span[1]) - self.x(span[0])
        size = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
        self.parts.append(f"<rect {size} {more}><title>{html.escape(words)}</title></rect>")

    def label(self, words: Iterable[str], top: float) -> None:
        for number, (line, kind) in enumerate(zip(words, itertools.chain(["row"], itertools.repeat("small")))):  # noqa: B905
            self.text(10, top + 11 + 14 * number, line, kind)

    def scale(self, top: float, height: float) -> None:
        """The frame of a row of steps per minute, with its lines."""
        self.parts.append(
            f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{height}" class="frame"/>'
        )
        for value in (0, *LINES_SPM, self.most):
            y = top + height * (1 - value / self.most)
            self.text(LEFT - 5, y + 3.5, str(value), "scale")
            if value in LINES_SPM:
                self.line((LEFT, y, WIDTH - RIGHT, y), "line")

    def steps(self) -> None:
        day, height = self.day, STEPS_HEIGHT
        self.label(["Steps per minute", f"{_number(day.steps)} steps on the day", "lines: 60 and 100"], self.y)
        bottom, path = self.y + height, []
        for at, minute in day.minutes.items():
            if minute.steps:
                tall = height * minute.steps / self.most
                path.append(f"M{self.x(at):.2f} {bottom}v{-tall:.2f}H{self.x(at + 1):.2f}v{tall:.2f}z")
        self.parts.append(f'<path class="steps" d="{"".join(path)}"><title>Steps of each minute</title></path>')
        self.scale(self.y, height)
        self.y = bottom + SPACE

    def wear(self) -> None:
        day, unknown = self.day, Minute(None, None, None, ())
        states = [day.minutes.get(at, unknown).state for at in range(day.start, day.end)]
        counts = Counter(states)
        self.label(["Wear", *(f"{_number(counts[state])} min {state}" for state in STATES)], self.y - 8)
        at = day.start
        for state, run in itertools.groupby(states):
            first, at = at, at + len(list(run))
            words = f"{state}, {self.clock(first)} to {self.clock(at)}, {at - first} minutes"
            self.box((first, at), self.y, WEAR_HEIGHT, words, f'fill="{STATES[state]}" stroke="#555" stroke-width=".4"')
        key = float(LEFT)
        for state, fill in STATES.items():
            self.parts.append(
                f'<rect x="{key}" y="{self.y + WEAR_HEIGHT + 8}" width="12" height="9" fill="{fill}" stroke="#555"/>'
            )
            self.text(key + 17, self.y + WEAR_HEIGHT + 16, state, "small")
            key += 34 + 6 * len(state)
        self.y += WEAR_HEIGHT + SPACE + 22

    def bouts(self, protocol: Protocol) -> None:
        walked = f"{_number(protocol.walking_minutes)} walking minutes"
        self.label([protocol.name, walked, f"target met: {protocol.target}"], self.y - 4)
        self.line((LEFT, self.y + BOUT_HEIGHT, WIDTH - RIGHT, self.y + BOUT_HEIGHT), "axis")
        last, raised = float("-inf"), False
        for first, end in protocol.bouts:
            counted = sum(protocol.credited(self.day.minutes.get(at)) for at in range(first, end))
            words = f"bout from {self.clock(first)} to {self.clock(end)}, {counted} minutes counted"
            more = f'class="bout" data-protocol="{html.escape(protocol.name)}" data-minutes="{counted}"'
            self.box((first, end), self.y, BOUT_HEIGHT, words, more)
            middle = (self.x(first) + self.x(end)) / 2
            raised = middle - last < LABEL_WIDTH and not raised
            self.text(middle, self.y - (13 if raised else 3), str(counted), "minutes")
            last = middle
        if not protocol.bouts:
            self.text(
                LEFT + 6, self.y + 13, "no bout" if protocol.walking_minutes is not None else "not measured", "small"
            )
        self.y += BOUT_HEIGHT + SPACE

    def intervals(self, stated: list[Interval]) -> None:
        sums: Counter[str] = Counter()
        for one in stated:
            sums[one.kind] += one.steps
        told = [f"{_number(count)} {kind}" for kind, count in sums.most_common() if count]
        self.label(["Stated intervals", "steps per minute", *told], self.y)
        bottom = self.y + INTERVALS_HEIGHT
        for one in stated:
            # one that ends in the minute it starts in still lasted for some of it
            span = (one.start, max(one.end, one.start + 1))
            pace = one.steps / (span[1] - span[0])
            tall = INTERVALS_HEIGHT * min(pace, self.most) / self.most if one.steps else 3
            words = f"{one.kind}, {self.clock(one.start)} to {self.clock(one.end)}, {one.steps} steps"
            fill = KINDS.get(one.kind, OTHER)
            self.box(span, bottom - tall, tall, words, f'class="interval" fill="{fill}"')
        self.scale(self.y, INTERVALS_HEIGHT)
        key = float(LEFT)
        for kind, fill in (*KINDS.items(), ("other, or without steps", OTHER)):
            self.parts.append(f'<rect x="{key}" y="{bottom + 8}" width="12" height="9" fill="{fill}" stroke="#555"/>')
            self.text(key + 17, bottom + 16, kind, "small")
            key += 34 + 6 * len(kind)
        self.y = bottom + SPACE + 6

    def hours(self) -> Iterator[str]:
        """Lines at each local hour through all rows, and the hour below every second one."""
        for at in range(self.day.start, self.day.end + 1):
            local = dt.datetime.fromtimestamp(at * 60, self.day.zone)
            if local.minute and at != self.day.end:
                continue
            x = self.x(at)
            yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{self.y}" class="grid"/>'
            if local.hour % 2 == 0 or at == self.day.end:
                yield f'<text x="{x:.1f}" y="{self.y + 14}" class="tick">{24 if at == self.day.end else local.hour:02d}</text>'


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def draw(day: Day, stated: list[Interval] | None = None) -> str:
    """The picture as SVG text."""
    drawing = Drawing(day)
    drawing.steps()
    drawing.wear()
    for protocol in day.protocols:
        drawing.bouts(protocol)
    if stated is not None:
        drawing.intervals(stated)
    hours = "".join(drawing.hours())
    height = drawing.y + 40
    title = f"Participant {day.participant}, {day.date:%A} {day.date.day} {day.date:%B %Y}"
    said = "; ".join(
        f"{one.name}: {len(one.bouts)} bouts, {_number(one.walking_minutes)} walking minutes" for one in day.protocols
    )
    told = f"{_number(day.steps)} steps, day {day.state}. {said}."
    drawing.text(10, 26, title, "title")
    drawing.text(10, 45, f"local time of {day.zone.key}; day {day.state}")
    drawing.text(WIDTH - RIGHT - 90, drawing.y + 30, f"hour in {day.zone.key.rpartition('/')[2]}", "small")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"
 role="img" aria-labelledby="title desc">
<title id="title">{html.escape(title)}</title>
<desc id="desc">{html.escape(told)}</desc>
<style>{STYLE}</style>
<defs><pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="5" height="5" fill="#fff"/><line y2="5" stroke="#4a6f8a" stroke-width="3"/></pattern></defs>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
{hours}
{chr(10).join(drawing.parts)}
</svg>
"""


def main(words: list[str] | None = None) -> None:
    """Draws what the command line asks for."""
    parser = argparse.ArgumentParser(description="Draws one participant-day of a study as SVG.")
    parser.add_argument("study", type=Path, metavar="STUDY")
    parser.add_argument("participant", metavar="PARTICIPANT")
    parser.add_argument("date", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("out", type=Path, metavar="OUT.svg")
    parser.add_argument("--intervals", type=Path, metavar="FILE.csv", help="what a device stated, to compare")
    given = parser.parse_args(words)
    day = read_day(given.study / "published" / "research.duckdb", given.participant, given.date)
    stated = read_intervals(given.intervals, day) if given.intervals else None
    given.out.write_text(draw(day, stated), encoding="utf-8")


if __name__ == "__main__":
    main()
