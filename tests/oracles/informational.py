"""Where published tools depart from the rule they document: informational_differences.txt, compared by test_bouts.

`python -m tests.oracles.informational` writes the file from the slow statements; the test makes it from the product's SQL.
"""

import textwrap
from collections.abc import Callable
from pathlib import Path

from tests.oracles.peer_cases import INFORMATIONAL, cases_run, expected_bouts, minutes_of_cases, rows_of, slow_bouts
from tests.oracles.slow_rules import Span

FILE = Path(__file__).parent / "informational_differences.txt"
_HEAD = """Cases on which a published tool departs from the rule it documents, by rule; ours is that rule.
Spans are half-open minutes of the record. fz are whole random days; of them only the names are given.
Written by: python -m tests.oracles.informational
"""


def differences(ours: Callable[[str, str], set[Span]]) -> dict[str, list[str]]:
    """The cases by rule on which the tool's bouts are not ours; ours: bouts by case and rule."""
    expected = expected_bouts()
    return {
        rule: [case for case in cases_run(rule) if ours(case, rule) != expected[case, rule]] for rule in INFORMATIONAL
    }


def as_text(ours: Callable[[str, str], set[Span]]) -> str:
    """The text of the file."""
    expected = expected_bouts()
    tools = {row["rule_id"]: f"{row['peer']} {row['version']}, {row['function']}" for row in rows_of("rules.csv")}
    lines = [_HEAD]
    for rule, cases in differences(ours).items():
        lines.append(f"{rule}: {len(cases)} of {len(cases_run(rule))} cases. {tools[rule]}")
        lines += [
            f"  {case}: ours {_spans(ours(case, rule))}; theirs {_spans(expected[case, rule])}"
            for case in cases
            if not case.startswith("fz")
        ]
        fuzz = [case for case in cases if case.startswith("fz")]
        lines += textwrap.wrap(" ".join(fuzz), 120, initial_indent="  ", subsequent_indent="  ")
        lines.append("")
    return "\n".join(lines)


def _spans(spans: set[Span]) -> str:
    return " ".join(f"{start}-{end}" for start, end in sorted(spans)) or "none"


def main() -> None:
    """Writes the file."""
    minutes = minutes_of_cases()[1]
    FILE.write_text(as_text(lambda case, rule: slow_bouts(rule, minutes[case])), encoding="utf-8")


if __name__ == "__main__":
    main()
