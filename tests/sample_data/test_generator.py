"""The made-up study is deterministic, its files are valid to decoders that are not ours, and its truth is complete."""

import ast
import collections
import csv
import datetime as dt
import gzip
import io
import itertools
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import fitdecode
import fitparse
import gpxpy
import pytest

import sample_data
from sample_data.clock import midnight
from sample_data.life import Life, live
from sample_data.people import PARTICIPANTS, WEEKS
from sample_data.samples import HERE, SEED, sample_files
from sample_data.study import simulate
from sample_data.traces import Trace
from sample_data.trouble import DAMAGED
from sample_data.truth import Truth

SYDNEY = ZoneInfo("Australia/Sydney")
FIT_EPOCH = dt.datetime(1989, 12, 31, tzinfo=dt.UTC)

#: raw values of one message: its global number, and value by field number
Message = tuple[int, dict[int, Any]]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Truth]:
    """The study written by another process, by this one, and its truth."""
    other, own = tmp_path_factory.mktemp("other"), tmp_path_factory.mktemp("own")
    command = [sys.executable, "-m", "sample_data", str(other), "--truth", str(other / "truth")]
    with subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": "7"}, stdout=subprocess.DEVNULL) as process:
        truth = sample_data.write_study(own, SEED)
        truth.write_csv(own / "truth")
        assert process.wait() == 0
    return other, own, truth


@pytest.fixture(scope="module")
def study(twice: tuple[Path, Path, Truth]) -> Path:
    return twice[1]


@pytest.fixture(scope="module")
def truth(twice: tuple[Path, Path, Truth]) -> Truth:
    return twice[2]


@pytest.fixture(scope="module")
def people() -> dict[str, tuple[Life, list[Trace]]]:
    lives, traces = simulate(SEED)
    return {life.participant.participant_id: (life, traces[life.participant.participant_id]) for life in lives}


def fit_files(study: Path, truth: Truth) -> Iterator[tuple[str, bytes]]:
    """Every FIT file meant to be sound, those in archives too."""
    for file in truth.expected_files:
        content = (study / file.path).read_bytes()
        if file.path.endswith(".fit") and file.status != "quarantined" and file.path != DAMAGED:
            yield file.path, content
        elif file.member.endswith(".fit"):
            outer, inner = file.member.split(".zip/")
            with zipfile.ZipFile(io.BytesIO(content)) as account:
                part = account.read(f"{outer}.zip")
            with zipfile.ZipFile(io.BytesIO(part)) as archive:
                yield f"inbox/W02/{inner}", archive.read(inner)


@pytest.fixture(scope="module")
def decoded(study: Path, truth: Truth) -> dict[str, list[Message]]:
    """What fitdecode makes of every file; it raises where a checksum is wrong."""
    messages: dict[str, list[Message]] = {}
    for path, content in fit_files(study, truth):
        with fitdecode.FitReader(io.BytesIO(content), check_crc=fitdecode.CrcCheck.RAISE) as reader:
            messages[path] = [
                (frame.global_mesg_num, {f.field_def.def_num: f.raw_value for f in frame.fields if f.field_def})
                for frame in reader
                if isinstance(frame, fitdecode.FitDataMessage)
            ]
    return messages


def monitoring_of(decoded: dict[str, list[Message]], participant_id: str) -> list[list[Message]]:
    folder = f"inbox/{participant_id}/monitoring_"
    return [decoded[path] for path in sorted(decoded) if path.startswith(folder)]


def typed_rows(messages: list[Message]) -> Iterator[tuple[int, int, int | None]]:
    """(FIT second, activity type, running total) of each row that carries a type."""
    last = next(fields[253] for number, fields in messages if number == 103)
    for number, fields in messages:
        if number == 55:
            last = fields[253] if 253 in fields else last + ((fields[26] - last) & 0xFFFF)
            if 5 in fields:
                yield last, fields[5], fields.get(3)
            elif 24 in fields:
                byte = fields[24][0] if isinstance(fields[24], tuple) else fields[24]
                yield last, byte & 31, fields.get(3)


