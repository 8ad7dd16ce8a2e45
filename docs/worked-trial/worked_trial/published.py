"""Reads a trial from a published file: what the estimates are made of, and what is told without an interval."""

import dataclasses
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from worked_trial import design
from worked_trial.counting import CountingRows, Survival, TrialData, quality_adjusted_years
from worked_trial.walking import Array


@dataclasses.dataclass(frozen=True)
class Week:
    """A study week of an arm: its participant-weeks, and the bounds of the share in which the prescription was met."""

    arm: str
    number: int
    weeks: int
    unknown: int
    share_lo: float
    share_hi: float


@dataclasses.dataclass(frozen=True)
class DoseBand:
    """Follow-up with a dose in a band in the week before: person-weeks and first adverse events, by lower and by upper bound."""

    band: str
    weeks_lo: float
    events_lo: int
    weeks_hi: float
    events_hi: int


@dataclasses.dataclass(frozen=True)
class ArmFacts:
    """Who an arm is, and how much of it is known."""

    arm: str
    people: int
    age_mean: float
    age_sd: float
    women: int
    disability_mean: float
    recurrences: int
    adverse_people: int
    disability_known: int
    economic_known: int


def _columns(path: Path, sql: str, *values: object) -> dict[str, Array]:
    """The columns of an answer as arrays; NULL in a number is NaN."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(sql, list(values)).fetchnumpy()
    return {name: _plain(column) for name, column in found.items()}


def _plain(column: Any) -> Array:
    if not np.ma.is_masked(column):
        return np.asarray(column)
    return np.asarray(np.ma.filled(column.astype(float), np.nan))


def _rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql, list(values)).fetchall()


def read(path: Path, weeks: int) -> TrialData:
    """The data of the published trial, people in the order of their ids; weeks: study weeks with devices."""
    people = _columns(path, "SELECT participant_id, arm FROM participant ORDER BY participant_id")
    place = {name: number for number, name in enumerate(people["participant_id"])}
    rows = {kind: _counting(path, kind, place) for kind in ("recurrence", "adverse_event")}
    first = {kind: _first(found, len(place)) for kind, found in rows.items()}
    disability = _measure(path, "disability", place)
    costs = _measure(path, "cost", place)[:, 1:]
    return TrialData(
        weeks, people["arm"] == "walking", first["recurrence"], first["adverse_event"], rows["recurrence"],
        rows["adverse_event"], disability[:, -1], costs.sum(axis=1),
        quality_adjusted_years(_measure(path, "utility", place)),
    )  # fmt: skip


def _counting(path: Path, kind: str, place: dict[str, int]) -> CountingRows:
    found = _columns(
        path,
        "SELECT participant_id, tstart, tstop, event, event_number, week_number, dose_lag1_lo, dose_lag1_hi, dose_lag4_lo,"
        " dose_lag4_hi, dose_cumulative_lo, dose_cumulative_hi FROM counting_process"
        " WHERE protocol_id = ? AND event_kind = ? ORDER BY participant_id, tstart",
        design.PROTOCOL, kind,
    )  # fmt: skip
    exposure = {name: column.astype(float) for name, column in found.items() if name.startswith("dose_")}
    return CountingRows(
        np.array([place[name] for name in found["participant_id"]]), found["tstart"], found["tstop"], found["event"],
        found["event_number"], found["week_number"], exposure,
    )  # fmt: skip


def _first(rows: CountingRows, people: int) -> Survival:
    """Days to the first event and whether there was one: the last row up to it tells both."""
    before = rows.event_number == 1
    days, is_event = np.zeros(people), np.zeros(people, np.int64)
    days[rows.person[before]], is_event[rows.person[before]] = rows.stop[before], rows.event[before]
    return Survival(days, is_event)


def _measure(path: Path, kind: str, place: dict[str, int]) -> Array:
    """People x VISIT_DAYS: the value of a measure; NaN where it was not taken."""
    found = _rows(
        path,
        "SELECT participant_id, outcome.date - start_date, outcome.value::DOUBLE"
        " FROM outcome JOIN participant USING (participant_id) WHERE kind = ?",
        kind,
    )
    values = np.full((len(place), len(design.VISIT_DAYS)), np.nan)
    for name, day, value in found:
        values[place[name], design.VISIT_DAYS.index(day)] = value
    return values


def weekly_adherence(path: Path, weeks: int) -> list[Week]:
    """Bounds of adherence by arm and study week. Every eligible participant-week counts; what nobody can tell is unknown."""
    return [
        Week(*row)
        for row in _rows(
            path,
            "SELECT arm, week_number, count(*), count(*) FILTER (WHERE adherent_days_prorated = 'unknown'),"
            " count(*) FILTER (WHERE adherent_days_prorated = 'yes') / count(*),"
            " count(*) FILTER (WHERE adherent_days_prorated IN ('yes', 'unknown')) / count(*)"
            " FROM participant_week WHERE protocol_id = ? AND week_number <= ? AND status <> 'ineligible'"
            " GROUP BY arm, week_number ORDER BY arm DESC, week_number",
            design.PROTOCOL, weeks,
        )
    ]  # fmt: skip


#: Doses of the week before, from the least value of each band on.
_BANDS = ((0.0, "0 to below 0.5"), (0.5, "0.5 to below 1"), (1.0, "1, all that was asked for"))


def adverse_by_dose(data: TrialData, *, among: Array) -> list[DoseBand]:
    """First adverse events of the first year by the dose of the week before. Descriptive: dose comes after randomisation."""
    rows = data.adverse_rows
    used = (rows.event_number == 1) & (rows.week > 1) & (rows.week <= data.weeks + 1) & among[rows.person]
    length, events = (rows.stop - rows.start)[used] / 7, rows.event[used]
    dose = {bound: rows.exposure[f"dose_lag1_{bound}"][used] for bound in design.BOUNDS}
    band = {
        bound: np.where(np.isnan(values), -1, np.searchsorted([start for start, _ in _BANDS], values, "right") - 1)
        for bound, values in dose.items()
    }
    found = []
    for number, name in ((-1, "not observed"), *((n, name) for n, (_, name) in enumerate(_BANDS))):
        cells = [(length[band[bound] == number].sum(), events[band[bound] == number].sum()) for bound in design.BOUNDS]
        found.append(DoseBand(name, float(cells[0][0]), int(cells[0][1]), float(cells[1][0]), int(cells[1][1])))
    return found


def arm_facts(path: Path, data: TrialData, is_woman: Array) -> list[ArmFacts]:
    """Both arms, walking first. Sex is no column of a study; the simulator tells it."""
    ages = _columns(path, "SELECT age_years FROM participant ORDER BY participant_id")["age_years"]
    ids = _columns(path, "SELECT participant_id FROM participant ORDER BY participant_id")["participant_id"]
    first = _measure(path, "disability", {name: number for number, name in enumerate(ids)})[:, 0]
    year = data.adverse.until(design.YEAR_DAYS)
    return [
        ArmFacts(
            arm=name,
            people=int(arm.sum()),
            age_mean=float(ages[arm].mean()),
            age_sd=float(ages[arm].std(ddof=1)),
            women=int(is_woman[arm].sum()),
            disability_mean=float(first[arm].mean()),
            recurrences=int(data.recurrence.is_event[arm].sum()),
            adverse_people=int(year.is_event[arm].sum()),
            disability_known=int((~np.isnan(data.disability[arm])).sum()),
            economic_known=int((~np.isnan(data.cost[arm] + data.qaly[arm])).sum()),
        )
        for name, arm in (("walking", data.is_walking), ("control", ~data.is_walking))
    ]


def record(path: Path) -> dict[str, int]:
    """Counts that say how much went through the warehouse: files by connector, minutes, days and weeks."""
    counts = dict(
        _rows(
            path,
            "SELECT 'files read: ' || coalesce(dialect, connector), count(*) FROM source_file WHERE status = 'loaded'"
            " GROUP BY ALL ORDER BY ALL",
        )
    )
    aside = "SELECT count(*) FROM source_file WHERE status <> 'loaded'"
    for name, sql in (
        ("files set aside", aside),
        ("participant-minutes", "SELECT count(*) FROM minute"),
        ("walking bouts", "SELECT count(*) FROM walking_bout"),
        ("participant-days", "SELECT count(*) FROM participant_day"),
        ("participant-weeks", "SELECT count(*) FROM participant_week"),
        ("start-stop rows", "SELECT count(*) FROM counting_process"),
    ):
        counts[name] = _rows(path, sql)[0][0]
    return counts
