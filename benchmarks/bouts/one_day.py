"""One new day of one person in a warehouse of many: the table, over the jobs of nights.py."""

import hashlib
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.bouts.child import ask
from benchmarks.bouts.environment import FOLDER, HERE
from benchmarks.bouts.table import figure, markdown

_ROUNDS = 5
_ORDERS = {"night": "night after night", "person": "person after person"}


def one_day(people: int, weeks: int, orders: list[str], *, publish: bool) -> str:
    """The section of the results."""
    day = weeks * 7 - 1
    print("one day: into an empty warehouse", flush=True)
    least = ask("empty", people=1, day=day, rounds=_ROUNDS)
    rows = [_row("empty, a study of that person", least, least)]
    rows.append(_row(f"empty, a study of {people}", ask("empty", people=people, day=day, rounds=_ROUNDS), least))
    written, notes = {}, []
    for order in orders:
        name = f"{people} x {weeks} weeks, {_ORDERS[order]}"
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            copy = Path(folder) / "footfall.duckdb"
            made = _warehouse(people, weeks, order)
            print(f"one day: copying {made.stat().st_size / 1e9:.1f} GB", flush=True)
            shutil.copyfile(made, copy)
            print(f"one day: {name}", flush=True)
            told = ask("night", database=str(copy), people=people, day=day, rounds=_ROUNDS)
            for kind in ("as-of stays", "as-of moves"):
                rows.append(_row(f"{name}, {kind}", told[kind], least))
                written[f"{name}, {kind}"] = told[kind]["written"]
            notes.append(f"- {name}: a derivation with nothing new takes {figure(told['nothing new']['derive'])} s.")
            if publish:
                print("one day: publishing", flush=True)
                done = ask("publish", database=str(copy), people=people)
                notes.append(f"- {name}: publishing takes {figure(done['seconds'])} s: {figure(done['file_mb'])} MB written,"
                             f" peak of memory {figure(done['peak_mb'])} MB.")  # fmt: skip
    return "\n\n".join([
        "## One new day of one person",
        f"Median of {_ROUNDS} days after one that warms up. Load: `write_batch` of a file of 1,440 minutes. Derive: the tables"
        " brought up to it. As-of stays: others have sent that date already; as-of moves: nobody has, so that every other"
        " person gains a missing day.",
        markdown(["warehouse", "load, s", "derive, s", "derive / the least", "load + derive / the least"], rows),
        "\n".join(notes),
        "Rows written by one such derivation (of rows held); tables without any are left out.",
        _written(written),
    ])  # fmt: skip


def _row(name: str, told: dict[str, Any], least: dict[str, Any]) -> list[str]:
    both = (told["load"] + told["derive"]) / (least["load"] + least["derive"])
    return [name, figure(told["load"]), figure(told["derive"]), figure(told["derive"] / least["derive"]), figure(both)]


def _written(written: dict[str, dict[str, list[int]]]) -> str:
    tables = sorted({table for one in written.values() for table in one})
    rows = []
    for table in tables:
        cells = (one.get(table) for one in written.values())
        rows.append([table, *(f"{cell[0]:,} of {cell[1]:,}" if cell else "0" for cell in cells)])
    return markdown(["table", *written], rows)


def _warehouse(people: int, weeks: int, order: str) -> Path:
    """A derived warehouse, made once for its rows, its order and its schema; those made of others are removed."""
    schema = resources.files("warehouse") / "schema"
    parts = [entry.read_text(encoding="utf-8") for entry in sorted(schema.iterdir(), key=lambda one: one.name)]
    digest = hashlib.sha256("".join([*parts, (HERE / "minutes.py").read_text(encoding="utf-8")]).encode()).hexdigest()
    stem = f"{order}-{people}-{weeks}-"
    made = FOLDER / f"{stem}{digest[:12]}.duckdb"
    if not made.exists():
        # also what a run that was stopped left half made
        for old in FOLDER.glob(f"{stem}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        beside = made.with_suffix(".making")
        print(f"one day: making {made.name}, once", flush=True)
        told = ask("make", database=str(beside), people=people, days=weeks * 7, by_night=order == "night",
                   late=_ROUNDS + 2)  # fmt: skip
        print(f"  {told['minutes']:,} minutes in {told['seconds']:.0f} s", flush=True)
        beside.replace(made)
    # in the file that is kept: what has been derived of the same views need not be derived again
    print("one day: deriving what is kept, if the views have changed", flush=True)
    told = ask("derive", database=str(made), people=people, all_protocols=False)
    print(f"  {told['seconds']:.0f} s, peak of memory {told['peak_mb']:,.0f} MB", flush=True)
    return made
