"""Quarantined contents, and those that hold no steps or nobody owns, read once more: after an upgrade, or a mended CSV."""

import re
from collections.abc import Iterable
from pathlib import PurePath

from pipelines import ingest, intake
from pipelines.errors import FootfallError
from pipelines.run import ASIDE, Report, Run, open_run
from pipelines.study_folder import StudyFolder
from warehouse import ledger

#: A shorter beginning of a hash names too many contents.
_PREFIX = re.compile(r"[0-9a-f]{6,64}")
_LISTED = 8


def retry(study: StudyFolder, names: Iterable[str] = (), progress: ingest.Progress = lambda *_: None) -> Report:
    """Reads again all that was set aside, or what is named, then goes on as `footfall ingest` does with an empty inbox.

    names: each a name in quarantine/ (of the original or its reason file), an original name as `footfall status` shows it, or
    the first six or more characters of the content's hash. Raises FootfallError for a name that fits none or several.
    """
    with open_run(study, "retry") as run:
        ingest.load(run, [], progress, again=chosen(run, list(names)))
        ingest.derive(run)
        ingest.compare(run)
        ingest.check(run)
        ingest.publish(run)
        return run.report


def chosen(run: Run, names: list[str]) -> frozenset[str]:
    """The contents that these names stand for; without names all that are set aside."""
    aside = {key: value for key, value in ledger.evidence(run.connection).items() if value.file.status in ASIDE}
    if not names:
        return frozenset(aside)
    came_as: dict[str, set[str]] = {key: set() for key in aside}
    for source_file_id, name in ledger.receipts(run.connection):
        if source_file_id in aside:
            came_as[source_file_id].add(name)
    return frozenset(_meant(run.study, name, aside, came_as) for name in names)


def _meant(study: StudyFolder, name: str, aside: dict[str, ledger.Evidence], came_as: dict[str, set[str]]) -> str:
    last = PurePath(name).name.removesuffix(".reason.txt")
    found = [
        key
        for key, evidence in aside.items()
        if name in came_as[key] or last == intake.quarantine_name(key, evidence.inbox_path)
    ]
    if not found and _PREFIX.fullmatch(name):
        found = [key for key in aside if key.startswith(name)]
    if not found:
        # the last part of a path, as one remembers it
        found = [key for key, names in came_as.items() if any(PurePath(each).name == last for each in names)]
    if len(found) == 1:
        return found[0]
    candidates = sorted(
        f"{evidence.inbox_path} ({key[:12]})" for key, evidence in aside.items() if not found or key in found
    )
    shown = ", ".join(candidates[:_LISTED]) + (
        f" and {len(candidates) - _LISTED} more" if len(candidates) > _LISTED else ""
    )
    said = "more than one" if found else "none"
    raise FootfallError(
        f"expected one file that is set aside for {name!r}; found {said}. Set aside are: {shown or 'no files'}."
        " `footfall retry` without a name tries all of them."
    )