def intervals(messages: list[Message]) -> Iterator[tuple[int, int, int, int]]:
    """(start, end, type, steps) between typed rows, in FIT seconds."""
    since = next(fields[253] for number, fields in messages if number == 103)
    totals: dict[int, int] = {}
    for second, kind, total in typed_rows(messages):
        before = totals.get(kind, total if second == since and kind not in totals else 0)
        steps = (total or 0) - (before or 0)
        if total is not None:
            totals[kind] = total
        if second > since:
            yield since, second, kind, steps
        else:
            assert steps == 0
        since = second


def utc_minute(fit_second: int) -> int:
    return int((FIT_EPOCH + dt.timedelta(seconds=fit_second)).timestamp()) // 60


def test_the_same_seed_gives_the_same_bytes_in_another_process(twice: tuple[Path, Path, Truth]) -> None:
    other, own = (
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in twice[:2]
    )
    assert own == other


def test_another_seed_gives_other_walks() -> None:
    assert live(PARTICIPANTS[0], 1).steps() != live(PARTICIPANTS[0], 2).steps()


def test_every_fit_file_passes_an_independent_decoder_with_its_checksums(decoded: dict[str, list[Message]]) -> None:
    kinds = collections.Counter(messages[0][1][0] for messages in decoded.values())
    assert kinds[32] > 150
    assert kinds[4] > 30
    assert kinds[2] == 1


def test_fit_files_of_every_kind_are_read_by_fitparse_with_as_many_messages(
    decoded: dict[str, list[Message]], study: Path, truth: Truth
) -> None:
    # one in three: this decoder is slow
    for path, content in itertools.islice(fit_files(study, truth), 0, None, 3):
        assert len(fitparse.FitFile(io.BytesIO(content), check_crc=True).messages) == len(decoded[path]), path


@pytest.mark.parametrize("participant_id", ["W01", "W02", "W03"])
def test_differences_of_the_running_totals_are_the_steps_of_each_local_day(
    participant_id: str, decoded: dict[str, list[Message]], people: dict[str, tuple[Life, list[Trace]]]
) -> None:
    counted: collections.Counter[dt.date] = collections.Counter()
    for messages in monitoring_of(decoded, participant_id):
        for start, _, _, steps in intervals(messages):
            counted[(FIT_EPOCH + dt.timedelta(seconds=start)).astimezone(SYDNEY).date()] += steps
    life, traces = people[participant_id]
    for day in life.days:
        assert counted[day.date] == sum(traces[0].steps.get(minute, 0) for minute in range(*day.span)), day.date


@pytest.mark.parametrize("participant_id", ["W01", "W02", "W03"])
def test_a_watch_writes_a_row_at_least_every_quarter_hour_and_keeps_walks_brisk(
    participant_id: str, decoded: dict[str, list[Message]], people: dict[str, tuple[Life, list[Trace]]]
) -> None:
    life, traces = people[participant_id]
    walked = life.walked_minutes()
    for messages in monitoring_of(decoded, participant_id):
        for start, end, _, steps in intervals(messages):
            minutes = range(utc_minute(start), utc_minute(end))
            assert 1 <= len(minutes) <= 15
            walking = [minute in walked and minute in traces[0].steps for minute in minutes]
            assert all(walking) or not any(walking)
            assert steps / len(minutes) >= 75 if all(walking) else steps / len(minutes) < 45


def test_the_files_of_a_day_touch_and_carry_its_totals_on(decoded: dict[str, list[Message]]) -> None:
    files = monitoring_of(decoded, "W03")
    repeated = 0
    for before, after in itertools.pairwise(files):
        info = next(fields for number, fields in after if number == 103)
        closing = {kind: (second, total) for second, kind, total in typed_rows(before) if total is not None}
        opening = {kind: total for second, kind, total in typed_rows(after) if second == info[253]}
        if info[0] % 86400 == 0:
            assert not opening
        elif max(second for second, _, _ in typed_rows(before)) == info[253]:
            assert opening == {kind: total for kind, (_, total) in closing.items()}
            repeated += 1
    assert repeated > 30


