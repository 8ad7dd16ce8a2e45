"""Who the participants are: what each wears and sends, and what happens to them in each of eight weeks.

A week is seven letters, one a day; the seed shuffles them unless the week begins with "=".

W  worn all day, a walk longer than prescribed       s  worn all day, a walk clearly too short
R  the same, but running                             z  worn all day, no walk, only a few steps now and then
P  worn in the morning only, with a long walk        o  worn all day, and not one step
p  worn in the morning only, no walk                 M  nothing was recorded
D  the device recorded, but lay in a drawer          L  the first file of the day was lost, and the walk with it
B  no watch, only the pedometer, with a long walk    C  the watch lay in a drawer, the pedometer was worn, a long walk
"""

import dataclasses
import datetime as dt

from sample_data.clock import Clock, seeded, utc_minute

NAME = "WalkBack sample"
TIME_ZONE = "Australia/Sydney"
WEEKS = 8

#: days a week and minutes a day where nothing was prescribed. Source: WalkBack, 30 minutes on five days a week
DEFAULT_PRESCRIPTION = (5, 30)


@dataclasses.dataclass(frozen=True)
class Prescription:
    """What was asked for from the first day of a study week."""

    from_week: int
    days_per_week: int
    minutes_per_day: int


@dataclasses.dataclass(frozen=True)
class Participant:
    """One person: `sends` says which exports, `weeks` what happens, `before` what happens before start_date."""

    participant_id: str
    arm: str
    start_date: dt.date
    sends: str
    shows: str
    weeks: tuple[str, ...]
    time_zone: str = TIME_ZONE
    before: str = ""
    prescriptions: tuple[Prescription, ...] = ()
    journeys: tuple[tuple[dt.datetime, str], ...] = ()
    wears_at_night: bool = False
    walks_past_midnight_on: dt.date | None = None

    @property
    def end_date(self) -> dt.date:
        """The last day of the eighth week."""
        return self.start_date + dt.timedelta(days=7 * WEEKS - 1)

    def week_of(self, date: dt.date) -> int:
        """The study week of a date; 1 is the first."""
        return (date - self.start_date).days // 7 + 1

    def prescribed(self, week: int) -> tuple[int, int]:
        """Days a week and minutes a day that hold in a study week."""
        held = [p for p in self.prescriptions if p.from_week <= max(week, 1)]
        return (held[-1].days_per_week, held[-1].minutes_per_day) if held else DEFAULT_PRESCRIPTION

    def clock(self) -> Clock:
        """The wall clock where this person is."""
        return Clock([(0, self.time_zone or TIME_ZONE), *((utc_minute(at), zone) for at, zone in self.journeys)])

    def codes(self, seed: int) -> dict[dt.date, str]:
        """One letter for each date, from the days before start_date to end_date."""
        letters = self.before
        for number, week in enumerate(self.weeks, start=1):
            days = list(week.lstrip("="))
            if not week.startswith("="):
                seeded(seed, self.participant_id, "week", number).shuffle(days)
            letters += "".join(days)
        first = self.start_date - dt.timedelta(days=len(self.before))
        return {first + dt.timedelta(days=n): letter for n, letter in enumerate(letters)}


