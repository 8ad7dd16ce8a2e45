"""The cases that published tools were run on, ingested once with every rule of theirs as a row. Data: data/README.md."""

import collections
import csv
import datetime as dt
import re
import zoneinfo
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracles.slow_rules import Minutes, Span, gap_merge, window_share
from tests.study_builder import ask, make_study, native, run, table

DATA = Path(__file__).parent / "data"
BREAKS = "gap_merge_gap2_min10_t100_missing_breaks"
WEAR = {"wear-zeros": "zeros_60", "wear-choi": "choi", "wear-nci": "nci"}
#: Counts of an ActiGraph, here taken for steps: an algorithm test, no rule for a trial.
NCI_RULE = "wear_rule_id,method,zero_run_minutes,spike_minutes,spike_steps\nnci,zeros,60,2,99\n"
_RULE_COLUMNS = (
    "bout_rule_id", "algorithm", "min_cadence_spm", "min_minutes", "max_gap_minutes", "min_share", "credit", "missing",
)  # fmt: skip


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a file of data/."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _rules_of(kind: str) -> list[str]:
    return [row["rule_id"] for row in rows_of("rules.csv") if row["class"] == kind and "nonwear" not in row["rule_id"]]


#: Bout rules on which the tool and an independent implementation agree on every case, and those on some cases only.
REFERENCE, INFORMATIONAL = _rules_of("reference"), _rules_of("informational")


def figures(rule_id: str) -> dict[str, str]:
    """The numbers in a rule's name by the letters before them, such as gap, min and t."""
    return dict(re.findall(r"_(bl|tol|t|gap|min|d|c|sep)([\d.]+)", rule_id))


