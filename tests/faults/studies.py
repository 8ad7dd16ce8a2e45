"""The study of the fault campaign: what it holds before the disturbed run, what an undisturbed one makes of it."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

from pipelines import ingest, receipts
from pipelines.publications import publications
from pipelines.study_folder import StudyFolder
from sample_data.archives import gzip_of, zip_of
from tests.pipelines.folders import ask, drop, native, new_study, reasons, sample, waiting
from warehouse.publish import PUBLISHED

PEOPLE = ("W01,,2026-03-02,,", "W11,,,,", "P1,,2026-03-01,,walking", "P2,,2026-03-01,,")
LATER = dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC)

#: What the study holds before the run that is disturbed.
FIRST: dict[str, bytes] = {
    "W01/monitoring_morning.fit": sample("fit/monitoring_morning.fit"),
    "P1/early.csv": native("P1", [90] * 50, "watch").encode(),
}
#: What the disturbed run finds in the inbox: loaded, corrected, packed, repeated, without steps, damaged, nobody's.
THEN: dict[str, bytes] = {
    "W01/monitoring_afternoon.fit": sample("fit/monitoring_afternoon.fit"),
    "W01/walk_activity.fit": sample("fit/walk_activity.fit"),
    "W01/settings.fit": sample("fit/settings.fit"),
    "W01/picture.fit": sample("broken/picture.fit"),
    "W11/walk.gpx": sample("gpx/walk.gpx"),
    "P1/corrected.csv": native("P1", [95] * 70, "watch").encode(),
    "P1/export.zip": zip_of({f"{n}.csv": native("P1", [100 + n] * 60, f"d{n}", LATER).encode() for n in range(3)}),
    "P2/steps.csv.gz": gzip_of(native("P2", [110] * 300, "phone").encode(), "steps.csv"),
    "P2/the_same.csv": native("P2", [110] * 300, "phone").encode(),
    "stranger.csv": native("P9", [100] * 40).encode(),
    "many.csv": (
        native("P1", [105] * 60, "pedo", LATER) + native("P2", [106] * 90, "pedo", LATER, header=False)
    ).encode(),
}
#: Contents that are kept inside another one only.
PACKED = {THEN["P2/the_same.csv"]}


class State(NamedTuple):
    """All that one run must leave as any other does, clocks apart.

    tables: rows and a hash of every published table; originals: path in archive/ or quarantine/ -> SHA-256; reasons: reason
    files by the name their content had; receipts: what came under which name; waiting: the files of the inbox.
    """

    tables: dict[str, tuple[object, ...]]
    originals: dict[str, str]
    reasons: dict[str, str]
    receipts: set[tuple[object, ...]]
    waiting: list[str]


def published(study: StudyFolder) -> dict[str, tuple[object, ...]]:
    """Row count and a hash of the rows, in any order, of every published table; instants of receipt and loading left out."""
    clocks = {"source_file": " EXCLUDE (received_at, loaded_at)"}
    sql = "SELECT count(*), coalesce(sum(hash(t::VARCHAR)::HUGEINT), 0)::VARCHAR FROM (SELECT *{} FROM {}) AS t"
    parts = " UNION ALL ".join(
        f"SELECT '{name}', * FROM ({sql.format(clocks.get(name, ''), name)})" for name in PUBLISHED
    )
    return {name: (rows, total) for name, rows, total in ask(study, parts)}


def originals(study: StudyFolder) -> dict[str, str]:
    """Path below the study -> SHA-256 of every file in archive/ and quarantine/, notes left out, leftovers not."""
    return {
        path.relative_to(study.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (study.archive, study.quarantine)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".reason.txt")
    }


def state(study: StudyFolder) -> State:
    """What the study is now."""
    told = {(each.source_file_id, each.inbox_path, each.receipt_number) for each in receipts.read(study)}
    return State(published(study), originals(study), reasons(study), set(told), waiting(study))


def leftovers(study: StudyFolder) -> list[str]:
    """What a run makes for itself and must take away."""
    patterns = ("private/run-*", "private/rebuild*", "private/ingest.owner", "**/.*.new", "archive/.incoming/*")
    found = {path.relative_to(study.root).as_posix() for pattern in patterns for path in study.root.glob(pattern)}
    unnoted = {path.name for path in (study.research.parent / "history").glob("*.duckdb")}
    return sorted(found | unnoted - {each.file for each in publications(study)})


class Oracle(NamedTuple):
    """A study before the disturbed run, to be copied, and after an undisturbed one.

    before: the published tables before it; after: the state after it.
    """

    prepared: Path
    done: Path
    before: dict[str, tuple[object, ...]]
    after: State

    def copy(self, root: Path) -> StudyFolder:
        """A study to disturb."""
        shutil.copytree(self.prepared, root)
        return StudyFolder(root)


def fill(study: StudyFolder, files: dict[str, bytes]) -> None:
    """Drops the files into the inbox."""
    for name, content in files.items():
        drop(study, name, content)


def make_oracle(root: Path) -> Oracle:
    """Makes the study twice: once to be copied, once to its end."""
    study = new_study(root / "prepared", PEOPLE)
    fill(study, FIRST)
    ingest.ingest(study)
    fill(study, THEN)
    done = StudyFolder(root / "done")
    shutil.copytree(study.root, done.root)
    ingest.ingest(done)
    return Oracle(study.root, done.root, published(study), state(done))


def nothing_is_lost(study: StudyFolder, oracle: Oracle, contents: dict[str, bytes] | None = None) -> None:
    """Asserts what holds at every instant: readers see before or after, and every content lies somewhere."""
    assert published(study) in (oracle.before, oracle.after.tables)
    lying = [study.inbox / name for name in waiting(study)]
    lying += [path for folder in (study.archive, study.quarantine) for path in folder.rglob("*") if path.is_file()]
    have = {path.read_bytes() for path in lying}
    assert set((contents or {**FIRST, **THEN}).values()) - PACKED <= have


def is_whole(study: StudyFolder, oracle: Oracle) -> None:
    """Asserts that the study is what it would be if nobody had disturbed it."""
    found = state(study)
    for name, expected in oracle.after._asdict().items():
        assert getattr(found, name) == expected, name
    assert leftovers(study) == []


def next_run(study: StudyFolder) -> None:
    """A run that nobody disturbs."""
    ingest.ingest(study)
