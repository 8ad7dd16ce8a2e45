"""Deriving the participants a load touched gives the same tables as deriving everybody."""

import datetime as dt
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.run import Run, open_run
from pipelines.study_folder import StudyFolder, init_study
from tests.study_builder import MONDAY, Row, ask, drop, make_study, minutes, native, only, run, table, whole_day
from tests.study_builder import at as instant
from warehouse.build import derive, views
from warehouse.multiverse import compare_definitions

SAMPLES = Path(__file__).parents[2] / "sample_data"


def contents(run: Run) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted(run.connection.execute(f"FROM main.{name}").fetchall(), key=repr) for name in views()}


def test_one_touched_participant_changes_no_row_of_the_others(tmp_path: Path) -> None:
    study = init_study(tmp_path / "study", "Australia/Sydney")
    (study.root / "participants.csv").write_text(
        "participant_id,time_zone,start_date,end_date,arm\n" + "".join(f"P{n},,,,\n" for n in (1, 2, 3))
    )
    fits = sorted((SAMPLES / "fit").glob("*.fit"))
    for person in ("P1", "P2"):
        (study.inbox / person).mkdir()
        for path in fits[::2] if person == "P1" else fits[1::2]:
            shutil.copy(path, study.inbox / person / path.name)
    minutes = "".join(f"P3,2026-03-20T10:{minute:02d}:00Z,100\n" for minute in range(40))
    (study.inbox / "p3.csv").write_text("participant_id,minute_start,steps\n" + minutes)
    with open_run(study) as run:
        names = sorted(path.relative_to(study.inbox).as_posix() for path in study.inbox.rglob("*.*"))
        ingest.load(run, names)
        assert ingest.derive(run) == 3
    more = "".join(f"P3,2026-03-21T10:{minute:02d}:00Z,100\n" for minute in range(40))
    (study.inbox / "more.csv").write_text("participant_id,minute_start,steps\n" + more)
    with open_run(study) as run:
        ingest.load(run, ["more.csv"])
        assert ingest.derive(run) == 1
        touched_only = contents(run)
        assert len(touched_only["counter_minute"]) > 0
        derive(run.connection, run.mirrored, everybody=True)
        assert contents(run) == touched_only


def test_a_file_of_one_person_that_moves_the_as_of_date_lengthens_the_calendar_of_the_others(tmp_path: Path) -> None:
    people = [{"participant_id": name, "start_date": MONDAY} for name in ("P1", "P2")]
    study = make_study(tmp_path / "study", people, files={"a.csv": native(whole_day("P1", MONDAY, 30))})
    assert run(study).participants_derived == 2
    later = MONDAY + dt.timedelta(days=9)
    drop(study, {"b.csv": native(whole_day("P1", later, 30))})
    assert run(study).participants_derived == 1
    days = ask(study, "SELECT count(*) AS n FROM participant_day WHERE participant_id = 'P2' AND state = 'missing'")
    assert only(days)["n"] == 10
    equals_a_whole_derivation(study)


def test_a_file_that_waits_in_somebodys_folder_keeps_their_declared_days_open(tmp_path: Path) -> None:
    track = (SAMPLES / "gpx").glob("*.gpx").__next__().read_bytes()
    study = make_study(
        tmp_path / "study",
        [{"participant_id": "P1", "start_date": "2026-03-01"}, {"participant_id": "P2"}],
        toml={"activity_files_are_complete": True},
        files={"P1/walk.gpx": track},
    )
    run(study)
    declared = "SELECT count(*) AS n FROM participant_day WHERE reason = 'declared_complete'"
    before = only(ask(study, declared))["n"]
    assert before > 1
    drop(study, {"P1/broken.fit": b"no FIT file"})
    assert run(study).participants_derived == 0
    assert only(ask(study, declared))["n"] == 1
    equals_a_whole_derivation(study)


def equals_a_whole_derivation(study: StudyFolder) -> None:
    with open_run(study) as at_work:
        as_derived = contents(at_work)
        derive(at_work.connection, at_work.mirrored, everybody=True)
        assert contents(at_work) == as_derived


