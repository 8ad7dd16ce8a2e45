"""The participant x week grid: the number of days met in each cell, readable without colour."""

from typing import Any

from pipelines import printing
from warehouse.research import Answer

#: What a cell looks like. The mark alone tells the answer; colour only repeats it.
MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
_STYLES = {"yes": "bold green", "no": "red", "unknown": "yellow"}

LEGEND = (
    "each cell: days met of days asked, then  ✓ met  ✗ not met  ? cannot tell (with the days that may still count)"
    "  ·· nothing to judge  ~ part of a week"
)

SQL = """
SELECT
    participant_id, arm, week_number, week_start, success_days_lo, success_days_hi, prorated_target_days,
    answer, status, in_progress, valid_days, eligible_days
FROM participant_week
WHERE protocol_id = $protocol AND ($participant IS NULL OR participant_id = $participant)
ORDER BY participant_id, week_number
"""

#: The same weeks with all that is known of them.
ALL_COLUMNS = """
SELECT *
FROM participant_week
WHERE protocol_id = $protocol AND ($participant IS NULL OR participant_id = $participant)
ORDER BY 1, 2, 3
"""


def cell(week: dict[str, Any]) -> tuple[str, str]:
    """The text and style of one week."""
    if week["status"] == "ineligible":
        return "··", "dim"
    low, high = week["success_days_lo"], week["success_days_hi"]
    part = "~" if week["status"] == "partial_week" else ""
    span = f"{low}-{high}" if week["answer"] == "unknown" and high > low else str(low)
    return f"{span}/{week['prorated_target_days']}{MARKS[week['answer']]}{part}", _STYLES[week["answer"]]


def print_grid(answer: Answer, title: str) -> None:
    """Prints one line a participant and one column a week, with how many weeks were met, not met and unknown."""
    import rich.box
    import rich.table

    weeks = answer.by_name()
    console = printing.console()
    if not weeks:
        console.print("No weeks yet: nobody has a date that counts. Check participants.csv and `footfall status`.")
        return
    numbers = range(min(week["week_number"] for week in weeks), max(week["week_number"] for week in weeks) + 1)
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for week in weeks:
        rows.setdefault(week["participant_id"], {})[week["week_number"]] = week
    # as many weeks as fit side by side, then the next ones below
    width = max(1, (console.width - 34) // 9)
    for first in range(0, len(numbers), width):
        shown = numbers[first : first + width]
        table = rich.table.Table(
            title=title if first == 0 else None, title_justify="left", box=rich.box.SIMPLE_HEAD, padding=(0, 1)
        )
        table.add_column("participant", no_wrap=True)
        table.add_column("arm", no_wrap=True)
        for number in shown:
            table.add_column(f"w{number}", justify="right", no_wrap=True)
        for participant, theirs in rows.items():
            cells = []
            for number in shown:
                text, style = cell(theirs[number]) if number in theirs else ("", "")
                cells.append(f"[{style}]{text}[/]" if style else text)
            table.add_row(participant, next(iter(theirs.values()))["arm"] or "", *cells)
        console.print(table)
    console.print(LEGEND)
    judged = [week for week in weeks if week["status"] not in ("ineligible",)]
    counts = {name: sum(week["answer"] == name for week in judged) for name in MARKS}
    low, high = counts["yes"], counts["yes"] + counts["unknown"]
    if judged:
        console.print(
            f"{len(judged)} eligible weeks of {len(rows)} participants: {counts['yes']} met, {counts['no']} not met,"
            f" {counts['unknown']} cannot tell; so between {low / len(judged):.0%} and {high / len(judged):.0%} were met."
        )
