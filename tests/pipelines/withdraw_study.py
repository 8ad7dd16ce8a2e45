"""A study in which P1 left something everywhere, for the tests of a withdrawal; P1-2 has an id that holds P1's."""

import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pipelines.locks import lock
from pipelines.study_folder import StudyFolder
from tests.connectors.fit_bytes import monitoring, typed
from tests.connectors.gpx_samples import gpx_text, walk
from tests.study_builder import MONDAY, drop, make_study, native, run, whole_day

TUESDAY, WEDNESDAY = MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=2)
_TEN, _WALKING = 10 * 3600, 6


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip of the given members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 5, 0, 0, 0)), content)
    return file.getvalue()


def fit_day(steps: int) -> bytes:
    """A FIT monitoring file of Monday with one walk."""
    return monitoring(typed(_TEN, _WALKING, steps=steps), typed(_TEN + 600, _WALKING, steps=steps + 1000))


def track() -> str:
    """A GPX file of Monday evening."""
    return gpx_text(walk(0, 1200)).replace("2024-05-04T08", "2024-03-04T20")


def many(*people: str, date: dt.date = MONDAY, walked: int = 35) -> str:
    """One native table of several people."""
    return native(row for who in people for row in whole_day(who, date, walked))


TABLE = many("P1", "P2", "P1-2")
FIRST = {
    "P1/day.fit": fit_day(500),
    "P1/walk.gpx": track(),
    "P1/tuesday.csv": native(whole_day("P1", TUESDAY, 20, device_id="pedo-12345678")),
    "P1/more/tuesday again.csv": native(whole_day("P1", TUESDAY, 20, device_id="pedo-12345678")),
    "P1/broken.fit": b"\x0e" + b"nothing that could be read" * 9,
    "P1/conflict.csv": many("P2", date=WEDNESDAY),
    "table.csv": TABLE,
    "P1_notes.txt": "P1 called on Monday.\n",
    "all.zip": zipped({
        "P1/inside.csv": many("P1", date=WEDNESDAY),
        "P2/inside.csv": many("P2", date=TUESDAY),
        "shared/both.csv": many("P1", "P1-2", date=TUESDAY, walked=10),
        "inner.zip": zipped({"P1/deep.csv": many("P1", date=WEDNESDAY, walked=5), "leaflet.txt": "Thank you.\n"}),
    }),
    "P1/own.zip": zipped({"a.csv": many("P1", date=WEDNESDAY, walked=12), "leaflet.txt": "Thank you.\n"}),
    "both.csv.gz": gzip.compress(many("P1", "P2", date=WEDNESDAY, walked=7).encode(), mtime=0),
    "P2/late.csv": native(whole_day("P2", MONDAY + dt.timedelta(days=9), 40)),
}  # fmt: skip
CSVS = {
    "devices.csv": "device_id,participant_id,from_date,to_date\npedo-12345678,P1,2024-03-04,\nother-1,P2,2024-03-04,\n",
    "prescriptions.csv": (
        "# P1 asked for less\nparticipant_id,valid_from,days_per_week,minutes_per_day\nP1,2024-03-04,3,15\n"
        "P2,2024-03-04,3,15\nP1-2,2024-03-04,5,30\n"
    ),
    "travel.csv": "participant_id,from_utc,time_zone\nP1,2024-03-05T00:00:00Z,Europe/London\n",
    "outcomes.csv": (
        "participant_id;date;kind;value;end_date\r\nP1;2024-03-06;excused;;\r\nP2;2024-03-06;visit;;\r\n"
    ),
}  # fmt: skip


def make_full(root: Path) -> StudyFolder:
    """The study, run twice, with two locks, a waiting file and one table that somebody put beside."""
    people = [{"participant_id": who, "start_date": MONDAY, "arm": "walking"} for who in ("P1", "P2", "P1-2")]
    study = make_study(root, people, csvs=CSVS, files=FIRST)
    run(study)
    lock(study, "first")
    drop(study, {"week2.csv": many("P2", "P1", date=MONDAY + dt.timedelta(days=7), walked=31)})
    run(study)
    lock(study, "second")
    drop(study, {
        "P1/waiting.csv": many("P1", date=TUESDAY, walked=3),
        "waiting table.csv": many("P1", "P2", date=MONDAY + dt.timedelta(days=8), walked=33),
    })  # fmt: skip
    (study.root / "extra").mkdir()
    (study.root / "extra" / "visits.csv").write_text("participant_id,kg\nP1,80\nP2,70\n", encoding="utf-8")
    (study.private / "serve.log").write_text("took a file of P1\ntook a file of P2\n", encoding="utf-8")
    return study


def without_them(root: Path) -> StudyFolder:
    """The study as it would be if P1 had never been in it."""
    people = [{"participant_id": who, "start_date": MONDAY, "arm": "walking"} for who in ("P2", "P1-2")]
    files: dict[str, str | bytes] = {
        "table.csv": many("P2", "P1-2"),
        "conflict.csv": FIRST["P1/conflict.csv"],
        "all.zip": zipped({
            "P2/inside.csv": many("P2", date=TUESDAY),
            "shared/both.csv": many("P1-2", date=TUESDAY, walked=10),
            "inner.zip": zipped({"leaflet.txt": "Thank you.\n"}),
        }),
        "both.csv.gz": gzip.compress(many("P2", date=WEDNESDAY, walked=7).encode(), mtime=0),
        "P2/late.csv": FIRST["P2/late.csv"],
        "week2.csv": many("P2", date=MONDAY + dt.timedelta(days=7), walked=31),
        "waiting table.csv": many("P2", date=MONDAY + dt.timedelta(days=8), walked=33),
    }  # fmt: skip
    kept = {
        name: "".join(line for line in text.splitlines(keepends=True) if not _names_p1(line))
        for name, text in CSVS.items()
    }
    study = make_study(root, people, csvs=kept, files=files)
    run(study)
    return study


def _names_p1(line: str) -> bool:
    return "P1" in line.replace("P1-2", "")
