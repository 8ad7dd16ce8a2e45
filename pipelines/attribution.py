"""Whose file is it? Evidence is the folder it was dropped in, its own column or name, and devices.csv for that date."""

import dataclasses
import datetime as dt
import functools
import hashlib
import json

import polars as pl

from pipelines.local_time import local_date
from pipelines.study_folder import StudyTables
from warehouse.offsets import offset_periods


class ConflictError(Exception):
    """Two pieces of evidence name different people; the message names both."""


@dataclasses.dataclass(frozen=True)
class Attribution:
    """What decides whose rows are whose. periods: offset periods of all participants; devices: devices.csv."""

    participants: frozenset[str]
    periods: pl.DataFrame
    devices: pl.DataFrame
    zones: dict[str, str]

    @classmethod
    def of(cls, tables: StudyTables) -> "Attribution":
        """The evidence that a study's tables hold."""
        participant, travel = tables.frames["participant"], tables.frames["travel"]
        zones: dict[str, list[str]] = {name: [zone] for name, zone in tables.participants.items()}
        for name, from_utc, zone in travel.sort("participant_id", "from_utc").rows():
            zones[name].append(f"{from_utc.isoformat()} {zone}")
        return cls(
            participants=frozenset(tables.participants),
            periods=offset_periods(participant, travel),
            devices=tables.frames["device_assignment"],
            zones={name: "; ".join(stops) for name, stops in zones.items()},
        )

    @classmethod
    def nobody(cls, like: "Attribution") -> "Attribution":
        """Evidence that names nobody, for a file about which evidence disagrees."""
        return dataclasses.replace(like, participants=frozenset(), devices=like.devices.clear())

    @functools.cached_property
    def _listed_devices(self) -> frozenset[str]:
        return frozenset(self.devices.get_column("device_id"))

    def undated_owner(self, folders: tuple[str, ...], device_id: str) -> str | None:
        """Whose a file of one device is, whatever its dates and without any conflict; None where that takes a closer look."""
        known = self.participants.intersection(folders)
        return next(iter(known)) if len(known) == 1 and device_id not in self._listed_devices else None

    @functools.cached_property
    def _header(self) -> str:
        return self.devices.clear().write_csv()

    def context_hash(
        self,
        folders: tuple[str, ...],
        labels: tuple[str, ...],
        device_ids: tuple[str, ...],
        time_basis: str | None,
        connector: str | None = None,
    ) -> str:
        """A hash of all that the study says about a file with this evidence: if it changes, the file is read again."""
        # most files are of no device of devices.csv, and an account's archive has hundreds of files of no device at all
        listed = self._listed_devices.intersection(device_ids)
        given = self.devices.filter(pl.col("device_id").is_in(sorted(listed))).sort(pl.all()) if listed else None
        people = {*folders, *labels, *(() if given is None else given.get_column("participant_id"))}
        is_placed = time_basis == "local" or given is not None or (time_basis and connector not in ("fit", "gpx"))
        said = {
            "folders": list(folders),
            "known": sorted(people & self.participants),
            "devices": self._header if given is None else given.write_csv(),
            # the zone places naive clock times, the dates of devices.csv, and the dates and nights of what a table states
            "zones": {name: self.zones.get(name) for name in sorted(people)} if is_placed else {},
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def named_by_file(named: str | None, attribution: Attribution, folders: tuple[str, ...]) -> str | None:
    """Whom the file's own name says it is of, if it is somebody of participants.csv; ConflictError if a folder says otherwise."""
    if named is None or named not in attribution.participants:
        return None
    folder = _by_folder(attribution, folders)
    if folder not in (None, named):
        raise ConflictError(f"the folder says {folder}, the file's own name says {named}")
    return named


def _by_folder(attribution: Attribution, folders: tuple[str, ...]) -> str | None:
    known = sorted(set(folders) & attribution.participants)
    if len(known) > 1:
        raise ConflictError(f"the same file was dropped for {known[0]} and for {known[1]}")
    return known[0] if known else None


def attribute(rows: pl.DataFrame, at: str, attribution: Attribution, folders: tuple[str, ...]) -> pl.DataFrame:
    """The rows with participant_id; null where nobody in participants.csv can be named.

    rows: participant_label, device_id and the time column `at` (UTC or naive local). folders: first folders under inbox/
    in which this content was dropped. Raises ConflictError if two pieces of evidence disagree.
    """
    folder = _by_folder(attribution, folders)
    if rows.is_empty():
        return rows.with_columns(pl.lit(None, dtype=pl.String).alias("participant_id"))
    labels = rows.get_column("participant_label").unique().drop_nulls().sort().to_list()
    if folder is not None:
        others = [label for label in labels if label != folder]
        if others:
            shown = others[0] if others[0] in attribution.participants else "somebody who is not in participants.csv"
            raise ConflictError(f"the folder says {folder}, the file's own participant column says {shown}")
    label = pl.col("participant_label")
    named = rows.with_columns(
        pl.when(label.is_in(sorted(attribution.participants)))
        .then(label)
        .when(label.is_null())
        .then(pl.lit(folder, dtype=pl.String))
        .alias("participant_id")
    )
    device_ids = named.get_column("device_id").unique().to_list()
    given = attribution.devices.filter(pl.col("device_id").is_in(device_ids))
    for device_id, participant_id, from_date, to_date in given.select(
        "device_id", "participant_id", "from_date", "to_date"
    ).rows():
        dates = _dates(named, at, attribution, participant_id)
        worn = (
            (pl.col("device_id") == device_id)
            & (dates >= (from_date or dt.date.min))
            & (dates <= (to_date or dt.date.max))
        )
        clash = named.filter(
            worn & pl.col("participant_id").is_not_null() & (pl.col("participant_id") != participant_id)
        )
        if not clash.is_empty():
            raise ConflictError(
                f"devices.csv gives the device to {participant_id} on those dates, other evidence names"
                f" {clash.item(0, 'participant_id')}"
            )
        named = named.with_columns(
            pl.when(worn & pl.col("participant_label").is_null())
            .then(pl.lit(participant_id))
            .otherwise("participant_id")
            .alias("participant_id")
        )
    return named


def _dates(rows: pl.DataFrame, at: str, attribution: Attribution, participant_id: str) -> pl.Series:
    if rows.schema[at] == pl.Datetime("us"):
        return rows.get_column(at).dt.date()
    theirs = rows.select(pl.lit(participant_id).alias("participant_id"), at)
    return local_date(theirs, at, attribution.periods.filter(pl.col("participant_id") == participant_id))