#: columns of the study's CSVs
CSVS = {
    "participants.csv": ("participant_id", "time_zone", "start_date", "end_date", "arm", "age_years"),
    "devices.csv": ("device_id", "participant_id", "from_date", "to_date", "device_class", "zeros_prove_wear"),
    "prescriptions.csv": ("participant_id", "valid_from", "days_per_week", "minutes_per_day"),
    "travel.csv": ("participant_id", "from_utc", "time_zone"),
    "outcomes.csv": ("participant_id", "date", "kind", "value", "end_date"),
}
ZONES = ("UTC", "Australia/Sydney", "America/New_York", "Asia/Kathmandu")
PEOPLE = ("P1", "P2", "P3", "P4", "P5")


class Edits:
    """The CSVs of a study as rows, and random edits of one person's lines. Each returns whom it concerns."""

    def __init__(self, study: StudyFolder, seed: int) -> None:
        self.study = study
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.rows: dict[str, list[Row]] = {name: [] for name in CSVS}
        self.rows["participants.csv"] = [
            {"participant_id": name, "start_date": MONDAY if name != "P3" else None} for name in PEOPLE
        ]

    def write(self) -> None:
        for name, columns in CSVS.items():
            (self.study.root / name).write_text(table(columns, self.rows[name]), encoding="utf-8")

    def _date(self) -> dt.date:
        return MONDAY + dt.timedelta(days=self.chance.randrange(-3, 16))

    def _replace(self, name: str, person: str, line: Row | None) -> set[str]:
        before = self.rows[name]
        kept = [row for row in before if row["participant_id"] != person]
        self.rows[name] = kept + ([] if line is None else [{"participant_id": person} | line])
        shown = [table(CSVS[name], sorted(rows, key=str)) for rows in (before, self.rows[name])]
        return {person} if shown[0] != shown[1] else set()

    def person(self) -> str:
        return self.chance.choice([row["participant_id"] for row in self.rows["participants.csv"]])

    def participant(self) -> set[str]:
        return self._replace(
            "participants.csv", self.person(), {
                "time_zone": self.chance.choice(ZONES),
                "start_date": self.chance.choice([None, self._date()]),
                "end_date": self.chance.choice([None, MONDAY + dt.timedelta(days=20)]),
                "arm": self.chance.choice(["walking", "stretching", None]),
                "age_years": self.chance.choice([None, 30, 55]),
            },
        )  # fmt: skip

    def removal(self) -> set[str]:
        if len(self.rows["participants.csv"]) > 2:
            person = self.person()
            for name in CSVS:
                self._replace(name, person, None)
        return set()

    def return_of_somebody(self) -> set[str]:
        gone = sorted(set(PEOPLE) - {row["participant_id"] for row in self.rows["participants.csv"]})
        if not gone:
            return set()
        return self._replace("participants.csv", gone[0], {"start_date": MONDAY})

    def prescription(self) -> set[str]:
        days = self.chance.choice([0, 3, 7])
        line = {"valid_from": self._date(), "days_per_week": days, "minutes_per_day": self.chance.choice([10, 25.5])}
        return self._replace("prescriptions.csv", self.person(), self.chance.choice([None, line]))

    def journey(self) -> set[str]:
        line = {"from_utc": f"{self._date()}T07:30:00Z", "time_zone": self.chance.choice(ZONES)}
        return self._replace("travel.csv", self.person(), self.chance.choice([None, line]))

    def outcome(self) -> set[str]:
        kind = self.chance.choice(["excused", "death", "withdrawal", "recurrence"])
        value = {"withdrawal": "data"}.get(kind)
        date = self._date()
        end = date + dt.timedelta(days=3) if kind == "excused" else None
        line = {"date": date, "kind": kind, "value": value, "end_date": end}
        return self._replace("outcomes.csv", self.person(), self.chance.choice([None, line]))

    def device(self) -> set[str]:
        """devices.csv gives the shared watch to somebody from a date on, or its class to its wearer."""
        before = self.rows["devices.csv"]
        line = {
            "participant_id": self.person(), "device_id": "shared", "from_date": self.chance.choice([None, self._date()]),
            "device_class": self.chance.choice([None, "watch"]), "zeros_prove_wear": self.chance.choice([None, "false"]),
        }  # fmt: skip
        self.rows["devices.csv"] = self.chance.choice([[], [line]])
        if self.rows["devices.csv"] == before:
            return set()
        return {row["participant_id"] for row in before + self.rows["devices.csv"]}


