"""Apple Health's export.xml in, a Recording out: the step records of every phone, watch and app, side by side.

They are never added up: whose count holds in a minute is decided later, by device class.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from connectors.apple_health.columns import FIELDS, columns_of
from connectors.apple_health.prolog import HEAD_BYTES, root_at
from connectors.apple_health.scan import CHUNK_BYTES, STEPS, Batch, Scan
from connectors.apple_health.sources import Sources
from connectors.errors import CorruptFileError, NoStepDataError
from connectors.overlaps import without_overlaps
from connectors.recording import LONGEST_EVENT, Problem, Recording

_STAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} [+-](?:0[0-9]|1[0-4])[0-5][0-9]$"
#: before it there was no phone that counts, and a clock that is not set shows 1970
_FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
#: no leg takes as many, and what is a whole number in every column is less
_MAX_STEPS = 1e9


def identify(path: Path) -> bool:
    """True for XML in UTF-8 whose root element is HealthData; export_cda.xml beside it has another root."""
    with Path(path).open("rb") as file:
        return root_at(file.read(HEAD_BYTES)) is not None


def read(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> Recording:
    """The Recording of an export: an epoch per step record, in UTC, a longer one as a total.

    The offset in a stamp is the phone's at the time of the export, so it leads to the instant and says nothing of the local
    day. No coverage: without a row nobody took a step, or the phone lay on the table.
    Raises NoStepDataError without a step that was measured, CorruptFileError if no step record can be read.
    """
    path = Path(path)
    records = _Records()
    with path.open("rb") as file:
        scan = Scan(path, file, chunk_bytes)
        for batch in scan.batches():
            records.add(batch)
    if scan.truncated_at is not None:
        records.note("truncated", 1, f"byte {scan.truncated_at}")
    rows = records.rows(path)
    labels = pl.Series([device.device_id for device in records.sources.devices], dtype=pl.String)
    long = pl.col("end") - pl.col("start") > pl.duration(seconds=LONGEST_EVENT)
    epochs, cut = without_overlaps(rows.filter(~long))
    records.note("overlapping_rows", cut)
    epochs = epochs.rename({"start": "epoch_start", "end": "epoch_end"})
    totals = rows.filter(long).sort("device_label", "start", "end").with_columns(pl.col("steps").round())
    # a source of which nothing is left is no device of the recording
    used = rows["device_label"].value_counts().sort(["count", "device_label"], descending=[True, False])["device_label"]
    devices = [records.sources.devices[number] for number in used]
    return Recording.build(
        connector="apple_health",
        kind="all_day" if epochs.height else "totals",
        device=devices[0],
        rows_read=records.count,
        epochs=epochs.with_columns(labels.gather(epochs["device_label"]).alias("device_label")),
        totals=totals.with_columns(labels.gather(totals["device_label"]).alias("device_label")),
        problems=tuple(records.problems),
        devices={device.device_id: device for device in devices},
        exported_at=pl.select(_instant(pl.lit(scan.exported, dtype=pl.String))).item(),
    )


class _Records:
    """The step records of one export as they come, kept in 28 bytes each."""

    def __init__(self) -> None:
        self.count = 0
        self.problems: list[Problem] = []
        self.sources = Sources()
        self._frames: list[pl.DataFrame] = []
        self._bad = self._typed_in = 0
        self._first_bad = self._first_typed_in = ""

    def note(self, code: str, count: int, where: str = "") -> None:
        """Keeps a problem, if there is one."""
        if count:
            self.problems.append(Problem(code, count, where))

    def add(self, batch: Batch) -> None:
        """Takes up the records of some tags."""
        tags, typed = batch
        records = columns_of(tags).with_columns(pl.Series("typed_in", typed, dtype=pl.Boolean))
        # a tag that cannot be read is one, too: it names the type somewhere
        unread = pl.all_horizontal(pl.col(field).is_null() for field in FIELDS)
        records = records.filter((pl.col("type") == STEPS).fill_null(value=False) | unread)
        rows = records.select(
            self.sources.numbers(records).alias("device_label"),
            _instant(pl.col("startDate")).alias("start"),
            _instant(pl.col("endDate")).alias("end"),
            pl.col("value").str.strip_chars().cast(pl.Float64, strict=False).alias("steps"),
            "typed_in",
            pl.int_range(self.count + 1, self.count + 1 + pl.len()).alias("record"),
        )
        self.count += rows.height
        good = pl.all_horizontal(
            pl.col("device_label").is_not_null(),
            pl.col("start") >= _FIRST,
            pl.col("end") >= pl.col("start"),
            pl.col("steps") >= 0,
            pl.col("steps") < _MAX_STEPS,
        ).fill_null(value=False)
        bad = rows.filter(~pl.col("typed_in") & ~good)
        typed_in = rows.filter("typed_in")
        self._first_bad = self._first_bad or _first(bad)
        self._first_typed_in = self._first_typed_in or _first(typed_in)
        self._bad += bad.height
        self._typed_in += typed_in.height
        self._frames.append(rows.filter(~pl.col("typed_in") & good).drop("typed_in", "record"))

    def rows(self, path: Path) -> pl.DataFrame:
        """participant_label, device_label (a number), start, end, steps, each record once."""
        self.note("bad_row", self._bad, self._first_bad)
        self.note("typed_in", self._typed_in, self._first_typed_in)
        if not any(frame.height for frame in self._frames):
            raise self._nothing(path)
        rows = pl.concat(self._frames)
        self._frames.clear()
        once = rows.unique(maintain_order=True)
        self.note("repeated_rows", rows.height - once.height)
        return once.with_columns(pl.lit(None, dtype=pl.String).alias("participant_label"))

    def _nothing(self, path: Path) -> CorruptFileError | NoStepDataError:
        if self._bad:
            return CorruptFileError(
                path,
                expected="step records with a source, a start, an end and a value",
                found=f"{self._bad} step records, none of which can be read",
                where=self._first_bad,
                todo="Export the data again from the Health app.",
            )
        cut = ", and the file is cut off" if any(problem.code == "truncated" for problem in self.problems) else ""
        found = f"{self._typed_in} that were typed in by hand" if self._typed_in else "none"
        return NoStepDataError(
            path,
            expected="step records that a device wrote",
            found=found + cut,
            todo="Export all health data again, on the phone that counted the steps."
            if not cut
            else "Export all health data again and copy the archive whole.",
        )


def _first(rows: pl.DataFrame) -> str:
    return f"step record {rows['record'][0]}" if rows.height else ""


def _instant(stamp: pl.Expr) -> pl.Expr:
    """The instant of "2014-09-13 10:27:54 +0100" in UTC; null for anything else."""
    # read in one go with its offset, a stamp takes three times as long
    clock = stamp.str.head(19).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    offset = stamp.str.tail(5).cast(pl.Int64, strict=False)
    minutes = offset.sign() * (offset.abs() // 100 * 60 + offset.abs() % 100)
    instant = clock.dt.epoch("us") - minutes * 60_000_000
    return pl.when(stamp.str.contains(_STAMP)).then(instant).cast(pl.Datetime("us", "UTC"))