def rule_row(rule_id: str) -> dict[str, Any]:
    """A tool's documented rule as a row of bout_rules.csv; tools know no missing minute, so a missing one is a pause."""
    row: dict[str, Any] = {"bout_rule_id": rule_id, "credit": "span", "missing": "as_gap"}
    if rule_id == BREAKS:
        return row | {
            "algorithm": "gap_merge", "min_cadence_spm": 100, "min_minutes": 10, "max_gap_minutes": 2, "missing": "break",
        }  # fmt: skip
    number = figures(rule_id)
    row["min_cadence_spm"] = number["t"]
    if rule_id.startswith("ggir"):
        return row | {
            "algorithm": "window_share", "min_minutes": number["d"], "min_share": number["c"], "max_gap_minutes": 1,
        }  # fmt: skip
    if "_nci_" in rule_id:
        return row | {"algorithm": "nci_8of10", "min_minutes": number["bl"], "max_gap_minutes": number["tol"]}
    if rule_id.startswith("mobgap"):
        return row | {"algorithm": "gap_merge", "min_minutes": number["min"], "max_gap_minutes": number["gap"]}
    if rule_id.startswith("skdh"):
        # joined while the pause in seconds is strictly below; what is kept goes by span: see `kept`
        return row | {"algorithm": "gap_merge", "min_minutes": 1, "max_gap_minutes": int(float(number["sep"]) // 60)}
    return row | {"algorithm": "strict", "min_minutes": number["bl"]}


def kept(rule_id: str, spans: set[Span]) -> set[Span]:
    """Those that the rule keeps: skdh's asks that the first and last minute start more than `min` seconds apart."""
    if not rule_id.startswith("skdh"):
        return spans
    least = int(figures(rule_id)["min"])
    return {(start, end) for start, end in spans if (end - 1 - start) * 60 > least}


def slow_bouts(rule_id: str, minutes: Minutes) -> set[Span]:
    """An informational rule as documented, stated slowly; a missing minute is one without steps."""
    number = figures(rule_id)
    walks = [steps is not None and steps >= int(number["t"]) for steps in minutes]
    if rule_id.startswith("ggir"):
        return window_share(walks, int(number["d"]), 1, Fraction(number["c"]))
    return kept(rule_id, gap_merge(walks, 1, int(float(number["sep"]) // 60)))


def minutes_of_cases() -> tuple[dict[str, dt.datetime], dict[str, Minutes]]:
    """When each case starts and its steps by minute; None: missing."""
    starts: dict[str, dt.datetime] = {}
    values: dict[str, Minutes] = collections.defaultdict(list)
    for row in rows_of("minutes.csv"):
        starts.setdefault(row["case_id"], dt.datetime.fromisoformat(row["ts_utc"]))
        values[row["case_id"]].append(int(row["steps"]) if row["steps"] else None)
    for row in rows_of("fuzz_days.csv"):
        starts[row["case_id"]] = dt.datetime.fromisoformat(row["start_utc"])
        values[row["case_id"]] = [None if cell == "." else int(cell) for cell in row["steps_1440"].split()]
    return starts, values


def expected_bouts() -> dict[tuple[str, str], set[Span]]:
    """What the tools returned, by case and rule; half-open minutes of the record."""
    found: dict[tuple[str, str], set[Span]] = collections.defaultdict(set)
    for row in rows_of("expected_bouts.csv") + rows_of("expected_bouts_fuzz.csv"):
        found[row["case_id"], row["rule_id"]].add((int(row["start_i"]), int(row["end_i"])))
    return found


def cases_run(rule_id: str, agreeing: str | None = None) -> list[str]:
    """Cases on which a tool was run; agreeing "1" or "0": where it follows the rule it documents, or does not."""
    return [
        row["case_id"]
        for row in rows_of("expected_totals.csv")
        if row["rule_id"] == rule_id and agreeing in (None, row["agrees_documented_rule"])
    ]


class Cases:
    """All cases, ingested once: their minutes and what the product made of them."""

    def __init__(self, root: Path) -> None:
        self.starts, self.values = minutes_of_cases()
        zones = {row["case_id"]: row["tz"] for row in rows_of("cases.csv")}
        rules = [*REFERENCE, *INFORMATIONAL, BREAKS]
        # rules of one meaning are one rule: the six metrics of an old GGIR share a documented one
        rows = {rule: rule_row(rule) for rule in rules}
        meaning = {
            rule: tuple(value for key, value in row.items() if key != "bout_rule_id") for rule, row in rows.items()
        }
        self._same = {rule: next(other for other in rules if meaning[other] == meaning[rule]) for rule in rules}
        #: Reference rules have protocols of their own name.
        asked = dict.fromkeys([*REFERENCE, *self._same.values()])
        protocols = [{"protocol_id": rule, "bout_rule_id": rule, "wear_rule_id": "coverage"} for rule in asked]
        protocols += [
            {"protocol_id": name, "bout_rule_id": BREAKS, "wear_rule_id": wear} for name, wear in WEAR.items()
        ]
        people = []
        for case, start in self.starts.items():
            zone = zoneinfo.ZoneInfo(zones[case])
            end = start + dt.timedelta(minutes=len(self.values[case]) - 1)
            first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
            people.append({"participant_id": case, "time_zone": zones[case], "start_date": first, "end_date": last})
        self.study = make_study(
            root,
            people,
            toml={"protocols": [row["protocol_id"] for row in protocols], "as_of": "2028-12-31"},
            csvs={
                "bout_rules.csv": table(_RULE_COLUMNS, [rows[rule] for rule in asked]),
                "protocols.csv": table(("protocol_id", "bout_rule_id", "wear_rule_id"), protocols),
                "wear_rules.csv": NCI_RULE,
            },
            files={
                "cases.csv": native(
                    {"participant_id": case, "minute_start": start + dt.timedelta(minutes=n), "steps": steps}
                    for case, start in self.starts.items()
                    for n, steps in enumerate(self.values[case])
                )
            },
        )
        run(self.study)
        self._bouts: dict[tuple[str, str], set[Span]] = collections.defaultdict(set)
        for row in ask(self.study, "SELECT * FROM walking_bout"):
            start = self.starts[row["participant_id"]]
            span = [int((row[name] - start).total_seconds()) // 60 for name in ("bout_start", "bout_end")]
            self._bouts[row["participant_id"], row["bout_rule_id"]].add((span[0], span[1]))
        future = ask(self.study, "SELECT DISTINCT participant_id FROM minute WHERE list_contains(flags, 'future')")
        #: Cases of a date that has not come yet: their minutes count for no day.
        self.future = {row["participant_id"] for row in future}
        self.has_missing = {case for case, values in self.values.items() if None in values}

    def bouts(self, case: str, rule_id: str) -> set[Span]:
        """What the product found under a rule."""
        return kept(rule_id, self._bouts[case, self._same[rule_id]])
