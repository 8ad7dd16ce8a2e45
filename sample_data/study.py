"""A whole study: the CSVs that describe it, and an inbox full of exports."""

import csv
import dataclasses
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from sample_data.exports import Export, own_exports, shared_exports
from sample_data.life import Life, live
from sample_data.people import OUTCOMES, PARTICIPANTS
from sample_data.traces import Trace, traces_of
from sample_data.trouble import trouble
from sample_data.truth import ExpectedFile, Truth, last_seen, truth_of

#: W01's day that is sent three times: whole, whole again, and damaged
_SENT_AGAIN = 3


def simulate(seed: int) -> tuple[list[Life], dict[str, list[Trace]]]:
    """Every participant's life, and what each one's devices saw of it."""
    lives = [live(participant, seed) for participant in PARTICIPANTS]
    return lives, {life.participant.participant_id: traces_of(life, seed) for life in lives}


def exports_of(lives: list[Life], traces: dict[str, list[Trace]]) -> list[Export]:
    """All exports of the study, by path."""
    good = [one for life in lives for one in own_exports(life, traces[life.participant.participant_id])]
    good += shared_exports(lives, traces)
    monitoring = [one for one in good if one.path.startswith("inbox/W01/monitoring")]
    by_id = {life.participant.participant_id: life for life in lives}
    return sorted([*good, *trouble(by_id, monitoring[_SENT_AGAIN])], key=lambda one: one.path)


def write_study(folder: Path, seed: int = 2024) -> Truth:
    """Writes participants.csv, devices.csv, prescriptions.csv, travel.csv, outcomes.csv and inbox/ into the folder.

    study.toml is not written. The same seed gives the same bytes.
    """
    lives, traces = simulate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    _tables(folder, lives, traces)
    exports = exports_of(lives, traces)
    for one in exports:
        target = folder / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(one.content)
    told = [truth_of(life, traces[life.participant.participant_id]) for life in lives]
    return Truth(
        as_of=last_seen(lives, traces),
        days=[day for days, _ in told for day in days],
        weeks=[week for _, weeks in told for week in weeks],
        expected_files=[
            ExpectedFile(one.path, receipt.member, receipt.status, receipt.why)
            for one in exports
            for receipt in one.receipts
        ],
    )


Cell = str | int | dt.date | None


def _table(path: Path, header: str, rows: Iterable[tuple[Cell, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _tables(folder: Path, lives: list[Life], traces: dict[str, list[Trace]]) -> None:
    people = [life.participant for life in lives]
    _table(
        folder / "participants.csv",
        "participant_id time_zone start_date end_date arm",
        ((who.participant_id, who.time_zone, who.start_date, who.end_date, who.arm) for who in people),
    )
    _table(
        folder / "devices.csv",
        "device_id participant_id from_date to_date",
        (
            (trace.device_id, life.participant.participant_id, life.days[0].date, life.participant.end_date)
            for life in lives
            for trace in traces[life.participant.participant_id]
            if trace.device_id
        ),
    )
    _table(
        folder / "prescriptions.csv",
        "participant_id valid_from days_per_week minutes_per_day",
        (
            (
                who.participant_id,
                who.start_date + dt.timedelta(days=7 * (row.from_week - 1)),
                *dataclasses.astuple(row)[1:],
            )
            for who in people
            for row in who.prescriptions
        ),
    )
    _table(
        folder / "travel.csv",
        "participant_id from_utc time_zone",
        ((who.participant_id, f"{at:%Y-%m-%dT%H:%M:%SZ}", zone) for who in people for at, zone in who.journeys),
    )
    _table(
        folder / "outcomes.csv",
        "participant_id date kind value end_date",
        ((row.participant_id, row.date, row.kind, row.value, row.end_date) for row in OUTCOMES),
    )
