"""Minutes are derived for the stretch that a load can have changed: the tables are those of a whole derivation."""

import datetime as dt
import random

import duckdb
import polars as pl

from tests.oracles import generated
from tests.oracles.ledger import ledger_frames, study_frames
from warehouse.build import derive, views
from warehouse.database import connect
from warehouse.ledger import FRAMES, Entry, Receipt, SourceFile, write_batch
from warehouse.study_tables import mirror_study
from warehouse.touched import touch_pending


def entries(frames: dict[str, pl.DataFrame]) -> list[tuple[Entry, Receipt]]:
    """Every file of a made-up study as the ingester hands it to the ledger, in the order of its last data."""
    found = []
    for row in frames["source_file"].iter_rows(named=True):
        name = row["source_file_id"]
        own = {
            table: frame.filter(pl.col("source_file_id") == name).select(
                (pl.col(column) if column in frame.columns else pl.lit(None)).cast(kind).alias(column)
                for column, kind in FRAMES[table].items()
            )
            for table, frame in frames.items()
            if table in FRAMES and frame.height
        }
        file = SourceFile(
            name, row["status"], row["received_at"], kind=row["kind"], exported_at=row["exported_at"],
            context_hash="", rows_read=1,
        )  # fmt: skip
        last = own["file_part"].get_column("last_at").max() if "file_part" in own else None
        found.append((last, Entry(file, own), Receipt(name, name, name.split("/")[0], 1, 1, row["received_at"])))
    never = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return [
        (entry, receipt) for _, entry, receipt in sorted(found, key=lambda one: (one[0] or never, one[2].inbox_path))
    ]


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    names = [name for name in views() if not name.startswith("multiverse")]
    return {name: sorted(map(repr, connection.execute(f"FROM main.{name}").fetchall())) for name in names}


def test_loads_one_after_the_other_give_the_tables_of_one_whole_derivation() -> None:
    chance = random.Random(1)  # noqa: S311
    study = generated.study(501, 20)
    files = entries(ledger_frames(study))
    # most come night after night, some late; a few are taken out again and come once more, as after a correction
    files.sort(key=lambda one: chance.random() < 0.15)
    with connect() as connection:
        frames = study_frames(study)
        # a rule that takes missing minutes for pauses has no stretch: everything is derived, and nothing would be tested
        frames["bout_rule"] = frames["bout_rule"].with_columns(missing=pl.lit("break"))
        mirrored = mirror_study(connection, frames)
        derive(connection, mirrored)
        narrowed = 0
        for first in range(0, len(files), -(-len(files) // 3)):
            batch = files[first : first + -(-len(files) // 3)]
            write_batch(connection, [entry for entry, _ in batch], [receipt for _, receipt in batch])
            narrowed += _narrowed(connection)
            derive(connection, mirrored)
        again = chance.sample(files, 4)
        emptied = [
            Entry(entry.file, {"file_part": entry.frames["file_part"]})
            for entry, _ in again
            if "file_part" in entry.frames
        ]
        write_batch(connection, emptied, [])
        derive(connection, mirrored)
        write_batch(connection, [entry for entry, _ in again[:2]], [])
        derive(connection, mirrored)
        step_by_step = contents(connection)
        derive(connection, mirrored, everybody=True)
        assert contents(connection) == step_by_step
        assert narrowed > 5


def _narrowed(connection: duckdb.DuckDBPyConnection) -> int:
    """How many participants the next derivation takes in part."""
    touch_pending(connection)
    row = connection.execute("SELECT count(*) FROM touched WHERE isfinite(from_at) OR isfinite(to_at)").fetchone()
    return int(row[0]) if row else 0
