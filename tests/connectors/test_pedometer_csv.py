"""CSV step exports: real files against counts made by other programs, and the damage that copies suffer."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors
from connectors.recording import Problem
from tests.connectors import csv_samples as samples
from tests.connectors.csv_samples import write
from tests.real_exports import REAL, needs_real_exports

CSV = REAL / "csv"
HEADER = "participant_id,minute_start,steps\n"
_ZONES = st.sampled_from(["Z", "+00:00", "+11:00", "-03:30"])
_STEPS = st.none() | st.integers(0, 250)


@needs_real_exports
def test_brisk_minutes_of_every_person_in_a_real_table_are_the_known_ones() -> None:
    facts = json.loads((CSV / "oracle.json").read_text())["fitabase/minuteStepsWide_merged.csv"]
    epochs = connectors.read(CSV / "fitabase/minuteStepsWide_merged.csv").epochs
    counted = dict(epochs.filter(pl.col("steps") >= 100).group_by("participant_label").len().iter_rows())
    for person, minutes in facts["minutes_with_100_or_more_steps_by_participant"].items():
        assert counted.get(person, 0) == minutes


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    minutes=st.dictionaries(st.tuples(st.sampled_from(["P1", "P2"]), st.integers(0, 600_000)), _STEPS, min_size=1),
    zone=_ZONES,
    form=st.tuples(st.sampled_from(",;"), st.booleans(), st.booleans()),
)
def test_any_native_table_reads_back_as_it_was_written(
    minutes: dict[tuple[str, int], int | None], zone: str, form: tuple[str, bool, bool], tmp_path: Path
) -> None:
    delimiter, bom, turned = form
    origin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    shift = dt.datetime.strptime(zone, "%z").utcoffset() or dt.timedelta(0)
    lines = [["participant_id", "minute_start", "steps"]]
    for (person, minute), steps in minutes.items():
        local = origin + dt.timedelta(minutes=minute) + shift
        lines.append([person, f"{local:%Y-%m-%dT%H:%M:%S}{zone}", "" if steps is None else str(steps)])
    text = "\n".join(delimiter.join(line[::-1] if turned else line) for line in lines) + "\n"
    epochs = connectors.read(write(tmp_path, text.encode("utf-8-sig" if bom else "utf-8"))).epochs
    got = {
        (person, int((start - origin).total_seconds()) // 60): steps
        for person, start, steps in epochs.select("participant_label", "epoch_start", "steps").iter_rows()
    }
    assert got == minutes


def test_optional_native_columns_are_read_and_other_columns_are_not(tmp_path: Path) -> None:
    text = "steps;heart_rate_bpm;minute_start;name;distance_m;device_id;participant_id\n"
    text += "90;101;2026-03-02T10:00:00Z;Somebody;61.5;d1;P1\n"
    row = connectors.read(write(tmp_path, text)).epochs.row(0, named=True)
    assert (row["steps"], row["heart_rate_bpm"], row["distance_m"]) == (90, 101, 61.5)
    assert (row["device_label"], row["participant_label"]) == ("d1", "P1")
    assert "Somebody" not in row.values()


def test_empty_steps_are_missing_and_zero_is_zero(tmp_path: Path) -> None:
    text = HEADER + "P1,2026-03-02T10:00:00Z,\nP1,2026-03-02T10:01:00Z,0\n"
    assert connectors.read(write(tmp_path, text)).epochs["steps"].to_list() == [None, 0.0]


def test_negative_and_fractional_steps_are_kept_for_cleaning(tmp_path: Path) -> None:
    text = HEADER + "P1,2026-03-02T10:00:00Z,-4\nP1,2026-03-02T10:01:00Z,10.5\n"
    assert connectors.read(write(tmp_path, text)).epochs["steps"].to_list() == [-4.0, 10.5]


@pytest.mark.parametrize("stamp", ["2026-03-02T10:00:00", "2026-03-02 10:00", "2026-03-02"])
def test_one_native_stamp_without_an_offset_refuses_the_file_and_says_so(stamp: str, tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match=r"without an offset at line 202\b"):
        connectors.read(write(tmp_path, samples.native() + f"P1,{stamp},5\n"))


def test_a_native_minute_that_starts_within_a_minute_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match=r"whole minute; found 1 that do not at line 3\b"):
        connectors.read(write(tmp_path, HEADER + "P1,2026-03-02T10:00:00Z,5\nP1,2026-03-02T10:01:30Z,5\n"))


def test_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    text = HEADER + "P1,2026-03-02T10:00:00Z,5\n" * 3
    recording = connectors.read(write(tmp_path, text))
    assert recording.epochs["steps"].to_list() == [5.0]
    assert recording.problems == (Problem("repeated_rows", 2, "line 3"),)


def test_of_two_values_for_a_native_minute_the_last_that_is_not_empty_stays(tmp_path: Path) -> None:
    text = HEADER + "".join(f"P1,2026-03-02T10:00:00Z,{s}\n" for s in ("5", "7", ""))
    recording = connectors.read(write(tmp_path, text))
    assert recording.epochs["steps"].to_list() == [7.0]
    assert recording.problems == (Problem("conflicting_rows", 2, "line 3"),)


def test_the_same_minute_of_two_people_or_devices_is_no_repeat(tmp_path: Path) -> None:
    text = "participant_id,device_id,minute_start,steps\n"
    text += "".join(f"{who},2026-03-02T10:00:00Z,5\n" for who in ("P1,a", "P1,b", "P2,a"))
    recording = connectors.read(write(tmp_path, text))
    assert (recording.epochs.height, recording.problems) == (3, ())


@pytest.mark.parametrize(
    "row",
    [
        "P1,2026-03-02T20:00:00Z,many",
        "P1,yesterday,5",
        "P1,2026-03-02T20:00:00Z,1,234",
        "P1,,5",
        "P1,2026-03-02T20:00:00Z,nan",
        "P1,2026-03-02T20:00:00Z,99999999999",
        "P1,0026-03-02T20:00:00Z,5",
    ],
)
def test_few_bad_rows_are_counted_and_skipped(row: str, tmp_path: Path) -> None:
    recording = connectors.read(write(tmp_path, samples.native(200) + row + "\n"))
    assert recording.epochs.height == 200
    assert recording.problems == (Problem("bad_row", 1, "line 202"),)
    assert recording.rows_read == 201


def test_many_bad_rows_refuse_the_file_with_the_first_line(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match=r"1 of 51 rows otherwise.*number.* at line 52\b") as caught:
        connectors.read(write(tmp_path, samples.native(50) + "P1,2026-03-02T20:00:00Z,Anna\n"))
    assert "Anna" not in str(caught.value)


def test_blank_lines_are_no_rows_and_keep_the_line_numbers_right(tmp_path: Path) -> None:
    text = samples.native(200).replace("\nP1", "\n\nP1", 3) + ",,\nP1,soon,1\n"
    recording = connectors.read(write(tmp_path, text))
    assert recording.problems == (Problem("bad_row", 1, "line 206"),)


def test_a_quote_that_never_ends_is_refused_without_quoting_the_file(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError) as caught:
        connectors.read(write(tmp_path, samples.native(5) + 'P1,"Anna\n' + "P1,x,1\n" * 3))
    assert "Anna" not in str(caught.value)


def test_a_tail_of_zero_bytes_is_refused(tmp_path: Path) -> None:
    data = samples.native(5000).encode() + b"\0" * 4096
    with pytest.raises(connectors.CorruptFileError, match=r"zero bytes.* at line 5002\b"):
        connectors.read(write(tmp_path, data))


@pytest.mark.parametrize("make", samples.SAMPLES.values(), ids=list(samples.SAMPLES))
def test_a_file_without_rows_has_no_step_data(make: Callable[[], str], tmp_path: Path) -> None:
    lines = make().splitlines(keepends=True)
    above = next(n for n, line in enumerate(lines) if "," in line and not line.startswith("-")) + 1
    with pytest.raises(connectors.NoStepDataError):
        connectors.read(write(tmp_path, "".join(lines[:above])))


def test_both_date_orders_in_a_column_are_refused_with_two_lines(tmp_path: Path) -> None:
    text = samples.narrow(200) + "1503960366,4/13/2026 9:00:00 AM,3\n1503960366,13/4/2026 9:01:00 AM,3\n"
    with pytest.raises(connectors.CorruptFileError, match=r"both orders: 4/13/2026 .* and 13/4/2026 .* lines 202 and"):
        connectors.read(write(tmp_path, text))


def test_two_forms_of_stamp_in_a_column_are_refused_with_two_lines(tmp_path: Path) -> None:
    text = samples.narrow(200) + "1503960366,4/13/2026 9:00,3\n"
    with pytest.raises(connectors.CorruptFileError, match=r"one form of time stamp.* lines 2 and 202"):
        connectors.read(write(tmp_path, text))


def test_repeated_hours_with_other_values_refuse_a_copy_that_lost_am_and_pm(tmp_path: Path) -> None:
    rows = "".join(f"1503960366,4/13/2026 {n % 12 or 12}:00,{n}\n" for n in range(24))
    with pytest.raises(connectors.CorruptFileError, match=r"each time once; found 24 rows.* lines 2 and 14\."):
        connectors.read(write(tmp_path, "Id,ActivityHour,StepTotal\n" + rows))


def test_an_id_shortened_by_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match="shortened"):
        connectors.read(write(tmp_path, samples.narrow().replace("1503960366", "1.50396E+09")))


def test_fitabase_narrow_of_one_person_needs_no_id(tmp_path: Path) -> None:
    text = samples.narrow(200).replace("1503960366,", "").replace("Id,", "")
    recording = connectors.read(write(tmp_path, text))
    assert recording.epochs["participant_label"].null_count() == 200


def test_empty_cells_of_a_wide_row_are_missing_minutes(tmp_path: Path) -> None:
    header = samples.wide(0)
    text = header + f"1503960366,4/13/2026 8:00:00 AM,{','.join(['7'] * 58)},,\n"
    steps = connectors.read(write(tmp_path, text)).epochs["steps"].to_list()
    assert steps == [7.0] * 58 + [None, None]


@needs_real_exports
@pytest.mark.parametrize(
    ("name", "seconds", "device_id"),
    [
        ("3h30sec_datatable.csv", 30, "actigraph-wgt3xbt-mos2d26170079"),
        ("example1sec.csv", 1, "actigraph-link-tas1e31150129"),
        ("separated_date_time.csv", 60, "actigraph-actilife"),
    ],
)
def test_actigraph_epochs_have_the_length_and_the_device_that_the_file_states(
    name: str, seconds: int, device_id: str
) -> None:
    recording = connectors.read(CSV / "actigraph" / name)
    epochs = recording.epochs
    assert ((epochs["epoch_end"] - epochs["epoch_start"]) == dt.timedelta(seconds=seconds)).all()
    assert recording.device.device_id == device_id
    assert (recording.time_basis, recording.device.zeros_prove_wear) == ("local", False)
