"""Health Connect exports: every step record once, each app on each device on its own, whatever else the database holds."""

import datetime as dt
import os
import pickle
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from connectors import health_connect
from connectors.containers import unpack
from connectors.devices import source_device
from connectors.errors import ConnectorError, CorruptFileError, NoStepDataError
from connectors.recording import EPOCH_COLUMNS, TOTAL_COLUMNS, Recording, schema
from tests.connectors.health_connect_samples import (
    APPS,
    BAND,
    DEVICES,
    PHONE,
    PHONE_APP,
    SHEALTH,
    START,
    UNKNOWN,
    WATCH,
    WATCHFACE,
    Step,
    by_hand,
    walk,
    write,
)

_MINUTE = 60_000
_ODD_NAMES = [
    "a b.db",
    "50%20?mode=rw#x.db",
    "Ännas Schritte.db",
    "file:x;y&z=1.db",
    "no_ending",
    "'quote\".db",
    "\udcff.db",
]


def read(tmp_path: Path, *steps: Step, **options: object) -> Recording:
    path = write(tmp_path / "health_connect_export.db", steps, **options)  # type: ignore[arg-type]
    assert health_connect.identify(path)
    return health_connect.read(path)


def refused(path: Path) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        health_connect.read(path)
    return caught.value


def counts(recording: Recording) -> dict[str, int]:
    return {problem.code: problem.count for problem in recording.problems}


def rows(frame: pl.DataFrame) -> list[tuple[str, float, float, float]]:
    """Device, start and end in milliseconds after START, steps."""
    start, end = ("epoch_start", "epoch_end") if "epoch_start" in frame.columns else ("start", "end")
    since = [(pl.col(name) - START).dt.total_microseconds() / 1e3 for name in (start, end)]
    return frame.select("device_label", *since, pl.col("steps").cast(pl.Float64)).rows()


def times_and_steps(recording: Recording) -> list[tuple[float, float, float]]:
    return [row[1:] for row in rows(recording.epochs)]


def label(app: object, device: object, kind: str = "phone") -> str:
    parts = (APPS.get(app, app), *DEVICES.get(device, (device,)))
    text = "\n".join("" if part is None else str(part) for part in parts)
    return source_device(text, "health_connect", kind, "phone").device_id


