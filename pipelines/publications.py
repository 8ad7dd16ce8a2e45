"""Publishes, and keeps the last publications in published/history/ with their hashes: what did the file say last week?"""

import dataclasses
import json
import os
import shutil
from pathlib import Path

from pipelines.intake import content_hash
from pipelines.run import Run
from pipelines.study_folder import StudyFolder
from warehouse.differences import Differences, differences
from warehouse.durable import replace_durably, write_durably
from warehouse.publish import note_published, write_published

_INDEX = "history.json"
#: The word that stands for the publication before the current one where a lock's name is asked for.
PREVIOUS = "previous"


@dataclasses.dataclass(frozen=True)
class Publication:
    """One file of published/history/. published_at: UTC, ISO 8601; kind: the command that published it."""

    file: str
    sha256: str
    published_at: str
    kind: str
    size_bytes: int


def publish(run: Run) -> Publication:
    """Writes the published file beside the old one, notes it in the history, and swaps it in.

    The file in the history is the same file under a second name, so it costs no room while it is the current one. What the
    study's settings do not keep any more is taken away, but never the last nightly run's: the next night is compared with it.
    """
    study = run.study
    history = study.research.parent / "history"
    history.mkdir(parents=True, exist_ok=True)
    written = write_published(run.connection, study.research)
    beside = written.path
    sha256 = content_hash(beside)
    now = run.now()
    made = Publication(
        f"{now:%Y%m%dT%H%M%SZ}-{sha256[:12]}.duckdb", sha256, now.isoformat(timespec="seconds"), run.kind,
        beside.stat().st_size,
    )  # fmt: skip
    _second_name(beside, history / made.file)
    replace_durably(beside, study.research)
    note_published(run.connection, sha256, written)
    _note(history, [*publications(study), made], run.tables.settings.publications_kept)
    return made


def _second_name(beside: Path, name: Path) -> None:
    name.unlink(missing_ok=True)
    try:
        os.link(beside, name)
    except OSError:
        # not every share knows files with two names
        shutil.copyfile(beside, name)


def _note(history: Path, found: list[Publication], keep: int) -> None:
    nightly = [each for each in found if each.kind == "nightly"][-1:]
    kept = [each for each in found if each in found[-keep:] or each in nightly]
    write_durably(history / _INDEX, json.dumps([dataclasses.asdict(each) for each in kept], indent=1) + "\n")
    names = {each.file for each in kept}
    for path in history.glob("*.duckdb"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def forget_earlier(study: StudyFolder) -> None:
    """Takes all but the current publication out of the history: the earlier ones hold somebody who was withdrawn."""
    history = study.research.parent / "history"
    if history.is_dir():
        current = publications(study)[-1:]
        _note(history, current, len(current))
        for leftover in history.iterdir():
            if leftover.name not in {_INDEX, *(each.file for each in current)}:
                leftover.unlink()


def publications(study: StudyFolder) -> list[Publication]:
    """What is in published/history/, oldest first; the last one is the current publication."""
    history = study.research.parent / "history"
    try:
        said = json.loads((history / _INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [Publication(**each) for each in said if (history / each["file"]).is_file()]


def publication_file(study: StudyFolder, name: str) -> Path | None:
    """The file that a name stands for: `previous`, or a name in published/history/ with or without .duckdb."""
    found = publications(study)
    if name == PREVIOUS:
        return study.research.parent / "history" / found[-2].file if len(found) > 1 else None
    wanted = [each for each in found if name in (each.file, each.file.removesuffix(".duckdb"))]
    return study.research.parent / "history" / wanted[0].file if wanted else None


def last_nightly(study: StudyFolder) -> Path | None:
    """What the last nightly run published, if it is still there."""
    found = [each for each in publications(study) if each.kind == "nightly"]
    return study.research.parent / "history" / found[-1].file if found else None


def changes_since(run: Run, earlier: Path | None) -> Differences | None:
    """The weeks in which the published file differs from an earlier one; None without one."""
    if earlier is None or not earlier.is_file():
        return None
    return differences(earlier, run.study.research)
