"""What a command says, in parts that are printed as tables for people, or as one table for programs."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from pipelines.printing import Format, console, print_answer
from warehouse.research import Answer


@dataclasses.dataclass(frozen=True)
class Section:
    """One table with its key for programs and its title for people."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


@dataclasses.dataclass(frozen=True)
class Checked:
    """What was found in one file. verdict: one sentence."""

    name: str
    sections: list[Section]
    verdict: str
    is_sound: bool


def print_checked(checked: Iterable[Checked], form: Format) -> bool:
    """Prints what was found; True if all files are sound."""
    all_of_them = list(checked) if form != "table" else checked
    sound, rows = True, []
    for one in all_of_them:
        sound &= one.is_sound
        if form == "table":
            _print(one)
        else:
            rows += _flat(one)
    if form != "table":
        columns = list(dict.fromkeys(column for row in rows for column in row))
        print_answer(Answer(columns, [[row.get(column) for column in columns] for row in rows]), form)
    return sound


def _print(one: Checked) -> None:
    import rich.rule
    import rich.text

    console().print(rich.rule.Rule(rich.text.Text(one.name), align="left", characters="="))
    for section in one.sections:
        if len(section.columns) == 1:
            console().print(rich.text.Text(f" {section.title}"))
            for (text,) in section.rows:
                console().print(rich.text.Text(f"   - {text}"))
            console().print()
        elif section.rows:
            print_answer(Answer(list(section.columns), section.rows), "table", section.title)
    console().print(rich.text.Text(f" {one.verdict}\n"))


def _flat(one: Checked) -> list[dict[str, Any]]:
    rows = [
        {"file": one.name, "section": section.key, **dict(zip(section.columns, row, strict=True))}
        for section in one.sections
        for row in section.rows
    ]
    return [{"file": one.name, "section": "verdict", "text": one.verdict, "sound": one.is_sound}, *rows]