def database(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.executescript(f"PRAGMA synchronous = OFF; {script}")
    return path


# --- rows


def test_a_record_is_an_epoch_in_utc(tmp_path: Path) -> None:
    recording = read(tmp_path, Step(0, _MINUTE, 87))
    assert rows(recording.epochs) == [(label(PHONE_APP, PHONE), 0, _MINUTE, 87)]
    assert recording.epochs["epoch_start"][0] == dt.datetime(2024, 5, 4, 8, tzinfo=dt.UTC)
    assert recording.epochs.schema == schema(EPOCH_COLUMNS, "utc")
    assert (recording.connector, recording.kind, recording.time_basis) == ("health_connect", "all_day", "utc")
    assert (recording.rows_read, recording.problems, recording.utc_offset_minutes) == (1, (), None)
    assert recording.coverage.is_empty()


def test_a_row_of_more_than_eleven_minutes_is_a_total(tmp_path: Path) -> None:
    recording = read(tmp_path, Step(0, 660_000, 5), Step(700_000, 1_360_001, 1000))
    assert times_and_steps(recording) == [(0, 660_000, 5)]
    assert rows(recording.totals) == [(label(PHONE_APP, PHONE), 700_000, 1_360_001, 1000)]
    assert recording.totals.schema == schema(TOTAL_COLUMNS, "utc")


def test_an_export_of_long_rows_only_has_totals_only(tmp_path: Path) -> None:
    recording = read(tmp_path, Step(0, 3_600_000, 900))
    assert (recording.kind, recording.epochs.height, recording.totals.height) == ("totals", 0, 1)


def test_a_zero_was_measured(tmp_path: Path) -> None:
    assert times_and_steps(read(tmp_path, Step(0, _MINUTE, 0))) == [(0, _MINUTE, 0)]


@pytest.mark.parametrize(
    "bad",
    [
        Step(None, _MINUTE, 5),
        Step(0, None, 5),
        Step(0, _MINUTE, None),
        Step(_MINUTE, 0, 5),
        Step(0, _MINUTE, -1),
        Step(0, _MINUTE, 1_000_001),
        Step(0, _MINUTE, "many"),
        Step(0, _MINUTE, "87"),
        Step(0, _MINUTE, 87.5),
        Step(0, _MINUTE, b"87"),
        Step(0, _MINUTE, float("inf")),
        Step("2024-05-04T08:00", _MINUTE, 5),
        Step(0, 2**62, 5),
        Step(-(2**62), 0, 5),
        Step(-1_700_000_000_000, _MINUTE, 5),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out(tmp_path: Path, bad: Step) -> None:
    recording = read(tmp_path, Step(0, _MINUTE, 87), bad, Step(_MINUTE, 2 * _MINUTE, 9), untyped=True)
    assert times_and_steps(recording) == [(0, _MINUTE, 87), (_MINUTE, 2 * _MINUTE, 9)]
    assert counts(recording) == {"bad_row": 1}
    assert recording.problems[0].where == "step record 2"
    assert recording.rows_read == 3


def test_an_export_whose_rows_all_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "x.db", [Step(0, None, 5)] * 3))
    assert isinstance(error, CorruptFileError)
    assert error.found == "3 step records, none of which can be read"
    assert error.where == "step record 1"


def test_what_was_typed_in_by_hand_is_left_out(tmp_path: Path) -> None:
    recording = read(tmp_path, Step(0, _MINUTE, 87, method=3), *(Step(n, n, n, method=n) for n in range(3)))
    assert [steps for *_, steps in times_and_steps(recording)] == [0, 1, 2]
    assert counts(recording) == {"typed_in": 1}
    only = refused(write(tmp_path / "typed.db", [Step(0, _MINUTE, 87, method=3)]))
    assert isinstance(only, NoStepDataError)


def test_an_empty_table_holds_no_steps(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", [])
    assert health_connect.identify(path)
    error = refused(path)
    assert isinstance(error, NoStepDataError)
    assert pickle.loads(pickle.dumps(error)).found == "none"  # noqa: S301 - our own bytes


# --- once, and not twice


def test_rows_with_one_uuid_count_once_and_the_first_one_counts(tmp_path: Path) -> None:
    again = Step(0, _MINUTE, 87, uuid=b"1" * 16)
    recording = read(tmp_path, again, again, Step(5 * _MINUTE, 6 * _MINUTE, 9, SHEALTH, uuid=b"1" * 16))
    assert times_and_steps(recording) == [(0, _MINUTE, 87)]
    assert counts(recording) == {"repeated_rows": 2}


def test_a_uuid_may_be_text(tmp_path: Path) -> None:
    recording = read(tmp_path, *(Step(n * _MINUTE, (n + 1) * _MINUTE, n, uuid=f"id-{n // 2}") for n in range(4)))
    assert [steps for *_, steps in times_and_steps(recording)] == [0, 2]


def test_rows_of_one_device_that_say_the_same_count_once_whatever_their_uuids(tmp_path: Path) -> None:
    same = [Step(0, _MINUTE, 87, uuid=uuid) for uuid in (b"a", b"b", None, None)]
    recording = read(tmp_path, *same, Step(0, _MINUTE, 87, SHEALTH, WATCH, uuid=b"c"))
    assert sorted(rows(recording.epochs)) == sorted(
        (name, 0, _MINUTE, 87) for name in (label(PHONE_APP, PHONE), label(SHEALTH, WATCH, "watch"))
    )
    assert counts(recording) == {"repeated_rows": 3}


def test_different_rows_without_a_uuid_all_count(tmp_path: Path) -> None:
    recording = read(tmp_path, *(Step(n * _MINUTE, (n + 1) * _MINUTE, 5) for n in range(3)))
    assert (recording.epochs.height, counts(recording)) == (3, {})


def test_overlaps_within_a_device_are_cut_and_those_of_two_devices_are_not(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        Step(0, _MINUTE, 60),
        Step(45_000, 105_000, 40),
        Step(10_000, 20_000, 9),
        Step(0, _MINUTE, 80, SHEALTH),
    )
    found = sorted(rows(recording.epochs), key=lambda row: (row[0] == label(SHEALTH, PHONE), row))
    assert [row[1:] for row in found] == [(0, _MINUTE, 60), (_MINUTE, 105_000, 30), (0, _MINUTE, 80)]
    assert counts(recording) == {"overlapping_rows": 2}


@pytest.mark.parametrize("seed", range(12))
def test_an_export_holds_what_a_plain_reading_row_by_row_finds(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "x.db", walk(seed), untyped=seed % 2 == 0)
    recording, truth = health_connect.read(path), by_hand(path)
    known = {label(app, device, kind): (APPS[app], DEVICES[device][1]) for app, device, kind in
             [(PHONE_APP, PHONE, "phone"), (SHEALTH, WATCH, "watch"), (SHEALTH, PHONE, "phone")]}  # fmt: skip
    for frame, expected in ((recording.epochs, truth.epochs), (recording.totals, truth.totals)):
        found = sorted(((known[name], *row) for name, *row in rows(frame)), key=str)
        assert [row[:3] for row in found] == [row[:3] for row in expected]
        assert [row[3] for row in found] == pytest.approx([row[3] for row in expected])
    assert counts(recording) == truth.problems
    assert set(truth.problems) == {"bad_row", "typed_in", "repeated_rows", "overlapping_rows"}
    assert recording.rows_read == truth.rows
    assert set(recording.devices) == set(known)


def test_many_batches_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.db", walk(3))
    whole = health_connect.read(path)
    monkeypatch.setattr(health_connect, "_BATCH_ROWS", 7)
    parts = health_connect.read(path)
    assert parts.epochs.equals(whole.epochs)
    assert parts.totals.equals(whole.totals)
    assert (parts.problems, parts.devices, parts.device) == (whole.problems, whole.devices, whole.device)


# --- devices


@pytest.mark.parametrize(
    ("app", "device", "kind"),
    [
        (PHONE_APP, PHONE, "phone"),
        (SHEALTH, WATCH, "watch"),
        (SHEALTH, BAND, "watch"),
        (SHEALTH, UNKNOWN, "phone"),
        (WATCHFACE, UNKNOWN, "watch"),
        (99, 98, "phone"),
        (None, None, "phone"),
        ("text", b"blob", "phone"),
    ],
)
def test_a_device_is_a_watch_if_its_type_or_its_app_says_so(
    tmp_path: Path, app: object, device: object, kind: str
) -> None:
    recording = read(tmp_path, Step(0, _MINUTE, 87, app, device))
    found = recording.device
    assert (found.manufacturer, found.model, found.device_class) == ("health_connect", kind, kind)
    assert not found.zeros_prove_wear
    assert recording.devices == {found.device_id: found}
    assert recording.epochs["device_label"].to_list() == [found.device_id]


def test_each_app_on_each_device_is_a_device_and_the_busiest_is_the_recordings(tmp_path: Path) -> None:
    pairs = [(app, device) for app in (*APPS, 99, None) for device in (*DEVICES, 98, None)]
    steps = [Step(n * _MINUTE, (n + 1) * _MINUTE, n, *pair) for n, pair in enumerate(pairs)]
    recording = read(tmp_path, *steps, Step(0, 1, 1, SHEALTH, BAND))
    assert len(recording.devices) == len(pairs)
    assert set(recording.epochs["device_label"]) == set(recording.devices)
    assert recording.device.device_id == label(SHEALTH, BAND, "watch")


def test_a_device_is_the_same_in_a_later_export_with_other_numbers(tmp_path: Path) -> None:
    before = read(tmp_path, Step(0, _MINUTE, 87, SHEALTH, WATCH))
    later = write(
        tmp_path / "later.db", [Step(0, _MINUTE, 87, 50, 60)], apps={50: APPS[SHEALTH]}, devices={60: DEVICES[WATCH]}
    )
    assert health_connect.read(later).device == before.device


def test_no_name_of_an_app_or_a_device_leaves_the_file(tmp_path: Path) -> None:
    recording = read(tmp_path, *walk(1))
    published = repr(recording) + recording.epochs.write_csv() + recording.totals.write_csv()
    for name in ("Annas", "R900", "Pixel", "google", "shealth", "samsung"):
        assert name.lower() not in published.lower()


@pytest.mark.parametrize("missing", ["app_info_id", "device_info_id", "uuid", "recording_method", "start_zone_offset"])
def test_a_column_that_is_not_needed_may_be_missing(tmp_path: Path, missing: str) -> None:
    recording = read(tmp_path, Step(0, _MINUTE, 87), without=[missing])
    assert times_and_steps(recording) == [(0, _MINUTE, 87)]


@pytest.mark.parametrize("missing", ["apps", "devices"])
def test_without_its_table_an_app_or_a_device_is_known_by_its_number(tmp_path: Path, missing: str) -> None:
    steps = [Step(0, _MINUTE, 87), Step(0, _MINUTE, 87, SHEALTH, WATCH)]
    assert len(read(tmp_path, *steps, **{missing: None}).devices) == 2


def test_a_big_icon_or_a_package_that_is_no_text_does_no_harm(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.db", [Step(0, _MINUTE, 87), Step(0, _MINUTE, 88, SHEALTH)], apps={PHONE_APP: b"\xff\xfe"}
    )
    database(path, "UPDATE application_info_table SET app_icon = zeroblob(3000000);"
             "INSERT INTO application_info_table VALUES (2, CAST(x'ff61' AS TEXT), NULL, NULL)")  # fmt: skip
    assert len(health_connect.read(path).devices) == 2


# --- files


@pytest.mark.parametrize("name", _ODD_NAMES)
def test_any_file_name_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.db", [Step(0, _MINUTE, 87)]).rename(tmp_path / name)
    assert health_connect.identify(path)
    assert health_connect.read(path).rows_read == 1
    monkeypatch.chdir(tmp_path)
    assert health_connect.read(Path(name)).rows_read == 1


def test_an_export_in_its_zip_is_found_and_read(tmp_path: Path) -> None:
    path = write(tmp_path / "health_connect_export.db", walk(0))
    with zipfile.ZipFile(tmp_path / "Health Connect.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    (member,) = unpack(tmp_path / "Health Connect.zip", tmp_path / "out")
    assert health_connect.identify(member.path)
    assert health_connect.read(member.path).epochs.equals(health_connect.read(path).epochs)


def test_reading_changes_nothing_and_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", walk(0))
    database(path, "PRAGMA journal_mode = WAL; UPDATE steps_record_table SET local_date = 1; PRAGMA wal_checkpoint")
    before = path.read_bytes()
    path.chmod(0o400)
    assert health_connect.identify(path)
    health_connect.read(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.db"]  # noqa: PTH208 - names are what is asked for


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"SQLite",
        b"SQLite format 3",
        b"SQLite format 3\0",
        b"SQLite format 3\0" + bytes(5000),
        b"\xff" * 4096,
        b"PK\x03\x04",
    ],
)
def test_another_file_is_not_ours(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    assert not health_connect.identify(path)
    assert isinstance(refused(path), CorruptFileError)


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE steps (start_time, end_time, count)",
        "CREATE TABLE other (steps_record_table)",
        "CREATE VIEW steps_record_table AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS start_time, i AS end_time, i AS count FROM n",
        "CREATE VIRTUAL TABLE steps_record_table USING fts5(start_time, end_time, count)",
        "PRAGMA user_version = 1",
    ],
)
def test_a_database_without_the_table_is_not_ours(tmp_path: Path, script: str) -> None:
    path = database(tmp_path / "x.db", script)
    assert not health_connect.identify(path)
    error = refused(path)
    assert isinstance(error, CorruptFileError)
    assert error.found == "no such table"


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", [], without=["end_time", "count"])
    assert health_connect.identify(path)
    assert "found one without end_time, count." in str(refused(path))


def test_a_database_with_a_missing_half_is_ours_and_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", walk(0, 200))
    content = path.read_bytes()
    for size in (len(content) // 2, len(content) - 1, 4096):
        path.write_bytes(content[:size])
        assert health_connect.identify(path)
        error = refused(path)
        assert isinstance(error, CorruptFileError)
        assert (error.found, bool(error.todo)) == ("one that is cut off or damaged", True)


def test_damage_anywhere_gives_a_recording_or_a_known_error(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", walk(0))
    content = path.read_bytes()
    for seed in range(40):
        damaged = bytearray(content)
        place = seed * len(content) // 40 if seed % 2 else seed * 67
        damaged[place : place + 8] = bytes((place + k * seed) % 256 for k in range(8))
        path.write_bytes(damaged)
        health_connect.identify(path)
        try:
            health_connect.read(path)
        except ConnectorError as error:
            assert error.todo


def test_a_name_in_the_schema_that_is_no_text_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", [Step(0, _MINUTE, 87)])
    database(path, "PRAGMA writable_schema = ON;"
             "INSERT INTO sqlite_master VALUES ('table', CAST(x'ff61' AS TEXT), 'a', 99, 'CREATE TABLE broken (')")  # fmt: skip
    assert health_connect.identify(path)
    assert isinstance(refused(path), CorruptFileError)


# --- hostile files


def test_generated_columns_are_not_looked_at(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.db",
        "CREATE TABLE steps_record_table (start_time INTEGER, end_time INTEGER, count INTEGER,"
        " uuid AS (zeroblob(1000000000)), app_info_id AS (zeroblob(999999999)));"
        "INSERT INTO steps_record_table VALUES (1714809600000, 1714809660000, 87)",
    )
    assert health_connect.read(path).epochs["steps"].to_list() == [87]
    path = database(
        tmp_path / "y.db", "CREATE TABLE steps_record_table (start_time, end_time, count AS (zeroblob(1000000000)))"
    )
    assert "found one without count." in str(refused(path))


def test_more_rows_than_anybody_has_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.db", (Step(n, n, 1) for n in range(11)))
    assert health_connect.read(path, max_rows=11).rows_read == 11
    with pytest.raises(CorruptFileError, match="at most 10 step records; found more"):
        health_connect.read(path, max_rows=10)


def test_more_apps_than_anybody_has_are_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "x.db", (Step(n, n, 1, n) for n in range(1001))))
    assert error.found == "1,001"


@pytest.mark.parametrize("work", ["_IDENTIFY_WORK", "_READ_WORK"])
def test_a_database_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    path = write(tmp_path / "x.db", (Step(n, n, 1) for n in range(1000)))
    monkeypatch.setattr(health_connect, work, 0)
    database(path, f"BEGIN; {''.join(f'CREATE TABLE t{n} (x);' for n in range(300))} COMMIT")
    assert health_connect.identify(path)
    if work == "_READ_WORK":
        assert refused(path).found == "one that takes far longer"


def test_a_huge_value_is_never_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.db", [Step(0, _MINUTE, 87, uuid=bytes(2_000_000)), Step(_MINUTE, 2 * _MINUTE, b"0" * 2_000_000)]
    )
    assert health_connect.read(path).epochs.height == 1
    path = write(tmp_path / "y.db", [Step(0, _MINUTE, 87, uuid="0" * 2_000_000)])
    assert isinstance(refused(path), CorruptFileError)


@pytest.mark.parametrize("look", [health_connect.identify, health_connect.read])
def test_a_file_that_is_not_there_is_no_damaged_file(tmp_path: Path, look: Callable[[Path], object]) -> None:
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "none.db")
