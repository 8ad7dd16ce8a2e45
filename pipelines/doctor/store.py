"""Is what was accepted still there? The private database, receipts.jsonl, and the originals in archive/."""

from collections.abc import Iterator

from pipelines import intake, receipts
from pipelines.doctor.finding import Finding, Look, counted, some
from warehouse import health, ledger
from warehouse.database import Connection

_RESTORE = "copy it back from a backup, then: footfall rebuild"


def database(look: Look, connection: Connection) -> Iterator[Finding]:
    """The schema is that of this version, and the tables follow from the ledger."""
    if not look.database.is_file():
        if look.archived:
            yield Finding(
                "database", "problem",
                f"{look.place(look.database)} is missing, but archive/ holds {counted(len(look.archived), 'original')}: what was"
                " known of them must be made again.",
                "footfall rebuild",
            )  # fmt: skip
        else:
            yield Finding("database", "fine", "there is no private database yet; the first run makes it.")
        return
    (pending,) = connection.execute("SELECT count(DISTINCT participant_id) FROM ledger.pending").fetchone() or (0,)
    if pending:
        yield Finding(
            "database", "warning",
            f"the tables of {counted(pending, 'participant')} do not follow from the ledger yet: a run ended before it derived"
            " them.",
            "footfall ingest",
        )  # fmt: skip
    else:
        size = look.database.stat().st_size / 1e6
        yield Finding("database", "fine", f"the private database opens and is up to date ({size:,.0f} MB).")


def receipts_file(look: Look, connection: Connection) -> Iterator[Finding]:
    """receipts.jsonl says the same as the ledger."""
    place = look.place(receipts.path_of(look.study))
    try:
        written = {(each.source_file_id, each.inbox_path) for each in receipts.read(look.study)}
    except (OSError, ValueError, TypeError, KeyError):
        yield Finding(
            "receipts", "problem", f"{place} cannot be read: without it and the database nobody knows what came when.",
            f"mv '{receipts.path_of(look.study)}' elsewhere; the next run writes it anew",
        )  # fmt: skip
        return
    held = set(ledger.receipts(connection))
    if written == held:
        yield Finding("receipts", "fine", f"{place} and the ledger agree on {counted(len(held), 'receipt')}.")
    elif held:
        yield Finding(
            "receipts", "warning",
            f"{place} and the ledger differ in {counted(len(written ^ held), 'receipt')}: a run ended between the two.",
            "footfall ingest",
        )  # fmt: skip
    else:
        yield Finding("receipts", "problem", f"{place} has receipts, and the ledger has none.", "footfall rebuild")


def originals(look: Look, connection: Connection) -> Iterator[Finding]:
    """Every content of the ledger has its original, whole; deep: with the bytes that it is named by."""
    kept = {path.name[:64]: path for path in look.archived}
    set_aside = {
        path.name[:12]: path for path in look.study.quarantine.glob("*") if not path.name.endswith(".reason.txt")
    }
    missing, damaged, known = [], [], set()
    for source_file_id, _, size in health.ask(connection, "originals").rows:
        known.add(source_file_id)
        path = kept.get(source_file_id) or set_aside.get(source_file_id[:12])
        if path is None:
            missing.append(source_file_id)
        elif path.stat().st_size != size or (look.deep and intake.content_hash(path) != source_file_id):
            damaged.append(look.place(path))
    if missing:
        yield Finding(
            "originals", "problem",
            f"{counted(len(missing), 'original')} of the ledger {'is' if len(missing) == 1 else 'are'} neither in archive/ nor in"
            f" quarantine/ ({some(name[:12] for name in missing)}): what they told can not be made again.",
            _RESTORE,
        )  # fmt: skip
    if damaged:
        yield Finding(
            "originals", "problem",
            f"{counted(len(damaged), 'original')} {'is' if len(damaged) == 1 else 'are'} not what came ({some(damaged)}).",
            _RESTORE,
        )  # fmt: skip
    if not missing and not damaged:
        how = "hashed again" if look.deep else "of the right size (--deep hashes them again)"
        yield Finding("originals", "fine", f"{counted(len(known), 'original')}, all there and {how}.")
    orphans = sorted(
        look.place(path) for name, path in kept.items() if name not in known and not _is_member(connection, name)
    )
    if orphans:
        yield Finding(
            "originals", "warning",
            f"{counted(len(orphans), 'file')} in archive/ of which the ledger knows nothing ({some(orphans, 1)}): a run ended"
            " before it noted them; the originals are still in the inbox, or are to be put there.",
            "footfall ingest",
        )  # fmt: skip


def _is_member(connection: Connection, source_file_id: str) -> bool:
    # a member of an archive that once came by itself
    found = connection.execute(
        "SELECT count(*) FROM ledger.source_file WHERE source_file_id = ? AND status <> 'withdrawn'", [source_file_id]
    ).fetchone()
    return bool(found and found[0])
