"""Prints which participant-weeks differ between two published files, and why."""

import json
from typing import Any

from pipelines import printing
from warehouse.differences import Differences, plain
from warehouse.research import Answer

#: What each reason code means.
REASONS = {
    "unexplained": "NOTHING THAT DIFFERS EXPLAINS IT: please report this",
    "new_file": "a file that was not loaded before",
    "correction": "a new file states other values for minutes that were known",
    "file_gone": "a file that is not loaded any more",
    "withdrawal": "the participant is not in participants.csv any more, or the file was withdrawn",
    "new_participant": "the participant is new in participants.csv",
    "waiting_file": "a file that could not be used came, or waits no longer",
    "calendar": "start or end date, excused dates, death, withdrawal of data, or where weeks begin",
    "prescription": "what was asked for",
    "arm": "the trial arm",
    "age": "the participant's age, by which some cadences count",
    "time_zone": "home time zone or travel",
    "device": "class, priority, zeros or assignment of a device, or a file that is another person's now",
    "setting": "a setting of study.toml",
    "rule": "the protocol, its bout rule or its wear rule",
    "as_of": "the as-of date",
    "program": "another version of the program or of its definitions",
}

_LOUD = "bold red"


def print_differences(found: Differences, old: str, new: str, form: printing.Format) -> None:
    """Prints the differing weeks; the table and JSON with a summary first. old, new: what the user called the two."""
    if form == "csv":
        at = found.columns.index("why")
        rows = [[*row[:at], "; ".join(row[at]), *row[at + 1 :]] for row in found.rows]
        printing.print_answer(Answer(found.columns, rows), "csv")
    elif form == "json":
        print(json.dumps(_document(found, old, new), ensure_ascii=False, indent=1))  # noqa: T201
    else:
        _print_weeks(found, old, new)


def _document(found: Differences, old: str, new: str) -> dict[str, Any]:
    return {
        "old": old,
        "new": new,
        "notes": found.notes,
        "weeks_compared": found.compared,
        "weeks_different": len(found.rows),
        "answers": [{"old": was, "new": now, "weeks": weeks} for (was, now), weeks in found.answers.items()],
        "reasons": [
            {"reason": reason, "meaning": REASONS[reason], "weeks": weeks} for reason, weeks in found.reasons.items()
        ],
        "weeks": [dict(zip(found.columns, map(plain, row), strict=True)) for row in found.rows],
    }


def _print_weeks(found: Differences, old: str, new: str) -> None:
    console = printing.console()

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    say(f"{old} -> {new}: {len(found.rows)} of {found.compared} weeks differ.")
    for note in found.notes:
        say(f"  note: {note}")
    for (was, now), weeks in found.answers.items():
        say(f"  {weeks:>6}  " + (f"answer stays {now}, its numbers changed" if was == now else f"{was} -> {now}"))
    if found.reasons:
        say("why (a week can have several reasons):")
    for reason in sorted(found.reasons, key=list(REASONS).index):
        say(f"  {found.reasons[reason]:>6}  {reason}: {REASONS[reason]}", _LOUD if reason == "unexplained" else "")
    for row in found.rows:
        week = dict(zip(found.columns, row, strict=True))
        say(f"\n{sentence(week)}", "bold")
        for why in week["why"]:
            say(f"    {why}", _LOUD if why.startswith("unexplained") else "")


def sentence(week: dict[str, Any]) -> str:
    """What became of one week, as a line of text; week: a row of Differences by column."""
    whose = (
        f"{week['participant_id']} {week['protocol_id']} week {week['week_number']}"
        f" ({week['week_start']} to {week['week_end']})"
    )
    if week["change"] != "changed":
        side = "new" if week["change"] == "new" else "old"
        return (
            f"{whose} is {week['change']}: {week[f'{side}_answer']}, days met {_span(week, side)}, walking minutes"
            f" {_known(week[f'{side}_walking_minutes'])}; days: {week['days'] or 'as in another week before'}"
        )
    status = "" if week["old_status"] == week["new_status"] else f" ({week['old_status']} -> {week['new_status']})"
    days = f"days met {_moved(_span(week, 'old'), _span(week, 'new'))}"
    minutes = f"walking minutes {_moved(_known(week['old_walking_minutes']), _known(week['new_walking_minutes']))}"
    text = f"{whose}: {_moved(week['old_answer'], week['new_answer'])}{status}, {days}, {minutes}"
    if week["days"]:
        return f"{text}; days: {week['days']}"
    if " -> " in text:
        return text
    # where nothing of these moved, one wants to know what did
    return f"{text}; other columns: {', '.join(week['changed_columns'])}"


def _span(week: dict[str, Any], side: str) -> str:
    low, high = week[f"{side}_success_days_lo"], week[f"{side}_success_days_hi"]
    return str(low) if low == high else f"{low}-{high}"


def _known(minutes: int | None) -> str:
    return "not known" if minutes is None else str(minutes)


def _moved(was: str, now: str) -> str:
    return now if was == now else f"{was} -> {now}"