def _march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def _weeks(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIVE_BY_30 = (Prescription(1, 5, 30),)

PARTICIPANTS = (
    Participant(
        "W01", "walking", _march(2), "watch", "a progression; the same walks in all-day and in activity files",
        _weeks("WWWzzzz WWzzzzz WWWWzsM WWWszMM =WWzWWsW =WWWzsWW WWRWsPz Wsszzpz"),
        prescriptions=(Prescription(1, 3, 15), Prescription(3, 4, 20), Prescription(5, 5, 30)),
        wears_at_night=True, walks_past_midnight_on=dt.date(2026, 4, 6),
    ),
    Participant(
        "W02", "walking", _march(4), "watch and pedometer", "two devices on one walk; watch files in a zip in a zip",
        _weeks("WWWWWzs WWWBCsz WWWszzB WWWWMMs WWWWPzs WWpzszs MMMMMMM WWWWWWz"), prescriptions=_FIVE_BY_30,
    ),
    Participant(
        "W03", "control", _march(6), "watch", "several files a day; lost files; a drawer; nothing prescribed",
        _weeks("WszzWsz WWLszzW =WsDDzLW WWWWWLs zzszzzz WWWWszM PPWWWzs szzzzsz"),
    ),
    Participant(
        "W04", "walking", _march(2), "fitabase wide", "zeros of a tracker in a drawer; nothing prescribed",
        _weeks("WWWWWsz =WWsDDWz WWWWWWW WWszszs WWWWPMs MMMsszW WWWWpsz WWWWWzz"),
    ),
    Participant(
        "W05", "control", _march(5), "fitabase wide", "withdrew consent for data in week 5; no time zone of their own",
        _weeks("zzszzsz Wszszzs WWWzMMz WWWWWzs =WzWsWzM MMMMMMM MMMMMMM MMMMMMM"), time_zone="",
    ),
    Participant(
        "W06", "walking", _march(9), "fitabase narrow", "two exports that overlap; a recurrence in week 5",
        _weeks("WWWWzzs WWWWWzz WWzszzz WWWWWsz WWzzzzz ppzszzM WWWszzM WWWWWsz"),
        prescriptions=(Prescription(1, 4, 20), Prescription(4, 5, 30)),
    ),
    Participant(
        "W07", "walking", _march(3), "actigraph", "a research monitor in weeks 1-2 and 7-8 only",
        _weeks("WWWWWsz =WWWDPWs MMMMMMM MMMMMMM MMMMMMM MMMMMMM WWszzsz =WWDWpzW"), prescriptions=_FIVE_BY_30,
    ),
    Participant(
        "W08", "walking", _march(16), "pedometer", "days of true zeros; two days before the start; the last to finish",
        _weeks("WWWWWoo oooosWW ooooooo WWWWWWM WWWWMMM WWWWWzP sssssss =WWWWszW"), before="zz",
        prescriptions=_FIVE_BY_30,
    ),
    Participant(
        "W09", "control", _march(12), "pedometer", "excused for a whole week and three days of the next",
        _weeks("zszszso Wssozzs WWWWMso zzWWWzz zWWWWWs WWWWWss MMMooss ssssszz"),
    ),
    Participant(
        "W10", "walking", _march(9), "pedometer, gzip", "five weeks in which the traveller is partly in London",
        _weeks("WWWWWzs =WzWWsWW =WWszWWW WWszzss =WWWzsWM WWWWPps WWWWWss Wssszzz"),
        prescriptions=_FIVE_BY_30,
        journeys=(
            (dt.datetime(2026, 3, 21, 5, tzinfo=dt.UTC), "Europe/London"),
            (dt.datetime(2026, 4, 11, 9, tzinfo=dt.UTC), TIME_ZONE),
        ),
    ),
    Participant(
        "W11", "walking", _march(16), "gpx", "only tracks of walks: weeks are met or unknown, never not met",
        _weeks("WWWWWMM WWWWMMM WWsMMMM WWWWWWW MMMMMMM WWWWWsM sMMMsMM WWWWWMM"), prescriptions=_FIVE_BY_30,
    ),
    Participant(
        "W12", "walking", _march(10), "activities", "only recorded activities with cadence: met or unknown",
        _weeks("WWWWWMM WWWMMMM WWWWWsM MMMMMMM WsWMMMM WWWWWWM WWMMMMM WWWWsMM"), prescriptions=_FIVE_BY_30,
    ),
    Participant(
        "W13", "control", _march(4), "fitabase daily", "only daily totals: every week unknown",
        _weeks("WWzWWsW WzWWzzs WWWWWzz zszzszz WWWWWWz WWsszWW WWWWWss zzzzzsW"),
    ),
    Participant(
        "W14", "control", _march(9), "nothing", "sent nothing: every week unknown", ("MMMMMMM",) * WEEKS,
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A row of outcomes.csv."""

    participant_id: str
    date: dt.date
    kind: str
    value: str = ""
    end_date: dt.date | None = None


OUTCOMES = (
    Outcome("W01", _march(2), "disability", "14"),
    Outcome("W01", dt.date(2026, 4, 28), "disability", "6"),
    Outcome("W02", dt.date(2026, 4, 1), "visit"),
    Outcome("W05", dt.date(2026, 4, 4), "withdrawal", "data"),
    Outcome("W06", dt.date(2026, 4, 8), "recurrence"),
    Outcome("W09", dt.date(2026, 4, 2), "excused", "", dt.date(2026, 4, 11)),
    Outcome("W12", dt.date(2026, 4, 9), "withdrawal", "walking"),
)
