"""Exports whose name says what they hold, whose clock is the wall's, whose archive holds an account, whose rows are hours."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.recording import Device, Recording
from pipelines import intake
from pipelines.attribution import Attribution, ConflictError
from pipelines.cleaning import split_wrong_totals
from pipelines.cli import main
from pipelines.ingest import check, derive, load, publish
from pipelines.prepare import Prepared, prepare
from pipelines.run import Report, Run, open_run
from pipelines.study_folder import StudyFolder, read_study
from tests.pipelines.folders import (
    ask,
    ask_file,
    drop,
    kept,
    native,
    new_study,
    participants,
    reasons,
)
from warehouse.database import DATABASE_NAME

DAY = dt.date(2025, 3, 3)  # a Monday
RECEIVED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


# --- files as vendors write them


def _narrow(person: str, rows: Iterator[tuple[dt.datetime, int]]) -> str:
    """Fitabase minutes: the wall's clock, with AM and PM."""
    lines = [f"{person},{_clock(at)},{steps}" for at, steps in rows]
    return "\n".join(["Id,ActivityMinute,Steps", *lines]) + "\n"


def _clock(at: dt.datetime) -> str:
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {at:%p}"


def _wall(*stretches: tuple[dt.date, str, str]) -> Iterator[tuple[dt.datetime, int]]:
    """One row a minute through each stretch of a date in turn, each row with another number of steps."""
    count = 0
    for date, start, end in stretches:
        at, last = (dt.datetime.combine(date, dt.time.fromisoformat(clock)) for clock in (start, end))  # the wall's
        while at < last:
            count += 1
            yield at, 1 + count % 150
            at += MINUTE


def _night(date: dt.date, back_at: str = "03:00", back_to: str = "02:00") -> Iterator[tuple[dt.datetime, int]]:
    """The rows from midnight to 05:00 of a clock that is put back."""
    return _wall((date, "00:00", back_at), (date, back_to, "05:00"))


def _days(person: str, totals: Mapping[dt.date, int]) -> str:
    rows = [f"{person},{date.month}/{date.day}/{date.year},{steps}" for date, steps in totals.items()]
    return "\n".join(["Id,ActivityDay,StepTotal", *rows]) + "\n"


def _takeout_steps(date: dt.date, key: str = "value") -> str:
    """Minutes of an account archive: calories have the same keys, only the file's name says steps."""
    return json.dumps([{"dateTime": f"{date:%m/%d/%y} 10:{n:02d}:00", key: str(100 + n)} for n in range(40)])


