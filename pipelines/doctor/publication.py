"""Is what researchers open whole, true and new? The published file, its history, and the locks."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from pipelines import intake
from pipelines.doctor.finding import Finding, Look, counted, some
from pipelines.locks import locks
from pipelines.publications import Publication, publications
from warehouse.errors import WarehouseError
from warehouse.health import published_faults


def published(look: Look) -> Iterator[Finding]:
    """The published file opens, has all tables and comments, is the one that was published last, and not older than a run."""
    path = look.study.research
    if not path.is_file():
        if look.at_work is not None or not look.database.is_file():
            yield Finding("published", "fine", "nothing is published yet; the first run does.")
        else:
            what = f"{look.place(path)} is missing: researchers have nothing to open."
            yield Finding("published", "problem", what, "footfall ingest")
        return
    try:
        faults = published_faults(path)
    except WarehouseError as error:
        yield Finding("published", "problem", f"researchers cannot open what is published: {error}", "footfall ingest")
        return
    if faults:
        yield Finding(
            "published", "warning",
            f"the published file is not one of this version ({some(faults)}); the next run publishes anew.", "footfall ingest",
        )  # fmt: skip
    history = publications(look.study)
    last = history[-1] if history else None
    if last is not None and intake.content_hash(path) != last.sha256:
        yield Finding(
            "published", "problem",
            "the published file is not the one that was published last: somebody wrote in it, or put another in its place.",
            "footfall ingest (what is there now is kept by: footfall lock NAME)",
        )  # fmt: skip
    elif last is not None and (run := _newer_run(look, last)):
        yield Finding(
            "published", "warning", f"published {_short(last.published_at)}, before the last run ({run}).", "footfall ingest"
        )  # fmt: skip
    elif not faults:
        when = f"published {_short(last.published_at)}" if last is not None else "not in the history"
        yield Finding("published", "fine", f"the published file is whole, {when}.")


def _newer_run(look: Look, last: Publication) -> str | None:
    """The newest run that was done and began after the publication, in words."""
    if look.connection is None:
        return None
    row = look.connection.execute(
        "SELECT kind, started_at FROM ledger.run WHERE outcome = 'done' AND kind NOT IN ('doctor', 'rebuild') AND started_at > ?"
        " ORDER BY started_at DESC LIMIT 1",
        [dt.datetime.fromisoformat(last.published_at) + dt.timedelta(seconds=1)],
    ).fetchone()
    return f"`footfall {row[0]}` at {row[1]:%Y-%m-%d %H:%M} UTC" if row else None


def _short(iso: str) -> str:
    return f"{dt.datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"


def history(look: Look) -> Iterator[Finding]:
    """Earlier publications and locks are as they were."""
    folder = look.study.research.parent / "history"
    found = publications(look.study)
    changed = [each.file for each in found if _differs(folder / each.file, each.sha256)]
    if changed:
        yield Finding(
            "history", "problem",
            f"{counted(len(changed), 'earlier publication')} changed since ({some(changed)}): comparisons with them are wrong.",
            f"rm '{folder / changed[0]}'",
        )  # fmt: skip
    else:
        yield Finding(
            "history", "fine", f"{counted(len(found), 'publication')} in published/history/, as they were published."
        )
    locked = locks(look.study)
    for each in locked:
        if not each.is_intact:
            yield Finding(
                "locks", "problem", f"lock {each.name!r}: {each.state}; its numbers are not those that were locked.",
                f"copy locks/{each.name}/ back from a backup",
            )  # fmt: skip
    if locked and all(each.is_intact for each in locked):
        yield Finding("locks", "fine", f"{counted(len(locked), 'lock')}, as they were locked.")


def _differs(path: Path, sha256: str) -> bool:
    return intake.content_hash(path) != sha256
