"""What a run shows in Prefect's page: rows of its tables, and one line of words. Counts only: no participant, no file name."""

import collections
from pathlib import Path
from typing import Any

from pipelines import ingest
from pipelines.changes import REASONS
from pipelines.run import Report, Run
from warehouse.differences import Differences

#: A page shows so many different reasons; the rest is counted.
_MOST_REASONS = 50

Rows = list[dict[str, Any]]


def summary(run: Run) -> Rows:
    """Files by status, participants, minutes, weeks: what, count."""
    return [{"what": what, "count": count} for what, count in ingest.summary(run)]


def set_aside(report: Report) -> Rows:
    """Why contents were set aside, the most frequent reason first: status, reason, files."""
    counts = collections.Counter((status, reason) for _, status, reason in report.set_aside)
    rows: Rows = [
        {"status": status, "reason": reason, "files": files}
        for (status, reason), files in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    if len(rows) > _MOST_REASONS:
        rest = rows[_MOST_REASONS:]
        others = {"status": "", "reason": f"{len(rest):,} other reasons", "files": sum(row["files"] for row in rest)}
        return [*rows[:_MOST_REASONS], others]
    return rows


def changed_answers(found: Differences) -> Rows:
    """The weeks that differ by answer: was, is, weeks."""
    return [
        {"was": was, "is": now, "weeks": weeks, "what": "its numbers changed" if was == now else "another answer"}
        for (was, now), weeks in found.answers.items()
    ]


def change_reasons(found: Differences) -> Rows:
    """Why they differ; a week can have several reasons: reason, meaning, weeks."""
    order = list(REASONS)
    return [
        {"reason": reason, "meaning": REASONS[reason], "weeks": found.reasons[reason]}
        for reason in sorted(found.reasons, key=order.index)
    ]


def how_to_list(earlier: Path) -> str:
    """The command that names the weeks which differ from an earlier publication, file by file."""
    return (
        f"`footfall diff {earlier.stem} published` lists them (`previous` for {earlier.stem} if nothing came between)."
    )


def in_words(report: Report) -> str:
    """One line: `3 files loaded, 1 quarantined; 2 participants derived; 4 weeks changed`."""
    counts = report.statuses
    files = ", ".join(f"{counts[status]:,} {status.replace('_', ' ')}" for status in sorted(counts))
    words = [f"files: {files}" if files else "no new file", f"{report.participants_derived:,} participants derived"]
    if report.verified:
        words.append(f"{report.verified:,} verified against the originals")
    words.append(f"{report.checks:,} checks passed, published")
    if report.changes is not None:
        words.append(f"{len(report.changes.rows):,} weeks changed since the last nightly run")
    return "; ".join(words)
