"""A sample of participants made again from their originals, to see that the incremental tables still follow from them.

This checks what is kept (originals, ledger, derived tables) and the bookkeeping of what is derived when; the definitions
themselves are the same on both sides. What comes from other people, the as-of date and files that wait, is taken as it is.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from pipelines.errors import FootfallError
from pipelines.originals import Originals, of_ledger
from pipelines.readers import read_all
from pipelines.run import Run
from warehouse import ledger, sample
from warehouse.build import derive
from warehouse.compare import Cell, Comparison, attached, compare_tables, in_words, tables_of_participants
from warehouse.database import Connection, connect
from warehouse.ledger import Entry
from warehouse.multiverse import compare_definitions
from warehouse.study_tables import mirror_study

#: Everybody is looked at about once in so many nights.
NIGHTS = 30
_BATCH_FILES = 200
#: Study tables of one participant's own rows.
_OF_PARTICIPANTS = ("participant", "device_assignment", "prescription", "travel", "outcome")


class VerificationError(FootfallError):
    """The tables of a participant do not follow from the originals any more; the message names the first difference."""


def verify_sample(run: Run, people: int | None = None) -> int:
    """Makes the tables of the participants least recently verified again and compares every cell; returns how many.

    people: how many participants, default a thirtieth of all, rounded up. Raises VerificationError if a cell differs or an
    original is missing or damaged, FootfallError if the study's CSVs say something that was not taken up yet.
    """
    if not sample.is_up_to_date(run.connection, run.mirrored):
        raise FootfallError(
            "expected tables that are up to date; found files or edited CSVs that were not taken up yet. Run `footfall"
            " ingest`, then verify again."
        )
    listed = run.tables.frames["participant"].height
    chosen = sample.least_recently_verified(run.connection, people or -(-listed // NIGHTS))
    if not chosen:
        return 0
    path = run.scratch / "verify.duckdb"
    _make_again(run, path, chosen)
    tables = tables_of_participants(run.connection)
    if sample.has_pending_multiverse(run.connection, chosen):
        # `footfall watch` leaves the multiverse to the night
        tables = [table for table in tables if table != "main.multiverse"]
    with attached(run.connection, path, "again"):
        found = compare_tables(run.connection, "again", tables, chosen)
    path.unlink()
    different = [table for table in found if table.differing]
    if different:
        raise VerificationError(_what_differs(different))
    sample.note_verified(run.connection, chosen, run.now())
    run.report.verified += len(chosen)
    return len(chosen)


def _make_again(run: Run, path: Path, chosen: list[str]) -> None:
    """A database with all tables of these participants, from their originals alone."""
    ids = sample.contents_of(run.connection, chosen)
    originals = Originals(run.study, run.scratch, of_ledger(run.connection, ids))
    with connect(path):
        pass  # the current schema
    with attached(run.connection, path, "again"):
        sample.copy_context(run.connection, "again", ids)
    with connect(path) as connection:
        for wave in originals.waves():
            batch: list[Entry] = []
            for _, entry in read_all(wave, run.attribution, originals.stage):
                batch.append(sample.only_of(entry, chosen))
                if len(batch) == _BATCH_FILES:
                    ledger.write_batch(connection, batch, [], run.now())
                    batch = []
            ledger.write_batch(connection, batch, [], run.now())
        _must_be_there(run.connection, originals, chosen)
        mirrored = mirror_study(connection, _frames_of(run, chosen))
        derive(connection, mirrored, everybody=True)
        compare_definitions(connection)


def _must_be_there(connection: Connection, originals: Originals, chosen: list[str]) -> None:
    lost = sorted(originals.missing | originals.damaged)
    if lost:
        state = "missing" if lost[0] in originals.missing else "damaged"
        whose = ", ".join(sample.people_of(connection, lost[0]) & set(chosen)) or "a participant"
        more = f", and {len(lost) - 1:,} more" if len(lost) > 1 else ""
        raise VerificationError(
            f"expected the originals of {whose} in archive/; found that content {lost[0]} is {state}{more}. Put it back"
            " from a backup; `footfall rebuild` lists all that are missing or damaged."
        )


def _frames_of(run: Run, chosen: list[str]) -> dict[str, pl.DataFrame]:
    """The study's tables with these participants only, and the as-of date of the whole study."""
    frames = {
        name: frame.filter(pl.col("participant_id").is_in(chosen)) if name in _OF_PARTICIPANTS else frame
        for name, frame in run.tables.frames.items()
    }
    as_of: dt.date | None = sample.as_of(run.connection)
    frames["setting"] = frames["setting"].with_columns(pl.lit(as_of, dtype=pl.Date).alias("as_of"))
    return frames


def _what_differs(different: list[Comparison]) -> str:
    table = different[0]
    cell: Cell = table.first[0]
    where = f"{table.table.removeprefix('main.')} ({cell.where})"
    if cell.column is None:
        found = "a row that they do not give" if cell.here is not None else "no row where they give one"
        found = f"in {where} {found}"
    else:
        found = f"{cell.column} of {where} is {in_words(cell.here)}, and they give {in_words(cell.there)}"
    rest = sum(each.differing for each in different) - 1
    more = f"; {rest:,} more rows of {len(different)} tables differ" if rest else ""
    return (
        f"expected the tables of {cell.participant_id} to follow from the originals in archive/; found that {found}{more}."
        " Nothing was published. `footfall rebuild` makes everything again and shows all that differs, `footfall rebuild"
        " --replace` puts it in place."
    )
