"""An explained week as a page to read, and as one row a day for a spreadsheet."""

import shutil
import sys
import textwrap

from pipelines.explain.facts import Facts
from pipelines.explain.phrases import date_name, day_name, number
from pipelines.explain.source_words import (
    bout_sentence,
    file_sentences,
    left_out_sentences,
    minutes_sentences,
    waiting_sentences,
)
from warehouse.research import Answer

_WIDTH = 110

#: Columns of the CSV, one row a day; those of participant_day under its names.
_WEEK_COLUMNS = ("participant_id", "protocol_id", "week_number", "answer")
_DAY_COLUMNS = (
    "local_date", "weekday", "state", "reason", "target_met", "target_minutes", "walking_minutes",
    "longest_bout_minutes", "window_observed_minutes", "window_minutes", "observed_minutes", "steps", "steps_reported",
    "time_zone", "day_length_minutes",
)  # fmt: skip


def page(facts: Facts) -> str:
    """The week in words: the answer first, then why, day by day, then what was left out, files and rules."""
    week, words = facts["week"], facts["words"]
    title = (
        f"{facts['participant_id']}, week {facts['week_number']}: {day_name(week['week_start'])} to"
        f" {day_name(week['week_end'])} {date_name(week['week_end'])[-4:]} ({facts['protocol_id']})"
    )
    lines = [title, "", *_wrapped([words["answer"]], "")]
    for heading, sentences in (
        ("What was asked for", words["asked"]),
        ("Why", words["why"]),
        ("To bear in mind", words["notes"]),
    ):
        lines += _section(heading, sentences)
    lines += ["", "Day by day"]
    for days in _alike(facts["days"]):
        lines += _days(days)
    lines += _section("What was left out of this week", left_out_sentences(facts))
    if any(day["state"] in ("missing", "partial") for day in facts["days"]):
        lines += _section("Files that may be this participant's and could not be used", waiting_sentences(facts))
    lines += _section("Minutes by day, device and file", minutes_sentences(facts))
    lines += _section("Files behind this week", file_sentences(facts))
    lines += _section("Rules", words["rules"])
    return "\n".join(lines)


def _section(heading: str, sentences: list[str]) -> list[str]:
    return ["", heading, *_wrapped(sentences, "  ")] if sentences else []


def _wrapped(sentences: list[str], indent: str) -> list[str]:
    width = _WIDTH
    if sys.stdout.isatty():
        width = min(_WIDTH, shutil.get_terminal_size().columns)
    return [
        line
        for one in sentences
        for line in textwrap.wrap(
            one, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
        )
    ]


def _alike(days: list[Facts]) -> list[list[Facts]]:
    """The days in order; those that follow each other and have the same words, and nothing beneath them, together."""
    groups: list[list[Facts]] = []
    for day in days:
        before = groups[-1][-1] if groups else None
        if (
            before
            and not day["bouts"] + before["bouts"]
            and (day["mark"], day["words"]) == (before["mark"], before["words"])
        ):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def _days(days: list[Facts]) -> list[str]:
    first, last = days[0], days[-1]
    dates = day_name(first["local_date"]) + (f" to {day_name(last['local_date'])}" if last is not first else "")
    # no walk in the recorded part of a day is no figure for the day
    is_known = first["state"] == "valid" or (first["state"] == "partial" and first["walking_minutes"])
    figure = f"{number(first['walking_minutes'])} min" if is_known else ""
    lines = [f"  {dates:<18}  {first['mark']:<16}{figure:>8}".rstrip()]
    lines += _wrapped([" ".join(first["words"])], "      ")
    lines += _wrapped([bout_sentence(bout, first["local_date"]) for bout in first["bouts"]], "      - ")
    return lines


def day_rows(facts: Facts) -> Answer:
    """One row a day: the week's key and answer, the day's figures, its walks, devices and files, and its words."""
    columns = [*_WEEK_COLUMNS, *_DAY_COLUMNS, "bouts", "devices", "files", "words"]
    rows = []
    for day in facts["days"]:
        bouts = [f"{bout['start_local']}/{bout['end_local']}" for bout in day["bouts"]]
        devices = sorted({part["device_id"] for part in day["minutes"] if part["observed_minutes"]})
        files = sorted({part["source_file_id"] for part in day["minutes"]})
        rows.append(
            [
                *(facts[name] for name in _WEEK_COLUMNS),
                *(day.get(name) for name in _DAY_COLUMNS),
                " ".join(bouts),
                " ".join(devices),
                " ".join(files),
                " ".join(day["words"]),
            ]
        )
    return Answer(columns, rows)