EDITS: tuple[Callable[[Edits], set[str]], ...] = (
    Edits.participant, Edits.removal, Edits.return_of_somebody, Edits.prescription, Edits.journey, Edits.outcome,
    Edits.device,
)  # fmt: skip


@pytest.fixture(scope="module")
def five_people(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Five people with a fortnight of their own watches, a watch that nobody is named for, and a table of daily totals."""
    root = tmp_path_factory.mktemp("five") / "study"
    files: dict[str, str | bytes] = {}
    for number, name in enumerate(PEOPLE):
        for day in range(0, 14, 3):
            date = MONDAY + dt.timedelta(days=day + number % 2)
            walk = minutes(name, instant(date, "08:00"), [70 + number * 10] * (25 + day) + [0] * 500)
            late = minutes(name, instant(date, "23:50"), [100] * 20)
            files[f"{name}/{day}.csv"] = native(walk + late)
    shared = [
        row
        for day in (2, 9)
        for row in minutes(
            "", instant(MONDAY + dt.timedelta(days=day), "21:00"), [110] * 40 + [0] * 200, device_id="shared"
        )
    ]
    files["shared.csv"] = native(shared)
    totals = "".join(f"{name},3/{day}/2024,{day * 500}\n" for name in PEOPLE for day in range(4, 18))
    files["daily.csv"] = "Id,ActivityDay,StepTotal\n" + totals
    study = make_study(root, [{"participant_id": name} for name in PEOPLE], files=files)
    Edits(study, 0).write()
    run(study)
    return study


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, 6))])
def test_edits_of_anybodys_lines_give_the_tables_of_a_whole_derivation(
    five_people: StudyFolder, tmp_path: Path, seed: int
) -> None:
    study = StudyFolder(shutil.copytree(five_people.root, tmp_path / "study"))
    edits = Edits(study, seed)
    for _ in range(4):
        edit = edits.chance.choice(EDITS)
        concerned = edit(edits)
        edits.write()
        with open_run(study) as at_work:
            ingest.load(at_work, [])
            reread = {
                name for (name,) in at_work.connection.execute("SELECT participant_id FROM ledger.pending").fetchall()
            }
            count = ingest.derive(at_work)
            ingest.compare(at_work)
            ingest.check(at_work)
            listed = {row["participant_id"] for row in edits.rows["participants.csv"]}
            # whose files were read again is derived too
            assert count == len((concerned | reread) & listed), edit.__name__
            as_derived = contents(at_work)
            derive(at_work.connection, at_work.mirrored, everybody=True)
            compare_definitions(at_work.connection)
            everything = contents(at_work)
            different = [name for name, rows in everything.items() if rows != as_derived[name]]
            assert not different, (edit.__name__, different)


def test_a_line_about_one_person_derives_that_person_alone(five_people: StudyFolder, tmp_path: Path) -> None:
    study = StudyFolder(shutil.copytree(five_people.root, tmp_path / "study"))
    (study.root / "prescriptions.csv").write_text(
        "participant_id,valid_from,days_per_week,minutes_per_day\nP2,2024-03-04,3,15\n"
    )
    assert run(study).participants_derived == 1
    assert run(study).participants_derived == 0
    settings = study.root / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"research", "watch"', '"watch", "research"'), encoding="utf-8")
    assert run(study).participants_derived == 5


def test_who_is_taken_out_of_participants_csv_has_rows_nowhere(five_people: StudyFolder, tmp_path: Path) -> None:
    study = StudyFolder(shutil.copytree(five_people.root, tmp_path / "study"))
    lines = "".join(f"{name},,2024-03-04,,\n" for name in PEOPLE if name != "P4")
    (study.root / "participants.csv").write_text(f"participant_id,time_zone,start_date,end_date,arm\n{lines}")
    with open_run(study) as at_work:
        ingest.load(at_work, [])
        ingest.derive(at_work)
        ingest.compare(at_work)
        for name in views():
            rows = at_work.connection.execute(f"FROM main.{name} AS t WHERE t::VARCHAR LIKE '%P4%'").fetchall()
            # the daily table has rows of an id that is nobody's now, and files wait in a folder of that name
            assert name in ("exclusion", "waiting_owner") or not rows, name
        states = at_work.connection.execute(
            "SELECT DISTINCT status FROM ledger.source_file JOIN ledger.receipt USING (source_file_id) WHERE folder = 'P4'"
        ).fetchall()
        assert states == [("unattributed",)]
