"""What a dialect can declare beyond a plain table, each on a small file of a made-up export."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import connectors
from connectors.pedometer_csv import rows as rows_module
from connectors.recording import Problem, Recording
from tests.connectors.csv_samples import SAMPLES, write
from tests.real_exports import REAL, needs_real_exports

BASE = """
title = "Made up"
evidence = "none"
source = "nowhere"
resolution = "{resolution}"
{top}
[match]
header = [{header}]
{match}
[columns]
steps = ["steps"]
{columns}
[device]
manufacturer = "acme"
model = "one"
device_class = "pedometer"
{device}
[time]
zone = "local"
{time}
[interval]
{interval}
{more}
"""
STAMP = 'stamp = ["at"]\nformats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]'


def read(folder: Path, content: str | bytes, name: str = "export.csv", **parts: str) -> Recording:
    """The file read with a dialect of these parts."""
    blank = dict.fromkeys(("top", "match", "columns", "device", "more"), "")
    said = {
        "resolution": "minute",
        "header": '"at", "steps"',
        "time": STAMP,
        "interval": "seconds = 60",
        **blank,
        **parts,
    }
    dialects = folder / "dialects"
    dialects.mkdir(exist_ok=True)
    (dialects / "acme.toml").write_text(BASE.format(**said), "utf-8")
    return connectors.read(write(folder, content, name), dialect_folder=dialects, names=(name,))


def table(recording: Recording) -> list[tuple[Any, ...]]:
    """Start and end as clock times, and steps, of the epochs."""
    form = "%H:%M:%S"
    return [
        (f"{s:{form}}", f"{e:{form}}", n)
        for s, e, n in recording.epochs.select("epoch_start", "epoch_end", "steps").rows()
    ]


CUMULATIVE = '[value]\nkind = "cumulative"'


def test_a_running_count_is_differenced_and_its_first_reading_tells_nothing(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00,500\n2026-03-02 10:01,610\n2026-03-02 10:02,610\n"
    found = read(tmp_path, text, interval='rule = "since_previous"', more=CUMULATIVE)
    assert table(found) == [("10:00:00", "10:01:00", 110.0), ("10:01:00", "10:02:00", 0.0)]


def test_a_count_that_falls_over_midnight_starts_anew_there(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 23:59:30,900\n2026-03-03 00:00:30,20\n2026-03-03 00:01:00,25\n"
    found = read(tmp_path, text, interval='rule = "since_previous"', more=CUMULATIVE)
    assert table(found) == [("00:00:00", "00:00:30", 20.0), ("00:00:30", "00:01:00", 5.0)]


def test_a_count_that_wraps_goes_on_after_the_wrap(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00,99990\n2026-03-02 10:01,15\n"
    found = read(tmp_path, text, interval='rule = "since_previous"', more=CUMULATIVE + "\nwraps_at = 100000")
    assert table(found) == [("10:00:00", "10:01:00", 25.0)]


def test_the_counts_of_two_devices_are_differenced_apart(tmp_path: Path) -> None:
    text = "at,who,steps\n" + "".join(
        f"2026-03-02 10:0{n},{who},{first + n * 10}\n" for n in range(3) for who, first in (("a", 0), ("b", 5000))
    )
    device = 'label = "as_written"'
    found = read(
        tmp_path, text, interval='rule = "since_previous"', more=CUMULATIVE, columns='device = ["who"]', device=device
    )
    assert found.epochs.group_by("device_label").agg(pl.col("steps").sum()).sort("device_label").rows() == [
        ("a", 20.0),
        ("b", 20.0),
    ]


def test_strides_of_one_leg_are_doubled(tmp_path: Path) -> None:
    found = read(tmp_path, "at,steps\n2026-03-02 10:00,55\n", more="[value]\nfactor = 2")
    assert found.epochs["steps"].to_list() == [110.0]


def test_a_row_lasts_until_the_next_one_and_the_last_for_its_own_duration(tmp_path: Path) -> None:
    text = "at,steps,lasts\n2026-03-02 10:00:00,20,99\n2026-03-02 10:00:15,0,99\n2026-03-02 10:01:00,8,4\n"
    found = read(
        tmp_path, text, resolution="event", interval='rule = "next_row"\nduration = ["lasts"]', time=STAMP
    )  # fmt: skip
    assert table(found) == [
        ("10:00:00", "10:00:15", 20.0),
        ("10:00:15", "10:01:00", 0.0),
        ("10:01:00", "10:01:04", 8.0),
    ]


def test_events_count_where_the_condition_holds_and_are_none_elsewhere(tmp_path: Path) -> None:
    text = "at,kind\n2026-03-02 10:00:00,step\n2026-03-02 10:00:02,sit\n2026-03-02 13:00:02,off\n2026-03-02 13:01:02,step\n"
    value = '[value]\nkind = "event"\nfactor = 2\ncounts = [{column = ["kind"], matches = "step"}]\n'
    value += 'not_measured = [{column = ["kind"], matches = "off"}]'
    found = read(
        tmp_path, text, header='"at", "kind"', resolution="event", interval='rule = "next_row"\nseconds = 1', more=value
    )
    # three hours of sitting are zero in each minute, however long the row; what was not worn says nothing
    assert table(found) == [("10:00:00", "10:00:02", 2.0), ("10:00:02", "13:00:02", 0.0), ("13:01:02", "13:01:03", 2.0)]
    assert found.problems == (Problem("not_measured", 1, "line 4"),)


@pytest.mark.parametrize(
    ("unit", "written"), [("s", "90"), ("ms", "90000"), ("min", "1.5"), ("clock", "0:01:30"), ("clock", "01:30")]
)
def test_durations_are_read_in_their_unit(unit: str, written: str, tmp_path: Path) -> None:
    text = f"at,steps,lasts\n2026-03-02 10:00:00,20,{written}\n"
    found = read(
        tmp_path, text, resolution="event", interval=f'rule = "duration"\nduration = ["lasts"]\nunit = "{unit}"'
    )
    assert table(found) == [("10:00:00", "10:01:30", 20.0)]


def test_rows_that_overlap_are_cut_and_their_steps_with_them(tmp_path: Path) -> None:
    text = "at,steps,until\n2026-03-02 10:00:00,60,2026-03-02 10:01:00\n2026-03-02 10:00:30,60,2026-03-02 10:01:30\n"
    text += "2026-03-02 10:00:40,9,2026-03-02 10:00:50\n"
    found = read(tmp_path, text, resolution="event", interval='rule = "end"', time=STAMP + '\nend_stamp = ["until"]')
    assert table(found) == [("10:00:00", "10:01:00", 60.0), ("10:01:00", "10:01:30", 30.0)]
    assert found.problems == (Problem("overlapping_rows", 2),)


def test_an_end_that_forgot_the_date_at_midnight_is_on_the_next_day(tmp_path: Path) -> None:
    text = "at,steps,until\n2026-03-02 23:56:47,110,2026-03-02 00:04:19\n"
    found = read(tmp_path, text, resolution="event", interval='rule = "end"', time=STAMP + '\nend_stamp = ["until"]')
    start, end = found.epochs.row(0)[2:4]
    assert end - start == dt.timedelta(minutes=7, seconds=32)


def test_lists_in_cells_are_intervals_one_after_the_other_and_copies_count_once(tmp_path: Path) -> None:
    row = '2026-03-02 10:00:00,"[60, 61]","[6,5]"\n'
    text = "at,lasts,steps\n" + row + row
    found = read(
        tmp_path,
        text,
        resolution="event",
        interval='rule = "duration"\nduration = ["lasts"]',
        more="[json]\narrays = true",
    )
    assert table(found) == [("10:00:00", "10:01:00", 6.0), ("10:01:00", "10:02:01", 5.0)]
    assert found.problems == (Problem("repeated_rows", 1, "line 3"),)


def test_lists_of_different_lengths_are_bad_rows(tmp_path: Path) -> None:
    good = "".join(f"2026-03-02 {n // 60:02d}:{n % 60:02d}:00,[60],[6]\n" for n in range(200))
    found = read(
        tmp_path,
        "at,lasts,steps\n" + good + '2026-03-02 10:00:00,"[60,61]",[6]\n',
        resolution="event",
        interval='rule = "duration"\nduration = ["lasts"]',
        more="[json]\narrays = true",
    )
    assert found.epochs.height == 200
    assert found.problems == (Problem("bad_row", 1, "line 202"),)


def test_a_number_in_a_json_cell_is_taken_out(tmp_path: Path) -> None:
    text = 'at,steps\n2026-03-02 10:00,"{""time"":1,""my steps"":12}"\n'
    assert read(tmp_path, text, more='[json]\nsteps = "my steps"').epochs["steps"].to_list() == [12.0]


def test_documents_in_cells_become_rows(tmp_path: Path) -> None:
    rows = '{""time"":""10:00:00"",""steps"":7},{""time"":""10:01:00"",""steps"":0}'
    document = '{""days"":[{""dateTime"":""2026-03-02""}],""in"":{""rows"":[' + rows + "]}}"
    found = read(
        tmp_path,
        f'who,payload\nP1,"{document}"\n',
        header='"who", "payload"',
        columns='participant = ["who"]',
        time='date = ["date"]\nclock = ["time"]\nformats = ["%Y-%m-%d %H:%M:%S"]',
        more='[json]\ncolumn = ["payload"]\nrows = "in.rows"\ndate = "days.0.dateTime"',
    )
    assert table(found) == [("10:00:00", "10:01:00", 7.0), ("10:01:00", "10:02:00", 0.0)]
    assert found.epochs["participant_label"].unique().to_list() == ["P1"]


def test_numbers_with_thousands_and_decimal_commas_are_read(tmp_path: Path) -> None:
    text = "at;steps\n2026-03-02;1.234,5\n2026-03-03;12.345\n2026-03-04;7\n2026-03-05;\n"
    found = read(
        tmp_path,
        text,
        resolution="day",
        time='stamp = ["at"]\nformats = ["%Y-%m-%d"]',
        interval="seconds = 86400",
        more='[number]\ndecimal = ","\nthousands = "."',
    )
    assert found.totals["steps"].to_list() == [1234, 12345, 7]


def test_a_group_of_two_digits_is_no_thousand(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match="a number that cannot be read"):
        read(tmp_path, 'at,steps\n2026-03-02 10:00,"1,23"\n', more='[number]\nthousands = ","')


def test_a_decimal_comma_goes_with_the_semicolon(tmp_path: Path) -> None:
    more = '[number]\ndecimal = "with_delimiter"'
    assert read(tmp_path, "at;steps\n2026-03-02 10:00;1,5\n", more=more).epochs["steps"].to_list() == [1.5]
    assert read(tmp_path, "at,steps\n2026-03-02 10:00,1.5\n", more=more).epochs["steps"].to_list() == [1.5]


def test_a_table_in_utf_7_is_known_by_its_marks(tmp_path: Path) -> None:
    text = b"at,steps\n+ACI-2026-03-02 10:00+ACI-,12\n"
    assert read(tmp_path, text).epochs["steps"].to_list() == [12.0]


def test_one_block_of_several_is_read_and_the_others_are_not(tmp_path: Path) -> None:
    text = "Body\nat,kg\n2026-03-02 10:00,70\n\nWalks\nat,steps\n2026-03-02 10:00,12\n2026-03-02 10:01,13\n"
    text += "\nSleep\nat,steps\n2026-03-02 10:02,99\n"
    found = read(tmp_path, text, more="[preamble]\nafter = '^Walks$'\nends = '^\\s*$'")
    assert found.epochs["steps"].to_list() == [12.0, 13.0]
    assert found.problems == ()


def test_a_first_line_that_may_be_missing_is_skipped_where_it_is_there(tmp_path: Path) -> None:
    more = "[preamble]\nlines = 1\nonly_if = '^com'\n[header]\nform = \"last_part\""
    body = "a.b.at,c.steps\n2026-03-02 10:00,12,\n"
    for text in ("com.a,1,2\n" + body, "\ufeff" + body):
        found = read(tmp_path, text, more=more)
        assert (found.epochs["steps"].to_list(), found.problems) == ([12.0], ())


def test_a_unit_behind_a_name_is_no_part_of_it(tmp_path: Path) -> None:
    found = read(tmp_path, "At (local),Steps (count)\n2026-03-02 10:00,12\n", more='[header]\nform = "without_unit"')
    assert found.epochs["steps"].to_list() == [12.0]


def test_rows_of_other_records_are_left_out_without_a_word(tmp_path: Path) -> None:
    text = "at,type,steps\n2026-03-02 10:00,steps,12\n2026-03-02 10:00,heart,80\n,steps,99\n"
    more = '[[keep]]\ncolumn = ["type"]\nmatches = "steps"\n[[keep]]\ncolumn = ["at"]\nmatches = ".+"\n'
    found = read(tmp_path, text, more=more)
    assert (found.epochs["steps"].to_list(), found.rows_read, found.problems) == ([12.0], 1, ())
    with pytest.raises(connectors.NoStepDataError, match="none among the table's other rows"):
        read(tmp_path, text.replace(",steps,", ",sleep,"), more=more)


def test_phone_and_watch_of_one_export_are_devices_of_their_own_without_their_names(tmp_path: Path) -> None:
    text = "at,from,steps\n2026-03-02 10:00,Anna\u2019s iPhone,50\n2026-03-02 10:00,Anna\u2019s Watch,60\n"
    device = "kinds = [{contains = '(?i)watch', model = 'watch', device_class = 'watch'}]"
    found = read(tmp_path, text, columns='device = ["from"]', device=device)
    digest = hashlib.sha256("Anna\u2019s Watch".encode()).hexdigest()[:8]
    steps = dict(found.epochs.select("device_label", "steps").rows())
    assert steps[f"acme-watch-{digest}"] == 60.0
    assert {device.device_class for device in found.devices.values()} == {"watch", "pedometer"}
    assert "anna" not in str(found.devices).lower()


def test_a_date_can_come_from_the_name_of_the_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "clock,steps\n10:00:00,12\n",
        name="day-2026-03-02.csv",
        header='"clock", "steps"',
        match=r"file_name = '(?P<day>\d{4}-\d\d-\d\d)\.csv$'",
        time='date_is = "{day}"\nclock = ["clock"]\nformats = ["%Y-%m-%d %H:%M:%S"]',
    )
    assert str(found.epochs["epoch_start"][0]) == "2026-03-02 10:00:00"


def test_a_person_can_come_from_the_name_of_the_file(tmp_path: Path) -> None:
    more = "[participant]\nfile_name = '^(?P<participant>.+?)_steps'"
    text = "at,steps\n2026-03-02 10:00,12\n"
    assert read(tmp_path, text, name="P07_steps.csv", more=more).named_participant == "P07"
    assert read(tmp_path, text, name="other.csv", more=more).named_participant is None


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("epoch_s", "1772445660"),
        ("epoch_ms", "1772445660000"),
        ("epoch_ns", "1772445660000000000"),
        ("serial_days", "46083.4173611111"),
    ],
)
def test_numbers_that_count_from_an_instant_are_times(form: str, written: str, tmp_path: Path) -> None:
    found = read(tmp_path, f"at,steps\n{written},12\n", time=f'stamp = ["at"]\nformats = ["{form}"]')
    assert str(found.epochs["epoch_start"][0]) == "2026-03-02 10:01:00"


def test_hours_and_minutes_run_together_are_a_clock(tmp_path: Path) -> None:
    text = "day,at,steps\n" + "".join(f"2026-03-02,{clock},1\n" for clock in ("0", "5", "55", "100", "2355"))
    found = read(
        tmp_path, text, time='date = ["day"]\nclock = ["at"]\nformats = ["%Y-%m-%d %H%M"]', interval="seconds = 60"
    )
    assert [start for start, _, _ in table(found)] == ["00:00:00", "00:05:00", "00:55:00", "01:00:00", "23:55:00"]


def test_between_the_first_and_last_row_of_a_day_nothing_was_walked_where_a_dialect_says_so(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00,12\n2026-03-02 10:03,13\n2026-03-03 09:00,14\n"
    found = read(tmp_path, text, more='[value]\nabsent_means = "zero_between_rows"')
    assert table(found) == [
        ("10:00:00", "10:01:00", 12.0),
        ("10:01:00", "10:03:00", 0.0),
        ("10:03:00", "10:04:00", 13.0),
        ("09:00:00", "09:01:00", 14.0),
    ]


def test_a_zero_can_mean_unknown(tmp_path: Path) -> None:
    found = read(tmp_path, "at,steps\n2026-03-02 10:00,0\n2026-03-02 10:01,3\n", more='[value]\nzero_means = "unknown"')
    assert found.epochs["steps"].to_list() == [None, 3.0]


def test_of_rows_that_differ_the_largest_stays_where_a_dialect_says_so(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "at,steps\n2026-03-02 10:00,9\n2026-03-02 10:00,30\n2026-03-02 10:00,\n",
        more='[value]\nrepeats = "keep_max"',
    )
    assert found.epochs["steps"].to_list() == [30.0]
    assert found.problems == (Problem("largest_of_rows", 2, "line 3"),)


def _autumn(again: int = 60) -> str:
    first = [f"2026-04-05 {n // 60:02d}:{n % 60:02d},{n % 7}" for n in range(60, 180)]
    second = [f"2026-04-05 {n // 60:02d}:{n % 60:02d},{n % 5}" for n in range(120, 120 + again)]
    third = [f"2026-04-05 {n // 60:02d}:{n % 60:02d},{n % 3}" for n in range(180, 300)]
    return "at,steps\n" + "\n".join((*first, *second, *third)) + "\n"


def test_the_hour_that_the_clock_repeats_in_autumn_is_kept_twice_in_its_order(tmp_path: Path) -> None:
    found = read(tmp_path, _autumn())
    twice = found.epochs.filter(pl.col("epoch_start").dt.hour() == 2)
    assert (twice.height, found.problems) == (120, ())
    assert twice.filter(pl.col("epoch_start").dt.minute() == 3)["steps"].to_list() == [123 % 7, 123 % 5 * 1.0]


def test_an_hour_that_comes_back_in_the_afternoon_is_damage(tmp_path: Path) -> None:
    text = _autumn().replace(" 02:", " 14:").replace(" 01:", " 13:").replace(" 03:", " 15:").replace(" 04:", " 16:")
    with pytest.raises(connectors.CorruptFileError, match="each time once"):
        read(tmp_path, text)


def test_midnight_in_every_row_of_a_minute_table_is_refused(tmp_path: Path) -> None:
    text = "at,steps\n" + "".join(f"2026-03-0{n} 00:00,12\n" for n in range(2, 8))
    with pytest.raises(connectors.CorruptFileError, match="midnight in every row"):
        read(tmp_path, text)


def test_a_date_alone_in_a_minute_table_is_refused_and_shown(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00,12\n2026-03-02,13\n"
    with pytest.raises(connectors.CorruptFileError, match=r"a date alone, such as 2026-03-02 at line 3"):
        read(tmp_path, text)


def test_means_of_weeks_are_no_days(tmp_path: Path) -> None:
    text = "at,steps\n" + "".join(f"2026-03-{day:02d},5000\n" for day in (1, 8, 15, 22, 29))
    with pytest.raises(connectors.NoStepDataError, match="7 days apart"):
        read(
            tmp_path,
            text,
            resolution="day",
            time='stamp = ["at"]\nformats = ["%Y-%m-%d"]',
            interval="seconds = 86400",
        )


def test_a_file_that_ends_within_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(connectors.CorruptFileError, match=r"cut off.* at line 3"):
        read(tmp_path, "at,steps\n2026-03-02 10:00,12\n2026-03-02 10:0")


def test_rows_of_a_minute_are_minutes_and_longer_ones_totals_where_a_dialect_leaves_it_open(tmp_path: Path) -> None:
    hours = "at,steps\n" + "".join(f"2026-03-02 {n:02d}:00,{n}\n" for n in range(5))
    assert read(tmp_path, hours, resolution="any", interval='rule = "row_step"').totals.height == 5
    minutes = hours.replace(":00,", ":X,").replace("2026-03-02 ", "2026-03-02 10:").replace(":X", "")
    assert read(tmp_path, minutes, resolution="any", interval='rule = "row_step"').epochs.height == 5


def test_wear_without_steps_is_told_without_steps(tmp_path: Path) -> None:
    text = "at,code\n2026-03-02 10:00,0\n2026-03-02 10:01,2\n"
    more = '[[wear]]\ncolumn = ["code"]\nmatches = "[123]"'
    found = read(tmp_path, text, header='"at", "code"', top='yields = "wear"', more=more)
    assert found.epochs.select(pl.col("epoch_start").dt.minute(), "steps", "worn").rows() == [(1, None, True)]


def test_a_list_of_activities_becomes_sessions_with_our_words_only(tmp_path: Path) -> None:
    text = "at,steps,what,lasts\n2026-03-02 10:00,2000,Walking,00:20:00\n"
    text += "2026-03-02 12:00,,Pool Swim,00:30:00\n2026-03-02 15:00,,Anna and me,00:10:00\n"
    found = read(
        tmp_path,
        text,
        top='yields = "sessions"',
        columns='sport = ["what"]',
        interval='rule = "duration"\nduration = ["lasts"]\nunit = "clock"',
    )
    assert found.sessions.select("sport", "on_foot", "steps").rows() == [
        ("walking", True, 2000),
        ("swimming", False, None),
        (None, None, None),
    ]


def test_a_count_starts_at_zero_each_day_where_a_dialect_says_so_even_if_it_did_not_fall(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 09:00,200\n2026-03-03 00:05,900\n2026-03-03 00:06,890\n2026-03-03 00:07,895\n"
    found = read(
        tmp_path, text, resolution="any", interval='rule = "since_previous"', more=CUMULATIVE + '\nresets = "midnight"'
    )
    assert found.totals.select(pl.col("start").dt.to_string("%d %H:%M"), "steps").rows() == [("03 00:00", 900)]
    assert table(found) == [("00:05:00", "00:06:00", 0.0), ("00:06:00", "00:07:00", 5.0)]
    assert found.problems == (Problem("count_corrected", 1),)


def test_a_small_fall_corrects_a_count_and_a_large_one_starts_it_anew(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00,5100\n2026-03-02 10:01,5098\n2026-03-02 10:02,5100\n2026-03-02 10:03,30\n"
    found = read(tmp_path, text, interval='rule = "since_previous"', more=CUMULATIVE)
    assert found.epochs["steps"].to_list() == [0.0, 2.0, 30.0]


def test_a_reading_without_a_number_is_none(tmp_path: Path) -> None:
    text = "at,steps\n2026-03-02 10:00:00,100\n2026-03-02 10:00:30,--\n2026-03-02 10:01:00,180\n"
    more = '[number]\nnull = ["--"]\n' + CUMULATIVE
    assert table(read(tmp_path, text, interval='rule = "since_previous"', more=more)) == [
        ("10:00:00", "10:01:00", 80.0)
    ]


def test_a_count_goes_on_through_the_hour_that_the_clock_repeats(tmp_path: Path) -> None:
    clocks = [*range(60, 180), *range(120, 240)]
    rows = [f"2026-04-05 {n // 60:02d}:{n % 60:02d},{1000 + 2 * i}" for i, n in enumerate(clocks)]
    found = read(tmp_path, "at,steps\n" + "\n".join(rows) + "\n", interval='rule = "since_previous"', more=CUMULATIVE)
    assert (found.epochs.height, found.epochs["steps"].sum(), found.epochs["steps"].max()) == (239, 478.0, 2.0)


@pytest.mark.parametrize(("minutes", "rows"), [(2, 22), (5, 11), (15, 8), (60, 6)])
def test_a_coarser_table_is_not_read_as_minutes(minutes: int, rows: int, tmp_path: Path) -> None:
    stamps = [n * minutes for n in range(rows)]
    text = "at,steps\n" + "".join(f"2026-03-02 {10 + n // 60:02d}:{n % 60:02d},90\n" for n in stamps)
    with pytest.raises(connectors.CorruptFileError, match=f"multiples of {minutes * 60} s apart"):
        read(tmp_path, text)


def test_two_events_of_one_second_are_two_where_a_number_tells_them_apart(tmp_path: Path) -> None:
    text = "at,n,kind\n" + "".join(f"2026-03-02 10:00:0{n // 2},{n},step\n" for n in range(6))
    value = '[value]\nkind = "event"\nfactor = 2\ncounts = [{column = ["kind"], matches = "step"}]'
    parts = {
        "header": '"at", "kind"',
        "resolution": "event",
        "interval": 'rule = "next_row"\nseconds = 1',
        "more": value,
    }
    assert read(tmp_path, text, columns='number = ["n"]', **parts).epochs["steps"].sum() == 12.0
    assert read(tmp_path, text, **parts).epochs["steps"].sum() == 6.0


def test_a_long_row_without_steps_says_nothing_about_the_rows_within_it(tmp_path: Path) -> None:
    text = "at,steps,until\n2026-03-02 00:00,0,2026-03-02 23:59\n2026-03-02 10:00,90,2026-03-02 10:01\n"
    found = read(tmp_path, text, resolution="event", interval='rule = "end"', time=STAMP + '\nend_stamp = ["until"]')
    assert (table(found), found.totals["steps"].to_list()) == ([("10:00:00", "10:01:00", 90.0)], [0])


def test_the_finer_of_two_rows_that_overlap_tells_whichever_starts_first(tmp_path: Path) -> None:
    text = "at,steps,until\n2026-03-02 10:00,12,2026-03-02 10:10\n"
    text += "".join(f"2026-03-02 10:0{n},100,2026-03-02 10:0{n + 1}\n" for n in range(2, 8))
    found = read(tmp_path, text, resolution="event", interval='rule = "end"', time=STAMP + '\nend_stamp = ["until"]')
    assert found.epochs["steps"].sum() == pytest.approx(600 + 12 * 4 / 10)
    assert found.problems == (Problem("overlapping_rows", 1),)


def test_rows_of_one_device_off_the_minute_are_not_added_to_those_on_it(tmp_path: Path) -> None:
    clocks = [(n, second, steps) for n in range(30) for second, steps in ((0, 100), (23, 98))]
    text = "at,steps\n" + "".join(f"2026-03-02 10:{n:02d}:{second:02d},{steps}\n" for n, second, steps in clocks)
    assert read(tmp_path, text).epochs["steps"].sum() == pytest.approx(3000, rel=0.03)


def test_a_row_that_cannot_be_read_is_no_pause(tmp_path: Path) -> None:
    good = [f"2026-03-02 {10 + n // 60}:{n % 60:02d},9" for n in range(200)]
    good[50] = good[50].replace(",9", ",many")
    found = read(tmp_path, "at,steps\n" + "\n".join(good) + "\n", more='[value]\nabsent_means = "zero_between_rows"')
    assert found.problems == (Problem("bad_row", 1, "line 52"),)
    assert "10:50:00" not in {start for start, _, steps in table(found) if steps is not None}


def test_the_step_between_rows_is_found_in_any_order_and_for_each_device(tmp_path: Path) -> None:
    rows = [f"2026-03-02 {n // 60:02d}:{n % 60:02d},{who},1" for who in "ab" for n in range(60)]
    shuffled = [rows[n * 7 % len(rows)] for n in range(len(rows))]
    found = read(
        tmp_path,
        "at,who,steps\n" + "\n".join(shuffled) + "\n",
        resolution="any",
        interval='rule = "row_step"',
        columns='device = ["who"]',
        device='label = "as_written"',
    )
    assert (found.epochs.height, found.totals.height) == (120, 0)


def test_a_file_whose_names_tell_two_dates_is_refused(tmp_path: Path) -> None:
    parts = {
        "header": '"clock", "steps"',
        "match": r"file_name = '(?P<day>\d{4}-\d\d-\d\d)\.csv$'",
        "time": 'date_is = "{day}"\nclock = ["clock"]\nformats = ["%Y-%m-%d %H:%M:%S"]',
    }
    recording = read(tmp_path, "clock,steps\n10:00:00,12\n", name="2026-03-02.csv", **parts)
    assert recording.epochs.height == 1
    with pytest.raises(connectors.CorruptFileError, match="names that tell different ones"):
        connectors.read(
            tmp_path / "2026-03-02.csv",
            dialect_folder=tmp_path / "dialects",
            names=("a/2026-03-02.csv", "b/2026-03-09.csv"),
        )


def test_an_end_before_its_start_is_a_bad_row_but_for_the_hour_the_clock_was_put_back(tmp_path: Path) -> None:
    parts = {"resolution": "event", "interval": 'rule = "end"', "time": STAMP + '\nend_stamp = ["until"]'}
    found = read(tmp_path, "at,steps,until\n2026-04-05 02:55,90,2026-04-05 02:04\n", **parts)
    assert table(found) == [("02:55:00", "03:04:00", 90.0)]
    with pytest.raises(connectors.CorruptFileError, match="a time that cannot be read"):
        read(tmp_path, "at,steps,until\n2026-03-02 10:10,90,2026-03-02 08:00\n", **parts)


def test_the_repeated_hour_is_kept_in_a_file_that_is_newest_first_and_beside_other_people(tmp_path: Path) -> None:
    header, *rows = _autumn().splitlines()
    backwards = read(tmp_path, "\n".join([header, *reversed(rows)]) + "\n")
    assert backwards.epochs.equals(read(tmp_path, _autumn()).epochs)
    twice = [*reversed(rows), rows[0]]
    assert read(tmp_path, "\n".join([header, *twice]) + "\n").problems == (
        Problem("repeated_rows", 1, f"line {len(rows) + 1}"),
    )
    # somebody else's clock goes back by a day in the middle
    other = [f"2026-03-0{day} 10:00,Q,5" for day in (5, 4, 6)]
    text = "at,who,steps\n" + "\n".join([row.replace(",", ",P,") for row in rows] + other) + "\n"
    assert read(tmp_path, text, columns='participant = ["who"]').epochs.height == len(rows) + len(other)


def test_a_copied_night_row_of_an_hourly_table_is_a_repeat(tmp_path: Path) -> None:
    hours = [f"2026-03-02 {n:02d}:00,100" for n in range(24)]
    text = "at,steps\n" + "\n".join([*hours[:3], hours[2], *hours[3:]]) + "\n"
    found = read(tmp_path, text, resolution="hour", interval="seconds = 3600")
    assert (found.totals["steps"].sum(), found.problems) == (2400, (Problem("repeated_rows", 1, "line 5"),))


def test_single_steps_are_counted_per_minute_also_where_two_fall_on_one_instant(tmp_path: Path) -> None:
    text = "at\n" + "2026-03-02 10:00:01\n2026-03-02 10:00:01\n2026-03-02 10:01:30\n"
    found = read(
        tmp_path, text, header='"at"', resolution="event", interval='rule = "instant"', more='[value]\nkind = "event"'
    )
    assert table(found) == [("10:00:00", "10:01:00", 2.0), ("10:01:00", "10:02:00", 1.0)]


def test_tabs_part_columns_as_well(tmp_path: Path) -> None:
    assert read(tmp_path, "at\tsteps\n2026-03-02 10:00\t12\n").epochs["steps"].to_list() == [12.0]


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u2009", "\u3000"])
def test_white_space_around_a_cell_is_no_part_of_it(space: str, tmp_path: Path) -> None:
    text = f"at,who,steps\n2026-03-02 10:00,{space}P1{space},12\n2026-03-02 10:01,P1,13\n{space}2026-03-02 10:02{space},P1,14\n"
    found = read(tmp_path, text, columns='participant = ["who"]')
    assert found.epochs["participant_label"].unique().to_list() == ["P1"]
    assert found.epochs["steps"].to_list() == [12.0, 13.0, 14.0]


def test_empty_text_in_quotes_is_an_empty_cell(tmp_path: Path) -> None:
    found = read(tmp_path, 'at,who,steps\n2026-03-02 10:00,"",""\n', columns='participant = ["who"]')
    assert found.epochs.select("participant_label", "steps").rows() == [(None, None)]


def test_what_stands_behind_a_stamp_in_its_cell_is_not_quoted(tmp_path: Path) -> None:
    time = 'stamp = ["at"]\nformats = ["{date} %H:%M"]\ndate_order = "proved"'
    with pytest.raises(connectors.CorruptFileError, match="both orders") as caught:
        read(tmp_path, "at,steps\n13/10/2026 visit Anna Smith,1\n10/13/2026 x,2\n", time=time)
    assert "anna" not in str(caught.value).lower()


def _same_with_all_cells_as_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    fast = connectors.read(path)
    monkeypatch.setattr(rows_module, "_plain_numbers", lambda *_: frozenset())
    monkeypatch.setattr(rows_module, "_is_plain", lambda *_: False)
    slow = connectors.read(path)
    monkeypatch.undo()
    return fast.epochs.equals(slow.epochs) and fast.totals.equals(slow.totals) and fast.problems == slow.problems


@pytest.mark.parametrize("name", SAMPLES)
def test_numbers_parsed_at_once_equal_numbers_parsed_from_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _same_with_all_cells_as_text(write(tmp_path, SAMPLES[name]()), monkeypatch)


@needs_real_exports
def test_numbers_of_real_files_parsed_at_once_equal_numbers_parsed_from_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((REAL / "csv").rglob("*.csv")):
        if path.name != "sleepDay_merged.csv":
            assert _same_with_all_cells_as_text(path, monkeypatch), path.name