def test_a_watch_in_a_drawer_shows_no_heart_rate(
    decoded: dict[str, list[Message]], people: dict[str, tuple[Life, list[Trace]]]
) -> None:
    life, _ = people["W03"]
    drawer = {day.date for day in life.days if day.code == "D"}
    beats: collections.Counter[dt.date] = collections.Counter()
    for messages in monitoring_of(decoded, "W03"):
        start = next(fields[253] for number, fields in messages if number == 103)
        date = (FIT_EPOCH + dt.timedelta(seconds=start)).astimezone(SYDNEY).date()
        beats[date] += sum(27 in fields for _, fields in messages)
    assert len(drawer) == 2
    assert all(count == 0 if date in drawer else count > 10 for date, count in beats.items())


def test_an_activity_and_the_watch_it_was_recorded_on_agree_on_the_walk(decoded: dict[str, list[Message]]) -> None:
    in_monitoring: dict[int, float] = {}
    for messages in monitoring_of(decoded, "W01"):
        for start, end, _, steps in intervals(messages):
            minutes = range(utc_minute(start), utc_minute(end))
            in_monitoring |= dict.fromkeys(minutes, steps / len(minutes))
    activities = [messages for path, messages in decoded.items() if path.startswith("inbox/W01/activity_")]
    assert len(activities) > 8
    for messages in activities:
        session = next(fields for number, fields in messages if number == 18)
        minutes = range(utc_minute(session[2]), utc_minute(session[253]))
        assert abs(2 * session[10] - sum(in_monitoring[minute] for minute in minutes)) <= 16
        cadence = [2 * (fields[4] + fields[53] / 128) for number, fields in messages if number == 20]
        assert abs(sum(cadence[:-1]) / 12 - 2 * session[10]) <= 1


def test_tracks_are_read_by_gpxpy_and_move_at_walking_speed(study: Path, truth: Truth) -> None:
    tracks = [file for file in truth.expected_files if file.path.endswith(".gpx") and file.status == "loaded"]
    assert len(tracks) > 25
    for file in tracks[::2]:
        track = gpxpy.parse((study / file.path).read_text())
        speed = track.length_2d() / (track.get_duration() or 1)
        assert 5.5 < speed < 9 if "bus" in file.why else 0.9 < speed < 1.6
    route = gpxpy.parse((study / "inbox/W11/planned_route.gpx").read_text())
    assert not route.has_times()


def test_tables_hold_the_steps_that_each_device_counted(
    study: Path, people: dict[str, tuple[Life, list[Trace]]]
) -> None:
    found: collections.Counter[str] = collections.Counter()
    with (study / "inbox/pedometers.csv").open() as file:
        for row in csv.DictReader(file):
            found[row["participant_id"]] += int(row["steps"])
    with (study / "inbox/minuteStepsWide_merged.csv").open() as file:
        for row in csv.DictReader(file):
            found[row["Id"]] += sum(int(row[f"Steps{minute:02d}"]) for minute in range(60))
    with gzip.open(study / "inbox/W10/pedometer.csv.gz", "rt") as file:
        found["W10"] = sum(int(row["steps"]) for row in csv.DictReader(file))
    seen: dict[str, str] = {}
    for path in sorted((study / "inbox/W06").glob("*minuteSteps*.csv")):
        with path.open() as file:
            for row in csv.DictReader(file):
                assert seen.setdefault(row["ActivityMinute"], row["Steps"]) == row["Steps"]
    found["W06"] = sum(int(steps) for steps in seen.values())
    for path in sorted((study / "inbox/W07").glob("*.csv")):
        found["W07"] += sum(int(line.split(",")[5]) for line in path.read_text().splitlines()[11:])
    for who in ("W04", "W05", "W06", "W07", "W08", "W09", "W10"):
        assert found[who] == sum(people[who][1][0].steps.values()), who


def test_what_is_called_broken_is_really_broken(study: Path) -> None:
    damaged = (study / DAMAGED).read_bytes()
    with pytest.raises(fitparse.FitParseError):
        fitparse.FitFile(io.BytesIO(damaged), check_crc=True).parse()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(study / "inbox/W03/half_an_archive.zip")
    assert (study / "inbox/W02/empty.fit").stat().st_size == 0


def test_the_expected_files_are_exactly_the_files_in_the_inbox(study: Path, truth: Truth) -> None:
    on_disk = {path.relative_to(study).as_posix() for path in (study / "inbox").rglob("*") if path.is_file()}
    assert {file.path for file in truth.expected_files} == on_disk
    assert truth.file_counts.keys() == {
        "loaded", "duplicate", "quarantined", "unattributed", "no_step_data", "container"
    }  # fmt: skip