def _zip(members: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


# --- runs


def _loaded(study: StudyFolder, *nights: Mapping[str, str | bytes]) -> Report:
    """One load after the other in one run; the ledger knows what became of the files."""
    with open_run(study) as run:
        _load(run, nights)
        return run.report


def _load(run: Run, nights: Sequence[Mapping[str, str | bytes]]) -> None:
    # a night without files reads again what the study's CSVs now tell otherwise
    for files in nights or ({},):
        for name, content in files.items():
            drop(run.study, name, content)
        load(run, sorted(intake.look(run.study.inbox)))


def _published(study: StudyFolder, *nights: Mapping[str, str | bytes]) -> Report:
    """The same, with everything derived, checked and published once at the end."""
    with open_run(study) as run:
        _load(run, nights)
        derive(run)
        check(run)
        publish(run)
        return run.report


def _private(study: StudyFolder, sql: str) -> list[tuple[Any, ...]]:
    return ask_file(study.private / DATABASE_NAME, sql)


def _statuses(study: StudyFolder) -> dict[str, int]:
    return dict(_private(study, "SELECT status, count(*) FROM ledger.source_file GROUP BY ALL ORDER BY ALL"))


def _owners(study: StudyFolder) -> list[tuple[str, int, int]]:
    """Participant, minutes and steps in the ledger."""
    return _private(
        study,
        "SELECT participant_id, count(*), sum(steps)::INT FROM ledger.source_minute GROUP BY ALL ORDER BY ALL",
    )


# --- names


STEPS = _takeout_steps(DAY)


@pytest.mark.parametrize("names", [("data.json", "steps-2025-03-03.json"), ("steps-2025-03-03.json", "data.json")])
def test_a_file_is_read_by_any_of_its_names_in_whatever_order_they_come(tmp_path: Path, names: tuple[str, str]) -> None:
    study = new_study(tmp_path / "study")
    _loaded(study, *({f"P1/{name}": STEPS} for name in names))
    assert _statuses(study) == {"loaded": 1}
    assert _owners(study) == [("P1", 40, sum(range(100, 140)))]
    assert reasons(study) == {}


def test_a_member_of_an_archive_has_the_names_inside_it_when_it_is_read_again(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    archive = _zip({"Takeout/Fitbit/steps-2025-03-03.json": STEPS, "Takeout/Fitbit/calories-2025-03-03.json": "[]"})
    _loaded(study, {"P9/takeout.zip": archive})
    assert _statuses(study) == {"container": 1, "no_step_data": 1, "unattributed": 1}
    participants(study, ["P9"])
    assert _loaded(study).statuses["loaded"] == 1
    assert _owners(study) == [("P9", 40, sum(range(100, 140)))]


def test_an_archive_that_is_dropped_again_tries_what_could_not_be_read_again(tmp_path: Path) -> None:
    study = new_study(tmp_path / "study")
    packed = _zip({"data.json": STEPS, "more.csv": native("P1", [100] * 40)})
    # the name of the archive is a name of its members
    report = _loaded(study, {"P1/a.zip": packed}, {"P1/b.zip": packed})
    assert (report.statuses["duplicate"], report.statuses["loaded"]) == (1, 1)
    dialect = (Path(__file__).parents[2] / "connectors/dialects/fitbit_takeout_json.toml").read_text()
    study.dialects.mkdir(exist_ok=True)
    mine = dialect.replace(r"(^|[^a-z])steps-\d{4}-\d\d-\d\d[^/]*$", "data[.]json$")
    (study.dialects / "mine.toml").write_text(mine)
    report = _loaded(study, {"P1/a.zip": packed})
    assert dict(report.statuses) == {"loaded": 1}
    container = "SELECT reason FROM ledger.source_file WHERE status = 'container'"
    assert _private(study, container) == [("2 files inside, 2 read",)]


NAMED = """
title = "A table whose name says whose it is"
evidence = "none"
source = "made up"
resolution = "minute"
[match]
header = ["when", "count"]
[columns]
steps = ["count"]
[device]
manufacturer = "acme"
model = "walker"
device_class = "pedometer"
[participant]
file_name = '^(?P<participant>[A-Z]\\d+)_'
[time]
stamp = ["when"]
zone = "utc"
formats = ["%Y-%m-%d %H:%M:%S"]
[interval]
seconds = 60
"""
COUNTED = "when,count\n" + "".join(f"2025-03-03 10:{n:02d}:00,100\n" for n in range(40))


def _study_with_named_files(root: Path) -> StudyFolder:
    study = new_study(root / "study", ["P1", "P2"])
    study.dialects.mkdir(exist_ok=True)
    (study.dialects / "named.toml").write_text(NAMED)
    return study


def test_a_file_is_of_whom_its_name_says_and_another_folder_is_a_conflict(tmp_path: Path) -> None:
    study = _study_with_named_files(tmp_path)
    other = COUNTED.replace("100", "90")
    _loaded(study, {"P1_march.csv": COUNTED, "P1/P2_march.csv": other})
    assert _owners(study) == [("P1", 40, 4000)]
    note = reasons(study)["P1/P2_march.csv"]
    assert "the folder says P1, the file's own name says P2" in note
    assert _loaded(study).statuses == {}


def test_a_name_that_nobody_bears_yet_waits_and_a_folder_wins_over_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = _study_with_named_files(tmp_path)
    other = COUNTED.replace("100", "90")
    _loaded(study, {"P8_march.csv": COUNTED, "P1/P9_march.csv": other})
    assert _owners(study) == [("P1", 40, 3600)]
    evidence = "SELECT participant_label, participant_id, rows FROM ledger.file_part ORDER BY ALL"
    assert _private(study, evidence) == [("P8", None, 0), ("P9", None, 0), (None, "P1", 40), (None, None, 40)]
    assert "a file name that names somebody who is not in participants.csv" in reasons(study)["P8_march.csv"]
    assert main(["status", "--format", "json", "--study", str(study.root)]) == 0
    waiting = [row for row in json.loads(capsys.readouterr().out) if row["section"] == "waiting"]
    assert [(row["file"], row["id in the file"], row["rows"]) for row in waiting] == [("P8_march.csv", "P8", 40)]
    participants(study, ["P1", "P2", "P8"])
    assert _loaded(study).statuses == {"loaded": 1}
    assert _owners(study) == [("P1", 40, 3600), ("P8", 40, 4000)]
    # whom the name of the other file says is known now, and is not whom its folder says
    participants(study, ["P1", "P2", "P8", "P9"])
    assert _loaded(study).statuses == {"quarantined": 1}
    assert _owners(study) == [("P8", 40, 4000)]


@pytest.mark.parametrize("names", [("x.csv", "P1_march.csv"), ("P1_march.csv", "x.csv")])
def test_a_second_name_that_says_whose_a_loaded_file_is_counts_in_either_order(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    study = _study_with_named_files(tmp_path)
    _loaded(study, *({f"P2/{name}": COUNTED} for name in names))
    assert _statuses(study) == {"quarantined": 1}
    assert _owners(study) == []


# --- what a Recording says of devices


PHONE = Device("apple", "iphone", None, "phone", zeros_prove_wear=False)
WATCH = Device("apple", "watch", None, "watch", zeros_prove_wear=True)


def _recording(rows: list[tuple[str | None, int, float | None]], **more: Any) -> Recording:
    """(device label, minute after 10:00, steps)."""
    start = [dt.datetime(2025, 3, 3, 10, tzinfo=dt.UTC) + n * MINUTE for _, n, _ in rows]
    epochs = pl.DataFrame(
        {
            "device_label": [label for label, _, _ in rows],
            "epoch_start": start,
            "epoch_end": [at + MINUTE for at in start],
            "steps": [steps for _, _, steps in rows],
        },
        schema_overrides={"device_label": pl.String(), "steps": pl.Float64()},
    )
    return Recording.build(
        connector="csv", kind="all_day", device=PHONE, rows_read=len(rows), epochs=epochs, **more
    )  # fmt: skip


@pytest.fixture(scope="module")
def attribution(tmp_path_factory: pytest.TempPathFactory) -> Attribution:
    study = new_study(tmp_path_factory.mktemp("whose") / "study", ["P1", "P2"], "Europe/Berlin")
    return Attribution.of(read_study(study))


def _prepared(recording: Recording, attribution: Attribution, *folders: str) -> Prepared:
    return prepare(recording, attribution, folders or ("P1",), RECEIVED)


def test_each_device_of_a_file_is_what_it_says_of_itself(attribution: Attribution) -> None:
    totals = pl.DataFrame(
        {"device_label": ["ring"], "start": [RECEIVED], "end": [RECEIVED + dt.timedelta(hours=1)], "steps": [9]}
    )
    recording = _recording([(None, 0, 5.0), ("w", 0, 6.0), ("w", 1, 7.0)], devices={"w": WATCH}, totals=totals)
    parts = _prepared(recording, attribution).frames["file_part"]
    held = (
        parts.sort("device_id").select("device_id", "model", "device_class", "zeros_prove_wear", "kind", "rows").rows()
    )
    assert held == [
        ("apple-iphone", "iphone", "phone", False, "all_day", 1),
        ("ring", "iphone", "phone", False, "totals", 1),
        ("w", "watch", "watch", True, "all_day", 2),
    ]


def test_whom_the_name_says_is_the_label_of_rows_without_one(attribution: Attribution) -> None:
    recording = _recording([(None, 0, 5.0), (None, 1, 6.0)], named_participant="P2")
    assert prepare(recording, attribution, (), RECEIVED).participants == ("P2",)
    with pytest.raises(ConflictError, match="the folder says P1, the file's own name says P2"):
        _prepared(recording, attribution, "P1")


# --- local clocks


def _sessions(start: dt.datetime, end: dt.datetime) -> Recording:
    return Recording.build(
        connector="csv", kind="activity", time_basis="local", device=WATCH, rows_read=1,
        sessions=pl.DataFrame({"start": [start], "end": [end], "sport": ["walking"]}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2025-06-02 10:00", "2025-06-02 11:00", [("02 08:00", "02 09:00")]),
        # the night in which clocks go from 02:00 to 03:00, and the one in which they go back
        ("2025-03-30 01:30", "2025-03-30 03:30", [("30 00:30", "30 01:30")]),
        ("2025-10-26 01:30", "2025-10-26 03:30", [("25 23:30", "26 02:30")]),
        # an end that no clock showed: the length stands
        ("2025-03-30 01:30", "2025-03-30 02:10", [("30 00:30", "30 01:10")]),
        ("2025-03-30 02:30", "2025-03-30 03:30", []),
    ],
)
def test_sessions_of_a_local_clock_start_and_end_where_the_person_was(
    attribution: Attribution, start: str, end: str, found: list[tuple[str, str]]
) -> None:
    prepared = _prepared(_sessions(dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)), attribution)
    rows = prepared.frames["source_session"].select("session_start", "session_end").rows()
    assert [(f"{first:%d %H:%M}", f"{last:%d %H:%M}") for first, last in rows] == found
    aside = prepared.frames["set_aside"].select("reason", "rows").rows()
    assert aside == ([] if found else [("local_time_does_not_exist", 1)])


AUTUMN, SPRING, IN_BERLIN = dt.date(2025, 4, 6), dt.date(2025, 10, 5), dt.date(2025, 10, 26)
PEOPLE = {
    "sydney": "Australia/Sydney",
    "berlin": "Europe/Berlin",
    "howe": "Australia/Lord_Howe",
    "brisbane": "Australia/Brisbane",
    "howe_hour": "Australia/Lord_Howe",
    "spring": "Australia/Sydney",
    "awake": "UTC",
    "asleep": "UTC",
    "sleep_only": "UTC",
    "owl": "UTC",
    "coarse": "UTC",
    "mixed": "UTC",
    "account": "UTC",
}
#: the nights that clocks were put back in the person's zone, and nights that look so and are none
WALLS = {
    "sydney": _narrow("sydney", _night(AUTUMN)),
    "berlin": _narrow("berlin", _night(IN_BERLIN)),
    "howe": _narrow("howe", _night(AUTUMN, "02:00", "01:30")),
    "brisbane": _narrow("brisbane", _night(AUTUMN)),
    "howe_hour": _narrow("howe_hour", _night(AUTUMN)),
    "spring": _narrow("spring", _wall((SPRING, "00:00", "05:00"))),
}
#: rows that became minutes, minutes, flagged as stated twice, and what was set aside
CLOCKS = {
    "sydney": (360, 120, {}),
    "berlin": (360, 120, {}),
    "howe": (330, 60, {}),
    "brisbane": (300, 0, {"local_time_repeated_without_cause": 60}),
    # only 01:30 to 02:00 occurred twice there
    "howe_hour": (300, 30, {"local_time_repeated_without_cause": 60}),
    "spring": (240, 0, {"local_time_does_not_exist": 60}),
}


def _sleep(person: str) -> str:
    """A night's sleep that begins with minutes that have steps in another file."""
    rows = [f"{person},{_clock(dt.datetime(2025, 3, 3, 10) + n * MINUTE)},1,7" for n in range(30, 90)]  # noqa: DTZ001
    return "\n".join(["Id,date,value,logId", *rows]) + "\n"


def _account() -> bytes:
    others = {f"Takeout/Videos/watched-{n}.json": json.dumps([{"title": f"v{n}", "views": n}]) for n in range(30)}
    return _zip(
        {
            **others,
            "Takeout/Fit/notes.csv": "Date,Step count,Mood\n2025-03-03,12,3\n",
            "Takeout/Fitbit/steps-2025-03-03.json": _takeout_steps(DAY),
            # unknown, but a person should look: its name, or its keys
            "Takeout/Health/steps_by_floor.json": '[{"floor": 3}]',
            "Takeout/Health/summary.json": '{"data": {"pedometerTotal": 4}}',
        }
    )


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """One study with everything that a run can show at once."""
    week = [DAY + dt.timedelta(days=n) for n in range(7)]
    study = new_study(
        tmp_path_factory.mktemp("exports") / "study",
        [
            *(f"{person},{zone}" for person, zone in PEOPLE.items() if person not in ("coarse", "mixed")),
            "coarse,UTC,2025-03-03,2025-03-09,walking",
            "mixed,UTC,2025-03-03,2025-03-09,walking",
        ],
    )
    _published(
        study,
        {
            **{f"{person}.csv": text for person, text in WALLS.items()},
            "awake.csv": _narrow("awake", _wall((DAY, "10:00", "11:00"))),
            "asleep.csv": _narrow("asleep", _wall((DAY, "10:00", "11:00"))),
            "asleep_sleep.csv": _sleep("asleep"),
            "sleep_only.csv": _sleep("sleep_only"),
            "owl.csv": _narrow("owl", _wall(*((date, "03:00", "04:00") for date in week[:3]))),
            "coarse.csv": _days("coarse", dict.fromkeys(week, 9000)),
            "again.csv": _days("coarse", dict.fromkeys(week[:2], 9000)),
            # a day on which this person's device has no minute is on no calendar
            "awake_days.csv": _days("awake", {week[6]: 9000}),
            "mixed.csv": _days("mixed", dict.fromkeys(week[1:], 9000) | {week[3]: -4, week[4]: 432_001}),
            "account/takeout.zip": _account(),
        },
    )
    return study


@pytest.mark.parametrize("person", CLOCKS)
def test_minutes_of_a_wall_clock_are_told_apart_where_it_was_put_back_and_set_aside_where_not(
    exports: StudyFolder, person: str
) -> None:
    minutes, twice, aside = CLOCKS[person]
    found = ask(
        exports,
        "SELECT count(*), date_diff('minute', min(minute_start), max(minute_start)) + 1, sum(steps)::INT,"
        " count(*) FILTER (list_contains(flags, 'local_time_repeated')) FROM minute WHERE participant_id = ?",
        person,
    )
    reasons_ = ask(exports, "SELECT reason, n FROM exclusion WHERE what = 'rows' AND participant_id = ?", person)
    assert dict(reasons_) == aside
    rows = [int(line.rsplit(",", 1)[1]) for line in WALLS[person].splitlines()[1:]]
    # the hour that is left out lies at minute 120 in spring, and is stated again from minute 180 on elsewhere
    kept_rows = {"spring": rows[:120] + rows[180:], "brisbane": rows[:180] + rows[240:]}.get(person, rows)
    if person == "howe_hour":
        # of the second 02:00 to 03:00 nothing can be told from the first
        kept_rows = rows[:180] + rows[240:]
    span = 330 if person == "howe_hour" else minutes
    assert found == [(minutes, span, sum(kept_rows), twice)]


def test_minutes_that_only_show_wear_change_no_step_of_another_file(exports: StudyFolder) -> None:
    sql = "SELECT minute_start, steps, flags, source_count, walking_source FROM minute WHERE participant_id = ? ORDER BY 1"
    awake, asleep = ask(exports, sql, "awake"), ask(exports, sql, "asleep")
    assert asleep[:60] == awake
    assert [row[1:] for row in asleep[60:]] == [(None, [], 0, None)] * 30
    assert ask(exports, "SELECT count(*) FROM minute WHERE participant_id = 'asleep' AND is_worn") == [(90,)]


def test_a_night_of_sleep_alone_makes_no_device_one_that_counts_steps_all_day(exports: StudyFolder) -> None:
    sql = (
        "SELECT participant_id, is_all_day FROM main.device WHERE participant_id IN ('asleep', 'sleep_only') ORDER BY 1"
    )
    assert _private(exports, sql) == [("asleep", True), ("sleep_only", False)]


# --- totals


def _totals(rows: list[tuple[float, int]]) -> pl.DataFrame:
    """(hours, steps)."""
    return pl.DataFrame(
        {
            "participant_id": "P1", "participant_label": "P1", "device_id": "d", "start": RECEIVED,
            "end": [RECEIVED + dt.timedelta(hours=hours) for hours, _ in rows], "steps": [steps for _, steps in rows],
        }
    )  # fmt: skip


def test_totals_below_zero_and_above_300_steps_a_minute_are_set_aside() -> None:
    totals, aside = split_wrong_totals(_totals([(1, 18_000), (1, 18_001), (24, 18_001), (1, 0), (1, -1)]))
    assert totals.get_column("steps").to_list() == [18_000, 18_001, 0]
    assert [frame.select("reason", "rows").row(0) for frame in aside] == [
        ("negative_steps", 1),
        ("impossible_steps", 1),
    ]


def test_a_day_with_an_impossible_total_reports_none(exports: StudyFolder) -> None:
    sql = "SELECT reason, n FROM exclusion WHERE participant_id = 'mixed' AND what = 'rows' ORDER BY ALL"
    assert ask(exports, sql) == [("impossible_steps", 1), ("negative_steps", 1)]
    reported = (
        "SELECT local_date, steps_reported FROM participant_day WHERE participant_id = 'mixed' AND steps_reported > 0"
    )
    assert len(ask(exports, reported)) == 4


def test_a_week_of_daily_totals_says_why_it_is_unknown(exports: StudyFolder) -> None:
    sql = """
        SELECT participant_id, status, status_reason, coarse_days, missing_days FROM participant_week
        WHERE participant_id IN ('coarse', 'mixed') ORDER BY ALL
    """
    # three days of the other hold nothing at all: finer data would not be enough
    assert ask(exports, sql) == [("coarse", "unresolved", "coarse_only", 7, 7), ("mixed", "unresolved", None, 4, 7)]


def test_the_flow_tells_days_by_reason_and_what_became_of_totals(exports: StudyFolder) -> None:
    flow = dict(ask(exports, "SELECT step || '/' || part, sum(n)::INT FROM data_flow GROUP BY ALL"))
    assert flow["days/missing: coarse_only"] == 11
    totals = {part: n for part, n in flow.items() if part.startswith("totals/")}
    assert totals == {"totals/steps_reported": 11, "totals/stated_again": 2, "totals/outside_of_all_dates": 1}
    assert sum(totals.values()) == _private(exports, "SELECT count(*) FROM ledger.source_total")[0][0]
    days = sum(n for part, n in flow.items() if part.startswith("days/"))
    assert [(days,)] == ask(exports, "SELECT count(*) FROM participant_day")


# --- nights


def test_steps_in_the_small_hours_are_told(exports: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    told = ask(exports, "SELECT participant_id, reason FROM source_file WHERE contains(reason, 'night_steps')")
    assert [who for who, _ in told] == ["owl"]
    assert told[0][1].endswith("AM and PM may be lost (night_steps: 1, up to 100 % of a person's steps)")
    assert main(["status", "--format", "json", "--study", str(exports.root)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["such as"] for row in rows if "midnight and 05:00" in (row.get("remark") or "")] == ["owl.csv"]


# --- accounts


def test_what_an_account_holds_beside_steps_is_counted_and_not_copied(
    exports: StudyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = "SELECT status, count(*) FROM source_file WHERE container_id IS NOT NULL GROUP BY ALL ORDER BY ALL"
    assert ask(exports, inside) == [("loaded", 1), ("no_step_data", 30), ("quarantined", 3)]
    assert ask(exports, "SELECT reason FROM source_file WHERE status = 'container'") == [("34 files inside, 1 read",)]
    quiet = ask(exports, "SELECT DISTINCT reason FROM source_file WHERE status = 'no_step_data'")
    assert quiet == [("no step export that is known here: a JSON file",)]
    notes = sorted(name.rsplit("/", 1)[1] for name in reasons(exports) if "takeout" in name)
    assert notes == ["notes.csv", "steps_by_floor.json", "summary.json"]
    assert not [content for content in kept(exports) if b"views" in content and not content.startswith(b"PK")]
    assert main(["status", "--format", "json", "--study", str(exports.root)]) == 0
    shown = [row for row in json.loads(capsys.readouterr().out) if row["section"] == "set_aside"]
    assert [row["reason"] for row in shown if row["status"] == "no_step_data"] == [
        "34 files inside, 1 read; 30 hold no steps that are known here, most often: a JSON file"
    ]


def test_a_second_night_has_nothing_more_to_say(exports: StudyFolder) -> None:
    assert _loaded(exports).statuses == {}
