"""One made-up study for many examples: each participant is declared beside the test that asks about them."""

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.study_folder import StudyFolder
from tests.study_builder import MONDAY, Row, ask, at, make_study, run, table

_CLOCKS = [f"{hour:02d}:{minute:02d}:00Z" for hour in range(24) for minute in range(60)]
_CSVS = {
    "devices.csv": ("device_id", "participant_id", "from_date", "to_date", "device_class", "zeros_prove_wear"),
    "prescriptions.csv": ("participant_id", "valid_from", "days_per_week", "minutes_per_day"),
    "outcomes.csv": ("participant_id", "date", "kind", "value", "end_date"),
    "travel.csv": ("participant_id", "from_utc", "time_zone"),
}


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Consecutive minutes from an instant in UTC on; None = no value, heart = a heart rate in each of them."""

    start: dt.datetime
    steps: Sequence[int | None]
    device: str = ""
    heart: int | None = None

    def lines(self, participant_id: str) -> list[str]:
        """Rows of native CSV: participant_id, minute_start, steps, device_id, heart_rate_bpm."""
        at_minute = self.start.hour * 60 + self.start.minute
        dates = [self.start.date() + dt.timedelta(n) for n in range((at_minute + len(self.steps)) // 1440 + 1)]
        rest = f"{self.device},{'' if self.heart is None else self.heart}"
        return [
            f"{participant_id},{dates[n // 1440]}T{_CLOCKS[n % 1440]},{'' if steps is None else steps},{rest}"
            for n, steps in enumerate(self.steps, at_minute)
        ]


def date(n: int) -> dt.date:
    """A date of the study, date(0) being its first Monday."""
    return MONDAY + dt.timedelta(days=n)


def worn(n: int, walked: int = 0, *, clock: str = "06:00", minutes: int = 600, steps: int = 110) -> Stretch:
    """Date n observed for so many minutes, of which the first `walked` have so many steps and the others none.

    600 minutes from 06:00 on are the least that make a day valid; 1,020 fill the wear window.
    """
    return Stretch(at(date(n), clock), [steps] * walked + [0] * (minutes - walked))


def week(tokens: str, first: int = 0, minutes: int = 600) -> list[Stretch]:
    """Days in the words of the bouts guide, section 8: `30` valid with so many minutes, `P12` partial, `M` missing."""
    days = []
    for n, said in enumerate(tokens.split(), first):
        if said.startswith("P"):
            days.append(worn(n, int(said[1:]), clock="09:00", minutes=300))
        elif said != "M":
            days.append(worn(n, int(said), minutes=minutes))
    return days


def daily(participant_id: str, first: int, totals: Sequence[int]) -> str:
    """A Fitabase dailySteps table from date `first` on: month first, no leading zeros."""
    dates = [date(first + n) for n in range(len(totals))]
    return "Id,ActivityDay,StepTotal\n" + "".join(
        f"{participant_id},{on.month}/{on.day}/{on.year},{steps}\n" for on, steps in zip(dates, totals, strict=True)
    )


class Answers:
    """What the study published, by participant; instants in UTC."""

    def __init__(self, study: StudyFolder) -> None:
        self.study = study
        self._held: dict[str, dict[str, list[Row]]] = {}

    def of(self, name: str, participant_id: str, order: str) -> list[Row]:
        """The rows of a published table about a participant, in the order of a column."""
        if name not in self._held:
            self._held[name] = defaultdict(list)
            for row in ask(self.study, f"SELECT * FROM {name} ORDER BY {order}"):
                self._held[name][row["participant_id"]].append(row)
        return self._held[name][participant_id]

    def days(self, participant_id: str, protocol_id: str = "walkback") -> dict[dt.date, Row]:
        """participant_day by date."""
        rows = self.of("participant_day", participant_id, "local_date")
        return {row["local_date"]: row for row in rows if row["protocol_id"] == protocol_id}

    def day(self, participant_id: str, n: int = 0, protocol_id: str = "walkback") -> Row:
        """participant_day of date n."""
        return self.days(participant_id, protocol_id)[date(n)]

    def weeks(self, participant_id: str, protocol_id: str = "walkback") -> dict[int, Row]:
        """participant_week by number."""
        rows = self.of("participant_week", participant_id, "week_number")
        return {row["week_number"]: row for row in rows if row["protocol_id"] == protocol_id}

    def week(self, participant_id: str, protocol_id: str = "walkback", number: int = 1) -> Row:
        """participant_week of one number."""
        return self.weeks(participant_id, protocol_id)[number]

    def minutes(self, participant_id: str) -> list[Row]:
        """The minute grid in time."""
        return self.of("minute", participant_id, "minute_start")

    def bouts(self, participant_id: str, bout_rule_id: str = "walkback") -> list[Row]:
        """walking_bout in time."""
        rows = self.of("walking_bout", participant_id, "bout_start")
        return [row for row in rows if row["bout_rule_id"] == bout_rule_id]


class Cohort:
    """The participants of one study. toml: settings of study.toml; csvs: further files of the study folder."""

    def __init__(self, *, toml: Mapping[str, Any] | None = None, csvs: Mapping[str, str] | None = None) -> None:
        self._toml, self._given = toml or {}, csvs or {}
        self._people: list[Row] = []
        self._minutes: dict[str, Sequence[Stretch]] = {}
        self._rows: dict[str, list[Row]] = {name: [] for name in _CSVS}
        self._files: dict[str, str | bytes] = {}

    def add(
        self,
        participant_id: str,
        minutes: Sequence[Stretch] = (),
        *,
        devices: Sequence[Row] = (),
        prescribed: Sequence[tuple[dt.date, int, int]] = (),
        events: Sequence[Row] = (),
        travel: Sequence[tuple[str, str]] = (),
        files: Mapping[str, str | bytes] | None = None,
        **columns: Any,
    ) -> str:
        """A participant with native minutes, further files by path under inbox/ and columns of participants.csv.

        prescribed: valid_from, days per week, minutes per day. travel: from_utc, time zone. Returns the participant's id.
        """
        assert participant_id not in self._minutes, participant_id
        self._people.append({"participant_id": participant_id} | columns)
        self._minutes[participant_id] = minutes
        rows = {
            "devices.csv": devices,
            "prescriptions.csv": [
                {"valid_from": valid_from, "days_per_week": days, "minutes_per_day": length}
                for valid_from, days, length in prescribed
            ],
            "outcomes.csv": events,
            "travel.csv": [{"from_utc": instant, "time_zone": zone} for instant, zone in travel],
        }
        for name, given in rows.items():
            self._rows[name] += [{"participant_id": participant_id} | row for row in given]
        self._files |= files or {}
        return participant_id

    def _native(self) -> str:
        lines = ["participant_id,minute_start,steps,device_id,heart_rate_bpm"]
        for participant_id, stretches in self._minutes.items():
            for stretch in stretches:
                lines += stretch.lines(participant_id)
        return "\n".join(lines) + "\n"

    def run(self, root: Path) -> Answers:
        """The study in root, ingested once."""
        csvs = {name: table(_CSVS[name], rows) for name, rows in self._rows.items() if rows}
        native = {"minutes.csv": self._native()} if any(self._minutes.values()) else {}
        study = make_study(
            root / "study", self._people, toml=self._toml, csvs=csvs | dict(self._given), files=native | self._files
        )
        run(study)
        return Answers(study)
