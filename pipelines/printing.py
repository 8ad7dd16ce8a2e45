"""Prints answers as a table for people, or as CSV or JSON for programs."""

import csv
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Literal

from warehouse.research import Answer

if TYPE_CHECKING:
    import rich.console

Format = Literal["table", "csv", "json"]


def guard(cell: str) -> str:
    """The cell, with an apostrophe before anything that a spreadsheet would run as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not _is_number(cell)) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return str(value)


def print_answer(answer: Answer, form: Format, title: str = "") -> None:
    """Prints rows to stdout. csv and json hold every row; the table is for reading."""
    if form == "json":
        print(json.dumps(answer.by_name(), ensure_ascii=False, indent=1))  # noqa: T201
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        for row in answer.rows:
            writer.writerow([guard(_text(cell)) if isinstance(cell, str) else _text(cell) for cell in row])
    else:
        _print_table(answer, title)
    if answer.more:
        print(f"... more than {len(answer.rows)} rows; the rest is left out.", file=sys.stderr)  # noqa: T201


def console() -> "rich.console.Console":
    """A console on stdout; wide where that is no terminal, so that a file or a pipe gets whole lines."""
    import rich.console

    return rich.console.Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 180)


def _print_table(answer: Answer, title: str) -> None:
    import rich.box
    import rich.markup
    import rich.table

    table = rich.table.Table(title=title or None, title_justify="left", box=rich.box.SIMPLE_HEAD)
    for at, name in enumerate(answer.columns):
        numbers = all(isinstance(row[at], int | float | None) for row in answer.rows)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*(rich.markup.escape(_text(cell)) for cell in row))
    console().print(table)