def test_the_truth_covers_every_participant_every_week_and_every_day(truth: Truth) -> None:
    weeks = {(week.participant_id, week.week_number) for week in truth.weeks}
    assert weeks == {(who.participant_id, n) for who in PARTICIPANTS for n in range(1, WEEKS + 1)}
    assert len(weeks) == len(truth.weeks)
    days = collections.Counter(day.participant_id for day in truth.days)
    assert days == {who.participant_id: 7 * WEEKS + len(who.before) for who in PARTICIPANTS}
    assert truth.as_of == max(who.end_date for who in PARTICIPANTS)
    assert {week.adherent_days for week in truth.weeks} == {"yes", "no", "unknown", ""}
    assert {week.status for week in truth.weeks} == {
        "complete", "resolved", "unresolved", "partial_week", "ineligible"
    }  # fmt: skip


def test_the_truth_agrees_with_the_letters_of_the_plan(
    truth: Truth, people: dict[str, tuple[Life, list[Trace]]]
) -> None:
    meaning = {
        "W": ("valid", "yes"), "R": ("valid", "yes"), "B": ("valid", "yes"), "C": ("valid", "yes"),
        "s": ("valid", "no"), "z": ("valid", "no"), "o": ("valid", "no"), "P": ("partial", "yes"),
        "p": ("partial", "unknown"), "L": ("partial", "unknown"),
        "M": ("missing", "unknown"), "D": ("missing", "unknown"),
    }  # fmt: skip
    only_walks = {("valid", "yes"): ("partial", "yes"), ("valid", "no"): ("partial", "unknown")}
    codes = {(who, day.date): day.code for who, (life, _) in people.items() for day in life.days}
    for day in truth.days:
        expected = meaning[codes[day.participant_id, day.local_date]]
        if day.participant_id in ("W11", "W12"):
            expected = only_walks.get(expected, expected)
        if day.participant_id == "W13":
            expected = ("missing", "unknown")
        assert day.state == "ineligible" or (day.state, day.met) == expected, day


def test_no_day_is_near_its_target_and_no_walk_near_another(people: dict[str, tuple[Life, list[Trace]]]) -> None:
    for life, _ in people.values():
        walks = [walk for day in life.days for walk in day.walks]
        assert all(after.start - before.end >= 10 for before, after in itertools.pairwise(walks))
        assert all(min(walk.steps) >= 80 and len(walk.steps) >= 10 for walk in walks)
        for day in life.days:
            target = life.participant.prescribed(life.participant.week_of(day.date))[1]
            minutes = sum(len(walk.steps) for walk in day.walks)
            assert minutes >= target + 8 or minutes <= target - 8
            assert all(max(burst.steps) < 45 and len(burst.steps) <= 3 for burst in day.bursts)


def test_the_days_with_other_lengths_are_in_the_study(people: dict[str, tuple[Life, list[Trace]]]) -> None:
    lengths = {who: {day.date: day.span[1] - day.span[0] for day in life.days} for who, (life, _) in people.items()}
    assert lengths["W01"][dt.date(2026, 4, 5)] == 25 * 60
    assert lengths["W10"][dt.date(2026, 3, 29)] == 23 * 60
    assert lengths["W10"][dt.date(2026, 3, 21)] == 35 * 60
    assert lengths["W10"][dt.date(2026, 4, 11)] == 15 * 60
    assert midnight(dt.date(1970, 1, 2)) == 24 * 60


def test_the_committed_samples_are_what_the_generator_writes() -> None:
    samples = sample_files()
    folders = ("fit", "gpx", "csv", "broken")
    committed = {
        path.relative_to(HERE).as_posix(): path.read_bytes()
        for folder in folders
        for path in (HERE / folder).rglob("*")
        if path.is_file()
    }
    assert committed == samples
    assert sum(map(len, samples.values())) < 700_000


def test_the_generator_imports_nothing_of_the_product() -> None:
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in {"sample_data", *sys.stdlib_module_names}, f"{path.name}: {name}"
