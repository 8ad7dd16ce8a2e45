"""When nights are due: the clock time of study.toml in the study's zone, as instants in UTC."""

import dataclasses
import datetime as dt
import zoneinfo

from pipelines.publications import publications
from pipelines.settings import FILE_NAME, read_settings
from pipelines.study_folder import StudyFolder


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Every night at that clock time of that zone; seconds are left out."""

    at: dt.time
    time_zone: str

    @property
    def cron(self) -> str:
        """The five fields of cron, to be read in time_zone."""
        return f"{self.at.minute} {self.at.hour} * * *"

    def last_before(self, now: dt.datetime) -> dt.datetime:
        """The latest instant at or before now that was due, UTC."""
        local = now.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()
        found = [self._on(local + dt.timedelta(days=days)) for days in (-2, -1, 0, 1)]
        return max(instant for instant in found if instant <= now)

    def next_after(self, now: dt.datetime) -> dt.datetime:
        """The first instant after now that is due, UTC."""
        local = now.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()
        found = [self._on(local + dt.timedelta(days=days)) for days in (-1, 0, 1, 2)]
        return min(instant for instant in found if instant > now)

    def in_words(self) -> str:
        """Such as `02:00 Australia/Sydney`."""
        return f"{self.at:%H:%M} {self.time_zone}"

    def _on(self, date: dt.date) -> dt.datetime:
        # as Prefect has it: a clock time that comes twice is due the first time, one that a change of clocks leaves out is due
        # as if the clocks had been changed already
        local = dt.datetime.combine(date, dt.time(self.at.hour, self.at.minute), zoneinfo.ZoneInfo(self.time_zone))
        instant = local.astimezone(dt.UTC)
        is_left_out = instant.astimezone(local.tzinfo).time() != local.time()
        return local.replace(fold=1).astimezone(dt.UTC) if is_left_out else instant


def read_schedule(study: StudyFolder) -> Schedule:
    """What study.toml says now; StudyError if it cannot be used."""
    settings = read_settings(study.root / FILE_NAME)
    return Schedule(settings.schedule_at, settings.time_zone)


def is_missed(study: StudyFolder, schedule: Schedule, now: dt.datetime) -> bool:
    """True if no nightly run has published since the last instant that was due: the machine was off, or the run was ended.

    The list of publications tells it without opening the ledger, which an ingester may be holding. A study without any
    nightly run misses one.
    """
    nights = [each for each in publications(study) if each.kind == "nightly"]
    return not nights or dt.datetime.fromisoformat(nights[-1].published_at) < schedule.last_before(now)
