"""ActiGraph tables: a stated date order that is checked, files without a header, and files without steps."""

from pathlib import Path

import pytest

import connectors
from connectors.recording import Problem
from tests.connectors import csv_samples as samples
from tests.connectors.csv_samples import write


def test_actigraph_dates_follow_the_order_stated_in_line_1(tmp_path: Path) -> None:
    for number, (stated, start, form) in enumerate(
        [
            ("dd/MM/yyyy", "02/03/2026", "%d/%m/%Y,%H:%M:%S"),
            ("M/d/yyyy", "3/2/2026", "%-m/%-d/%Y,%H:%M:%S"),
            ("dd-MM-yyyy", "02-03-2026", "%d-%m-%Y,%H:%M:%S"),
            ("dd/MM/yyyy", "02.03.2026", "%d.%m.%Y,%H:%M:%S"),
            ("yyyy-MM-dd", "2026-03-02", "%Y-%m-%d,%H:%M:%S"),
        ]
    ):
        text = samples.actigraph_preamble(stated, start) + samples.ACTIGRAPH_HEADER
        path = write(tmp_path, text + samples.actigraph_rows(form=form), f"{number}.csv")
        assert str(connectors.read(path).epochs["epoch_start"][0]) == "2026-03-02 09:00:00", stated


def test_actigraph_rows_that_leave_the_stated_start_date_are_refused(tmp_path: Path) -> None:
    text = samples.actigraph_preamble("dd/MM/yyyy", "02/03/2026") + samples.ACTIGRAPH_HEADER
    with pytest.raises(connectors.CorruptFileError, match="2026-03-02; found 03/02/2026"):
        connectors.read(write(tmp_path, text + samples.actigraph_rows(form="%m/%d/%Y,%H:%M:%S")))


def test_an_actigraph_file_whose_days_only_run_on_in_the_other_order_is_refused(tmp_path: Path) -> None:
    text = samples.actigraph_preamble("dd/MM/yyyy", "03/02/2026", "00:01:00") + samples.ACTIGRAPH_HEADER
    rows = samples.actigraph_rows(2000, 60, "%m/%d/%Y,%H:%M:%S")
    with pytest.raises(connectors.CorruptFileError, match="run on better when read month first"):
        connectors.read(write(tmp_path, text + rows))


def test_a_pause_in_actigraph_rows_is_reported(tmp_path: Path) -> None:
    lines = samples.actigraph().splitlines(keepends=True)
    del lines[20:25]
    assert connectors.read(write(tmp_path, "".join(lines))).problems == (Problem("clock_jumps", 1, "line 21"),)


def test_actigraph_rows_without_header_and_stamps_count_on_from_the_start(tmp_path: Path) -> None:
    text = samples.actigraph_preamble() + "0,22,0,3,0,0,0,30,0\n0,22,0,4,0,0,0,30,0\n"
    epochs = connectors.read(write(tmp_path, text)).epochs
    assert [str(s) for s in epochs["epoch_start"]] == ["2026-03-02 09:00:00", "2026-03-02 09:00:30"]
    assert epochs["steps"].to_list() == [3.0, 4.0]


@pytest.mark.parametrize("epoch", ["00:00:60", "00:01:00"])
def test_actigraph_with_semicolons_and_a_spreadsheets_trailing_delimiters_reads_the_same(
    epoch: str, tmp_path: Path
) -> None:
    above = samples.actigraph_preamble(epoch=epoch).replace("\n", ";;;;;;;\n")
    table = (samples.ACTIGRAPH_HEADER + samples.actigraph_rows(seconds=60)).replace(",", ";")
    recording = connectors.read(write(tmp_path, above + table))
    assert (recording.epochs.height, recording.problems) == (200, ())
    assert recording.device.serial == "MOS2D00000000"


def test_actigraph_epochs_longer_than_a_minute_have_no_walking_minutes(tmp_path: Path) -> None:
    text = samples.actigraph_preamble(epoch="00:05:00") + samples.ACTIGRAPH_HEADER
    with pytest.raises(connectors.NoStepDataError, match="epochs of 300 s"):
        connectors.read(write(tmp_path, text + samples.actigraph_rows(seconds=300)))


def test_an_actigraph_raw_signal_file_has_no_step_data(tmp_path: Path) -> None:
    text = samples.actigraph_preamble(epoch="00:00:00").replace("Data Table File", "Data File")
    text = text.replace("Filter Normal", "at 30 Hz  Filter Normal") + "Accelerometer X,Accelerometer Y\n0.1,0.2\n"
    with pytest.raises(connectors.NoStepDataError, match="raw acceleration"):
        connectors.read(write(tmp_path, text))


def test_an_actigraph_table_without_a_steps_column_has_no_step_data(tmp_path: Path) -> None:
    text = samples.actigraph().replace("Steps,", "Something,")
    with pytest.raises(connectors.NoStepDataError, match="column with steps"):
        connectors.read(write(tmp_path, text))
