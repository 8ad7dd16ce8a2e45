"""A vendor's file with its known truth, and how both are laid down beside the other samples."""

import csv
import dataclasses
import datetime as dt
import io
from typing import Literal

Frame = Literal["epoch", "total", "wear", "session"]


@dataclasses.dataclass(frozen=True)
class TruthRow:
    """What one row (or cell) of an export means.

    participant, device: the texts of the file, None where it does not say. start, end: aware where the format states an
    instant, naive where it is the clock on the wall. steps: None = not measured, or not what the row is about.
    """

    frame: Frame
    participant: str | None
    device: str | None
    start: dt.datetime
    end: dt.datetime
    steps: float | None


@dataclasses.dataclass(frozen=True)
class Sample:
    """One export as the vendor writes it. name: what it came under, with the folders of the vendor's archive."""

    dialect: str
    name: str
    content: bytes
    truth: tuple[TruthRow, ...]
    note: str
    #: where the name alone is not its own within the dialect's folder
    kept_as: str = ""

    @property
    def path(self) -> str:
        """Where it is kept, under sample_data/."""
        return f"csv/{self.dialect}/{self.kept_as or self.name.rpartition('/')[2]}"

    @property
    def truth_path(self) -> str:
        """Where its truth is kept, under sample_data/."""
        return f"{self.path}.truth.csv"

    def truth_csv(self) -> bytes:
        """The truth as a table for people."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(field.name for field in dataclasses.fields(TruthRow))
        for row in self.truth:
            steps = "" if row.steps is None else f"{row.steps:.10g}"
            writer.writerow(
                (row.frame, row.participant or "", row.device or "", _written(row.start), _written(row.end), steps)
            )
        return table.getvalue().encode()


def epoch(
    start: dt.datetime,
    seconds: float,
    steps: float | None,
    *,
    participant: str | None = None,
    device: str | None = None,
) -> TruthRow:
    """Steps of a minute or less, or of an event."""
    return TruthRow("epoch", participant, device, start, start + dt.timedelta(seconds=seconds), steps)


def total(
    start: dt.datetime, seconds: float, steps: float, *, participant: str | None = None, device: str | None = None
) -> TruthRow:
    """Steps of a longer stretch."""
    return TruthRow("total", participant, device, start, start + dt.timedelta(seconds=seconds), steps)


def day_total(day: dt.date, steps: int, *, participant: str | None = None, device: str | None = None) -> TruthRow:
    """Steps of a local day."""
    return total(
        dt.datetime.combine(day, dt.time()),
        86400,
        steps,
        participant=participant,
        device=device,
    )


def wear(start: dt.datetime, participant: str | None = None) -> TruthRow:
    """A minute in which the device was seen to be worn."""
    return TruthRow("wear", participant, None, start, start + dt.timedelta(minutes=1), None)


def lines(rows: list[str], *, end: str = "\n", bom: bool = False) -> bytes:
    """A text file of these lines."""
    return ("\ufeff" if bom else "").encode() + "".join(row + end for row in rows).encode()


def _written(moment: dt.datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + ("Z" if moment.tzinfo else "")
